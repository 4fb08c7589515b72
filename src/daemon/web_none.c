/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A build without the web server of the status.
 */

#include "compat.h"

#include "daemon/web.h"

#include "base/fault.h"

int
web_check(const struct web_settings *s, struct fault *f)
{
	if (s->at == NULL)
		return 0;
	return fault_user(f, "status", "status: this build has no web server: "
	    "it was configured --without-status");
}

struct web *
web_open(const struct process *process, struct loop *loop,
    const struct web_settings *s, struct fault *f)
{
	(void)process;
	(void)loop;
	(void)s;
	f->kind = FAULT_NONE;
	return NULL;
}

void
web_close(struct web *web)
{
	(void)web;
}
