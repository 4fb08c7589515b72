/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads one X.509 certificate.
 *
 * NOTES.  A certificate with two copies of an extension that we use is
 * malformed: this reader and BearSSL's engine might each use a different one.
 */

#include "compat.h"

#include "wire/cert.h"

/* Tags of RFC 5280's fields. */
enum {
	DER_VERSION = 0xa0,
	DER_ISSUER_ID = 0x81,
	DER_SUBJECT_ID = 0x82,
	DER_EXTENSIONS = 0xa3,
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

/* Reads the public key of c->key_bits; key_type stays 0 for a kind of key that
 * we cannot use.  The casts remove const because BearSSL's structs lack it;
 * BearSSL does not write to these bytes. */
static void
cert_read_key(struct cert *c, struct slice oid, struct slice params)
{
	struct slice in = c->key_bits, seq, n, e, curve;
	size_t i;

	if (slice_is(oid, oid_rsa, sizeof(oid_rsa))) {
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
	if (!slice_is(oid, oid_ec, sizeof(oid_ec)) ||
	    !der_want(&params, DER_OID, &curve, NULL))
		return;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (!slice_is(curve, curves[i].oid, curves[i].len))
			continue;
		if (in.len != curves[i].point || in.data[0] != 0x04)
			return;
		c->key.key.ec.curve = curves[i].curve;
		c->key.key.ec.q = (unsigned char *)in.data;
		c->key.key.ec.qlen = in.len;
		c->key.key_type = BR_KEYTYPE_EC;
	}
}

/* SubjectPublicKeyInfo, RFC 5280 4.1.2.7. */
static bool
cert_read_spki(struct cert *c, struct slice *tbs)
{
	struct slice seq, algorithm, oid;

	if (!der_want(tbs, DER_SEQUENCE, &seq, &c->spki) ||
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

	if (c->has_key_usage || !der_want(&value, DER_BITS, &bits, NULL) ||
	    bits.len < 1 || value.len != 0)
		return false;
	c->has_key_usage = true;
	for (i = 0; bits.len > 1 && i < 8; i++)
		if (bits.data[1] & 0x80 >> i)
			c->key_usage |= 1U << i;
	return true;
}

/* extKeyUsage, RFC 5280 4.2.1.12. */
static bool
cert_read_ext_usage(struct cert *c, const struct slice *critical,
    struct slice value)
{
	static const uint8_t key_purpose[] =
	    { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03 };
	static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0x00 };
	struct slice seq, oid;
	uint8_t last;

	if (c->has_ext_usage || !der_want(&value, DER_SEQUENCE, &seq, NULL) ||
	    value.len != 0)
		return false;
	c->has_ext_usage = true;
	if (critical->len == 1 && critical->data[0] != 0)
		c->usage_critical = *critical;
	while (seq.len > 0) {
		if (!der_want(&seq, DER_OID, &oid, NULL))
			return false;
		last = 0;
		if (oid.len == sizeof(key_purpose) + 1 &&
		    memcmp(oid.data, key_purpose, sizeof(key_purpose)) == 0)
			last = oid.data[sizeof(key_purpose)];
		if (slice_is(oid, any, sizeof(any)))
			c->ext_usage |= CERT_ANY_USAGE;
		else if (last == 1)
			c->ext_usage |= CERT_SERVER_AUTH;
		else if (last == 2)
			c->ext_usage |= CERT_CLIENT_AUTH;
		else
			c->ext_usage |= CERT_OTHER_USAGE;
	}
	return true;
}

/* basicConstraints, RFC 5280 4.2.1.9.  The path length is left to BearSSL. */
static bool
cert_read_constraints(struct cert *c, struct slice value)
{
	struct slice seq, flag;

	if (!der_want(&value, DER_SEQUENCE, &seq, NULL) || value.len != 0)
		return false;
	if (der_want(&seq, DER_BOOLEAN, &flag, NULL))
		c->ca = flag.len == 1 && flag.data[0] != 0;
	return true;
}

/* One extension, RFC 5280 4.2; those that we do not use are skipped. */
static bool
cert_read_extension(struct cert *c, struct slice ext)
{
	struct slice oid, critical = { NULL, 0 }, value;

	if (!der_want(&ext, DER_OID, &oid, NULL))
		return false;
	der_want(&ext, DER_BOOLEAN, &critical, NULL);
	if (!der_want(&ext, DER_OCTETS, &value, NULL) || ext.len != 0)
		return false;
	if (oid.len != 3 || memcmp(oid.data, "\x55\x1d", 2) != 0)
		return true;
	switch (oid.data[2]) {
	case 14:
		return der_want(&value, DER_OCTETS, &c->key_id, NULL);
	case 15:
		return cert_read_key_usage(c, value);
	case 17:
		return c->alt_names.data == NULL &&
		    der_want(&value, DER_SEQUENCE, &c->alt_names, NULL) &&
		    value.len == 0;
	case 19:
		return cert_read_constraints(c, value);
	case 37:
		return cert_read_ext_usage(c, &critical, value);
	}
	return true;
}

static bool
cert_read_extensions(struct cert *c, struct slice *tbs)
{
	struct slice body, list, ext;

	der_want(tbs, DER_ISSUER_ID, &body, NULL);
	der_want(tbs, DER_SUBJECT_ID, &body, NULL);
	if (tbs->len == 0)
		return true;
	if (!der_want(tbs, DER_EXTENSIONS, &body, NULL) || tbs->len != 0 ||
	    !der_want(&body, DER_SEQUENCE, &list, NULL) || body.len != 0)
		return false;
	while (list.len > 0)
		if (!der_want(&list, DER_SEQUENCE, &ext, NULL) ||
		    !cert_read_extension(c, ext))
			return false;
	return true;
}

/* Sets the type of the issuer's key, from the signature's algorithm. */
static bool
cert_read_signer(struct cert *c, struct slice *outer)
{
	struct slice algorithm, oid;

	if (!der_want(outer, DER_SEQUENCE, &algorithm, NULL) ||
	    !der_want(&algorithm, DER_OID, &oid, NULL))
		return false;
	if (oid.len > sizeof(oid_rsa_signed) &&
	    memcmp(oid.data, oid_rsa_signed, sizeof(oid_rsa_signed)) == 0)
		c->signer_type = BR_KEYTYPE_RSA;
	else if (oid.len > sizeof(oid_ec_signed) &&
	    memcmp(oid.data, oid_ec_signed, sizeof(oid_ec_signed)) == 0)
		c->signer_type = BR_KEYTYPE_EC;
	return true;
}

int
cert_read(struct cert *c, const uint8_t *der, size_t len)
{
	struct slice in = { der, len }, outer, tbs, body, seq;

	memset(c, 0, sizeof(*c));
	c->version = 1;
	if (!der_want(&in, DER_SEQUENCE, &outer, &c->all) ||
	    !der_want(&outer, DER_SEQUENCE, &tbs, NULL))
		return -1;
	if (der_want(&tbs, DER_VERSION, &body, NULL)) {
		if (!der_want(&body, DER_INTEGER, &seq, NULL) ||
		    seq.len != 1 || seq.data[0] > 2)
			return -1;
		c->version = seq.data[0] + 1U;
	}
	if (!der_want(&tbs, DER_INTEGER, &body, NULL) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, NULL) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, &c->issuer) ||
	    !der_want(&tbs, DER_SEQUENCE, &seq, NULL) ||
	    !der_time(&seq, &c->not_before_s) ||
	    !der_time(&seq, &c->not_after_s) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, &c->subject) ||
	    !cert_read_spki(c, &tbs) || !cert_read_extensions(c, &tbs) ||
	    !cert_read_signer(c, &outer) ||
	    !der_want(&outer, DER_BITS, &body, NULL) || outer.len != 0)
		return -1;
	return 0;
}
