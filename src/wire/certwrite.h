/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes X.509 v3 certificates (RFC 5280) and EC keys for `adit gencert`: a CA,
 * and certificates of servers and clients under it.
 *
 * NOTES.  New keys are EC P-256; signatures use SHA-256.  The issuer's key may
 * be of any kind that tls_pem reads.
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
	CERTWRITE_PEM = 6144,		/* bytes of its PEM text */
};

enum certwrite_kind { CERTWRITE_CA, CERTWRITE_SERVER, CERTWRITE_CLIENT };

/* A new P-256 key; wipe it after use. */
struct certwrite_key {
	struct pem_key key;		/* points into this struct, which so
					 * must not be copied */
	br_x509_pkey pub;		/* likewise */
	uint8_t secret[BR_EC_KBUF_PRIV_MAX_SIZE];	/* of key */
	uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE];		/* of pub */
};

/* The CA that signs: its key and its certificate. */
struct certwrite_issuer {
	const struct pem_key *key;
	const struct cert *cert;
};

/* The contents of a certificate to be written. */
struct certwrite_wish {
	enum certwrite_kind kind;
	const char *common_name;	/* at most 64 bytes are used */
	const char *const *names;	/* DNS names and addresses */
	size_t num_names;
	int64_t not_before_s, not_after_s;	/* Unix seconds */
	const struct certwrite_key *subject;
	const struct certwrite_issuer *issuer;	/* NULL: self-signed */
};

/* Generates a key pair. */
void certwrite_new_key(struct random *r, struct certwrite_key *key);

/* Writes a certificate as DER of at most size bytes.  Returns its length; 0
 * when it does not fit, a name is not valid (certwrite_name_ok()), a date has
 * no four-digit year, or the signature fails. */
size_t certwrite_cert(uint8_t *der, size_t size, struct random *r,
    const struct certwrite_wish *wish);

/* Writes a key as PKCS#8 DER; returns its length, 0 when it does not fit. */
size_t certwrite_key_der(uint8_t *der, size_t size,
    const struct certwrite_key *key);

/* Writes a PEM block in lines of 64 characters, with a NUL after it.  Returns
 * its length without the NUL; 0 when it does not fit. */
size_t certwrite_pem(char *text, size_t size, const char *label,
    const uint8_t *der, size_t len);

/* Is it a DNS name (letters, digits, hyphens, underscores, dots; `*` as the
 * leftmost label) or an IPv4 or IPv6 address without a scope? */
bool certwrite_name_ok(const char *name);

#endif
