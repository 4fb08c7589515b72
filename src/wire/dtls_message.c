/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The peer's handshake messages: whose turn it is, and what repetitions are
 * answered.
 *
 * NOTES.  Repetitions (RFC 6347 4.2.4): a client repeats its flight until the
 * next one of the server is complete; a server repeats its first flight until
 * the ClientKeyExchange came, from when on the client's repetitions are enough.
 * A repetition of the peer counts when the last byte of its last message comes
 * again; the answer is our current flight, unless that went out less than
 * DTLS_ANSWER_MS ago.  Two ends with different keys so send 4 datagrams in
 * 10 s, after their hellos.
 *
 * When it is up a server looks at plain records for ClientKeyExchange only,
 * which a client repeats until it has our Finished.  The repeated Finished next
 * to it does as well, but dtlspipe gives that the record number 0 again when
 * there is a connection ID, and the window drops it.
 */

#include "compat.h"

#include "wire/dtls_message.h"

#include "base/bytes.h"
#include "wire/dtls_client.h"
#include "wire/dtls_handshake.h"
#include "wire/dtls_server.h"

/* Puts the message whose turn it is into the transcript. */
static void
message_transcribe(struct dtls_handshake *h, uint8_t type, const uint8_t *body,
    size_t len)
{
	uint8_t head[DTLS_MESSAGE];

	dtls_fragment_write(head, type, len, h->pieces.next, 0, len);
	br_sha256_update(&h->transcript, head, sizeof(head));
	br_sha256_update(&h->transcript, body, len);
}

/* The peer repeats itself: our current flight goes out again, in measure. */
static void
message_answer(struct dtls *d, uint64_t now_ms)
{
	if (now_ms >= d->sent_ms + DTLS_ANSWER_MS)
		dtls_flight_send(d, now_ms);
}

/* Takes the peer's Finished.  Early records may be looked at again. */
static void
message_finished(struct dtls *d, const uint8_t *body, size_t len,
    uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	uint8_t verify[DTLS_VERIFY];
	bool good;

	if (d->stand != DTLS_C_FINISHED && d->stand != DTLS_S_FINISHED)
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
		d->stand = DTLS_DONE;
	h->early_pass = DTLS_PASS_UP;
	h->early_at = 0;
}

/* Takes the message whose turn it is. */
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
	if (type == DTLS_HELLO_VERIFY_REQUEST && d->stand == DTLS_C_HELLO) {
		dtls_client_verify(d, body, len, now_ms);
		return;
	}
	message_transcribe(h, type, body, len);
	if (d->setup->server)
		dtls_server_take(d, type, body, len, now_ms);
	else
		dtls_client_take(d, type, body, len, now_ms);
	dtls_pieces_pass(&h->pieces);
	/* Were the keys made by that? */
	if (d->read.suite != NULL && h->got_ccs &&
	    h->early_pass == DTLS_PASS_NONE) {
		h->early_pass = DTLS_PASS_KEYS;
		h->early_at = 0;
	}
}

/* Notes what a ClientHello tells before it is complete.  Its numbers are taken
 * as they are: a server without state may have answered others before. */
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
		/* None that would soon run out. */
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

	/* Only a Finished is sealed; the RFC has HelloRequest ignored. */
	if ((f->type == DTLS_FINISHED) != (r->epoch == 1) ||
	    f->type == DTLS_HELLO_REQUEST)
		return;
	if (d->stand == DTLS_S_HELLO)
		message_hello_begins(d, f, r->seq);
	if (d->stand == DTLS_S_HELLO && !h->begun)
		return;
	if (f->seq == (uint16_t)(h->pieces.next - 1) &&
	    f->offset + f->n == f->len &&
	    (d->stand == DTLS_C_FINISHED || d->stand == DTLS_S_KX))
		message_answer(d, now_ms);
	/* Nothing plain comes any more but by forgers, or by servers that give
	 * a ticket to who wants none. */
	if (r->epoch == 0 && (d->stand == DTLS_C_FINISHED ||
	    d->stand == DTLS_S_FINISHED))
		return;
	if (d->stand == DTLS_C_HELLO && f->n == f->len &&
	    f->type == DTLS_HELLO_VERIFY_REQUEST && f->seq < h->pieces.next) {
		dtls_client_verify(d, f->data, f->n, now_ms);
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
		if (d->stand == DTLS_OVER || d->stand == DTLS_DONE)
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

	while (d->stand != DTLS_OVER && d->stand != DTLS_DONE &&
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
		message_answer(d, now_ms);
}
