/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/poll_epoll.c: a loop that is awake has no timer set by the kernel in each
 * turn.
 *
 * NOTES.  net/poll_epoll.c is compiled into this test, which notes its calls
 * and sets its clock.  test_poller.c has what all pollers have in common.
 */

#include "compat.h"

#if HAVE_EPOLL && HAVE_TIMERFD

#include <sys/epoll.h>

#include "os.h"
#include "sock.h"

#include "base/log.h"

#include "tap.h"

static uint64_t time_ms = 1000000;
static uint64_t set_ms;		/* the last time that the timer was set to */
static unsigned sets;		/* and how often since the last check */
static int limit_ms;		/* of the last epoll_wait() */
static bool lacking;		/* the system has no such timer, */
static bool refusing;		/* or does not set it */

static uint64_t
fake_mono_ms(void)
{
	return time_ms;
}

static int
noted_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	limit_ms = timeout_ms;
	return epoll_wait(fd, events, max, timeout_ms);
}

static int
noted_timer(void)
{
	return lacking ? -1 : os_wake_timer();
}

static int
noted_set(int fd, uint64_t wait_ms)
{
	if (refusing)
		return -1;
	sets++;
	set_ms = wait_ms;
	return os_wake_timer_set(fd, wait_ms);
}

#define clock_mono_ms fake_mono_ms
#define epoll_wait noted_wait
#define os_wake_timer noted_timer
#define os_wake_timer_set noted_set
#include "net/poll_epoll.c"
#undef clock_mono_ms
#undef epoll_wait
#undef os_wake_timer
#undef os_wake_timer_set

static struct poller *poller;
static struct watch watch;
static fd_t pair[2];

static void
begin(void)
{
	must(sock_pair(pair) == 0);
	poller = poll_epoll.open();
	must(poller != NULL);
	memset(&watch, 0, sizeof(watch));
	watch.fd = pair[0];
	watch.want = READABLE;
	must(poll_epoll.add(poller, &watch) == 0);
}

static void
end(void)
{
	poll_epoll.remove(poller, &watch);
	poll_epoll.close(poller);
	sock_close(pair[0]);
	sock_close(pair[1]);
}

/* Waits so long; returns how many watches have events. */
static int
wait_for(int64_t timeout_ms)
{
	struct ready ready[8];

	sets = 0;
	return poll_epoll.wait(poller, ready, 8, timeout_ms);
}

static void
test_awake(void)
{
	char byte;

	begin();
	must(sock_send(pair[1], "x", 1) == 1);
	is_int(wait_for(60000), 1, "an event ends a long wait");
	ok(limit_ms == -1 && sets == 1 && set_ms == 60000,
	    "whose limit is the timer");
	time_ms += 100;
	is_int(wait_for(59900), 1, "so does the next");
	ok(limit_ms == -1 && sets == 0, "for which it is set already");
	is_int(wait_for(10), 1, "a short one");
	ok(limit_ms == 10 && sets == 0, "has the kernel's limit");
	is_int(wait_for(-1), 1, "one without limit");
	ok(limit_ms == -1 && sets == 0, "has none");
	is_int(wait_for(200), 1, "what is due earlier");
	ok(limit_ms == -1 && sets == 1 && set_ms == 200,
	    "sets the timer anew");
	is_int(wait_for(60000), 1, "what is due later");
	ok(limit_ms == -1 && sets == 0, "does not");
	time_ms += 300;
	is_int(wait_for(60000), 1, "when its time is over, unreported,");
	ok(limit_ms == -1 && sets == 1 && set_ms == 60000, "it is set again");
	must(sock_recv(pair[0], &byte, 1) == 1);
	is_int(wait_for(30), 0, "and without events it ends the wait");
	ok(limit_ms == -1 && sets == 1, "of which the kernel knows nothing");
	must(sock_send(pair[1], "x", 1) == 1);
	is_int(wait_for(50000), 1, "after that");
	ok(sets == 1 && set_ms == 50000, "it is set for the next");
	end();
}

static void
test_without(void)
{
	lacking = true;
	begin();
	must(sock_send(pair[1], "x", 1) == 1);
	is_int(wait_for(60000), 1, "where the system has no such timer");
	is_int(limit_ms, 60000, "the limit is the kernel's");
	end();
	lacking = false;
	refusing = true;
	begin();
	must(sock_send(pair[1], "x", 1) == 1);
	is_int(wait_for(60000), 1, "where it does not set it");
	is_int(limit_ms, 60000, "it is, too");
	end();
	refusing = false;
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	test_awake();
	test_without();
	return done_testing();
}

#else

#include <stdio.h>

int
main(void)
{
	printf("1..0 # skip no epoll, or no timer that is a descriptor\n");
	return 0;
}

#endif
