/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/stream.h: whom a stream tells, and when.
 */

#include "compat.h"

#include <string.h>

#include "base/log.h"
#include "net/dgram.h"
#include "net/stream.h"
#include "tap.h"

enum { SLOTS = 2 * DGRAM_BATCH };

static struct loop *loop;
static struct stream first, second;
static unsigned came, went;	/* data and end of the first one */
static bool inside;		/* the second one's data() runs */
static bool too_early;		/* down() was called meanwhile */

static void
on_up(struct stream *s)
{
	(void)s;
}

/* The second one has the first send, which fails, and the loop flushed, since
 * the arena wraps. */
static void
on_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	static const uint8_t byte = 'y';
	struct dgram d[DGRAM_BATCH];

	(void)p;
	(void)n;
	(void)head;
	if (s == &first) {
		ok(went == 0, "no data after its end");
		came++;
		return;
	}
	if (went > 0)
		return;		/* that poller told of the end before */
	inside = true;
	(void)stream_put(&first, &byte, 1, NULL, 0);
	arena_take(loop_arena(loop), d, DGRAM_BATCH);
	arena_take(loop_arena(loop), d, DGRAM_BATCH);
	arena_take(loop_arena(loop), d, 1);
	inside = false;
}

static void
on_drained(struct stream *s)
{
	(void)s;
}

static void
on_down(struct stream *s, const char *why, bool clean)
{
	(void)why;
	(void)clean;
	went += s == &first;
	too_early = too_early || inside;
}

static const struct stream_ops ops = { on_up, on_data, on_drained, on_down };

static void
test_flush_tells_nobody(void)
{
	struct stream_env env = { 0 };
	fd_t one[2], two[2];
	struct addr peer = { 0 };
	unsigned i;

	loop = loop_new(NULL);
	must(loop != NULL && arena_open(loop, SLOTS, 16, 16) == 0);
	stream_env_open(&env, loop, NULL, &ops);
	/* In this order, which is the one that some pollers go by. */
	must(sock_pair(two) == 0 && sock_pair(one) == 0);
	stream_open(&second, &env, two[0], &peer);
	stream_open(&first, &env, one[0], &peer);
	loop_turn(loop, 0);
	(void)sock_send(one[1], "a", 1);
	for (i = 0; i < 100 && came == 0; i++)
		loop_turn(loop, 100);
	(void)sock_send(two[1], "b", 1);
	sock_close(one[1]);
	for (i = 0; i < 100 && went == 0; i++)
		loop_turn(loop, 100);
	is_int(came, 1, "what came before the end is told");
	is_int(went, 1, "the end is told once");
	ok(!too_early, "never from within somebody else's flush");
	stream_close(&first);
	stream_close(&second);
	sock_close(two[1]);
	stream_env_close(&env);
	loop_free(loop);
}

/*
 * Many streams in one turn
 */

enum { MANY = 80 };		/* with a slot each for their owner: more than
				 * there are */

static struct stream many[MANY];
static unsigned told;		/* streams whose data came */
static bool flushed, wrapped;

static void
many_flush(struct flusher *f)
{
	(void)f;
	flushed = true;
}

static struct flusher many_flusher;

/* All but the first, so that the arena ends behind the data of a stream. */
static void
many_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	struct dgram d;

	(void)s;
	(void)p;
	(void)n;
	(void)head;
	if (told++ == 0)
		return;
	loop_mark(loop, &many_flusher);
	flushed = false;
	arena_take(loop_arena(loop), &d, 1);
	wrapped = wrapped || flushed;
}

static const struct stream_ops many_ops = { on_up, many_data, on_drained,
    on_down };

static void
test_owner_has_a_slot(void)
{
	struct stream_env env = { 0 };
	struct addr peer = { 0 };
	fd_t pair[MANY][2];
	unsigned i;

	many_flusher.fn = many_flush;
	loop = loop_new(NULL);
	must(loop != NULL && arena_open(loop, SLOTS, 16, 16) == 0);
	stream_env_open(&env, loop, NULL, &many_ops);
	for (i = 0; i < MANY; i++) {
		must(sock_pair(pair[i]) == 0);
		stream_open(&many[i], &env, pair[i][0], &peer);
	}
	loop_turn(loop, 0);
	for (i = 0; i < MANY; i++)
		(void)sock_send(pair[i][1], "a", 1);
	for (i = 0; i < 100 && told < MANY; i++)
		loop_turn(loop, 100);
	is_int(told, MANY, "data of many streams comes");
	ok(!wrapped, "the owner may use a slot with it, and nothing is "
	    "flushed for that");
	for (i = 0; i < MANY; i++) {
		stream_close(&many[i]);
		sock_close(pair[i][1]);
	}
	stream_env_close(&env);
	loop_free(loop);
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	test_flush_tells_nobody();
	test_owner_has_a_slot();
	return done_testing();
}
