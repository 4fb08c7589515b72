/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A request of HTTP/1 (RFC 9110, 9112) as a small server reads it, without I/O:
 * GET and HEAD alone, no body, one for each connection.
 *
 * NOTES.  All of a request, its line and its fields, has at most
 * HTTP_REQUEST_MAX bytes.  It is kept as it comes, in any pieces, and judged
 * when its empty line is there; what cannot become a request is refused as soon
 * as that is known.  What is refused has the status of the answer:
 *
 *	400	not a request of HTTP/1, or one that is understood in two ways:
 *		no Host or two of them, blanks before a colon, a field over two
 *		lines, a control character, a body
 *	405	neither GET nor HEAD
 *	414	the line alone is too long
 *	431	the fields are too long
 *	505	not HTTP/1
 *
 *	http_request_begin(&r);
 *	... bytes came:
 *	ate = http_request_feed(&r, p, n);
 *	... while r.result == HTTP_REQUEST_MORE
 */

#ifndef WIRE_HTTP_REQUEST_H
#define WIRE_HTTP_REQUEST_H

#include "compat.h"

enum {
	HTTP_REQUEST_MAX = 4096,	/* bytes of a request */
	HTTP_REQUEST_TOKEN = 256,	/* bytes of a token, its NUL included */
};

enum http_request_result {
	HTTP_REQUEST_MORE,	/* it is not complete */
	HTTP_REQUEST_GOOD,	/* its members are set */
	HTTP_REQUEST_BAD,	/* refused: status says how */
};

/* A request being read.  The texts are in `text`. */
struct http_request {
	enum http_request_result result;
	unsigned status;	/* of HTTP_REQUEST_BAD */
	bool head;		/* HEAD: the answer has no body */
	bool http10;		/* HTTP/1.0: the answer has no chunks */
	const char *path;	/* begins with '/'; as sent, not decoded */
	const char *query;	/* after the '?'; "": none; as sent */
	const char *host;	/* of the target, else of Host, perhaps "";
				 * NULL where HTTP/1.0 has none */
	const char *bearer;	/* token of Authorization: Bearer; NULL: none */

	size_t len;		/* bytes of text so far */
	size_t line;		/* where the current line begins */
	char text[HTTP_REQUEST_MAX + 1];	/* what was received */
};

/* Begins to read a request. */
void http_request_begin(struct http_request *);

/* Reads some of n > 0 received bytes while the result is HTTP_REQUEST_MORE;
 * returns how many: not all of them only if the result is a different one
 * now. */
size_t http_request_feed(struct http_request *, const uint8_t *p, size_t n);

/* Finds a parameter of a query, "name=value&...", and writes its value, with
 * %XX decoded.  0; -1: there is none, or it is faulty or too long; then value
 * is "". */
int http_request_query(const char *query, const char *name, char *value,
    size_t size);

#endif
