/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/stream.h: many TLS handshakes at once do not hold up the loop.
 *
 * NOTES.  net/stream.c is compiled into this test, so that each step of a
 * handshake takes as much time as it says.
 *
 * A build without TLS leaves this out.
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include "sock.h"
#include "net/loop.h"
#include "wire/tls.h"

static uint64_t clock_us;		/* what the clock says */
static uint64_t step_us;	/* what a step takes, */
static uint64_t pause_us;	/* and what other work takes behind it */

static uint64_t
fake_mono_us(void)
{
	return clock_us;
}

static void
working_record_in_done(struct tls *t, size_t n)
{
	bool had = (tls_state(t) & TLS_HAVE_RECORD) != 0;

	tls_record_in_done(t, n);
	if (!had && tls_state(t) & TLS_HAVE_RECORD)
		clock_us += step_us;
}

/* Each step asks for the turn before it begins: other work was behind the one
 * before. */
static unsigned long
working_turns(const struct loop *l)
{
	clock_us += pause_us;
	return loop_turns(l);
}

#define loop_turns working_turns
#define clock_mono_us fake_mono_us
#define tls_record_in_done working_record_in_done
#include "net/stream.c"
#undef tls_record_in_done
#undef loop_turns

#include "tap.h"
#include "tls_pair.h"

enum { CLIENTS = 40 };

static struct loop *loop;
static struct stream stream[CLIENTS], other;
static fd_t peer[CLIENTS];
static bool answered[CLIENTS];
static unsigned came;		/* bytes to the other one */

static void
on_nothing(struct stream *s)
{
	(void)s;
}

static void
on_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	(void)p;
	(void)head;
	came += s == &other ? (unsigned)n : 0;
}

static void
on_down(struct stream *s, const char *words, bool clean)
{
	(void)s;
	(void)clean;
	strlcpy(why, words, sizeof(why));
	printf("# %s\n", why);
}

static const struct stream_ops ops = {
	on_nothing, on_data, on_nothing, on_down
};

/* Opens a stream of ours on one end of a pair; returns the other end. */
static fd_t
open_pair(struct stream *s, struct stream_env *env)
{
	struct addr nobody = { 0 };
	fd_t pair[2];

	must(sock_pair(pair) == 0);
	must(stream_open(s, env, pair[0], &nobody) == 0);
	return pair[1];
}

/* How many clients have their first answer since the last call. */
static unsigned
count_answers(void)
{
	uint8_t bytes[16384];
	unsigned i, n = 0;

	for (i = 0; i < CLIENTS; i++) {
		if (answered[i] || sock_recv(peer[i], bytes,
		    sizeof(bytes)) <= 0)
			continue;
		answered[i] = true;
		n++;
	}
	return n;
}

/* Each step costs that, other work between two of them that, and no more than
 * so many belong into a turn, or somewhat less. */
static void
test_many_hellos(uint64_t each_us, uint64_t beside_us, unsigned few)
{
	struct stream_env env = { 0 }, plain = { 0 };
	unsigned i, n, all = 0, most = 0, turns = 0;
	const uint8_t *hello;
	fd_t beside;
	size_t len;

	step_us = each_us;
	pause_us = beside_us;
	came = 0;
	memset(answered, 0, sizeof(answered));
	loop = loop_new(NULL);
	must(loop != NULL && arena_open(loop, 2 * DGRAM_BATCH, 0, 0) == 0);
	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	stream_env_open(&env, loop, &rnd, &ops);
	env.tls = &server.setup;
	stream_env_open(&plain, loop, &rnd, &ops);
	for (i = 0; i < CLIENTS; i++)
		peer[i] = open_pair(&stream[i], &env);
	beside = open_pair(&other, &plain);
	loop_turn(loop, 0);
	side_start(&client, "vpn.example.com");
	hello = tls_record_out(&client.tls, &len);
	for (i = 0; i < CLIENTS; i++)
		must(sock_send(peer[i], hello, len) == (ssize_t)len);
	for (; all < CLIENTS && turns < 10 * CLIENTS; turns++) {
		must(sock_send(beside, "x", 1) == 1);
		loop_turn(loop, 1000);
		n = count_answers();
		most = n > most ? n : most;
		all += n;
	}
	is_int(all, CLIENTS, "each of %d hellos that come at once is answered, "
	    "%u ms each", CLIENTS, (unsigned)(each_us / 1000));
	ok(most <= few, "no more than %u in a turn of the loop: %u", few,
	    most);
	ok(turns <= CLIENTS / few + 3, "but as many in most: %u turns",
	    turns);
	is_int(came, turns, "and others are served in every turn");
	for (i = 0; i < CLIENTS; i++) {
		stream_close(&stream[i]);
		sock_close(peer[i]);
	}
	stream_close(&other);
	sock_close(beside);
	stream_env_close(&env);
	stream_env_close(&plain);
	loop_free(loop);
}

int
main(void)
{
	uint64_t seed = 1;

	if (sock_init() != 0)
		return 1;
	random_init_fixed(&rnd, &seed, sizeof(seed));
	test_many_hellos(700, 0, STREAM_HANDSHAKES);
	test_many_hellos(8000, 0, 3);
	test_many_hellos(50000, 0, 1);
	test_many_hellos(700, 15000, STREAM_HANDSHAKES);
	return done_testing();
}
