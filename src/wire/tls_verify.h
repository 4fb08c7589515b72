/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Verifies a peer's certificate chain: BearSSL's minimal engine, and around it
 * what that one lacks.
 *
 * NOTES.  Added are IP addresses and our own rules for names (cert_is_for()),
 * extended key usage, a limit on the chain, and an account in words of any
 * refusal.  Each certificate is gathered whole before the engine sees it; its
 * issuer's name picks the few anchors that the engine then searches.  They are
 * in memory, or stay in their file until one is wanted (net/anchors.h):
 * anchors_find() is the only place that knows.  There are no revocation lists.
 */

#ifndef WIRE_TLS_VERIFY_H
#define WIRE_TLS_VERIFY_H

#include "compat.h"

#include <bearssl.h>

#include "wire/cert.h"
#include "wire/tls_pem.h"

enum {
	VERIFY_CERT_MAX = 8192,	/* bytes of one certificate */
	VERIFY_CHAIN_MAX = 10,	/* certificates that are looked at */
	VERIFY_ANCHORS_MAX = 8,	/* anchors of one name, by distinct keys */
	VERIFY_WHY_TEXT = 1024,	/* holds most of what tls_verify_why() says */
};

enum verify_fault {
	VERIFY_OK,
	VERIFY_NOT_DONE,	/* no chain yet */
	VERIFY_NO_CERT,		/* the peer has sent none */
	VERIFY_EXPIRED,
	VERIFY_NOT_YET,		/* notBefore lies ahead */
	VERIFY_UNKNOWN_CA,	/* the chain ends at a CA that is no anchor */
	VERIFY_SELF_SIGNED,	/* likewise, and the leaf signed itself */
	VERIFY_OTHER_CA_KEY,	/* an anchor of that name has a different key */
	VERIFY_WRONG_NAME,	/* for a different host */
	VERIFY_WRONG_USAGE,	/* extended or plain key usage forbids it */
	VERIFY_NOT_CA,		/* signed by a certificate that is no CA's */
	VERIFY_BAD_SIGNATURE,
	VERIFY_BROKEN_CHAIN,	/* issuer is not the next one's subject */
	VERIFY_WEAK_KEY,
	VERIFY_UNSUPPORTED,	/* an algorithm, key or critical extension */
	VERIFY_MALFORMED,	/* not X.509 */
	VERIFY_STORE_FAILED,	/* the anchors cannot be read any more */
	VERIFY_TOO_LARGE,	/* over VERIFY_CERT_MAX or VERIFY_CHAIN_MAX */
};

/* What people want to know of a certificate; strings are printable. */
struct verify_info {
	bool known;			/* a certificate was read */
	char subject[CERT_NAME_TEXT], issuer[CERT_NAME_TEXT];
	char names[CERT_NAMES_TEXT];	/* DNS names and addresses */
	char identity[CERT_IDENTITY];	/* who it is, for sessions and logs */
	int64_t not_before_s, not_after_s;	/* Unix seconds */
};

/* What is wanted of the peer; borrowed until the chain has ended. */
struct verify_want {
	const struct pem_anchors *anchors;
	const char *name;	/* host name or address; NULL: any */
	bool client;		/* the peer is a client: usage clientAuth */
	int64_t now_s;		/* Unix seconds */
};

/* The verification of one chain, in memory of the caller's; not to be moved.
 * About 21 KiB, needed only until the handshake is over. */
struct tls_verify {
	const br_x509_class *vtable;	/* first: this is an X.509 engine */
	struct verify_want want;
	br_x509_minimal_context minimal;
	br_x509_trust_anchor found[VERIFY_ANCHORS_MAX];
	enum verify_fault fault;
	unsigned engine_error;		/* BearSSL's, when it was the engine */
	unsigned depth;			/* certificates seen; the leaf is 0 */
	bool done;			/* no more certificates matter */
	bool same_name;			/* an anchor has the issuer's name */
	bool usage_fits;		/* of all certificates so far */
	bool name_fits;			/* of the leaf */
	bool self_signed;		/* the leaf: issuer is subject */
	struct verify_info leaf;
	int64_t until_s;	/* when the first of the chain expires */
	struct verify_info at;		/* what fault is about */
	size_t len;			/* bytes in der */
	/* What follows is not touched before it is needed. */
	uint8_t der[VERIFY_CERT_MAX];	/* the current certificate */
	union {				/* anchors that were read for it */
		br_x509_trust_anchor aligned;
		uint8_t bytes[VERIFY_CERT_MAX];
	} room;
};

/* Prepares for one chain; ec and the hashes are chosen as BearSSL thinks best.
 * Give &v->vtable to BearSSL.  want is copied, what it points to borrowed. */
void tls_verify_init(struct tls_verify *v, const struct verify_want *want);

/* Writes one sentence: whose certificate it was, why it was refused and what
 * to do.  Works after success, too ("certificate ... is valid"). */
void tls_verify_why(const struct tls_verify *v, char *text, size_t size);

/* The fatal alert (RFC 5246 7.2.2) that tells the peer. */
uint8_t tls_verify_alert(enum verify_fault fault);

/* Finds anchors of a name: CAs named as issuer, and certificates trusted for
 * themselves that are named as subject (len 0: none such).  Writes at most max
 * into out, whose pointers are borrowed of anchors or of room; returns how
 * many, or -1 when the anchors cannot be read. */
int anchors_find(const struct pem_anchors *anchors, struct slice issuer,
    struct slice subject, struct pem_space *room, br_x509_trust_anchor *out,
    size_t max);

#endif
