/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * SHA-256 as text.
 */

#ifndef WIRE_DIGEST_H
#define WIRE_DIGEST_H

#include "compat.h"

enum { DIGEST_BASE64 = 45 };	/* bytes of the text, NUL included */

/* Writes the SHA-256 of n bytes in base64 (RFC 4648 4); returns text. */
const char *digest_base64(const void *bytes, size_t n,
    char text[DIGEST_BASE64]);

#endif
