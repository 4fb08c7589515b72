/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Paths that die in silence under uott and dtls: how soon they are left, and
 * what arrives over paths that die and come back at random.
 *
 * NOTES.  ADIT_SCHEDULES says how many random schedules each carrier has, and
 * ADIT_SEED the first one.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "sim_sock.h"
#include "world.h"

#include "../unit/tap.h"

/* A carrier. */
struct carrier {
	const char *kind, *keys;
	bool cid;		/* follows its client */
};

static const struct carrier carriers[] = {
	{ "uott", "", false },
	{ "dtls", "", true },
	{ "dtls", ",no-cid", false },
	{ "dtls", ",no-cid,keepalive=25", false },
};

enum { CARRIERS = sizeof(carriers) / sizeof(*carriers), DEAD_PORTS = 64 };

static struct world w;
static struct app app;
static uint16_t dead[DEAD_PORTS];	/* of the client: their datagrams are
					 * lost in both directions */
static unsigned n_dead;

/* Loses what a NAT has forgotten. */
static unsigned
lose_forgotten(void *arg, struct sim_passing *p)
{
	unsigned i;

	(void)arg;
	/* Others count their ports from the same number. */
	if ((p->from != w.client || p->to != w.server) &&
	    (p->from != w.server || p->to != w.client))
		return 1;
	for (i = 0; i < n_dead; i++)
		if (p->source.port == dead[i] || p->target.port == dead[i])
			return 0;
	return 1;
}

/* A NAT that drops all that it knew of the client, silently. */
static void
forget(void)
{
	struct list *link;
	struct sim_sock *s;
	unsigned i;

	for (link = w.client->socks.next; link != &w.client->socks;
	    link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type == SOCK_DGRAM && s->peer.family != 0)
			dead[n_dead++ % DEAD_PORTS] = s->outside;
	}
	for (i = sim_tcp_count(w.client); i-- > 0; )
		sim_tcp_lose_one(w.client, i, true);
	for (i = sim_tcp_count(w.server); i-- > 0; )
		sim_tcp_lose_one(w.server, i, true);
	if (n_dead > DEAD_PORTS)
		n_dead = DEAD_PORTS;
}

/* One flow that is up, and has talked for a second. */
static void
begin(const struct carrier *c, uint64_t seed, const char *server)
{
	char left[100];
	unsigned i;

	world_begin(&w, seed);
	sim_host_address(w.client, "10.0.4.2");
	sim_rules.nobody = true;
	sim_rules.fate = lose_forgotten;
	n_dead = 0;
	snprintf(left, sizeof(left), "%s:%s:2815%s", c->kind, server, c->keys);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911", left);
	snprintf(left, sizeof(left), "%s-listen:0.0.0.0:2815", c->kind);
	proc_set(&w.right, w.server, left, "udp:10.0.2.1:7");
	if (strcmp(c->kind, "dtls") == 0)
		w.left.psk[RIGHT] = w.right.psk[LEFT] = WORLD_PSK;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	sim_run_ms(100);
	app_open(&app, &w, 1);
	for (i = 0; i < 20; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
	}
	sim_run_ms(100);
	if (app.received != 20)
		printf("Bail out! no answers\n");
}

static void
finish(const struct carrier *c, const char *what)
{
	is_int(app.bad + app.twice + w.echo.bad + w.echo.twice, 0,
	    "%s%s: %s: nothing comes twice", c->kind, c->keys, what);
	app_close(&app);
	is_int(world_end(&w), 0, "%s%s: %s: nothing stays open", c->kind,
	    c->keys, what);
}

/* Sends each `pause` until a datagram that is sent from now on is answered;
 * milliseconds. */
static unsigned
until_answer_ms(unsigned pause_ms, unsigned most_ms)
{
	uint64_t from_us = sim_now_us();
	uint32_t first = app.sent, i;

	while (sim_now_us() < from_us + most_ms * SIM_MS) {
		app_send(&app, 100);
		sim_run_ms(pause_ms);
		for (i = first; i < app.sent; i++)
			if (app.log[i % APP_SENT].back)
				return (unsigned)((app.last_us - from_us) /
				    SIM_MS);
	}
	return most_ms;
}

/* Is the time within its bounds? */
static void
within(const struct carrier *c, const char *what, unsigned ms, unsigned most)
{
	ok(ms <= most, "%s%s: %s: goes on after %u ms", c->kind, c->keys, what,
	    ms);
}

/*
 * Events
 */

static void
test_forgotten(const struct carrier *c)
{
	begin(c, 1, "10.0.0.1");
	forget();
	within(c, "the NAT forgets", until_answer_ms(50, 60000), 5000);
	is_int(w.left.tunnel->last_number, 1, "in the same flow");
	sim_run_s(10);
	is_int(app.sent - app.received < 120, true, "with few losses (%u)",
	    app.sent - app.received);
	finish(c, "forgotten");
}

/* Datagrams each 5 s, of which the first comes 2 s after the event. */
static void
test_sparse(const struct carrier *c)
{
	unsigned i;

	begin(c, 1, "10.0.0.1");
	for (i = 0; i < 4; i++) {
		sim_run_s(5);
		app_send(&app, 100);
	}
	sim_run_s(3);
	is_int(app.received, app.sent, "%s: all are answered", c->kind);
	forget();
	sim_run_s(2);
	within(c, "the NAT forgets, sparse traffic",
	    until_answer_ms(5000, 60000) + 2000, 11000);
	finish(c, "sparse");
}

/* The server moves to a different address; the old one is silent, or is that
 * of a host where nothing listens. */
static void
test_moves(const struct carrier *c, bool refuses)
{
	const char *what = refuses ? "the server moves, the old one refuses" :
	    "the server moves, the old one is silent";
	struct sim_host *other;

	sim_name_set("server.example", "10.0.0.1");
	begin(c, 1, "server.example");
	other = sim_host_add("other", "10.0.9.1");
	w.server->down = true;
	proc_stop(&w.right);
	w.server->down = !refuses;
	w.right.host = other;
	must(proc_start(&w.right) == 0);
	sim_name_clear("server.example");
	sim_name_set("server.example", "10.0.9.1");
	within(c, what, until_answer_ms(50, 60000), refuses ? 3000 : 6000);
	finish(c, what);
}

/* Nothing gets through for 30 s, and then everything does. */
static void
test_outage(const struct carrier *c)
{
	unsigned i;

	begin(c, 1, "10.0.0.1");
	sim_cut(w.client, w.server, true);
	for (i = 0; i < 300; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	sim_cut(w.client, w.server, false);
	within(c, "an outage is over", until_answer_ms(50, 60000), 8000);
	finish(c, "outage");
}

/* A target that is silent for a while is no reason for anything over TCP, and
 * loses nothing over DTLS. */
static void
test_silent_target(const struct carrier *c)
{
	unsigned long asked;
	unsigned i;

	begin(c, 1, "10.0.0.1");
	asked = sim_tcp_asked(w.server);
	w.echo.silent = true;
	for (i = 0; i < 600; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
	}
	is_int(sim_tcp_asked(w.server), asked, "%s%s: a target that does not "
	    "answer costs no connection", c->kind, c->keys);
	is_int(w.echo.received, app.sent, "and all arrives there");
	if (strstr(c->keys, "keepalive") != NULL)
		is_int(w.right.tunnel->last_number, 1, "a server that answers "
		    "heartbeats is not left");
	w.echo.silent = false;
	within(c, "a target answers again", until_answer_ms(50, 1000), 100);
	finish(c, "silent target");
}

/* A window that is closed for long is no silence. */
static void
test_closed_window(void)
{
	unsigned long asked;
	unsigned i;

	begin(&carriers[0], 1, "10.0.0.1");
	asked = sim_tcp_asked(w.server);
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < 200; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
	}
	is_int(sim_tcp_asked(w.server), asked, "uott: a peer that takes no more "
	    "is not silent");
	sim_tcp_window(w.client, w.server, 128 * 1024);
	within(&carriers[0], "it takes more", until_answer_ms(50, 1000), 200);
	finish(&carriers[0], "closed window");
}

/* What comes on the old connection is passed on, and what waits moves along. */
static void
test_old_is_read(void)
{
	unsigned i, before;

	begin(&carriers[0], 1, "10.0.0.1");
	/* Nothing is acknowledged, but what the server sends arrives. */
	sim_tcp_lose_one(w.client, 0, true);
	for (i = 0; i < 40; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(sim_tcp_count(w.client) == 2, "uott: the old connection is still "
	    "there");
	before = app.received;
	/* It works again, and delivers what it had. */
	sim_tcp_lose_one(w.client, 0, false);
	sim_run_s(3);
	ok(app.received > before + 10, "and what arrives on it late is passed "
	    "on (%u)", app.received - before);
	is_int(app.received, app.sent, "nothing is lost");
	sim_run_s(5);
	is_int(sim_tcp_count(w.client), 1, "then it is closed");
	finish(&carriers[0], "old");
}

/* A proxy that serves one client at a time waits for the end of the old
 * connection, and one that is reset may die. */
static void
test_old_is_half_closed(void)
{
	unsigned i;

	begin(&carriers[0], 1, "10.0.0.1");
	for (i = 0; i < 140; i++) {
		if (i == 20)
			sim_tcp_lose_one(w.client, 0, true);
		if (i == 20)
			sim_tcp_lose_one(w.server, 0, true);
		app_send(&app, 100);
		sim_run_ms(50);
	}
	is_int(sim_tcp_count(w.server), 2, "uott: there are an old connection "
	    "and a new one");
	sim_tcp_lose_one(w.client, 0, false);
	sim_tcp_lose_one(w.client, 1, false);
	sim_tcp_lose_one(w.server, 0, false);
	sim_tcp_lose_one(w.server, 1, false);
	for (i = 0; i < 400 && sim_tcp_count(w.server) > 1; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
	}
	ok(app.received > app.sent - 10, "the old one delivers what it had");
	is_int(sim_tcp_count(w.server), 1, "then it ends");
	ok(i < 130, "not long after that (%u ms)", 50 * i);
	is_int(logged_text("eset"), 0, "and was not reset");
	finish(&carriers[0], "half-closed");
}

/* Connections that come up but carry nothing are not made without end. */
static void
test_useless(void)
{
	unsigned long asked;
	unsigned i, k;

	begin(&carriers[0], 1, "10.0.0.1");
	asked = sim_tcp_asked(w.server);
	for (i = 0; i < 1200; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
		for (k = sim_tcp_count(w.client); k-- > 0; )
			sim_tcp_lose_one(w.client, k, true);
	}
	asked = sim_tcp_asked(w.server) - asked;
	ok(asked >= 4 && asked <= 20, "uott: connections that are of no use are "
	    "made less often (%lu in a minute)", asked);
	finish(&carriers[0], "useless");
}

/*
 * Random schedules
 */

/* One event of a schedule. */
static void
happen(void)
{
	struct sim_link *up = sim_link(w.client, w.server);
	struct sim_link *down = sim_link(w.server, w.client);

	char ip[40];

	switch (sim_random(13)) {
	case 0:
		sim_cut(w.client, w.server, true);
		break;
	case 1:
		up->cut = true;
		break;
	case 2:
		down->cut = true;
		break;
	case 3:
		up->loss = down->loss = (unsigned)sim_random(5000);
		break;
	case 4:
		forget();
		break;
	case 5:
		sim_udp_rebind_all(w.client);
		break;
	case 6:
		sim_tcp_reset(w.client, w.server);
		break;
	case 7:
		up->jitter_us = down->jitter_us = sim_random(500) * SIM_MS;
		break;
	case 8:
		snprintf(ip, sizeof(ip), "10.0.5.%u",
		    (unsigned)sim_random(250) + 1);
		sim_host_move(w.client, 1, ip);
		break;
	case 9:
		sim_host_move(w.client, 1, sim_random(2) == 0 ? NULL :
		    "10.0.4.2");
		break;
	case 10:
		w.client->udp_error = ENETUNREACH;
		w.client->udp_errors = (unsigned)sim_random(50);
		break;
	default:
		sim_cut(w.client, w.server, false);
		break;
	}
}

/* The network is well: what was forgotten stays so. */
static void
heal(void)
{
	struct sim_link *up = sim_link(w.client, w.server);
	struct sim_link *down = sim_link(w.server, w.client);

	sim_cut(w.client, w.server, false);
	up->loss = down->loss = 0;
	up->jitter_us = down->jitter_us = 0;
	w.client->udp_errors = 0;
}

/* A schedule: some events, each of which lasts from a moment to half a minute,
 * then the network is well.  Until that is answered, in milliseconds. */
static unsigned
run_schedule(const struct carrier *c, uint64_t seed)
{
	unsigned events, pause_ms, i;
	uint64_t end_us;

	begin(c, seed, "10.0.0.1");
	events = 1 + (unsigned)sim_random(12);
	pause_ms = 50 + (unsigned)sim_random(450);
	for (i = 0; i < events; i++) {
		happen();
		end_us = sim_now_us() + (sim_random(3) == 0 ?
		    sim_random(30 * SIM_S) : sim_random(3 * SIM_S));
		while (sim_now_us() < end_us) {
			app_send(&app, 100);
			sim_run_ms(pause_ms);
		}
	}
	heal();
	return until_answer_ms(pause_ms, 60000);
}

/* A number from the environment. */
static unsigned
number_of(const char *name, unsigned preset)
{
	const char *text = getenv(name);

	return text == NULL ? preset : (unsigned)strtoul(text, NULL, 10);
}

static void
test_schedules(const struct carrier *c)
{
	unsigned n = number_of("ADIT_SCHEDULES", 60);
	unsigned first = number_of("ADIT_SEED", 1), i, ms;
	unsigned worst = 0, late = 0, twice = 0, open = 0, ended = 0;

	for (i = first; i < first + n; i++) {
		ms = run_schedule(c, i);
		if (ms > worst)
			worst = ms;
		if (ms > 10000 || app.twice + w.echo.twice > 0)
			printf("# seed %u: %u ms, twice %u and %u\n", i, ms,
			    app.twice, w.echo.twice);
		late += ms > 10000;
		twice += app.twice + w.echo.twice + app.bad + w.echo.bad;
		ended += w.left.tunnel->last_number > 1;
		app_close(&app);
		open += world_end(&w);
	}
	is_int(late, 0, "%s%s: %u schedules: none is dead 10 s after the "
	    "network is well (%u ms at most)", c->kind, c->keys, n, worst);
	is_int(twice, 0, "%s%s: nothing comes twice", c->kind, c->keys);
	is_int(open, 0, "%s%s: nothing stays open", c->kind, c->keys);
	printf("# %u of them had to begin a new flow\n", ended);
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < CARRIERS; i++) {
		test_forgotten(&carriers[i]);
		test_sparse(&carriers[i]);
		test_moves(&carriers[i], false);
		test_moves(&carriers[i], true);
		test_outage(&carriers[i]);
		test_silent_target(&carriers[i]);
		test_schedules(&carriers[i]);
	}
	test_closed_window();
	test_old_is_read();
	test_old_is_half_closed();
	test_useless();
	return done_testing();
}
