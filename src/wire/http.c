/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A GET of HTTP/1.1: writes the request and reads the response.
 */

#include "compat.h"

#include "wire/http.h"
#include "base/text.h"

enum {
	REASON = 60,		/* bytes of the server's text in an error */
	TLS_ALERT = 0x15,	/* how a TLS server's reply to a GET begins */
};

size_t
http_request(char to[HTTP_REQUEST], const struct url *u, const char *etag)
{
	char host[URL_HOST];
	struct text t;

	text_init(&t, to, HTTP_REQUEST);
	text_add(&t, "GET %s HTTP/1.1\r\n", u->target);
	text_add(&t, "Host: %s\r\n", url_host_text(u, host));
	text_add(&t, "User-Agent: adit\r\n");
	text_add(&t, "Accept: */*\r\n");
	text_add(&t, "Accept-Encoding: identity\r\n");
	if (*etag != '\0')
		text_add(&t, "If-None-Match: %s\r\n", etag);
	text_add(&t, "Connection: close\r\n\r\n");
	return (size_t)(t.at - to);
}

void
http_begin(struct http *h, uint64_t max_body, bool conditional)
{
	memset(h, 0, sizeof(*h));
	h->max_body = max_body;
	h->conditional = conditional;
}

/* Sets the result to HTTP_FAILED, and why. */
static void PRINTF_LIKE(2, 3)
http_fail(struct http *h, const char *fmt, ...)
{
	struct text t;
	va_list ap;

	h->result = HTTP_FAILED;
	text_init(&t, h->why, sizeof(h->why));
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
}

/* Fails with an error that quotes what the server sent. */
static void
http_fail_quote(struct http *h, const char *what, const char *said)
{
	char quoted[4 * REASON + 1];
	size_t n = strlen(said);
	struct text t;

	text_init(&t, quoted, sizeof(quoted));
	text_add_quoted(&t, said, n < REASON ? n : REASON);
	http_fail(h, "%s: \"%s\"%s", what, quoted, n > REASON ? "..." : "");
}

/* Are n more bytes of body within the limit?  Fails the request if not. */
static bool
body_fits(struct http *h, uint64_t n)
{
	if (n <= h->max_body - h->body)
		return true;
	http_fail(h, "the body is longer than %llu bytes",
	    (unsigned long long)h->max_body);
	return false;
}

/* Reads a number in a base of at most 16; returns what follows it, or NULL when
 * there is no digit or it is too large. */
static const char *
read_in_base(const char *p, unsigned base, uint64_t *n)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *start = p, *d;

	for (*n = 0; *p != '\0'; p++) {
		d = strchr(digits, *p);
		if (d == NULL || (unsigned)(d - digits) % 16 >= base)
			break;
		if (*n > UINT64_MAX / 32)
			return NULL;
		*n = *n * base + (unsigned)(d - digits) % 16;
	}
	return p == start ? NULL : p;
}

/* Reads the status line. */
static void
read_status(struct http *h)
{
	const char *p = text_after(h->line, "HTTP/1."), *end;
	uint64_t status = 0;

	if (p == NULL || *p < '0' || *p > '9' || p[1] != ' ') {
		http_fail_quote(h, "the answer is not one of HTTP/1", h->line);
		return;
	}
	end = read_in_base(p + 2, 10, &status);
	if (end == NULL || end - p != 5 || status < 100 ||
	    (*end != ' ' && *end != '\0')) {
		http_fail_quote(h, "the answer has no status", h->line);
		return;
	}
	h->status = (unsigned)status;
	h->step = HTTP_FIELDS;
	h->last_known = true;
	memset(h->etag, 0, sizeof(h->etag));
	memset(h->location, 0, sizeof(h->location));
	h->chunked = h->has_length = h->encoded = false;
	strlcpy(h->reason, *end == ' ' ? end + 1 : "", sizeof(h->reason));
}

/* Is it an entity tag (RFC 9110 8.8.3) that can be sent back? */
static bool
is_etag(const char *p)
{
	if (p[0] == 'W' && p[1] == '/')
		p += 2;
	if (*p++ != '"')
		return false;
	while ((unsigned char)*p > ' ' && *p != 0x7f && *p != '"')
		p++;
	return p[0] == '"' && p[1] == '\0';
}

/* Reads the value of Content-Length. */
static void
read_length(struct http *h, const char *value)
{
	const char *end;
	uint64_t n;

	end = read_in_base(value, 10, &n);
	if (end == NULL || *end != '\0' || (h->has_length && n != h->length))
		http_fail_quote(h, "a wrong Content-Length", value);
	h->has_length = true;
	h->length = n;
}

/* Reads a field if it is one that is used; returns whether it is. */
static bool
read_field(struct http *h, const char *name, const char *value)
{
	if (text_same_nocase(name, "Content-Length")) {
		read_length(h, value);
	} else if (text_same_nocase(name, "Transfer-Encoding")) {
		if (h->chunked || !text_same_nocase(value, "chunked"))
			http_fail_quote(h, "an unknown Transfer-Encoding",
			    value);
		h->chunked = true;
	} else if (text_same_nocase(name, "Content-Encoding")) {
		h->encoded = h->encoded || (*value != '\0' &&
		    !text_same_nocase(value, "identity"));
	} else if (text_same_nocase(name, "Location")) {
		if (strlen(value) >= sizeof(h->location))
			http_fail(h, "the Location is too long");
		else if (h->location[0] == '\0')
			strlcpy(h->location, value, sizeof(h->location));
	} else if (text_same_nocase(name, "ETag")) {
		if (is_etag(value) && strlen(value) < sizeof(h->etag))
			strlcpy(h->etag, value, sizeof(h->etag));
	} else {
		return false;
	}
	return true;
}

/* Reads a line of the fields other than the empty one. */
static void
read_field_line(struct http *h)
{
	char *value = strchr(h->line, ':'), *end;

	if (h->line[0] == ' ' || h->line[0] == '\t') {
		/* The line continues the last field (RFC 9112 5.2). */
		if (h->last_known)
			http_fail(h, "a field is folded over two lines");
		return;
	}
	if (value == NULL) {
		if (h->line_len < HTTP_LINE)
			http_fail_quote(h, "a field without a colon", h->line);
		return;
	}
	*value++ = '\0';
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	h->last_known = read_field(h, h->line, value);
	if (h->last_known && h->line_len >= HTTP_LINE)
		http_fail(h, "a field is too long");
}

/* After the fields: begins to read the body. */
static void
begin_body(struct http *h)
{
	if (h->encoded) {
		http_fail(h, "the body is compressed, which was not asked "
		    "for");
	} else if (h->chunked) {
		h->step = HTTP_CHUNK_LINE;
	} else if (h->has_length) {
		h->step = HTTP_BODY;
		h->left = h->length;
		if (body_fits(h, h->length) && h->length == 0)
			h->result = HTTP_OK;
	} else {
		h->step = HTTP_BODY_TO_END;
		h->until_end = true;
	}
}

/* After the fields: decides by the status what follows. */
static void
end_fields(struct http *h)
{
	unsigned status = h->status;

	if (status < 200 && status != 101) {
		h->step = HTTP_STATUS_LINE;
	} else if (status == 200 || status == 203) {
		begin_body(h);
	} else if (status == 304 && h->conditional) {
		h->result = HTTP_SAME;
	} else if (status == 301 || status == 302 || status == 303 ||
	    status == 307 || status == 308) {
		h->result = HTTP_MOVED;
		if (h->location[0] == '\0')
			http_fail(h, "the answer is %u without a Location",
			    status);
	} else {
		snprintf(h->line, sizeof(h->line), "%u %s", status,
		    h->reason);
		http_fail_quote(h, "the server answers", h->line);
	}
}

/* Reads the line before a chunk. */
static void
read_chunk_line(struct http *h)
{
	const char *end = read_in_base(h->line, 16, &h->left);

	if (end != NULL)
		end += strspn(end, " \t");
	if (end == NULL || (*end != '\0' && *end != ';'))
		http_fail_quote(h, "a chunk without a length", h->line);
	else if (h->left == 0)
		h->step = HTTP_TRAILERS;
	else if (body_fits(h, h->left))
		h->step = HTTP_CHUNK;
}

/* Reads a complete line. */
static void
read_line(struct http *h)
{
	bool empty = h->line[0] == '\0';

	switch (h->step) {
	case HTTP_STATUS_LINE:
		read_status(h);
		break;
	case HTTP_FIELDS:
		if (empty)
			end_fields(h);
		else
			read_field_line(h);
		break;
	case HTTP_CHUNK_LINE:
		read_chunk_line(h);
		break;
	case HTTP_CHUNK_END:
		h->step = HTTP_CHUNK_LINE;
		if (!empty)
			http_fail(h, "a chunk is longer than it says");
		break;
	case HTTP_TRAILERS:
		if (empty)
			h->result = HTTP_OK;
		break;
	case HTTP_BODY:
	case HTTP_BODY_TO_END:
	case HTTP_CHUNK:
		break;
	}
}

/* Ends the current line and reads it. */
static void
finish_line(struct http *h)
{
	size_t n = h->line_len < HTTP_LINE ? h->line_len : HTTP_LINE - 1;

	if (n == h->line_len && n > 0 && h->line[n - 1] == '\r')
		n--;
	h->line[n] = '\0';
	if (strlen(h->line) != n)
		http_fail(h, "a NUL byte in the answer");
	else
		read_line(h);
	h->line_len = 0;
}

/* Are n more bytes besides the body within the limit?  Fails the request if
 * not.  Lines of chunks are limited one by one, as a long body may have
 * many. */
static bool
head_fits(struct http *h, size_t n)
{
	if (h->step == HTTP_CHUNK_LINE || h->step == HTTP_CHUNK_END) {
		if (h->line_len + n <= HTTP_CHUNK_MAX)
			return true;
		http_fail(h, "the line before a chunk is too long");
		return false;
	}
	h->head += n;
	if (h->head <= HTTP_HEAD)
		return true;
	http_fail(h, "the answer has more than %u bytes besides its body",
	    (unsigned)HTTP_HEAD);
	return false;
}

/* Reads up to the end of the line; returns how many bytes it took. */
static size_t
feed_line(struct http *h, const uint8_t *p, size_t n)
{
	const uint8_t *end = memchr(p, '\n', n);
	size_t ate = end == NULL ? n : (size_t)(end - p) + 1;
	size_t keep = end == NULL ? n : ate - 1, room;

	if (h->step == HTTP_STATUS_LINE && h->line_len == 0 && *p != 'H') {
		http_fail(h, "%s", *p == TLS_ALERT ? "the server speaks TLS "
		    "there; https:// may be right" : "the answer is not HTTP");
		return ate;
	}
	if (!head_fits(h, ate))
		return ate;
	room = h->line_len < HTTP_LINE ? HTTP_LINE - h->line_len : 0;
	if (room > 0)
		memcpy(h->line + h->line_len, p, keep < room ? keep : room);
	h->line_len += keep;
	if (end != NULL)
		finish_line(h);
	return ate;
}

size_t
http_feed(struct http *h, const uint8_t *p, size_t n, const uint8_t **body,
    size_t *len)
{
	*len = 0;
	if (h->result != HTTP_MORE)
		return n;
	if (h->step == HTTP_BODY_TO_END) {
		if (!body_fits(h, n))
			return n;
	} else if (h->step == HTTP_BODY || h->step == HTTP_CHUNK) {
		if (n > h->left)
			n = (size_t)h->left;
		h->left -= n;
		if (h->left == 0 && h->step == HTTP_BODY)
			h->result = HTTP_OK;
		else if (h->left == 0)
			h->step = HTTP_CHUNK_END;
	} else {
		return feed_line(h, p, n);
	}
	h->body += n;
	*body = p;
	*len = n;
	return n;
}

void
http_end(struct http *h)
{
	if (h->result != HTTP_MORE)
		return;
	if (h->step == HTTP_BODY_TO_END)
		h->result = HTTP_OK;
	else if (h->status == 0 && h->line_len == 0)
		http_fail(h, "the server gave no answer");
	else if (h->step == HTTP_STATUS_LINE || h->step == HTTP_FIELDS)
		http_fail(h, "the connection ended inside the answer's "
		    "fields");
	else if (h->step == HTTP_BODY)
		http_fail(h, "the connection ended after %llu of %llu bytes",
		    (unsigned long long)h->body,
		    (unsigned long long)h->length);
	else
		http_fail(h, "the connection ended inside a body of chunks, "
		    "after %llu bytes", (unsigned long long)h->body);
}
