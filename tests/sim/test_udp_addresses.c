/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A plain UDP target whose name has several addresses, on some of which nobody
 * listens.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app, other;
static struct world w;
static struct sim_host *deaf;	/* nobody listens there */

/* One process that sends to that name's port 7. */
static void
begin(const char *keys, const char *first, const char *second)
{
	char spec[80];

	world_begin(&w, 1);
	deaf = sim_host_add("deaf", "10.0.2.9");
	sim_link_both(w.client, deaf, 1 * SIM_MS, 0);
	sim_link_both(w.client, w.target, 1 * SIM_MS, 0);
	sim_name_set("target.example", first);
	sim_name_set("target.example", second);
	snprintf(spec, sizeof(spec), "udp:target.example:7%s", keys);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911", spec);
	if (proc_start(&w.left) != 0)
		exit(1);
	app_open(&app, &w, 1);
	app_open(&other, &w, 2);
}

static void
finish(const char *what)
{
	is_int(app.bad + other.bad, 0, "%s: no byte was changed", what);
	app_close(&app);
	app_close(&other);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

static void
test_refused(const char *what, const char *keys)
{
	begin(keys, "10.0.2.9", "10.0.2.1");
	app_send(&app, 100);
	sim_run_ms(50);
	is_int(w.left.tunnel->lost[LOST_REFUSED], 1, "%s: nobody listens on "
	    "the first of two addresses", what);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 50), "%s: the flow goes on with the second", what);
	app_send(&other, 100);
	ok(app_wait(&other, 1, 50), "%s: one that begins now does so at once",
	    what);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 50), "%s: and it stays there", what);
	is_int(w.left.tunnel->last_number, 2, "%s: in two flows", what);
	finish(what);
}

/* A target that was there is away for a while. */
static void
test_away(void)
{
	uint8_t byte = 0;

	begin("", "10.0.2.1", "10.0.2.9");
	app_send(&app, 100);
	ok(app_wait(&app, 1, 50), "the first address answers");
	sock_close(w.echo.fd);
	app_send(&app, 100);
	app_send(&app, 100);
	sim_run_ms(50);
	w.echo.fd = sim_udp_open(w.target, 7, NULL, NULL);
	app_send(&app, 100);
	sim_run_ms(50);
	sim_as(w.target);
	is_int(sock_recv(w.echo.fd, &byte, 1), 1, "a flow that had answers "
	    "stays with it when it is refused");
	finish("away");
}

/* Nobody is there at all, and then on the first. */
static void
test_both(void)
{
	begin("", "10.0.2.9", "10.0.0.1");
	app_send(&app, 100);
	sim_run_ms(50);
	app_send(&app, 100);
	sim_run_ms(50);
	is_int(w.left.tunnel->lost[LOST_REFUSED], 2, "nobody listens on "
	    "either address");
	app_send(&app, 100);
	sim_run_ms(50);
	is_int(w.left.tunnel->lost[LOST_REFUSED], 3, "which is no reason to "
	    "run from one to the other");
	app_send(&other, 100);
	sim_run_ms(50);
	app_send(&other, 100);
	sim_run_ms(50);
	ok(w.left.tunnel->lost[LOST_REFUSED] == 5 && proc_flows(&w.left) == 2,
	    "each flow tries both, and goes on");
	finish("both");
}

/* Datagrams of more than a batch wait for the look-up, the first address
 * refuses at once, and there is no way to the second. */
static void
test_many(void)
{
	unsigned i;

	begin("", "10.0.2.9", "fd00::9");
	sim_rules.refuse_at_once = true;
	sim_name_delay("target.example", 50);
	for (i = 0; i < 400; i++)
		app_send(&app, 100);
	sim_run_ms(200);
	is_int(proc_flows(&w.left), 0, "a flow whose second address cannot be "
	    "used ends, in the middle of what waited for it");
	finish("many");
}

int
main(void)
{
	test_refused("each flow looks up", "");
	test_refused("resolve-once", ",resolve-once");
	test_away();
	test_both();
	test_many();
	return done_testing();
}
