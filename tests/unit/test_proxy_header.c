/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/proxy_header.h: headers of proxies, good and bad ones, whole and in
 * pieces.
 */

#include "compat.h"

#include <string.h>

#include "wire/proxy_header.h"
#include "tap.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2(command, family, len) SIGNATURE command family len

/* The addresses of version 2: sources 192.0.2.1:50000 and 2001:db8::1:50000. */
#define IP4 "\300\0\2\1\12\0\0\1\303\120\40\373"
#define IP6 "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1" \
	    "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\2\303\120\40\373"

static char shown[ADDR_TEXT];

/* The client in a header of n bytes, "-" for none, "bad", or "more". */
static const char *
client_of(const char *header, size_t n, size_t *len)
{
	uint8_t bytes[PROXY_HEADER_MAX + 20];
	struct addr client;
	int used;

	/* What follows belongs to it in no case. */
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, header, n);
	used = proxy_header_parse(bytes, n, &client);
	*len = used > 0 ? (size_t)used : 0;
	return used == 0 ? "more" : used < 0 ? "bad" :
	    addr_text(&client, shown);
}

/* A header is read like that: whole, in pieces of any length, each of which
 * needs no byte behind it. */
static void
check(const char *header, size_t n, const char *client, const char *what)
{
	size_t len, i, need, read = 0;
	unsigned wrong = 0;

	is_str(client_of(header, n, &len), client, "%s", what);
	if (strcmp(client, "bad") == 0)
		return;
	is_int(len, n, "%s: all of it", what);
	for (i = 0; i < n; i++)
		wrong += strcmp(client_of(header, i, &len), "more") != 0;
	is_int(wrong, 0, "%s: and no less", what);
	while ((need = proxy_header_need((const uint8_t *)header, read)) > 0) {
		read += need;
		if (read > n)
			break;
	}
	is_int(read, n, "%s: nothing behind it is asked for", what);
	is_str(client_of(header, n, &len), client, "%s: again", what);
}

#define CHECK(header, client, what) \
	check(header, sizeof(header) - 1, client, what)

static void
test_text(void)
{
	CHECK("PROXY TCP4 192.0.2.1 10.0.0.1 50000 8443\r\n",
	    "192.0.2.1:50000", "TCP4");
	CHECK("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n",
	    "[2001:db8::1]:1", "TCP6");
	CHECK("PROXY TCP6 ::ffff:192.0.2.1 ::1 50000 8443\r\n",
	    "192.0.2.1:50000", "an IPv4 address inside IPv6");
	CHECK("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "the longest");
	CHECK("PROXY UNKNOWN\r\n", "-", "UNKNOWN");
	CHECK("PROXY UNKNOWN 1.2.3.4 what ever \1\2\r\n", "-",
	    "UNKNOWN, and what is ignored");
	CHECK("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "zeroes");
}

static void
test_bad_text(void)
{
	static const char *const bad[] = {
		"PROXY\r\n", "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP4 \r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 50000\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 50000 8443 \r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 50000 8443 1\r\n",
		"PROXY TCP4  192.0.2.1 10.0.0.1 50000 8443\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 50000 8443\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 65536 8443\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 50000 99999\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 050 8443\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 -1 8443\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1  8443\r\n",
		"PROXY TCP4 192.0.2.256 10.0.0.1 50000 8443\r\n",
		"PROXY TCP4 2001:db8::1 ::1 50000 8443\r\n",
		"PROXY TCP4 192.0.2.1 ::1 50000 8443\r\n",
		"PROXY TCP6 192.0.2.1 10.0.0.1 50000 8443\r\n",
		"PROXY TCP6 fe80::1%2 ::1 50000 8443\r\n",
		"PROXY TCP5 192.0.2.1 10.0.0.1 50000 8443\r\n",
		"PROXY UDP4 192.0.2.1 10.0.0.1 50000 8443\r\n",
		"PROXY UNKNOWNS\r\n", "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
		"PROXY TCP4 192.0.2.1 10.0.0.1 50000 8443\r \n",
		"GET / HTTP/1.1\r\n", "\26\3\1\2", "Q", "PROXX",
	};
	char line[120] = "PROXY UNKNOWN ", what[20];
	size_t i, len;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(what, sizeof(what), "bad line %u", (unsigned)i);
		check(bad[i], strlen(bad[i]), "bad", what);
	}
	CHECK("PROXY TCP4 192.0.2.1\0 10.0.0.1 50000 8443\r\n", "bad",
	    "a NUL in the address");
	memset(line + 14, 'x', sizeof(line) - 14);
	is_str(client_of(line, 106, &len), "more", "106 bytes of a line");
	is_str(client_of(line, 107, &len), "bad", "107 without an end");
	memcpy(line + 105, "\r\n", 2);
	check(line, 107, "-", "107 with one");
	memcpy(line + 105, "x\r\n", 3);
	is_str(client_of(line, 108, &len), "bad", "108");
}

static void
test_binary(void)
{
	static char big[PROXY_HEADER_MAX + 1] = V2("\41", "\21", "\17\360") IP4;
	size_t len;

	CHECK(V2("\41", "\21", "\0\14") IP4, "192.0.2.1:50000", "IPv4");
	CHECK(V2("\41", "\41", "\0\44") IP6, "[2001:db8::1]:50000", "IPv6");
	CHECK(V2("\41", "\21", "\0\23") IP4 "\4\0\4abcd", "192.0.2.1:50000",
	    "a field of 4 bytes");
	CHECK(V2("\41", "\21", "\0\20") IP4 "\4\377\377x",
	    "192.0.2.1:50000", "a field that lies of its length");
	CHECK(V2("\40", "\0", "\0\0"), "-", "LOCAL");
	CHECK(V2("\40", "\21", "\0\14") IP4, "-", "LOCAL with addresses");
	CHECK(V2("\40", "\21", "\0\2") "xy", "-", "LOCAL with too few bytes");
	CHECK(V2("\41", "\0", "\0\0"), "-", "UNSPEC");
	CHECK(V2("\41", "\0", "\0\3") "abc", "-", "UNSPEC with a rest");
	CHECK(V2("\41", "\22", "\0\14") IP4, "-", "datagrams");
	check(big, PROXY_HEADER_MAX, "192.0.2.1:50000", "4 KiB");
	big[15]++;
	is_str(client_of(big, PROXY_HEADER_MAX, &len), "bad", "and a byte");
	is_str(client_of(big, 16, &len), "bad", "as soon as that is known");
}

static void
test_unix(void)
{
	char header[16 + 216] = V2("\41", "\61", "\0\330");

	check(header, sizeof(header), "-", "UNIX");
	header[15]--;
	check(header, sizeof(header), "bad", "UNIX, cut");
}

static void
test_bad_binary(void)
{
	CHECK(V2("\21", "\21", "\0\14") IP4, "bad", "version 1");
	CHECK(V2("\61", "\21", "\0\14") IP4, "bad", "version 3");
	CHECK(V2("\42", "\21", "\0\14") IP4, "bad", "command 2");
	CHECK(V2("\41", "\101", "\0\14") IP4, "bad", "family 4");
	CHECK(V2("\41", "\23", "\0\14") IP4, "bad", "transport 3");
	CHECK(V2("\41", "\21", "\0\13") IP4, "bad", "IPv4 in 11 bytes");
	CHECK(V2("\41", "\41", "\0\43") IP6, "bad", "IPv6 in 35 bytes");
	CHECK(V2("\41", "\41", "\377\377"), "bad", "64 KiB");
	CHECK("\r\n\r\n\0\r\nQUIT\r", "bad", "a wrong signature");
}

int
main(void)
{
	test_text();
	test_bad_text();
	test_binary();
	test_unix();
	test_bad_binary();
	return done_testing();
}
