/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Groups of endpoints: a flow aims at one, and at another when that fails.
 */

#include "compat.h"

#include "world.h"

#include "base/addrgroup.h"

#include "../unit/tap.h"

static struct app app;

/* A client of two servers, one port of 10.0.0.1 each, of which that on 8443
 * runs; the other comes and goes. */
static struct addrgroup *
begin(struct world *w, struct proc *other, const char *text)
{
	struct addrgroup *group;
	char why[GROUP_WHY];

	must(group_parse(&group, text, why) == 0);
	proc_set(&w->right, w->server, "tcp-listen:0.0.0.0:8443",
	    "udp:10.0.2.1:7");
	proc_set(other, w->server, "tcp-listen:0.0.0.0:8444",
	    "udp:10.0.2.1:7");
	proc_option(&w->right, "idle", "0");
	proc_option(other, "idle", "0");
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911",
	    "tcp:group:1,pool=4");
	w->left.plan.end[RIGHT].settings.group = group;
	must(proc_start(&w->right) == 0);
	must(proc_start(&w->left) == 0);
	return group;
}

static void
test_dead_member(void)
{
	struct proc other;
	struct addrgroup *group;
	struct world w;
	int i;

	world_begin(&w, 11);
	group = begin(&w, &other, "{10.0.0.1:8443-8444}");
	for (i = 0; i < 8; i++) {
		app_open(&app, &w, (uint32_t)i + 1);
		app_send(&app, 100);
		ok(app_wait(&app, 1, 1500), "flow %d gets through though one "
		    "endpoint of the group is dead", i);
		app_close(&app);
	}
	proc_stop(&w.left);
	group_free(group);
	proc_forget(&other);
	is_int(world_end(&w), 0, "nothing stays open");
}

static void
test_fail_over(void)
{
	struct proc other;
	struct addrgroup *group;
	struct world w;

	world_begin(&w, 12);
	group = begin(&w, &other, "{10.0.0.1:8443-8444}");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1500), "the flow begins with the one that runs");
	must(proc_start(&other) == 0);
	proc_stop(&w.right);
	sim_run_s(66);
	app.received = 0;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 500), "it goes on with the other one when that "
	    "has stopped");
	is_int(proc_flows(&w.left), 1, "and is still the same flow");
	app_close(&app);
	proc_stop(&w.left);
	proc_stop(&other);
	group_free(group);
	proc_forget(&other);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* None of a large group answers: attempts are spaced as with one endpoint. */
static void
test_all_dead(void)
{
	struct addrgroup *group;
	unsigned long asked;
	struct proc other;
	struct world w;

	world_begin(&w, 13);
	group = begin(&w, &other, "{10.0.0.1:9000-9999}");
	asked = sim_tcp_asked(w.server);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(30);
	asked = sim_tcp_asked(w.server) - asked;
	printf("# %lu attempts\n", asked);
	ok(asked >= 5 && asked <= 20, "a large group that is away is not run "
	    "through");
	app_close(&app);
	proc_stop(&w.left);
	group_free(group);
	proc_forget(&other);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_dead_member();
	test_fail_over();
	test_all_dead();
	return done_testing();
}
