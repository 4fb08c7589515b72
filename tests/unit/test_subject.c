/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The subject of the log: callbacks of the loop have the one that was set when
 * they were asked for, and pass it on to those that they ask for.
 */

#include "compat.h"

#include "base/log.h"
#include "net/loop.h"
#include "net/resolve.h"

#include "tap.h"

enum { PATIENCE_MS = 20000 };

static struct loop *loop;
static char caught[200];	/* the last line of the log */
static int calls;

static void
sink(enum log_level level, const char *line)
{
	(void)level;
	strlcpy(caught, line, sizeof(caught));
}

/* What a callback logs. */
static void
say(void)
{
	caught[0] = '\0';
	log_info("hello");
	calls++;
}

static void
on_timer(struct timer *t)
{
	(void)t;
	say();
}

static void
on_flush(struct flusher *f)
{
	(void)f;
	say();
}

static void
on_lookup(struct lookup *l, const struct addr *addr, unsigned n,
    const char *why)
{
	(void)l;
	(void)addr;
	(void)n;
	(void)why;
	say();
}

/* Runs turns until there were that many calls. */
static void
turn_until(int wanted)
{
	uint64_t until_ms = clock_mono_ms() + PATIENCE_MS;

	while (calls < wanted && clock_mono_ms() < until_ms)
		loop_turn(loop, 100);
	is_int(calls, wanted, "  it is called");
}

static void
test_log(void)
{
	log_set_subject("home");
	say();
	is_str(caught, "home: hello", "a line has its subject");
	log_set_subject(NULL);
	say();
	is_str(caught, "hello", "or none");
}

static void
test_set(void)
{
	ok(loop_set_subject(loop, "a") == NULL, "there was none");
	is_str(loop_set_subject(loop, "b"), "a", "there was one");
	is_str(loop_subject(loop), "b", "it is known");
	say();
	is_str(caught, "b: hello", "lines have it");
	loop_set_subject(loop, NULL);
	say();
	is_str(caught, "hello", "it is removed");
}

static struct timer outer, inner;
static struct flusher flusher;

/* Sets a second timer, marks a flusher, and flushes. */
static void
on_outer(struct timer *t)
{
	(void)t;
	timer_set(&inner, loop, loop_now(loop), on_timer);
	loop_mark(loop, &flusher);
	loop_set_subject(loop, "other");
	loop_flush(loop);
	is_str(caught, "a: hello", "a flusher has that of its mark");
	is_str(loop_subject(loop), "other", "loop_flush() changes none");
}

static void
test_timers(void)
{
	calls = 0;
	flusher.fn = on_flush;
	loop_set_subject(loop, "a");
	timer_set(&outer, loop, loop_now(loop), on_outer);
	loop_set_subject(loop, "b");
	timer_set(&inner, loop, loop_now(loop), on_timer);
	loop_set_subject(loop, NULL);
	turn_until(2);
	is_str(caught, "a: hello", "a timer has that of the callback that set "
	    "it");
	ok(loop_subject(loop) == NULL, "none is left after a turn");
}

/* A byte came. */
static void
on_readable(struct watch *w, unsigned events)
{
	char byte;

	(void)events;
	(void)sock_recv(w->fd, &byte, 1);
	say();
}

static void
test_watches(void)
{
	struct watch w;
	fd_t pair[2];

	calls = 0;
	memset(&w, 0, sizeof(w));
	must(sock_pair(pair) == 0);
	loop_set_subject(loop, "a");
	must(watch_start(&w, loop, pair[0], READABLE, on_readable) == 0);
	loop_set_subject(loop, NULL);
	must(sock_send(pair[1], "", 1) == 1);
	turn_until(1);
	is_str(caught, "a: hello", "a watch has its subject");
	ok(loop_subject(loop) == NULL, "none is left after a turn");
	watch_stop(&w);
	sock_close(pair[0]);
	sock_close(pair[1]);
}

static void
test_lookups(void)
{
	struct lookup name, literal;
	struct resolver *resolver;
	struct fault fault;

	memset(&name, 0, sizeof(name));
	memset(&literal, 0, sizeof(literal));
	resolver = resolver_new(NULL, &fault);
	must(resolver != NULL);
	must(resolver_attach(resolver, loop, &fault) == 0);
	calls = 0;
	loop_set_subject(loop, "a");
	resolve_start(resolver, &name, "localhost", 7, LOOKUP_CONNECT,
	    PATIENCE_MS, on_lookup);
	loop_set_subject(loop, NULL);
	turn_until(1);
	is_str(caught, "a: hello", "a look-up has its subject");
	loop_set_subject(loop, "b");
	resolve_start(resolver, &literal, "127.0.0.1", 7, LOOKUP_CONNECT,
	    PATIENCE_MS, on_lookup);
	loop_set_subject(loop, NULL);
	turn_until(2);
	is_str(caught, "b: hello", "so has that of an address");
	resolver_free(resolver);
}

int
main(void)
{
	log_set_sink(sink);
	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	must(loop != NULL);
	test_log();
	test_set();
	test_timers();
	test_watches();
	test_lookups();
	loop_free(loop);
	return done_testing();
}
