/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The resolver: what is answered here, what by its helper, and what becomes of
 * look-ups when the helper dies.  No name server is needed.
 */

#include "tap.h"

#include "base/log.h"
#include "net/resolve.h"
#include "net/resolve_backend.h"

#ifndef _WIN32
#include <signal.h>
#include <unistd.h>
#endif

enum { MANY = 3 * RESOLVE_WORKERS, PATIENCE_MS = 20000 };

/* A look-up and what came of it. */
struct asked {
	struct lookup lookup;
	int calls;
	unsigned n;
	struct addr addr[RESOLVE_MAX];
	char why[400];
};

static struct loop *loop;
static struct resolver *resolver;

/* Notes the end of a look-up. */
static void
on_end(struct lookup *l, const struct addr *addr, unsigned n, const char *why)
{
	struct asked *a = LIST_ITEM(l, struct asked, lookup);

	a->calls++;
	a->n = n;
	if (n > 0)
		memcpy(a->addr, addr, n * sizeof(*addr));
	snprintf(a->why, sizeof(a->why), "%s", why == NULL ? "" : why);
}

/* Starts a look-up of port 7. */
static void
ask(struct asked *a, const char *host, enum lookup_for purpose,
    int64_t timeout_ms)
{
	memset(a, 0, sizeof(*a));
	resolve_start(resolver, &a->lookup, host, 7, purpose, timeout_ms,
	    on_end);
}

/* Does nothing: its time ends the loop's sleep. */
static void
on_tick(struct timer *t)
{
	(void)t;
}

/* Runs the loop until all n look-ups ended, or patience does. */
static void
await(const struct asked *a, unsigned n)
{
	uint64_t until = clock_mono_ms() + PATIENCE_MS;
	struct timer tick;
	unsigned i;

	memset(&tick, 0, sizeof(tick));
	timer_set(&tick, loop, loop_now(loop) + PATIENCE_MS, on_tick);
	do {
		for (i = 0; i < n && a[i].calls > 0; i++)
			;
		if (i < n)
			loop_turn(loop, -1);
	} while (i < n && clock_mono_ms() < until);
	timer_stop(&tick);
}

/* Is one of the answers a loopback address with our port? */
static bool
has_loopback(const struct asked *a)
{
	unsigned i;

	for (i = 0; i < a->n; i++)
		if (addr_is_loopback(&a->addr[i]) && a->addr[i].port == 7)
			return true;
	return false;
}

/* Is there any address twice? */
static bool
has_twice(const struct asked *a)
{
	unsigned i, j;

	for (i = 0; i < a->n; i++)
		for (j = 0; j < i; j++)
			if (addr_same(&a->addr[i], &a->addr[j]))
				return true;
	return false;
}

static void
test_literals(void)
{
	char text[ADDR_TEXT];
	struct asked a;

	ask(&a, "192.0.2.1", LOOKUP_CONNECT, 1000);
	is_int(a.calls, 0, "a literal is not answered from within the call");
	await(&a, 1);
	is_int(a.calls, 1, "a literal is answered once");
	is_int(a.n, 1, "with one address");
	is_str(addr_text(&a.addr[0], text), "192.0.2.1:7", "and the port");
	ask(&a, "2001:db8::1", LOOKUP_BIND, 1000);
	await(&a, 1);
	is_str(addr_text(&a.addr[0], text), "[2001:db8::1]:7",
	    "an IPv6 literal, too");
}

static void
test_names(void)
{
	struct asked a;

	ask(&a, "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	await(&a, 1);
	ok(has_loopback(&a), "localhost is a loopback address (%s)", a.why);
	ok(!has_twice(&a), "no address comes twice");
	ask(&a, "localhost", LOOKUP_BIND, PATIENCE_MS);
	await(&a, 1);
	ok(has_loopback(&a), "localhost can be listened on");
	ask(&a, "", LOOKUP_BIND, PATIENCE_MS);
	await(&a, 1);
	ok(a.n > 0 && addr_is_any(&a.addr[0]),
	    "no host to listen on is any address");
}

static void
test_bad_names(void)
{
	char name[HOST_TEXT + 10];
	struct asked a;

	ask(&a, "", LOOKUP_CONNECT, 1000);
	await(&a, 1);
	is_int(a.n, 0, "no host to connect to is refused");
	ok(strstr(a.why, "no host") != NULL, "in words: %s", a.why);
	ask(&a, "bad\nname", LOOKUP_CONNECT, 1000);
	await(&a, 1);
	is_int(a.n, 0, "a control character is refused");
	ok(strstr(a.why, "control") != NULL && strchr(a.why, '\n') == NULL,
	    "in words: %s", a.why);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ask(&a, name, LOOKUP_CONNECT, 1000);
	await(&a, 1);
	is_int(a.n, 0, "a name that is too long is refused");
	memset(name, 'a', 80);
	name[80] = '\0';
	ask(&a, name, LOOKUP_CONNECT, PATIENCE_MS);
	await(&a, 1);
	is_int(a.n, 0, "a label that is too long has no address");
	ok(strncmp(a.why, "aaaa", 4) == 0 && strstr(a.why, ": ") != NULL,
	    "the reason begins with the name: %s", a.why);
}

static void
test_many(void)
{
	static struct asked many[MANY];
	unsigned i, good = 0;

	for (i = 0; i < MANY; i++)
		ask(&many[i], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	await(many, MANY);
	for (i = 0; i < MANY; i++)
		good += many[i].calls == 1 && has_loopback(&many[i]);
	is_int(good, MANY, "more look-ups than workers all come back");
}

static void
test_cancel(void)
{
	struct asked a[3];

	ask(&a[0], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	ask(&a[1], "127.0.0.1", LOOKUP_CONNECT, PATIENCE_MS);
	resolve_cancel(&a[0].lookup);
	resolve_cancel(&a[1].lookup);
	resolve_cancel(&a[1].lookup);
	ask(&a[2], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	await(&a[2], 1);
	is_int(a[0].calls, 0, "a cancelled look-up is not answered");
	is_int(a[1].calls, 0, "nor is a cancelled literal");
	ok(has_loopback(&a[2]), "the next one is");
}

static void
test_deadline(void)
{
	struct asked a;

	/* The deadline is over before the helper can possibly answer. */
	ask(&a, "localhost", LOOKUP_CONNECT, 0);
	loop_turn(loop, 0);
	await(&a, 1);
	is_int(a.calls, 1, "the deadline ends a look-up");
	ok(a.n > 0 || strstr(a.why,
	    "no answer from the name server within 0 s") != NULL,
	    "in words: %s", a.why);
}

#ifndef _WIN32
/* Ends the helper: of the processes of our group it is the one that does not
 * ignore SIGUSR2. */
static void
kill_helper(void)
{
	kill(0, SIGUSR2);
}

static void
test_restart(void)
{
	static struct asked many[MANY];
	unsigned i, good = 0;

	log_set_level(LEVEL_ERROR);
	for (i = 0; i < MANY; i++)
		ask(&many[i], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	kill_helper();
	await(many, MANY);
	for (i = 0; i < MANY; i++)
		good += many[i].calls == 1 && has_loopback(&many[i]);
	is_int(good, MANY, "what a dead helper was asked, its heir answers");
	kill_helper();
	ask(&many[0], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	await(many, 1);
	ok(has_loopback(&many[0]), "also when it dies again");
	kill(0, SIGUSR1);
	kill(0, SIGHUP);
	kill(0, SIGTERM);
	kill(0, SIGINT);
	ask(&many[0], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	await(many, 1);
	ok(has_loopback(&many[0]), "signals for the daemon do not reach it");
}
#endif

static void
test_now(void)
{
	struct addr addr[RESOLVE_MAX];
	const char *why;

	is_int(resolve_now("::1", 9, LOOKUP_CONNECT, addr, &why), 1,
	    "resolve_now() reads a literal");
	is_int(addr[0].port, 9, "with its port");
	ok(resolve_now("localhost", 9, LOOKUP_CONNECT, addr, &why) > 0 &&
	    addr_is_loopback(&addr[0]) && addr[0].port == 9,
	    "and looks up a name");
	is_int(resolve_now("a b", 9, LOOKUP_CONNECT, addr, &why), 0,
	    "and refuses what is none");
	ok(why != NULL, "in words");
}

int
main(void)
{
	struct asked last[2];
	struct fault fault;

#ifndef _WIN32
	setpgid(0, 0);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
#endif
	if (sock_init() != 0)
		return 1;
	resolver = resolver_new(NULL, &fault);
	loop = loop_new(NULL);
	if (resolver == NULL || loop == NULL ||
	    resolver_attach(resolver, loop, &fault) != 0)
		return 1;
	test_literals();
	test_names();
	test_bad_names();
	test_many();
	test_cancel();
	test_deadline();
#ifndef _WIN32
	test_restart();
#endif
	test_now();
	is_int(resolve_service("53"), 53, "the number of a port is taken");
	is_int(resolve_service("no-such-service"), 0,
	    "a service that does not exist has no port");
	ask(&last[0], "localhost", LOOKUP_CONNECT, PATIENCE_MS);
	ask(&last[1], "127.0.0.1", LOOKUP_CONNECT, PATIENCE_MS);
	resolver_free(resolver);
	loop_turn(loop, 0);
	is_int(last[0].calls + last[1].calls, 0,
	    "resolver_free() forgets what is under way");
	loop_free(loop);
	return done_testing();
}
