/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The structs of a stream (net/stream.h), and its output.
 *
 * NOTES.  stream_put() copies into the TLS engine's buffer (or a plain one),
 * which is sent at the next loop_flush(), so that many frames share one record
 * and one system call.  A piece is never taken in part.  stream_room() is the
 * largest piece that fits the buffer; the rest of a larger one is kept in an
 * overflow buffer, and the stream has no room until that is empty.
 *
 * A stream owns an output buffer only while it has bytes to send (TLS: during
 * the handshake, too): a thousand idle connections have none, and a buffer that
 * is reused soon is still in the cache.
 */

#ifndef NET_STREAM_OUT_H
#define NET_STREAM_OUT_H

#include "base/addr.h"
#include "base/list.h"
#include "base/reuse.h"
#include "net/ahead.h"
#include "net/clock_floor.h"
#include "net/linger.h"
#include "net/loop.h"
#include "wire/random.h"
#include "wire/tls.h"

struct stream;

/* The owner's callbacks.  Each may close the stream; the owner keeps its memory
 * until the end of the turn. */
struct stream_ops {
	/* Bytes may be put (TLS: the handshake is done). */
	void (*up)(struct stream *);
	/* n bytes were received; the owner consumes all of them.  It may
	 * overwrite them, and head bytes before p. */
	void (*data)(struct stream *, uint8_t *p, size_t n, size_t head);
	/* The socket takes bytes again: there may be room. */
	void (*drained)(struct stream *);
	/* It ended and is closed already.  why: valid during the call; clean:
	 * the peer closed it.  Never called from within stream_put() or a
	 * flush. */
	void (*down)(struct stream *, const char *why, bool clean);
};

/* The engine of a TLS stream with its input. */
struct stream_tls {
	struct tls tls;
	struct tls_verify *verify;	/* until the handshake is complete */
	uint8_t *in;		/* its own buffer; NULL: env->record */
	struct stream *stream;	/* that it belongs to */
	bool by_floor;		/* its certificates were judged by the floor of
				 * the clock */
	struct clock_judged judged;	/* then, once it is up */
};

/* An output buffer. */
struct stream_out {
	uint8_t bytes[TLS_OUT_SIZE];
};

/* What the streams of one owner share. */
struct stream_env {
	struct loop *loop;
	struct random *random;
	const struct stream_ops *ops;
	const struct tls_setup *tls;	/* NULL: plain TCP */
	const char *name;		/* dialling: the name required in the
					 * certificate; listening: NULL */
	struct tls_resume *resume;	/* dialling: the server's session, for
					 * resumption; or NULL */
	uint8_t *record;		/* shared input buffer of TLS engines
					 * that have no partial record */
	uint8_t *in;			/* shared receive buffer, while there
					 * are streams */
	struct stream_out *idle;	/* shared output buffer of TLS engines
					 * that have nothing to send */
	struct reuse spares;		/* unused output buffers */
	unsigned gathering;		/* output buffers taken since all
					 * streams were last sent */
	unsigned n_streams;
	struct flusher flusher;
	struct timer reporter;		/* flushes those in `unreported` */
	struct list unreported;		/* streams that are up, closed or
					 * broken, and the owner not called */
	struct list dirty;		/* streams with something to send */
	struct lingers lingers;		/* sockets of streams that failed */
	unsigned long turn;		/* loop's turn that handshakes counts */
	unsigned handshakes;		/* steps taken in it (stream.c), */
	uint64_t handshakes_us;		/* and the time that they took */
	const struct stream *shaking;	/* that takes a step now; NULL: none */
	uint64_t shaking_us;		/* and when that began */
	char why[TLS_WHY_TEXT];		/* for down() */
	void (*judged)(struct stream *, int error,
	    const struct tls_verify *);	/* called before up() or down() when a
					 * TLS engine has ended its handshake or
					 * has failed: tls_error(), and what was
					 * found of the peer's certificate, or
					 * NULL.  May not close the stream.
					 * NULL: nobody asks */
};

/* A connection; a member of the owner's struct. Zeroed is ready to use. */
struct stream {
	struct stream_env *env;	/* NULL when it is closed */
	struct watch watch;
	struct list link;	/* in env->dirty or env->unreported */
	fd_t fd;
	struct stream_tls *tls;	/* engine and its input; NULL: plain TCP */
	struct stream_out *out;	/* output buffer, while it has bytes (TLS: and
				 * until up); else NULL */
	size_t out_from, out_to;	/* plain: the part that is not sent */
	uint8_t *over;		/* rest of a piece that did not fit, or of a
				 * flight; NULL: none */
	size_t over_from, over_to;	/* the part that is not moved to out, or
				 * not sent */
	bool sealed;		/* TLS: over has records of the handshake that
				 * the socket did not take */
	struct addr peer;
	bool up;		/* bytes may be put */
	bool got_close_notify;	/* TLS: the peer has sent it */
	bool blocked;		/* the socket takes or gets no more for now */
	bool finish;		/* FIN follows what is buffered */
	bool gathers;		/* what was sent waits for more */
	int broken;		/* errno of a failed call, down() follows; 0 */
	uint64_t opened_ms;	/* when it was opened, after connecting */
	uint64_t moved_ms;	/* when the socket last took bytes */
	uint64_t heard_ms;	/* when bytes last came */
	uint64_t taken;		/* bytes that the socket took in all */
	bool brief;		/* the owner's: what waits does so in its queue
				 * and not in the socket, as far as possible */
	struct ahead ahead;	/* while it is brief */
	size_t long_enough;	/* the owner's: longer writes count as this */
	size_t longest;		/* bytes of the longest write so far */
	uint64_t longest_end;	/* `taken` after that */
	uint64_t beat_ms;	/* TLS: moved_ms after the last record without
				 * data */
	unsigned beats;		/* such records since data was sent */
};

/* Bytes that can be put without the overflow buffer; 0: call no stream_put()
 * now. */
size_t stream_room(const struct stream *);

/* The same, but sends what is buffered first if less than n bytes fit. */
size_t stream_make_room(struct stream *, size_t n);

/* Copies head and body to the output; needs stream_room() > 0.  0, or -1 when
 * there is no memory for a buffer: nothing was put. */
int stream_put(struct stream *, const uint8_t *head, size_t head_len,
    const uint8_t *body, size_t body_len);

/* TLS: sends a record without data if nothing was sent for pause_ms, which
 * keeps the connection alive; at most TLS_BEATS_MAX in a row, after which TCP's
 * own keep-alive has to do.  Returns the time, as loop_now(), for the next
 * call.  Not for plain TCP, nor before it is up. */
uint64_t stream_beat(struct stream *, uint64_t pause_ms);

/* Bytes put that the socket has not taken (TLS: an upper bound). */
size_t stream_unsent(const struct stream *);

/* Length of the longest write, at most long_enough, if the peer has
 * acknowledged all of it; 0: it has not, or the system does not report that.
 * Until the owner sets long_enough, all writes count as no bytes. */
size_t stream_longest_acked(const struct stream *);

/*
 * For stream.c
 */

/* Marks the stream to be sent at the next loop_flush(). */
void stream_out_mark(struct stream *);

/* Gives the stream an output buffer of its own; false when there is no memory.
 * If many streams have one already, what they hold is sent first. */
bool stream_out_take(struct stream *);

/* Releases the output buffer; bytes in it are lost. */
void stream_out_drop(struct stream *);

/* Releases the output buffer if it is empty and the stream is up. */
void stream_out_rest(struct stream *);

/* Is the handshake complete, all of it sent, and up() not yet called?  The
 * peer's last message completes it or, on a client that resumes a session, the
 * client's own. */
bool stream_is_newly_up(const struct stream *);

/* Sends until nothing is left, the socket takes no more (blocked), or a send
 * fails (broken).  Calls no callback: a flush must follow to report that. */
void stream_out_send(struct stream *);

#endif
