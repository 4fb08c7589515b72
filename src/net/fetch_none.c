/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Small files from the web, in builds that fetch none.
 */

#include "compat.h"

#include "net/fetch.h"

int
fetch_init(struct fetch *f, struct loop *loop, struct resolver *resolver,
    struct random *random, const char *url, const char **why)
{
	(void)loop;
	(void)resolver;
	(void)random;
	(void)url;
	memset(f, 0, sizeof(*f));
	*why = "this build fetches no files (--without-fetch)";
	return -1;
}

/* None of the others is called with a URL. */

void
fetch_start(struct fetch *f)
{
	(void)f;
}

void
fetch_forget(struct fetch *f)
{
	(void)f;
}

void
fetch_stop(struct fetch *f)
{
	(void)f;
}

void
fetch_close(struct fetch *f)
{
	(void)f;
}
