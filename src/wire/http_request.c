/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads a GET or HEAD of HTTP/1.
 */

#include "compat.h"

#include "wire/http_request.h"

#include "base/text.h"

void
http_request_begin(struct http_request *r)
{
	memset(r, 0, offsetof(struct http_request, text));
	r->path = r->query = "";
}

/* Refuses the request. */
static void
request_refuse(struct http_request *r, unsigned status)
{
	r->result = HTTP_REQUEST_BAD;
	r->status = status;
}

/* May the byte be in a token (RFC 9110 5.6.2)? */
static bool
is_token_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Reads the target of the line: "/path?query", or the same after
 * "http://host". */
static void
read_target(struct http_request *r, char *target)
{
	char *p, *end;

	if (strlen(target) > 7 && text_same_nocase_n(target, "http://", 7)) {
		r->host = target + 7;
		p = target + 7 + strcspn(target + 7, "/?");
		if (p == r->host || memchr(r->host, '@',
		    (size_t)(p - r->host)) != NULL) {
			request_refuse(r, 400);
			return;
		}
		if (*p == '\0') {
			r->path = "/";
			return;
		}
		/* The host moves to the left by one, for its NUL. */
		memmove(target + 6, target + 7, (size_t)(p - target) - 7);
		p[-1] = '\0';
		r->host = target + 6;
		if (*p == '?') {
			r->path = "/";
			r->query = p + 1;
			return;
		}
		target = p;
	}
	if (*target != '/') {
		request_refuse(r, 400);
		return;
	}
	r->path = target;
	end = strchr(target, '?');
	if (end != NULL) {
		*end = '\0';
		r->query = end + 1;
	}
}

/* Reads the request line. */
static void
read_request_line(struct http_request *r, char *line)
{
	char *target = strchr(line, ' '), *version;
	const char *p;

	version = target == NULL ? NULL : strchr(target + 1, ' ');
	if (version == NULL || target == line || version == target + 1) {
		request_refuse(r, 400);
		return;
	}
	*target++ = '\0';
	*version++ = '\0';
	for (p = line; is_token_byte(*p); p++)
		;
	if (*p != '\0' || strncmp(version, "HTTP/", 5) != 0 ||
	    version[5] < '0' || version[5] > '9' || version[6] != '.' ||
	    version[7] < '0' || version[7] > '9' || version[8] != '\0') {
		request_refuse(r, 400);
		return;
	}
	if (version[5] != '1') {
		request_refuse(r, 505);
		return;
	}
	r->http10 = version[7] == '0';
	r->head = strcmp(line, "HEAD") == 0;
	if (!r->head && strcmp(line, "GET") != 0)
		request_refuse(r, 405);
	else
		read_target(r, target);
}

/* Reads the value of Authorization: only Bearer is known. */
static void
read_authorization(struct http_request *r, char *value)
{
	size_t n = strcspn(value, " ");

	if (r->bearer != NULL)
		request_refuse(r, 400);
	if (n != 6 || !text_same_nocase_n(value, "Bearer", 6))
		return;
	r->bearer = value + n + strspn(value + n, " ");
}

/* Is it a Content-Length of nothing? */
static bool
is_zero(const char *value)
{
	return *value != '\0' && value[strspn(value, "0")] == '\0';
}

/* Reads a field. */
static void
read_request_field(struct http_request *r, char *line, bool *has_host)
{
	char *value = line, *end;

	while (is_token_byte(*value))
		value++;
	if (value == line || *value != ':') {
		request_refuse(r, 400);
		return;
	}
	*value++ = '\0';
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	if (text_same_nocase(line, "Host")) {
		if (*has_host)
			request_refuse(r, 400);
		*has_host = true;
		/* That of the target counts (RFC 9112 3.2.2). */
		if (r->host == NULL)
			r->host = value;
	} else if (text_same_nocase(line, "Authorization")) {
		read_authorization(r, value);
	} else if (text_same_nocase(line, "Transfer-Encoding") ||
	    (text_same_nocase(line, "Content-Length") && !is_zero(value))) {
		request_refuse(r, 400);
	}
}

/* Ends the line at p, without its CR; returns it, or NULL and refuses the
 * request for a control character. */
static char *
take_line(struct http_request *r, char **p)
{
	char *line = *p, *end = strchr(line, '\n'), *c;

	*p = end + 1;
	if (end > line && end[-1] == '\r')
		end--;
	*end = '\0';
	for (c = line; c < end; c++) {
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
			request_refuse(r, 400);
			return NULL;
		}
	}
	return line;
}

/* Reads all of the request, which is complete. */
static void
read_request(struct http_request *r)
{
	bool has_host = false;
	char *p = r->text, *line;

	r->result = HTTP_REQUEST_GOOD;
	r->text[r->len] = '\0';
	line = take_line(r, &p);
	if (line != NULL)
		read_request_line(r, line);
	while (r->result == HTTP_REQUEST_GOOD) {
		line = take_line(r, &p);
		if (line == NULL)
			return;
		if (*line == '\0')
			break;
		read_request_field(r, line, &has_host);
	}
	if (r->result == HTTP_REQUEST_GOOD && r->host == NULL && !r->http10)
		request_refuse(r, 400);
}

/* A line is complete, its LF is the last byte: the empty one ends the
 * request. */
static void
end_line(struct http_request *r)
{
	size_t n = r->len - r->line;
	bool empty = n == 1 || (n == 2 && r->text[r->line] == '\r');

	if (empty && r->line == 0)
		r->len = 0;	/* before the request (RFC 9112 2.2) */
	else if (empty)
		read_request(r);
	r->line = r->len;
}

size_t
http_request_feed(struct http_request *r, const uint8_t *p, size_t n)
{
	size_t i;
	char c;

	for (i = 0; i < n && r->result == HTTP_REQUEST_MORE; i++) {
		c = (char)p[i];
		if (r->len == HTTP_REQUEST_MAX) {
			request_refuse(r, r->line == 0 ? 414 : 431);
			break;
		}
		r->text[r->len++] = c;
		if (c == '\n')
			end_line(r);
		else if (c == '\0' || (r->len == 1 && c != '\r' &&
		    !is_token_byte(c)))
			/* TLS, for example. */
			request_refuse(r, 400);
	}
	return i;
}

/* The value of a hexadecimal digit, or -1. */
static int
escape_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *p = c == '\0' ? NULL : strchr(digits, c);

	return p == NULL ? -1 : (int)(p - digits) % 16;
}

/* Decodes n bytes of a value; 0, or -1 when it is faulty or too long. */
static int
decode_value(const char *p, size_t n, char *value, size_t size)
{
	const char *end = p + n;
	size_t len = 0;
	int c;

	for (; p < end; p++) {
		c = (unsigned char)*p;
		if (c == '%') {
			if (end - p < 3 || escape_digit(p[1]) < 0 ||
			    escape_digit(p[2]) < 0)
				return -1;
			c = escape_digit(p[1]) * 16 + escape_digit(p[2]);
			p += 2;
		}
		if (c == '\0' || len + 1 >= size)
			return -1;
		value[len++] = (char)c;
	}
	value[len] = '\0';
	return 0;
}

int
http_request_query(const char *query, const char *name, char *value,
    size_t size)
{
	size_t n, len = strlen(name);

	for (; *query != '\0'; query += n + (query[n] != '\0')) {
		n = strcspn(query, "&");
		if (n <= len || strncmp(query, name, len) != 0 ||
		    query[len] != '=')
			continue;
		if (decode_value(query + len + 1, n - len - 1, value,
		    size) == 0)
			return 0;
		break;
	}
	*value = '\0';
	return -1;
}
