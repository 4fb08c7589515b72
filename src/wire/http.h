/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A GET of HTTP/1.1 (RFC 9110, 9112) without I/O: writes the request, and reads
 * the response from bytes that the caller feeds to it.
 *
 * NOTES.  One request for each connection.  The result is the body of a 200 or
 * 203, by length, in chunks or until the connection ends; or that nothing
 * changed (304, where an entity tag was sent); or a redirect.  1xx responses
 * other than 101 are skipped.  Any other response is a failure.  Only the
 * bodies of 200 and 203 are read: close the connection after the others.
 *
 * Limits: HTTP_HEAD bytes for status lines, fields and trailers, those of 1xx
 * responses included; the caller's limit for the body; HTTP_LINE bytes for a
 * field that is used; HTTP_CHUNK_MAX bytes for the line before a chunk.
 *
 *	http_begin(&h, max, etag[0] != '\0');
 *	... bytes came:
 *	while (n > 0 && h.result == HTTP_MORE) {
 *		ate = http_feed(&h, p, n, &body, &len);
 *		... keep len bytes at body; p += ate; n -= ate ...
 *	}
 *	... the connection ended, while h.result == HTTP_MORE:
 *	http_end(&h);
 */

#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/url.h"

enum {
	HTTP_HEAD = 65536,	/* bytes of a response besides its body */
	HTTP_LINE = URL_TEXT + 64,	/* bytes of a line that are kept */
	HTTP_CHUNK_MAX = 256,	/* bytes of the line before a chunk */
	HTTP_ETAG = 256,	/* holds an entity tag; longer ones are not
				 * kept */
	HTTP_REQUEST = URL_TEXT + HTTP_ETAG + 256,	/* holds a request */
	HTTP_REASON = 64,	/* holds the start of a reason */
	HTTP_WHY = 320,		/* holds an error */
};

/* The result of the request. */
enum http_result {
	HTTP_MORE,		/* not known yet */
	HTTP_OK,		/* the body is complete */
	HTTP_SAME,		/* not modified: the entity tag is current */
	HTTP_MOVED,		/* redirected: see location */
	HTTP_FAILED,		/* see why */
};

/* What is read next. */
enum http_step {
	HTTP_STATUS_LINE,
	HTTP_FIELDS,
	HTTP_BODY,		/* of known length */
	HTTP_BODY_TO_END,	/* up to the end of the connection */
	HTTP_CHUNK_LINE,	/* before a chunk: its length */
	HTTP_CHUNK,
	HTTP_CHUNK_END,		/* the line end after it */
	HTTP_TRAILERS,
};

/* A response being read. */
struct http {
	enum http_result result;
	unsigned status;	/* 200 and so on; 0 before it was read */
	char etag[HTTP_ETAG];	/* the entity tag as received; "": none */
	char location[URL_TEXT];	/* of HTTP_MOVED, for url_resolve() */
	char why[HTTP_WHY];	/* of HTTP_FAILED; else "" */
	bool until_end;		/* the body ends with the connection: over TLS
				 * it is complete only after close_notify */

	enum http_step step;
	char reason[HTTP_REASON];	/* after the status; for errors */
	bool conditional;	/* an entity tag was sent */
	bool chunked;		/* the transfer encoding is chunked */
	bool has_length;	/* there was a Content-Length */
	bool encoded;		/* the content encoding is not identity */
	bool last_known;	/* the last field is one that is used */
	uint64_t length;	/* that of Content-Length */
	uint64_t left;		/* bytes left of the body or chunk */
	uint64_t body;		/* bytes of body passed to the caller */
	uint64_t max_body;	/* bytes of body, at most */
	size_t head;		/* bytes besides the body and chunk lines */
	char line[HTTP_LINE];	/* the current line so far */
	size_t line_len;	/* its bytes, also those that do not fit */
};

/* Writes the request for a URL; etag is that of the caller's copy, or "".
 * Returns its bytes. */
size_t http_request(char to[HTTP_REQUEST], const struct url *u,
    const char *etag);

/* Begins to read a response whose body may have max_body bytes; conditional:
 * the request had an entity tag. */
void http_begin(struct http *h, uint64_t max_body, bool conditional);

/* Reads some of n > 0 received bytes; returns how many, at least 1.  Where
 * these are body, *body points at *len of them; otherwise *len is 0. */
size_t http_feed(struct http *h, const uint8_t *p, size_t n,
    const uint8_t **body, size_t *len);

/* The connection ended: after this the result is not HTTP_MORE. */
void http_end(struct http *h);

#endif
