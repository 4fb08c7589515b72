/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run when something has happened: by the privileged process
 * where there is one.
 */

#include "compat.h"

#include "net/rights.h"

#include "net/hook_backend.h"
#include "net/monitor.h"

int
rights_hook_start(struct hook_process *p, char *const *argv,
    char *const *environment)
{
	return monitor_is_there() ? monitor_hook(p, argv, environment) :
	    hook_backend_start(p, argv, environment);
}

bool
rights_hook_ended(const struct hook_process *p, int *status)
{
	return monitor_is_there() ? monitor_hook_ended(p, status) :
	    hook_backend_ended(p, status);
}

void
rights_hook_kill(const struct hook_process *p)
{
	if (monitor_is_there())
		monitor_hook_stop(p);
	else
		hook_backend_kill(p);
}
