/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Certificates, private keys and trust anchors from PEM text (RFC 7468) in
 * memory.
 *
 * NOTES.  Text outside of blocks, CRLF, spaces at the ends of lines, a byte
 * order mark and missing line breaks around BEGIN and END are tolerated.
 * Blocks of other kinds are skipped, so that one file can hold key, certificate
 * and chain in any order.  All results are in the caller's pem_space; nothing
 * points into the text.
 */

#ifndef WIRE_TLS_PEM_H
#define WIRE_TLS_PEM_H

#include "compat.h"

#include <bearssl.h>

#include "wire/cert.h"
#include "wire/pem_text.h"

enum {
	RSA_MIN_BITS = 2048,		/* of a private key */
	RSA_MAX_BITS = 4096,		/* of each: BearSSL's own limit */
};

/* Size in bytes of a pem_space for one call with len bytes of text. */
size_t pem_space_for(size_t len);

/* Overwrites the whole space with zeros, keys included, and empties it. */
void pem_space_wipe(struct pem_space *space);

/* Our own certificate and its issuers, leaf first; for tls_setup. */
struct pem_chain {
	br_x509_certificate *certs;
	size_t num;
	br_x509_pkey leaf_key;		/* public key of the leaf */
	unsigned issuer_type;		/* of the leaf's issuer's key:
					 * BR_KEYTYPE_RSA or _EC */
	int64_t not_before_s, not_after_s;	/* of the leaf, Unix seconds */
	char subject[200];		/* of the leaf, "CN=..., O=..." */
};

struct pem_key {
	unsigned type;			/* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
	br_rsa_private_key rsa;		/* set if type says so */
	br_ec_private_key ec;		/* likewise */
};

struct pem_anchors;

/* Does the work of anchors_find() (tls_verify.h) for anchors that are not in
 * a list. */
typedef int anchors_find_fn(const struct pem_anchors *, struct slice issuer,
    struct slice subject, struct pem_space *room, struct slice *out,
    size_t max);

/* Trust anchors.  Read only by anchors_find() (tls_verify.h), and by tls.c for
 * the list of names that a server sends. */
struct pem_anchors {
	br_x500_name *names;		/* their subjects, in ders; NULL with
					 * find */
	struct slice *ders;		/* their certificates; behind one may be
					 * OpenSSL's trust part */
	size_t num;			/* of both */
	size_t skipped;			/* certificates with unusable keys */
	anchors_find_fn *find;		/* NULL: search the names */
};

/* Reads all certificates of the text, in its order; the first is the leaf.
 * Returns 0, or -1 and fills trouble. */
int pem_read_chain(struct pem_space *space, const char *text, size_t len,
    struct pem_chain *chain, struct pem_trouble *trouble);

/* Reads the first private key of the text (PKCS#1, PKCS#8, SEC1).  Returns 0,
 * or -1 and fills trouble. */
int pem_read_key(struct pem_space *space, const char *text, size_t len,
    struct pem_key *key, struct pem_trouble *trouble);

/* Reads all certificates of the text as trust anchors.  Those with
 * unusable keys are skipped and counted; it is an error if all are.  Returns 0,
 * or -1 and fills trouble. */
int pem_read_anchors(struct pem_space *space, const char *text, size_t len,
    struct pem_anchors *anchors, struct pem_trouble *trouble);

/* Does the private key belong to the leaf of the chain? */
bool pem_key_fits(const struct pem_key *key, const struct pem_chain *chain);

/* The text of an error, with a remedy where there is one; static. */
const char *pem_strerror(enum pem_error error);

#endif
