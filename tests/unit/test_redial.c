/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/redial.h: when a connection is tried again, what is said about it,
 * and which addresses are kept.
 */

#include "compat.h"

#include "tunnel/redial.h"

#include "tap.h"

enum { DRAWS = 2000, BACKOFF_MS = 5000 };

/*
 * An end
 */

static struct random source;
static struct tunnel tunnel;
static struct end end;
static struct tcp_options options;
static struct redial redial;
static struct redial_try try;
static struct settings settings;

static void
begin(int64_t backoff_ms, bool resolve_once)
{
	memset(&redial, 0, sizeof(redial));
	memset(&try, 0, sizeof(try));
	settings.timeout_ms = 4000;
	settings.backoff_ms = backoff_ms;
	settings.resolve_once = resolve_once;
	redial_init(&redial, &end, &settings, &options);
	redial_reset(&redial, &try);
}

/*
 * Pauses
 */

static void
on_again(struct timer *t)
{
	(void)t;
}

/* How long it would wait now. */
static uint64_t
pause_ms(void)
{
	uint64_t due_ms;

	redial_again(&redial, &try, on_again);
	due_ms = try.timer.due_ms;
	timer_stop(&try.timer);
	return due_ms - loop_now(tunnel.loop);
}

static void
test_pauses(void)
{
	static const uint64_t want[] = { 100, 200, 400, 800, 1600, 3200,
	    BACKOFF_MS, BACKOFF_MS };
	enum { PAUSES = sizeof(want) / sizeof(*want) };
	uint64_t pause, least[PAUSES], most[PAUSES];
	unsigned i, n;

	begin(BACKOFF_MS, false);
	for (n = 0; n < PAUSES; n++) {
		least[n] = UINT64_MAX;
		most[n] = 0;
	}
	for (i = 0; i < DRAWS; i++) {
		redial_reset(&redial, &try);
		for (n = 0; n < PAUSES; n++) {
			pause = pause_ms();
			if (pause < least[n])
				least[n] = pause;
			if (pause > most[n])
				most[n] = pause;
		}
	}
	for (n = 0; n < PAUSES; n++) {
		ok(least[n] >= want[n] - want[n] / 4 && most[n] <= want[n],
		    "pause %u is %llu ms, up to a quarter shorter", n + 1,
		    (unsigned long long)want[n]);
		ok(least[n] < want[n] - want[n] / 5 &&
		    most[n] > want[n] - want[n] / 20, "or anything between");
		printf("# %llu to %llu\n", (unsigned long long)least[n],
		    (unsigned long long)most[n]);
	}
}

static void
test_backoff(void)
{
	static const int64_t backoffs[] = { 1, 40, 100, 130, 3600000 };
	uint64_t pause, last;
	unsigned i, n, wrong;

	for (n = 0; n < sizeof(backoffs) / sizeof(*backoffs); n++) {
		begin(backoffs[n], false);
		wrong = 0;
		for (i = 0, last = 0; i < 100; i++, last = pause) {
			pause = pause_ms();
			wrong += pause > (uint64_t)backoffs[n] ||
			    pause < last - last / 4;
		}
		is_int(wrong, 0, "pauses up to the back-off of %lld ms and no "
		    "longer", (long long)backoffs[n]);
		ok(last >= (uint64_t)backoffs[n] / 4 * 3, "which they reach");
	}
}

/* The pause counts from the attempt, which may be long ago. */
static void
test_later(void)
{
	uint64_t now_ms = loop_now(tunnel.loop);
	uint64_t began_ms = now_ms - REDIAL_RETRY_MS / 10;

	begin(BACKOFF_MS, false);
	redial_later(&redial, &try, now_ms - REDIAL_RETRY_MS, on_again);
	ok(try.timer.due_ms == now_ms, "a pause that is over is not waited "
	    "for");
	timer_stop(&try.timer);
	redial_reset(&redial, &try);
	redial_later(&redial, &try, began_ms, on_again);
	ok(try.timer.due_ms > now_ms && try.timer.due_ms <= began_ms +
	    REDIAL_RETRY_MS, "of another one the rest is");
	timer_stop(&try.timer);
}

static void
test_again(void)
{
	begin(BACKOFF_MS, false);
	redial_again(&redial, &try, on_again);
	ok(timer_is_set(&try.timer) && try.timer.fn == on_again, "after the "
	    "pause it is tried again");
	(void)pause_ms();
	ok(pause_ms() > REDIAL_RETRY_MS, "pauses grow");
	redial_reset(&redial, &try);
	ok(pause_ms() <= REDIAL_RETRY_MS, "until they begin anew");
}

/*
 * What is said
 */

static unsigned errors, others;
static char newest[600];

static void
on_line(enum log_level level, const char *line)
{
	if (level == LEVEL_ERROR) {
		errors++;
		strlcpy(newest, line, sizeof(newest));
	} else {
		others++;
	}
}

/* Tells, so long after what came before, which is moved back, as the loop's
 * clock stands still here; how many errors were logged. */
static unsigned
news(uint64_t after_ms, const char *why, const char *when)
{
	redial.logged_ms -= after_ms;
	redial.limit.since_ms -= after_ms;
	errors = others = 0;
	redial_log_failure(&redial, why, when);
	return errors;
}

static void
test_tell(void)
{
	char why[400];

	begin(BACKOFF_MS, false);
	is_int(news(0, "refused", ""), 1, "a failure is told at once");
	is_str(newest, "tls:example.com:443: cannot connect: refused; trying "
	    "again", "with the end's name and the reason");
	is_int(news(100, "refused", ""), 0, "the same again is no news");
	is_int(others, 1, "but is there for debugging");
	is_int(news(REDIAL_LOG_MS - 101, "refused", ""), 0, "for a minute");
	is_int(news(1, "refused", ""), 1, "and is told once more after that");
	is_int(news(1000, "no answer", " when there is a flow"), 1,
	    "another failure is news");
	is_str(newest, "tls:example.com:443: cannot connect: no answer; "
	    "trying again when there is a flow", "and it is said when it is "
	    "tried again");
	is_int(news(1000, "refused", ""), 1, "so is the former one then");
	redial.failing = false;
	is_int(news(20000, "refused", ""), 1, "and after a connection");
	memset(why, 'x', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	is_int(news(20000, why, ""), 1, "a long reason is told");
	is_int(news(1000, why, ""), 0, "and is known again");
}

/*
 * Addresses
 */

static struct addr
address(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		abort();
	return a;
}

static void
on_connected(struct tcp_dial *d, fd_t fd, const struct addr *to,
    const char *why)
{
	(void)d;
	(void)fd;
	(void)to;
	(void)why;
}

static void
test_know(void)
{
	struct addr found[4], later = address("192.0.2.9:443");
	struct hostport at;

	found[0] = address("[2001:db8::1]:443");
	found[1] = address("192.0.2.1:443");
	found[2] = address("[2001:db8::2]:443");
	found[3] = address("192.0.2.2:443");
	begin(BACKOFF_MS, false);
	redial_keep(&redial, found, 4);
	is_int(redial.n_known, 0, "addresses are not kept unasked");
	begin(BACKOFF_MS, true);
	redial_keep(&redial, NULL, 0);
	is_int(redial.n_known, 0, "a name without any may be looked up again");
	redial_keep(&redial, found, 4);
	is_int(redial.n_known, 4, "with resolve-once all are kept");
	ok(addr_same(&redial.known[0], &found[1]) &&
	    addr_same(&redial.known[1], &found[3]) &&
	    addr_same(&redial.known[2], &found[0]) &&
	    addr_same(&redial.known[3], &found[2]), "those of IPv4 first, "
	    "else as they came");
	redial_keep(&redial, &later, 1);
	ok(redial.n_known == 4 && addr_same(&redial.known[0], &found[1]),
	    "and they stay");
	memset(&at, 0, sizeof(at));
	redial_dial(&redial, &try, &at, NULL, on_connected);
	ok(try.began_ms == loop_now(tunnel.loop) && try.dial.n_addr == 4 &&
	    addr_same(&try.dial.addr[0], &found[1]), "they are dialled, and "
	    "nothing is looked up");
	tcp_dial_stop(&try.dial);
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	random_init_fixed(&source, "redial", 6);
	tunnel.loop = loop_new(NULL);
	tunnel.random = &source;
	end.tunnel = &tunnel;
	strlcpy(end.name, "tls:example.com:443", sizeof(end.name));
	log_set_level(LEVEL_DEBUG);
	log_set_sink(on_line);
	test_pauses();
	test_backoff();
	test_again();
	test_later();
	test_tell();
	test_know();
	loop_free(tunnel.loop);
	return done_testing();
}
