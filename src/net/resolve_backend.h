/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The interface between resolve.c, which manages look-ups, and the processes or
 * threads that call getaddrinfo(): resolve_posix.c, resolve_win32.c.
 *
 * NOTES.  At most RESOLVE_WORKERS requests are outstanding; resolve.c queues
 * the others.  Each accepted request is answered once, or lost when again() is
 * called.
 */

#ifndef NET_RESOLVE_BACKEND_H
#define NET_RESOLVE_BACKEND_H

#include "net/resolve.h"

enum {
	RESOLVE_WORKERS = 8,	/* look-ups at once */
	RESOLVE_WHY = 112,	/* bytes of the words for a failure */
};

/* What to look up; written to the helper's pipe as it is. */
struct resolve_request {
	uint32_t id;		/* never 0 */
	uint32_t timeout_ms;	/* for resolve.c's words only */
	uint16_t port;
	uint8_t purpose;	/* enum lookup_for */
	uint8_t forget;		/* cancels the request with this id */
	char host[HOST_TEXT];	/* "": any address (LOOKUP_BIND) */
};

/* The result; small enough for a pipe to take it in one piece. */
struct resolve_answer {
	uint32_t id;		/* of the request */
	uint32_t n;		/* addresses; 0: see why */
	struct addr addr[RESOLVE_MAX];
	char why[RESOLVE_WHY];
};

/* Looks up and blocks; called in the helper. */
typedef void resolve_query_fn(const struct resolve_request *,
    struct resolve_answer *);

struct resolve_hooks {
	resolve_query_fn *query;
	/* Called in the process from which helpers are forked, when it starts;
	 * NULL: nothing to do. */
	void (*confine)(void);
	/* An answer came; in the loop. */
	void (*answered)(void *arg, const struct resolve_answer *);
	/* All outstanding requests are lost and must be repeated; in the
	 * loop. */
	void (*again)(void *arg);
	void *arg;
};

struct resolve_backend;

/* Starts the helper; NULL and the fault when the system refuses. */
struct resolve_backend *resolve_backend_new(const struct resolve_hooks *,
    struct fault *);

/* Receives answers in a loop from now on; 0, or -1 and the fault. */
int resolve_backend_attach(struct resolve_backend *, struct loop *,
    struct fault *);

/* Sends a request; 0, or -1 when it was not accepted: repeat it after an answer
 * or again(). */
int resolve_backend_ask(struct resolve_backend *,
    const struct resolve_request *);

/* Cancels a request, which frees its worker sooner. */
void resolve_backend_forget(struct resolve_backend *, uint32_t id);

/* Ends the helper; nothing is called back any more. */
void resolve_backend_free(struct resolve_backend *);

#endif
