/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * URLs of http and https (RFC 3986), and where a redirect leads.
 */

#ifndef WIRE_URL_H
#define WIRE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	URL_TARGET = 2048,	/* holds path and query */
	URL_HOST = HOST_TEXT + 16,	/* holds host and port */
	URL_TEXT = URL_TARGET + URL_HOST + 16,	/* holds all of a URL */
};

/* A URL, without its fragment. */
struct url {
	bool https;
	char host[HOST_TEXT];	/* without brackets; letters in lower case */
	uint16_t port;		/* never 0 */
	char target[URL_TARGET];	/* path and query; begins with / and
					 * has printable ASCII only */
};

/* Reads an absolute URL.  No user or password, no international host name.
 * Dot segments are taken out, bytes that are not ASCII are written as %XX.
 * 0; -1, *u is not touched, and *why says in words what is wrong (static
 * text). */
int url_parse(struct url *u, const char *text, const char **why);

/* Makes *u what a reference means that was found there (RFC 3986 5.2):
 * absolute, //host/path, /path, path, ?query or nothing.  0, or -1 as above. */
int url_resolve(struct url *u, const char *reference, const char **why);

/* Writes host and, where it is not that of the scheme, port, as the Host field
 * has them; returns text. */
const char *url_host_text(const struct url *u, char text[URL_HOST]);

/* Writes a text that url_parse() reads as the same; returns text. */
const char *url_text(const struct url *u, char text[URL_TEXT]);

#endif
