/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/checksum.h: each length and place gives the checksum that a plain sum of
 * 16-bit words does.
 */

#include "compat.h"

#include "wire/checksum.h"
#include "ip_packets.h"
#include "tap.h"

enum { SPACE = 70000 };

static uint8_t space[SPACE], copy[SPACE];

/* Fills the space with bytes that depend on a seed. */
static void
fill(uint32_t seed)
{
	size_t i;

	for (i = 0; i < SPACE; i++) {
		seed = seed * 1664525 + 1013904223;
		space[i] = (uint8_t)(seed >> 24);
	}
}

static void
test_vectors(void)
{
	static const uint8_t rfc[] = {
		0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7,
	};

	is_int(checksum_end(checksum_add(0, rfc, 8)), 0xffff & ~0xddf2,
	    "RFC 1071's example");
	is_int(checksum_end(0), 0xffff, "of nothing");
	is_int(checksum_end(checksum_add_word(0, 0x1234)), 0xffff & ~0x1234,
	    "of a word");
	is_int(checksum_end(checksum_add_word(checksum_add_word(0, 0xffff),
	    1)), 0xfffe, "a carry goes round");
	is_int(checksum_end(checksum_add_word(0, 0xffff)), 0,
	    "and all ones are zero");
}

static void
test_lengths(void)
{
	size_t n, at;
	bool right = true;

	fill(1);
	for (n = 0; n < 300; n++)
		for (at = 0; at < 9; at++)
			right = right && checksum_end(checksum_add(0,
			    space + at, n)) == plain_fold(plain_sum(space + at,
			    n));
	ok(right, "each length from 0 to 299, at each place");
	right = true;
	for (n = 65500; n <= 65575; n++)
		right = right && checksum_end(checksum_add(0, space, n)) ==
		    plain_fold(plain_sum(space, n));
	ok(right, "the longest packets");
	memset(space, 0xff, sizeof(space));
	is_int(checksum_end(checksum_add(0, space, 65574)), 0,
	    "nothing but ones");
	is_int(checksum_end(checksum_add(0, space, 65573)), 0x00ff,
	    "and an odd number of them");
}

static void
test_pieces(void)
{
	size_t n, cut;
	bool right = true;

	fill(2);
	for (n = 0; n < 200; n += 3)
		for (cut = 0; cut <= n; cut += 2)
			right = right && checksum_end(checksum_add(
			    checksum_add(0, space, cut), space + cut,
			    n - cut)) == plain_fold(plain_sum(space, n));
	ok(right, "a sum in two pieces is that of all");
}

static void
test_copy(void)
{
	bool right = true, same = true;
	size_t n;

	fill(3);
	for (n = 0; n < 300; n++) {
		memset(copy, 0x55, n + 2);
		right = right && checksum_end(checksum_copy(
		    checksum_add_word(0, 7), copy + 1, space, n)) ==
		    plain_fold(plain_sum(space, n) + 7);
		same = same && memcmp(copy + 1, space, n) == 0 &&
		    copy[0] == 0x55 && copy[n + 1] == 0x55;
	}
	ok(right, "a copy is summed");
	ok(same, "and is one, and nothing else is written");
}

int
main(void)
{
	test_vectors();
	test_lengths();
	test_pieces();
	test_copy();
	return done_testing();
}
