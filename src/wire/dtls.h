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
 *			handle it; after DTLS_CLOSED call dtls_end()
 *	at dtls_deadline(): dtls_tick()
 *	after each of them, and after dtls_close():
 *		while ((n = dtls_output()) > 0) send n bytes
 *	after DTLS_UP: dtls_send() seals data in place
 *
 * State that is needed during the handshake only, some kilobytes, is in a
 * struct dtls_handshake.  After DTLS_UP the caller takes it back by
 * dtls_release_handshake().  Data that arrived before the peer's Finished is
 * stored in it; the calls of dtls_next() right after DTLS_UP return that data,
 * each valid until the next call.  A dtls_release_handshake() before these
 * calls discards it.
 *
 * Once an association is up, only authentic records end it or move its window.
 * Plain records are only searched for a retransmission of the peer's last
 * flight, which triggers a rate-limited retransmission of ours.  A wrong key is
 * not reported to the peer; when the caller gives up, dtls_why() has the likely
 * reason.
 *
 * A flight is retransmitted after DTLS_FIRST_MS, or about three round trips
 * once these are known; the delay doubles each time, up to DTLS_RETRANSMIT_MS,
 * or DTLS_UNHEARD_MS towards a peer that has not answered yet.  A
 * retransmission by the peer triggers ours at most once in DTLS_ANSWER_MS.
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
	DTLS_END,		/* no more events in this datagram */
	DTLS_UP,		/* the handshake is done */
	DTLS_DATA,		/* data was received: see struct dtls_input */
	DTLS_CLOSED,		/* the association is over: dtls_why() */
};

/* A datagram from the peer while it is read, and the data found in it. */
struct dtls_input {
	uint8_t *p;		/* the part not yet read */
	size_t n;		/* its length */
	uint8_t *data;		/* DTLS_DATA: the content, in place */
	size_t len;		/* its length */
	bool newest;		/* it has an authentic record, newer than all
				 * received before: its source is the peer's
				 * address (RFC 9146 6) */
	bool beat;		/* it has an authentic heartbeat */
};

/* Begins an association.  A server's first input must be a ClientHello; its
 * message and record numbers are accepted as they are, and the caller has
 * checked the cookie (wire/dtls_cookie.h).  cid is the server's own connection
 * ID (DTLS_CID bytes; NULL: none); NULL on a client.  Neither struct may be
 * moved. */
void dtls_start(struct dtls *, struct dtls_handshake *,
    const struct dtls_setup *, const uint8_t *cid, uint64_t now_ms);

/* On a server, after dtls_start(): the client's address is not verified.  So
 * that a forged address is sent no more than one flight for each datagram
 * received from it, our first flight is retransmitted only in reply to a
 * retransmitted ClientHello, never by timer. */
void dtls_distrust(struct dtls *);

/* Sets the datagram that dtls_next() reads; its bytes are overwritten. */
void dtls_input_begin(struct dtls_input *, uint8_t *datagram, size_t n);

/* Reads up to the next event and returns it. */
enum dtls_event dtls_next(struct dtls *, struct dtls_input *,
    uint64_t now_ms);

/* Writes the next datagram to send; size must be at least the mtu, and at least
 * 256.  Returns the datagram's length; 0: nothing to send. */
size_t dtls_output(struct dtls *, uint8_t *out, size_t size, uint64_t now_ms);

/* Makes a heartbeat request due for dtls_output(), which the peer answers.
 * False: it has not agreed to that, or the association is not up. */
bool dtls_beat(struct dtls *);

/* Makes of *len bytes at *data, at least DTLS_HEARTBEAT_LEAST, a sealed
 * heartbeat request that is as long as one with *len bytes of data, as
 * dtls_send() does; its answer has number and size.  Returns 0; -1: the peer
 * has not agreed to that, the association is not up, or dtls_send() would
 * fail. */
int dtls_ask_size(struct dtls *, uint8_t **data, size_t *len, uint32_t number,
    uint16_t size);

/* Takes the answer that the datagram had which was read last.  False: it had
 * none, or it was taken. */
bool dtls_take_size(struct dtls *, uint32_t *number, uint16_t *size);

/* Makes an authentic record due for dtls_output(), which tells the peer from
 * which address we send now (RFC 9146 6): a heartbeat, or where the peer has
 * not agreed to that its client's Finished once more, which any server takes
 * for a retransmission (RFC 6347 4.2.4).  Does nothing on a server that may not
 * send heartbeats, and before the association is up. */
void dtls_announce(struct dtls *, uint64_t now_ms);

/* When dtls_tick() is due; UINT64_MAX: no timer runs. */
uint64_t dtls_deadline(const struct dtls *);

/* Runs the retransmission timer: dtls_output() may have a datagram then. */
void dtls_tick(struct dtls *, uint64_t now_ms);

/* Is the handshake done? */
bool dtls_is_up(const struct dtls *);

/* Seals data as dtls_seal() does.  Returns 0; -1: the data is too long, the
 * association is not up, or all sequence numbers are used up. */
int dtls_send(struct dtls *, uint8_t **data, size_t *len);

/* The most data that fits into a datagram of `datagram` bytes; 0: none. */
size_t dtls_room(const struct dtls *, size_t datagram);

/* Closes the association.  If it was up, a close_notify is due for
 * dtls_output().  No events follow. */
void dtls_close(struct dtls *);

/* Wipes struct dtls_handshake and gives it back to the caller; the keys stay in
 * struct dtls.  An association that is not up is closed. */
void dtls_release_handshake(struct dtls *);

/* Wipes both structs. */
void dtls_end(struct dtls *);

/* Does a datagram begin with a ClientHello of this server association's own
 * handshake (same random), and not with that of a new one? */
bool dtls_is_own_hello(const struct dtls *, const uint8_t *datagram,
    size_t n);

/* Reads what identifies the association of a datagram: the type of its first
 * record, and the cid (DTLS_CID bytes) of the first record with one (NULL:
 * none).  False: the datagram does not begin with a record. */
bool dtls_peek(const uint8_t *datagram, size_t n, uint8_t *type,
    const uint8_t **cid);

/* The peer's identity as text (bytes other than printable ASCII as \xNN); ""
 * when there is none, on a client, and after dtls_release_handshake(). */
const char *dtls_peer(const struct dtls *, char text[DTLS_PEER_TEXT]);

/* The suite and the group (NULL: none), once the association is up. */
const struct dtls_suite *dtls_suite(const struct dtls *);
const struct dtls_group *dtls_group(const struct dtls *);

/* Has the server, which had answered a client's hello, said that it does not
 * know the handshake: by a HelloRequest (wire/dtls_cookie.h), or by a new
 * cookie?  The client's NAT has changed its address, or the server was started
 * again.  Anyone may forge that. */
bool dtls_is_forgotten(const struct dtls *);

/* Has a client received a handshake message of the server?  Anyone may forge
 * one. */
bool dtls_is_answered(const struct dtls *);

/* Do records to the server have connection IDs? */
bool dtls_has_cid(const struct dtls *);

/* On a server, what its client has shown to be wrong with its key, while the
 * handshake waits: "unknown identity" or "wrong key of identity", to be
 * followed by dtls_peer().  NULL: nothing. */
const char *dtls_key_fault(const struct dtls *);

/* Why the association is over, as text, e.g. "no cipher suite in common; the
 * client offers ..."; before that, what it waits for and what may be wrong.
 * Less detailed after dtls_release_handshake().  After dtls_send() failed with
 * data that is not too long: why it failed. */
const char *dtls_why(const struct dtls *, char text[DTLS_WHY_TEXT]);

#endif
