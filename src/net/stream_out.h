/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The structs of a stream (net/stream.h), and its output.
 *
 * NOTES.  What is put is copied into the TLS engine's buffer (or a plain one)
 * and leaves at the next loop_flush(), so that many frames share one record
 * and one system call.  A stream takes whole pieces only: stream_room() says
 * how many bytes go without queueing, and a piece larger than that is kept in
 * an overflow buffer until it is through; until then the stream has no room.
 *
 * An output buffer belongs to a stream only while there is something in it:
 * a thousand idle connections have none, and one that is used again is still
 * in the cache.
 */

#ifndef NET_STREAM_OUT_H
#define NET_STREAM_OUT_H

#include "base/addr.h"
#include "base/list.h"
#include "net/loop.h"
#include "wire/random.h"
#include "wire/tls.h"

struct stream;

/* Whom a stream tells. Each may close the stream; its memory is the owner's
 * and must stay until the end of the turn. */
struct stream_ops {
	/* Bytes may be put (TLS: the handshake is done). */
	void (*up)(struct stream *);
	/* n bytes came; all are taken. head bytes before p may be written. */
	void (*data)(struct stream *, uint8_t *p, size_t n, size_t head);
	/* The socket takes more again: there may be room. */
	void (*drained)(struct stream *);
	/* It ended (why: good during the call; clean: by the peer's wish) and
	 * is closed already. Never from within stream_put() or a
	 * flush. */
	void (*down)(struct stream *, const char *why, bool clean);
};

/* The engine of a TLS stream with its input. */
struct stream_tls {
	struct tls tls;
	struct tls_verify *verify;	/* until the handshake is over */
	uint8_t *in;		/* its own; NULL: the one that all share */
};

/* An output buffer. */
struct stream_out {
	struct stream_out *next;	/* of the spares */
	uint8_t bytes[TLS_OUT_SIZE];
};

/* What streams share. */
struct stream_env {
	struct loop *loop;
	struct random *random;
	const struct stream_ops *ops;
	const struct tls_setup *tls;	/* NULL: plain TCP */
	const char *name;		/* dialling: whom the certificate must
					 * name; NULL when listening */
	struct tls_resume *resume;	/* dialling: the server's session, for
					 * short handshakes; or NULL */
	uint8_t *record;		/* shared input buffer of TLS engines
					 * that have no record under way */
	uint8_t *in;			/* shared receive buffer, while there
					 * are streams */
	struct stream_out *idle;	/* shared output buffer of TLS engines
					 * that have nothing to send */
	struct stream_out *spares;	/* output buffers for the next need */
	unsigned n_spares;
	unsigned gathering;		/* output buffers taken since all that
					 * was put was sent last */
	unsigned n_streams;
	struct flusher flusher;
	struct timer teller;		/* calls the owners of those in told */
	struct list told;		/* streams that something became of */
	struct list dirty;		/* streams with something to send */
	unsigned long turn;		/* of the loop, in which so many */
	unsigned handshakes;		/* streams in a handshake had input */
	char why[TLS_WHY_TEXT];		/* what down() is given */
};

/* A connection; a member of the owner's struct. Zeroed is ready to use. */
struct stream {
	struct stream_env *env;	/* NULL when it is closed */
	struct watch watch;
	struct list link;	/* in env->dirty */
	fd_t fd;
	struct stream_tls *tls;	/* engine and its input; NULL: plain TCP */
	struct stream_out *out;	/* output buffer, while something is in it;
				 * TLS: until up, too; else NULL */
	size_t out_from, out_to;	/* plain: what of it is not sent */
	uint8_t *over;		/* rest of a piece that did not fit, or NULL */
	size_t over_from, over_to;
	struct addr peer;
	bool up;		/* bytes may be put */
	bool said_bye;		/* TLS: the peer ended it by close_notify */
	bool blocked;		/* the socket takes no more for now */
	int broken;		/* errno of a send that failed; down() is due */
	uint64_t moved_ms;	/* when the socket last took bytes */
};

/* Bytes that can be put now without the overflow buffer; 0: not now. */
size_t stream_room(const struct stream *);

/* The same, after what was put before was sent if less than n bytes go. */
size_t stream_make_room(struct stream *, size_t n);

/* Puts head and body, copied; needs stream_room() > 0. 0; -1 when there is no
 * memory for a buffer: nothing was put. */
int stream_put(struct stream *, const uint8_t *head, size_t head_len,
    const uint8_t *body, size_t body_len);

/* Bytes put that the socket has not taken. */
size_t stream_unsent(const struct stream *);

/*
 * For stream.c
 */

/* Has the stream flushed when the loop flushes. */
void stream_out_mark(struct stream *);

/* Gives the stream an output buffer of its own; false when there is no memory.
 * When many streams gather at the same time, what they have goes out first. */
bool stream_out_take(struct stream *);

/* Gives the buffer back, whatever is in it. */
void stream_out_drop(struct stream *);

/* Gives the buffer back if there is nothing in it. */
void stream_out_rest(struct stream *);

/* Sends until nothing is left, the socket takes no more, or it broke: then
 * broken is set, and the owner is still to be told. */
void stream_out_send(struct stream *);

#endif
