/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/fetch_none.c: a build without URLs says so at the start.
 */

#include "compat.h"

#include "net/fetch.h"

#include "tap.h"

int
main(void)
{
	static struct fetch fetch;
	const char *why = "";

	is_int(fetch_init(&fetch, NULL, NULL, NULL, "https://h/x", &why), -1,
	    "a URL is refused");
	ok(strstr(why, "--without-fetch") != NULL, "for that reason");
	fetch_start(&fetch);
	fetch_forget(&fetch);
	fetch_stop(&fetch);
	ok(!fetch.running, "nothing runs");
	fetch_close(&fetch);
	return done_testing();
}
