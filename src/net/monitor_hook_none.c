/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The privileged process runs no programs, in builds without them.
 */

#include "compat.h"

#include "net/monitor_hook.h"

int
monitor_hook_set(const char *variable)
{
	(void)variable;
	return ENOSYS;
}

void
monitor_hook_forget(void)
{
}

int
monitor_hook_start(const char *command, int *output, int32_t *pid,
    const char **why)
{
	(void)command;
	*output = -1;
	*pid = 0;
	*why = "this build runs no programs";
	return ENOSYS;
}

int
monitor_hook_look(uint32_t pid, bool *ended, int32_t *status)
{
	(void)pid;
	*ended = false;
	*status = 0;
	return ENOSYS;
}

int
monitor_hook_kill(uint32_t pid)
{
	(void)pid;
	return ENOSYS;
}

void
monitor_hook_end(void)
{
}
