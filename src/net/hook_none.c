/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run when something has happened, on systems where none are.
 */

#include "compat.h"

#include "net/hook.h"
#include "net/hook_backend.h"

const bool hook_works = false;

int
hook_backend_start(struct hook_process *p, char *const *argv,
    char *const *environment)
{
	(void)p;
	(void)argv;
	(void)environment;
	errno = ENOSYS;
	return -1;
}

bool
hook_backend_ended(const struct hook_process *p, int *status)
{
	(void)p;
	*status = 0;
	return true;
}

void
hook_backend_kill(const struct hook_process *p)
{
	(void)p;
}

ssize_t
hook_backend_read(const struct hook_process *p, char *to, size_t size)
{
	(void)p;
	(void)to;
	(void)size;
	return 0;
}

void
hook_backend_close(struct hook_process *p)
{
	p->output = FD_NONE;
}
