/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The list of allowed ports.
 */

#include "compat.h"

#include "tap.h"

#include "tunnel/inspect.h"
#include "wire/portfilter.h"

static struct portfilter filter;

/* Is a port allowed? */
static bool
allowed(unsigned port)
{
	return (filter.allowed[port / 8] >> port % 8 & 1) != 0;
}

/* How many ports a list allows; -1 when it is none. */
static int
count(const char *ports)
{
	unsigned port;
	int n = 0;

	portfilter_init(&filter, 0);
	if (!inspect_parse(&filter, ports))
		return -1;
	for (port = 0; port < PORTFILTER_PORTS; port++)
		n += allowed(port);
	return n;
}

int
main(void)
{
	static const char *const bad[] = {
		"", ",", "22,", ",22", "22,,23", "22-", "-22", "23-22", "65536",
		"22-65536", "99999999999", "a", "22 ", " 22", "22;23", "1-2-3",
		"+1", "0x16",
	};
	unsigned i;

	is_int(count("22"), 1, "one port");
	ok(allowed(22), "that one");
	is_int(count("22,80,8000-8010"), 13, "several, and a range");
	ok(allowed(22) && allowed(80) && allowed(8000) && allowed(8010) &&
	    !allowed(7999) && !allowed(8011), "with both its ends");
	is_int(count("0,65535"), 2, "the first and the last");
	is_int(count("0-65535"), 65536, "all");
	is_int(count("5-5,5"), 1, "twice the same");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(count(bad[i]), -1, "\"%s\" is no list", bad[i]);
	ok(inspect_parse(NULL, "22,80-90"), "a list can just be checked");
	ok(!inspect_parse(NULL, "22,90-80"), "and be refused");
	return done_testing();
}
