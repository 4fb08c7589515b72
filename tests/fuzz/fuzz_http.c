/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: HTTP answers.  The first byte says in what pieces the rest
 * comes: the result is the same as in one, no body is longer than allowed, and
 * what would be sent back has no line ends in it.
 */

#include "compat.h"

#include "wire/http.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 300 };	/* bytes that a body may have */

/* An answer and the body that was handed out. */
struct answer {
	struct http http;
	uint8_t body[MAX];
	size_t len;
};

/* Feeds all in pieces of that size, each in memory of just its own. */
static void
feed(struct answer *a, const uint8_t *p, size_t n, size_t at_once)
{
	const uint8_t *piece = NULL;
	size_t ate, len, part;
	uint8_t *copy;

	while (n > 0 && a->http.result == HTTP_MORE) {
		part = at_once < n ? at_once : n;
		copy = malloc(part);
		must(copy != NULL);
		memcpy(copy, p, part);
		ate = http_feed(&a->http, copy, part, &piece, &len);
		must(ate > 0 && ate <= part);
		must(len == 0 || (piece >= copy && len <= ate));
		must(len <= MAX - a->len);
		if (len > 0)
			memcpy(a->body + a->len, piece, len);
		a->len += len;
		free(copy);
		p += ate;
		n -= ate;
	}
}

/* Can a text stand in a request? */
static void
check_text(const char *p)
{
	must(strcspn(p, "\r\n") == strlen(p));
}

/* Checks what became of an answer. */
static void
check(const struct answer *a)
{
	struct url u = { 0 };
	const char *why = "";
	char text[HTTP_REQUEST];

	must(a->len == a->http.body);
	must((a->http.result == HTTP_FAILED) == (a->http.why[0] != '\0'));
	must(strlen(a->http.why) < sizeof(a->http.why) - 1);
	check_text(a->http.why);
	check_text(a->http.etag);
	if (a->http.result != HTTP_MOVED)
		return;
	must(a->http.location[0] != '\0');
	must(url_parse(&u, "https://h/a?b", &why) == 0);
	if (url_resolve(&u, a->http.location, &why) == 0) {
		must(u.target[0] == '/' && u.port != 0 && u.host[0] != '\0');
		check_text(u.target);
	} else {
		must(why[0] != '\0');
	}
	must(http_request(text, &u, a->http.etag) < sizeof(text) - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer once, pieces;
	bool conditional;

	if (size < 1)
		return 0;
	conditional = (data[0] & 0x80) != 0;
	http_begin(&once.http, MAX, conditional);
	http_begin(&pieces.http, MAX, conditional);
	once.len = pieces.len = 0;
	feed(&once, data + 1, size - 1, size);
	feed(&pieces, data + 1, size - 1, (data[0] & 0x7f) + 1u);
	must(once.http.result == pieces.http.result);
	check(&once);
	http_end(&once.http);
	http_end(&pieces.http);
	check(&once);
	check(&pieces);
	must(once.http.result == pieces.http.result);
	must(once.http.status == pieces.http.status);
	must(strcmp(once.http.etag, pieces.http.etag) == 0);
	must(strcmp(once.http.location, pieces.http.location) == 0);
	if (once.http.result == HTTP_OK) {
		must(once.len == pieces.len);
		must(memcmp(once.body, pieces.body, once.len) == 0);
	}
	return 0;
}
