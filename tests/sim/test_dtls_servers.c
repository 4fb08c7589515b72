/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS to a name with the addresses of two servers, of which one is cut off.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "sim_sock.h"
#include "world.h"

#include "../unit/tap.h"

#define NAME "vpn.example.com"

static struct app app;
static struct proc second;
static struct world w;
static unsigned cut;		/* last byte of the address that is cut off;
				 * 0: none */

/* Is it the address 10.0.0.N that is cut off? */
static bool
is_cut(const struct addr *a)
{
	return a->ip[2] == 0 && a->ip[3] == cut;
}

/* Drops what goes there or comes from there. */
static unsigned
drop(void *arg, struct sim_passing *p)
{
	(void)arg;
	return !is_cut(&p->source) && !is_cut(&p->target);
}

/* A flow whose server, then the other one, then the first again is cut off. */
static void
test_cut(const char *what, bool turns)
{
	static const unsigned cuts[] = { 1, 9, 1 };
	struct sim_host *host;
	struct proc *at;
	uint64_t took_ms;
	unsigned i, n;

	world_begin(&w, 41);
	host = sim_host_add("second", "10.0.0.9");
	sim_link_both(w.client, host, 10 * SIM_MS, 0);
	sim_name_set(NAME, "10.0.0.1");
	sim_name_set(NAME, "10.0.0.9");
	if (turns)
		sim_name_turn(NAME);
	sim_rules.fate = drop;
	cut = 0;
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "dtls:" NAME ":2815");
	proc_set(&w.right, w.server, "dtls-listen:10.0.0.1:2815",
	    "udp:10.0.2.1:7");
	proc_set(&second, host, "dtls-listen:10.0.0.9:2815",
	    "udp:10.0.2.1:7");
	w.left.psk[RIGHT] = w.right.psk[LEFT] = second.psk[LEFT] = WORLD_PSK;
	must(proc_start(&w.right) == 0 && proc_start(&second) == 0 &&
	    proc_start(&w.left) == 0);
	app_open(&app, &w, 1);
	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		for (n = 0; n < 30; n++) {
			app_send(&app, 100);
			sim_run_ms(100);
		}
		cut = cuts[i];
		at = cut == 1 ? &w.right : &second;
		took_ms = app_until_answered_ms(&app);
		ok(took_ms < 5000, "%s: server %u is cut off: the flow is at "
		    "the other one within 5 s", what, cut);
		printf("# %llu ms, %u flows at the one that is cut off\n",
		    (unsigned long long)took_ms, proc_flows(at));
	}
	is_int(proc_flows(&w.left), 1, "%s: it is still the same flow", what);
	app_close(&app);
	proc_stop(&w.left);
	proc_forget(&second);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

int
main(void)
{
	test_cut("same order", false);
	test_cut("order changes", true);
	return done_testing();
}
