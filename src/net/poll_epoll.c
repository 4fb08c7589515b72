/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for epoll (Linux, illumos), level-triggered.
 *
 * NOTES.  Errors and hang-ups come whether one asks for them or not.  So that
 * a watch that wants nothing does not keep the loop awake, it is registered
 * edge-triggered: such an event comes once, and is left out here.
 */

#include "compat.h"

#include <sys/epoll.h>

#include <unistd.h>

#include "net/poller.h"

enum { EPOLL_EVENTS = 256 };

struct poller {
	int fd;
	struct epoll_event events[EPOLL_EVENTS];
};

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
	return p;
}

/* Tells the kernel what a watch wants. */
static int
epoll_tell(struct poller *p, int op, struct watch *w)
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
	return epoll_tell(p, EPOLL_CTL_ADD, w);
}

/* A watch wants something else. */
static void
epoll_change(struct poller *p, struct watch *w, unsigned had)
{
	(void)had;
	(void)epoll_tell(p, EPOLL_CTL_MOD, w);
}

/* Removes a watch. */
static void
epoll_remove(struct poller *p, struct watch *w)
{
	(void)epoll_tell(p, EPOLL_CTL_DEL, w);
}

/* Waits for events. */
static int
epoll_await(struct poller *p, struct ready *ready, int max, int64_t timeout_ms)
{
	struct watch *w;
	unsigned events;
	uint32_t got;
	int i, n, count = 0;

	if (timeout_ms > INT_MAX)
		timeout_ms = INT_MAX;
	n = epoll_wait(p->fd, p->events, max < EPOLL_EVENTS ? max :
	    EPOLL_EVENTS, (int)timeout_ms);
	for (i = 0; i < n; i++) {
		w = (struct watch *)(uintptr_t)p->events[i].data.u64;
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
	close(p->fd);
	free(p);
}

const struct poller_ops poll_epoll = {
	"epoll", epoll_open, epoll_add, epoll_change, epoll_remove,
	epoll_await, epoll_close,
};
