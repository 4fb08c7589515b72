/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * URLs of http and https (RFC 3986), and the targets of redirects.
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
	bool https;		/* else http */
	char host[HOST_TEXT];	/* without brackets; letters in lower case */
	uint16_t port;		/* never 0 */
	char target[URL_TARGET];	/* path and query; begins with / and
					 * has printable ASCII only */
};

/* Reads an absolute URL.  Refuses users, passwords and international host
 * names; removes dot segments and writes bytes outside ASCII as %XX.  0; -1, *u
 * is not changed, and *why is what is wrong (static text). */
int url_parse(struct url *u, const char *text, const char **why);

/* Replaces *u by the target of a reference relative to it (RFC 3986 5.2):
 * absolute, //host/path, /path, path, ?query or empty.  0, or -1 as above. */
int url_resolve(struct url *u, const char *reference, const char **why);

/* Writes the host and, unless it is the default of the scheme, the port, as for
 * the Host field; returns text. */
const char *url_host_text(const struct url *u, char text[URL_HOST]);

/* Writes a URL that url_parse() reads as *u; returns text. */
const char *url_text(const struct url *u, char text[URL_TEXT]);

#endif
