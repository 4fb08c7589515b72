/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for select(), which every system has.
 *
 * NOTES.  A descriptor that the sets cannot hold is refused.  The third set
 * reports failed connects on Windows; elsewhere it reports nothing
 * (select_compat.h).
 */

#include "compat.h"

#include "select_compat.h"

#include "net/poller.h"

struct poller {
	fd_set readable, writable;	/* what is wanted */
	struct watch **watches;		/* all that were added */
	unsigned used, size;		/* entries: in use, allocated */
	unsigned first;			/* index where the next scan starts */
};

/* Opens it. */
static struct poller *
select_open(void)
{
	struct poller *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	FD_ZERO(&p->readable);
	FD_ZERO(&p->writable);
	return p;
}

/* A watch has changed what it wants. */
static void
select_change(struct poller *p, struct watch *w, unsigned had)
{
	unsigned gone = had & ~w->want, come = w->want & ~had;

	if (gone & READABLE)
		FD_CLR(w->fd, &p->readable);
	if (gone & WRITABLE)
		FD_CLR(w->fd, &p->writable);
	if (come & READABLE)
		FD_SET(w->fd, &p->readable);
	if (come & WRITABLE)
		FD_SET(w->fd, &p->writable);
}

/* Adds a watch. */
static int
select_add(struct poller *p, struct watch *w)
{
	unsigned size = p->size == 0 ? 16 : p->size * 2;
	struct watch **watches;

	if (!sock_select_holds(w->fd, p->used)) {
		errno = EMFILE;
		return -1;
	}
	if (p->used == p->size) {
		watches = realloc(p->watches, size * sizeof(*watches));
		if (watches == NULL)
			return -1;
		p->watches = watches;
		p->size = size;
	}
	w->slot = (int)p->used;
	p->watches[p->used++] = w;
	select_change(p, w, 0);
	return 0;
}

/* Removes a watch. */
static void
select_remove(struct poller *p, struct watch *w)
{
	struct watch *last = p->watches[--p->used];
	unsigned want = w->want;

	w->want = 0;
	select_change(p, w, want);
	w->want = want;
	p->watches[w->slot] = last;
	last->slot = w->slot;
	w->slot = -1;
}

/* The highest descriptor of a watch that wants something, or FD_NONE. */
static fd_t
select_highest(const struct poller *p)
{
	fd_t highest = FD_NONE;
	unsigned i;

	for (i = 0; i < p->used; i++)
		if (p->watches[i]->want != 0 && (highest == FD_NONE ||
		    p->watches[i]->fd > highest))
			highest = p->watches[i]->fd;
	return highest;
}

/* Waits for events. */
static int
select_await(struct poller *p, struct ready *ready, int max,
    int64_t timeout_ms)
{
	fd_set readable = p->readable, writable = p->writable;
	fd_set failed = p->writable;
	struct watch *w;
	unsigned events, i, at;
	int n, count = 0;

	if (timeout_ms > INT_MAX)
		timeout_ms = INT_MAX;
	n = sock_select(select_highest(p), &readable, &writable, &failed,
	    (int)timeout_ms);
	if (n < 0 && errno != EINTR)
		(void)sock_select(FD_NONE, NULL, NULL, NULL, POLLER_PAUSE_MS);
	if (n <= 0)
		return 0;
	at = p->first < p->used ? p->first : 0;
	for (i = 0; i < p->used; i++) {
		w = p->watches[at];
		events = 0;
		if (FD_ISSET(w->fd, &readable))
			events |= READABLE;
		if (FD_ISSET(w->fd, &writable))
			events |= WRITABLE;
		if (FD_ISSET(w->fd, &failed))
			events |= READABLE | WRITABLE;
		if (events != 0) {
			if (count == max)
				break;
			ready[count].watch = w;
			ready[count++].events = events;
		}
		at = at + 1 < p->used ? at + 1 : 0;
	}
	p->first = at;
	return count;
}

/* Closes it. */
static void
select_close(struct poller *p)
{
	free(p->watches);
	free(p);
}

const struct poller_ops poll_select = {
	"select", select_open, select_add, select_change, select_remove,
	select_await, select_close,
};
