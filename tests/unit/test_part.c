/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Beginnings of frames: what they hold, what they cost, and which one makes
 * way.
 */

#include "compat.h"

#include "tunnel/part.h"

#include "tap.h"

enum { MANY = 16384, FRAME = 65535 + 8 };

static struct parts all;
static struct part part[MANY];
static uint8_t bytes[FRAME];

/* Adds n bytes in pieces of at most that many; the most that the part had
 * allocated for each byte that came, and 512. */
static bool
grow(struct part *p, size_t n, size_t piece, size_t need)
{
	bool frugal = true;
	size_t now;

	for (; n > 0; n -= now) {
		now = n < piece ? n : piece;
		if (part_in_the_way(&all, p, now, need) != NULL ||
		    part_add(&all, p, bytes + p->len, now, need) != 0)
			return false;
		frugal = frugal && p->size >= p->len && p->size <= need &&
		    p->size <= 2 * p->len + 512;
	}
	return frugal;
}

static void
test_growth(void)
{
	static const size_t need[] = { 1, 2, 8, 511, 512, 513, 1400, 2048,
	    40000, FRAME };
	static const size_t piece[] = { 1, 7, 1000, FRAME };
	unsigned i, j;

	parts_init(&all);
	for (i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		for (j = 0; j < sizeof(piece) / sizeof(piece[0]); j++) {
			ok(grow(&part[0], need[i], piece[j], need[i]),
			    "%u bytes in pieces of %u: never more memory than "
			    "the frame needs, or twice what came",
			    (unsigned)need[i], (unsigned)piece[j]);
			ok(part[0].len == need[i] &&
			    memcmp(part[0].bytes, bytes, need[i]) == 0,
			    "and all bytes are there");
			is_int(all.bytes, need[i], "and are counted");
			part_drop(&all, &part[0]);
			is_int(all.bytes, 0, "until they are forgotten");
		}
	grow(&part[0], 8, 8, 8);
	ok(grow(&part[0], 1, 1, FRAME), "a header, and then a byte of what it "
	    "promises");
	ok(all.bytes <= 512, "costs no more than those");
	part_drop(&all, &part[0]);
	part_drop(&all, &part[0]);
	ok(all.bytes == 0 && list_empty(&all.begun), "forgetting one twice is "
	    "harmless");
}

/* Many of them, each of which wants to be whole. */
static void
test_bound(void)
{
	struct part *old;
	unsigned i, gone = 0, wrong = 0;
	size_t most = 0;

	parts_init(&all);
	for (i = 0; i < MANY; i++) {
		while ((old = part_in_the_way(&all, &part[i], 60000, FRAME)) !=
		    NULL) {
			wrong += old != &part[gone];
			gone++;
			part_drop(&all, old);
		}
		part_add(&all, &part[i], bytes, 60000, FRAME);
		if (all.bytes > most)
			most = all.bytes;
	}
	ok(most <= PARTS_MAX && most > PARTS_MAX - FRAME, "%u frames of which "
	    "60,000 bytes came: memory stays within 8 MiB", MANY);
	is_int(wrong, 0, "it is always the oldest that makes way");
	is_int(MANY - gone, PARTS_MAX / (long)part[MANY - 1].size, "and no "
	    "more of them than must");
	for (i = 0; i < MANY; i++)
		part_drop(&all, &part[i]);
	ok(all.bytes == 0 && list_empty(&all.begun), "in the end none is left");
}

/* Age is that of the frame, not of what came of it last. */
static void
test_age(void)
{
	unsigned i;

	parts_init(&all);
	part_add(&all, &part[0], bytes, 100, FRAME);
	for (i = 1; i < MANY - 1 &&
	    part_in_the_way(&all, &part[i], 30000, 30000) == NULL; i++)
		part_add(&all, &part[i], bytes, 30000, 30000);
	ok(part_in_the_way(&all, &part[0], 1, FRAME) == NULL, "what fits into "
	    "the memory of a part needs no other to make way");
	part_add(&all, &part[0], bytes, 1, FRAME);
	ok(part_in_the_way(&all, &part[i], 30000, 30000) == &part[0], "one "
	    "that goes on does not get younger");
	ok(part_in_the_way(&all, &part[0], 65000, FRAME) == &part[0], "and "
	    "makes way itself when it wants more than there is");
	part_drop(&all, &part[0]);
	part_add(&all, &part[0], bytes, 100, FRAME);
	ok(part_in_the_way(&all, &part[i], 30000, 30000) == &part[1], "a "
	    "connection's next frame is a young one");
	while (i-- > 0)
		part_drop(&all, &part[i]);
	is_int(all.bytes, 0, "in the end none is left");
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	test_growth();
	test_bound();
	test_age();
	return done_testing();
}
