/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for poll(), and for WSAPoll() of Windows.
 *
 * NOTES.  The array is dense: a watch that wants nothing is not in it (slot
 * -1), but memory for it is kept, so that poll_change() cannot fail.  If there
 * are more events than the caller takes, the next scan starts where this one
 * ended.
 */

#include "compat.h"

#include "poll_compat.h"

#include "net/poller.h"

struct poller {
	struct pollfd *fds;
	struct watch **watches;		/* the same order */
	unsigned used;			/* entries in use */
	unsigned held;			/* watches added */
	unsigned size;			/* entries allocated in both arrays */
	unsigned first;			/* index where the next scan starts */
};

/* Opens it. */
static struct poller *
poll_open(void)
{
	return calloc(1, sizeof(struct poller));
}

/* Makes room for one more watch; 0, or -1 and errno. */
static int
poll_grow(struct poller *p)
{
	unsigned size = p->size == 0 ? 16 : p->size * 2;
	struct watch **watches;
	struct pollfd *fds;

	if (p->held < p->size)
		return 0;
	fds = realloc(p->fds, size * sizeof(*fds));
	if (fds == NULL)
		return -1;
	p->fds = fds;
	watches = realloc(p->watches, size * sizeof(*watches));
	if (watches == NULL)
		return -1;
	p->watches = watches;
	p->size = size;
	return 0;
}

/* A watch has changed what it wants: updates the array. */
static void
poll_change(struct poller *p, struct watch *w, unsigned had)
{
	struct pollfd *fd;

	(void)had;
	if (w->want == 0 && w->slot != -1) {
		p->used--;
		p->fds[w->slot] = p->fds[p->used];
		p->watches[w->slot] = p->watches[p->used];
		p->watches[w->slot]->slot = w->slot;
		w->slot = -1;
	}
	if (w->want == 0)
		return;
	if (w->slot == -1) {
		w->slot = (int)p->used++;
		p->watches[w->slot] = w;
	}
	fd = &p->fds[w->slot];
	fd->fd = w->fd;
	fd->revents = 0;
	fd->events = 0;
	if (w->want & READABLE)
		fd->events |= POLLIN;
	if (w->want & WRITABLE)
		fd->events |= POLLOUT;
}

/* Adds a watch. */
static int
poll_add(struct poller *p, struct watch *w)
{
	if (poll_grow(p) == -1)
		return -1;
	p->held++;
	w->slot = -1;
	poll_change(p, w, 0);
	return 0;
}

/* Removes a watch. */
static void
poll_remove(struct poller *p, struct watch *w)
{
	unsigned want = w->want;

	w->want = 0;
	poll_change(p, w, want);
	w->want = want;
	p->held--;
}

/* Waits for events. */
static int
poll_await(struct poller *p, struct ready *ready, int max, int64_t timeout_ms)
{
	unsigned events, i, at;
	int n, got, count = 0;

	if (timeout_ms > INT_MAX)
		timeout_ms = INT_MAX;
	n = sock_poll(p->fds, p->used, (int)timeout_ms);
	if (n < 0 && errno != EINTR)
		(void)sock_poll(NULL, 0, POLLER_PAUSE_MS);
	if (n <= 0)
		return 0;
	at = p->first < p->used ? p->first : 0;
	for (i = 0; i < p->used && n > 0; i++) {
		got = p->fds[at].revents;
		events = 0;
		if (got & (POLLIN | POLLERR | POLLHUP | POLLNVAL))
			events |= READABLE;
		if (got & (POLLOUT | POLLERR | POLLHUP | POLLNVAL))
			events |= p->watches[at]->want & WRITABLE;
		n -= got != 0;
		if (events != 0) {
			if (count == max)
				break;
			ready[count].watch = p->watches[at];
			ready[count++].events = events;
		}
		at = at + 1 < p->used ? at + 1 : 0;
	}
	p->first = at;
	return count;
}

/* Closes it. */
static void
poll_close(struct poller *p)
{
	free(p->fds);
	free(p->watches);
	free(p);
}

const struct poller_ops poll_poll = {
	"poll", poll_open, poll_add, poll_change, poll_remove, poll_await,
	poll_close,
};
