/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * SHA-256 where the compiler knows no instructions for it: BearSSL's.
 */

#include "compat.h"

#include "wire/sha256_fast.h"

const br_hash_class *
sha256_fast(void)
{
	return &br_sha256_vtable;
}

br_tls_prf_impl
sha256_fast_prf(const br_hash_class *fast)
{
	(void)fast;
	return br_tls12_sha256_prf;
}
