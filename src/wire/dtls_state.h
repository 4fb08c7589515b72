/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the files of the DTLS engine have of each other: dtls_state.c knows
 * records and time, dtls_message.c the order of messages, dtls_client.c and
 * dtls_server.c what is in them, dtls_why.c the words.
 */

#ifndef WIRE_DTLS_STATE_H
#define WIRE_DTLS_STATE_H

#include "wire/dtls.h"

enum { DTLS_NO_ALERT = 255 };

/* Passes over the records that came early. */
enum dtls_pass {
	DTLS_PASS_NONE,
	DTLS_PASS_KEYS,		/* all but data, when there are keys */
	DTLS_PASS_UP,		/* data, when it is up */
};

/* Takes the content of a handshake record, during the handshake. */
void dtls_messages_take(struct dtls *, const uint8_t *p, size_t n,
    const struct dtls_record *, uint64_t now_ms);

/* Looks for the client's last flight in a handshake record after a server's
 * Finished went out, sealed or plain. */
void dtls_messages_linger(struct dtls *, const uint8_t *p, size_t n,
    bool sealed, uint64_t now_ms);

/* Sends a client's first flight, with a cookie or without (NULL). */
void dtls_client_begin(struct dtls *, const uint8_t *cookie,
    size_t cookie_len, uint64_t now_ms);

/* Takes a HelloVerifyRequest, also one that has an old message_seq, as those
 * of servers without state have.  Starts the pieces anew. */
void dtls_client_verify(struct dtls *, const uint8_t *body, size_t len,
    uint64_t now_ms);

/* Take the message whose turn it is (but no Finished), which is in the
 * transcript already; may call dtls_fail(). */
void dtls_client_take(struct dtls *, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms);
void dtls_server_take(struct dtls *, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms);

/* A server's Finished, after the client's is in the transcript. */
void dtls_server_finish(struct dtls *, uint64_t now_ms);

/* Makes the master secret and both halves.  z as in dtls_kx_master(). */
void dtls_make_keys(struct dtls *, const uint8_t *z, size_t z_len,
    const uint8_t *psk, size_t psk_len);

/* verify_data over the transcript as it stands. */
void dtls_make_verify(const struct dtls_handshake *, bool of_server,
    uint8_t verify[DTLS_VERIFY]);

/* The suite with that number that the setup allows, or NULL; the same for a
 * group. */
const struct dtls_suite *dtls_allowed_suite(const struct dtls_setup *,
    uint16_t id);
const struct dtls_group *dtls_allowed_group(const struct dtls_setup *,
    uint16_t id);

/* The handshake fails on our side: the alert goes out. why: constant text. */
void dtls_fail(struct dtls *, int alert, const char *why);

#endif
