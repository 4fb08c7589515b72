/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for kqueue (the BSDs, macOS).
 *
 * NOTES.  Reading and writing are separate filters with separate events.  The
 * events of one watch are merged: its slot is its index in this turn's events.
 * The slot may be an old one, so it counts only if the watch is found there.
 */

#include "compat.h"

#include <sys/event.h>
#include <sys/time.h>

#include <fcntl.h>
#include <unistd.h>

#include "net/poller.h"

enum { KQUEUE_EVENTS = 256 };

struct poller {
	int fd;
	struct kevent events[KQUEUE_EVENTS];
};

/* Opens it. */
static struct poller *
kqueue_open(void)
{
	struct poller *p;
	int error;

	p = malloc(sizeof(*p));
	if (p == NULL)
		return NULL;
	p->fd = kqueue();
	if (p->fd == -1) {
		error = errno;
		free(p);
		errno = error;
		return NULL;
	}
	(void)fcntl(p->fd, F_SETFD, FD_CLOEXEC);
	return p;
}

/* Adds or deletes filters so that those in `had` become those in `want`. 0,
 * or -1 and errno. */
static int
kqueue_register(struct poller *p, struct watch *w, unsigned had, unsigned want)
{
	struct kevent change;
	int result = 0;

	if ((had ^ want) & READABLE) {
		EV_SET(&change, w->fd, EVFILT_READ, want & READABLE ? EV_ADD :
		    EV_DELETE, 0, 0, (void *)w);
		if (kevent(p->fd, &change, 1, NULL, 0, NULL) == -1)
			result = -1;
	}
	if ((had ^ want) & WRITABLE) {
		EV_SET(&change, w->fd, EVFILT_WRITE, want & WRITABLE ? EV_ADD :
		    EV_DELETE, 0, 0, (void *)w);
		if (kevent(p->fd, &change, 1, NULL, 0, NULL) == -1)
			result = -1;
	}
	return result;
}

/* Removes a watch. */
static void
kqueue_remove(struct poller *p, struct watch *w)
{
	(void)kqueue_register(p, w, w->want, 0);
}

/* Adds a watch. */
static int
kqueue_add(struct poller *p, struct watch *w)
{
	int error;

	if (kqueue_register(p, w, 0, w->want) == 0)
		return 0;
	error = errno;
	kqueue_remove(p, w);
	errno = error;
	return -1;
}

/* A watch has changed what it wants. */
static void
kqueue_change(struct poller *p, struct watch *w, unsigned had)
{
	(void)kqueue_register(p, w, had, w->want);
}

/* Waits for events. */
static int
kqueue_await(struct poller *p, struct ready *ready, int max,
    int64_t timeout_ms)
{
	struct timespec limit;
	struct watch *w;
	unsigned events;
	int i, n, count = 0;

	limit.tv_sec = (time_t)(timeout_ms / 1000);
	limit.tv_nsec = (long)(timeout_ms % 1000 * 1000000);
	n = kevent(p->fd, NULL, 0, p->events, max < KQUEUE_EVENTS ? max :
	    KQUEUE_EVENTS, timeout_ms < 0 ? NULL : &limit);
	for (i = 0; i < n; i++) {
		w = (struct watch *)p->events[i].udata;
		events = p->events[i].filter == EVFILT_WRITE ? WRITABLE :
		    READABLE;
		if (p->events[i].flags & (EV_EOF | EV_ERROR))
			events = READABLE | (w->want & WRITABLE);
		if (w->slot < 0 || w->slot >= count ||
		    ready[w->slot].watch != w) {
			w->slot = count++;
			ready[w->slot].watch = w;
			ready[w->slot].events = 0;
		}
		ready[w->slot].events |= events;
	}
	return count;
}

/* Closes it. */
static void
kqueue_close(struct poller *p)
{
	close(p->fd);
	free(p);
}

const struct poller_ops poll_kqueue = {
	"kqueue", kqueue_open, kqueue_add, kqueue_change, kqueue_remove,
	kqueue_await, kqueue_close,
};
