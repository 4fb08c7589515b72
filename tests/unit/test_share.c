/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/share.h: how many of a limited number one holder may have.
 */

#include "compat.h"

#include <string.h>

#include "base/log.h"
#include "tunnel/share.h"

#include "tap.h"

static const uint8_t seed[TABLE_SEED] = "not so secret";

static bool
is_used_up(const struct share *s, const char *name, unsigned taken)
{
	return share_is_used_up(s, name, strlen(name), taken);
}

static void
test_share(void)
{
	struct share_holder *a[25], *b;
	struct share s;
	unsigned i;

	share_init(&s, 100, 25, seed);
	for (i = 0; i < 25; i++) {
		ok(!is_used_up(&s, "a", 99), "%u are not too many", i + 1);
		a[i] = share_take(&s, "a", 1);
	}
	ok(is_used_up(&s, "a", 51), "a 26th is, when more than half are taken");
	ok(!is_used_up(&s, "a", 50), "but not while half are free");
	ok(!is_used_up(&s, "b", 99), "others have a share of their own");
	b = share_take(&s, "b", 1);
	share_give(&s, b);
	share_give(&s, NULL);
	is_int(s.holders.count, 1, "who gives all back is forgotten");
	share_give(&s, a[0]);
	ok(!is_used_up(&s, "a", 99), "what was given back can be taken again");
	for (i = 1; i < 25; i++)
		share_give(&s, a[i]);
	is_int(s.holders.count, 0, "by all");
	share_free(&s);
}

static void
test_small(void)
{
	struct share_holder *h;
	struct share s;

	share_init(&s, 2, 1, seed);
	ok(!is_used_up(&s, "a", 2), "a share is one at least");
	h = share_take(&s, "a", 1);
	ok(is_used_up(&s, "a", 2), "and no more");
	share_give(&s, h);
	share_free(&s);
}

static struct nets proxies;

/* The name of an address's source, as text; NULL: none is limited. */
static const char *
source(const char *text)
{
	static char shown[2 * ADDR_SITE + 1];
	uint8_t name[ADDR_SITE];
	struct addr a;
	unsigned i;

	if (strcmp(text, "") == 0)
		memset(&a, 0, sizeof(a));
	else
		must(addr_parse_ip(&a, text) == 0);
	a.port = 99;
	if (!share_source(&a, &proxies, name))
		return NULL;
	for (i = 0; i < ADDR_SITE; i++)
		snprintf(shown + 2 * i, 3, "%02x", name[i]);
	return shown;
}

static void
test_sources(void)
{
	is_str(source("10.1.2.3"), "040a01020300000000", "an IPv4 address");
	is_str(source("2001:db8:1:2:3::4"), "0620010db800010002",
	    "64 bits of an IPv6 address");
	ok(source("127.0.0.1") == NULL && source("127.9.9.9") == NULL &&
	    source("::1") == NULL, "the loopback is no source");
	ok(source("") == NULL, "nor is what has no address");
	must(nets_add(&proxies, "10.1.2.0/24") == NULL);
	ok(source("10.1.2.3") == NULL, "nor is a proxy");
	is_str(source("10.1.3.3"), "040a01030300000000", "but its neighbour");
}

static void
test_limit(void)
{
	struct share_holder *h[3];
	struct share s;
	unsigned i;

	share_init(&s, 4, 50, seed);
	for (i = 0; i < 3; i++)
		h[i] = share_take(&s, "a", 1);
	ok(share_is_used_up(&s, "a", 1, 3), "one has more than its share");
	share_limit(&s, 8, 50);
	ok(!share_is_used_up(&s, "a", 1, 5), "but not of a larger number");
	share_limit(&s, 8, 25);
	ok(share_is_used_up(&s, "a", 1, 5), "nor is a smaller share enough");
	for (i = 0; i < 3; i++)
		share_give(&s, h[i]);
	share_free(&s);
}

int
main(void)
{
	test_limit();
	test_share();
	test_small();
	test_sources();
	return done_testing();
}
