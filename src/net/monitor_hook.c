/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The programs that the privileged process runs.
 */

#include "compat.h"

#include <string.h>
#include <unistd.h>

#include "net/monitor_hook.h"

#include "path_trusted.h"

#include "base/alloc.h"
#include "net/hook.h"
#include "net/hook_backend.h"

static struct {
	char *variable[HOOK_VARIABLES + 1];	/* allocated; NULL at the end */
	unsigned n;		/* of them */
	long pid[MONITOR_HOOKS];	/* of those that run; 0: none */
} programs;

void
monitor_hook_forget(void)
{
	while (programs.n > 0)
		free(programs.variable[--programs.n]);
	memset(programs.variable, 0, sizeof(programs.variable));
}

int
monitor_hook_set(const char *variable)
{
	/* One is PATH. */
	if (programs.n >= HOOK_VARIABLES - 1) {
		monitor_hook_forget();
		return E2BIG;
	}
	programs.variable[programs.n++] = xstrdup(variable);
	return 0;
}

/* The place of a program; NULL: there is none.  0 finds a free one. */
static long *
find_program(long pid)
{
	unsigned i;

	for (i = 0; i < MONITOR_HOOKS; i++)
		if (programs.pid[i] == pid)
			return &programs.pid[i];
	return NULL;
}

/* Can root alone change a program? */
static bool
is_trusted_program(const char *path, const char **why)
{
	int fd = *path == '/' ? path_open_trusted(path, PATH_OWNED, why) : -1;

	if (*path != '/') {
		*why = "its path must begin with a slash";
		errno = EINVAL;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Starts a program; 0, or an errno and why. */
static int
start_program(char *command, struct hook_process *p, const char **why)
{
	char *words[HOOK_WORDS + 1], *word = strtok(command, " ");
	unsigned n;

	for (n = 0; word != NULL && n < HOOK_WORDS; n++) {
		words[n] = word;
		word = strtok(NULL, " ");
	}
	words[n] = NULL;
	*why = NULL;
	if (n == 0)
		return EINVAL;
	if (!is_trusted_program(words[0], why))
		return errno;
	programs.variable[programs.n++] = xstrdup(HOOK_PATH);
	return hook_backend_start(p, words, programs.variable) == 0 ? 0 :
	    errno;
}

int
monitor_hook_start(const char *command, int *output, int32_t *pid,
    const char **why)
{
	struct hook_process p = { 0, -1 };
	long *place = find_program(0);
	char *copy = xstrdup(command);
	int error = EAGAIN;

	if (place != NULL)
		error = start_program(copy, &p, why);
	if (error == 0) {
		*place = p.pid;
		*pid = (int32_t)p.pid;
		*output = p.output;
	}
	free(copy);
	monitor_hook_forget();
	return error;
}

int
monitor_hook_look(uint32_t pid, bool *ended, int32_t *status)
{
	long *place = pid == 0 ? NULL : find_program((long)pid);
	struct hook_process p = { 0, -1 };
	int raw = 0;

	if (place == NULL)
		return EACCES;
	p.pid = *place;
	*ended = hook_backend_ended(&p, &raw);
	*status = raw;
	if (*ended)
		*place = 0;
	return 0;
}

int
monitor_hook_kill(uint32_t pid)
{
	const long *place = pid == 0 ? NULL : find_program((long)pid);
	struct hook_process p = { 0, -1 };

	if (place == NULL)
		return EACCES;
	p.pid = *place;
	hook_backend_kill(&p);
	return 0;
}

void
monitor_hook_end(void)
{
	unsigned i;

	for (i = 0; i < MONITOR_HOOKS; i++)
		if (programs.pid[i] != 0)
			(void)monitor_hook_kill((uint32_t)programs.pid[i]);
}
