/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Each poller of this build tells what happens to real sockets, and nothing
 * else.
 */

#include "compat.h"

#include <signal.h>

#ifndef _WIN32
#include <sys/time.h>
#endif

#include "select_compat.h"

#include "base/log.h"
#include "net/poller.h"
#include "net/sockaddr.h"

#include "tap.h"

enum { LONG_MS = 60000 };	/* a deadline that no machine should meet */

static const struct poller_ops *ops;
static struct poller *poller;

/* Prepares a watch as the loop does. */
static int
add(struct watch *w, fd_t fd, unsigned want)
{
	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->want = want;
	w->slot = -1;
	return ops->add(poller, w);
}

/* Changes what a watch wants. */
static void
change(struct watch *w, unsigned want)
{
	unsigned had = w->want;

	w->want = want;
	ops->change(poller, w, had);
}

/* Waits; the events of w, or 0 when others came or none. */
static unsigned
events_of(const struct watch *w, int64_t timeout_ms)
{
	struct ready ready[8];
	int i, n;

	n = ops->wait(poller, ready, 8, timeout_ms);
	for (i = 0; i < n; i++)
		if (ready[i].watch == w)
			return ready[i].events;
	return 0;
}

/* A UDP socket on loopback, connected to itself. */
static fd_t
own_echo(void)
{
	union sock_addr sa;
	fd_t fd;

	memset(&sa, 0, sizeof(sa));
	sa.in.sin_family = AF_INET;
	sa.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = sock_open(AF_INET, SOCK_DGRAM);
	if (fd == FD_NONE || sock_bind(fd, &sa, sizeof(sa.in)) == -1 ||
	    sock_local(fd, &sa) == -1 ||
	    sock_connect(fd, &sa, sizeof(sa.in)) == -1) {
		printf("Bail out! no UDP on loopback: %s\n",
		    sock_strerror(errno));
		exit(1);
	}
	return fd;
}

static void
test_udp(void)
{
	struct watch w;
	uint64_t before;
	char byte;
	fd_t fd = own_echo();

	is_int(add(&w, fd, READABLE), 0, "%s: a socket is added", ops->name);
	is_int(events_of(&w, 0), 0, "%s: it is quiet at first", ops->name);
	before = clock_mono_ms();
	is_int(events_of(&w, 20), 0, "%s: and for a while", ops->name);
	ok(clock_mono_ms() - before >= 15, "%s: the while was waited for",
	    ops->name);
	sock_send(fd, "x", 1);
	is_int(events_of(&w, LONG_MS), READABLE, "%s: then readable",
	    ops->name);
	is_int(events_of(&w, LONG_MS), READABLE,
	    "%s: and stays so until it is read", ops->name);
	change(&w, READABLE | WRITABLE);
	is_int(events_of(&w, LONG_MS), READABLE | WRITABLE,
	    "%s: both events come in one", ops->name);
	change(&w, 0);
	is_int(events_of(&w, 0), 0, "%s: who wants nothing hears nothing",
	    ops->name);
	change(&w, READABLE);
	is_int(events_of(&w, LONG_MS), READABLE, "%s: until it wants again",
	    ops->name);
	change(&w, WRITABLE);
	is_int(events_of(&w, LONG_MS), WRITABLE, "%s: only what is wanted",
	    ops->name);
	change(&w, READABLE);
	sock_recv(fd, &byte, 1);
	is_int(events_of(&w, 0), 0, "%s: what was read is quiet", ops->name);
	sock_send(fd, "", 0);
	is_int(events_of(&w, LONG_MS), READABLE,
	    "%s: an empty datagram is readable", ops->name);
	ops->remove(poller, &w);
	is_int(events_of(&w, 0), 0, "%s: what was removed is silent",
	    ops->name);
	is_int(add(&w, fd, 0), 0, "%s: it is added again, with no wish",
	    ops->name);
	is_int(events_of(&w, 0), 0, "%s: and is still silent", ops->name);
	ops->remove(poller, &w);
	sock_close(fd);
}

/* A TCP listener on loopback, and its address. */
static fd_t
listen_somewhere(union sock_addr *sa)
{
	fd_t fd;

	memset(sa, 0, sizeof(*sa));
	sa->in.sin_family = AF_INET;
	sa->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = sock_open(AF_INET, SOCK_STREAM);
	if (fd == FD_NONE || sock_bind(fd, sa, sizeof(sa->in)) == -1 ||
	    sock_listen(fd, 4) == -1 || sock_local(fd, sa) == -1) {
		printf("Bail out! no TCP on loopback: %s\n",
		    sock_strerror(errno));
		exit(1);
	}
	return fd;
}

/* A connection comes, is accepted, and ends. */
static void
test_tcp(void)
{
	union sock_addr sa;
	struct watch listening, w;
	fd_t listener = listen_somewhere(&sa), fd, taken;
	char byte;

	fd = sock_open(AF_INET, SOCK_STREAM);
	add(&listening, listener, READABLE);
	is_int(events_of(&listening, 0), 0, "%s: nobody comes", ops->name);
	(void)sock_connect(fd, &sa, sizeof(sa.in));
	is_int(events_of(&listening, LONG_MS), READABLE,
	    "%s: a connection makes its listener readable", ops->name);
	taken = sock_accept(listener, NULL, NULL);
	ok(taken != FD_NONE, "%s: and is there", ops->name);
	add(&w, fd, READABLE | WRITABLE);
	is_int(events_of(&w, LONG_MS), WRITABLE, "%s: the other side may send",
	    ops->name);
	change(&w, READABLE);
	is_int(events_of(&w, 0), 0, "%s: a connection is quiet", ops->name);
	sock_close(taken);
	ok(events_of(&w, LONG_MS) & READABLE, "%s: its end is readable",
	    ops->name);
	change(&w, 0);
	(void)events_of(&w, 0);
	is_int(events_of(&w, 20), 0,
	    "%s: but does not keep awake who wants nothing", ops->name);
	change(&w, READABLE);
	ok(events_of(&w, LONG_MS) & READABLE, "%s: it is still told later",
	    ops->name);
	ok(sock_recv(fd, &byte, 1) <= 0, "%s: and reads as the end",
	    ops->name);
	ops->remove(poller, &listening);
	ops->remove(poller, &w);
	sock_close(fd);
	sock_close(listener);
}

/* A hang-up, of both ways, while nothing is wanted. */
static void
test_hang_up(void)
{
	union sock_addr sa;
	struct watch w;
	fd_t listener = listen_somewhere(&sa), fd, taken;

	fd = sock_open(AF_INET, SOCK_STREAM);
	(void)sock_connect(fd, &sa, sizeof(sa.in));
	add(&w, listener, READABLE);
	(void)events_of(&w, LONG_MS);
	ops->remove(poller, &w);
	taken = sock_accept(listener, NULL, NULL);
	add(&w, fd, 0);
	sock_shutdown(fd);
	sock_close(taken);
	(void)events_of(&w, 20);
	is_int(events_of(&w, 20), 0,
	    "%s: a hang-up keeps nobody awake who wants nothing", ops->name);
	change(&w, READABLE | WRITABLE);
	is_int(events_of(&w, LONG_MS), READABLE | WRITABLE,
	    "%s: and is told to who wants", ops->name);
	ops->remove(poller, &w);
	sock_close(fd);
	sock_close(listener);
}

/* A connection that is refused is told to who waits to write. */
static void
test_refused(void)
{
	union sock_addr sa;
	struct watch w;
	fd_t listener, fd;

	memset(&sa, 0, sizeof(sa));
	sa.in.sin_family = AF_INET;
	sa.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* A port that was just free: bound, and not listening. */
	listener = sock_open(AF_INET, SOCK_STREAM);
	sock_bind(listener, &sa, sizeof(sa.in));
	sock_local(listener, &sa);
	fd = sock_open(AF_INET, SOCK_STREAM);
	if (sock_connect(fd, &sa, sizeof(sa.in)) == -1 &&
	    errno == EINPROGRESS) {
		add(&w, fd, WRITABLE);
		ok(events_of(&w, LONG_MS) & WRITABLE,
		    "%s: a refused connection wakes", ops->name);
		ok(sock_error(fd) != 0, "%s: and has its error", ops->name);
		ops->remove(poller, &w);
	}
	sock_close(fd);
	sock_close(listener);
}

/* A wait that fails at once does not make the loop busy. */
static void
test_failing(void)
{
	struct ready ready[1];
	uint64_t begin_ms;
	struct watch w;
	int i, n = 0;

	/* For select() a closed descriptor is an error of all. */
	if (strcmp(ops->name, "select") != 0)
		return;
	add(&w, sock_open(AF_INET, SOCK_DGRAM), READABLE);
	sock_close(w.fd);
	begin_ms = clock_mono_ms();
	for (i = 0; i < 5; i++)
		n += ops->wait(poller, ready, 1, LONG_MS);
	is_int(n, 0, "%s: nothing is ready where a wait fails", ops->name);
	ok(clock_mono_ms() - begin_ms >= 5 * (POLLER_PAUSE_MS - 2),
	    "%s: and it takes its time", ops->name);
	ops->remove(poller, &w);
}

enum { MANY = 40 };

/* Waits by select() until a socket is readable. */
static void
wait_readable(fd_t fd)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	(void)sock_select(fd, &set, NULL, NULL, LONG_MS);
}

/* Many sockets, few taken at once: each gets its turn, and the right one. */
static void
test_many(void)
{
	struct ready ready[7];
	struct watch w[MANY];
	unsigned seen[MANY], turn, wrong = 0, missed = 0;
	int i, n;

	memset(seen, 0, sizeof(seen));
	for (i = 0; i < MANY; i++)
		add(&w[i], own_echo(), i % 5 == 4 ? 0 : READABLE);
	/* Holes in whatever order the poller keeps. */
	for (i = 0; i < MANY; i += 3)
		ops->remove(poller, &w[i]);
	for (i = 0; i < MANY; i += 6)
		add(&w[i], w[i].fd, READABLE);
	for (i = 0; i < MANY; i++)
		sock_send(w[i].fd, "x", 1);
	/* The last may be there later than the first. */
	for (i = 0; i < MANY; i++)
		wait_readable(w[i].fd);
	for (turn = 0; turn < 2 * MANY; turn++) {
		n = ops->wait(poller, ready, 7, 0);
		wrong += n < 0 || n > 7;
		for (i = 0; i < n; i++) {
			wrong += ready[i].watch < w ||
			    ready[i].watch >= w + MANY ||
			    ready[i].events != READABLE;
			seen[ready[i].watch - w]++;
		}
	}
	for (i = 0; i < MANY; i++) {
		if (i % 3 == 0 ? i % 6 == 0 : i % 5 != 4)
			missed += seen[i] == 0;
		else
			wrong += seen[i] != 0;
		if (i % 3 != 0 || i % 6 == 0)
			ops->remove(poller, &w[i]);
		sock_close(w[i].fd);
	}
	is_int(wrong, 0, "%s: of many, only those that want", ops->name);
	is_int(missed, 0, "%s: and each of them in its turn", ops->name);
}

enum { FULL = 1200 };

/* More sockets than select() can hold. */
static void
test_full(void)
{
	static struct watch w[FULL];
	int i, n, error = 0, opened;
	bool good = true, holds;

	sock_raise_limit();
	for (n = 0; n < FULL && error == 0; n++) {
		fd_t fd = sock_open(AF_INET, SOCK_DGRAM);

		if (fd == FD_NONE)
			break;
		holds = strcmp(ops->name, "select") != 0 ||
		    sock_select_holds(fd, (unsigned)n);
		if (add(&w[n], fd, READABLE) == -1)
			error = errno;
		good = good && holds == (error == 0);
	}
	opened = n;
	ok(good, "%s: takes what it can hold (of %d)", ops->name, opened);
	if (error != 0)
		is_int(error, EMFILE, "%s: refuses what it cannot", ops->name);
	else
		ok(strcmp(ops->name, "select") != 0 || opened < FULL,
		    "%s: has no bound", ops->name);
	is_int(events_of(&w[0], 0), 0, "%s: and still works", ops->name);
	for (i = 0; i < opened; i++) {
		if (i < opened - 1 || error == 0)
			ops->remove(poller, &w[i]);
		sock_close(w[i].fd);
	}
}

static struct loop *loop;
static int wakes;

static void
on_timer(struct timer *t)
{
	(void)t;
	loop_wake(loop);
}

/* arg: what wakes the loop the second time, set after the first time, so that
 * two wakings are never one on a busy machine; NULL: it comes by itself. */
static void
on_wake(void *arg)
{
	if (++wakes == 2)
		loop_stop(loop);
	else if (arg != NULL)
		timer_set(arg, loop, loop_now(loop) + 20, on_timer);
}

#ifndef _WIN32

static void
on_alarm(int sig)
{
	(void)sig;
	if (loop != NULL)
		loop_wake(loop);
}

/* A signal every 20 ms from now on, or none. */
static void
alarms(bool on)
{
	struct itimerval every;

	signal(SIGALRM, on_alarm);
	memset(&every, 0, sizeof(every));
	if (on)
		every.it_value.tv_usec = every.it_interval.tv_usec = 20000;
	setitimer(ITIMER_REAL, &every, NULL);
}

static void
test_signal(void)
{
	struct watch w;
	fd_t fd = own_echo();

	add(&w, fd, READABLE);
	alarms(true);
	is_int(events_of(&w, -1), 0, "%s: a signal ends the wait", ops->name);
	loop = loop_new(ops->name);
	wakes = 0;
	loop_on_wake(loop, on_wake, NULL);
	loop_run(loop);
	is_int(wakes, 2, "%s: a handler wakes the loop", ops->name);
	alarms(false);
	loop_free(loop);
	loop = NULL;
	ops->remove(poller, &w);
	sock_close(fd);
}

/* The same where the loop's own socket has failed. */
static void
test_signal_alone(void)
{
	fd_t last = own_echo(), fd;
	uint64_t before;

	log_set_level(LEVEL_ERROR);
	loop = loop_new(ops->name);
	/* The sockets that it has just opened. */
	for (fd = last + 1; fd < last + 6; fd++)
		(void)sock_shutdown(fd);
	wakes = 0;
	loop_on_wake(loop, on_wake, NULL);
	loop_turn(loop, 0);
	before = clock_mono_ms();
	loop_wake(loop);
	loop_turn(loop, LONG_MS);
	is_int(wakes, 1, "%s: a loop without its socket is woken",
	    ops->name);
	alarms(true);
	loop_run(loop);
	alarms(false);
	is_int(wakes, 2, "%s: by a signal, too", ops->name);
	ok(clock_mono_ms() - before < LONG_MS / 2, "%s: soon", ops->name);
	loop_free(loop);
	loop = NULL;
	sock_close(last);
}

#else

static void
test_signal(void)
{
	ok(true, "%s # skip no signals here", ops->name);
}

static void
test_signal_alone(void)
{
}

#endif

/* The loop on that poller, with real time. */
static void
test_loop(void)
{
	struct timer t1, t2;
	uint64_t before = clock_mono_ms();

	memset(&t1, 0, sizeof(t1));
	memset(&t2, 0, sizeof(t2));
	loop = loop_new(ops->name);
	if (!ok(loop != NULL, "%s: a loop opens on it", ops->name))
		return;
	is_str(loop_poller(loop), ops->name, "%s: by that name", ops->name);
	wakes = 0;
	loop_on_wake(loop, on_wake, &t2);
	timer_set(&t1, loop, loop_now(loop) + 10, on_timer);
	loop_run(loop);
	ok(clock_mono_ms() - before >= 25, "%s: timers take their time",
	    ops->name);
	is_int(wakes, 2, "%s: each waking is one", ops->name);
	loop_free(loop);
	loop = NULL;
}

int
main(void)
{
	const struct poller_ops *const *each;

	if (sock_init() == -1)
		return 1;
	ok(poller_list[0] != NULL, "there is a poller");
	for (each = poller_list; *each != NULL; each++) {
		ops = *each;
		poller = ops->open();
		if (!ok(poller != NULL, "%s: opens", ops->name))
			continue;
		is_int(ops->wait(poller, &(struct ready){ 0 }, 1, 0), 0,
		    "%s: waits for nothing", ops->name);
		test_udp();
		test_tcp();
		test_hang_up();
		test_refused();
		test_many();
		test_failing();
		test_full();
		test_signal();
		test_signal_alone();
		ops->close(poller);
		test_loop();
	}
	return done_testing();
}
