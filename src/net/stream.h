/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Bytes over one connection, TCP or TLS on TCP; output is buffered and flushed
 * once a turn.
 *
 * NOTES.  stream_out.h buffers the output; it also has the structs.
 *
 * Input is read in one call into a buffer that all streams of an environment
 * share, decrypted in place, and passed to the owner, which consumes all of it.
 * Small pieces are first copied to a slot of the arena.  After a large piece
 * the loop is flushed, because datagrams inside it may still be borrowed.
 */

#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "net/stream_out.h"

/* Initializes an environment. */
void stream_env_open(struct stream_env *, struct loop *, struct random *,
    const struct stream_ops *);

/* Closes it; its streams must be closed. */
void stream_env_close(struct stream_env *);

/* Takes over a connected socket; up() or down() follows, never from within this
 * call.  0, or -1 and errno: then fd was closed. */
int stream_open(struct stream *, struct stream_env *, fd_t fd,
    const struct addr *peer);

/* Closes at once (TLS: sends close_notify if the socket takes it without
 * waiting); down() is not called. Harmless when it is closed. */
void stream_close(struct stream *);

/* Half-closes a stream without TLS: nothing more may be put; FIN follows what
 * is buffered, and what arrives is still passed on, until the peer closes, too.
 * Does nothing with TLS, which has no half-close, nor before it is up. */
void stream_finish(struct stream *);

enum { STREAM_TEXT = 100 };	/* bytes of the text below */

/* Writes by what the bytes of a stream that is up are carried: "TCP", or the
 * version, the suite and the kind of handshake of TLS. */
const char *stream_text(const struct stream *, char buf[STREAM_TEXT]);

/* In down(), with its argument: did the peer end the connection, or a middlebox
 * in its name, by FIN or RST?  False: it failed in some other way. */
bool stream_was_cut(const struct stream *, bool clean);

/* The verified name in the peer's certificate, or "". */
const char *stream_identity(const struct stream *);

#endif
