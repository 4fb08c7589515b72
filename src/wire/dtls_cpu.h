/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The ciphers and hashes of DTLS as this CPU runs them fastest.
 */

#ifndef WIRE_DTLS_CPU_H
#define WIRE_DTLS_CPU_H

#include "compat.h"

#include <bearssl.h>

/* The fastest constant-time implementations on this CPU. */
struct dtls_cpu {
	const br_block_ctr_class *ctr;
	const br_block_ctrcbc_class *ctrcbc;
	const br_block_cbcenc_class *cbcenc;
	const br_block_cbcdec_class *cbcdec;
	br_ghash ghash;
	br_chacha20_run chacha;
	br_poly1305_run poly;
	const br_hash_class *sha256;
};

/* Detects the CPU's features, which is slow in a virtual machine: CPUID traps
 * there. */
void dtls_cpu_init(struct dtls_cpu *);

#endif
