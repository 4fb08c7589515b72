/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * URLs of http and https: reading, resolving and writing them.
 */

#include "compat.h"

#include "wire/url.h"
#include "base/text.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

/* Bytes of the scheme that a text begins with, without the colon; 0 when there
 * is none. */
static size_t
scheme_len(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
	bool letter = (*text >= 'a' && *text <= 'z') ||
	    (*text >= 'A' && *text <= 'Z');

	return letter && text[n] == ':' ? n : 0;
}

/* Reads digits as a port; 0 when they are not one. */
static uint16_t
read_port(const char *at, const char *end)
{
	uint32_t port = 0;

	if (end - at > 5)
		return 0;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return 0;
		port = port * 10 + (uint32_t)(*at - '0');
	}
	return port > 65535 ? 0 : (uint16_t)port;
}

/* Copies a host name of n bytes in lower case; -1 when it is not valid. */
static int
copy_name(char *to, const char *from, size_t n)
{
	size_t i;

	if (n == 0 || n >= HOST_TEXT || *from == '.')
		return -1;
	for (i = 0; i < n; i++) {
		to[i] = from[i];
		if (from[i] >= 'A' && from[i] <= 'Z')
			to[i] = (char)(from[i] - 'A' + 'a');
		else if ((from[i] < 'a' || from[i] > 'z') &&
		    (from[i] < '0' || from[i] > '9') &&
		    strchr("-._", from[i]) == NULL)
			return -1;
	}
	to[n] = '\0';
	return 0;
}

/* Copies an IPv6 address of n bytes in its usual form; -1 when it is not
 * valid. */
static int
copy_ip6(char *to, const char *from, size_t n)
{
	char literal[HOST_TEXT], text[ADDR_TEXT];
	struct addr a = { 0 };

	if (n >= sizeof(literal) || memchr(from, '%', n) != NULL)
		return -1;
	memcpy(literal, from, n);
	literal[n] = '\0';
	if (addr_parse_ip(&a, literal) != 0 || a.family != 6)
		return -1;
	strlcpy(to, addr_ip_text(&a, text), HOST_TEXT);
	return 0;
}

/* Reads "host:port" between at and end; 0, or -1 and *why. */
static int
read_authority(struct url *u, const char *at, const char *end,
    const char **why)
{
	const char *host_end = at;
	int status;

	if (memchr(at, '@', (size_t)(end - at)) != NULL) {
		*why = "a user or password in a URL is not taken";
		return -1;
	}
	if (at < end && *at == '[') {
		while (host_end < end && *host_end != ']')
			host_end++;
		status = host_end == end ? -1 :
		    copy_ip6(u->host, at + 1, (size_t)(host_end - at - 1));
		host_end += host_end < end;
	} else {
		while (host_end < end && *host_end != ':')
			host_end++;
		status = copy_name(u->host, at, (size_t)(host_end - at));
	}
	if (status != 0) {
		*why = host_end == at ? "a host is missing in the URL" :
		    "the host in the URL is neither a name of ASCII letters, "
		    "digits, - and . nor an address, IPv6 in brackets";
		return -1;
	}
	u->port = u->https ? HTTPS_PORT : HTTP_PORT;
	/* The port may be missing, and also its digits. */
	if (end - host_end < 2 && (host_end == end || *host_end == ':'))
		return 0;
	u->port = *host_end == ':' ? read_port(host_end + 1, end) : 0;
	if (u->port != 0)
		return 0;
	*why = "the port in the URL is no number from 1 to 65535";
	return -1;
}

/* Appends part of a path or query to a target, up to a #; 0, or -1 and
 * *why. */
static int
target_add(char *target, size_t *len, const char *at, const char *end,
    const char **why)
{
	char encoded[4];
	size_t n;

	for (; at < end && *at != '#'; at++) {
		if ((unsigned char)*at <= ' ' || *at == 0x7f) {
			*why = "a space or control character in the URL; a "
			    "space is written %20";
			return -1;
		}
		n = 1;
		encoded[0] = *at;
		if ((unsigned char)*at > 0x7f) {
			snprintf(encoded, sizeof(encoded), "%%%02X",
			    (unsigned char)*at);
			n = 3;
		}
		if (n >= URL_TARGET - *len) {
			*why = "the URL is too long";
			return -1;
		}
		memcpy(target + *len, encoded, n);
		*len += n;
	}
	target[*len] = '\0';
	return 0;
}

/* Removes the segments . and .. from the path of a target (RFC 3986 5.2.4). */
static void
target_clean(char *target)
{
	char *in = target, *out = target, *path_end, *end;
	size_t n;

	path_end = target + strcspn(target, "?");
	while (in < path_end) {
		end = in + 1;
		while (end < path_end && *end != '/')
			end++;
		n = (size_t)(end - in);
		if (n == 3 && in[1] == '.' && in[2] == '.') {
			while (out > target && *--out != '/')
				;
			n = end == path_end;
		} else if (n == 2 && in[1] == '.') {
			n = end == path_end;
		}
		memmove(out, in, n);
		out += n;
		in = end;
	}
	memmove(out, path_end, strlen(path_end) + 1);
}

/* Sets the target from the text after the authority; 0, or -1 and *why. */
static int
target_set(struct url *u, const char *text, const char **why)
{
	size_t len = *text != '/';

	u->target[0] = '/';
	if (target_add(u->target, &len, text, text + strlen(text), why) != 0)
		return -1;
	target_clean(u->target);
	return 0;
}

int
url_parse(struct url *u, const char *text, const char **why)
{
	size_t n = scheme_len(text);
	struct url new = { 0 };
	const char *end;
	char scheme[8];

	scheme[0] = '\0';
	if (n < sizeof(scheme)) {
		memcpy(scheme, text, n);
		scheme[n] = '\0';
	}
	new.https = text_same_nocase(scheme, "https");
	if ((!new.https && !text_same_nocase(scheme, "http")) ||
	    text[n + 1] != '/' || text[n + 2] != '/') {
		*why = "a URL begins with http:// or https:// here";
		return -1;
	}
	text += n + 3;
	end = text + strcspn(text, "/?#");
	if (read_authority(&new, text, end, why) != 0 ||
	    target_set(&new, end, why) != 0)
		return -1;
	*u = new;
	return 0;
}

int
url_resolve(struct url *u, const char *reference, const char **why)
{
	const char *end = reference + strlen(reference);
	char text[URL_TEXT];
	struct url new = *u;
	size_t len;

	if (scheme_len(reference) > 0)
		return url_parse(u, reference, why);
	if (reference[0] == '/' && reference[1] == '/') {
		if ((size_t)snprintf(text, sizeof(text), "%s:%s",
		    u->https ? "https" : "http", reference) >= sizeof(text)) {
			*why = "the URL is too long";
			return -1;
		}
		return url_parse(u, text, why);
	}
	if (*reference == '\0' || *reference == '#')
		return 0;
	len = strcspn(new.target, "?");
	if (*reference == '/')
		len = 0;
	else if (*reference != '?')
		while (new.target[len - 1] != '/')
			len--;
	if (target_add(new.target, &len, reference, end, why) != 0)
		return -1;
	target_clean(new.target);
	*u = new;
	return 0;
}

const char *
url_host_text(const struct url *u, char text[URL_HOST])
{
	bool ip6 = strchr(u->host, ':') != NULL;
	struct text t;

	text_init(&t, text, URL_HOST);
	text_add(&t, "%s%s%s", ip6 ? "[" : "", u->host, ip6 ? "]" : "");
	if (u->port != (u->https ? HTTPS_PORT : HTTP_PORT))
		text_add(&t, ":%u", u->port);
	return text;
}

const char *
url_text(const struct url *u, char text[URL_TEXT])
{
	char host[URL_HOST];
	struct text t;

	text_init(&t, text, URL_TEXT);
	text_add(&t, "%s://%s%s", u->https ? "https" : "http",
	    url_host_text(u, host), u->target);
	return text;
}
