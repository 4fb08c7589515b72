/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A hash table whose links are members of what it holds.
 *
 * NOTES.  Strangers choose many of the keys, so the hash is SipHash-2-4 under
 * a secret seed (Aumasson and Bernstein, 2012).  Growing needs memory; when
 * there is none the table goes on with longer chains.
 */

#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { TABLE_SEED = 16 };

struct table_node {
	struct table_node *next;	/* in the same bucket */
	uint64_t hash;
};

struct table {
	struct table_node **buckets;
	size_t n_buckets;		/* a power of two */
	size_t count;			/* nodes held */
	ptrdiff_t key_at;		/* bytes from a node to its key */
	size_t key_len;			/* bytes of a key */
	uint8_t seed[TABLE_SEED];
};

/* The struct of a type that holds this node as the named member. */
#define TABLE_ITEM(node, type, member) \
	((type *)(void *)((char *)(node) - offsetof(type, member)))

/* Bytes from member `node` to member `key` of a type, for table_init(). */
#define TABLE_KEY_AT(type, node, key) \
	((ptrdiff_t)offsetof(type, key) - (ptrdiff_t)offsetof(type, node))

/* An empty table.  Ends the program when there is no memory. */
void table_init(struct table *t, ptrdiff_t key_at, size_t key_len,
    const uint8_t seed[TABLE_SEED]);

/* Frees the buckets, not what they held. */
void table_free(struct table *t);

/* The node with that key, or NULL. */
struct table_node *table_find(const struct table *t, const void *key);

/* Adds a node whose key is in place and not yet in the table. */
void table_add(struct table *t, struct table_node *node);

/* Takes out a node that is in the table. */
void table_remove(struct table *t, struct table_node *node);

/* SipHash-2-4 of some bytes (for tests, and tables of other shapes). */
uint64_t table_hash(const uint8_t seed[TABLE_SEED], const void *p, size_t n);

#endif
