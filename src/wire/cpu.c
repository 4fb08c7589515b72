/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Chooses the fastest constant-time implementations on this CPU.
 */

#include "compat.h"

#include "wire/cpu.h"

#include "wire/sha256_fast.h"

/* BearSSL has constant-time AES for 32-bit and for 64-bit machines. */
static bool
cpu_is_wide(void)
{
	return UINTPTR_MAX > UINT32_MAX;
}

static const br_block_ctr_class *
choose_ctr(void)
{
	const br_block_ctr_class *c = br_aes_x86ni_ctr_get_vtable();

	if (c == NULL)
		c = br_aes_pwr8_ctr_get_vtable();
	if (c == NULL)
		c = cpu_is_wide() ? &br_aes_ct64_ctr_vtable :
		    &br_aes_ct_ctr_vtable;
	return c;
}

static const br_block_ctrcbc_class *
choose_ctrcbc(void)
{
	const br_block_ctrcbc_class *c = br_aes_x86ni_ctrcbc_get_vtable();

	if (c == NULL)
		c = br_aes_pwr8_ctrcbc_get_vtable();
	if (c == NULL)
		c = cpu_is_wide() ? &br_aes_ct64_ctrcbc_vtable :
		    &br_aes_ct_ctrcbc_vtable;
	return c;
}

static const br_block_cbcenc_class *
choose_cbcenc(void)
{
	const br_block_cbcenc_class *c = br_aes_x86ni_cbcenc_get_vtable();

	if (c == NULL)
		c = br_aes_pwr8_cbcenc_get_vtable();
	if (c == NULL)
		c = cpu_is_wide() ? &br_aes_ct64_cbcenc_vtable :
		    &br_aes_ct_cbcenc_vtable;
	return c;
}

static const br_block_cbcdec_class *
choose_cbcdec(void)
{
	const br_block_cbcdec_class *c = br_aes_x86ni_cbcdec_get_vtable();

	if (c == NULL)
		c = br_aes_pwr8_cbcdec_get_vtable();
	if (c == NULL)
		c = cpu_is_wide() ? &br_aes_ct64_cbcdec_vtable :
		    &br_aes_ct_cbcdec_vtable;
	return c;
}

static br_ghash
choose_ghash(void)
{
	br_ghash g = br_ghash_pclmul_get();

	if (g == NULL)
		g = br_ghash_pwr8_get();
	if (g == NULL)
		g = cpu_is_wide() ? &br_ghash_ctmul64 : &br_ghash_ctmul;
	return g;
}

void
cpu_detect(struct cpu *cpu)
{
	cpu->aes = br_aes_x86ni_ctr_get_vtable() != NULL ||
	    br_aes_pwr8_ctr_get_vtable() != NULL;
	cpu->ctr = choose_ctr();
	cpu->ctrcbc = choose_ctrcbc();
	cpu->cbcenc = choose_cbcenc();
	cpu->cbcdec = choose_cbcdec();
	cpu->ghash = choose_ghash();
	cpu->chacha = br_chacha20_sse2_get();
	if (cpu->chacha == NULL)
		cpu->chacha = &br_chacha20_ct_run;
	cpu->poly = br_poly1305_ctmulq_get();
	if (cpu->poly == NULL)
		cpu->poly = &br_poly1305_ctmul_run;
	cpu->sha256 = sha256_fast();
	cpu->prf = sha256_fast_prf(cpu->sha256);
}
