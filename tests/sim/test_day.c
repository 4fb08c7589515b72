/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A day of mixed traffic and random faults; checks what must always hold.
 *
 * NOTES.  ADIT_SIM_SEEDS=FIRST-LAST runs other seeds, ADIT_SIM_SEEDS=N one.
 * SIM_LOG=1 shows the log.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/sockaddr.h"
#include "tunnel/pool.h"
#include "world.h"

#include "../unit/tap.h"

enum { APPS = 8, STRANGERS = 16 };

/* What a process counted. */
struct sums {
	uint64_t passed[2];
	uint64_t queue;		/* lost in the pool's queues */
	uint64_t socket;	/* lost at UDP sockets */
	uint64_t refused;	/* for want of a flow */
	uint64_t other;
};

static struct app app[APPS];
static unsigned left_to_say[APPS];
static bool quiet;		/* the day is over */
static struct world w;
static struct sums sum[2];
static struct sim_host *evil;
static fd_t stranger[STRANGERS];
static unsigned next_stranger;

/* Adds a process' counters. */
static void
count(struct sums *s, const struct proc *p)
{
	const uint64_t *lost = p->tunnel->lost;

	s->passed[LEFT] += p->tunnel->passed[LEFT];
	s->passed[RIGHT] += p->tunnel->passed[RIGHT];
	s->queue += lost[LOST_QUEUE_FULL] + lost[LOST_QUEUE_OLD] +
	    lost[LOST_FLOW_ENDED] + lost[LOST_NO_MEMORY];
	s->socket += lost[LOST_SOCKET_FULL] + lost[LOST_REFUSED] +
	    lost[LOST_FAILED] + lost[LOST_TOO_BIG];
	s->refused += lost[LOST_NO_FLOW];
	s->other += lost[LOST_TRUNCATED];
}

/* A size: mostly that of real datagrams. */
static size_t
some_size(void)
{
	switch (sim_random(20)) {
	case 0:
		return 0;
	case 1:
		return sim_random(APP_HEAD);
	case 2:
		return 16000 + sim_random(1000);
	case 3:
		return sim_random(65508);
	default:
		return sim_random(1500);
	}
}

/* An application says something, and will again. */
static void
say(void *arg)
{
	struct app *a = arg;
	unsigned *left = &left_to_say[a - app], i;
	uint64_t pause_ms = 1 + sim_random(400);

	if (quiet)
		return;
	sim_as(w.app);
	for (i = 1 + sim_random(4); i > 0; i--)
		app_send(a, some_size());
	if (*left == 0) {
		pause_ms = sim_random(4000) * 1000;
		*left = 1 + sim_random(60);
	}
	--*left;
	sim_at(sim_now_us() + pause_ms * SIM_MS, say, a);
}

/* Somebody connects and sends anything. */
static void
intrude(void)
{
	fd_t *fd = &stranger[next_stranger++ % STRANGERS];
	struct addr to = { 0 };
	union sock_addr sa;
	uint8_t junk[200];
	unsigned i;

	sim_as(evil);
	sock_close(*fd);
	*fd = sock_open(AF_INET, SOCK_STREAM);
	to = w.server->addr[0];
	to.port = 8443;
	sock_connect(*fd, &sa, sockaddr_from(&sa, &to));
	sim_run_ms(100);
	for (i = 0; i < sizeof(junk); i++)
		junk[i] = (uint8_t)sim_random(256);
	/* The target would take whole frames for ours. */
	junk[16] = junk[17] = 0xff;
	(void)sock_send(*fd, junk, 1 + sim_random(sizeof(junk)));
}

/* The server's process ends, and starts again after a while. */
static void
restart(bool crash)
{
	bool down = crash && sim_random(2) == 0;

	count(&sum[RIGHT], &w.right);
	w.server->down = crash;
	proc_stop(&w.right);
	w.server->down = down;
	sim_run_ms(sim_random(sim_random(4) == 0 ? 600000 : 20000));
	w.server->down = false;
	if (proc_start(&w.right) != 0)
		abort();
}

/* Something goes wrong, and is mended. */
static void
fault(void)
{
	struct sim_link *there = sim_link(w.client, w.server);
	uint64_t some_ms = sim_random(sim_random(4) == 0 ? 200000 : 5000);

	switch (sim_random(14)) {
	case 0:
		sim_cut(w.client, w.server, true);
		sim_run_ms(some_ms);
		sim_cut(w.client, w.server, false);
		break;
	case 1:
		there->cut = true;
		sim_run_ms(some_ms);
		there->cut = false;
		break;
	case 2:
		sim_link(w.server, w.client)->cut = true;
		sim_run_ms(some_ms);
		sim_link(w.server, w.client)->cut = false;
		break;
	case 3:
		sim_tcp_reset(w.client, w.server);
		break;
	case 4:
		sim_tcp_reset_one(w.client,
		    (unsigned)sim_random(1 + sim_tcp_count(w.client)));
		break;
	case 5:
		restart(false);
		break;
	case 6:
		restart(true);
		break;
	case 7:
		sim_tcp_window(w.client, w.server, 0);
		sim_run_ms(some_ms);
		sim_tcp_window(w.client, w.server, 1 << 17);
		break;
	case 8:
		sim_tcp_window(w.server, w.client, 0);
		sim_run_ms(some_ms);
		sim_tcp_window(w.server, w.client,
		    4096 + sim_random(1 << 17));
		break;
	case 9:
		sim_name_fail("vpn.example.com", "no such name");
		sim_run_ms(some_ms);
		sim_name_fail("vpn.example.com", NULL);
		break;
	case 10:
		w.server->max_fds = w.server->n_fds;
		sim_run_ms(some_ms);
		w.server->max_fds = 100000;
		break;
	case 11:
		w.server->udp_error = sim_random(2) == 0 ? EAGAIN : EPERM;
		w.server->udp_errors = (unsigned)sim_random(50);
		break;
	case 12:
		sim_link_both(w.client, w.server, sim_random(300000),
		    sim_random(2) == 0 ? 0 : 20000 + sim_random(1000000));
		break;
	case 13:
		intrude();
		break;
	}
}

/* All that must hold at the end. */
static void
check(const char *what, unsigned fds)
{
	uint64_t sent = 0, back = 0, bad = 0, twice = 0;
	struct framed_end *pool =
	    (struct framed_end *)w.left.tunnel->end[RIGHT];
	unsigned i;

	for (i = 0; i < APPS; i++) {
		sent += app[i].sent;
		back += app[i].received;
		bad += app[i].bad;
		twice += app[i].twice;
	}
	printf("# %s: sent %llu, arrived %u, back %llu; queues lost %llu "
	    "and %llu, %lu sessions, %u lines\n", what,
	    (unsigned long long)sent, w.echo.received,
	    (unsigned long long)back, (unsigned long long)sum[LEFT].queue,
	    (unsigned long long)sum[RIGHT].queue,
	    (unsigned long)w.left.tunnel->last_number,
	    logged(LEVEL_WARN) + logged(LEVEL_ERROR));
	is_int(w.echo.bad + bad, 0, "%s: every datagram that arrived is one "
	    "that was sent", what);
	is_int(twice, 0, "%s: and came once", what);
	is_int(sum[LEFT].passed[LEFT] + sum[LEFT].refused, sent,
	    "%s: the client counted each", what);
	ok(sum[RIGHT].passed[LEFT] + sum[LEFT].queue <= sum[LEFT].passed[LEFT],
	    "%s: what the server got and what the client's queues lost is no "
	    "more than that", what);
	is_int(sum[RIGHT].passed[LEFT] - sum[RIGHT].socket, w.echo.received,
	    "%s: the server counted each that the target did not get", what);
	ok(sum[LEFT].passed[RIGHT] + sum[RIGHT].queue <=
	    sum[RIGHT].passed[RIGHT], "%s: so it is on the way back", what);
	is_int(sum[LEFT].passed[RIGHT] - sum[LEFT].socket, back,
	    "%s: and the applications got the rest", what);
	is_int(sum[LEFT].other + sum[RIGHT].other, 0, "%s: nothing was cut",
	    what);
	ok(back * 3 > sent, "%s: much came back", what);
	is_int(proc_flows(&w.left), 0, "%s: the client has no flow any more",
	    what);
	is_int(proc_flows(&w.right), 0, "%s: nor has the server", what);
	is_int(sim_tcp_count(w.client) + sim_tcp_count(w.server), 0,
	    "%s: no connection is open", what);
	is_int(w.client->n_fds + w.server->n_fds, fds,
	    "%s: nor any other descriptor", what);
	is_int(pool->queues.bytes, 0, "%s: nothing is queued", what);
}

static void
day(const char *kind, uint64_t seed, uint64_t seconds)
{
	uint64_t end_us;
	unsigned i, fds;
	char what[60];

	snprintf(what, sizeof(what), "%s, seed %llu", kind,
	    (unsigned long long)seed);
	memset(sum, 0, sizeof(sum));
	world_begin(&w, seed);
	evil = sim_host_add("evil", "10.6.6.6");
	sim_rules.chop = seed % 2 == 0;
	sim_name_set("vpn.example.com", "10.0.0.1");
	sim_link(w.client, w.server)->loss = (unsigned)sim_random(100);
	if (strcmp(kind, "tls") == 0) {
		world_pool(&w, kind, ",pool=2", "");
	} else {
		proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
		    "tcp:vpn.example.com:8443");
		proc_set(&w.right, w.server, "tcp-listen:0.0.0.0:8443",
		    "udp:10.0.2.1:7");
		proc_option(&w.right, "idle", "0");
		proc_start(&w.right);
		proc_start(&w.left);
	}
	fds = w.client->n_fds + w.server->n_fds;
	quiet = false;
	for (i = 0; i < APPS; i++) {
		app_open(&app[i], &w, i + 1);
		left_to_say[i] = 20;
		sim_at(sim_now_us() + sim_random(1000 * SIM_S), say, &app[i]);
	}
	for (i = 0; i < STRANGERS; i++)
		stranger[i] = FD_NONE;
	end_us = sim_now_us() + seconds * SIM_S;
	while (sim_now_us() < end_us) {
		sim_run_ms(sim_random(300000));
		fault();
	}
	quiet = true;
	for (i = 0; i < STRANGERS; i++)
		sock_close(stranger[i]);
	sim_run_s(400);
	count(&sum[LEFT], &w.left);
	count(&sum[RIGHT], &w.right);
	check(what, fds);
	for (i = 0; i < APPS; i++)
		app_close(&app[i]);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

int
main(void)
{
	const char *seeds = getenv("ADIT_SIM_SEEDS");
	unsigned long first = 1, last = 2, seed;
	char *rest;

	if (seeds != NULL) {
		first = last = strtoul(seeds, &rest, 10);
		if (*rest == '-')
			last = strtoul(rest + 1, NULL, 10);
	}
	for (seed = first; seed <= last; seed++)
		day("tcp", seed, 86400);
	for (seed = first; seed <= last; seed++)
		day("tls", seed, 3600);
	return done_testing();
}
