/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's prefix: vectors of RFC 1321 A.5.
 */

#include "compat.h"

#include "tap.h"

#include "wire/magic.h"

int
main(void)
{
	uint8_t magic[MAGIC_SIZE];

	magic_make(magic, "");
	is_mem(magic, "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec"
	    "\xf8\x42\x7e", MAGIC_SIZE, "of nothing");
	magic_make(magic, "message digest");
	is_mem(magic, "\xf9\x6b\x69\x7d\x7c\xb7\x93\x8d\x52\x5a\x2f\x31\xaa"
	    "\xf1\x61\xd0", MAGIC_SIZE, "of two words");
	magic_make(magic, "1234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890");
	is_mem(magic, "\x57\xed\xf4\xa2\x2b\xe3\xc9\x55\xac\x49\xda\x2e\x21"
	    "\x07\xb6\x7a", MAGIC_SIZE, "of more than a block");
	return done_testing();
}
