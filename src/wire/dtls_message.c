/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The peer's handshake messages: their order, and replies to its
 * retransmissions.
 *
 * NOTES.  Retransmission (RFC 6347 4.2.4): a client retransmits its flight
 * until the server's next flight is complete.  A server retransmits its first
 * flight until it has the ClientKeyExchange; after that the client's are
 * enough.  A retransmission by the peer is detected when the last byte of
 * its last message arrives again.  The reply is our current flight, unless that
 * was sent less than DTLS_ANSWER_MS ago.  So two ends with different keys send
 * 11 datagrams in 10 s, after their hellos.
 *
 * A server whose association is up searches plain records for ClientKeyExchange
 * only, which a client retransmits until it has our Finished.  The client's
 * Finished after it would do as well, but dtlspipe with a connection ID gives
 * the retransmitted one the record number 0 again, and the window drops it.
 *
 * HelloRequest is ignored during a handshake (RFC 5246 7.4.1.1).  It is never
 * sent then, except by a server that does not know the handshake
 * (dtls_cookie.h): the client notes that, and goes on.
 */

#include "compat.h"

#include "wire/dtls_message.h"

#include "base/bytes.h"
#include "wire/dtls_client.h"
#include "wire/dtls_handshake.h"
#include "wire/dtls_server.h"

/* Adds the next message in order to the transcript. */
static void
message_transcribe(struct dtls_handshake *h, uint8_t type, const uint8_t *body,
    size_t len)
{
	uint8_t head[DTLS_MESSAGE];

	dtls_fragment_write(head, type, len, h->pieces.next, 0, len);
	br_sha256_update(&h->transcript, head, sizeof(head));
	br_sha256_update(&h->transcript, body, len);
}

/* Retransmits our current flight in reply to a retransmission of the peer's;
 * rate-limited. */
static void
message_retransmit(struct dtls *d, uint64_t now_ms)
{
	if (now_ms >= d->sent_ms + DTLS_ANSWER_MS)
		dtls_flight_send(d, now_ms);
}

/* Takes the peer's Finished.  If it is right, the association is up, and early
 * data is read next.  If not, it is ignored: see dtls_state.c. */
static void
message_finished(struct dtls *d, const uint8_t *body, size_t len,
    uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	uint8_t verify[DTLS_VERIFY];
	bool good;

	if (d->state != DTLS_C_FINISHED && d->state != DTLS_S_FINISHED)
		return;
	dtls_make_verify(h, !d->setup->server, verify);
	good = len == DTLS_VERIFY && secret_equal(verify, body, DTLS_VERIFY);
	explicit_bzero(verify, sizeof(verify));
	if (!good) {
		h->bad = true;
		return;
	}
	message_transcribe(h, DTLS_FINISHED, body, len);
	d->out_due = false;
	d->up_ms = now_ms;
	if (d->setup->server)
		dtls_server_finish(d, now_ms);
	else
		d->state = DTLS_DONE;
	h->early_pass = DTLS_PASS_UP;
	h->early_at = 0;
}

/* Takes the next message in order. */
static void
message_take(struct dtls *d, uint8_t type, const uint8_t *body, size_t len,
    uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;

	if (type == DTLS_FINISHED) {
		message_finished(d, body, len, now_ms);
		dtls_pieces_restart(&h->pieces, h->pieces.next);
		return;
	}
	if (type == DTLS_HELLO_VERIFY_REQUEST && d->state == DTLS_C_HELLO) {
		dtls_client_verify(d, body, len, now_ms);
		return;
	}
	message_transcribe(h, type, body, len);
	if (d->setup->server)
		dtls_server_take(d, type, body, len, now_ms);
	else
		dtls_client_take(d, type, body, len, now_ms);
	dtls_pieces_pass(&h->pieces);
	/* That message may have completed the keys: read early records. */
	if (d->read.suite != NULL && h->got_ccs &&
	    h->early_pass == DTLS_PASS_NONE) {
		h->early_pass = DTLS_PASS_KEYS;
		h->early_at = 0;
	}
}

/* Takes the numbers and the random of a ClientHello from a fragment.  Its
 * message and record numbers are accepted as they are, and ours follow them:
 * earlier ones may have been replied to with a cookie, without state. */
static void
message_hello_begins(struct dtls *d, const struct dtls_fragment *f,
    uint64_t record_seq)
{
	struct dtls_handshake *h = d->handshake;

	if (f->type != DTLS_CLIENT_HELLO)
		return;
	if (!h->begun) {
		h->begun = true;
		h->pieces.next = f->seq;
		h->flight.seq = f->seq;
		/* Not a number from which ours would soon run out. */
		d->seq = record_seq >> 32 == 0 ? record_seq : 0;
	}
	if (!h->named && f->offset == 0 && f->n >= 2 + DTLS_RANDOM) {
		h->named = true;
		memcpy(d->client_random, f->data + 2, DTLS_RANDOM);
	}
}

/* Takes a fragment of a message, during the handshake. */
static void
message_fragment(struct dtls *d, const struct dtls_fragment *f,
    const struct dtls_record *r, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	const uint8_t *body;
	uint8_t type = f->type;
	size_t len = f->len;

	/* Finished is sealed, all others are plain. */
	if ((f->type == DTLS_FINISHED) != (r->epoch == 1))
		return;
	if (f->type == DTLS_HELLO_REQUEST) {
		h->forgotten |= d->state == DTLS_C_KX ||
		    d->state == DTLS_C_FINISHED;
		return;
	}
	if (d->state == DTLS_S_HELLO)
		message_hello_begins(d, f, r->seq);
	if (d->state == DTLS_S_HELLO && !h->begun)
		return;
	if (f->seq == (uint16_t)(h->pieces.next - 1) &&
	    f->offset + f->n == f->len &&
	    (d->state == DTLS_C_FINISHED || d->state == DTLS_S_KX))
		message_retransmit(d, now_ms);
	/* From here on the peer's next message is its Finished.  Plain ones are
	 * forged, or an unwanted NewSessionTicket. */
	if (r->epoch == 0 && (d->state == DTLS_C_FINISHED ||
	    d->state == DTLS_S_FINISHED))
		return;
	if (d->state == DTLS_C_HELLO && f->n == f->len &&
	    f->type == DTLS_HELLO_VERIFY_REQUEST && f->seq < h->pieces.next) {
		dtls_client_verify(d, f->data, f->n, now_ms);
		return;
	}
	if (d->state == DTLS_C_KX && f->n == f->len &&
	    f->type == DTLS_HELLO_VERIFY_REQUEST && f->seq < h->pieces.next) {
		dtls_client_doubt(d, f->data, f->n);
		return;
	}
	if (dtls_pieces_add(&h->pieces, f, &body) != 0) {
		dtls_fail(d, DTLS_ILLEGAL_PARAMETER,
		    "the peer's message is too long");
		return;
	}
	while (body != NULL || (body = dtls_pieces_get(&h->pieces, &type,
	    &len)) != NULL) {
		message_take(d, type, body, len, now_ms);
		if (d->state == DTLS_OVER || d->state == DTLS_DONE)
			return;
		body = NULL;
	}
}

void
dtls_messages_take(struct dtls *d, const uint8_t *p, size_t n,
    const struct dtls_record *r, uint64_t now_ms)
{
	struct dtls_fragment f;
	size_t eaten;

	while (d->state != DTLS_OVER && d->state != DTLS_DONE &&
	    (eaten = dtls_fragment_parse(&f, p, n)) > 0) {
		message_fragment(d, &f, r, now_ms);
		p += eaten;
		n -= eaten;
	}
}

void
dtls_messages_linger(struct dtls *d, const uint8_t *p, size_t n, bool sealed,
    uint64_t now_ms)
{
	struct dtls_fragment f;
	size_t eaten;
	bool again = false;

	if (!d->setup->server || now_ms >= d->up_ms + DTLS_LINGER_MS)
		return;
	while ((eaten = dtls_fragment_parse(&f, p, n)) > 0) {
		again |= f.offset + f.n == f.len && (sealed ?
		    f.type == DTLS_FINISHED &&
		    f.seq == (uint16_t)(d->peer_last + 1) :
		    f.type == DTLS_CLIENT_KEY_EXCHANGE &&
		    f.seq == d->peer_last);
		p += eaten;
		n -= eaten;
	}
	if (again)
		message_retransmit(d, now_ms);
}
