/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Connections that take no more: queues are bounded in bytes and in age, and
 * what is lost is counted.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "tunnel/pool.h"
#include "world.h"

#include "../unit/tap.h"

static struct app app, other;

/* The queue of the left tunnel's only flow. */
static struct queue *
queue_of(struct world *w)
{
	return &((struct framed_leg *)flow_leg(proc_flow(&w->left),
	    RIGHT))->queue;
}

static struct queue_pool *
queues_of(struct world *w)
{
	return &((struct framed_end *)w->left.tunnel->end[RIGHT])->queues;
}

/* A window that closes (the way is jammed) for so long. */
static void
test_stall(const char *kind, uint64_t stall_ms)
{
	size_t most = 0, small;
	unsigned sent, slack;
	struct world w;
	uint64_t t, end_us;

	world_begin(&w, 1);
	world_pool(&w, kind, ",pool=2", "");
	w.echo.silent = true;
	app_open(&app, &w, 1);
	app_send(&app, 1000);
	sim_run_ms(1000);
	is_int(w.echo.received, 1, "%s: the flow is up", kind);
	small = sim_link(w.client, w.server)->window;
	sim_tcp_window(w.client, w.server, 0);
	for (t = 0; t < stall_ms; t++) {
		app_send(&app, 1000);
		sim_run_ms(1);
		if (queue_of(&w)->bytes > most)
			most = queue_of(&w)->bytes;
	}
	is_int(w.echo.received, 1, "%s: stalled for %llu ms", kind,
	    (unsigned long long)stall_ms);
	ok(most <= QUEUE_MAX, "%s: the queue holds at most 256 KiB", kind);
	ok(queues_of(&w)->bytes <= 2 * QUEUE_MAX, "%s: in about as many bytes "
	    "of blocks", kind);
	sent = app.sent;
	w.echo.oldest_us = 0;
	sim_tcp_window(w.client, w.server, small);
	end_us = sim_now_us();
	sim_run_ms(1000);
	slack = sent - w.echo.received - (unsigned)proc_lost(&w.left);
	is_int(slack, 0, "%s: what did not arrive is counted as lost, datagram "
	    "for datagram", kind);
	printf("# sent %u, arrived %u, lost: full %llu, old %llu; oldest "
	    "%llu ms\n", sent, w.echo.received,
	    (unsigned long long)w.left.tunnel->lost[LOST_QUEUE_FULL],
	    (unsigned long long)w.left.tunnel->lost[LOST_QUEUE_OLD],
	    (unsigned long long)w.echo.oldest_us / 1000);
	ok(w.echo.late_us < end_us + 200 * SIM_MS, "%s: what waited is through "
	    "at once", kind);
	is_int(queue_of(&w)->count, 0, "%s: the queue is empty", kind);
	is_int(queues_of(&w)->bytes, 0, "%s: and holds no block", kind);
	w.echo.oldest_us = 0;
	for (t = 0; t < 100; t++) {
		app_send(&app, 1000);
		sim_run_ms(1);
	}
	sim_run_ms(100);
	ok(w.echo.oldest_us < 12 * SIM_MS, "%s: afterwards there is no delay",
	    kind);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* Nothing that waited in our queue for more than 1 s is sent. What the system
 * had taken before (its own buffers) is not ours to drop. */
static void
test_age(void)
{
	struct world w;
	uint64_t lost;
	unsigned i;

	world_begin(&w, 2);
	world_pool(&w, "tcp", ",pool=1", "");
	w.echo.silent = true;
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(1000);
	sim_tcp_window(w.client, w.server, 0);
	/* Fill the system's buffer and ours; what does not fit waits. */
	for (i = 0; i < 40; i++)
		app_send(&app, 4000);
	sim_run_ms(900);
	ok(queue_of(&w)->count > 0, "what came just before a stall waits");
	sim_run_ms(200);
	is_int(queue_of(&w)->count, 0, "but not for more than 1 s");
	lost = w.left.tunnel->lost[LOST_QUEUE_OLD];
	for (i = 0; i < 10; i++)
		app_send(&app, 4000);
	sim_run_ms(900);
	is_int(queue_of(&w)->count, 10, "in a stall datagrams wait for 0.9 s");
	sim_run_ms(200);
	is_int(queue_of(&w)->count, 0, "but not for more than 1 s");
	is_int(w.left.tunnel->lost[LOST_QUEUE_OLD] - lost, 10, "and are "
	    "counted");
	app_close(&app);
	world_end(&w);
}

/* More is offered than the way takes: latency stays low, the rest is lost. */
static void
test_overload(const char *kind)
{
	struct world w;
	unsigned i;

	world_begin(&w, 3);
	sim_link_both(w.client, w.server, 10 * SIM_MS, 250000);
	sim_tcp_window(w.client, w.server, 16 * 1024);
	world_pool(&w, kind, ",pool=1,sndbuf=32k", "");
	w.echo.silent = true;
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(1000);
	w.echo.oldest_us = 0;
	for (i = 0; i < 5000; i++) {
		app_send(&app, 1000);
		sim_run_ms(2);
		if (i == 500) {
			/* The queue was given 0.1 s to get shorter again. */
			ok(w.echo.oldest_us < 400 * SIM_MS, "%s: at first "
			    "none is older than that and 0.1 s", kind);
			w.echo.oldest_us = 0;
		}
	}
	sim_run_ms(2000);
	printf("# arrived %u, lost %llu, oldest %llu ms\n", w.echo.received,
	    (unsigned long long)proc_lost(&w.left),
	    (unsigned long long)w.echo.oldest_us / 1000);
	is_int(w.echo.received + proc_lost(&w.left), 5001,
	    "%s: twice what the way takes: each datagram arrives or is "
	    "counted", kind);
	ok(w.echo.received > 2200, "%s: the way is used", kind);
	/* 32 KB of the system's at 250 KB/s, 25 ms of ours, 10 ms way, and a
	 * record under way. */
	ok(w.echo.oldest_us < 300 * SIM_MS, "%s: none is older than the "
	    "system's buffer and 25 ms", kind);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* A stalled connection beside others. */
static void
test_others_go_on(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 4);
	world_pool(&w, "tcp", ",pool=2", "");
	w.echo.silent = true;
	app_open(&app, &w, 1);
	app_open(&other, &w, 2);
	app_send(&app, 100);
	app_send(&other, 100);
	sim_run_ms(1000);
	for (i = 0; i < 2000; i++) {
		app_send(&app, 60000);
		if (i % 10 == 0)
			app_send(&other, 100);
		sim_run_us(500);
	}
	sim_run_ms(2000);
	is_int(list_empty(&w.left.tunnel->flows), 0, "flows live");
	is_int(w.echo.bad, 0, "a flood of large datagrams changes none");
	app_close(&app);
	app_close(&other);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* One of three connections loses what it is given for a second; the others take
 * what comes meanwhile. */
static void
test_one_stalls(const char *kind, unsigned which)
{
	uint32_t late;
	struct world w;
	unsigned i;

	world_begin(&w, 8);
	world_pool(&w, kind, ",pool=3", "");
	w.echo.silent = true;
	app_open(&app, &w, 1);
	app_send(&app, 1000);
	sim_run_ms(1000);
	sim_tcp_lose_one(w.client, which, true);
	/* 40 KB in a round trip: more than one may have on its way. */
	for (i = 0; i < 2000; i++) {
		app_send(&app, 1000);
		sim_run_us(500);
	}
	sim_run_ms(20);
	late = app.sent - w.echo.received;
	ok(late < 48, "%s: a connection that loses everything delays what it "
	    "had, and no more: %u of 2000 datagrams", kind, (unsigned)late);
	sim_tcp_lose_one(w.client, which, false);
	sim_run_s(10);
	is_int(w.echo.received, app.sent, "%s: in the end all arrive", kind);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* No connection yet: what is sent waits for it, as long as an attempt may
 * take. */
static void
test_unconnected(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 5);
	world_pool(&w, "tcp", "", "");
	sim_cut(w.client, w.server, true);
	app_open(&app, &w, 1);
	for (i = 0; i < 100; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(queue_of(&w)->count > 30 && queue_of(&w)->count <= 41,
	    "what waits for a connection is at most 4 s old");
	sim_cut(w.client, w.server, false);
	sim_run_s(8);
	ok(w.echo.received == 0 || w.echo.oldest_us < 4200 * SIM_MS,
	    "and nothing older gets through");
	is_int(app.sent, w.echo.received + proc_lost(&w.left),
	    "the rest is counted");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* A flow that ends while datagrams wait for it. */
static void
test_end_with_queue(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 7);
	world_pool(&w, "tcp", "", "");
	proc_stop(&w.left);
	proc_option(&w.left, "idle", "1");
	proc_start(&w.left);
	sim_cut(w.client, w.server, true);
	app_open(&app, &w, 1);
	for (i = 0; i < 10; i++)
		app_send(&app, 100);
	sim_run_ms(900);
	is_int(queue_of(&w)->count, 10, "datagrams wait for their connection");
	sim_run_ms(200);
	is_int(proc_flows(&w.left), 0, "their flow ends");
	is_int(w.left.tunnel->lost[LOST_FLOW_ENDED], 10, "they are counted");
	is_int(queues_of(&w)->bytes, 0, "and freed");
	sim_run_s(10);
	is_int(proc_lost(&w.left), 10, "each once");
	is_int(w.client->n_fds, 4, "and nobody dials any more");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* The UDP socket takes no more. */
static void
test_socket_full(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 6);
	world_pool(&w, "tcp", "", "");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(1000);
	w.server->udp_error = EAGAIN;
	w.server->udp_errors = 1;
	for (i = 0; i < 10; i++)
		app_send(&app, 100);
	sim_run_ms(1000);
	is_int(w.right.tunnel->lost[LOST_SOCKET_FULL] + w.echo.received, 11,
	    "what a full socket does not take is counted");
	w.client->udp_error = EPERM;
	w.client->udp_errors = 3;
	i = app.received;
	app_send(&app, 100);
	app_send(&app, 100);
	app_send(&app, 100);
	app_send(&app, 100);
	sim_run_ms(1000);
	is_int(w.left.tunnel->lost[LOST_FAILED], 3, "and what the system "
	    "refuses (a firewall)");
	is_int(app.received, i + 1, "the others get through");
	app_close(&app);
	world_end(&w);
}

int
main(void)
{
	unsigned i;

	test_stall("tcp", 3000);
	test_stall("tls", 3000);
	test_age();
	test_overload("tcp");
	test_overload("tls");
	test_others_go_on();
	for (i = 0; i < 3; i++) {
		test_one_stalls("tcp", i);
		test_one_stalls("tls", i);
	}
	test_unconnected();
	test_end_with_queue();
	test_socket_full();
	return done_testing();
}
