/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the test and the fuzz target of key_der: private keys as BearSSL's
 * decoder reads them, with the sizes that key_der takes.
 */

#ifndef OLD_KEY_H
#define OLD_KEY_H

#include "compat.h"

#include "wire/tls_pem.h"

struct old_key {
	br_skey_decoder_context decoder;	/* the numbers are here */
	uint8_t spare[64];	/* BearSSL 0.6 writes up to 24 bytes here */
};

static inline bool
old_prime_fits(const unsigned char *p, size_t len)
{
	return len > 0 && len <= 4096 / 16 + 4 && (p[len - 1] & 1) != 0;
}

/* Does BearSSL read a key that we take? */
static inline bool
old_key_read(struct old_key *d, const uint8_t *der, size_t len)
{
	const br_rsa_private_key *rsa;
	const br_ec_private_key *ec;

	br_skey_decoder_init(&d->decoder);
	br_skey_decoder_push(&d->decoder, der, len);
	if (br_skey_decoder_last_error(&d->decoder) != 0)
		return false;
	if (br_skey_decoder_key_type(&d->decoder) == BR_KEYTYPE_RSA) {
		rsa = br_skey_decoder_get_rsa(&d->decoder);
		return rsa->n_bitlen >= 2048 && rsa->n_bitlen <= 4096 &&
		    old_prime_fits(rsa->p, rsa->plen) &&
		    old_prime_fits(rsa->q, rsa->qlen);
	}
	ec = br_skey_decoder_get_ec(&d->decoder);
	return ec->xlen > 0 && ec->xlen <= 66;
}

static inline bool
old_number_is(const unsigned char *a, size_t a_len, const unsigned char *b,
    size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

/* Did both read the same key? */
static inline bool
old_key_is(struct old_key *d, const struct pem_key *key)
{
	const br_rsa_private_key *r = br_skey_decoder_get_rsa(&d->decoder);
	const br_ec_private_key *e = br_skey_decoder_get_ec(&d->decoder);
	const br_rsa_private_key *k = &key->rsa;

	if (key->type == BR_KEYTYPE_EC)
		return e != NULL && e->curve == key->ec.curve &&
		    old_number_is(e->x, e->xlen, key->ec.x, key->ec.xlen);
	return r != NULL && r->n_bitlen == k->n_bitlen &&
	    old_number_is(r->p, r->plen, k->p, k->plen) &&
	    old_number_is(r->q, r->qlen, k->q, k->qlen) &&
	    old_number_is(r->dp, r->dplen, k->dp, k->dplen) &&
	    old_number_is(r->dq, r->dqlen, k->dq, k->dqlen) &&
	    old_number_is(r->iq, r->iqlen, k->iq, k->iqlen);
}

#endif
