/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/table.h: hash tables.  Reads siphash.txt of the test data.
 *
 * NOTES.  The source of the table is compiled into this test, with a calloc()
 * that can fail.
 */

#include "compat.h"

#include "base/alloc.h"
#include "base/log.h"
#include "tap.h"

static bool no_memory;

/* calloc() for the table. */
static void *
test_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : calloc(n, size);
}

#define calloc test_calloc
#include "base/table.c"
#undef calloc

enum { MANY = 100000 };

struct item {
	uint32_t before;
	struct table_node node;
	uint32_t key[2];
};

static const uint8_t seed[TABLE_SEED] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
};

/* The vectors that OpenSSL gives. */
static void
test_hash(void)
{
	const char *folder = getenv("ADIT_TEST_DATA");
	uint8_t in[64];
	char path[1000], line[100];
	unsigned n = 0, right = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/siphash.txt",
	    folder != NULL ? folder : "tests/data");
	f = fopen(path, "r");
	if (!ok(f != NULL, "%s can be read", path))
		return;
	while (n < 64 && fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		in[n] = (uint8_t)n;
		right += strtoull(line, NULL, 16) == table_hash(seed, in, n);
		n++;
	}
	fclose(f);
	ok(right == 64 && n == 64, "SipHash-2-4: %u of %u vectors", right, n);
}

/* Fills keys with the numbers from first on. */
static void
number(struct item *items, uint32_t first)
{
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		items[i].key[0] = first + i;
		items[i].key[1] = 7;
	}
}

/* How many of the items the table finds. */
static size_t
found(const struct table *t, struct item *items)
{
	struct table_node *node;
	uint32_t key[2];
	size_t i, n = 0;

	for (i = 0; i < MANY; i++) {
		memcpy(key, items[i].key, sizeof(key));
		node = table_find(t, key);
		n += node != NULL &&
		    TABLE_ITEM(node, struct item, node) == &items[i];
	}
	return n;
}

/* The longest chain. */
static size_t
longest(const struct table *t)
{
	const struct table_node *node;
	size_t i, n, most = 0;

	for (i = 0; i < t->n_buckets; i++) {
		for (n = 0, node = t->buckets[i]; node != NULL; n++)
			node = node->next;
		most = n > most ? n : most;
	}
	return most;
}

/* Many nodes come and go. */
static void
test_many(struct item *items)
{
	uint32_t key[2] = { MANY, 7 };
	size_t i, missing = 0, most = 0, moved;
	struct table t;

	table_init(&t, TABLE_KEY_AT(struct item, node, key),
	    sizeof(items->key), seed);
	number(items, 0);
	ok(table_find(&t, key) == NULL, "an empty table finds nothing");
	for (i = 0; i < MANY; i++) {
		moved = t.old == NULL ? 0 : t.moved;
		table_add(&t, &items[i].node);
		moved = t.old == NULL ? 0 : t.moved - moved;
		most = moved > most ? moved : most;
		missing += table_find(&t, items[i / 2].key) !=
		    &items[i / 2].node || table_find(&t, items[i].key) !=
		    &items[i].node;
	}
	ok(most > 0 && most <= TABLE_MOVES, "an addition moves the nodes of "
	    "at most %d buckets (%lu)", TABLE_MOVES, (unsigned long)most);
	is_int(missing, 0, "and all are found at any time");
	ok(t.old == NULL, "the growth ends");
	is_int(t.count, MANY, "%d nodes are held", MANY);
	is_int(found(&t, items), MANY, "and found");
	is_int(t.n_buckets, 131072, "the buckets grew with them");
	ok(longest(&t) < 12, "no chain is long (%lu)",
	    (unsigned long)longest(&t));
	ok(table_find(&t, key) == NULL, "a key that was not added");
	for (i = 0; i < MANY; i += 2)
		table_remove(&t, &items[i].node);
	is_int(t.count, MANY / 2, "every second is removed");
	is_int(found(&t, items), MANY / 2, "the others are found");
	for (i = 0; i < MANY; i += 2)
		table_add(&t, &items[i].node);
	is_int(found(&t, items), MANY, "all are added again");
	for (i = 0; i < MANY; i++)
		table_remove(&t, &items[i].node);
	is_int(t.count, 0, "all are removed");
	is_int(longest(&t), 0, "all chains are empty");
	table_free(&t);
	ok(t.buckets == NULL && t.count == 0, "nothing is left of it");
}

/* Nodes that are passed to find one, in the mean of all, in hundredths. */
static unsigned
steps_each(const struct table *t)
{
	const struct table_node *node;
	uint64_t steps = 0, n;
	size_t i;

	for (i = 0; i < t->n_buckets; i++)
		for (n = 0, node = t->buckets[i]; node != NULL;
		    node = node->next)
			steps += ++n;
	return (unsigned)(100 * steps / t->count);
}

/* What is looked for in a table of a million is found as soon as in one of a
 * thousand. */
static void
test_million(void)
{
	enum { MILLION = 1000000, THOUSAND = 1000 };
	struct item *items = xcalloc(MILLION, sizeof(*items));
	struct table few, many;
	uint32_t i;

	table_init(&few, TABLE_KEY_AT(struct item, node, key),
	    sizeof(items->key), seed);
	table_init(&many, TABLE_KEY_AT(struct item, node, key),
	    sizeof(items->key), seed);
	for (i = 0; i < MILLION; i++)
		items[i].key[0] = i;
	for (i = 0; i < THOUSAND; i++)
		table_add(&few, &items[i].node);
	ok(few.old == NULL && steps_each(&few) < 200, "to find one in a "
	    "thousand takes %u.%02u steps", steps_each(&few) / 100,
	    steps_each(&few) % 100);
	for (i = 0; i < THOUSAND; i++)
		table_remove(&few, &items[i].node);
	for (i = 0; i < MILLION; i++)
		table_add(&many, &items[i].node);
	ok(many.old == NULL && steps_each(&many) < 200, "and in a million "
	    "%u.%02u", steps_each(&many) / 100, steps_each(&many) % 100);
	table_free(&few);
	table_free(&many);
	free(items);
}

/* Growth that fails. */
static void
test_no_memory(struct item *items)
{
	struct table t;
	size_t i;

	table_init(&t, TABLE_KEY_AT(struct item, node, key),
	    sizeof(items->key), seed);
	number(items, 1u << 31);
	no_memory = true;
	for (i = 0; i < 1000; i++)
		table_add(&t, &items[i].node);
	is_int(t.n_buckets, 16, "without memory the buckets stay as they are");
	is_int(found(&t, items), 1000, "and all nodes are found");
	no_memory = false;
	for (; i < MANY; i++)
		table_add(&t, &items[i].node);
	ok(t.n_buckets >= MANY / 2, "with memory they grow again");
	is_int(found(&t, items), MANY, "and all nodes are found");
	table_free(&t);
}

/* Two seeds make two tables, one seed makes one. */
static void
test_seed(void)
{
	uint8_t other[TABLE_SEED] = { 1 };

	ok(table_hash(seed, "abc", 3) == table_hash(seed, "abc", 3),
	    "the same seed gives the same hash");
	ok(table_hash(seed, "abc", 3) != table_hash(other, "abc", 3),
	    "another seed gives another");
}

int
main(void)
{
	struct item *items = xcalloc(MANY, sizeof(*items));

	test_hash();
	test_many(items);
	test_no_memory(items);
	test_million();
	test_seed();
	free(items);
	return done_testing();
}
