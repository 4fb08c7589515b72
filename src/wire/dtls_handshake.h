/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the two roles of a DTLS handshake share; the layer below dtls_client.c,
 * dtls_server.c, dtls_message.c and dtls_state.c.
 */

#ifndef WIRE_DTLS_HANDSHAKE_H
#define WIRE_DTLS_HANDSHAKE_H

#include "wire/dtls_flight.h"

enum { DTLS_NO_ALERT = 255 };	/* no alert's number */

/* The suite, or the group, with that number; NULL: the setup does not allow
 * it. */
const struct dtls_suite *dtls_allowed_suite(const struct dtls_setup *,
    uint16_t id);
const struct dtls_group *dtls_allowed_group(const struct dtls_setup *,
    uint16_t id);

/* Computes the master secret from the transcript so far, and the keys of both
 * directions.  z as in dtls_kx_master(). */
void dtls_make_keys(struct dtls *, const uint8_t *z, size_t z_len,
    const uint8_t *psk, size_t psk_len);

/* Computes the verify_data of the server's or the client's Finished over the
 * transcript so far. */
void dtls_make_verify(const struct dtls_handshake *, bool of_server,
    uint8_t verify[DTLS_VERIFY]);

/* Ends the association with a plain fatal alert, which becomes due for
 * dtls_output().  why: constant text. */
void dtls_fail(struct dtls *, int alert, const char *why);

#endif
