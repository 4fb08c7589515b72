/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Between resolve.c, which knows look-ups, and the processes or threads that
 * getaddrinfo() may block: resolve_posix.c, resolve_win32.c.
 *
 * NOTES.  At most RESOLVE_WORKERS requests are out at once; resolve.c keeps
 * the others.  Each that was taken is answered once, unless again() is called.
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
	uint8_t forget;		/* not a request: id is not needed any more */
	char host[HOST_TEXT];	/* "": any address (LOOKUP_BIND) */
};

/* What came of it; small enough for a pipe to take it in one piece. */
struct resolve_answer {
	uint32_t id;
	uint32_t n;		/* addresses; 0: see why */
	struct addr addr[RESOLVE_MAX];
	char why[RESOLVE_WHY];
};

/* Looks up, however long that takes; in the helper. */
typedef void resolve_query_fn(const struct resolve_request *,
    struct resolve_answer *);

struct resolve_hooks {
	resolve_query_fn *query;
	/* A helper process starts; in it. NULL: nothing is to be done. */
	void (*confine)(void);
	/* An answer came; in the loop. */
	void (*answered)(void *arg, const struct resolve_answer *);
	/* Whatever was asked is lost and is to be asked again; in the loop. */
	void (*again)(void *arg);
	void *arg;
};

struct resolve_backend;

/* Starts the helper; NULL and the fault when the system refuses. */
struct resolve_backend *resolve_backend_new(const struct resolve_hooks *,
    struct fault *);

/* Takes answers in a loop from now on; 0, or -1 and the fault. */
int resolve_backend_attach(struct resolve_backend *, struct loop *,
    struct fault *);

/* Asks; 0, or -1 when that is not possible before again() is called. */
int resolve_backend_ask(struct resolve_backend *,
    const struct resolve_request *);

/* The answer to a request is not needed; it frees its worker sooner. */
void resolve_backend_forget(struct resolve_backend *, uint32_t id);

/* Ends the helper; nothing is called back any more. */
void resolve_backend_free(struct resolve_backend *);

#endif
