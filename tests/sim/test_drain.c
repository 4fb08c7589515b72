/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels that drain: their flows go on, and none begins.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct world w;
static struct app app, late;
static unsigned drained;

static void
count_drained(void *arg)
{
	(void)arg;
	drained++;
}

static void
test_drain(const char *kind, const char *keys)
{
	world_begin(&w, 1);
	logged_reset();
	drained = 0;
	if (strcmp(kind, "dtls") == 0)
		world_dtls(&w, "", "");
	else
		world_pool(&w, kind, "", keys);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 3000), "%s: a flow is up", kind);

	sim_as(w.server);
	tunnel_drain(w.right.tunnel, count_drained, NULL);
	is_int(drained, 0, "%s: it has a flow", kind);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 3000), "%s: which goes on", kind);
	app_open(&late, &w, 2);
	app_send(&late, 100);
	sim_run_s(5);
	is_int(late.received, 0, "%s: a second one does not begin", kind);
	is_int(proc_flows(&w.right), 1, "%s: at the server", kind);
	app_send(&app, 100);
	ok(app_wait(&app, 3, 3000), "%s: and the first goes on", kind);

	proc_stop(&w.left);
	sim_run_s(30);
	is_int(proc_flows(&w.right), 0, "%s: its client ends", kind);
	is_int(drained, 1, "%s: the end of the last flow is reported", kind);
	app_close(&app);
	app_close(&late);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

int
main(void)
{
	test_drain("tcp", ",grace=1");
	test_drain("tls", ",grace=1");
	if (end_find("dtls") != NULL)
		test_drain("dtls", "");
	return done_testing();
}
