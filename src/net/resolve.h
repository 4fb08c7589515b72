/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Resolving names without blocking: a helper process (POSIX) or threads
 * (Windows) call getaddrinfo().
 *
 * NOTES.  The helper starts before any socket, key or device exists, closes
 * all descriptors but its pipes, and exits on end of file.  If it dies it is
 * restarted.  Several look-ups run at once.  Literals do not use the helper.  A
 * helper that is restarted after chroot() sees the new root's /etc/resolv.conf.
 */

#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/addr.h"
#include "base/fault.h"
#include "net/loop.h"

enum { RESOLVE_MAX = 16 };	/* addresses kept of an answer */

struct resolver;
struct resolve_request;
struct lookup;

/* Called in the loop when a look-up ended: n addresses (with the port asked
 * for) in the system's order, valid during the call; or n 0 and why in words.
 * May start a new look-up, also with the same struct. */
typedef void lookup_fn(struct lookup *, const struct addr *, unsigned n,
    const char *why);

/* A look-up; a member of the caller's struct. Zeroed is ready to use. */
struct lookup {
	struct list link;	/* in one of the resolver's lists */
	struct resolver *resolver;	/* NULL when idle */
	lookup_fn *fn;
	struct timer timer;	/* the time-out, or of what is known at once */
	const char *subject;	/* as that of a watch */
	uint32_t id;		/* of the request; 0: there is none */
	uint16_t port;		/* put into each address */
	struct addr answer;	/* a literal; reported by the timer */
	const char *refused;	/* why it failed at once; by the timer */
	bool silent;		/* in fn: no name server has answered */
	struct resolve_request *request;	/* for the helper, or NULL */
};

enum lookup_for {
	LOOKUP_CONNECT,		/* what this host can reach (AI_ADDRCONFIG) */
	LOOKUP_BIND,		/* addresses to listen on (AI_PASSIVE) */
};

/* Starts the helper; call before sockets and keys exist. confine is called in
 * a helper process when it starts, to drop rights (NULL: not called).  NULL
 * and the fault when the system refuses.  The caller frees with
 * resolver_free(). */
struct resolver *resolver_new(void (*confine)(void), struct fault *);

/* Lets the resolver work in a loop; 0, or -1 and the fault. */
int resolver_attach(struct resolver *, struct loop *, struct fault *);

/* Ends the helper; look-ups under way are forgotten. */
void resolver_free(struct resolver *);

/* Looks a name up; fn is called later, never from within, at most timeout_ms
 * from now. */
void resolve_start(struct resolver *, struct lookup *, const char *host,
    uint16_t port, enum lookup_for, int64_t timeout_ms, lookup_fn *fn);

/* Forgets a look-up; fn will not be called. Harmless when there is none. */
void resolve_cancel(struct lookup *);

/* Looks up and waits: for start-up and for one-shot tools. Returns how many
 * of addr[RESOLVE_MAX] were filled; 0, and *why, on failure. */
unsigned resolve_now(const char *host, uint16_t port, enum lookup_for,
    struct addr *addr, const char **why);

/* The UDP port of a service's name (/etc/services), or 0 when there is none.
 * Waits for the system as resolve_now() does. */
uint16_t resolve_service(const char *name);

#endif
