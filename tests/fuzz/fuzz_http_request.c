/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: requests of HTTP.  The first byte says in what pieces the rest
 * comes: the result is the same as in one; texts of a good one are within what
 * was received and have no control characters; and no text, escaped, is markup
 * or more than its value.
 */

#include "compat.h"

#include "base/escape.h"
#include "base/log.h"
#include "wire/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds all in pieces of that size, each in memory of just its own; returns the
 * bytes that were eaten. */
static size_t
feed(struct http_request *r, const uint8_t *p, size_t n, size_t at_once)
{
	size_t at = 0, ate, part;
	uint8_t *copy;

	http_request_begin(r);
	while (at < n && r->result == HTTP_REQUEST_MORE) {
		part = at_once < n - at ? at_once : n - at;
		copy = malloc(part);
		must(copy != NULL);
		memcpy(copy, p + at, part);
		ate = http_request_feed(r, copy, part);
		must(ate <= part);
		must(ate == part || r->result != HTTP_REQUEST_MORE);
		free(copy);
		at += ate;
	}
	return at;
}

/* A text is within the request, printable, and the same in both. */
static void
check_text(const struct http_request *r, const char *text, const char *other)
{
	static char out[6 * HTTP_REQUEST_MAX + 1];
	struct text t;
	const char *p;

	must((text == NULL) == (other == NULL));
	if (text == NULL)
		return;
	must(strcmp(text, other) == 0);
	must(strlen(text) <= r->len);
	for (p = text; *p != '\0'; p++)
		must(((unsigned char)*p >= ' ' && *p != 0x7f) || *p == '\t');
	text_init(&t, out, sizeof(out));
	escape_html(&t, text);
	must(strpbrk(out, "<>\"'") == NULL);
	text_init(&t, out, sizeof(out));
	escape_label(&t, text);
	for (p = out; *p != '\0'; p++) {
		must(*p != '"' && *p != '\n');
		if (*p == '\\')
			must(*++p == '\\' || *p == '"' || *p == 'n');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request once, pieces;
	char value[HTTP_REQUEST_TOKEN];
	size_t ate;

	if (size < 1)
		return 0;
	ate = feed(&once, data + 1, size - 1, size);
	must(feed(&pieces, data + 1, size - 1, data[0] + 1u) == ate);
	must(once.result == pieces.result && once.status == pieces.status);
	must(once.result != HTTP_REQUEST_MORE || once.len <= ate);
	must((once.result == HTTP_REQUEST_BAD) == (once.status != 0));
	if (once.result != HTTP_REQUEST_GOOD)
		return 0;
	must(once.path[0] == '/');
	must(once.http10 || once.host != NULL);
	check_text(&once, once.path, pieces.path);
	check_text(&once, once.query, pieces.query);
	check_text(&once, once.host, pieces.host);
	check_text(&once, once.bearer, pieces.bearer);
	if (http_request_query(once.query, "token", value,
	    sizeof(value)) == 0)
		must(strlen(value) < sizeof(value));
	else
		must(value[0] == '\0');
	return 0;
}
