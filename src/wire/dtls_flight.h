/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reassembly of the peer's handshake messages from fragments in any order, and
 * (re)transmission of our flights in datagrams (RFC 6347 4.2).  Also defines
 * struct dtls, an association.
 *
 * NOTES.  struct dtls_flight has our messages as the transcript has them: a
 * header as of a single fragment, then the body.  ChangeCipherSpec is not
 * stored; it is sent before each Finished.  Finished is the only message that
 * is sealed, and it is never fragmented.
 *
 * A message of the peer that arrives whole and in order is read in place, from
 * the datagram.  Others are kept in struct dtls_pieces: at most DTLS_AHEAD, in
 * one store.  When the store is full, the next message in order evicts the
 * others.
 */

#ifndef WIRE_DTLS_FLIGHT_H
#define WIRE_DTLS_FLIGHT_H

#include "wire/dtls_heartbeat.h"
#include "wire/dtls_hello.h"
#include "wire/dtls_kx.h"
#include "wire/dtls_record.h"
#include "wire/dtls_setup.h"

enum {
	DTLS_FIRST_MS = 400,	/* until the first retransmission, before the
				 * round trip is known; then */
	DTLS_FIRST_LEAST_MS = 250,	/* three round trips, at least this, */
	DTLS_FIRST_MOST_MS = 1000,	/* and at most this */
	DTLS_UNHEARD_MS = 3000,	/* longest delay between two before anything
				 * was heard of the peer, */
	DTLS_RETRANSMIT_MS = 1200,	/* and after that */
	DTLS_ANSWER_MS = 200,	/* shortest time between two retransmissions
				 * that the peer's trigger */
	DTLS_LINGER_MS = 60000,	/* how long the peer's may trigger that of the
				 * last flight */
	DTLS_MESSAGE_MAX = 2048,	/* longest body that we accept, bytes */
	DTLS_AHEAD = 4,		/* messages being reassembled */
	DTLS_FLIGHT_MAX = 1024,	/* bytes of our longest flight: a ServerHello,
				 * and room for DTLS_BODY_MAX after it */
	DTLS_LAST = DTLS_MESSAGE + DTLS_VERIFY,	/* bytes of a Finished */
	DTLS_EARLY_MAX = 512,	/* bytes of records kept for later */
	DTLS_OFFERED = 16,	/* suites of a peer's offer that are kept */
};

/*
 * The state of an association.  [ ]: only with some suites or servers; CCS:
 * ChangeCipherSpec.
 *
 *	state		expects				and then sends
 *	C_HELLO		HelloVerifyRequest		ClientHello, cookie
 *			ServerHello			-
 *	C_KX		[ServerKeyExchange]		-
 *			ServerHelloDone			ClientKeyExchange, CCS,
 *							Finished
 *	C_FINISHED	CCS, Finished			-
 *	S_HELLO		ClientHello			ServerHello,
 *							[ServerKeyExchange],
 *							ServerHelloDone
 *	S_KX		ClientKeyExchange		-
 *	S_FINISHED	CCS, Finished			CCS, Finished
 *	DONE		data, alerts			data
 */
enum dtls_state {
	DTLS_OVER,		/* closed or failed; an alert may be due */
	DTLS_C_HELLO,		/* client: waits for ServerHello */
	DTLS_C_KX,		/* client: waits for the rest of that flight */
	DTLS_C_FINISHED,	/* client: waits for the server's Finished */
	DTLS_S_HELLO,		/* server: waits for ClientHello */
	DTLS_S_KX,		/* server: waits for ClientKeyExchange */
	DTLS_S_FINISHED,	/* server: waits for the client's Finished */
	DTLS_DONE,		/* up */
};

/* Which of the early records are being read from dtls_handshake.early. */
enum dtls_pass {
	DTLS_PASS_NONE,		/* none */
	DTLS_PASS_KEYS,		/* all but data: the keys are known */
	DTLS_PASS_UP,		/* data: the association is up */
};

/* A message of the peer that is incomplete or out of order. */
struct dtls_slot {
	bool used;		/* it holds a message */
	uint8_t type;		/* of the message */
	uint16_t len;		/* bytes of the body */
	uint16_t have;		/* bytes of it that were received */
	uint16_t at;		/* offset in the store */
};

/* These messages; zeroed: none. */
struct dtls_pieces {
	uint16_t next;		/* message_seq of the next message in order */
	uint16_t top;		/* bytes of the store in use */
	struct dtls_slot slot[DTLS_AHEAD];	/* message_seq s is in slot
						 * s % DTLS_AHEAD */
	uint8_t store[DTLS_MESSAGE_MAX + 512];	/* bodies */
	uint8_t came[(DTLS_MESSAGE_MAX + 512) / 8];	/* bit i: byte i of the
						 * store was received */
};

/* A flight: our messages that are sent together. */
struct dtls_flight {
	uint8_t bytes[DTLS_FLIGHT_MAX];	/* messages with their headers */
	size_t len;		/* bytes of them */
	uint16_t seq;		/* message_seq of our next message */
};

/* The position in a flight that is being sent. */
struct dtls_cursor {
	uint16_t at;		/* offset of the current message */
	uint16_t offset;	/* bytes of its body that were sent */
	bool ccs;		/* the ChangeCipherSpec before it was sent */
};

/* State that is needed during the handshake only. */
struct dtls_handshake {
	br_sha256_context transcript;
	uint8_t server_random[DTLS_RANDOM];
	uint8_t master[DTLS_MASTER];	/* the master secret */
	uint8_t scalar[DTLS_SCALAR_MAX];	/* server: its private value */
	uint8_t share[DTLS_SHARE_MAX];	/* client: the server's public value */
	uint8_t identity_len;
	uint8_t identity[DTLS_IDENTITY_MAX];	/* server: the client's */
	const struct dtls_suite *suite;	/* NULL: not chosen yet */
	bool extended;		/* extended_master_secret was negotiated */
	bool got_kx;		/* client: a ServerKeyExchange was received */
	bool bare;		/* client: it was in pion's form */
	bool session;		/* client: the server sent a session id, which
				 * pion never does */
	bool unknown;		/* server: there is no key for the identity */
	bool forgotten;		/* client: see dtls_is_forgotten() */
	bool got_ccs;		/* a ChangeCipherSpec was received */
	bool distrusted;	/* server: see dtls_distrust() */
	bool begun;		/* server: part of a ClientHello was received */
	bool named;		/* server: and its random */
	bool bad;		/* a record that does not open was received, or
				 * a wrong Finished */
	uint8_t refused;	/* server: the client's fatal alert; 0: none */
	uint8_t cookies;	/* client: HelloVerifyRequests replied to */
	uint8_t n_offered;	/* used entries of offered */
	uint16_t offered[DTLS_OFFERED];	/* server: the client's suites, when
					 * none of them is allowed */
	uint32_t first_ms;	/* delay of a flight's first retransmission */
	uint32_t wait_ms;	/* delay of the next retransmission */
	bool again;		/* the current flight was sent again, or there
				 * is none: nothing tells the round trip */
	uint64_t heard;		/* client: the highest record number of epoch 0
				 * that was received, plus 1 */
	struct dtls_flight flight;	/* our current one */
	struct dtls_pieces pieces;	/* the peer's messages */
	uint8_t early_pass;	/* enum dtls_pass */
	uint16_t early_len;	/* bytes of early in use */
	uint16_t early_at;	/* offset of the next early record to read */
	uint16_t gone_at, gone;	/* offset and length of the early record that
				 * was read last: removed before the next */
	uint8_t early[DTLS_EARLY_MAX];	/* records of epoch 1 that cannot be
					 * read yet */
};

/* An association. */
struct dtls {
	const struct dtls_setup *setup;
	struct dtls_handshake *handshake;	/* NULL after
					 * dtls_release_handshake() */
	enum dtls_state state;
	struct dtls_half read, write;	/* epoch 1 */
	const struct dtls_group *group;	/* NULL: plain PSK */
	uint64_t seq;		/* of our next record in epoch 0 */
	uint64_t sent_ms;	/* when the current flight was last sent */
	uint64_t up_ms;		/* when the handshake was done */
	struct dtls_cursor out;	/* position in the current flight */
	bool out_due;		/* the flight has a part to send */
	bool alert_due;		/* an alert is to be sent */
	bool alert_sealed;	/* it is sent in epoch 1 */
	uint8_t alert;		/* its number */
	uint8_t why_alert;	/* the peer's alert; DTLS_NO_ALERT: none */
	const char *why;	/* why it is over: constant text */
	uint16_t peer_last;	/* server: message_seq of the client's
				 * ClientKeyExchange */
	uint8_t heartbeat;	/* the peer's mode (dtls_heartbeat.h); not NONE:
				 * both agreed */
	bool beat_due;		/* a request is to be sent, */
	bool echo_due;		/* or a response */
	uint8_t echo_len;	/* its payload */
	uint8_t echo[DTLS_HEARTBEAT_ECHO];
	uint32_t beats;		/* requests sent */
	uint32_t beat_number;	/* of the newest answer about a size, and */
	uint16_t beat_size;	/* that size; 0: none, or it was taken */
	uint8_t client_random[DTLS_RANDOM];
	uint8_t last[DTLS_LAST];	/* our Finished */
};

/* Adds a fragment of the peer's.  When it is the whole next message, *body is
 * set to that message in the fragment; else the bytes are copied and *body is
 * NULL.  Returns 0; -1: the next message is longer than DTLS_MESSAGE_MAX. */
int dtls_pieces_add(struct dtls_pieces *, const struct dtls_fragment *,
    const uint8_t **body);

/* The body of the next message in order, with its type and length; NULL: it is
 * not complete. */
const uint8_t *dtls_pieces_get(struct dtls_pieces *, uint8_t *type,
    size_t *len);

/* Frees the next message in order; the one after it becomes the next. */
void dtls_pieces_pass(struct dtls_pieces *);

/* Discards all messages; the next one in order has message_seq `next`. */
void dtls_pieces_restart(struct dtls_pieces *, uint16_t next);

/* Begins an empty flight. */
void dtls_flight_begin(struct dtls_flight *);

/* Where to write the body of the flight's next message: DTLS_BODY_MAX bytes. */
uint8_t *dtls_flight_body(struct dtls_flight *);

/* Adds the message whose body, len bytes, was written at dtls_flight_body() to
 * the flight, with its header, and to the transcript. */
void dtls_flight_add(struct dtls_flight *, br_sha256_context *transcript,
    uint8_t type, size_t len);

/* Makes the current flight due for dtls_output() from its beginning: again; or
 * for the first time, which is when the one before was answered, and sets the
 * retransmission delay to three round trips if that shows them (RFC 6298 2). */
void dtls_flight_send(struct dtls *, uint64_t now_ms);
void dtls_flight_send_first(struct dtls *, uint64_t now_ms);

/* The retransmission timer has expired: makes the current flight due again, and
 * doubles the delay. */
void dtls_flight_expire(struct dtls *, uint64_t now_ms);

/* Writes the next datagram of the current flight.  Returns its length; 0: the
 * flight was sent. */
size_t dtls_flight_output(struct dtls *, uint8_t *out, size_t size);

#endif
