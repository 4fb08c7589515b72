/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A DTLS association: dispatch of records, timers, output.
 *
 * NOTES.  Epoch 0 is plain and can be forged by anyone.  So until the Finished
 * is verified, whatever may be forged is ignored where possible, and the
 * handshake waits for the genuine message:
 *
 *   - A malformed fragment, or one that is out of order, does not end the
 *     handshake.  A wrong message in order does, with an alert: an attacker who
 *     can inject one could as well inject a well-formed message with wrong
 *     content.
 *   - A fatal alert ends a client's handshake: servers refuse a hello so, and
 *     the user should know at once.  Its record number must be new, and near
 *     those that the server has used.  A server keeps the alert for dtls_why()
 *     and continues.
 *   - ChangeCipherSpec only permits that records of epoch 1 are opened.  One
 *     that is early is remembered, as datagrams may be reordered.  Keys never
 *     depend on it (they did in CVE-2014-0224).
 *   - Records of epoch 1 before the ChangeCipherSpec, and data before the
 *     Finished, are kept in dtls_handshake.early, up to DTLS_EARLY_MAX bytes;
 *     more are dropped.
 *   - A record that does not open, or a wrong Finished: the keys differ.
 *     It is ignored, and noted for dtls_why().
 */

#include "compat.h"

#include "wire/dtls.h"

#include "base/bytes.h"
#include "wire/dtls_client.h"
#include "wire/dtls_cookie.h"
#include "wire/dtls_handshake.h"
#include "wire/dtls_message.h"

enum {
	STATE_FATAL = 2,	/* level of an alert */
	STATE_ALERT_AHEAD = 64,	/* most record numbers that may have been lost
				 * before a plain alert */
};

/* --- Beginning and end ---------------------------------------------------- */

void
dtls_start(struct dtls *d, struct dtls_handshake *h,
    const struct dtls_setup *setup, const uint8_t *cid, uint64_t now_ms)
{
	memset(d, 0, sizeof(*d));
	memset(h, 0, sizeof(*h));
	d->setup = setup;
	d->handshake = h;
	d->why_alert = DTLS_NO_ALERT;
	d->sent_ms = now_ms;
	h->first_ms = DTLS_FIRST_MS;
	h->again = true;
	if (setup->server) {
		d->state = DTLS_S_HELLO;
		br_sha256_init(&h->transcript);
		/* It is used only if the ClientHello offers connection IDs. */
		if (cid != NULL && setup->cid) {
			memcpy(d->read.cid, cid, DTLS_CID);
			d->read.cid_len = DTLS_CID;
		}
		return;
	}
	d->state = DTLS_C_HELLO;
	random_bytes(setup->random, d->client_random, DTLS_RANDOM);
	dtls_client_begin(d, NULL, 0, now_ms);
}

void
dtls_distrust(struct dtls *d)
{
	d->handshake->distrusted = true;
}

/* Ends the association.  alert: the peer's, or DTLS_NO_ALERT.  notify: a
 * close_notify is due. */
static void
state_end(struct dtls *d, const char *why, uint8_t alert, bool notify)
{
	d->state = DTLS_OVER;
	d->out_due = false;
	d->alert_due = notify;
	d->alert_sealed = true;
	d->alert = DTLS_CLOSE_NOTIFY;
	d->why = why;
	d->why_alert = alert;
}

void
dtls_close(struct dtls *d)
{
	if (d->state != DTLS_OVER)
		state_end(d, "closed by this side", DTLS_NO_ALERT,
		    d->state == DTLS_DONE);
}

void
dtls_release_handshake(struct dtls *d)
{
	if (d->handshake == NULL)
		return;
	if (d->state != DTLS_DONE && d->state != DTLS_OVER)
		state_end(d, "given up", DTLS_NO_ALERT, false);
	if (!d->setup->server)
		d->out_due = false;
	explicit_bzero(d->handshake, sizeof(*d->handshake));
	d->handshake = NULL;
}

void
dtls_end(struct dtls *d)
{
	dtls_release_handshake(d);
	explicit_bzero(d, sizeof(*d));
}

/* --- Records -------------------------------------------------------------- */

/* Takes a plain alert. */
static void
state_plain_alert(struct dtls *d, const struct dtls_record *r)
{
	struct dtls_handshake *h = d->handshake;

	if (r->len != 2 || r->body[0] != STATE_FATAL)
		return;
	if (d->setup->server) {
		if (d->state != DTLS_S_HELLO)
			h->refused = r->body[1];
		return;
	}
	if (r->seq < h->heard || r->seq > h->heard + STATE_ALERT_AHEAD)
		return;
	state_end(d, "the server refused", r->body[1], false);
}

/* Takes a record of epoch 0 during the handshake. */
static void
state_plain(struct dtls *d, const struct dtls_record *r, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;

	switch (r->type) {
	case DTLS_HANDSHAKE:
		if (r->seq >= h->heard && r->seq <
		    h->heard + STATE_ALERT_AHEAD)
			h->heard = r->seq + 1;
		dtls_messages_take(d, r->body, r->len, r, now_ms);
		break;
	case DTLS_CCS:
		if (r->len != 1 || r->body[0] != 1 || (d->state !=
		    DTLS_C_FINISHED && d->state != DTLS_S_KX &&
		    d->state != DTLS_S_FINISHED) || h->got_ccs)
			break;
		h->got_ccs = true;
		if (d->read.suite != NULL) {
			h->early_pass = DTLS_PASS_KEYS;
			h->early_at = 0;
		}
		break;
	case DTLS_ALERT:
		state_plain_alert(d, r);
		break;
	default:
		break;
	}
}

/* Takes an authentic alert. */
static void
state_alert(struct dtls *d, const uint8_t *p, size_t n)
{
	if (n != 2)
		return;
	if (p[1] == DTLS_CLOSE_NOTIFY)
		state_end(d, "closed by the peer", DTLS_NO_ALERT,
		    d->state == DTLS_DONE);
	else if (p[0] == STATE_FATAL)
		state_end(d, "the peer gave up", p[1], false);
}

/* Opens and takes a record of epoch 1.  Returns DTLS_DATA for data of an
 * association that is up, else DTLS_END. */
static enum dtls_event
state_sealed(struct dtls *d, struct dtls_input *in,
    const struct dtls_record *r, uint64_t now_ms)
{
	uint8_t type;

	if (!dtls_window_fresh(&d->read.window, r->seq))
		return DTLS_END;
	if (dtls_open(&d->read, r, &type, &in->data, &in->len) != 0) {
		if (d->state != DTLS_DONE)
			d->handshake->bad = true;
		return DTLS_END;
	}
	if (dtls_window_mark(&d->read.window, r->seq))
		in->newest = true;
	if (type == DTLS_APPLICATION)
		return d->state == DTLS_DONE ? DTLS_DATA : DTLS_END;
	if (type == DTLS_HEARTBEAT && d->state == DTLS_DONE) {
		in->beat = true;
		dtls_heartbeat_take(d, in->data, in->len);
	} else if (type == DTLS_ALERT)
		state_alert(d, in->data, in->len);
	else if (type == DTLS_HANDSHAKE && d->state == DTLS_DONE)
		dtls_messages_linger(d, in->data, in->len, true, now_ms);
	else if (type == DTLS_HANDSHAKE)
		dtls_messages_take(d, in->data, in->len, r, now_ms);
	return DTLS_END;
}

/* Takes a record of epoch 1 during the handshake: opens it, or keeps it for
 * later if that is not possible yet. */
static void
state_early(struct dtls *d, struct dtls_input *in,
    const struct dtls_record *r, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	size_t n = (size_t)(r->body - r->header) + r->len;

	if (d->state != DTLS_C_FINISHED && d->state != DTLS_S_KX &&
	    d->state != DTLS_S_FINISHED)
		return;
	if (d->read.suite != NULL && h->got_ccs &&
	    r->type != DTLS_APPLICATION) {
		state_sealed(d, in, r, now_ms);
		return;
	}
	if (n > sizeof(h->early) - h->early_len)
		return;
	memcpy(h->early + h->early_len, r->header, n);
	h->early_len = (uint16_t)(h->early_len + n);
	h->early_at = h->early_len;
}

/* Reads the next early record that h->early_pass selects; false: none. */
static bool
state_early_next(struct dtls_handshake *h, struct dtls_record *r,
    size_t cid_len)
{
	size_t n, end = (size_t)h->gone_at + h->gone;

	/* Remove the record that was read last: opening has overwritten it. */
	memmove(h->early + h->gone_at, h->early + end, h->early_len - end);
	h->early_len = (uint16_t)(h->early_len - h->gone);
	if (h->early_at > h->gone_at)
		h->early_at = (uint16_t)(h->early_at - h->gone);
	h->gone = 0;
	while (h->early_at < h->early_len) {
		n = dtls_record_parse(r, h->early + h->early_at,
		    (size_t)(h->early_len - h->early_at), cid_len);
		h->gone_at = h->early_at;
		h->early_at = (uint16_t)(h->early_at + n);
		if (n == 0)
			break;
		if ((r->type == DTLS_APPLICATION) ==
		    (h->early_pass == DTLS_PASS_UP)) {
			h->gone = (uint16_t)n;
			return true;
		}
	}
	h->early_at = h->early_len;
	h->gone_at = 0;
	return false;
}

/* Reads the next record: an early one (*early), else one of the input; false:
 * none. */
static bool
state_record(struct dtls *d, struct dtls_input *in, struct dtls_record *r,
    bool *early)
{
	struct dtls_handshake *h = d->handshake;
	size_t n;

	*early = h != NULL && h->early_pass != DTLS_PASS_NONE &&
	    h->early_len > 0 && state_early_next(h, r, d->read.cid_len);
	if (*early)
		return true;
	n = dtls_record_parse(r, in->p, in->n, d->read.cid_len);
	in->p += n;
	in->n -= n;
	return n > 0;
}

void
dtls_input_begin(struct dtls_input *in, uint8_t *datagram, size_t n)
{
	in->p = datagram;
	in->n = n;
	in->data = NULL;
	in->len = 0;
	in->newest = false;
	in->beat = false;
}

/* Takes a record, except of epoch 1 when the association is up. */
static enum dtls_event
state_take(struct dtls *d, struct dtls_input *in, const struct dtls_record *r,
    uint64_t now_ms)
{
	if (d->state == DTLS_DONE && r->epoch == 0) {
		if (r->type == DTLS_HANDSHAKE)
			dtls_messages_linger(d, r->body, r->len, false, now_ms);
		return DTLS_END;
	}
	if (r->epoch == 0)
		state_plain(d, r, now_ms);
	else
		state_early(d, in, r, now_ms);
	return d->state == DTLS_DONE ? DTLS_UP : DTLS_END;
}

enum dtls_event
dtls_next(struct dtls *d, struct dtls_input *in, uint64_t now_ms)
{
	enum dtls_event event;
	struct dtls_record r;
	bool early, newest;

	while (d->state != DTLS_OVER && state_record(d, in, &r, &early)) {
		if (r.epoch > 1)
			continue;
		newest = in->newest;
		event = d->state == DTLS_DONE && r.epoch == 1 ?
		    state_sealed(d, in, &r, now_ms) :
		    state_take(d, in, &r, now_ms);
		/* An early record is of an earlier datagram: it says nothing
		 * about the source of this one. */
		if (early)
			in->newest = newest;
		if (event != DTLS_END)
			return event;
		if (d->state == DTLS_OVER)
			return DTLS_CLOSED;
	}
	return DTLS_END;
}

/* --- Output and time ------------------------------------------------------ */

/* Writes the alert that is due. */
static size_t
state_output_alert(struct dtls *d, uint8_t *out)
{
	uint8_t buffer[DTLS_HEAD + 2 + DTLS_TAIL];
	uint8_t *data = buffer + DTLS_HEAD;
	size_t len = 2;

	d->alert_due = false;
	data[0] = d->alert == DTLS_CLOSE_NOTIFY ? 1 : STATE_FATAL;
	data[1] = d->alert;
	if (!d->alert_sealed) {
		dtls_header_write(out, DTLS_ALERT, d->seq++, len);
		memcpy(out + DTLS_HEADER, data, len);
		return DTLS_HEADER + len;
	}
	if (dtls_seal(&d->write, DTLS_ALERT, &data, &len) != 0)
		return 0;
	memcpy(out, data, len);
	return len;
}

/* Writes the heartbeat that is due. */
static size_t
state_output_heartbeat(struct dtls *d, uint8_t *out)
{
	uint8_t buffer[DTLS_HEAD + DTLS_HEARTBEAT_MAX + DTLS_TAIL];
	uint8_t *data = buffer + DTLS_HEAD;
	size_t len = dtls_heartbeat_output(d, data);

	if (len == 0 || dtls_seal(&d->write, DTLS_HEARTBEAT, &data, &len) != 0)
		return 0;
	memcpy(out, data, len);
	return len;
}

size_t
dtls_output(struct dtls *d, uint8_t *out, size_t size, uint64_t now_ms)
{
	size_t n = 0;

	if (d->out_due) {
		n = dtls_flight_output(d, out, size);
		d->sent_ms = now_ms;
	}
	if (n == 0 && d->state == DTLS_DONE)
		n = state_output_heartbeat(d, out);
	if (n == 0 && d->alert_due)
		n = state_output_alert(d, out);
	return n;
}

bool
dtls_beat(struct dtls *d)
{
	if (d->state == DTLS_DONE && d->heartbeat == DTLS_HEARTBEAT_MAY)
		d->beat_due = true;
	return d->beat_due;
}

int
dtls_ask_size(struct dtls *d, uint8_t **data, size_t *len, uint32_t number,
    uint16_t size)
{
	if (d->state != DTLS_DONE || d->heartbeat != DTLS_HEARTBEAT_MAY)
		return -1;
	dtls_heartbeat_ask(*data, *len, number, size, d->setup->random);
	return dtls_seal(&d->write, DTLS_HEARTBEAT, data, len);
}

bool
dtls_take_size(struct dtls *d, uint32_t *number, uint16_t *size)
{
	*number = d->beat_number;
	*size = d->beat_size;
	d->beat_size = 0;
	return *size != 0;
}

void
dtls_announce(struct dtls *d, uint64_t now_ms)
{
	if (d->state != DTLS_DONE || dtls_beat(d) || d->setup->server)
		return;
	dtls_flight_send(d, now_ms);
	d->out.ccs = true;	/* the peer has it */
}

uint64_t
dtls_deadline(const struct dtls *d)
{
	switch (d->state) {
	case DTLS_S_KX:
		if (d->handshake->distrusted)
			break;
		/* FALLTHROUGH */
	case DTLS_C_HELLO:
	case DTLS_C_KX:
	case DTLS_C_FINISHED:
		return d->sent_ms + d->handshake->wait_ms;
	case DTLS_S_HELLO:
	case DTLS_S_FINISHED:
	case DTLS_DONE:
	case DTLS_OVER:
		break;
	}
	return UINT64_MAX;
}

void
dtls_tick(struct dtls *d, uint64_t now_ms)
{
	if (now_ms >= dtls_deadline(d) && d->handshake != NULL)
		dtls_flight_expire(d, now_ms);
}

int
dtls_send(struct dtls *d, uint8_t **data, size_t *len)
{
	if (d->state != DTLS_DONE)
		return -1;
	return dtls_seal(&d->write, DTLS_APPLICATION, data, len);
}

size_t
dtls_room(const struct dtls *d, size_t datagram)
{
	return d->state == DTLS_DONE ? dtls_seal_room(&d->write, datagram) : 0;
}

/* --- Questions ------------------------------------------------------------ */

bool
dtls_is_up(const struct dtls *d)
{
	return d->state == DTLS_DONE;
}

bool
dtls_is_own_hello(const struct dtls *d, const uint8_t *datagram, size_t n)
{
	const uint8_t *random = dtls_hello_random(datagram, n);

	return random != NULL && memcmp(random, d->client_random,
	    DTLS_RANDOM) == 0;
}

bool
dtls_peek(const uint8_t *datagram, size_t n, uint8_t *type,
    const uint8_t **cid)
{
	struct bytes in = { datagram, n, false };
	const uint8_t *first = datagram, *at;
	uint8_t kind;

	*cid = NULL;
	while (in.len > 0) {
		kind = bytes_u8(&in);
		bytes_take(&in, DTLS_HEADER - 1 - 2);
		at = kind == DTLS_CID_RECORD ? bytes_take(&in, DTLS_CID) :
		    NULL;
		bytes_take(&in, bytes_be16(&in));
		if (in.bad)
			break;
		if (first != NULL)
			*type = kind;
		first = NULL;
		*cid = at;
		if (at != NULL)
			break;
	}
	return first == NULL;
}

const struct dtls_suite *
dtls_suite(const struct dtls *d)
{
	return d->write.suite;
}

const struct dtls_group *
dtls_group(const struct dtls *d)
{
	return d->group;
}

bool
dtls_is_forgotten(const struct dtls *d)
{
	return d->handshake != NULL && d->handshake->forgotten;
}

bool
dtls_is_answered(const struct dtls *d)
{
	return d->handshake == NULL || d->handshake->heard > 0;
}

bool
dtls_has_cid(const struct dtls *d)
{
	return (d->setup->server ? d->read.cid_len : d->write.cid_len) > 0;
}
