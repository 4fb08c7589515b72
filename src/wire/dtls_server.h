/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The server's role in a DTLS handshake.
 */

#ifndef WIRE_DTLS_SERVER_H
#define WIRE_DTLS_SERVER_H

#include "wire/dtls_flight.h"

/* Takes the next message in order, except Finished; it is in the transcript
 * already.  May call dtls_fail(). */
void dtls_server_take(struct dtls *, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms);

/* Sends the server's Finished; the client's is in the transcript already. */
void dtls_server_finish(struct dtls *, uint64_t now_ms);

#endif
