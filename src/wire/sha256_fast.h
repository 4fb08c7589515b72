/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * SHA-256 with the CPU's own instructions where it has them, as a hash class
 * of BearSSL's, so that HMAC, PRF and the rest take it.
 *
 * NOTES.  configure takes sha256_x86.c where the compiler knows the
 * instructions, which then asks the CPU at run time, and else sha256_plain.c.
 */

#ifndef WIRE_SHA256_FAST_H
#define WIRE_SHA256_FAST_H

#include "compat.h"

#include <bearssl.h>

/* The fastest that works here; br_sha256_vtable where there is no other.  Its
 * context is a br_sha256_context, also inside. */
const br_hash_class *sha256_fast(void);

#endif
