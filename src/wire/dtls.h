/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS 1.2 with a pre-shared key (RFC 6347, RFC 4279, RFC 5489), one
 * association as an engine without I/O, clock or memory of its own.
 *
 * NOTES.  Use:
 *
 *	dtls_start()
 *	for each datagram of the peer:
 *		dtls_input_begin()
 *		while ((event = dtls_next()) != DTLS_END)
 *			use it; after DTLS_CLOSED let go of the association
 *	at dtls_deadline(): dtls_tick()
 *	after each of them, and after dtls_close():
 *		while ((n = dtls_output()) > 0) send n bytes
 *	after DTLS_UP: dtls_send() seals data in place
 *
 * What an association needs for its handshake only, some kilobytes, is in a
 * struct dtls_handshake, which the caller takes back by dtls_let_go() once
 * DTLS_UP was seen.  Data that overtook the peer's Finished lies in there: it
 * comes with the calls of dtls_next() right after DTLS_UP, and is good until
 * the next call; who lets go before them loses it.
 *
 * Nothing that is not authentic ends an association that is up, or moves its
 * window: plain records are only looked at for the peer's last flight, which
 * is answered with our last one, seldom.  Wrong keys are answered by silence;
 * whoever loses patience finds the likely reason in dtls_why().
 *
 * The first transmission of a flight is repeated after 1 s, then after twice
 * that, up to DTLS_RETRANSMIT_MS; a peer's repetition is answered at most once
 * in DTLS_ANSWER_MS.
 *
 * No renegotiation, no resumption, no compression.
 */

#ifndef WIRE_DTLS_H
#define WIRE_DTLS_H

#include "compat.h"

#include "wire/dtls_flight.h"
#include "wire/dtls_hello.h"
#include "wire/dtls_kx.h"
#include "wire/dtls_record.h"
#include "wire/dtls_setup.h"

enum {
	DTLS_CID = 8,		/* bytes of the cids that we give out */
	DTLS_DATAGRAM_MAX = 65507,
	DTLS_WHY_TEXT = 160,
	DTLS_PEER_TEXT = 4 * DTLS_IDENTITY_MAX + 1,
};

enum dtls_event {
	DTLS_END,		/* the datagram is used up */
	DTLS_UP,		/* the handshake is done */
	DTLS_DATA,		/* a datagram came: see struct dtls_input */
	DTLS_CLOSED,		/* over: dtls_why() */
};

/* A datagram from the peer while it is being read, and what was found. */
struct dtls_input {
	uint8_t *p;		/* what is left */
	size_t n;
	uint8_t *data;		/* DTLS_DATA: the content, in place */
	size_t len;
	bool newest;		/* a record in it was authentic, and none newer
				 * came before: its source is the peer's
				 * address (RFC 9146 6) */
};

/* Begins an association; the server's with a ClientHello that is the first
 * input, whose message and record numbers are taken as they are (the cookie
 * is the caller's business: wire/dtls_cookie.h).  cid is what the server gives
 * out (DTLS_CID bytes; NULL: none); NULL on a client.  Neither struct may be
 * moved. */
void dtls_start(struct dtls *, struct dtls_handshake *,
    const struct dtls_setup *, const uint8_t *cid, uint64_t now_ms);

/* On a server, after dtls_start(): the client has not shown that it receives
 * what is sent to its address, which has no more than one answer for each
 * datagram then: our flight is repeated when its hello is, not by time. */
void dtls_distrust(struct dtls *);

/* Sets what the next calls of dtls_next() read; the bytes are overwritten. */
void dtls_input_begin(struct dtls_input *, uint8_t *datagram, size_t n);

/* Goes on to the next event. */
enum dtls_event dtls_next(struct dtls *, struct dtls_input *,
    uint64_t now_ms);

/* Writes the next datagram that must be sent, at most size bytes (at least the
 * mtu, and 256); its length, or 0: none. */
size_t dtls_output(struct dtls *, uint8_t *out, size_t size, uint64_t now_ms);

/* When dtls_tick() is due; UINT64_MAX: not. */
uint64_t dtls_deadline(const struct dtls *);

/* Time has come: output may be there. */
void dtls_tick(struct dtls *, uint64_t now_ms);

/* Is the handshake done? */
bool dtls_is_up(const struct dtls *);

/* Seals data as dtls_seal(); 0; -1: too long, not up, or all sequence numbers
 * are used up. */
int dtls_send(struct dtls *, uint8_t **data, size_t *len);

/* The most data that fits into a datagram of so many bytes; 0: none. */
size_t dtls_room(const struct dtls *, size_t datagram);

/* Takes leave: an alert is there for dtls_output(), if it is up. No events come
 * after it. */
void dtls_close(struct dtls *);

/* The handshake's memory is not needed any more, from here on; wiped. Its keys
 * stay in struct dtls. */
void dtls_let_go(struct dtls *);

/* Wipes both. */
void dtls_end(struct dtls *);

/* Does a datagram begin with a ClientHello of the very handshake that this
 * server's association began with (and not of a new one)? */
bool dtls_is_own_hello(const struct dtls *, const uint8_t *datagram,
    size_t n);

/* How to find the association of a datagram: the type of its first record, and
 * the cid (DTLS_CID bytes) of the first that has one (NULL: none); false: no
 * record. */
bool dtls_peek(const uint8_t *datagram, size_t n, uint8_t *type,
    const uint8_t **cid);

/* The peer's identity as text (others than printable ASCII as \xNN); "" for
 * none, and on a client. Good until dtls_let_go(). */
const char *dtls_peer(const struct dtls *, char text[DTLS_PEER_TEXT]);

/* The suite, the group (NULL: none); when up. */
const struct dtls_suite *dtls_suite(const struct dtls *);
const struct dtls_group *dtls_group(const struct dtls *);

/* Are connection IDs in use, in the direction to the server? */
bool dtls_has_cid(const struct dtls *);

/* Why it is over: our words, e.g. "no cipher suite in common; the client
 * offers ..."; before the end, what it waits for and what may be wrong. More is
 * known before dtls_let_go().  After dtls_send() failed with data that is not
 * too long: why. */
const char *dtls_why(const struct dtls *, char text[DTLS_WHY_TEXT]);

#endif
