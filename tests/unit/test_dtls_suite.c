/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/dtls_suite.h: the cipher suites and groups of DTLS.
 */

#include "compat.h"

#include <bearssl.h>

#include "wire/dtls_suite.h"
#include "tap.h"

/* As they are registered, and as `dtlspipe ciphers` names and orders them. */
static const struct {
	uint16_t id;
	const char *name;
	const char *what;	/* key exchange, cipher */
	int key_block;		/* bytes */
	int expansion;		/* of a record, without padding */
} wanted[DTLS_SUITES] = {
	{ 0xc037, "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256", "ecdhe cbc", 128,
	    48 },
	{ 0xc0a4, "TLS_PSK_WITH_AES_128_CCM", "psk ccm", 40, 24 },
	{ 0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", "psk ccm", 40, 16 },
	{ 0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8", "psk ccm", 72, 16 },
	{ 0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", "psk gcm", 40, 24 },
	{ 0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256", "psk cbc", 128, 48 },
	{ 0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
	    "ecdhe chacha", 88, 16 },
	{ 0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "ecdhe gcm", 40,
	    24 },
	{ 0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", "psk chacha", 88,
	    16 },
};

static void
test_suites(void)
{
	static const char *const ciphers[] = {
		[DTLS_GCM] = "gcm", [DTLS_CCM] = "ccm",
		[DTLS_CHACHA] = "chacha", [DTLS_CBC] = "cbc",
	};
	const struct dtls_suite *s;
	char what[40];
	size_t i;

	for (i = 0; i < DTLS_SUITES; i++) {
		s = &dtls_suites[i];
		is_str(s->name, wanted[i].name, "suite %zu has its name", i);
		is_int(s->id, wanted[i].id, "%s has its number", s->name);
		snprintf(what, sizeof(what), "%s %s", s->ecdhe ? "ecdhe" : "psk",
		    ciphers[s->cipher]);
		is_str(what, wanted[i].what, "%s is of its kind", s->name);
		is_int(2 * (s->key + s->mac + s->iv), wanted[i].key_block,
		    "%s takes its key block", s->name);
		is_int(s->explicit_iv + s->tag, wanted[i].expansion,
		    "%s makes records longer by so much", s->name);
		ok(dtls_suite_by_id(wanted[i].id) == s,
		    "%s is found by its number", s->name);
		ok(dtls_suite_by_name(wanted[i].name,
		    strlen(wanted[i].name)) == s, "%s is found by its name",
		    s->name);
	}
	ok(dtls_suite_by_id(0x00ff) == NULL, "a signalling number is none");
	ok(dtls_suite_by_name("TLS_PSK_WITH_AES_128_CCM_8", 24) ==
	    &dtls_suites[1], "a name ends where it is said to");
	ok(dtls_suite_by_name("TLS_PSK_WITH_AES_128_CC", 23) == NULL,
	    "a part of a name is none");
	ok(dtls_suite_by_name("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", 37) ==
	    dtls_suite_by_id(0xc037),
	    "the one with dashes has underscores as well");
	ok(dtls_suite_by_name("TLS-PSK-WITH-AES-128-CCM", 24) == NULL,
	    "but not the other way round");
	ok(dtls_suite_by_name("tls_psk_with_aes_128_ccm", 24) == NULL,
	    "names are written in capitals");
	ok(dtls_suite_by_name("", 0) == NULL, "the empty name is none");
}

static void
test_groups(void)
{
	static const struct {
		uint16_t id;
		const char *name;
		int share, scalar, secret;
	} groups[DTLS_GROUPS] = {
		{ 29, "X25519", 32, 32, 32 },
		{ 23, "P-256", 65, 32, 32 },
		{ 24, "P-384", 97, 48, 48 },
	};
	const struct dtls_group *g;
	size_t i;

	for (i = 0; i < DTLS_GROUPS; i++) {
		g = &dtls_groups[i];
		ok(g->id == groups[i].id && strcmp(g->name, groups[i].name) ==
		    0 && g->share == groups[i].share && g->scalar ==
		    groups[i].scalar && g->secret == groups[i].secret,
		    "%s is right", g->name);
		ok(dtls_group_by_id(groups[i].id) == g,
		    "%s is found by its number", g->name);
		ok(dtls_group_by_name(g->name, strlen(g->name)) == g,
		    "%s is found by its name", g->name);
	}
	ok(dtls_group_by_id(25) == NULL, "P-521 is none of them");
	ok(dtls_group_by_name("P-2567", 5) == &dtls_groups[1],
	    "a group's name ends where it is said to");
	ok(dtls_group_by_name("P-25", 4) == NULL,
	    "a part of a group's name is none");
	ok(dtls_group_by_name("P_256", 5) == NULL,
	    "a group's dash is a dash");
}

/* Where a suite stands in a list. */
static int
place(const struct dtls_suite **list, uint16_t id)
{
	int i;

	for (i = 0; i < DTLS_SUITES; i++)
		if (list[i]->id == id)
			return i;
	return -1;
}

static void
test_preset(void)
{
	const struct dtls_suite *list[DTLS_SUITES];
	bool known = true, ordered = true, tags = true;
	int i, gcm, chacha;

	dtls_suites_preset(list);
	for (i = 0; i < DTLS_SUITES; i++)
		known = known && place(list, dtls_suites[i].id) >= 0;
	ok(known, "the preset has every suite");
	for (i = 1; i < DTLS_SUITES; i++) {
		ordered = ordered && (list[i - 1]->ecdhe || !list[i]->ecdhe);
		tags = tags && (list[i - 1]->ecdhe != list[i]->ecdhe ||
		    list[i - 1]->tag != 8 || list[i]->tag == 8);
	}
	ok(ordered, "forward secrecy comes first");
	ok(tags, "short tags come last");
	ok(place(list, 0xc037) > place(list, 0xccac) &&
	    place(list, 0xc037) > place(list, 0xd001),
	    "CBC comes after what is better");
	gcm = place(list, 0xd001);
	chacha = place(list, 0xccac);
	ok((gcm < chacha) == (br_aes_x86ni_ctr_get_vtable() != NULL ||
	    br_aes_pwr8_ctr_get_vtable() != NULL),
	    "AES comes before ChaCha20 where the CPU has instructions for it");
	ok((gcm < chacha) == (place(list, 0x00a8) < place(list, 0xccab)),
	    "so it does without forward secrecy");
}

int
main(void)
{
	test_suites();
	test_groups();
	test_preset();
	return done_testing();
}
