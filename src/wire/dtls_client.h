/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The client's role in a DTLS handshake.
 */

#ifndef WIRE_DTLS_CLIENT_H
#define WIRE_DTLS_CLIENT_H

#include "wire/dtls_flight.h"

/* Sends a ClientHello, with the cookie unless that is NULL. */
void dtls_client_begin(struct dtls *, const uint8_t *cookie,
    size_t cookie_len, uint64_t now_ms);

/* Takes a HelloVerifyRequest of len bytes, also one with an old message_seq, as
 * stateless servers send.  Discards all incomplete messages. */
void dtls_client_verify(struct dtls *, const uint8_t *body, size_t len,
    uint64_t now_ms);

/* Takes a HelloVerifyRequest of len bytes after a ServerHello: one with a new
 * cookie says that the server does not know the handshake. */
void dtls_client_doubt(struct dtls *, const uint8_t *body, size_t len);

/* Takes the next message in order, except Finished; it is in the transcript
 * already.  May call dtls_fail(). */
void dtls_client_take(struct dtls *, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms);

#endif
