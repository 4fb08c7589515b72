/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: URLs.  Two lines: a URL, and a reference that was found there.
 * What is read must come back the same when it is written and read again, and
 * has neither dot segments nor anything that ends a line of a request.
 */

#include "compat.h"

#include "wire/url.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Has the path a segment of one or two dots? */
static bool
has_dots(const char *target)
{
	const char *end = target + strcspn(target, "?"), *p;
	size_t n;

	for (p = target; p < end; p += n + 1) {
		n = strcspn(p + 1, "/?");
		if ((n == 1 && p[1] == '.') ||
		    (n == 2 && p[1] == '.' && p[2] == '.'))
			return true;
	}
	return false;
}

/* Checks a URL that was read. */
static void
check(const struct url *u)
{
	char text[URL_TEXT], again[URL_TEXT];
	const char *why = "", *p;
	struct url copy;

	must(u->host[0] != '\0' && strlen(u->host) < sizeof(u->host));
	must(u->port != 0 && u->target[0] == '/');
	must(strlen(u->target) < sizeof(u->target));
	for (p = u->target; *p != '\0'; p++)
		must(*p > ' ' && *p < 0x7f && *p != '#');
	must(!has_dots(u->target));
	must(strlen(url_text(u, text)) < sizeof(text) - 1);
	must(url_parse(&copy, text, &why) == 0);
	must(copy.https == u->https && copy.port == u->port);
	must(strcmp(copy.host, u->host) == 0);
	must(strcmp(copy.target, u->target) == 0);
	must(strcmp(url_text(&copy, again), text) == 0);
	/* It leads from everywhere to itself. */
	copy.host[0] = 'x';
	copy.target[1] = '\0';
	must(url_resolve(&copy, text, &why) == 0);
	must(strcmp(url_text(&copy, again), text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *reference;
	const char *why = "";
	struct url u, before;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	reference = strchr(text, '\n');
	if (reference != NULL)
		*reference++ = '\0';
	if (url_parse(&u, text, &why) != 0) {
		must(why[0] != '\0');
		must(url_parse(&u, "http://h/a/b?c", &why) == 0);
	}
	check(&u);
	why = "";
	before = u;
	if (reference != NULL && url_resolve(&u, reference, &why) != 0) {
		must(why[0] != '\0');
		must(memcmp(&u, &before, sizeof(u)) == 0);
	}
	check(&u);
	free(text);
	return 0;
}
