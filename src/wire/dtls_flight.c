/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reassembles the peer's handshake messages and sends our flights.
 *
 * NOTES.  Each record that we send has one fragment, and the fragments of a
 * message do not overlap: pion before v3.0.10 accepts nothing else.  A message
 * is fragmented only if it does not fit into a datagram of its own.  The next
 * message may follow in the same datagram.
 *
 * The part of a ClientHello up to the cookie is not fragmented if it fits into
 * FLIGHT_WHOLE bytes, whatever the mtu: a stateless server reads one datagram
 * only.
 *
 * The first retransmission comes sooner than the second that RFC 6347 4.2.4.1
 * suggests for all paths: the datagrams of a user wait for the handshake, and
 * of six datagrams none may get lost.  With the usual delays a handshake of
 * three round trips is done in 10 s with 95 in 100 where 30 in 100 datagrams
 * are lost each way; with delays from 1 s on, with 82.  The delay follows the
 * round trip once it is known, since a repetition before the answer can be
 * there helps nobody.  It doubles up to a limit that depends on the peer: one
 * that has never answered may not be there, and gets at most six hellos in
 * 10 s; the flights of a handshake under way are worth more.
 */

#include "compat.h"

#include "wire/dtls_flight.h"

#include "base/bytes.h"
#include "base/log.h"

enum {
	FLIGHT_HEAD = DTLS_HEADER + DTLS_MESSAGE,	/* both headers */
	FLIGHT_WHOLE = 256,	/* least size of a caller's buffer */
	FLIGHT_COOKIE = 2 + DTLS_RANDOM + 1,	/* offset of the cookie's length
				 * in a ClientHello without a session */
	FLIGHT_CCS = DTLS_HEADER + 1,	/* bytes of a ChangeCipherSpec */
};

/* --- The peer's messages -------------------------------------------------- */

/* Bytes that a body takes in the store: its length, rounded up to 8, so that
 * its bits in `came` are whole bytes. */
static size_t
pieces_size(size_t len)
{
	return (len + 7) / 8 * 8;
}

/* Frees a message's slot, if used; the bodies after it in the store move
 * down. */
static void
pieces_free(struct dtls_pieces *p, struct dtls_slot *slot)
{
	size_t at = slot->at, size = pieces_size(slot->len), after, i;

	if (!slot->used)
		return;
	slot->used = false;
	after = p->top - at - size;
	memmove(p->store + at, p->store + at + size, after);
	memmove(p->came + at / 8, p->came + (at + size) / 8, after / 8);
	p->top = (uint16_t)(p->top - size);
	for (i = 0; i < DTLS_AHEAD; i++)
		if (p->slot[i].used && p->slot[i].at > at)
			p->slot[i].at = (uint16_t)(p->slot[i].at - size);
}

/* Allocates a slot for the fragment's message; false: the store is full. */
static bool
pieces_make(struct dtls_pieces *p, struct dtls_slot *slot,
    const struct dtls_fragment *f)
{
	size_t size = pieces_size(f->len);

	if (size > sizeof(p->store) - p->top)
		return false;
	memset(p->came + p->top / 8, 0, size / 8);
	slot->used = true;
	slot->type = f->type;
	slot->len = (uint16_t)f->len;
	slot->have = 0;
	slot->at = p->top;
	p->top = (uint16_t)(p->top + size);
	return true;
}

void
dtls_pieces_restart(struct dtls_pieces *p, uint16_t next)
{
	size_t i;

	for (i = 0; i < DTLS_AHEAD; i++)
		p->slot[i].used = false;
	p->top = 0;
	p->next = next;
}

int
dtls_pieces_add(struct dtls_pieces *p, const struct dtls_fragment *f,
    const uint8_t **body)
{
	struct dtls_slot *slot = &p->slot[f->seq % DTLS_AHEAD];
	size_t ahead = (uint16_t)(f->seq - p->next), i, at;
	uint8_t bit;

	*body = NULL;
	if (ahead >= DTLS_AHEAD)
		return 0;
	if (f->len > DTLS_MESSAGE_MAX)
		return ahead == 0 ? -1 : 0;
	if (ahead == 0 && f->n == f->len) {
		*body = f->data;
		return 0;
	}
	/* Contradicting fragments: the latest wins, so that a forged one does
	 * no harm beyond the peer's next retransmission. */
	if (slot->used && (slot->type != f->type || slot->len != f->len))
		pieces_free(p, slot);
	if (!slot->used && !pieces_make(p, slot, f)) {
		if (ahead > 0)
			return 0;
		dtls_pieces_restart(p, p->next);
		must(pieces_make(p, slot, f));
	}
	for (i = 0; i < f->n; i++) {
		at = slot->at + f->offset + i;
		bit = (uint8_t)(1 << at % 8);
		slot->have += (p->came[at / 8] & bit) == 0;
		p->came[at / 8] |= bit;
		p->store[at] = f->data[i];
	}
	return 0;
}

const uint8_t *
dtls_pieces_get(struct dtls_pieces *p, uint8_t *type, size_t *len)
{
	const struct dtls_slot *slot = &p->slot[p->next % DTLS_AHEAD];

	if (!slot->used || slot->have < slot->len)
		return NULL;
	*type = slot->type;
	*len = slot->len;
	return p->store + slot->at;
}

void
dtls_pieces_pass(struct dtls_pieces *p)
{
	pieces_free(p, &p->slot[p->next % DTLS_AHEAD]);
	p->next++;
}

/* --- Our messages --------------------------------------------------------- */

void
dtls_flight_begin(struct dtls_flight *f)
{
	f->len = 0;
}

uint8_t *
dtls_flight_body(struct dtls_flight *f)
{
	must(f->len + DTLS_MESSAGE + DTLS_BODY_MAX <= sizeof(f->bytes));
	return f->bytes + f->len + DTLS_MESSAGE;
}

void
dtls_flight_add(struct dtls_flight *f, br_sha256_context *transcript,
    uint8_t type, size_t len)
{
	uint8_t *p = f->bytes + f->len;

	must(f->len + DTLS_MESSAGE + len <= sizeof(f->bytes));
	dtls_fragment_write(p, type, len, f->seq++, 0, len);
	br_sha256_update(transcript, p, DTLS_MESSAGE + len);
	f->len += DTLS_MESSAGE + len;
}

void
dtls_flight_send(struct dtls *d, uint64_t now_ms)
{
	if (d->handshake != NULL)
		d->handshake->again = true;
	memset(&d->out, 0, sizeof(d->out));
	d->out_due = true;
	d->sent_ms = now_ms;
}

void
dtls_flight_send_first(struct dtls *d, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	uint64_t trips_ms = 3 * (now_ms - d->sent_ms);

	if (!h->again)
		h->first_ms = trips_ms < DTLS_FIRST_LEAST_MS ?
		    DTLS_FIRST_LEAST_MS : trips_ms > DTLS_FIRST_MOST_MS ?
		    DTLS_FIRST_MOST_MS : (uint32_t)trips_ms;
	h->wait_ms = h->first_ms;
	dtls_flight_send(d, now_ms);
	h->again = false;
}

void
dtls_flight_expire(struct dtls *d, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	uint32_t most_ms = d->setup->server || h->heard > 0 ?
	    DTLS_RETRANSMIT_MS : DTLS_UNHEARD_MS;

	h->wait_ms = 2 * h->wait_ms < most_ms ? 2 * h->wait_ms : most_ms;
	dtls_flight_send(d, now_ms);
}

/* The current flight and its length.  After the handshake that is our Finished
 * alone, in dtls.last: struct dtls_handshake may be gone. */
static const uint8_t *
flight_view(const struct dtls *d, size_t *len)
{
	if (d->state == DTLS_DONE) {
		*len = DTLS_LAST;
		return d->last;
	}
	*len = d->handshake->flight.len;
	return d->handshake->flight.bytes;
}

/* Moves the cursor past a message of len bytes. */
static void
flight_pass(struct dtls *d, size_t len, size_t flight_len)
{
	d->out.at = (uint16_t)(d->out.at + len);
	d->out.offset = 0;
	d->out.ccs = false;
	d->out_due = d->out.at < flight_len;
}

/* Least number of body bytes in a message's first fragment: a ClientHello's up
 * to the end of the cookie, if that fits into FLIGHT_WHOLE; else 1. */
static size_t
flight_least(uint8_t type, const uint8_t *body, size_t len)
{
	size_t least;

	if (type != DTLS_CLIENT_HELLO || len <= FLIGHT_COOKIE)
		return 1;
	least = FLIGHT_COOKIE + 1 + (size_t)body[FLIGHT_COOKIE];
	return FLIGHT_HEAD + least <= FLIGHT_WHOLE ? least : 1;
}

/* Writes a record with the rest of a message.  If that does not fit, the first
 * record of a datagram gets as much as fits, and others are not written.
 * Returns the record's length; 0: the datagram is full. */
static size_t
flight_fragment(struct dtls *d, const uint8_t *message, size_t len,
    uint8_t *out, size_t room, bool first)
{
	const uint8_t *body = message + DTLS_MESSAGE;
	size_t n = len - d->out.offset, least;

	if (FLIGHT_HEAD + n > room) {
		if (!first)
			return 0;
		least = d->out.offset > 0 ? 1 :
		    flight_least(message[0], body, len);
		n = room - FLIGHT_HEAD > least ? room - FLIGHT_HEAD : least;
	}
	dtls_header_write(out, DTLS_HANDSHAKE, d->seq++, DTLS_MESSAGE + n);
	dtls_fragment_write(out + DTLS_HEADER, message[0], len,
	    get_be16(message + 4), d->out.offset, n);
	if (n > 0)
		memcpy(out + FLIGHT_HEAD, body + d->out.offset, n);
	d->out.offset = (uint16_t)(d->out.offset + n);
	return FLIGHT_HEAD + n;
}

/* Writes ChangeCipherSpec, or when that was sent the sealed Finished.  Returns
 * the record's length; 0: the datagram is full, or sealing failed. */
static size_t
flight_finished(struct dtls *d, const uint8_t *message, uint8_t *out,
    size_t room, bool first)
{
	uint8_t buffer[DTLS_HEAD + DTLS_LAST + DTLS_TAIL];
	uint8_t *data = buffer + DTLS_HEAD;
	size_t len = DTLS_LAST;

	if (!d->out.ccs) {
		if (FLIGHT_CCS > room)
			return 0;
		dtls_header_write(out, DTLS_CCS, d->seq++, 1);
		out[DTLS_HEADER] = 1;
		d->out.ccs = true;
		return FLIGHT_CCS;
	}
	if (!first && dtls_seal_room(&d->write, room) < DTLS_LAST)
		return 0;
	memcpy(data, message, DTLS_LAST);
	if (dtls_seal(&d->write, DTLS_HANDSHAKE, &data, &len) != 0) {
		d->out_due = false;
		return 0;
	}
	memcpy(out, data, len);
	d->out.offset = DTLS_VERIFY;
	return len;
}

size_t
dtls_flight_output(struct dtls *d, uint8_t *out, size_t size)
{
	size_t used = 0, limit = d->setup->mtu, flight_len, len, n;
	const uint8_t *flight = flight_view(d, &flight_len), *message;

	must(size >= FLIGHT_WHOLE && size >= limit && limit >= DTLS_MTU_MIN);
	while (d->out_due && used < limit) {
		message = flight + d->out.at;
		len = (size_t)message[1] << 16 | get_be16(message + 2);
		n = message[0] == DTLS_FINISHED ?
		    flight_finished(d, message, out + used, limit - used,
			used == 0) :
		    flight_fragment(d, message, len, out + used, limit - used,
			used == 0);
		if (n == 0)
			break;
		used += n;
		/* Not after a ChangeCipherSpec: its Finished comes next. */
		if (d->out.offset == len)
			flight_pass(d, DTLS_MESSAGE + len, flight_len);
	}
	return used;
}
