/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for kqueue (the BSDs, macOS).
 *
 * NOTES.  kqueue(2).  Reading and writing are separate filters with separate
 * events.  The events of one watch are merged: its slot is its index in this
 * turn's events.  The slot may be an old one, so it counts only if the watch is
 * found there.
 *
 * The kernel may refuse a filter when a watch changes what it wants: EPIPE for
 * a pipe that nobody reads any more, ENOMEM.  As that cannot be returned, the
 * watch is put in a list.  While it is there, each wait registers it again,
 * does not sleep, and reports it as it does an error: whoever reads or writes
 * finds out.
 *
 * A child does not inherit a kqueue: the loop is made after the last fork() of
 * the process that runs it.
 */

#include "compat.h"

#include <sys/event.h>
#include <sys/time.h>

#include <fcntl.h>
#include <unistd.h>

#include "net/poller.h"

enum {
	KQUEUE_EVENTS = 256,
	KQUEUE_LONGEST_S = 86400,	/* kernels refuse very long waits */
};

struct poller {
	int fd;
	struct watch *refused;	/* linked by next; the last one is `end` */
	struct watch end;	/* so that next is not NULL in the list */
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
	p->refused = &p->end;
	return p;
}

/* Adds or deletes one filter; 0, or -1 and errno. */
static int
kqueue_filter(struct poller *p, struct watch *w, unsigned event, bool add)
{
	struct kevent change;

	/* Not by EV_SET(), which is a cast in some systems and none in others
	 * where udata is an integer. */
	memset(&change, 0, sizeof(change));
	change.ident = (uintptr_t)w->fd;
	change.filter = event == WRITABLE ? EVFILT_WRITE : EVFILT_READ;
	change.flags = add ? EV_ADD : EV_DELETE;
	memcpy(&change.udata, &w, sizeof(w));
	return kevent(p->fd, &change, 1, NULL, 0, NULL);
}

/* Adds or deletes filters so that those in `had` become those in `want`. 0,
 * or -1 and errno when one was not added. */
static int
kqueue_register(struct poller *p, struct watch *w, unsigned had, unsigned want)
{
	unsigned event;
	int result = 0;

	for (event = READABLE; event <= WRITABLE; event <<= 1)
		if (((had ^ want) & event) != 0 &&
		    kqueue_filter(p, w, event, (want & event) != 0) == -1 &&
		    (want & event) != 0)
			result = -1;
	return result;
}

/* Puts a watch in the list of those with a refused filter. */
static void
kqueue_refuse(struct poller *p, struct watch *w)
{
	if (w->next != NULL)
		return;
	w->next = p->refused;
	p->refused = w;
}

/* Takes it out again. */
static void
kqueue_accept(struct poller *p, struct watch *w)
{
	struct watch **at;

	for (at = &p->refused; w->next != NULL; at = &(*at)->next) {
		if (*at != w)
			continue;
		*at = w->next;
		w->next = NULL;
	}
}

/* Registers once more what was refused. */
static void
kqueue_retry(struct poller *p)
{
	struct watch *w, *next;

	for (w = p->refused; w != &p->end; w = next) {
		next = w->next;
		if (kqueue_register(p, w, 0, w->want) == 0)
			kqueue_accept(p, w);
	}
}

/* Removes a watch. */
static void
kqueue_remove(struct poller *p, struct watch *w)
{
	kqueue_accept(p, w);
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
	if (kqueue_register(p, w, had, w->want) == -1)
		kqueue_refuse(p, w);
}

/* Adds events of a watch to those that are ready; returns how many there are
 * now. */
static int
kqueue_merge(struct ready *ready, int count, struct watch *w, unsigned events)
{
	if (w->slot < 0 || w->slot >= count || ready[w->slot].watch != w) {
		w->slot = count++;
		ready[w->slot].watch = w;
		ready[w->slot].events = 0;
	}
	ready[w->slot].events |= events;
	return count;
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

	kqueue_retry(p);
	if (p->refused != &p->end)
		timeout_ms = 0;
	if (timeout_ms > KQUEUE_LONGEST_S * 1000)
		timeout_ms = KQUEUE_LONGEST_S * 1000;
	limit.tv_sec = (time_t)(timeout_ms / 1000);
	limit.tv_nsec = (long)(timeout_ms % 1000 * 1000000);
	n = kevent(p->fd, NULL, 0, p->events, max < KQUEUE_EVENTS ? max :
	    KQUEUE_EVENTS, timeout_ms < 0 ? NULL : &limit);
	for (i = 0; i < n; i++) {
		memcpy(&w, &p->events[i].udata, sizeof(w));
		events = p->events[i].filter == EVFILT_WRITE ? WRITABLE :
		    READABLE;
		if (p->events[i].flags & (EV_EOF | EV_ERROR))
			events = READABLE | (w->want & WRITABLE);
		count = kqueue_merge(ready, count, w, events);
	}
	for (w = p->refused; w != &p->end && count < max; w = w->next)
		count = kqueue_merge(ready, count, w,
		    READABLE | (w->want & WRITABLE));
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
