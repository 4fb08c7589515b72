/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The client's role in a DTLS handshake.
 */

#ifndef WIRE_DTLS_CLIENT_H
#define WIRE_DTLS_CLIENT_H

#include "wire/dtls_flight.h"

/* Sends the first flight, a ClientHello; cookie NULL: without one. */
void dtls_client_begin(struct dtls *, const uint8_t *cookie,
    size_t cookie_len, uint64_t now_ms);

/* Takes a HelloVerifyRequest, len bytes, also one with an old message_seq,
 * which servers without state send.  Discards the parts of messages that are
 * not complete. */
void dtls_client_verify(struct dtls *, const uint8_t *body, size_t len,
    uint64_t now_ms);

/* Takes the message whose turn it is, but no Finished; the transcript has it
 * already.  May call dtls_fail(). */
void dtls_client_take(struct dtls *, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms);

#endif
