/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A hash table; the nodes are members of the structs in it.
 */

#include "compat.h"

#include "base/table.h"
#include "base/alloc.h"
#include "base/log.h"

enum { FIRST_BUCKETS = 16 };

/* Rotates to the left. */
static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* One SipRound on the four words of the state. */
static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/* Reads n <= 8 bytes as a little-endian word. */
static uint64_t
get_le(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | p[n];
	return word;
}

/* Mixes one word of input into the state. */
static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

uint64_t
table_hash(const uint8_t seed[TABLE_SEED], const void *p, size_t n)
{
	const uint8_t *in = p;
	uint64_t k0 = get_le(seed, 8), k1 = get_le(seed + 8, 8);
	uint64_t v[4];
	size_t left;
	int i;

	v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
	v[1] = k1 ^ UINT64_C(0x646f72616e646f6d);
	v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
	v[3] = k1 ^ UINT64_C(0x7465646279746573);
	for (left = n; left >= 8; left -= 8, in += 8)
		sip_word(v, get_le(in, 8));
	sip_word(v, (uint64_t)n << 56 | get_le(in, left));
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The bucket of a hash. */
static struct table_node **
bucket(const struct table *t, uint64_t hash)
{
	size_t at = (size_t)hash & (t->n_buckets / 2 - 1);

	if (t->old != NULL && at >= t->moved)
		return &t->old[at];
	return &t->buckets[(size_t)hash & (t->n_buckets - 1)];
}

void
table_init(struct table *t, ptrdiff_t key_at, size_t key_len,
    const uint8_t seed[TABLE_SEED])
{
	t->buckets = xcalloc(FIRST_BUCKETS, sizeof(*t->buckets));
	t->n_buckets = FIRST_BUCKETS;
	t->old = NULL;
	t->moved = 0;
	t->count = 0;
	t->key_at = key_at;
	t->key_len = key_len;
	memcpy(t->seed, seed, TABLE_SEED);
}

void
table_free(struct table *t)
{
	free(t->buckets);
	free(t->old);
	explicit_bzero(t, sizeof(*t));
}

/* The key of a node. */
static const void *
key_of(const struct table *t, const struct table_node *node)
{
	return (const char *)node + t->key_at;
}

struct table_node *
table_find(const struct table *t, const void *key)
{
	uint64_t hash = table_hash(t->seed, key, t->key_len);
	struct table_node *node;

	for (node = *bucket(t, hash); node != NULL; node = node->next)
		if (node->hash == hash &&
		    memcmp(key_of(t, node), key, t->key_len) == 0)
			return node;
	return NULL;
}

/* Begins to double the number of buckets; leaves it when there is no memory. */
static void
grow(struct table *t)
{
	struct table_node **grown = calloc(t->n_buckets, 2 * sizeof(*grown));

	if (grown == NULL)
		return;
	t->old = t->buckets;
	t->moved = 0;
	t->buckets = grown;
	t->n_buckets *= 2;
}

/* Moves the nodes of the next old bucket. */
static void
move_bucket(struct table *t)
{
	struct table_node *node = t->old[t->moved], *next, **at;

	t->moved++;
	for (; node != NULL; node = next) {
		next = node->next;
		at = bucket(t, node->hash);
		node->next = *at;
		*at = node;
	}
	if (t->moved < t->n_buckets / 2)
		return;
	free(t->old);
	t->old = NULL;
}

void
table_add(struct table *t, struct table_node *node)
{
	struct table_node **at;
	int i;

	if (t->old == NULL && t->count >= t->n_buckets)
		grow(t);
	for (i = 0; i < TABLE_MOVES && t->old != NULL; i++)
		move_bucket(t);
	node->hash = table_hash(t->seed, key_of(t, node), t->key_len);
	at = bucket(t, node->hash);
	node->next = *at;
	*at = node;
	t->count++;
}

void
table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = bucket(t, node->hash);

	while (*at != node) {
		must(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	t->count--;
}
