/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes SHA-256 as text.
 */

#include "compat.h"

#include <bearssl.h>

#include "wire/digest.h"

const char *
digest_base64(const void *bytes, size_t n, char text[DIGEST_BASE64])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t hash[br_sha256_SIZE + 1];
	br_sha256_context c;
	uint32_t v;
	size_t i;
	char *to = text;

	br_sha256_init(&c);
	br_sha256_update(&c, bytes, n);
	br_sha256_out(&c, hash);
	hash[br_sha256_SIZE] = 0;
	/* 33 bytes are 44 letters, of which the last is padding. */
	for (i = 0; i < sizeof(hash); i += 3) {
		v = (uint32_t)hash[i] << 16 | (uint32_t)hash[i + 1] << 8 |
		    hash[i + 2];
		*to++ = letters[v >> 18];
		*to++ = letters[v >> 12 & 63];
		*to++ = letters[v >> 6 & 63];
		*to++ = letters[v & 63];
	}
	to[-1] = '=';
	*to = '\0';
	return text;
}
