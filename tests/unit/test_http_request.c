/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/http_request.h: what is a request, in any pieces, and what is refused.
 */

#include "compat.h"

#include "wire/http_request.h"
#include "tap.h"

static struct http_request r;

/* Feeds a request in pieces of that size; returns the bytes that were eaten. */
static size_t
feed(const char *text, size_t n, size_t at_once)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t ate, at = 0;

	http_request_begin(&r);
	while (at < n && r.result == HTTP_REQUEST_MORE) {
		ate = http_request_feed(&r, p + at,
		    at_once < n - at ? at_once : n - at);
		at += ate;
	}
	return at;
}

/* A request has that result and, if it is refused, that status: byte by byte,
 * and at once. */
static void
judged(const char *text, size_t n, enum http_request_result want,
    unsigned status, const char *name)
{
	static const size_t sizes[] = { 1, 5, 100000 };
	unsigned i;

	for (i = 0; i < 3; i++) {
		(void)feed(text, n, sizes[i]);
		is_int(r.result, want, "%s, %lu bytes at once", name,
		    (unsigned long)sizes[i]);
		if (want == HTTP_REQUEST_BAD)
			is_int(r.status, status, "its status");
	}
}

#define GOOD(text, name) \
	judged(text, sizeof(text) - 1, HTTP_REQUEST_GOOD, 0, name)
#define MORE(text, name) \
	judged(text, sizeof(text) - 1, HTTP_REQUEST_MORE, 0, name)
#define BAD(text, status, name) \
	judged(text, sizeof(text) - 1, HTTP_REQUEST_BAD, status, name)

static void
test_good(void)
{
	GOOD("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "a request");
	is_str(r.path, "/", "its path");
	is_str(r.query, "", "no query");
	is_str(r.host, "a", "its host");
	ok(!r.head && !r.http10 && r.bearer == NULL, "and nothing else");
	GOOD("HEAD /a/b?c=d?e HTTP/1.1\nhOST:\t [::1]:80 \n\n",
	    "HEAD, bare line ends, blanks around a value");
	ok(r.head, "it is HEAD");
	is_str(r.path, "/a/b", "a longer path");
	is_str(r.query, "c=d?e", "and a query");
	is_str(r.host, "[::1]:80", "the host");
	GOOD("GET /? HTTP/1.0\r\n\r\n", "HTTP/1.0 without a Host");
	ok(r.http10 && r.host == NULL, "has none");
	GOOD("\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n",
	    "empty lines before it, and an empty host");
	is_str(r.host, "", "which is \"\"");
	GOOD("GET http://b:1/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
	    "an absolute target");
	is_str(r.host, "b:1", "whose host counts");
	is_str(r.path, "/x", "and whose path");
	is_str(r.query, "y", "and query");
	GOOD("GET HTTP://b HTTP/1.0\r\n\r\n", "one without a path");
	is_str(r.path, "/", "has /");
	is_str(r.host, "b", "and a host");
	GOOD("GET http://b?q HTTP/1.0\r\n\r\n", "one with a query only");
	is_str(r.host, "b", "has its host");
	is_str(r.query, "q", "and query");
	GOOD("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n"
	    "X:\r\nAuthorization: bEARER  t.o=k \r\n\r\n",
	    "no body, and a token");
	is_str(r.bearer, "t.o=k", "which is read");
	GOOD("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eA==\r\n\r\n",
	    "a different authorization");
	ok(r.bearer == NULL, "is no token");
}

static void
test_bad(void)
{
	BAD("\x16\x03\x01", 400, "TLS");
	BAD(" GET / HTTP/1.1\r\n\r\n", 400, "a blank first");
	BAD("GET /\r\n\r\n", 400, "HTTP/0.9");
	BAD("GET  / HTTP/1.1\r\n\r\n", 400, "two blanks");
	BAD("GET / HTTP/1.1 \r\n\r\n", 400, "a blank after it");
	BAD("GET / HTTP/11\r\n\r\n", 400, "a wrong version");
	BAD("GET / http/1.1\r\n\r\n", 400, "in small letters");
	BAD("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP/2");
	BAD("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "POST");
	BAD("get / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "get");
	BAD("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "no token");
	BAD("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a relative target");
	BAD("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an asterisk");
	BAD("GET http:///x HTTP/1.1\r\n\r\n", 400, "a target without host");
	BAD("GET http://u@h/ HTTP/1.1\r\n\r\n", 400, "a user");
	BAD("GET / HTTP/1.1\r\n\r\n", 400, "no Host");
	BAD("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two");
	BAD("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "a blank in a name");
	BAD("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400, "a folded field");
	BAD("GET / HTTP/1.1\r\nHost: a\r\nxyz\r\n\r\n", 400, "no colon");
	BAD("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400, "a bare CR");
	BAD("GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", 400, "a DEL");
	BAD("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400, "a NUL");
	BAD("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 400,
	    "a body");
	BAD("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400,
	    "a body of no length");
	BAD("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	    400, "a body of chunks");
	BAD("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n"
	    "Authorization: Bearer b\r\n\r\n", 400, "two tokens");
}

static void
test_pieces(void)
{
	static const char two[] = "GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n";
	static const char unfinished[] = "GET / HTTP/1.1\r\nHost: a\r\n\r";

	MORE("", "nothing");
	MORE("GET / HTTP/1.1\r\nHost: a\r\n", "one without its empty line");
	judged(unfinished, sizeof(unfinished) - 1, HTTP_REQUEST_MORE, 0,
	    "half of it");
	is_int(feed(two, sizeof(two) - 1, 100), 19, "what follows is left");
	is_str(r.path, "/1", "and changes nothing");
}

static void
test_limits(void)
{
	static char text[2 * HTTP_REQUEST_MAX];
	static const char line[] = "GET / HTTP/1.0\r\n";
	size_t n = sizeof(line) - 1;

	memset(text, 'x', sizeof(text));
	judged(text, sizeof(text), HTTP_REQUEST_BAD, 414,
	    "a line that does not end");
	memcpy(text, line, n);
	judged(text, sizeof(text), HTTP_REQUEST_BAD, 431, "a field likewise");
	memcpy(text + HTTP_REQUEST_MAX - 5, "y:\n\n", 4);
	text[n + 1] = ':';
	memcpy(text + HTTP_REQUEST_MAX - 4, "\r\n\r\n", 4);
	judged(text, HTTP_REQUEST_MAX, HTTP_REQUEST_GOOD, 0, "4 KiB");
	text[HTTP_REQUEST_MAX - 4] = 'x';
	memcpy(text + HTTP_REQUEST_MAX - 3, "\r\n\r\n", 4);
	judged(text, HTTP_REQUEST_MAX + 1, HTTP_REQUEST_BAD, 431,
	    "and a byte");
}

/* A parameter has that value; NULL: there is none. */
static void
has(const char *query, const char *want)
{
	char value[8];
	int result = http_request_query(query, "key", value, sizeof(value));

	is_int(result, want == NULL ? -1 : 0, "\"%s\"", query);
	is_str(value, want == NULL ? "" : want, "its value");
}

static void
test_query(void)
{
	has("key=value", "value");
	has("a=b&key=%41+b%7a&c", "A+bz");
	has("key=", "");
	has("xkey=1&keyx=2&key=3&key=4", "3");
	has("", NULL);
	has("key", NULL);
	has("a&&key=1", "1");
	has("key=1234567", "1234567");
	has("key=12345678", NULL);
	has("key=%4", NULL);
	has("key=%4g", NULL);
	has("key=%00", NULL);
	has("key=%&%41", NULL);
}

int
main(void)
{
	test_good();
	test_bad();
	test_pieces();
	test_limits();
	test_query();
	return done_testing();
}
