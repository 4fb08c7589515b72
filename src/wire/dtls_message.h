/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The peer's handshake messages: reassembly, order, and replies to
 * retransmissions.
 */

#ifndef WIRE_DTLS_MESSAGE_H
#define WIRE_DTLS_MESSAGE_H

#include "wire/dtls_flight.h"

/* Takes the content of a handshake record, n bytes, during the handshake. */
void dtls_messages_take(struct dtls *, const uint8_t *p, size_t n,
    const struct dtls_record *, uint64_t now_ms);

/* Searches a handshake record for a retransmission of the client's last flight,
 * and retransmits the server's Finished then; after the handshake.  sealed: the
 * record is of epoch 1.  Does nothing on a client, and after DTLS_LINGER_MS. */
void dtls_messages_linger(struct dtls *, const uint8_t *p, size_t n,
    bool sealed, uint64_t now_ms);

#endif
