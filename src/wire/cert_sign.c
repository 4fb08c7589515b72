/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Checks the signature of a certificate with BearSSL.
 */

#include "compat.h"

#include "wire/cert_sign.h"

#include "wire/curves.h"

/* A hash, by the last byte of the signature's object identifier. */
struct sign_hash {
	uint8_t rsa, ec;	/* sha256WithRSAEncryption, ecdsa-with-SHA256 */
	const br_hash_class *hash;
	const unsigned char *oid;	/* as BearSSL's RSA wants it */
};

static const struct sign_hash *
find_sign_hash(const struct cert *c)
{
	static const struct sign_hash hashes[] = {
		{ 11, 2, &br_sha256_vtable, BR_HASH_OID_SHA256 },
		{ 12, 3, &br_sha384_vtable, BR_HASH_OID_SHA384 },
		{ 13, 4, &br_sha512_vtable, BR_HASH_OID_SHA512 },
	};
	/* rsaEncryption's arc, and ecdsa-with-SHA2's. */
	static const uint8_t rsa[] =
	    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 };
	static const uint8_t ec[] =
	    { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03 };
	struct slice arc = c->signer_oid;
	uint8_t last;
	size_t i;

	if (arc.len == 0)
		return NULL;
	last = arc.data[--arc.len];
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if ((slice_is(arc, rsa, sizeof(rsa)) &&
		    hashes[i].rsa == last) ||
		    (slice_is(arc, ec, sizeof(ec)) && hashes[i].ec == last))
			return &hashes[i];
	return NULL;
}

bool
cert_sign_is_known(const struct cert *c)
{
	return find_sign_hash(c) != NULL;
}

bool
cert_is_signed_by(const struct cert *c, const br_x509_pkey *key)
{
	const struct sign_hash *h = find_sign_hash(c);
	unsigned char want[br_sha512_SIZE], got[br_sha512_SIZE];
	br_hash_compat_context hash;
	size_t n;

	if (h == NULL || key->key_type != c->signer_type)
		return false;
	n = (h->hash->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK;
	h->hash->init(&hash.vtable);
	h->hash->update(&hash.vtable, c->tbs.data, c->tbs.len);
	h->hash->out(&hash.vtable, want);
	if (key->key_type == BR_KEYTYPE_EC)
		return br_ecdsa_vrfy_asn1_get_default()(curves_get(),
		    want, n, &key->key.ec, c->signature.data,
		    c->signature.len) == 1;
	return br_rsa_pkcs1_vrfy_get_default()(c->signature.data,
	    c->signature.len, h->oid, n, &key->key.rsa, got) == 1 &&
	    memcmp(want, got, n) == 0;
}

unsigned
cert_sign_work(const br_x509_pkey *key)
{
	enum { USUAL_MODULUS = 256, USUAL_EXPONENT = 4 };	/* bytes */
	unsigned work = 1;

	if (key->key_type == BR_KEYTYPE_EC)
		return key->key.ec.curve == BR_EC_secp521r1 ? 8 :
		    key->key.ec.curve == BR_EC_secp384r1 ? 4 : 1;
	if (key->key.rsa.nlen > USUAL_MODULUS)
		work *= 2;
	if (key->key.rsa.elen > USUAL_EXPONENT)
		work *= 4;
	return work;
}
