/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For constant_time.sh, which runs it by valgrind: what must not decide on a
 * branch or an address is made undefined, so that valgrind speaks up when it
 * does.
 */

#include "compat.h"

#include <valgrind/memcheck.h>

#include "wire/dtls_cbc.h"

/* Checks a fragment of len bytes, none of which is known. */
static long
check(size_t len, bool twice)
{
	static uint8_t data[17000];
	uint8_t header[31] = { 0 };
	br_hmac_key_context key;
	long n;

	br_hmac_key_init(&key, &br_sha256_vtable, "key", 3);
	memset(data, 7, len);
	VALGRIND_MAKE_MEM_UNDEFINED(data, len);
	VALGRIND_MAKE_MEM_UNDEFINED(key.ksi, sizeof(key.ksi));
	VALGRIND_MAKE_MEM_UNDEFINED(key.kso, sizeof(key.kso));
	n = dtls_cbc_check(&key, header, sizeof(header), data, len, twice);
	VALGRIND_MAKE_MEM_DEFINED(&n, sizeof(n));
	return n;
}

int
main(int argc, char **argv)
{
	static const size_t lengths[] = { 33, 48, 64, 112, 288, 289, 304, 560,
		1072, 1456, 16480 };
	uint8_t byte = (uint8_t)argc;
	size_t i;

	(void)argv;
	/* valgrind itself must not be blind. */
	if (argc > 1) {
		VALGRIND_MAKE_MEM_UNDEFINED(&byte, 1);
		if (byte == 1)
			puts("one");
	}
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (check(lengths[i], false) != -1 ||
		    check(lengths[i], true) != -1)
			return 1;
	return 0;
}
