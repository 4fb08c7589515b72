/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for epoll (Linux, illumos), level-triggered.
 *
 * NOTES.  epoll always reports errors and hang-ups.  A watch that wants nothing
 * is registered edge-triggered, so that they do not keep the loop awake: such
 * an event comes once and is discarded here.
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
