/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Bytes over one connection, TCP or TLS on TCP, gathered and flushed once a
 * turn.
 *
 * NOTES.  What is put is gathered by stream_out.h, which also has the structs.
 *
 * What comes in is read in one call into a buffer that all streams of an
 * environment share, decrypted in place, and shown to the owner, who takes
 * all of it.  Small pieces are moved to a slot of the arena first; after a
 * large one the loop is flushed, since views into it may be borrowed.
 */

#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "net/stream_out.h"

/* Readies an environment. */
void stream_env_open(struct stream_env *, struct loop *, struct random *,
    const struct stream_ops *);

/* Its streams are closed. */
void stream_env_close(struct stream_env *);

/* Takes over a connected socket; up() follows (never from within). 0, or -1
 * and errno: then fd was closed. */
int stream_open(struct stream *, struct stream_env *, fd_t fd,
    const struct addr *peer);

/* Closes at once (TLS: with close_notify if it goes out without waiting);
 * down() is not called. Harmless when it is closed. */
void stream_close(struct stream *);

/* The certificate's verified name, or "". */
const char *stream_identity(const struct stream *);

#endif
