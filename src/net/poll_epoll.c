/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for epoll (Linux, illumos), level-triggered.
 *
 * NOTES.  epoll always reports errors and hang-ups.  A watch that wants nothing
 * is registered edge-triggered, so that they do not keep the loop awake: such
 * an event comes once and is discarded here.
 *
 * A wait with a limit costs a timer that the kernel sets and removes, in each
 * turn of a loop that is awake.  So a long limit is a timer of its own, which
 * stays set while turns come and go: it is set anew only when something is due
 * earlier.  At worst it ends one wait too early after the last datagram.
 */

#include "compat.h"

#include <sys/epoll.h>

#include <unistd.h>

#include "os.h"

#include "net/poller.h"

enum {
	EPOLL_EVENTS = 256,
	EPOLL_SHORT_MS = 20,	/* limits below that are the kernel's */
};

struct poller {
	int fd;
	int timer;		/* os_wake_timer(), edge-triggered; -1: none */
	uint64_t armed_ms;	/* when that is due, by clock_mono_ms(); 0: it
				 * is not set */
	struct epoll_event events[EPOLL_EVENTS];
};

/* Opens the timer.  Its event has no watch. */
static void
epoll_open_timer(struct poller *p)
{
	struct epoll_event event;

	memset(&event, 0, sizeof(event));
	event.events = EPOLLIN | (uint32_t)EPOLLET;
	p->armed_ms = 0;
	p->timer = os_wake_timer();
	if (p->timer != -1 && epoll_ctl(p->fd, EPOLL_CTL_ADD, p->timer,
	    &event) == -1) {
		close(p->timer);
		p->timer = -1;
	}
}

/* Opens it. */
static struct poller *
epoll_open(void)
{
	struct poller *p;
	int error;

	p = malloc(sizeof(*p));
	if (p == NULL)
		return NULL;
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd == -1) {
		error = errno;
		free(p);
		errno = error;
		return NULL;
	}
	epoll_open_timer(p);
	return p;
}

/* Registers what a watch wants with the kernel; 0, or -1 and errno. */
static int
epoll_register(struct poller *p, int op, struct watch *w)
{
	struct epoll_event event;

	memset(&event, 0, sizeof(event));
	if (w->want & READABLE)
		event.events |= EPOLLIN;
	if (w->want & WRITABLE)
		event.events |= EPOLLOUT;
	if (w->want == 0)
		event.events = (uint32_t)EPOLLET;
	event.data.u64 = (uintptr_t)w;
	return epoll_ctl(p->fd, op, w->fd, &event);
}

/* Adds a watch. */
static int
epoll_add(struct poller *p, struct watch *w)
{
	return epoll_register(p, EPOLL_CTL_ADD, w);
}

/* A watch has changed what it wants. */
static void
epoll_change(struct poller *p, struct watch *w, unsigned had)
{
	(void)had;
	(void)epoll_register(p, EPOLL_CTL_MOD, w);
}

/* Removes a watch. */
static void
epoll_remove(struct poller *p, struct watch *w)
{
	(void)epoll_register(p, EPOLL_CTL_DEL, w);
}

/* The limit for the kernel: the given one, or -1 with the timer set to that
 * time or an earlier one. */
static int
epoll_limit(struct poller *p, int64_t timeout_ms)
{
	uint64_t now_ms, due_ms;

	if (timeout_ms > INT_MAX)
		timeout_ms = INT_MAX;
	if (p->timer == -1 || timeout_ms < EPOLL_SHORT_MS)
		return (int)timeout_ms;
	now_ms = clock_mono_ms();
	due_ms = now_ms + (uint64_t)timeout_ms;
	if (p->armed_ms > now_ms && p->armed_ms <= due_ms)
		return -1;
	if (os_wake_timer_set(p->timer, (uint64_t)timeout_ms) == -1)
		return (int)timeout_ms;
	p->armed_ms = due_ms;
	return -1;
}

/* Waits for events. */
static int
epoll_await(struct poller *p, struct ready *ready, int max, int64_t timeout_ms)
{
	struct watch *w;
	unsigned events;
	uint32_t got;
	int i, n, count = 0;

	n = epoll_wait(p->fd, p->events, max < EPOLL_EVENTS ? max :
	    EPOLL_EVENTS, epoll_limit(p, timeout_ms));
	for (i = 0; i < n; i++) {
		w = (struct watch *)(uintptr_t)p->events[i].data.u64;
		if (w == NULL) {
			p->armed_ms = 0;
			continue;
		}
		got = p->events[i].events;
		events = 0;
		if (got & (EPOLLIN | EPOLLERR | EPOLLHUP))
			events |= READABLE;
		if (got & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			events |= w->want & WRITABLE;
		if (w->want == 0 || events == 0)
			continue;
		ready[count].watch = w;
		ready[count++].events = events;
	}
	return count;
}

/* Closes it. */
static void
epoll_close(struct poller *p)
{
	if (p->timer != -1)
		close(p->timer);
	close(p->fd);
	free(p);
}

const struct poller_ops poll_epoll = {
	"epoll", epoll_open, epoll_add, epoll_change, epoll_remove,
	epoll_await, epoll_close,
};
