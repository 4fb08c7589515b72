/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * "Don't fragment" of the sockets of UDP and DTLS ends, listening and dialling.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct world w;

/* Two processes with those keys, through which a datagram passes. */
static void
begin(const char *keys)
{
	char left[100], right[100];
	struct app app;

	world_begin(&w, 1);
	snprintf(left, sizeof(left), "udp-listen:0.0.0.0:8911%s", keys);
	snprintf(right, sizeof(right), "udp:10.0.0.1:5001%s", keys);
	proc_set(&w.left, w.client, left, right);
	snprintf(left, sizeof(left), "udp-listen:0.0.0.0:5001%s", keys);
	snprintf(right, sizeof(right), "udp:10.0.2.1:7%s", keys);
	proc_set(&w.right, w.server, left, right);
	if (proc_start(&w.left) != 0 || proc_start(&w.right) != 0)
		abort();
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(500);
	is_int(app.received, 1, "a datagram passes");
	app_close(&app);
}

/* And over DTLS. */
static void
begin_dtls(const char *keys)
{
	struct app app;

	world_begin(&w, 1);
	world_dtls(&w, keys, keys);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(500);
	is_int(app.received, 1, "and over DTLS");
	app_close(&app);
}

/* How many sockets of both processes have it like that? */
static unsigned
count(int df)
{
	return sim_udp_count_df(w.client, df) + sim_udp_count_df(w.server, df);
}

static void
test_values(void)
{
	begin("");
	is_int(count(0), 4, "the system decides");
	is_int(world_end(&w), 0, "nothing stays open");
	begin(",df=yes");
	is_int(count(1), 4, "df=yes is set for all sockets");
	is_int(world_end(&w), 0, "nothing stays open");
	begin(",df=no");
	is_int(count(-1), 4, "and df=no");
	is_int(world_end(&w), 0, "nothing stays open");
	begin(",df=auto");
	is_int(count(0), 4, "df=auto is the default");
	is_int(world_end(&w), 0, "nothing stays open");
	if (end_find("dtls") == NULL)
		return;
	begin_dtls(",df=yes");
	is_int(count(1), 2, "df=yes is set for both sockets of DTLS");
	is_int(world_end(&w), 0, "nothing stays open");
	begin_dtls(",df=no");
	is_int(count(-1), 2, "and df=no");
	is_int(world_end(&w), 0, "nothing stays open");
}

/* A system that knows no such option says so at the start. */
static void
test_refused(void)
{
	world_begin(&w, 1);
	sim_rules.fixed_df = true;
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "udp:10.0.0.1:5001,df=yes");
	is_int(proc_start(&w.left), -1, "a dialling end does not start");
	ok(strstr(w.left.fault.text, "df: ") != NULL, "%s",
	    w.left.fault.text);
	proc_forget(&w.left);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911,df=no",
	    "udp:10.0.0.1:5001");
	is_int(proc_start(&w.left), -1, "nor does a listening one");
	proc_forget(&w.left);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "udp:10.0.0.1:5001");
	is_int(proc_start(&w.left), 0, "without the key they do");
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_values();
	test_refused();
	return done_testing();
}
