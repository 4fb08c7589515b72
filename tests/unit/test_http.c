/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/http.h: the request, answers in every form, and what is refused.
 */

#include "compat.h"

#include "wire/http.h"
#include "tap.h"

enum { MAX = 1000 };		/* bytes that a body may have */

static struct http h;
static char body[2 * MAX];	/* what was handed out */
static size_t body_len;

/* Feeds n bytes, some at a time. */
static void
feed(const char *text, size_t n, size_t at_once)
{
	const uint8_t *p = (const uint8_t *)text, *piece;
	size_t len, ate;

	while (n > 0 && h.result == HTTP_MORE) {
		ate = http_feed(&h, p, at_once < n ? at_once : n, &piece,
		    &len);
		if (len > 0)
			memcpy(body + body_len, piece, len);
		body_len += len;
		p += ate;
		n -= ate;
	}
	body[body_len] = '\0';
}

/* Reads an answer byte by byte and at once, then the end of the connection if
 * so: the result is the same. */
static void
reads(const char *text, size_t n, bool end, enum http_result want,
    const char *want_body, const char *name)
{
	static const size_t sizes[] = { 1, 7, 100000 };
	unsigned i;

	for (i = 0; i < 3; i++) {
		http_begin(&h, MAX, true);
		body_len = 0;
		feed(text, n, sizes[i]);
		if (end && h.result == HTTP_MORE)
			http_end(&h);
		is_int(h.result, want, "%s, %lu bytes at once", name,
		    (unsigned long)sizes[i]);
		is_str(body, want_body, "its body");
		ok((h.result == HTTP_FAILED) == (h.why[0] != '\0'),
		    "words for a failure: %s", h.why);
	}
}

#define READS(text, want, body, name) \
	reads(text, sizeof(text) - 1, false, want, body, name)
#define ENDS(text, want, body, name) \
	reads(text, sizeof(text) - 1, true, want, body, name)

/* An answer that fails for that reason, whether or not it ends. */
#define FAILS(text, reason) do { \
	reads(text, sizeof(text) - 1, false, HTTP_FAILED, "", reason); \
	is_str(h.why, reason, "in just these words"); \
} while (0)

/* What is asked. */
static void
test_request(void)
{
	char to[HTTP_REQUEST], long_url[URL_TEXT], tag[HTTP_ETAG];
	const char *why;
	struct url u;
	size_t n;

	(void)url_parse(&u, "http://[::1]:8080/a?b", &why);
	n = http_request(to, &u, "");
	is_str(to, "GET /a?b HTTP/1.1\r\nHost: [::1]:8080\r\n"
	    "User-Agent: adit\r\nAccept: */*\r\n"
	    "Accept-Encoding: identity\r\nConnection: close\r\n\r\n",
	    "a request");
	is_int(n, strlen(to), "and its length");
	(void)url_parse(&u, "https://x/", &why);
	(void)http_request(to, &u, "W/\"1\"");
	ok(strstr(to, "\r\nIf-None-Match: W/\"1\"\r\n") != NULL,
	    "with the entity tag");
	ok(strstr(to, "\r\nHost: x\r\n") != NULL, "and no port of the scheme");
	memset(long_url, 'a', sizeof(long_url));
	memcpy(long_url, "https://", 8);
	memcpy(long_url + 8 + HOST_TEXT - 1, ":65535/", 7);
	long_url[8 + HOST_TEXT - 1 + 6 + URL_TARGET - 1] = '\0';
	is_int(url_parse(&u, long_url, &why), 0, "the longest URL");
	memset(tag, '"', sizeof(tag));
	memset(tag + 1, 'x', sizeof(tag) - 3);
	tag[sizeof(tag) - 1] = '\0';
	n = http_request(to, &u, tag);
	ok(n > 4 && strcmp(to + n - 4, "\r\n\r\n") == 0,
	    "fits with the longest entity tag");
}

/* Bodies by length, in chunks, to the end. */
static void
test_bodies(void)
{
	READS("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloXX", HTTP_OK,
	    "hello", "a body by length");
	is_int(h.status, 200, "the status");
	ok(!h.until_end, "needs no end of the connection");
	READS("HTTP/1.0 200\ncontent-length:0\n\n", HTTP_OK, "",
	    "an empty one, with bare line ends");
	READS("HTTP/1.1 203 x\r\nContent-Length: \t2 \r\nContent-Length: 2"
	    "\r\n\r\nab", HTTP_OK, "ab", "the same length twice");
	READS("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "5\r\nhello\r\n00A; x=y\r\n, world!!!\r\n0\r\n\r\n", HTTP_OK,
	    "hello, world!!!", "a body of chunks");
	READS("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n"
	    "Content-Length: 1\r\n\r\n2\nab\n0\nX: y\nZ\n\n", HTTP_OK, "ab",
	    "chunks with trailers");
	ENDS("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\nall of it",
	    HTTP_OK, "all of it", "a body that ends with the connection");
	ok(h.until_end, "says that it needs it");
	READS("HTTP/1.1 200 OK\r\n\r\nsome", HTTP_MORE, "some",
	    "and is not over before");
	READS("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n"
	    "ETag: \"no\"\r\nContent-Length: 9\r\n\r\n"
	    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", HTTP_OK, "x",
	    "answers of 1xx are passed over");
	is_str(h.etag, "", "with their fields");
}

/* Fields. */
static void
test_fields(void)
{
	static char longest[HTTP_HEAD], *p = longest;
	const char *end = "\r\nContent-Length: 1\r\n\r\nx";

	READS("HTTP/1.1 200 OK\r\nETag: W/\"a-1\"\r\nContent-Length: 1"
	    "\r\n\r\nx", HTTP_OK, "x", "an entity tag");
	is_str(h.etag, "W/\"a-1\"", "is kept");
	READS("HTTP/1.1 200 OK\r\nETag: a\r\neTag: \"a b\"\r\nETag: \"a\"b\r\n"
	    "Content-Length: 1\r\n\r\nx", HTTP_OK, "x", "what is none");
	is_str(h.etag, "", "is not");
	READS("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc: d\r\nContent-Length: 1"
	    "\r\n\r\nx", HTTP_OK, "x", "a folded field that does not matter");
	READS("HTTP/1.1 304 Not Modified\r\n\r\n", HTTP_SAME, "",
	    "not modified");
	READS("HTTP/1.1 302 Found\r\nLocation: \t/a b \r\n"
	    "Location: /c\r\n\r\n", HTTP_MOVED, "", "a redirect");
	is_str(h.location, "/a b", "its first Location, without space around");
	READS("HTTP/1.1 308 x\r\nLOCATION:http://x/\r\nContent-Length: 5000"
	    "\r\n\r\n", HTTP_MOVED, "", "a redirect with a long body");
	p += sprintf(p, "HTTP/1.1 200 OK\r\nX: ");
	memset(p, 'x', sizeof(longest) - (size_t)(p - longest));
	strcpy(longest + HTTP_HEAD - strlen(end) - 1, end);
	reads(longest, strlen(longest), false, HTTP_OK, "x",
	    "64 KiB of fields");
}

/* Answers that are none, or not the ones that were hoped for. */
static void
test_failures(void)
{
	FAILS("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello",
	    "the server answers: \"404 Not Found\"");
	FAILS("HTTP/1.1 500\r\n\r\n", "the server answers: \"500 \"");
	FAILS("HTTP/1.1 101 x\r\n\r\n", "the server answers: \"101 x\"");
	FAILS("HTTP/1.1 206 \x1b[1m\r\n\r\n",
	    "the server answers: \"206 \\x1b[1m\"");
	FAILS("HTTP/1.1 301 Moved\r\n\r\n",
	    "the answer is 301 without a Location");
	FAILS("\x15\x03\x03\x00\x02\x02\x46", "the server speaks TLS there; "
	    "https:// may be right");
	FAILS("SSH-2.0-x\r\n", "the answer is not HTTP");
	FAILS("HTTP/2 200\r\n", "the answer is not one of HTTP/1: "
	    "\"HTTP/2 200\"");
	FAILS("HTTP/1.1  200 OK\r\n", "the answer has no status: "
	    "\"HTTP/1.1  200 OK\"");
	FAILS("HTTP/1.1 2000 OK\r\n", "the answer has no status: "
	    "\"HTTP/1.1 2000 OK\"");
	FAILS("HTTP/1.1 20x OK\r\n", "the answer has no status: "
	    "\"HTTP/1.1 20x OK\"");
	FAILS("HTTP/1.1 099 OK\r\n", "the answer has no status: "
	    "\"HTTP/1.1 099 OK\"");
	FAILS("HTTP/1.1 200 OK\r\nX\r\n", "a field without a colon: \"X\"");
	FAILS("HTTP/1.1 200 OK\r\nX: a\0b\r\n", "a NUL byte in the answer");
	FAILS("HTTP/1.1 200 OK\r\n X: y\r\n",
	    "a field is folded over two lines");
	FAILS("HTTP/1.1 200 OK\r\nLocation: /a\r\n b\r\n",
	    "a field is folded over two lines");
	FAILS("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n",
	    "a wrong Content-Length: \"5, 5\"");
	FAILS("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n",
	    "a wrong Content-Length: \"-5\"");
	FAILS("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
	    "a wrong Content-Length: \"99999999999999999999\"");
	FAILS("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
	    "a wrong Content-Length: \"2\"");
	FAILS("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
	    "an unknown Transfer-Encoding: \"gzip, chunked\"");
	FAILS("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n",
	    "an unknown Transfer-Encoding: \"chunked\"");
	FAILS("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
	    "the body is compressed, which was not asked for");
	FAILS("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
	    "the body is longer than 1000 bytes");
	http_begin(&h, MAX, false);
	body_len = 0;
	feed("HTTP/1.1 304 x\r\n\r\n", 18, 18);
	is_str(h.why, "the server answers: \"304 x\"",
	    "304 where nothing was known before");
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* Chunks that are wrong. */
static void
test_chunks(void)
{
	static char text[4096];

	FAILS(CHUNKED "\r\n", "a chunk without a length: \"\"");
	FAILS(CHUNKED "x\r\n", "a chunk without a length: \"x\"");
	FAILS(CHUNKED "-1\r\n", "a chunk without a length: \"-1\"");
	FAILS(CHUNKED "1x\r\n", "a chunk without a length: \"1x\"");
	FAILS(CHUNKED "ffffffffffffffff1\r\n",
	    "a chunk without a length: \"ffffffffffffffff1\"");
	FAILS(CHUNKED "3e9\r\n", "the body is longer than 1000 bytes");
	READS(CHUNKED "2\r\nabc\r\n", HTTP_FAILED, "ab", "a longer chunk");
	is_str(h.why, "a chunk is longer than it says", "is called so");
	READS(CHUNKED "1\r\na\r\n3e8\r\n", HTTP_FAILED, "a", "one too many");
	is_str(h.why, "the body is longer than 1000 bytes", "is told");
	strcpy(text, CHUNKED "1;");
	memset(text + strlen(text), 'x', HTTP_CHUNK_MAX);
	reads(text, strlen(text), false, HTTP_FAILED, "",
	    "a long line before a chunk");
	is_str(h.why, "the line before a chunk is too long", "is told");
}

/* Answers that end too early. */
static void
test_ends(void)
{
	ENDS("", HTTP_FAILED, "", "no answer");
	is_str(h.why, "the server gave no answer", "is told");
	ENDS("HTTP/1.1 2", HTTP_FAILED, "", "a part of a line");
	is_str(h.why, "the connection ended inside the answer's fields",
	    "is told");
	ENDS("HTTP/1.1 200 OK\r\nX: y\r\n", HTTP_FAILED, "",
	    "a part of the fields");
	is_str(h.why, "the connection ended inside the answer's fields",
	    "is told");
	ENDS("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", HTTP_FAILED,
	    "hell", "a part of a body");
	is_str(h.why, "the connection ended after 4 of 5 bytes", "is told");
	ENDS(CHUNKED "5\r\nhello\r\n", HTTP_FAILED, "hello",
	    "a part of the chunks");
	is_str(h.why, "the connection ended inside a body of chunks, after 5 "
	    "bytes", "is told");
	ENDS(CHUNKED "5\r\nhello\r\n0\r\n", HTTP_FAILED, "hello",
	    "chunks without the last line");
	ENDS("HTTP/1.1 100 x\r\n\r\n", HTTP_FAILED, "", "1xx and no more");
}

/* A server that never stops. */
static void
test_limits(void)
{
	static char text[HTTP_HEAD + 100];
	size_t n;

	http_begin(&h, MAX, false);
	body_len = 0;
	n = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\n\r\n");
	feed(text, n, n);
	memset(text, 'x', sizeof(text));
	feed(text, MAX, 300);
	ok(h.result == HTTP_MORE && body_len == MAX,
	    "a body may have just as many bytes");
	feed(text, 1, 1);
	is_int(h.result, HTTP_FAILED, "but not one more");
	is_str(h.why, "the body is longer than 1000 bytes", "which is told");
	is_int(body_len, MAX, "nor is that handed out");
	http_begin(&h, MAX, false);
	feed("HTTP/1.1 200 OK\r\nX:", 19, 1);
	feed(text, sizeof(text), 1000);
	is_str(h.why, "the answer has more than 65536 bytes besides its body",
	    "fields that do not end are given up");
	http_begin(&h, MAX, false);
	while (h.result == HTTP_MORE)
		feed("HTTP/1.1 100 x\r\n\r\n", 18, 18);
	is_str(h.why, "the answer has more than 65536 bytes besides its body",
	    "so are answers of 1xx");
	http_begin(&h, MAX, false);
	feed(CHUNKED "0\r\n", sizeof(CHUNKED) + 2, 10);
	while (h.result == HTTP_MORE)
		feed("X: y\r\n", 6, 6);
	is_str(h.why, "the answer has more than 65536 bytes besides its body",
	    "and trailers");
	http_begin(&h, MAX, false);
	feed("HTTP/1.1 302 x\r\nLocation: ", 26, 26);
	feed(text, HTTP_LINE, 1000);
	feed("\r\n", 2, 2);
	is_int(h.result, HTTP_FAILED, "a Location that is too long is told");
}

int
main(void)
{
	test_request();
	test_bodies();
	test_fields();
	test_failures();
	test_chunks();
	test_ends();
	test_limits();
	return done_testing();
}
