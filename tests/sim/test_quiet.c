/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a tunnel does after a rush: it gives memory back, and then sleeps.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app;

int
main(void)
{
	unsigned long before[2];
	struct world w;
	uint32_t got;
	int i;

	world_begin(&w, 1);
	world_pool(&w, "tls", "", "");
	proc_stop(&w.left);
	proc_option(&w.left, "idle", "0");
	proc_start(&w.left);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(2);
	for (i = 0; i < 200; i++)
		app_send(&app, 1000);
	sim_run_s(60);
	got = app.received;
	ok(got > 100, "200 datagrams at once: %u come back", got);
	before[0] = w.left.sim->wakeups;
	before[1] = w.right.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups - before[0], 0,
	    "a minute later the client sleeps");
	is_int(w.right.sim->wakeups - before[1], 0, "and the server");
	for (i = 0; i < 100; i++)
		app_send(&app, 1000);
	ok(app_wait(&app, got + 50, 1000), "the next rush finds its memory");
	is_int(app.bad, 0, "and no byte is wrong");
	is_int(w.echo.bad, 0, "on either way");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
	return done_testing();
}
