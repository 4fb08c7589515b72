/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Verifies the certificates that a peer shows: finds a path from its own to a
 * trust anchor (RFC 5280 6, RFC 4158).
 *
 * NOTES.  A peer may show its issuers in any order, and others among them (RFC
 * 8446 4.4.2).  Its own comes first.  The certificates are kept until the list
 * is complete; those that do not fit are ignored.  Each one of a path, and the
 * anchor, must be valid now, and permit what it is used for: CA flag, path
 * length, key usage, extended key usage, name constraints, and no critical
 * extension that is unknown.  Work is bounded, whatever the peer shows: by what
 * the signatures cost that are checked, by the number of certificates that are
 * tried, and by the length of a path.
 *
 * Anchors are in memory, or stay in their file until one is wanted
 * (net/anchors.h): anchors_find() is the only place that knows.  There are no
 * revocation lists.
 */

#ifndef WIRE_TLS_VERIFY_H
#define WIRE_TLS_VERIFY_H

#include "compat.h"

#include <bearssl.h>

#include "wire/cert.h"
#include "wire/tls_pem.h"
#include "wire/tls_sessions.h"

enum {
	VERIFY_CERT_MAX = 8192,	/* bytes of one certificate */
	VERIFY_SHOWN_MAX = 16,	/* certificates that are kept */
	VERIFY_BYTES_MAX = 16384,	/* bytes of these */
	VERIFY_PATH_MAX = 10,	/* certificates of a path, without the anchor */
	VERIFY_TRIED_MAX = 100,	/* certificates that are tried in a path */
	VERIFY_WORK_MAX = 32,	/* units of work for signatures, as
				 * cert_sign_work() has them */
	VERIFY_NAMES_MAX = 20000,	/* comparisons with name constraints */
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
	VERIFY_FORBIDDEN_NAME,	/* a CA above may not vouch for its names */
	VERIFY_WRONG_NAME,	/* for a different host */
	VERIFY_WRONG_USAGE,	/* extended or plain key usage forbids it */
	VERIFY_NOT_CA,		/* signed by a certificate that is no CA's, or
				 * not for so long a path */
	VERIFY_BAD_SIGNATURE,
	VERIFY_WEAK_KEY,
	VERIFY_UNSUPPORTED,	/* an algorithm, key or critical extension */
	VERIFY_MALFORMED,	/* not X.509 */
	VERIFY_STORE_FAILED,	/* the anchors cannot be read any more */
	VERIFY_TOO_LARGE,	/* over a limit above */
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
	bool any_time;		/* certificates may be expired, or not be valid
				 * yet */
};

/* The verification of what one peer shows, in memory of the caller's; not to
 * be moved.  About 27 KiB, needed only until the handshake is over. */
struct tls_verify {
	const br_x509_class *vtable;	/* first: this is an X.509 engine */
	struct verify_want want;
	enum verify_fault fault;
	int rank;			/* how far up the fault was found */
	unsigned depth;			/* of it in the path; the leaf is 0 */
	bool lacks_issuer;		/* UNKNOWN_CA: nothing that was shown
					 * has the issuer's name */
	bool name_as_dns;		/* WRONG_NAME: the address is there, as
					 * a DNS name or common name */
	bool done;			/* nothing more is looked at */
	bool skip;			/* the current certificate is ignored */
	unsigned work;			/* units left for signatures */
	unsigned tried;			/* certificates, as parts of a path */
	unsigned names;			/* comparisons of names left */
	struct slice kept[VERIFY_SHOWN_MAX];	/* certificates, in der */
	unsigned num;			/* of them */
	size_t used;			/* bytes of der that they have */
	size_t len;			/* bytes of the current one, behind */
	br_x509_pkey leaf_key;		/* of the leaf, if it is good */
	struct verify_info leaf;
	int64_t until_s;	/* when the first of the path expires */
	uint8_t anchor[TLS_PRINT];	/* VERIFY_OK: that of the path */
	struct verify_info at;		/* what fault is about */
	char what[CERT_OID_TEXT];	/* what is not supported */
	/* What follows is not touched before it is needed. */
	uint8_t der[VERIFY_BYTES_MAX];	/* the certificates */
	union {				/* anchors that were read for one */
		void *aligned;
		uint8_t bytes[VERIFY_CERT_MAX];
	} room;
};

/* Prepares for one chain.  Give &v->vtable to BearSSL.  want is copied, what it
 * points to borrowed. */
void tls_verify_init(struct tls_verify *v, const struct verify_want *want);

/* Writes one sentence: whose certificate it was, why it was refused and what
 * to do.  Works after success, too ("certificate ... is valid"). */
void tls_verify_why(const struct tls_verify *v, char *text, size_t size);

/* The fatal alert (RFC 5246 7.2.2) that tells the peer. */
uint8_t tls_verify_alert(enum verify_fault fault);

/* Searches a path among what was kept; for tls_verify.c.  Sets fault, and what
 * belongs to it, or VERIFY_OK. */
void tls_verify_search(struct tls_verify *v);

/* Has a list of anchors, in memory, one with that print?  It is that of the
 * anchor's name and key: a certificate that is made anew for both is the
 * same. */
bool anchors_have(const struct pem_anchors *,
    const uint8_t print[TLS_PRINT]);

/* Finds anchors with a name: issuer's, or subject's (len 0: none).  Writes at
 * most max into out, each a certificate and its trust part (pem_anchors.ders),
 * borrowed of anchors or of room; returns how many, or -1 when the anchors
 * cannot be read. */
int anchors_find(const struct pem_anchors *anchors, struct slice issuer,
    struct slice subject, struct pem_space *room, struct slice *out,
    size_t max);

#endif
