/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the tests of DTLS: seals records in the plainest way, by other functions
 * of BearSSL than wire/dtls_record.c, and also such records as that never
 * makes.
 */

#ifndef DTLS_REFERENCE_H
#define DTLS_REFERENCE_H

#include "compat.h"

#include <bearssl.h>

#include "wire/dtls_record.h"

/* What a record is sealed with. */
struct reference {
	const struct dtls_suite *suite;
	uint8_t key[32], mac[32], iv[16];
	uint8_t cid[DTLS_CID_MAX];
	size_t cid_len;
	bool twice;		/* the MAC of pion */
	size_t pad;		/* what CBC's padding says, or */
};

#define REFERENCE_LEAST SIZE_MAX	/* as little as possible */

/* Number n in so many bytes. */
static inline uint8_t *
reference_put(uint8_t *p, uint64_t n, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		p[i] = (uint8_t)(n >> 8 * (bytes - 1 - i));
	return p + bytes;
}

/* What is authenticated besides the text; its length. */
static inline size_t
reference_aad(const struct reference *r, uint8_t *aad, uint8_t type,
    uint64_t number, size_t len)
{
	uint8_t *p = aad;

	if (type != DTLS_CID_RECORD) {
		p = reference_put(p, number, 8);
		p = reference_put(p, type, 1);
		p = reference_put(p, 0xfefd, 2);
		return (size_t)(reference_put(p, len, 2) - aad);
	}
	p = reference_put(p, UINT64_MAX, 8);
	p = reference_put(p, 25, 1);
	p = reference_put(p, r->cid_len, 1);
	p = reference_put(p, 25, 1);
	p = reference_put(p, 0xfefd, 2);
	p = reference_put(p, number, 8);
	memcpy(p, r->cid, r->cid_len);
	return (size_t)(reference_put(p + r->cid_len, len, 2) - aad);
}

/* Adds MAC and padding, encrypts; the new length. */
static inline size_t
reference_cbc(const struct reference *r, const uint8_t *aad, size_t aad_len,
    const uint8_t iv[16], uint8_t *text, size_t len)
{
	br_hmac_key_context key;
	br_hmac_context hmac;
	br_aes_small_cbcenc_keys enc;
	uint8_t chain[16];
	size_t pad = r->pad;

	br_hmac_key_init(&key, &br_sha256_vtable, r->mac, r->suite->mac);
	br_hmac_init(&hmac, &key, 0);
	br_hmac_update(&hmac, aad, aad_len);
	br_hmac_update(&hmac, text, len);
	if (r->twice)
		br_hmac_update(&hmac, text, len);
	len += br_hmac_out(&hmac, text + len);
	if (pad == REFERENCE_LEAST)
		pad = 15 - len % 16;
	memset(text + len, (int)pad, pad + 1);
	len += pad + 1;
	memcpy(chain, iv, 16);
	br_aes_small_cbcenc_init(&enc, r->key, r->suite->key);
	br_aes_small_cbcenc_run(&enc, chain, text, len);
	return len;
}

/* Encrypts and adds the tag. */
static inline void
reference_aead(const struct reference *r, const uint8_t *aad, size_t aad_len,
    const uint8_t nonce[12], uint8_t *text, size_t len)
{
	br_aes_small_ctr_keys ctr;
	br_aes_small_ctrcbc_keys ctrcbc;
	br_gcm_context gcm;
	br_ccm_context ccm;

	if (r->suite->cipher == DTLS_CHACHA)
		br_poly1305_i15_run(r->key, nonce, text, len, aad, aad_len,
		    text + len, &br_chacha20_ct_run, 1);
	else if (r->suite->cipher == DTLS_GCM) {
		br_aes_small_ctr_init(&ctr, r->key, r->suite->key);
		br_gcm_init(&gcm, &ctr.vtable, &br_ghash_ctmul32);
		br_gcm_reset(&gcm, nonce, 12);
		br_gcm_aad_inject(&gcm, aad, aad_len);
		br_gcm_flip(&gcm);
		br_gcm_run(&gcm, 1, text, len);
		br_gcm_get_tag(&gcm, text + len);
	} else {
		br_aes_small_ctrcbc_init(&ctrcbc, r->key, r->suite->key);
		br_ccm_init(&ccm, &ctrcbc.vtable);
		br_ccm_reset(&ccm, nonce, 12, aad_len, len, r->suite->tag);
		br_ccm_aad_inject(&ccm, aad, aad_len);
		br_ccm_flip(&ccm);
		br_ccm_run(&ccm, 1, text, len);
		br_ccm_get_tag(&ccm, text + len);
	}
}

/* Writes a record of epoch 1 with that (inner) plaintext; its length.  explicit
 * is its explicit nonce or IV. */
static inline size_t
reference_seal(const struct reference *r, uint8_t *out, uint8_t type,
    uint64_t seq, const uint8_t *explicit_iv, const uint8_t *plain, size_t len)
{
	const struct dtls_suite *s = r->suite;
	uint64_t number = UINT64_C(1) << 48 | seq;
	size_t cid_len = type == DTLS_CID_RECORD ? r->cid_len : 0;
	uint8_t aad[64], nonce[16], *p = out, *text;
	size_t aad_len = reference_aad(r, aad, type, number, len), i;

	p = reference_put(p, type, 1);
	p = reference_put(p, 0xfefd, 2);
	p = reference_put(p, number, 8);
	memcpy(p, r->cid, cid_len);
	p += cid_len;
	text = p + 2 + s->explicit_iv;
	memcpy(p + 2, explicit_iv, s->explicit_iv);
	memcpy(text, plain, len);
	memcpy(nonce, r->iv, s->iv);
	if (s->cipher == DTLS_CHACHA)
		for (i = 0; i < 8; i++)
			nonce[4 + i] ^= (uint8_t)(number >> (56 - 8 * i));
	else if (s->cipher != DTLS_CBC)
		memcpy(nonce + 4, explicit_iv, 8);
	if (s->cipher == DTLS_CBC)
		len = reference_cbc(r, aad, aad_len, explicit_iv, text, len);
	else {
		reference_aead(r, aad, aad_len, nonce, text, len);
		len += s->tag;
	}
	reference_put(p, len + s->explicit_iv, 2);
	return (size_t)(text + len - out);
}

#endif
