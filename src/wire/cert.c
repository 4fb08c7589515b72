/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads one X.509 certificate.
 *
 * NOTES.  A certificate with two copies of an extension is malformed (RFC 5280
 * 4.2).
 */

#include "compat.h"

#include "wire/cert.h"

/* Tags of RFC 5280's fields. */
enum {
	DER_VERSION = 0xa0,
	DER_KEY_ID = 0x80,
	DER_ISSUER_ID = 0x81,
	DER_SUBJECT_ID = 0x82,
	DER_EXTENSIONS = 0xa3,
	DER_PERMITTED = 0xa0,
	DER_REJECTED = 0xa0,
	DER_EXCLUDED = 0xa1,
};

static const uint8_t oid_rsa[] =
    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_rsa_signed[] =
    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 };
static const uint8_t oid_ec_signed[] =
    { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04 };

static const struct {
	uint8_t oid[8];
	uint8_t len;
	int curve;
	size_t point;			/* bytes of a public key */
} curves[] = {
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 8,
	    BR_EC_secp256r1, 65 },
	{ { 0x2b, 0x81, 0x04, 0x00, 0x22 }, 5, BR_EC_secp384r1, 97 },
	{ { 0x2b, 0x81, 0x04, 0x00, 0x23 }, 5, BR_EC_secp521r1, 133 },
};

unsigned
cert_key_type(struct slice oid)
{
	if (slice_is(oid, oid_rsa, sizeof(oid_rsa)))
		return BR_KEYTYPE_RSA;
	return slice_is(oid, oid_ec, sizeof(oid_ec)) ? BR_KEYTYPE_EC : 0;
}

int
cert_curve(struct slice oid, size_t *point)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		*point = curves[i].point;
		if (slice_is(oid, curves[i].oid, curves[i].len))
			return curves[i].curve;
	}
	return 0;
}

/* Reads the public key of c->key_bits; key_type stays 0 for a kind of key that
 * we cannot use.  The casts remove const because BearSSL's structs lack it;
 * BearSSL does not write to these bytes. */
static void
cert_read_key(struct cert *c, struct slice oid, struct slice params)
{
	struct slice in = c->key_bits, seq, n, e, curve;
	unsigned type = cert_key_type(oid);
	size_t point;
	int named;

	c->key_oid = oid;
	if (type == BR_KEYTYPE_RSA) {
		if (!der_want(&in, DER_SEQUENCE, &seq, NULL) ||
		    !der_unsigned(&seq, &n) || !der_unsigned(&seq, &e) ||
		    n.len == 0 || e.len == 0)
			return;
		c->key.key.rsa.n = (unsigned char *)n.data;
		c->key.key.rsa.nlen = n.len;
		c->key.key.rsa.e = (unsigned char *)e.data;
		c->key.key.rsa.elen = e.len;
		c->key.key_type = BR_KEYTYPE_RSA;
		return;
	}
	if (type == 0 || !der_want(&params, DER_OID, &curve, NULL))
		return;
	c->key_oid = curve;
	named = cert_curve(curve, &point);
	if (named == 0 || in.len != point || in.data[0] != 0x04)
		return;
	c->key.key.ec.curve = named;
	c->key.key.ec.q = (unsigned char *)in.data;
	c->key.key.ec.qlen = in.len;
	c->key.key_type = BR_KEYTYPE_EC;
}

/* SubjectPublicKeyInfo, RFC 5280 4.1.2.7. */
static bool
cert_read_spki(struct cert *c, struct slice *tbs)
{
	struct slice seq, algorithm, oid;

	if (!der_want(tbs, DER_SEQUENCE, &seq, NULL) ||
	    !der_want(&seq, DER_SEQUENCE, &algorithm, NULL) ||
	    !der_want(&algorithm, DER_OID, &oid, NULL) ||
	    !der_want(&seq, DER_BITS, &c->key_bits, NULL) ||
	    c->key_bits.len < 2 || c->key_bits.data[0] != 0)
		return false;
	c->key_bits.data++;
	c->key_bits.len--;
	cert_read_key(c, oid, algorithm);
	return true;
}

/* keyUsage, RFC 5280 4.2.1.3. */
static bool
cert_read_key_usage(struct cert *c, struct slice value)
{
	struct slice bits;
	unsigned i;

	if (!der_want(&value, DER_BITS, &bits, NULL) ||
	    bits.len < 1 || value.len != 0)
		return false;
	c->has_key_usage = true;
	for (i = 0; bits.len > 1 && i < 8; i++)
		if (bits.data[1] & 0x80 >> i)
			c->key_usage |= 1U << i;
	return true;
}

/* Reads a list of purposes, KeyPurposeIds, into bits of ext_usage. */
static bool
read_purposes(struct slice seq, unsigned *bits)
{
	static const uint8_t key_purpose[] =
	    { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03 };
	static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0x00 };
	struct slice oid;
	uint8_t last;

	while (seq.len > 0) {
		if (!der_want(&seq, DER_OID, &oid, NULL))
			return false;
		last = 0;
		if (oid.len == sizeof(key_purpose) + 1 &&
		    memcmp(oid.data, key_purpose, sizeof(key_purpose)) == 0)
			last = oid.data[sizeof(key_purpose)];
		if (slice_is(oid, any, sizeof(any)))
			*bits |= CERT_ANY_USAGE;
		else if (last == 1)
			*bits |= CERT_SERVER_AUTH;
		else if (last == 2)
			*bits |= CERT_CLIENT_AUTH;
	}
	return true;
}

/* extKeyUsage, RFC 5280 4.2.1.12. */
static bool
cert_read_ext_usage(struct cert *c, struct slice value)
{
	struct slice seq;

	c->has_ext_usage = true;
	return der_want(&value, DER_SEQUENCE, &seq, NULL) && value.len == 0 &&
	    read_purposes(seq, &c->ext_usage);
}

int
cert_trusted_uses(struct slice aux)
{
	unsigned uses = CERT_SERVER_AUTH | CERT_CLIENT_AUTH;
	unsigned trust = 0, reject = 0;
	struct slice seq, list;

	if (aux.len == 0)
		return (int)uses;
	if (!der_want(&aux, DER_SEQUENCE, &seq, NULL) || aux.len != 0)
		return -1;
	if (der_want(&seq, DER_SEQUENCE, &list, NULL)) {
		if (!read_purposes(list, &trust))
			return -1;
		if ((trust & CERT_ANY_USAGE) == 0)
			uses &= trust;
	}
	if (der_want(&seq, DER_REJECTED, &list, NULL) &&
	    !read_purposes(list, &reject))
		return -1;
	return (reject & CERT_ANY_USAGE) != 0 ? 0 : (int)(uses & ~reject);
}

/* basicConstraints, RFC 5280 4.2.1.9. */
static bool
cert_read_constraints(struct cert *c, struct slice value)
{
	struct slice seq, flag, n;

	if (!der_want(&value, DER_SEQUENCE, &seq, NULL) || value.len != 0)
		return false;
	if (der_want(&seq, DER_BOOLEAN, &flag, NULL))
		c->ca = flag.len == 1 && flag.data[0] != 0;
	if (seq.len == 0)
		return true;
	if (!der_unsigned(&seq, &n) || seq.len != 0)
		return false;
	/* More than 255 is as good as any number. */
	if (n.len <= 1)
		c->path_max = n.len == 0 ? 0 : n.data[0];
	return true;
}

/* nameConstraints, RFC 5280 4.2.1.10. */
static bool
cert_read_subtrees(struct cert *c, struct slice value)
{
	struct slice seq;

	if (!der_want(&value, DER_SEQUENCE, &seq, NULL) || value.len != 0)
		return false;
	der_want(&seq, DER_PERMITTED, &c->permitted, NULL);
	der_want(&seq, DER_EXCLUDED, &c->excluded, NULL);
	return seq.len == 0;
}

/* authorityKeyIdentifier, RFC 5280 4.2.1.1. */
static bool
cert_read_signer_id(struct cert *c, struct slice value)
{
	struct slice seq;

	if (!der_want(&value, DER_SEQUENCE, &seq, NULL))
		return false;
	der_want(&seq, DER_KEY_ID, &c->signer_id, NULL);
	return true;
}

/* An extension 2.5.29.arc.  Those that have no effect on what we do are
 * skipped: policies matter only where one is required (policyConstraints),
 * names of the issuer and places of revocation lists never. */
static bool
cert_read_known(struct cert *c, uint8_t arc, struct slice value, bool *known)
{
	*known = true;
	switch (arc) {
	case 14:
		return der_want(&value, DER_OCTETS, &c->key_id, NULL);
	case 15:
		return cert_read_key_usage(c, value);
	case 17:
		return der_want(&value, DER_SEQUENCE, &c->alt_names, NULL) &&
		    value.len == 0;
	case 19:
		return cert_read_constraints(c, value);
	case 30:
		return cert_read_subtrees(c, value);
	case 35:
		return cert_read_signer_id(c, value);
	case 37:
		return cert_read_ext_usage(c, value);
	case 9:			/* subjectDirectoryAttributes */
	case 18:		/* issuerAltName */
	case 31:		/* cRLDistributionPoints */
	case 32:		/* certificatePolicies */
	case 33:		/* policyMappings */
	case 46:		/* freshestCRL */
	case 54:		/* inhibitAnyPolicy */
		return true;
	}
	*known = false;
	return true;
}

/* One extension, RFC 5280 4.2.  *seen has a bit for each of 2.5.29 so far. */
static bool
cert_read_extension(struct cert *c, struct slice ext, uint64_t *seen)
{
	static const uint8_t access[] =		/* authority, then subject */
	    { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01 };
	struct slice oid, critical = { NULL, 0 }, value;
	bool known = false;
	uint64_t bit;

	if (!der_want(&ext, DER_OID, &oid, NULL))
		return false;
	der_want(&ext, DER_BOOLEAN, &critical, NULL);
	if (!der_want(&ext, DER_OCTETS, &value, NULL) || ext.len != 0)
		return false;
	if (oid.len == 3 && memcmp(oid.data, "\x55\x1d", 2) == 0 &&
	    oid.data[2] < 64) {
		bit = (uint64_t)1 << oid.data[2];
		if ((*seen & bit) != 0 ||
		    !cert_read_known(c, oid.data[2], value, &known))
			return false;
		*seen |= bit;
	} else if (oid.len == sizeof(access) + 1 &&
	    memcmp(oid.data, access, sizeof(access)) == 0) {
		known = oid.data[7] == 1 || oid.data[7] == 11;
		c->has_issuer_url |= oid.data[7] == 1;
	}
	if (!known && c->unknown.data == NULL && critical.len == 1 &&
	    critical.data[0] != 0)
		c->unknown = oid;
	return true;
}

static bool
cert_read_extensions(struct cert *c, struct slice *tbs)
{
	struct slice body, list, ext;
	uint64_t seen = 0;

	der_want(tbs, DER_ISSUER_ID, &body, NULL);
	der_want(tbs, DER_SUBJECT_ID, &body, NULL);
	if (tbs->len == 0)
		return true;
	if (!der_want(tbs, DER_EXTENSIONS, &body, NULL) || tbs->len != 0 ||
	    !der_want(&body, DER_SEQUENCE, &list, NULL) || body.len != 0)
		return false;
	while (list.len > 0)
		if (!der_want(&list, DER_SEQUENCE, &ext, NULL) ||
		    !cert_read_extension(c, ext, &seen))
			return false;
	return true;
}

/* The signature and its algorithm, which must be the one that is named within
 * what is signed (RFC 5280 4.1.1.2).  Sets the type of the issuer's key. */
static bool
cert_read_signature(struct cert *c, struct slice *outer, struct slice inside)
{
	struct slice algorithm, oid;

	if (!der_want(outer, DER_SEQUENCE, &algorithm, NULL) ||
	    !slice_equal(inside, algorithm) ||
	    !der_want(&algorithm, DER_OID, &oid, NULL) ||
	    !der_want(outer, DER_BITS, &c->signature, NULL) ||
	    c->signature.len < 2 || c->signature.data[0] != 0)
		return false;
	c->signature.data++;
	c->signature.len--;
	c->signer_oid = oid;
	if (oid.len > sizeof(oid_rsa_signed) &&
	    memcmp(oid.data, oid_rsa_signed, sizeof(oid_rsa_signed)) == 0)
		c->signer_type = BR_KEYTYPE_RSA;
	else if (oid.len > sizeof(oid_ec_signed) &&
	    memcmp(oid.data, oid_ec_signed, sizeof(oid_ec_signed)) == 0)
		c->signer_type = BR_KEYTYPE_EC;
	return true;
}

bool
cert_is_self_issued(const struct cert *c)
{
	return slice_equal(c->issuer, c->subject);
}

bool
cert_is_ca(const struct cert *c)
{
	return c->ca || (c->version < 3 && cert_is_self_issued(c));
}

int
cert_read(struct cert *c, const uint8_t *der, size_t len)
{
	struct slice in = { der, len }, outer, tbs, body, seq, algorithm;

	memset(c, 0, sizeof(*c));
	c->version = 1;
	c->path_max = -1;
	if (!der_want(&in, DER_SEQUENCE, &outer, &c->all) ||
	    !der_want(&outer, DER_SEQUENCE, &tbs, &c->tbs))
		return -1;
	if (der_want(&tbs, DER_VERSION, &body, NULL)) {
		if (!der_want(&body, DER_INTEGER, &seq, NULL) ||
		    seq.len != 1 || seq.data[0] > 2)
			return -1;
		c->version = seq.data[0] + 1U;
	}
	if (!der_want(&tbs, DER_INTEGER, &body, NULL) ||
	    !der_want(&tbs, DER_SEQUENCE, &algorithm, NULL) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, &c->issuer) ||
	    !der_want(&tbs, DER_SEQUENCE, &seq, NULL) ||
	    !der_time(&seq, &c->not_before_s) ||
	    !der_time(&seq, &c->not_after_s) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, &c->subject) ||
	    !cert_read_spki(c, &tbs) || !cert_read_extensions(c, &tbs) ||
	    !cert_read_signature(c, &outer, algorithm) || outer.len != 0)
		return -1;
	return 0;
}
