/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Certificates, private keys and trust anchors from PEM text (RFC 7468) in
 * memory.
 *
 * NOTES.  Text outside of blocks, CRLF, spaces at the ends of lines, a byte
 * order mark and a missing last newline are tolerated, and blocks of other
 * kinds are passed over, so that one file can hold key, certificate and chain
 * in any order.  Everything that comes out lives in a pem_space of the
 * caller's; nothing points into the text.
 */

#ifndef WIRE_TLS_PEM_H
#define WIRE_TLS_PEM_H

#include "compat.h"

#include <bearssl.h>

#include "wire/cert.h"
#include "wire/pem_text.h"

/* Bytes of space that are enough for one call with len bytes of text. */
size_t pem_space_for(size_t len);

/* Overwrites all of it, keys included. */
void pem_space_wipe(struct pem_space *space);

/* Our own certificate and those above it, leaf first; as tls_setup wants. */
struct pem_chain {
	br_x509_certificate *certs;
	size_t num;
	br_x509_pkey leaf_key;		/* public key of the leaf */
	unsigned issuer_type;		/* BR_KEYTYPE_RSA or _EC: its signer */
	int64_t not_before_s, not_after_s;	/* of the leaf, Unix seconds */
	char subject[200];		/* of the leaf, "CN=..., O=..." */
};

struct pem_key {
	unsigned type;			/* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
	br_rsa_private_key rsa;		/* the one that type says */
	br_ec_private_key ec;
};

struct pem_anchors;

/* Does anchors_find() (tls_verify.h) where the anchors are not in a list. */
typedef int anchors_find_fn(const struct pem_anchors *, struct slice issuer,
    struct slice subject, struct pem_space *room, br_x509_trust_anchor *out,
    size_t max);

/* Whom we trust.  To be looked at only through anchors_find() in tls_verify.h
 * and by the list of names that a server sends. */
struct pem_anchors {
	br_x509_trust_anchor *list;	/* NULL with find */
	size_t num;
	size_t skipped;			/* certificates with unusable keys */
	anchors_find_fn *find;		/* NULL: they are in list */
};

/* Reads every certificate of the text, in its order, the first being the
 * leaf; 0, or -1 and trouble. */
int pem_read_chain(struct pem_space *space, const char *text, size_t len,
    struct pem_chain *chain, struct pem_trouble *trouble);

/* Reads the first private key of the text (PKCS#1, PKCS#8, SEC1); 0, or -1
 * and trouble. */
int pem_read_key(struct pem_space *space, const char *text, size_t len,
    struct pem_key *key, struct pem_trouble *trouble);

/* Reads every certificate of the text as a trust anchor: a CA, or, without
 * the CA flag, a certificate that is trusted for itself alone.  Those with
 * unusable keys are skipped and counted, and are an error only when none is
 * left; 0, or -1 and trouble. */
int pem_read_anchors(struct pem_space *space, const char *text, size_t len,
    struct pem_anchors *anchors, struct pem_trouble *trouble);

/* Does the private key belong to the leaf of the chain? */
bool pem_key_fits(const struct pem_key *key, const struct pem_chain *chain);

/* Says an error in words, with what to do about it; static text. */
const char *pem_strerror(enum pem_error error);

/* Where systems keep the CA certificates that they trust, likeliest first;
 * NULL ends the list.  SSL_CERT_FILE goes before it (the caller's business). */
extern const char *const pem_system_files[];

#endif
