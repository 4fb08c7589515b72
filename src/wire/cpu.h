/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What this CPU is good at, for TLS and DTLS.
 *
 * NOTES.  CPUID, which tells that, traps in a virtual machine: each call takes
 * several microseconds there, and BearSSL makes one for each implementation
 * that it chooses.  So the choice is made once, and not for each connection.
 */

#ifndef WIRE_CPU_H
#define WIRE_CPU_H

#include <stdbool.h>

#include <bearssl.h>

/* The fastest constant-time implementations on this CPU. */
struct cpu {
	bool aes;		/* it has instructions for AES */
	const br_block_ctr_class *ctr;
	const br_block_ctrcbc_class *ctrcbc;
	const br_block_cbcenc_class *cbcenc;
	const br_block_cbcdec_class *cbcdec;
	br_ghash ghash;
	br_chacha20_run chacha;
	br_poly1305_run poly;
	const br_hash_class *sha256;
	br_tls_prf_impl prf;	/* of TLS 1.2, with SHA-256 */
};

/* Detects what the CPU has. */
void cpu_detect(struct cpu *);

#endif
