/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/digest.h: SHA-256 in base64.
 */

#include "compat.h"

#include "wire/digest.h"
#include "tap.h"

int
main(void)
{
	char text[DIGEST_BASE64];

	is_str(digest_base64("", 0, text),
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "of nothing");
	is_str(digest_base64("abc", 3, text),
	    "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "of abc");
	return done_testing();
}
