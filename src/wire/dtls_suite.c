/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The cipher suites and the groups that DTLS with a pre-shared key uses.
 */

#include "compat.h"

#include <bearssl.h>

#include "wire/dtls_suite.h"

const struct dtls_suite dtls_suites[DTLS_SUITES] = {
	{ 0xc037, "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256", true, DTLS_CBC,
	    16, 32, 16, 16, 32 },
	{ 0xc0a4, "TLS_PSK_WITH_AES_128_CCM", false, DTLS_CCM,
	    16, 0, 4, 8, 16 },
	{ 0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", false, DTLS_CCM,
	    16, 0, 4, 8, 8 },
	{ 0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8", false, DTLS_CCM,
	    32, 0, 4, 8, 8 },
	{ 0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", false, DTLS_GCM,
	    16, 0, 4, 8, 16 },
	{ 0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256", false, DTLS_CBC,
	    16, 32, 16, 16, 32 },
	{ 0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", true,
	    DTLS_CHACHA, 32, 0, 12, 0, 16 },
	{ 0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", true, DTLS_GCM,
	    16, 0, 4, 8, 16 },
	{ 0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", false,
	    DTLS_CHACHA, 32, 0, 12, 0, 16 },
};

const struct dtls_group dtls_groups[DTLS_GROUPS] = {
	{ 0x001d, "X25519", 32, 32, 32 },
	{ 0x0017, "P-256", 65, 32, 32 },
	{ 0x0018, "P-384", 97, 48, 48 },
};

/* The orders of dtls_suites_preset(): forward secrecy first, then AEAD before
 * CBC, then CCM with a short tag. */
static const uint16_t suite_aes_first[DTLS_SUITES] = {
	0xd001, 0xccac, 0xc037, 0x00a8, 0xccab, 0xc0a4, 0x00ae, 0xc0a8, 0xc0a9,
};
static const uint16_t suite_chacha_first[DTLS_SUITES] = {
	0xccac, 0xd001, 0xc037, 0xccab, 0x00a8, 0xc0a4, 0x00ae, 0xc0a8, 0xc0a9,
};

/* Is `known` the suite's name?  An underscore also matches a dash: pion writes
 * one suite's name with dashes, and so do users of dtlspipe. */
static bool
suite_is_named(const char *known, const char *name, size_t n)
{
	size_t i;

	if (strlen(known) != n)
		return false;
	for (i = 0; i < n; i++)
		if (name[i] != known[i] && (name[i] != '_' ||
		    known[i] != '-'))
			return false;
	return true;
}

const struct dtls_suite *
dtls_suite_by_id(uint16_t id)
{
	size_t i;

	for (i = 0; i < DTLS_SUITES; i++)
		if (dtls_suites[i].id == id)
			return &dtls_suites[i];
	return NULL;
}

const struct dtls_suite *
dtls_suite_by_name(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < DTLS_SUITES; i++)
		if (suite_is_named(dtls_suites[i].name, name, n))
			return &dtls_suites[i];
	return NULL;
}

const struct dtls_group *
dtls_group_by_id(uint16_t id)
{
	size_t i;

	for (i = 0; i < DTLS_GROUPS; i++)
		if (dtls_groups[i].id == id)
			return &dtls_groups[i];
	return NULL;
}

const struct dtls_group *
dtls_group_by_name(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < DTLS_GROUPS; i++)
		if (strlen(dtls_groups[i].name) == n &&
		    memcmp(dtls_groups[i].name, name, n) == 0)
			return &dtls_groups[i];
	return NULL;
}

void
dtls_suites_preset(const struct dtls_suite *list[DTLS_SUITES])
{
	bool aes = br_aes_x86ni_ctr_get_vtable() != NULL ||
	    br_aes_pwr8_ctr_get_vtable() != NULL;
	const uint16_t *ids = aes ? suite_aes_first : suite_chacha_first;
	size_t i;

	for (i = 0; i < DTLS_SUITES; i++)
		list[i] = dtls_suite_by_id(ids[i]);
}
