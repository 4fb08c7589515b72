/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The poller for kqueue passes the tests of all pollers, on a kqueue that this
 * file makes of poll(2), and loses nothing that the kernel refuses.
 *
 * NOTES.  Compiled with the headers of tests/unit/bsd.  The kqueue follows
 * kqueue(2): filters go with their descriptor when that is closed, EV_DELETE of
 * what is not there is ENOENT, EV_ADD of what is there replaces it.
 */

#include "compat.h"

#ifdef __linux__

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* Closes a descriptor, and the kqueue that it is. */
static int close_queue(int fd);

#define poller_list kqueue_list
#include "net/loop.c"
#define close close_queue
#include "net/poll_kqueue.c"
#undef close

const struct poller_ops *const kqueue_list[] = { &poll_kqueue, NULL };

int test_all_pollers(void);

#define main test_all_pollers
#include "test_poller.c"
#undef main

enum {
	QUEUES = 3,		/* open at the same time */
	FILTERS = 8192,		/* of one */
};

/* A kqueue. */
struct queue {
	struct kevent filter[FILTERS];
	unsigned n, next;	/* next: whose turn it is */
	int fd;			/* holds the number; -1: free */
};

static struct queue queues[QUEUES] = { { .fd = -1 }, { .fd = -1 },
	{ .fd = -1 } };
static unsigned refusals;	/* of the next EV_ADDs */
static int refusal;		/* their errno */
static unsigned short extra;	/* flags of all events */
static const struct kevent *scripted;	/* instead of what poll() says */
static int n_scripted, last_wait_s, waits;

/* That of a descriptor. */
static struct queue *
queue_of(int fd)
{
	struct queue *q;

	for (q = queues; q < queues + QUEUES; q++)
		if (q->fd == fd)
			return q;
	return NULL;
}

int
kqueue(void)
{
	struct queue *q = queue_of(-1);

	if (q == NULL) {
		errno = ENFILE;
		return -1;
	}
	q->fd = open("/dev/null", O_RDONLY);
	q->n = q->next = 0;
	return q->fd;
}

/* One change; 0, or an errno. */
static int
queue_change(struct queue *q, const struct kevent *c)
{
	unsigned i;

	if (fcntl((int)c->ident, F_GETFD) == -1)
		return EBADF;
	for (i = 0; i < q->n; i++)
		if (q->filter[i].ident == c->ident &&
		    q->filter[i].filter == c->filter)
			break;
	if (c->flags & EV_DELETE) {
		if (i == q->n)
			return ENOENT;
		q->filter[i] = q->filter[--q->n];
		return 0;
	}
	if (refusals > 0) {
		refusals--;
		return refusal;
	}
	must(i < FILTERS);
	q->filter[i] = *c;
	if (i == q->n)
		q->n++;
	return 0;
}

/* What poll() reports of a filter, as flags and data; false: nothing. */
static bool
queue_judge(struct kevent *e, short got)
{
	bool write = e->filter == EVFILT_WRITE;

	e->flags = extra;
	if (got & (write ? POLLHUP | POLLERR : POLLHUP | POLLRDHUP | POLLERR))
		e->flags |= EV_EOF;
	return e->flags & EV_EOF || got & (write ? POLLOUT : POLLIN);
}

/* Waits; each call begins at the filter after the last that it reported. */
static int
queue_wait(struct queue *q, struct kevent *events, int max, int timeout_ms)
{
	static struct pollfd fds[FILTERS];
	unsigned i, at;
	int n = 0;

	for (i = 0; i < q->n; i++) {
		fds[i].fd = (int)q->filter[i].ident;
		fds[i].events = q->filter[i].filter == EVFILT_WRITE ?
		    POLLOUT : POLLIN | POLLRDHUP;
	}
	if (poll(fds, q->n, timeout_ms) == -1)
		return -1;
	for (i = 0; i < q->n && n < max; i++) {
		at = (q->next + i) % q->n;
		/* Its descriptor was closed. */
		if (fds[at].revents & POLLNVAL)
			continue;
		events[n] = q->filter[at];
		if (queue_judge(&events[n], fds[at].revents))
			n++;
	}
	q->next = q->n == 0 ? 0 : (q->next + i) % q->n;
	return n;
}

int
kevent(int fd, const struct kevent *changes, int n_changes,
    struct kevent *events, int n_events, const struct timespec *timeout)
{
	struct queue *q = queue_of(fd);
	int i, error;

	must(q != NULL);
	for (i = 0; i < n_changes; i++) {
		error = queue_change(q, &changes[i]);
		if (error != 0) {
			errno = error;
			return -1;
		}
	}
	if (n_events == 0)
		return 0;
	waits++;
	last_wait_s = timeout == NULL ? -1 : (int)timeout->tv_sec;
	if (scripted != NULL) {
		memcpy(events, scripted,
		    (size_t)n_scripted * sizeof(*scripted));
		return n_scripted;
	}
	return queue_wait(q, events, n_events, timeout == NULL ? -1 :
	    (int)(timeout->tv_sec * 1000 + timeout->tv_nsec / 1000000));
}

static int
close_queue(int fd)
{
	struct queue *q = queue_of(fd);

	if (q != NULL)
		q->fd = -1;
	return close(fd);
}

/* Opens the poller of these tests. */
static void
begin(void)
{
	ops = &poll_kqueue;
	poller = ops->open();
}

static void
end(void)
{
	ops->close(poller);
}

/* A filter that is refused when a watch changes is reported, and registered
 * again. */
static void
test_refused_change(void)
{
	struct ready ready[8];
	struct watch w, other;
	fd_t fd = own_echo(), second = own_echo();

	begin();
	add(&w, fd, 0);
	add(&other, second, READABLE);
	refusals = 2;
	refusal = ENOMEM;
	change(&w, READABLE);
	waits = 0;
	is_int(events_of(&w, -1), READABLE,
	    "a watch whose filter is refused is reported");
	is_int(last_wait_s, 0, "and the wait for others does not sleep");
	is_int(events_of(&w, 0), 0,
	    "when the kernel takes it, it is as quiet as any");
	sock_send(fd, "x", 1);
	is_int(events_of(&w, LONG_MS), READABLE, "and reported as any");
	refusals = UINT_MAX;
	change(&w, READABLE | WRITABLE);
	is_int(events_of(&w, -1), READABLE | WRITABLE,
	    "a refused wish to write is reported as one");
	change(&w, READABLE);
	refusals = 0;
	is_int(events_of(&w, LONG_MS), READABLE,
	    "what is no longer wanted is not");
	refusals = UINT_MAX;
	change(&w, READABLE | WRITABLE);
	change(&other, READABLE | WRITABLE);
	is_int(ops->wait(poller, ready, 1, -1), 1,
	    "no more are reported than there is room for");
	is_int(ops->wait(poller, ready, 8, -1), 2, "both, each once");
	ops->remove(poller, &w);
	is_int(ops->wait(poller, ready, 8, -1), 1, "a removed one is not");
	ok(ready[0].watch == &other && ready[0].events ==
	    (READABLE | WRITABLE), "the other one still is");
	change(&other, 0);
	is_int(ops->wait(poller, ready, 8, 0), 0,
	    "nor one that wants nothing");
	refusals = 0;
	ops->remove(poller, &other);
	end();
	sock_close(fd);
	sock_close(second);
}

/* What is refused at first is not added. */
static void
test_refused_add(void)
{
	struct watch w;
	fd_t fd = own_echo();

	begin();
	refusals = 1;
	refusal = ENOMEM;
	errno = 0;
	is_int(add(&w, fd, READABLE | WRITABLE), -1, "a refused watch fails");
	is_int(errno, ENOMEM, "with the reason");
	is_int(queue_of(poller->fd)->n, 0, "and leaves no filter");
	sock_close(fd);
	is_int(add(&w, fd, READABLE), -1, "so does a closed descriptor");
	is_int(errno, EBADF, "with its own");
	end();
}

/* EV_EOF and EV_ERROR come with filters of either kind. */
static void
test_flags(void)
{
	struct kevent events[3];
	struct ready ready[8];
	struct watch w;
	fd_t fd = own_echo();

	begin();
	add(&w, fd, READABLE | WRITABLE);
	memset(events, 0, sizeof(events));
	events[0].filter = EVFILT_READ;
	events[0].flags = EV_EOF;
	events[0].udata = &w;
	scripted = events;
	n_scripted = 1;
	is_int(events_of(&w, 0), READABLE | WRITABLE,
	    "the end wakes both ways");
	w.want = READABLE;
	is_int(events_of(&w, 0), READABLE, "but only one that is wanted");
	w.want = WRITABLE;
	events[0].filter = EVFILT_WRITE;
	events[0].flags = EV_ERROR;
	is_int(events_of(&w, 0), READABLE | WRITABLE,
	    "an error is readable, too");
	w.want = READABLE | WRITABLE;
	events[0].flags = 0;
	events[2] = events[1] = events[0];
	events[1].filter = EVFILT_READ;
	n_scripted = 3;
	w.slot = 5;
	is_int(ops->wait(poller, ready, 8, 0), 1,
	    "events of one watch are one, whatever its old slot");
	is_int(ready[0].events, READABLE | WRITABLE, "of both kinds");
	n_scripted = 0;
	is_int(ops->wait(poller, ready, 8, INT64_C(1) << 45), 0,
	    "a wait may be very long");
	is_int(last_wait_s, KQUEUE_LONGEST_S, "and is cut to a day");
	scripted = NULL;
	end();
	sock_close(fd);
}

/* Nobody reads the pipe that is written to. */
static void
test_pipe(void)
{
	struct watch w;
	int fds[2];

	if (pipe(fds) == -1)
		return;
	begin();
	add(&w, fds[1], 0);
	close(fds[0]);
	refusals = UINT_MAX;
	refusal = EPIPE;
	change(&w, WRITABLE);
	is_int(events_of(&w, -1), READABLE | WRITABLE,
	    "who writes to a pipe without reader is woken");
	refusals = 0;
	ops->remove(poller, &w);
	end();
	close(fds[1]);
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	test_refused_change();
	test_refused_add();
	test_flags();
	test_pipe();
	return test_all_pollers();
}

#else

#include "tap.h"

int
main(void)
{
	ok(true, "# SKIP the stand-in of kqueue is for Linux");
	return done_testing();
}

#endif
