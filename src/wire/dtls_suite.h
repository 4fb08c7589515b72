/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The cipher suites and the groups that DTLS with a pre-shared key uses.
 *
 * NOTES.  All suites use the PRF and the transcript hash of TLS 1.2 with
 * SHA-256 (RFC 5246 5).  Sources: RFC 4279, RFC 5487, RFC 5489, RFC 6655,
 * RFC 7905, RFC 8442.
 */

#ifndef WIRE_DTLS_SUITE_H
#define WIRE_DTLS_SUITE_H

#include "compat.h"

enum dtls_cipher { DTLS_GCM, DTLS_CCM, DTLS_CHACHA, DTLS_CBC };

enum { DTLS_SUITES = 9, DTLS_GROUPS = 3 };

/* The MAC of a CBC record with a cid.  DTLS_MAC_AUTO: a reader accepts either,
 * a writer uses RFC 9146's. */
enum dtls_cbc_mac { DTLS_MAC_AUTO, DTLS_MAC_RFC, DTLS_MAC_PION };

/* A cipher suite; lengths in bytes. */
struct dtls_suite {
	uint16_t id;
	const char *name;	/* as users write it */
	bool ecdhe;		/* ECDHE_PSK, with forward secrecy; else PSK */
	enum dtls_cipher cipher;
	uint8_t key;		/* cipher key */
	uint8_t mac;		/* MAC key; 0 with AEAD */
	uint8_t iv;		/* IV in the key block; unused by CBC */
	uint8_t explicit_iv;	/* nonce or IV in each record */
	uint8_t tag;		/* authentication tag or MAC */
};

/* A group for ECDHE; lengths in bytes. */
struct dtls_group {
	uint16_t id;		/* that of TLS, and BearSSL's curve number */
	const char *name;
	uint8_t share;		/* public value */
	uint8_t scalar;		/* private value */
	uint8_t secret;		/* shared value */
};

/* The six that dtlspipe has, in its order, then three more. */
extern const struct dtls_suite dtls_suites[DTLS_SUITES];

/* X25519, P-256, P-384. */
extern const struct dtls_group dtls_groups[DTLS_GROUPS];

/* The suite or group with that number or name (of n bytes; for a suite whose
 * name has dashes also with underscores); NULL: there is none. */
const struct dtls_suite *dtls_suite_by_id(uint16_t id);
const struct dtls_suite *dtls_suite_by_name(const char *name, size_t n);
const struct dtls_group *dtls_group_by_id(uint16_t id);
const struct dtls_group *dtls_group_by_name(const char *name, size_t n);

/* All suites in the best order for this CPU: forward secrecy first; AES-GCM
 * before ChaCha20 if the CPU has AES instructions, else after it. */
void dtls_suites_preset(const struct dtls_suite *list[DTLS_SUITES]);

#endif
