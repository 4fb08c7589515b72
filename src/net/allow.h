/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a process without rights may ask the privileged one for, and the check
 * of each request against it.
 *
 * NOTES.  The list is made of a configuration that root owns (daemon/allowed.h)
 * and is replaced as a whole.  Until it is replaced again, programs of the old
 * one may be run, as `down` of a tunnel that was removed is, and the routes of
 * its devices may be removed.  The check opens nothing and calls no function of
 * the system.  Running out of memory while a list is made ends the program.
 */

#ifndef NET_ALLOW_H
#define NET_ALLOW_H

#include "compat.h"

#include "base/addr.h"
#include "net/route_set.h"
#include "net/tun.h"

enum { ALLOW_PATH = 1024 };	/* holds the path of a file, or a name */

/* Kinds of requests. */
enum allow_kind {
	ALLOW_NONE,
	ALLOW_OPEN,		/* a file, to read; `text` is its path */
	ALLOW_LOOK,		/* the same, but only its size and time */
	ALLOW_LOG,		/* a file for the log, to append */
	ALLOW_BIND,		/* gives the socket that comes along the address
				 * `addr`; `number` is an enum allow_socket */
	ALLOW_MARK,		/* gives it the mark `number` */
	ALLOW_TUN,		/* opens the device `text`, as the plan names
				 * it, or as the system named it before, whose
				 * first address `addr` is; zero: it has none */
	ALLOW_MTU,		/* sets the MTU `number` of the device `text`,
				 * as the system calls it */
	ALLOW_ROUTE,		/* sets or removes routes into the device
				 * `text`, as the system calls it; `number` is
				 * ALLOW_ROUTE_NUMBER() */
	ALLOW_RELOAD,		/* reads the configuration again */
	ALLOW_VARIABLE,		/* for the environment of the next program:
				 * `text` is ADIT_NAME=VALUE, printable */
	ALLOW_HOOK,		/* runs the program `text`, with its arguments,
				 * each after one blank */
	ALLOW_HOOK_LOOK,	/* has the program `number` ended? */
	ALLOW_HOOK_KILL,	/* kills it */
	ALLOW_SERVER,		/* has packets to the server `addr`, port 0, go
				 * around the default routes; `number` is an
				 * enum allow_server */
	ALLOW_KINDS
};

/* What is done with the routes of a device. */
enum allow_route {
	ALLOW_ROUTE_OPEN,	/* route_set_open(), with the default routes of
				 * the request */
	ALLOW_ROUTE_ON,		/* route_set_default() */
	ALLOW_ROUTE_OFF,
	ALLOW_ROUTE_RESTORE,	/* route_set_restore() */
	ALLOW_ROUTE_CLOSE,	/* route_set_close() */
	ALLOW_ROUTE_LEAVE,	/* route_set_leave() */
	ALLOW_ROUTE_RELEASE,	/* route_set_release(); the device may have
				 * ended, so its name may be the pattern */
};

/* That, and the enum route_default of IPv4 and IPv6, for ALLOW_ROUTE_OPEN. */
#define ALLOW_ROUTE_NUMBER(what, def4, def6) \
	((uint32_t)(what) | (uint32_t)(def4) << 8 | (uint32_t)(def6) << 16)

enum allow_socket { ALLOW_TCP, ALLOW_UDP };

/* What is done about a server. */
enum allow_server {
	ALLOW_SERVER_OFF,	/* route_set_server() */
	ALLOW_SERVER_ON,
	ALLOW_SERVER_FOLLOW,	/* route_set_follow(); without an address */
};

/* A request.  Members that its kind does not name are zero. */
struct allow_request {
	uint32_t kind;		/* enum allow_kind */
	uint32_t number;	/* as its kind says */
	struct addr addr;
	char text[ALLOW_PATH];	/* all bytes after its NUL are zero */
};

/* What is allowed. */
struct allow_item {
	struct allow_item *next;	/* NULL: the last one */
	enum allow_kind kind;	/* OPEN (and LOOK), LOG, BIND, MARK, TUN (and
				 * MTU, ROUTE) or HOOK */
	bool leaving;		/* HOOK, TUN: of the list that was replaced */
	char *owner;		/* the tunnel whose it is; "": the process's */
	char *text;		/* OPEN, LOG: the path; TUN: the device; HOOK:
				 * the program and its arguments */
	enum allow_socket socket;	/* BIND */
	bool any_host;		/* BIND: the host is a name, so that any address
				 * with that port may be meant */
	struct addr addr;	/* BIND; family 0: any address of the wildcard,
				 * with that port */
	uint32_t mark;		/* MARK */
	struct tun_settings device;	/* TUN; its name is `text` */
	struct route_settings routes;	/* TUN; def: as tun_routes_wanted()
				 * fills it in */
	char made[TUN_NAME];	/* TUN: the name of the device that was opened
				 * last; "": none */
	struct route_set set;	/* TUN: the routes of that, if they are set */
};

/* Zeroed it is empty; allow_free() at last. */
struct allow {
	struct allow_item *first;	/* NULL: none */
};

/* Add an item; all is copied.  Paths and names that are too long for a request
 * are left out. */
void allow_add_file(struct allow *, const char *owner, const char *path);
void allow_add_log(struct allow *, const char *path);
void allow_add_bind(struct allow *, const char *owner, enum allow_socket,
    const struct hostport *at);
void allow_add_mark(struct allow *, const char *owner, uint32_t mark);
void allow_add_device(struct allow *, const char *owner,
    const struct tun_settings *, const struct route_settings *);

/* Adds a program with its arguments, which blanks separate. */
void allow_add_hook(struct allow *, const char *owner, const char *command);

/* Adds copies of the items of an owner in a different list. */
void allow_keep(struct allow *, const struct allow *from, const char *owner);

/* Takes over what is open of the devices of the list that this one replaces,
 * their names and routes, as far as they are in this one; and what its tunnels
 * need for their end. */
void allow_take_over(struct allow *, struct allow *from);

/* Frees it. */
void allow_free(struct allow *);

/* Is a request allowed?  with_socket: a descriptor came along.  NULL: yes, and
 * *item is what allows it (NULL: nothing needs to); else why not (static
 * text). */
const char *allow_check(const struct allow *, const struct allow_request *,
    bool with_socket, struct allow_item **item);

/* The words for a kind, for log lines. */
const char *allow_kind_text(uint32_t kind);

#endif
