/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads one X.509 certificate (RFC 5280): where its parts stand, and what of
 * them people want to see.
 *
 * NOTES.  Verifies nothing: signatures, chains and dates are for BearSSL's
 * engine and tls_verify.  Reads DER only, with bounds checked at each step, so
 * bytes of a stranger may be given to it as they come.
 */

#ifndef WIRE_CERT_H
#define WIRE_CERT_H

#include "compat.h"

#include <bearssl.h>

#include "base/bytes.h"
#include "wire/der.h"

enum {
	CERT_NAME_TEXT = 200,	/* a subject or issuer in words, cut to fit */
	CERT_IDENTITY = 256,	/* one DNS name, address or common name */
	CERT_NAMES_TEXT = 256,	/* all names, cut to fit with "..." */
};

/* Bits of key_usage, as in RFC 5280 4.2.1.3 (the first bit is bit 0). */
enum {
	CERT_SIGN = 1 << 0,		/* digitalSignature */
	CERT_CERT_SIGN = 1 << 5,	/* keyCertSign */
	CERT_CRL_SIGN = 1 << 6,		/* cRLSign */
};

/* Bits of ext_usage. */
enum {
	CERT_SERVER_AUTH = 1 << 0,
	CERT_CLIENT_AUTH = 1 << 1,
	CERT_ANY_USAGE = 1 << 2,
	CERT_OTHER_USAGE = 1 << 3,
};

/* The parts of a certificate; slices live as long as its bytes. */
struct cert {
	struct slice all;	/* the outer SEQUENCE, without what follows */
	struct slice issuer, subject;	/* Names, with their SEQUENCE header */
	struct slice spki;	/* SubjectPublicKeyInfo, with its header */
	struct slice key_bits;	/* the key's BIT STRING, unused-bits byte off */
	struct slice alt_names;	/* contents of subjectAltName's SEQUENCE */
	struct slice key_id;	/* subjectKeyIdentifier */
	int64_t not_before_s, not_after_s;	/* Unix time, seconds */
	unsigned version;	/* 1 to 3 */
	bool has_key_usage;
	unsigned key_usage;	/* CERT_SIGN and others */
	bool has_ext_usage;
	unsigned ext_usage;	/* CERT_SERVER_AUTH and others */
	struct slice usage_critical;	/* extKeyUsage's flag, if it is set */
	bool ca;		/* basicConstraints says so */
	unsigned signer_type;	/* BR_KEYTYPE_RSA or _EC by the signature's
				 * algorithm, 0 for another */
	br_x509_pkey key;	/* points into spki; key_type 0: a key that we
				 * cannot use (Ed25519, another curve) */
};

/* Reads a certificate of at most len bytes; 0, or -1 when it is none.  Parts
 * that were read before the fault stay set. */
int cert_read(struct cert *c, const uint8_t *der, size_t len);

/* One name of subjectAltName. */
struct cert_name {
	bool is_ip;		/* 4 or 16 bytes, else an ASCII DNS name */
	const uint8_t *data;	/* inside the certificate, no NUL at its end */
	size_t len;
};

/* Gives the next DNS name or IP address; at starts as c->alt_names and moves
 * on.  1, 0 at the end, -1 when the extension is malformed. */
int cert_next_name(struct slice *at, struct cert_name *name);

/* The subject's last common name, as bytes inside it; data NULL: none. */
struct slice cert_common_name(const struct cert *c);

/* Writes a Name as `CN=My CA, O=Example` (RFC 4514 without its reversal),
 * escaped where it is not printable; returns text. */
const char *cert_name_text(struct slice name, char *text, size_t size);

/* Writes names and addresses as `vpn.example.com, 10.0.0.1`; the common name
 * where there is no subjectAltName; "" for none.  Returns text. */
const char *cert_names_text(const struct cert *c, char *text, size_t size);

/* Writes what stands for the owner: the first DNS name, else the first
 * address, else the common name, else "".  Returns text. */
const char *cert_identity(const struct cert *c, char *text, size_t size);

/* Writes a day as 2026-01-31. */
void cert_day_text(int64_t wall_s, char text[16]);

/* Does the certificate name host?  A literal address is looked for among the
 * iPAddress names only; a DNS name among the dNSNames (a `*` for its leftmost
 * label), or in the common name where there is no subjectAltName. */
bool cert_is_for(const struct cert *c, const char *host);

#endif
