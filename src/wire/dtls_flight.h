/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Handshake messages on their way: those of the peer put together again from
 * fragments in any order, and flights of ours cut into datagrams, as often as
 * they are needed (RFC 6347 4.2).  Here is also what an association is in
 * memory.
 *
 * NOTES.  A message of ours lies in struct dtls_flight as it goes into the
 * transcript: its header as if it were in one fragment, and its body.  A
 * ChangeCipherSpec is not stored; it goes before a Finished, which alone is
 * sealed and is never cut.
 *
 * Messages of the peer that come whole and in their turn are used where they
 * lie in the datagram.  Others wait in dtls_pieces, DTLS_AHEAD of them at most,
 * in one store; where that is full the message whose turn it is drives out
 * the others.
 */

#ifndef WIRE_DTLS_FLIGHT_H
#define WIRE_DTLS_FLIGHT_H

#include "wire/dtls_hello.h"
#include "wire/dtls_kx.h"
#include "wire/dtls_record.h"
#include "wire/dtls_setup.h"

enum {
	DTLS_FIRST_MS = 1000,	/* until a flight is sent again */
	DTLS_RETRANSMIT_MS = 16000,	/* longest pause between two */
	DTLS_ANSWER_MS = 250,	/* between two answers to repetitions */
	DTLS_LINGER_MS = 60000,	/* how long the last flight may be asked for */
	DTLS_MESSAGE_MAX = 2048,	/* bytes of a body that we take */
	DTLS_AHEAD = 4,		/* messages in the works */
	DTLS_FLIGHT_MAX = 1024,	/* of our longest flight: a ServerHello, and
				 * room for DTLS_BODY_MAX after it */
	DTLS_LAST = DTLS_MESSAGE + DTLS_VERIFY,	/* a Finished */
	DTLS_EARLY_MAX = 512,	/* of records that came too early */
	DTLS_OFFERED = 16,	/* suites of a peer that are remembered */
};

/* Where an association stands. */
enum dtls_stand {
	DTLS_OVER,		/* closed, or failed; nothing but an alert */
	DTLS_C_HELLO,		/* client: ServerHello, or a demand for a
				 * cookie, comes next */
	DTLS_C_KX,		/* client: what follows the ServerHello */
	DTLS_C_FINISHED,	/* client: ours is out, the server's to come */
	DTLS_S_HELLO,		/* server: a ClientHello comes next */
	DTLS_S_KX,		/* server: ClientKeyExchange comes next */
	DTLS_S_FINISHED,	/* server: the client's Finished comes next */
	DTLS_DONE,		/* up */
};

/* Which of the records that came early are looked at again. */
enum dtls_pass {
	DTLS_PASS_NONE,
	DTLS_PASS_KEYS,		/* all but data, when there are keys */
	DTLS_PASS_UP,		/* data, when it is up */
};

/* A message of the peer that is not complete, or whose turn has not come. */
struct dtls_slot {
	bool used;
	uint8_t type;
	uint16_t len;		/* bytes of the body */
	uint16_t have;		/* of them, that came */
	uint16_t at;		/* where in the store */
};

/* Those messages; zeroed: none. */
struct dtls_pieces {
	uint16_t next;		/* message_seq whose turn it is */
	uint16_t top;		/* bytes of the store in use */
	struct dtls_slot slot[DTLS_AHEAD];	/* of message_seq s at
						 * s % DTLS_AHEAD */
	uint8_t store[DTLS_MESSAGE_MAX + 512];
	uint8_t came[(DTLS_MESSAGE_MAX + 512) / 8];	/* bits: that byte */
};

/* Messages of ours that go out together. */
struct dtls_flight {
	uint8_t bytes[DTLS_FLIGHT_MAX];
	size_t len;
	uint16_t seq;		/* message_seq of the next */
};

/* How much of a flight is out. */
struct dtls_cursor {
	uint16_t at;		/* of the current message, in the flight */
	uint16_t offset;	/* bytes of its body that are out */
	bool ccs;		/* the ChangeCipherSpec before it is out */
};

/* What a handshake needs, and nothing after it. */
struct dtls_handshake {
	br_sha256_context transcript;
	uint8_t server_random[DTLS_RANDOM];
	uint8_t master[DTLS_MASTER];
	uint8_t scalar[DTLS_SCALAR_MAX];	/* server: of its share */
	uint8_t share[DTLS_SHARE_MAX];	/* client: the server's */
	uint8_t identity_len;
	uint8_t identity[DTLS_IDENTITY_MAX];	/* server: the client's */
	const struct dtls_suite *suite;
	bool extended;		/* RFC 7627 was agreed on */
	bool got_kx;		/* client: a ServerKeyExchange came */
	bool bare;		/* client: in pion's form */
	bool session;		/* client: the server gave a session id, as
				 * pion's never does */
	bool unknown;		/* server: nobody has that identity */
	bool got_ccs;		/* the peer's ChangeCipherSpec came */
	bool distrusted;	/* server: its first flight is repeated only as
				 * an answer */
	bool begun;		/* server: a ClientHello began to come, */
	bool named;		/* and its random is known */
	bool bad;		/* records came that do not open, or a Finished
				 * that is wrong */
	uint8_t refused;	/* the peer's fatal alert; 0: none */
	uint8_t cookies;	/* client: demands that were met */
	uint8_t n_offered;
	uint16_t offered[DTLS_OFFERED];	/* by the client, where none is good */
	uint32_t wait_ms;	/* until the flight goes out again */
	uint64_t heard;		/* client: highest record number of epoch 0 */
	struct dtls_flight flight;
	struct dtls_pieces pieces;
	uint8_t early_pass;	/* enum dtls_pass */
	uint16_t early_len, early_at;	/* bytes there, and looked at */
	uint16_t gone_at, gone;	/* bytes of early that are used up */
	uint8_t early[DTLS_EARLY_MAX];	/* records of epoch 1, before their
					 * time */
};

/* An association. */
struct dtls {
	const struct dtls_setup *setup;
	struct dtls_handshake *handshake;	/* NULL: taken back */
	enum dtls_stand stand;
	struct dtls_half read, write;
	const struct dtls_group *group;	/* NULL: plain PSK */
	uint64_t seq;		/* of our next record in epoch 0 */
	uint64_t sent_ms;	/* when the current flight last went out */
	uint64_t up_ms;		/* when the handshake was done */
	struct dtls_cursor out;	/* in the current flight */
	bool out_due;		/* it is not all out */
	bool alert_due;		/* an alert is to go out */
	bool alert_sealed;	/* in epoch 1 */
	uint8_t alert;		/* its number */
	uint8_t why_alert;	/* the peer's; DTLS_NO_ALERT: none */
	const char *why;	/* it is over: constant text */
	uint16_t peer_last;	/* server: message_seq of the client's
				 * ClientKeyExchange */
	uint8_t client_random[DTLS_RANDOM];
	uint8_t last[DTLS_LAST];	/* server: its Finished */
};

/* Takes a fragment of the peer's: a message of a length that no peer needs is
 * -1; else 0.  The bytes are copied unless *body is set: that is the message
 * whose turn it is, whole, in the fragment itself. */
int dtls_pieces_add(struct dtls_pieces *, const struct dtls_fragment *,
    const uint8_t **body);

/* The body of the message whose turn it is, when it is there: its type and
 * length, and the body (not NULL); else NULL. */
const uint8_t *dtls_pieces_get(struct dtls_pieces *, uint8_t *type,
    size_t *len);

/* Goes on to the next message. */
void dtls_pieces_pass(struct dtls_pieces *);

/* Forgets all; the next message is that one. */
void dtls_pieces_restart(struct dtls_pieces *, uint16_t next);

/* Begins a flight of messages. */
void dtls_flight_begin(struct dtls_flight *);

/* Where the body of the next message is to be written: DTLS_BODY_MAX bytes. */
uint8_t *dtls_flight_body(struct dtls_flight *);

/* The message at dtls_flight_body() is that long: gives it its header and puts
 * it into the transcript. */
void dtls_flight_add(struct dtls_flight *, br_sha256_context *transcript,
    uint8_t type, size_t len);

/* The current flight goes out from its beginning; again, or for the first
 * time. */
void dtls_flight_send(struct dtls *, uint64_t now_ms);
void dtls_flight_send_first(struct dtls *, uint64_t now_ms);

/* Writes the next datagram of the current flight; its length, or 0. */
size_t dtls_flight_output(struct dtls *, uint8_t *out, size_t size);

#endif
