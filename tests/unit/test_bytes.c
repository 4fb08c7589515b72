/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/bytes.h: numbers in network byte order.
 */

#include "compat.h"

#include "base/bytes.h"
#include "tap.h"

/* Writing and reading at every alignment. */
static void
test_numbers(void)
{
	static const uint8_t wire[8] = {
		0x81, 0x02, 0xf3, 0x04, 0x85, 0x06, 0x07, 0xff,
	};
	uint8_t buf[16];
	bool same = true;
	size_t i;

	is_int(get_be16(wire), 0x8102, "16 bits, high byte first");
	is_int(get_be32(wire), 0x8102f304, "32 bits");
	ok(get_be64(wire) == UINT64_C(0x8102f304850607ff), "64 bits");
	put_be16(buf, 0x8102);
	is_mem(buf, wire, 2, "16 bits are written as they are read");
	put_be32(buf, UINT32_C(0x8102f304));
	is_mem(buf, wire, 4, "32 bits");
	put_be64(buf, UINT64_C(0x8102f304850607ff));
	is_mem(buf, wire, 8, "64 bits");
	for (i = 0; i < 8; i++) {
		put_be64(buf + i, UINT64_MAX - i);
		put_be32(buf + i, (uint32_t)(UINT32_MAX - i));
		same = same && get_be32(buf + i) == UINT32_MAX - i &&
		    get_be32(buf + i + 4) == UINT32_MAX - i;
	}
	ok(same, "numbers need no alignment");
}

/* The reader within its input and past its end. */
static void
test_reader(void)
{
	static const uint8_t wire[16] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	};
	struct bytes in = { wire, sizeof(wire), false };

	is_int(bytes_u8(&in), 1, "reads a byte");
	is_int(bytes_be16(&in), 0x0203, "reads 16 bits");
	is_int(bytes_be32(&in), 0x04050607, "reads 32 bits");
	ok(bytes_be64(&in) == UINT64_C(0x08090a0b0c0d0e0f), "reads 64 bits");
	ok(in.len == 1 && !in.bad, "one byte is left");
	ok(bytes_take(&in, 0) == wire + 15, "no bytes can be taken");
	ok(bytes_take(&in, 1) == wire + 15, "the last byte can be taken");
	ok(bytes_take(&in, 0) == wire + 16 && !in.bad,
	    "no bytes can be taken at the end");
	is_int(bytes_u8(&in), 0, "past the end there are zeros");
	ok(in.bad, "and the input is bad");

	in.data = wire;
	in.len = 3;
	in.bad = false;
	is_int(bytes_be32(&in), 0, "a number that is cut off is 0");
	ok(in.bad && in.len == 0, "nothing is left after it");
	is_int(bytes_u8(&in), 0, "not even for a read that would fit");
	in.data = wire;
	in.len = 3;
	in.bad = false;
	ok(bytes_take(&in, SIZE_MAX) == NULL, "a huge length does not wrap");
}

/* Each byte counts, and none beyond them. */
static void
test_secrets(void)
{
	uint8_t a[32], b[32];
	unsigned i, found = 0;

	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	ok(secret_equal(a, b, sizeof(a)), "equal bytes are equal");
	ok(secret_equal(a, b, 0), "no bytes are equal");
	for (i = 0; i < sizeof(a); i++) {
		b[i] ^= 0x80;
		found += !secret_equal(a, b, sizeof(a)) &&
		    secret_equal(a, b, i);
		b[i] ^= 0x80;
	}
	is_int(found, sizeof(a), "a difference in any byte is found");
}

int
main(void)
{
	test_numbers();
	test_secrets();
	test_reader();
	return done_testing();
}
