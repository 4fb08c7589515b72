/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What needs rights of root: this process tries it, and where the system
 * refuses, it asks the privileged process, if there is one (net/monitor.h).
 * The callers do not know which of the two did it.
 *
 * NOTES.  All return 0, or -1 and the errno of the system, or of the privileged
 * process.
 */

#ifndef NET_RIGHTS_H
#define NET_RIGHTS_H

#include "sock.h"

#include "net/allow.h"

struct hook_process;

/* Gives a socket its address. */
int rights_bind(fd_t fd, enum allow_socket, const struct addr *at);

/* Gives a socket a mark: sock_opt_mark(). */
int rights_mark(fd_t fd, uint32_t mark);

/* Opens a device, as tun_open() does. */
enum tun_result rights_tun_open(struct tun *, const struct tun_settings *,
    char why[TUN_WHY]);

/* Sets the MTU of a device, as tun_set_mtu() does. */
int rights_tun_set_mtu(struct tun *, int mtu);

/* Set and remove the routes of a device, as the functions of net/route_set.h
 * do; the last one asks by the name that the configuration gives it, or that of
 * a device which it had (NULL: there was none). */
int rights_route_open(struct route_set *, const struct route_settings *,
    char why[ROUTE_SET_WHY]);
int rights_route_default(struct route_set *, bool on, char why[ROUTE_SET_WHY]);
int rights_route_restore(struct route_set *, char why[ROUTE_SET_WHY]);
void rights_route_close(struct route_set *);
void rights_route_leave(struct route_set *);
void rights_route_release(const char *device);

/* route_set_server(), whatever the port, and route_set_follow(). */
int rights_route_server(const struct addr *, bool on);
int rights_route_follow(void);

/* Run a program, look for its end and kill it, as the functions of
 * net/hook_backend.h do. */
int rights_hook_start(struct hook_process *, char *const *argv,
    char *const *environment);
bool rights_hook_ended(const struct hook_process *, int *status);
void rights_hook_kill(const struct hook_process *);

/* Sends lines of the log to the end of a file, as log_open_file() does. */
int rights_open_log(const char *path);

/* Opens the log's file again after it was rotated, as log_reopen_file()
 * does. */
int rights_reopen_log(void);

#endif
