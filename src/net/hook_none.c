/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run when something has happened, on systems where none are,
 * and in builds without them.
 */

#include "compat.h"

#include "net/hook.h"

const bool hook_works = false;

struct hooks *
hooks_new(struct loop *loop)
{
	(void)loop;
	return NULL;
}

void
hooks_run(struct hooks *s, const struct hook_request *request)
{
	(void)s;
	(void)request;
}

void
hooks_finish(struct hooks *s, uint64_t limit_ms, void (*fn)(void *arg),
    void *arg)
{
	(void)s;
	(void)limit_ms;
	fn(arg);
}

void
hooks_free(struct hooks *s)
{
	(void)s;
}
