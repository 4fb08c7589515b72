/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes X.509 v3 certificates (RFC 5280) and EC keys for `adit gencert`: a CA,
 * and certificates of servers and clients under it.
 *
 * NOTES.  New keys are EC P-256, signatures SHA-256.  The issuer's key may be
 * any that tls_pem reads.
 */

#ifndef WIRE_CERTWRITE_H
#define WIRE_CERTWRITE_H

#include "compat.h"

#include <bearssl.h>

#include "wire/cert.h"
#include "wire/random.h"
#include "wire/tls_pem.h"

enum {
	CERTWRITE_MAX = 4096,		/* bytes of DER: a certificate or key */
	CERTWRITE_PEM = 6144,		/* bytes of PEM text for so much */
};

enum certwrite_kind { CERTWRITE_CA, CERTWRITE_SERVER, CERTWRITE_CLIENT };

/* A new P-256 key; wipe it after use. */
struct certwrite_key {
	struct pem_key key;		/* points into this struct: not to be
					 * copied */
	br_x509_pkey pub;
	uint8_t secret[BR_EC_KBUF_PRIV_MAX_SIZE];
	uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE];
};

/* Who signs: a CA's key and its certificate. */
struct certwrite_issuer {
	const struct pem_key *key;
	const struct cert *cert;
};

/* What a certificate is to say. */
struct certwrite_wish {
	enum certwrite_kind kind;
	const char *common_name;	/* at most 64 bytes are used */
	const char *const *names;	/* DNS names and addresses */
	size_t num_names;
	int64_t not_before_s, not_after_s;	/* Unix seconds */
	const struct certwrite_key *subject;
	const struct certwrite_issuer *issuer;	/* NULL: signs itself */
};

/* Makes a key. */
void certwrite_new_key(struct random *r, struct certwrite_key *key);

/* Writes a certificate as DER; bytes, or 0 when it does not fit into size, a
 * name is neither a DNS name nor an address, or the signature fails. */
size_t certwrite_cert(uint8_t *der, size_t size, struct random *r,
    const struct certwrite_wish *wish);

/* Writes a key as PKCS#8 DER; bytes, or 0 when it does not fit. */
size_t certwrite_key_der(uint8_t *der, size_t size,
    const struct certwrite_key *key);

/* Writes a PEM block with a NUL after it, lines of 64 characters; its length,
 * or 0 when it does not fit. */
size_t certwrite_pem(char *text, size_t size, const char *label,
    const uint8_t *der, size_t len);

/* May this stand in a certificate: a DNS name (letters, digits, hyphens, dots;
 * a `*` for the leftmost label) or an IPv4 or IPv6 address? */
bool certwrite_name_ok(const char *name);

#endif
