/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A GET of HTTP/1.1 (RFC 9110, 9112) as an engine: the request as bytes, and
 * a reader that is fed the answer.
 *
 * NOTES.  One request for each connection.  What comes back is the body of a
 * 200 or 203, given by length, in chunks or until the connection ends; or that
 * nothing changed (304, where an entity tag was sent); or another address.
 * Any other answer is a failure that says so.  Answers of 1xx are passed over.
 * The bodies of all but 200 and 203 are not read: close the connection.
 *
 * Limits: HTTP_HEAD bytes of status line, fields and trailers, of 1xx answers
 * too; the caller's of the body.  Fields that are not needed may be as long as
 * that; HTTP_LINE bytes are enough for others and the status line, and
 * HTTP_CHUNK_MAX for the line before a chunk.
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
	HTTP_HEAD = 65536,	/* bytes of an answer besides its body */
	HTTP_LINE = URL_TEXT + 64,	/* bytes of a line that are kept */
	HTTP_CHUNK_MAX = 256,	/* bytes of the line before a chunk */
	HTTP_ETAG = 256,	/* holds an entity tag that is kept */
	HTTP_REQUEST = URL_TEXT + HTTP_ETAG + 256,	/* holds a request */
	HTTP_REASON = 64,	/* holds what is kept of a reason */
	HTTP_WHY = 320,		/* holds what went wrong */
};

/* What became of the request. */
enum http_result {
	HTTP_MORE,		/* not known yet */
	HTTP_OK,		/* all of the body came */
	HTTP_SAME,		/* what the entity tag stands for is current */
	HTTP_MOVED,		/* see location */
	HTTP_FAILED,		/* see why */
};

/* What is read. */
enum http_step {
	HTTP_STATUS_LINE,
	HTTP_FIELDS,
	HTTP_BODY,		/* of known length */
	HTTP_BODY_TO_END,	/* of the connection */
	HTTP_CHUNK_LINE,	/* before a chunk: its length */
	HTTP_CHUNK,
	HTTP_CHUNK_END,		/* the line end behind it */
	HTTP_TRAILERS,
};

/* An answer being read. */
struct http {
	enum http_result result;
	unsigned status;	/* 200 and so on; 0 before it was read */
	char etag[HTTP_ETAG];	/* the entity tag as it was written; "" */
	char location[URL_TEXT];	/* of HTTP_MOVED, for url_resolve() */
	char why[HTTP_WHY];	/* of HTTP_FAILED; "" else */
	bool until_end;		/* the body ends with the connection: over TLS
				 * it is whole only after close_notify */

	enum http_step step;
	char reason[HTTP_REASON];	/* behind the status, for words */
	bool conditional;	/* an entity tag was sent */
	bool chunked;
	bool has_length;	/* Content-Length is there */
	bool encoded;		/* compressed, or the like */
	bool last_known;	/* the last field was one that is looked at */
	uint64_t length;	/* that of Content-Length */
	uint64_t left;		/* bytes of the body or chunk */
	uint64_t body;		/* bytes of body that were handed out */
	uint64_t max_body;	/* how many there may be */
	size_t head;		/* bytes that were no body */
	char line[HTTP_LINE];	/* what there is of the line */
	size_t line_len;	/* its bytes, kept or not */
};

/* Writes the request for a URL; etag is that of what the caller has, or "".
 * Returns its bytes. */
size_t http_request(char to[HTTP_REQUEST], const struct url *u,
    const char *etag);

/* Begins an answer whose body may have max_body bytes; conditional: the
 * request had an entity tag. */
void http_begin(struct http *h, uint64_t max_body, bool conditional);

/* Reads some of n > 0 bytes that came; returns how many, at least 1.  Where
 * they are body, *body points at *len bytes of them; otherwise *len is 0. */
size_t http_feed(struct http *h, const uint8_t *p, size_t n,
    const uint8_t **body, size_t *len);

/* The connection ended: after this the result is not HTTP_MORE. */
void http_end(struct http *h);

#endif
