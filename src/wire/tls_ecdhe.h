/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Checks of the peer's key share in ECDHE that BearSSL leaves out.
 *
 * NOTES.  BearSSL accepts the shares of X25519 whose secret is zero (RFC 8422
 * 5.11 wants them refused).  As a server it continues with a random secret when
 * a share is not a point of its curve, so that the client's Finished seems
 * damaged.
 */

#ifndef WIRE_TLS_ECDHE_H
#define WIRE_TLS_ECDHE_H

#include "wire/tls.h"

/* Has the engine's curves check shares; called before it is started.  A bad
 * share is BR_ERR_INVALID_ALGORITHM on a client, TLS_ERR_BAD_SHARE on a
 * server. */
void tls_ecdhe_set(struct tls *t, bool server);

#endif
