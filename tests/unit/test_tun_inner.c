/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/tun_inner.h: files of names and the inner addresses that they may use.
 */

#include "compat.h"

#include "tunnel/tun_inner.h"

#include "tap.h"

static const uint8_t seed[TABLE_SEED] = { 1, 2, 3 };

static bool
allows(const struct tun_inner *in, const char *name, const char *text)
{
	struct addr a;

	if (addr_parse_ip(&a, text) != 0)
		abort();
	return tun_inner_allows(in, name, &a);
}

static void
test_allows(void)
{
	static const char text[] =
	    "# the office\n"
	    "\n"
	    "alice 10.8.0.2 fd08::2\r\n"
	    "  office.example.com\t10.9.0.0/24 fd09::/64   \n"
	    "\"client one\" 10.9.0.7/32 10.9.0.128/25\n"
	    "gate 0.0.0.0/0\n"
	    "old ::ffff:10.7.0.0/112\n"
	    "alice 10.8.0.3";
	struct tun_inner in;
	unsigned line;

	tun_inner_init(&in, seed);
	is_int(tun_inner_parse(&in, text, strlen(text), &line), INNER_OK,
	    "a file is read");
	ok(allows(&in, "alice", "10.8.0.2"), "an address of a name");
	ok(allows(&in, "alice", "fd08::2"), "and its IPv6 address");
	ok(allows(&in, "alice", "10.8.0.3"), "and that of another line");
	ok(!allows(&in, "alice", "10.8.0.4"), "and no other");
	ok(!allows(&in, "alic", "10.8.0.2"), "part of a name is none");
	ok(!allows(&in, "alice2", "10.8.0.2"), "nor is a longer one");
	ok(!allows(&in, "", "10.8.0.2"), "nor is no name");
	ok(!allows(&in, "gate", "10.8.0.2"), "a longer prefix goes before");
	ok(allows(&in, "gate", "8.8.8.8"), "the shortest has the rest");
	ok(!allows(&in, "gate", "::8"), "of its family");
	ok(allows(&in, "office.example.com", "10.9.0.6"), "a network");
	ok(allows(&in, "office.example.com", "fd09::1:2"), "of IPv6");
	ok(!allows(&in, "office.example.com", "fd09:0:0:1::1"), "ends");
	ok(!allows(&in, "office.example.com", "10.9.0.7"), "what another has "
	    "of it is not in it");
	ok(allows(&in, "old", "10.7.3.3"), "a mapped one is that of IPv4");
	ok(allows(&in, "client one", "10.9.0.7"), "but with that");
	ok(allows(&in, "client one", "10.9.0.255"), "a part of it, too");
	ok(!allows(&in, "client one", "10.9.0.127"), "up to its border");
	tun_inner_clear(&in);
}

static void
test_errors(void)
{
	static const struct {
		const char *text;
		enum tun_inner_error error;
		unsigned line;
	} bad[] = {
		{ "", INNER_EMPTY, 0 },
		{ "# nothing\n\n \t\n", INNER_EMPTY, 0 },
		{ "a 10.0.0.1\nb\n", INNER_NO_PREFIX, 2 },
		{ "a 10.0.0.1\nb   ", INNER_NO_PREFIX, 2 },
		{ "a 10.0.0.256", INNER_BAD_PREFIX, 1 },
		{ "a host.example.com", INNER_BAD_PREFIX, 1 },
		{ "a fe80::1%2", INNER_BAD_PREFIX, 1 },
		{ "a /24", INNER_BAD_PREFIX, 1 },
		{ "a 10.0.0.0/33", INNER_BAD_BITS, 1 },
		{ "a 10.0.0.0/", INNER_BAD_BITS, 1 },
		{ "a ::ffff:10.0.0.0/8", INNER_BAD_BITS, 1 },
		{ "a 10.0.0.0/-1", INNER_BAD_BITS, 1 },
		{ "a fd00::/129", INNER_BAD_BITS, 1 },
		{ "a 10.0.0.1/24", INNER_HOST_BITS, 1 },
		{ "a fd00::1/64", INNER_HOST_BITS, 1 },
		{ "a 10.0.0.128/24", INNER_HOST_BITS, 1 },
		{ "\"a 10.0.0.1", INNER_BAD_NAME, 1 },
		{ "\"\" 10.0.0.1", INNER_BAD_NAME, 1 },
		{ "\"a\"b 10.0.0.1", INNER_BAD_NAME, 1 },
		{ "a 10.0.0.1\n\nb 10.0.0.2 10.0.0.1", INNER_TWICE, 3 },
		{ "ab 10.0.0.1\na 10.0.0.1", INNER_TWICE, 2 },
	};
	static const char twice[] = "a 10.0.0.1 10.0.0.1\na 10.0.0.1";
	struct tun_inner in;
	enum tun_inner_error error;
	unsigned i, line;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tun_inner_init(&in, seed);
		error = tun_inner_parse(&in, bad[i].text, strlen(bad[i].text),
		    &line);
		ok(error == bad[i].error && line == bad[i].line,
		    "error %u: %s", i, tun_inner_strerror(bad[i].error));
		if (error != bad[i].error || line != bad[i].line)
			printf("# got %d in line %u\n", (int)error, line);
		tun_inner_clear(&in);
	}
	tun_inner_init(&in, seed);
	is_int(tun_inner_parse(&in, twice, strlen(twice), &line), INNER_OK,
	    "a name may have a prefix twice");
	tun_inner_clear(&in);
	tun_inner_init(&in, seed);
	is_int(tun_inner_parse(&in, "a\0b 10.0.0.1", 12, &line), INNER_BAD_NAME,
	    "no zero byte in a name");
	tun_inner_clear(&in);
	tun_inner_init(&in, seed);
	is_int(tun_inner_parse(&in, "a 10.0.0.1\0/24", 14, &line),
	    INNER_BAD_PREFIX, "nor in a prefix");
	tun_inner_clear(&in);
}

int
main(void)
{
	test_allows();
	test_errors();
	return done_testing();
}
