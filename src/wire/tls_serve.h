/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The server's role in TLS, which tls.c begins, and what it shares with the
 * client's.
 */

#ifndef WIRE_TLS_SERVE_H
#define WIRE_TLS_SERVE_H

#include "wire/tls.h"

/* Sets up a server's engine; false: the setup has not all that it needs, or
 * this build has no servers. */
bool tls_serve(struct tls *t, const struct tls_args *args);

/* Sets up the parts of the engine that client and server share. */
void tls_set_engine(struct tls *t, const struct tls_args *args);

/* Remembers the session that is tried, and its identity. */
void tls_note_tried(struct tls *t, const struct tls_session *s);

/* Makes a session of the parameters of a full handshake. */
void tls_make_session(const struct tls *t, struct tls_session *made,
    const br_ssl_session_parameters *params);

#endif
