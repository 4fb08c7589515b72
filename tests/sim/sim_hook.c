/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run: the functions of net/hook_backend.h, of programs that
 * take some simulated time.
 *
 * A build without HOOKS leaves this out.
 */

#include "sim_sock.h"

#include "net/hook.h"
#include "net/hook_backend.h"

struct sim_hooks sim_hooks;

static uint64_t end_us[SIM_HOOKS];	/* 0: killed */

const bool hook_works = true;

int
hook_backend_start(struct hook_process *p, char *const *argv,
    char *const *environment)
{
	unsigned i = sim_hooks.n;

	if (i == SIM_HOOKS || sim_hooks.refused) {
		errno = EAGAIN;
		return -1;
	}
	snprintf(sim_hooks.command[i], sizeof(sim_hooks.command[i]), "%s%s%s",
	    argv[0], argv[1] == NULL ? "" : " ", argv[1] == NULL ? "" :
	    argv[1]);
	for (; *environment != NULL; environment++)
		if (strncmp(*environment, "ADIT_REASON=", 12) == 0)
			snprintf(sim_hooks.reason[i],
			    sizeof(sim_hooks.reason[i]), "%s",
			    *environment + 12);
	end_us[i] = sim_now_us() + sim_hooks.take_ms * SIM_MS;
	p->pid = (long)i;
	p->output = FD_NONE;
	sim_hooks.n++;
	sim_hooks.running++;
	if (sim_hooks.running > sim_hooks.most)
		sim_hooks.most = sim_hooks.running;
	return 0;
}

bool
hook_backend_ended(const struct hook_process *p, int *status)
{
	if (sim_now_us() < end_us[p->pid])
		return false;
	*status = end_us[p->pid] == 0 ? -9 : 0;
	sim_hooks.running--;
	return true;
}

void
hook_backend_kill(const struct hook_process *p)
{
	end_us[p->pid] = 0;
	sim_hooks.killed++;
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
	(void)p;
}
