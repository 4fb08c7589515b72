/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * No privileged process: this system cannot pass descriptors, or the build has
 * none.
 */

#include "compat.h"

#include "net/monitor.h"

bool
monitor_is_possible(void)
{
	return false;
}

int
monitor_start(const struct monitor_job *job, char why[MONITOR_WHY])
{
	(void)job;
	strlcpy(why, "this build has none", MONITOR_WHY);
	return -1;
}

bool
monitor_is_there(void)
{
	return false;
}

int
monitor_attach(struct loop *loop)
{
	(void)loop;
	return 0;
}

void
monitor_stop(void)
{
}

int
monitor_reload(char why[MONITOR_WHY])
{
	(void)why;
	return 0;
}

void
monitor_reload_end(void)
{
}

bool
monitor_has_given(const char *path)
{
	(void)path;
	return false;
}

int
monitor_open_log(const char *path)
{
	(void)path;
	errno = EACCES;
	return -1;
}

int
monitor_bind(fd_t fd, enum allow_socket type, const struct addr *at)
{
	(void)fd;
	(void)type;
	(void)at;
	errno = EACCES;
	return -1;
}

int
monitor_mark(fd_t fd, uint32_t mark)
{
	(void)fd;
	(void)mark;
	errno = EPERM;
	return -1;
}

enum tun_result
monitor_tun(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	(void)t;
	(void)s;
	strlcpy(why, "no privileged process", TUN_WHY);
	return TUN_REFUSED;
}

int
monitor_route(const char *name, enum allow_route what,
    enum route_default def4, enum route_default def6, char why[ROUTE_SET_WHY])
{
	(void)name;
	(void)what;
	(void)def4;
	(void)def6;
	strlcpy(why, "no privileged process", ROUTE_SET_WHY);
	return -1;
}

int
monitor_server(enum allow_server what, const struct addr *server)
{
	(void)what;
	(void)server;
	errno = EACCES;
	return -1;
}

int
monitor_mtu(const char *name, int mtu)
{
	(void)name;
	(void)mtu;
	errno = EPERM;
	return -1;
}

int
monitor_hook(struct hook_process *p, char *const *argv,
    char *const *environment)
{
	(void)p;
	(void)argv;
	(void)environment;
	errno = EPERM;
	return -1;
}

bool
monitor_hook_ended(const struct hook_process *p, int *status)
{
	(void)p;
	*status = 0;
	return true;
}

void
monitor_hook_stop(const struct hook_process *p)
{
	(void)p;
}
