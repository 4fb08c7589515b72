/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads a private key, RSA or EC, of any of its three forms in DER.
 *
 * NOTES.  All three are a SEQUENCE that begins with a version, and the tag
 * behind that tells them apart.
 *
 *	PKCS#1	version, n, e, d, p, q, dp, dq, iq
 *	SEC1	version, OCTET STRING x, [0] curve, [1] public key
 *	PKCS#8	version, SEQUENCE { algorithm, parameters }, OCTET STRING with
 *		one of the two above, attributes
 *
 * Like the decoder of BearSSL, which is four times as large, it takes versions
 * 0 and 1 of a key that is not in PKCS#8, and passes over what follows the key
 * in PKCS#8 and the curve in SEC1.  The casts remove const because BearSSL's
 * structs lack it; BearSSL does not write to these bytes.
 */

#include "compat.h"

#include "wire/key_der.h"

enum {
	RSA_PRIME_MAX = RSA_MAX_BITS / 16 + 4,	/* bytes: primes are
					 * about half as long as n */
	RSA_NUMBERS_MAX = 3 * 520,	/* bytes, of p to iq together */
	EC_SECRET_MAX = 66,		/* bytes, P-521 */
	KEY_CURVE = 0xa0,		/* tags of SEC1 */
	KEY_PUBLIC = 0xa1,
};

/* The numbers of an RSA key, in their order. */
enum { RSA_N, RSA_E, RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_IQ, RSA_NUM };

/* Takes a version; -1 when there is none or it is above 255. */
static int
take_version(struct slice *in)
{
	struct slice n;

	if (!der_unsigned(in, &n) || n.len > 1)
		return -1;
	return n.len == 0 ? 0 : n.data[0];
}

static bool
is_prime_like(struct slice n)
{
	return n.len > 0 && n.len <= RSA_PRIME_MAX &&
	    (n.data[n.len - 1] & 1) != 0;
}

/* What follows the version in PKCS#1. */
static enum pem_error
read_rsa_key(struct pem_key *key, struct slice in)
{
	struct slice n[RSA_NUM];
	size_t i, len = 0;
	uint32_t bits;
	unsigned top;

	for (i = 0; i < RSA_NUM; i++) {
		if (!der_unsigned(&in, &n[i]))
			return PEM_BAD_KEY;
		len = i <= RSA_P ? n[i].len : len + n[i].len;
		if (len > RSA_NUMBERS_MAX)
			return PEM_KEY_SIZE;
	}
	if (in.len != 0 || n[RSA_N].len == 0)
		return PEM_BAD_KEY;
	bits = (uint32_t)(n[RSA_N].len - 1) * 8;
	for (top = n[RSA_N].data[0]; top > 0; top >>= 1)
		bits++;
	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
		return PEM_KEY_SIZE;
	if (!is_prime_like(n[RSA_P]) || !is_prime_like(n[RSA_Q]))
		return PEM_BAD_KEY;
	key->type = BR_KEYTYPE_RSA;
	key->rsa.n_bitlen = bits;
	key->rsa.p = (unsigned char *)n[RSA_P].data;
	key->rsa.plen = n[RSA_P].len;
	key->rsa.q = (unsigned char *)n[RSA_Q].data;
	key->rsa.qlen = n[RSA_Q].len;
	key->rsa.dp = (unsigned char *)n[RSA_DP].data;
	key->rsa.dplen = n[RSA_DP].len;
	key->rsa.dq = (unsigned char *)n[RSA_DQ].data;
	key->rsa.dqlen = n[RSA_DQ].len;
	key->rsa.iq = (unsigned char *)n[RSA_IQ].data;
	key->rsa.iqlen = n[RSA_IQ].len;
	return PEM_OK;
}

/* Reads the identifier of a curve, which is all of in.  Where *curve is known
 * before, it must be that. */
static enum pem_error
read_curve(struct slice in, int *curve)
{
	struct slice oid;
	size_t point;
	int named;

	if (!der_want(&in, DER_OID, &oid, NULL) || in.len != 0)
		return PEM_BAD_KEY;
	named = cert_curve(oid, &point);
	if (named == 0)
		return PEM_KEY_TYPE;
	if (*curve != 0 && *curve != named)
		return PEM_BAD_KEY;
	*curve = named;
	return PEM_OK;
}

/* What follows the version in SEC1.  0 is a curve that is not known yet. */
static enum pem_error
read_ec_key(struct pem_key *key, struct slice in, int curve)
{
	enum pem_error error;
	struct slice x, params;

	if (!der_want(&in, DER_OCTETS, &x, NULL))
		return PEM_BAD_KEY;
	if (in.len > 0 && in.data[0] != KEY_PUBLIC) {
		if (!der_want(&in, KEY_CURVE, &params, NULL))
			return PEM_BAD_KEY;
		error = read_curve(params, &curve);
		if (error != PEM_OK)
			return error;
	}
	if (curve == 0)
		return PEM_KEY_TYPE;
	if (x.len == 0 || x.len > EC_SECRET_MAX)
		return PEM_BAD_KEY;
	key->type = BR_KEYTYPE_EC;
	key->ec.curve = curve;
	key->ec.x = (unsigned char *)x.data;
	key->ec.xlen = x.len;
	return PEM_OK;
}

/* What follows the version in PKCS#8. */
static enum pem_error
read_pkcs8(struct pem_key *key, struct slice in)
{
	struct slice algorithm, oid, octets, body;
	enum pem_error error;
	unsigned type;
	int curve = 0, version;

	if (!der_want(&in, DER_SEQUENCE, &algorithm, NULL) ||
	    !der_want(&algorithm, DER_OID, &oid, NULL))
		return PEM_BAD_KEY;
	type = cert_key_type(oid);
	if (type == 0)
		return PEM_KEY_TYPE;
	if (type == BR_KEYTYPE_EC && algorithm.len > 0) {
		error = read_curve(algorithm, &curve);
		if (error != PEM_OK)
			return error;
	}
	if (!der_want(&in, DER_OCTETS, &octets, NULL) ||
	    !der_want(&octets, DER_SEQUENCE, &body, NULL) || octets.len != 0)
		return PEM_BAD_KEY;
	version = take_version(&body);
	if (type == BR_KEYTYPE_RSA)
		return version != 0 ? PEM_KEY_TYPE : read_rsa_key(key, body);
	return version != 1 ? PEM_KEY_TYPE : read_ec_key(key, body, curve);
}

enum pem_error
key_der_read(struct pem_key *key, struct slice der)
{
	struct slice seq;
	int version;

	if (!der_want(&der, DER_SEQUENCE, &seq, NULL) || der.len != 0)
		return PEM_BAD_KEY;
	version = take_version(&seq);
	if (version < 0 || seq.len == 0)
		return PEM_BAD_KEY;
	if (version > 1)
		return PEM_KEY_TYPE;
	switch (seq.data[0]) {
	case DER_INTEGER:
		return read_rsa_key(key, seq);
	case DER_OCTETS:
		return read_ec_key(key, seq, 0);
	case DER_SEQUENCE:
		return read_pkcs8(key, seq);
	default:
		return PEM_KEY_TYPE;
	}
}
