/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A hash table; the nodes are members of the structs in it.
 *
 * NOTES.  Peers choose many of the keys, so the hash is SipHash-2-4 with a
 * secret seed (Aumasson and Bernstein, 2012).  When there is no memory for more
 * buckets, the chains grow longer instead.
 *
 * A table that grows has two arrays: each table_add() moves the nodes of
 * TABLE_MOVES buckets of the old one, in their order, so that no addition takes
 * long.  A bucket of the old array from `moved` on has not been moved yet.
 */

#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum {
	TABLE_SEED = 16,	/* bytes */
	TABLE_MOVES = 2,	/* buckets moved by one addition */
};

struct table_node {
	struct table_node *next;	/* in the same bucket */
	uint64_t hash;			/* of the key */
};

struct table {
	struct table_node **buckets;	/* the first node of each */
	size_t n_buckets;		/* a power of two */
	struct table_node **old;	/* half as many, while they are moved;
					 * else NULL */
	size_t moved;			/* of those */
	size_t count;			/* nodes in the table */
	ptrdiff_t key_at;		/* bytes from a node to its key */
	size_t key_len;			/* bytes of a key */
	uint8_t seed[TABLE_SEED];	/* of the hash; secret */
};

/* The struct of a type whose member is this node. */
#define TABLE_ITEM(node, type, member) \
	((type *)(void *)((char *)(node) - offsetof(type, member)))

/* Bytes from member `node` to member `key` of a type, for table_init(). */
#define TABLE_KEY_AT(type, node, key) \
	((ptrdiff_t)offsetof(type, key) - (ptrdiff_t)offsetof(type, node))

/* Makes an empty table.  Ends the program when there is no memory. */
void table_init(struct table *t, ptrdiff_t key_at, size_t key_len,
    const uint8_t seed[TABLE_SEED]);

/* Frees the buckets, not the nodes. */
void table_free(struct table *t);

/* The node with that key, or NULL. */
struct table_node *table_find(const struct table *t, const void *key);

/* Adds a node, whose key is set and is not in the table yet. */
void table_add(struct table *t, struct table_node *node);

/* Removes a node that is in the table. */
void table_remove(struct table *t, struct table_node *node);

/* SipHash-2-4 of n bytes, for tests and for other kinds of tables. */
uint64_t table_hash(const uint8_t seed[TABLE_SEED], const void *p, size_t n);

#endif
