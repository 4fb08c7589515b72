/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS 1.2 for one connection, as an engine without I/O: the caller moves
 * records between it and the socket, and data between it and the program.
 *
 * NOTES.  Only ECDHE; AEAD before CBC (tls.c has the list).  No renegotiation,
 * no compression, no TLS 1.3.  Use:
 *
 *	tls_start()
 *	while !(tls_state() & TLS_CLOSED):
 *		TLS_HAVE_RECORD: send of tls_record_out(), tls_record_out_done()
 *		TLS_WANT_RECORD: read into tls_record_in(), tls_record_in_done()
 *		TLS_HAVE_DATA:   use of tls_data(), tls_data_done()
 *		TLS_CAN_PUT:     write to tls_put(), tls_put_done(), tls_push()
 *
 * Any of the _done calls may change every flag.  No record is read while data
 * of the one before is unused.  After TLS_CLOSED, tls_error() is 0 for a clean
 * end, else the failure, and tls_why() describes it.  An alert is sent before
 * TLS_CLOSED.  Closing a socket with unread bytes resets the connection, and
 * the alert may be lost: first discard input for a while.
 *
 * The engine has no clock but the now_s that it was started with, and no
 * memory but what the caller gave: TLS_IN_SIZE and TLS_OUT_SIZE bytes, which
 * must stay (tls_move_in() and tls_move_out() apart), and a tls_verify, which
 * may go when TLS_UP is seen (call tls_forget_verify() first).  A struct tls
 * must not be moved.
 */

#ifndef WIRE_TLS_H
#define WIRE_TLS_H

#include "compat.h"

#include <bearssl.h>

#include "wire/random.h"
#include "wire/tls_pem.h"
#include "wire/cpu.h"
#include "wire/tls_sessions.h"

enum {
	TLS_IN_SIZE = 16384 + 325,	/* bytes: one record of any cipher */
	TLS_OUT_SIZE = 16384 + 85,
	TLS_DATA_MAX = 16384,		/* bytes of data in one record */
	TLS_ALERT_SIZE = 128,		/* bytes: a record with an alert */
	TLS_BEATS_MAX = 15,		/* records without data, in a row: Go
					 * takes 16, OpenSSL 32 */
	TLS_WHY_TEXT = 1200,		/* bytes for most texts of tls_why() */
};

/* How the time of validity of certificates is judged: by the clock, which the
 * caller may replace by a floor; by the clock alone; not at all. */
enum tls_time_check { TLS_TIME_FLOOR, TLS_TIME_STRICT, TLS_TIME_NO };

/* Credentials and policy of many connections; constant while one of them
 * lives, and everything that it points to as well. */
struct tls_setup {
	bool server;
	const struct pem_chain *chain;	/* NULL: none, on a client only */
	const struct pem_key *key;	/* the chain's: see pem_key_fits() */
	const struct pem_anchors *anchors;	/* a client needs some; a server
				 * with some requires client certificates */
	bool any_name;		/* client: trust in the CA is enough, no name is
				 * checked and no SNI sent */
	enum tls_time_check time_check;
	struct tls_sessions *sessions;	/* server: what clients may resume, all
				 * of it made with this setup; or NULL */
	struct cpu cpu;			/* by tls_setup_detect(); zeroed: each
				 * connection detects it */
};

/* Flags of tls_state(). */
enum {
	TLS_WANT_RECORD = 1 << 0,	/* tls_record_in() has room */
	TLS_HAVE_RECORD = 1 << 1,	/* tls_record_out() has bytes */
	TLS_CAN_PUT = 1 << 2,		/* tls_put() has room */
	TLS_HAVE_DATA = 1 << 3,		/* tls_data() has bytes */
	TLS_CLOSED = 1 << 4,		/* it is over; with TLS_UP at most */
	TLS_UP = 1 << 5,		/* the handshake was finished once */
};

/* Errors of our own, beside BearSSL's BR_ERR_ values. */
enum {
	TLS_ERR_NO_TLS = 1000,		/* built without TLS */
	TLS_ERR_SETUP,			/* the setup is not consistent */
	TLS_ERR_BAD_SHARE,		/* the client's share is no point of the
					 * curve, or a forbidden one */
};

/* One connection. */
struct tls {
	union {
		br_ssl_engine_context eng;	/* first member of the others */
		br_ssl_client_context client;
		br_ssl_server_context server;
	} br;
	const struct tls_setup *setup;
	struct tls_verify *verify;	/* NULL: no certificate is looked at, or
					 * it was forgotten */
	br_ec_impl ec;			/* BearSSL's with a check of our own:
					 * wire/tls_ecdhe.h */
	int own_error;			/* a TLS_ERR_ value, or what tls_start()
					 * failed with; 0: none */
	bool up;			/* TLS_UP; never false again */
	bool resumed;			/* session was resumed; valid with up */
	bool one_suite;			/* client: it offers no other than that
					 * of the session in tried */
	const br_ssl_session_cache_class *cache;	/* server: BearSSL's
					 * way to setup->sessions */
	struct tls_resume *resume;	/* client: or NULL */
	unsigned failed;		/* resume->failed before it was up */
	const char *name;		/* as in tls_args, until up */
	const struct addr *peer;	/* likewise */
	int64_t now_s;			/* when it was started */
	int64_t until_s;		/* tls_until_s(); before it is up, of
					 * the session in tried */
	uint8_t tried[TLS_SESSION_ID];	/* session that may be resumed */
	size_t tried_len;		/* its bytes; 0: none */
	bool over;			/* it has failed or was closed; never
					 * false again */
	uint8_t alert[TLS_ALERT_SIZE];	/* record with our fatal alert, */
	uint8_t alert_at, alert_end;	/* from the first byte of it that was
					 * not sent to its end; 0: none */
	char identity[CERT_IDENTITY];	/* of the peer; before it is up, that
					 * of the session in tried */
	uint8_t anchor[TLS_PRINT];	/* likewise: the one that vouched for
					 * it; zeroes: none did */
};

/* What tls_start() needs. */
struct tls_args {
	const struct tls_setup *setup;	/* borrowed for the connection's life */
	const char *name;	/* client: host name or address to check, and to
				 * send as SNI if it is a name; borrowed until
				 * TLS_UP or TLS_CLOSED. Server: NULL */
	const struct addr *peer;	/* client: the server's address, if
				 * there is a resume; borrowed like name */
	struct tls_resume *resume;	/* client: where the last session with
				 * a server is kept. It is resumed if it was
				 * made with this setup, name and peer, and
				 * replaced after a full handshake. Borrowed
				 * for the connection's life; NULL: none */
	int64_t now_s;		/* Unix seconds, to judge certificates by */
	struct random *random;	/* used in the call only */
	struct tls_verify *verify;	/* see NOTES; may be NULL on a server
				 * without anchors */
	void *in;		/* TLS_IN_SIZE bytes */
	void *out;		/* TLS_OUT_SIZE bytes */
};

/* Detects the CPU for the connections of a setup, which is not used yet. */
void tls_setup_detect(struct tls_setup *);

/* Starts a connection; a client then has a record to send.  0, or -1, and
 * tls_why() says what is wrong with the setup. */
int tls_start(struct tls *t, const struct tls_args *args);

/* The flags that hold now. */
unsigned tls_state(const struct tls *t);

/* Where the next bytes from the peer go, and in *room how many at most; NULL
 * and 0 when none are wanted now. */
uint8_t *tls_record_in(struct tls *t, size_t *room);

/* Says that n bytes (1 to room) were put there. */
void tls_record_in_done(struct tls *t, size_t n);

/* Bytes that are to be sent to the peer, *len of them; NULL and 0 for none. */
const uint8_t *tls_record_out(struct tls *t, size_t *len);

/* Says that the first n of them (1 to len) were sent. */
void tls_record_out_done(struct tls *t, size_t n);

/* Where data for the peer goes, and in *room how much at most; NULL and 0
 * when none can be taken now (handshake, or a full record still to send). */
uint8_t *tls_put(struct tls *t, size_t *room);

/* Says that n bytes (1 to room) were put there.  They leave when the record is
 * full or tls_push() is called. */
void tls_put_done(struct tls *t, size_t n);

/* Ends the current record, so that what was put is sent; nothing when there is
 * none. */
void tls_push(struct tls *t);

/* Makes a record without data, if the buffer is empty: it keeps the connection
 * alive, and the peer's program does not see it.  Many peers close a connection
 * on which TLS_BEATS_MAX of them, or twice as many, follow each other. */
void tls_beat(struct tls *t);

/* Data from the peer, *len bytes of it; NULL and 0 for none.  May be changed in
 * place, and so may the bytes before it that were data, too. */
uint8_t *tls_data(struct tls *t, size_t *len);

/* Says that the first n of them (1 to len) were used. */
void tls_data_done(struct tls *t, size_t n);

/* Bytes of the input buffer that hold the beginning of a record; from TLS_UP on
 * and without TLS_HAVE_DATA. */
size_t tls_in_used(const struct tls *t);

/* Moves those bytes to a different buffer of TLS_IN_SIZE, which is used from
 * then on; under the same conditions. */
void tls_move_in(struct tls *t, void *in);

/* Does the output buffer hold anything: data that was put, or records that
 * were not yet sent? */
bool tls_out_used(const struct tls *t);

/* Moves the output to a different buffer of TLS_OUT_SIZE; from TLS_UP on.
 * Engines whose output buffers are empty may share one.  Each must be given its
 * own before data is put, and at once when tls_record_in_done() left it with a
 * record to send. */
void tls_move_out(struct tls *t, void *out);

/* Begins a clean end: a close_notify is sent after the data that was put.
 * TLS_CLOSED follows when the peer's has come; data until then is discarded,
 * unread data as well, so use up TLS_HAVE_DATA first. */
void tls_close(struct tls *t);

/* Has all of a fatal alert of ours left the engine?  The connection failed. */
bool tls_alert_is_sent(const struct tls *t);

/* 0, or why the connection failed: a BR_ERR_ or TLS_ERR_ value. Its alert may
 * not be sent yet. */
int tls_error(const struct tls *t);

/* Says an error in words; static text. */
const char *tls_strerror(int error);

/* Writes one line: what went wrong and which side caused it; for a refused
 * certificate which one, why, and what to do. */
void tls_why(const struct tls *t, char *text, size_t size);

/* The peer's verified identity (first DNS name, else address, else common name
 * of its certificate); "" when it showed none. Valid from TLS_UP on. */
const char *tls_peer_identity(const struct tls *t);

/* Is the trust anchor that vouched for the peer's certificate one of these,
 * which are in memory?  False when it showed none.  From TLS_UP on. */
bool tls_peer_is_trusted(const struct tls *t, const struct pem_anchors *);

/* Was an earlier session resumed?  From TLS_UP on. */
bool tls_is_resumed(const struct tls *t);

/* Until when what was accepted in the handshake is valid, in Unix seconds;
 * INT64_MAX: for ever.  Of a resumed session no later than that ends.  To be
 * called when it is up. */
int64_t tls_until_s(const struct tls *t);

/* The agreed cipher suite, as OpenSSL calls it; "none" before TLS_UP. */
const char *tls_cipher_name(const struct tls *t);

/* Drops the reference to args.verify, which may then be freed; from TLS_UP
 * on. */
void tls_forget_verify(struct tls *t);

/* Wipes all secrets; the connection is over. The buffers are the caller's to
 * wipe. If it was not up, the session that it tried is not tried again. */
void tls_wipe(struct tls *t);

/* The same if the last messages of the handshake that the engine gave out were
 * not sent: a client that resumes a session was not up then, though the engine
 * was. */
void tls_wipe_unsent(struct tls *t);

#endif
