/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The key schedule of PSK and ECDHE_PSK.
 */

#include "compat.h"

#include <bearssl.h>

#include "wire/dtls_kx.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/curves.h"
#include "wire/dtls_hello.h"
#include "wire/dtls_record.h"
#include "wire/dtls_suite.h"

enum {
	KX_PREMASTER_MAX = 2 + DTLS_PSK_MAX + 2 + DTLS_PSK_MAX,
	KX_PART_MAX = 32 + 32 + 16,	/* bytes of the key block for one
				 * direction */
	KX_POINT = 4,		/* first byte of an uncompressed point */
};

/* Makes a new key pair. */
static void
kx_generate(const struct dtls_group *group, struct random *random,
    uint8_t *scalar, uint8_t *share)
{
	const br_ec_impl *ec = curves_get();
	br_ec_private_key key;
	size_t n;

	n = br_ec_keygen(random_prng(random), ec, &key, scalar, group->id);
	must(n == group->scalar);
	n = br_ec_compute_pub(ec, NULL, share, &key);
	must(n == group->share);
}

void
dtls_spare_fill(struct dtls_spare *spare, struct random *random)
{
	if (spare->last == NULL || spare->group == spare->last)
		return;
	kx_generate(spare->last, random, spare->scalar, spare->share);
	spare->group = spare->last;
}

void
dtls_kx_make(const struct dtls_group *group, struct dtls_spare *spare,
    struct random *random, uint8_t *scalar, uint8_t *share)
{
	if (spare != NULL)
		spare->last = group;
	if (spare == NULL || spare->group != group) {
		kx_generate(group, random, scalar, share);
		return;
	}
	memcpy(scalar, spare->scalar, group->scalar);
	memcpy(share, spare->share, group->share);
	explicit_bzero(spare->scalar, sizeof(spare->scalar));
	spare->group = NULL;
}

int
dtls_kx_shared(const struct dtls_group *group, const uint8_t *scalar,
    const uint8_t *share, size_t share_len, uint8_t *z)
{
	const br_ec_impl *ec = curves_get();
	uint8_t point[DTLS_SHARE_MAX], any = 0;
	uint32_t good;
	size_t i, at, len;

	if (share_len != group->share || (group->id != BR_EC_curve25519 &&
	    share[0] != KX_POINT))
		return -1;
	memcpy(point, share, share_len);
	good = ec->mul(point, share_len, scalar, group->scalar, group->id);
	at = ec->xoff(group->id, &len);
	must(len == group->secret && at + len <= share_len);
	for (i = 0; i < len; i++)
		any |= point[at + i];
	if (good == 1 && any != 0)
		memcpy(z, point + at, len);
	else
		good = 0;
	explicit_bzero(point, sizeof(point));
	return good == 1 ? 0 : -1;
}

/* Writes n bytes after their length in two bytes, zeroes for NULL; returns the
 * end. */
static uint8_t *
kx_put(uint8_t *p, const uint8_t *data, size_t n)
{
	put_be16(p, (uint16_t)n);
	if (data == NULL)
		memset(p + 2, 0, n);
	else
		memcpy(p + 2, data, n);
	return p + 2 + n;
}

void
dtls_kx_master(uint8_t master[DTLS_MASTER], const uint8_t *z, size_t z_len,
    const uint8_t *psk, size_t psk_len, const uint8_t *session_hash,
    const uint8_t *client_random, const uint8_t *server_random)
{
	uint8_t premaster[KX_PREMASTER_MAX], *p = premaster;
	br_tls_prf_seed_chunk seed[2];
	const char *label;
	size_t n_seed;

	must(z_len <= DTLS_SECRET_MAX);
	must(psk_len >= 1 && psk_len <= DTLS_PSK_MAX);
	/* The premaster secret (RFC 4279 2, RFC 5489 2); for plain PSK zeroes,
	 * as many as the key has bytes, are in z's place. */
	p = kx_put(p, z, z == NULL ? psk_len : z_len);
	p = kx_put(p, psk, psk_len);
	if (session_hash != NULL) {
		label = "extended master secret";
		seed[0].data = session_hash;
		seed[0].len = DTLS_HASH;
		n_seed = 1;
	} else {
		label = "master secret";
		seed[0].data = client_random;
		seed[1].data = server_random;
		seed[0].len = seed[1].len = DTLS_RANDOM;
		n_seed = 2;
	}
	br_tls12_sha256_prf(master, DTLS_MASTER, premaster,
	    (size_t)(p - premaster), label, n_seed, seed);
	explicit_bzero(premaster, sizeof(premaster));
}

void
dtls_kx_keys(const struct dtls_suite *suite, const uint8_t master[DTLS_MASTER],
    const uint8_t *client_random, const uint8_t *server_random, bool server,
    struct dtls_half *read, struct dtls_half *write,
    const struct cpu *cpu, struct random *random)
{
	uint8_t block[2 * KX_PART_MAX];
	const uint8_t *mac, *key, *iv;
	br_tls_prf_seed_chunk seed[2];
	size_t part = (size_t)suite->mac + suite->key + suite->iv;
	size_t mine = server ? 1 : 0;

	must(part <= KX_PART_MAX);
	seed[0].data = server_random;
	seed[1].data = client_random;
	seed[0].len = seed[1].len = DTLS_RANDOM;
	br_tls12_sha256_prf(block, 2 * part, master, DTLS_MASTER,
	    "key expansion", 2, seed);
	/* MAC keys, keys, IVs; of each the client's first (RFC 5246 6.3). */
	mac = block;
	key = mac + 2 * (size_t)suite->mac;
	iv = key + 2 * (size_t)suite->key;
	dtls_half_init(write, cpu, suite, true, key + mine * suite->key,
	    mac + mine * suite->mac, iv + mine * suite->iv, random);
	mine = 1 - mine;
	dtls_half_init(read, cpu, suite, false, key + mine * suite->key,
	    mac + mine * suite->mac, iv + mine * suite->iv, random);
	explicit_bzero(block, sizeof(block));
}

void
dtls_kx_finished(uint8_t verify[DTLS_VERIFY],
    const uint8_t master[DTLS_MASTER], bool of_server,
    const uint8_t hash[DTLS_HASH])
{
	br_tls_prf_seed_chunk seed;

	seed.data = hash;
	seed.len = DTLS_HASH;
	br_tls12_sha256_prf(verify, DTLS_VERIFY, master, DTLS_MASTER,
	    of_server ? "server finished" : "client finished", 1, &seed);
}
