/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Random schedules of loss, resets, silence and new addresses under a pool and
 * under uott: nothing is delivered twice, and when the network is well again
 * each flow is answered within 7 s.
 *
 * NOTES.  ADIT_SCHEDULES limits the number of schedules, and SIM_SEED selects
 * one.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

enum {
	WELL_MS = 7000,
	FIRST_SEED = 2000,
};

static struct world w;
static struct app app;
static unsigned addresses;

/* One in so many. */
static bool
chance(unsigned n)
{
	return sim_random(n) == 0;
}

/* Both ways lose so many of 10,000. */
static void
set_loss(unsigned loss)
{
	sim_link(w.client, w.server)->loss = loss;
	sim_link(w.server, w.client)->loss = loss;
}

/* Something happens to the network; returns how long it lasts, in
 * milliseconds. */
static uint64_t
happen(void)
{
	char ip[20];

	switch (sim_random(9)) {
	case 0:
		sim_cut(w.client, w.server, true);
		return sim_random(30000);
	case 1:
		if (chance(2))
			sim_link(w.client, w.server)->cut = true;
		else
			sim_link(w.server, w.client)->cut = true;
		return sim_random(30000);
	case 2:
		(void)sim_tcp_forget(w.client, w.server, chance(2));
		return sim_random(3000);
	case 3:
		(void)sim_tcp_reset(w.client, w.server);
		return sim_random(500);
	case 4:
		sim_tcp_reset_one(chance(2) ? w.client : w.server,
		    (unsigned)sim_random(9));
		return sim_random(500);
	case 5:
		sim_tcp_lose_one(w.client, (unsigned)sim_random(9), true);
		return sim_random(5000);
	case 6:
		set_loss((unsigned)sim_random(5000));
		return sim_random(10000);
	case 7:
		snprintf(ip, sizeof(ip), "10.1.%u.%u", addresses / 200,
		    addresses % 200 + 1);
		addresses++;
		sim_host_move(w.client, 1, ip);
		return sim_random(1000);
	default:
		sim_tcp_window(w.client, w.server, 0);
		return sim_random(10000);
	}
}

/* The network is well. */
static void
mend(void)
{
	sim_cut(w.client, w.server, false);
	set_loss(0);
	sim_tcp_window(w.client, w.server, 1 << 20);
}

/* Talks for so long, a datagram each so many ms; whether one that was sent
 * meanwhile was answered. */
static bool
talk(uint64_t ms, uint64_t every_ms, bool until_answer)
{
	uint64_t end_us = sim_now_us() + ms * SIM_MS, from_us = sim_now_us();
	uint32_t first = app.sent;

	while (sim_now_us() < end_us) {
		app_send(&app, 100 + sim_random(1000));
		sim_run_ms(every_ms);
		if (app.last_us > from_us && app.newest >= first &&
		    until_answer)
			return true;
	}
	return app.last_us > from_us && app.newest >= first;
}

/* One schedule; false when something is wrong with it. */
static bool
run(const char *kind, uint64_t seed)
{
	uint64_t every_ms;
	char keys[20];
	unsigned i, n;
	bool good = true, answered;

	addresses = 0;
	world_begin(&w, seed);
	sim_host_address(w.client, "10.0.4.2");
	sim_rules.nobody = true;
	sim_rules.tcp_untold = chance(8);
	sim_rules.untold = chance(4);
	sim_link_both(w.client, w.server, (1 + sim_random(150)) * SIM_MS, 0);
	snprintf(keys, sizeof(keys), ",pool=%u",
	    (unsigned)(1 + sim_random(8)));
	if (strcmp(kind, "uott") == 0)
		world_uott(&w, chance(2), "", "");
	else
		world_pool(&w, kind, keys, "");
	app_open(&app, &w, 1);
	every_ms = 20 + sim_random(300);
	(void)talk(3000, every_ms, false);
	n = 1 + (unsigned)sim_random(6);
	for (i = 0; i < n; i++) {
		(void)talk(happen() + 1, every_ms, false);
		if (i + 1 == n || chance(2))
			mend();
		if (i + 1 < n)
			(void)talk(sim_random(6000), every_ms, false);
	}
	sim_rules.tcp_untold = false;
	answered = talk(WELL_MS, every_ms, true);
	if (!answered || app.twice + app.bad + w.echo.twice + w.echo.bad > 0) {
		printf("# %s, seed %llu: %sanswered, twice %u and %u, bad %u "
		    "and %u\n", kind, (unsigned long long)seed, answered ?
		    "" : "not ", (unsigned)app.twice, (unsigned)w.echo.twice,
		    (unsigned)app.bad, (unsigned)w.echo.bad);
		good = false;
	}
	app_close(&app);
	if (world_end(&w) != 0) {
		printf("# %s, seed %llu: something stays open\n", kind,
		    (unsigned long long)seed);
		good = false;
	}
	return good;
}

/* Many of them. */
static void
test_many(const char *kind, unsigned n)
{
	const char *one = getenv("SIM_SEED"), *most = getenv("ADIT_SCHEDULES");
	unsigned i, bad = 0;

	if (one != NULL) {
		is_int(!run(kind, strtoull(one, NULL, 10)), 0, "%s, one",
		    kind);
		return;
	}
	if (most != NULL && strtoul(most, NULL, 10) < n)
		n = (unsigned)strtoul(most, NULL, 10);
	for (i = 0; i < n; i++)
		bad += !run(kind, FIRST_SEED + i);
	is_int(bad, 0, "%s: of %u random schedules all are well 7 s after the "
	    "last event, and nothing came twice", kind, n);
}

int
main(void)
{
	test_many("tcp", 3000);
	test_many("tls", 400);
	test_many("uott", 500);
	return done_testing();
}
