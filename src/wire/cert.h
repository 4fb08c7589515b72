/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads one X.509 certificate (RFC 5280): finds its parts, and writes its
 * names and dates as text.
 *
 * NOTES.  Verifies nothing: that is for cert_sign, cert_limits and
 * tls_verify_path.  Reads DER only, and checks bounds at each step, so the
 * input may come from an untrusted peer.
 */

#ifndef WIRE_CERT_H
#define WIRE_CERT_H

#include "compat.h"

#include <bearssl.h>

#include "base/bytes.h"
#include "wire/der.h"

enum {
	CERT_NAME_TEXT = 200,	/* a subject or issuer as text, truncated */
	CERT_IDENTITY = 256,	/* one DNS name, address or common name */
	CERT_NAMES_TEXT = 256,	/* all names, truncated with "..." */
	CERT_OID_TEXT = 80,	/* an object identifier and its name */
};

/* Bits of key_usage, as in RFC 5280 4.2.1.3 (the first bit is bit 0). */
enum {
	CERT_SIGN = 1 << 0,		/* digitalSignature */
	CERT_NON_REPUDIATION = 1 << 1,
	CERT_CERT_SIGN = 1 << 5,	/* keyCertSign */
	CERT_CRL_SIGN = 1 << 6,		/* cRLSign */
};

/* Bits of ext_usage. */
enum {
	CERT_SERVER_AUTH = 1 << 0,
	CERT_CLIENT_AUTH = 1 << 1,
	CERT_ANY_USAGE = 1 << 2,
};

/* Tags of GeneralName (RFC 5280 4.2.1.6), in subjectAltName and in name
 * constraints. */
enum {
	CERT_MAIL_NAME = 0x81,
	CERT_DNS_NAME = 0x82,
	CERT_ADDRESS_NAME = 0x87,
	CERT_DIRECTORY_NAME = 0xa4,
};

/* The parts of a certificate; slices live as long as its bytes. */
struct cert {
	struct slice all;	/* the outer SEQUENCE, without bytes after it */
	struct slice issuer, subject;	/* Names, with their SEQUENCE header */
	struct slice key_bits;	/* the key's BIT STRING, unused-bits byte off */
	struct slice alt_names;	/* contents of subjectAltName's SEQUENCE */
	struct slice key_id;	/* subjectKeyIdentifier */
	struct slice signer_id;	/* the key of authorityKeyIdentifier */
	int64_t not_before_s, not_after_s;	/* Unix time, seconds */
	unsigned version;	/* 1 to 3 */
	bool has_key_usage;	/* keyUsage is there */
	unsigned key_usage;	/* CERT_SIGN and others */
	bool has_ext_usage;	/* extKeyUsage is there */
	unsigned ext_usage;	/* CERT_SERVER_AUTH and others; those that we
				 * do not know have no bit */
	bool ca;		/* the CA flag of basicConstraints */
	int path_max;		/* CAs that may follow below it; -1: any */
	struct slice permitted, excluded;	/* GeneralSubtrees of
				 * nameConstraints, contents */
	bool has_issuer_url;	/* authorityInfoAccess is there: a public CA
				 * has issued it */
	struct slice unknown;	/* OID of a critical extension that we do not
				 * know */
	struct slice tbs;	/* what is signed, with its header */
	struct slice signature;	/* the BIT STRING, unused-bits byte off */
	struct slice signer_oid;	/* the signature's algorithm */
	unsigned signer_type;	/* BR_KEYTYPE_RSA or _EC by that algorithm, 0
				 * for an unknown one */
	struct slice key_oid;	/* the key's algorithm, or its curve */
	br_x509_pkey key;	/* points into key_bits; key_type 0: a key that
				 * we cannot use (Ed25519, an unknown curve) */
};

/* Reads a certificate of at most len bytes.  0, or -1 when it is malformed;
 * then the parts before the fault are set. */
int cert_read(struct cert *c, const uint8_t *der, size_t len);

/* The kind of key that an algorithm's identifier names: BR_KEYTYPE_RSA, _EC, or
 * 0 for one that we cannot use. */
unsigned cert_key_type(struct slice oid);

/* The curve that an identifier names, BR_EC_*, or 0 for one that we cannot use.
 * Sets *point to the bytes of a public key on it. */
int cert_curve(struct slice oid, size_t *point);

/* Is it self-issued: are subject and issuer the same (RFC 5280 3.2)? */
bool cert_is_self_issued(const struct cert *c);

/* Is it a CA's: has it the CA flag, or is it a root of version 1 or 2, which
 * cannot have one? */
bool cert_is_ca(const struct cert *c);

/* The uses for which OpenSSL's trust part behind a certificate (X509_CERT_AUX)
 * trusts it: CERT_SERVER_AUTH, CERT_CLIENT_AUTH or both; both if aux is empty,
 * -1 when it is malformed. */
int cert_trusted_uses(struct slice aux);

/* One name of subjectAltName. */
struct cert_name {
	bool is_ip;		/* 4 or 16 bytes, else an ASCII DNS name */
	const uint8_t *data;	/* inside the certificate, no NUL at its end */
	size_t len;
};

/* Returns the next DNS name or IP address in *name.  *at starts as
 * c->alt_names and is advanced.  1, 0 at the end, -1 when the extension is
 * malformed. */
int cert_next_name(struct slice *at, struct cert_name *name);

/* Has subjectAltName a DNS name or an address, well formed or not, or is it
 * malformed?  Then the common name is not the owner's identity. */
bool cert_has_host_name(const struct cert *c);

/* The subject's last common name, a part of the certificate; data is NULL if
 * it has no common name. */
struct slice cert_common_name(const struct cert *c);

/* Writes a Name as `CN=My CA, O=Example` (RFC 4514 without its reversal),
 * escaped where it is not printable; returns text. */
const char *cert_name_text(struct slice name, char *text, size_t size);

/* Writes names and addresses as `vpn.example.com, 10.0.0.1`; without a
 * subjectAltName the common name, or "".  Returns text. */
const char *cert_names_text(const struct cert *c, char *text, size_t size);

/* Writes the owner's identity: the first DNS name, else the first address,
 * else, if cert_has_host_name() is false, the common name, else "".  A name
 * that does not fit is skipped, since a truncated name may be that of a
 * different host.  Returns text. */
const char *cert_identity(const struct cert *c, char *text, size_t size);

/* Writes an object identifier with its name, if it is one that certificates
 * have and we do not support: `nameConstraints (2.5.29.30)`.  Returns text. */
const char *cert_oid_text(struct slice oid, char *text, size_t size);

/* Writes the day of a Unix time as 2026-01-31, or "never" outside of the years
 * 0 to 9999. */
void cert_day_text(int64_t wall_s, char text[16]);

/* Is the certificate for host?  An address must match an iPAddress name.  A
 * DNS name must match a dNSName, whose leftmost label may be `*`, or the
 * common name if there is no subjectAltName. */
bool cert_is_for(const struct cert *c, const char *host);

/* Is host an address that the certificate has as a DNS name or common name,
 * where it does not count? */
bool cert_has_address_as_name(const struct cert *c, const char *host);

#endif
