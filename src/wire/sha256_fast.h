/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * SHA-256 with the CPU's SHA instructions where it has them, as a hash class
 * for BearSSL's HMAC, PRF and other users.
 *
 * NOTES.  configure selects sha256_x86.c where the compiler knows the
 * instructions, and sha256_plain.c elsewhere.  sha256_x86.c checks at run time
 * whether the CPU has them.
 */

#ifndef WIRE_SHA256_FAST_H
#define WIRE_SHA256_FAST_H

#include "compat.h"

#include <bearssl.h>

/* The fastest class that works on this CPU, at worst br_sha256_vtable.  Its
 * context is a br_sha256_context, with the same meaning of its members. */
const br_hash_class *sha256_fast(void);

/* The PRF of TLS 1.2 (RFC 5246 5) with what sha256_fast() returned. */
br_tls_prf_impl sha256_fast_prf(const br_hash_class *fast);

#endif
