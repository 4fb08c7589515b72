/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tap.h"

#include "wire/stream_look.h"

/* What the bytes look like, as a part of the words; "" for nothing. */
static void
check(const char *bytes, size_t n, const char *part, const char *what)
{
	const char *says = stream_look((const uint8_t *)bytes, n);

	if (*part == '\0')
		ok(says == NULL, "%s: nothing", what);
	else
		ok(says != NULL && strstr(says, part) != NULL, "%s: %s", what,
		    says == NULL ? "nothing" : says);
}

int
main(void)
{
	static const char server_hello[] = "\026\003\003\000\172\002\000";
	static const char hello[] = "\026\003\001\002\000\001\000\001\374\003";
	static const char v2[] = "\r\n\r\n\0\r\nQUIT\n\41\21\0\14";
	uint8_t random[16];
	uint32_t seed = 1;
	unsigned i, j, seen = 0;

	check(hello, 10, "TLS", "a ClientHello");
	check(hello, 6, "TLS", "six bytes of it");
	check(hello, 5, "", "five bytes of it");
	check(server_hello, 7, "TLS", "a ServerHello");
	check("\025\003\003\000\002\002\106", 7, "TLS", "an alert");
	check("\025\003\001\000\002\001\000", 7, "TLS", "a warning");
	check("\025\003\003\000\003\002\106", 7, "", "a longer alert");
	check("\026\003\005\002\000\001\000", 7, "", "a later version");
	check("\026\003\001\002\000\001\001", 7, "", "a hello of 64 KiB");
	check("HTTP/1.1 400 Bad Request\r\n", 26, "HTTP", "an answer");
	check("HTTP", 4, "", "a part of one");
	check("SSH-2.0-OpenSSH_9.2", 19, "SSH", "a banner");
	check("UOTT\001\000\004\000", 8, "uott", "a frame of uott");
	check("UOT", 3, "", "a part of one");
	check("PROXY TCP4 1.2.3.4 5", 20, "PROXY header", "a proxy's line");
	check("PROXY UNKNOWN\r\n\1\2", 17, "PROXY header", "the shortest");
	check("PROXY", 5, "PROXY header", "what TLS sees of it");
	check("PROX", 4, "", "less");
	check("PROXYabcdefghijklm", 18, "", "not a line");
	check(v2, 16, "PROXY header", "version 2");
	check(v2, 5, "PROXY header", "what TLS sees of it");
	check(v2, 4, "", "less");
	check("\r\n\r\n\0\r\nQUIT\r123", 16, "", "not version 2");
	check("GET / HTTP/1.1\r\n", 16, "HTTP request", "a request");
	check("GET / HTTP/1.1\r", 15, "", "a part of one");
	check("GET /index.html HTTP", 20, "HTTP request", "a longer one");
	check("GET \1bcdefghijkl", 16, "", "an identifier like it");
	check("GET \300bcdefghijkl", 16, "", "and a second one");
	check("GET abcdefghijk\177", 16, "", "and a third one");
	check("0123456789abcdef", 16, "", "text");
	check("", 0, "", "no bytes");
	for (i = 0; i < 100000; i++) {
		for (j = 0; j < sizeof(random); j++) {
			seed = seed * 1664525 + 1013904223;
			random[j] = (uint8_t)(seed >> 24);
		}
		seen += stream_look(random, sizeof(random)) != NULL;
	}
	is_int(seen, 0, "100000 random identifiers look like nothing");
	return done_testing();
}
