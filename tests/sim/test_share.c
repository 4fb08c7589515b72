/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * One host that opens sessions without end, and says nothing in them.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "strangers.h"

enum {
	MANY = 4200,		/* sessions that the host asks for */
	HALF = 2049,		/* that it gets, of 4096 */
};

static fd_t fd[MANY];

static void
begin(struct world *w, const char *option, const char *value)
{
	world_begin(w, 1);
	world_pool(w, "tcp", "", "");
	begin_strangers(w);
	evil->max_fds = 2 * MANY;
	sim_link_both(evil, w->server, 100, 0);
	if (option == NULL)
		return;
	proc_stop(&w->right);
	proc_option(&w->right, option, value);
	must(proc_start(&w->right) == 0);
}

/* Sessions from..to-1 of the host, each by its identifier alone. */
static void
ask(unsigned from, unsigned to)
{
	char id[20];

	for (; from < to; from++) {
		fd[from] = stranger();
		sim_run_us(500);
		snprintf(id, sizeof(id), "stranger %07u", from);
		sock_send(fd[from], id, 16);
	}
	sim_run_ms(10);
}

/* Thousands of sessions that carry nothing. */
static void
test_sessions(void)
{
	struct world w;

	begin(&w, NULL, NULL);
	ask(0, MANY);
	is_int(proc_flows(&w.right), HALF, "one host gets no more than half of "
	    "the flows");
	ok(logged_text("1024 of its address are there already") >= 1,
	    "which is told");
	ok(logged(LEVEL_WARN) < 40, "in few lines (%u)", logged(LEVEL_WARN));
	honest("shares");
	is_int(proc_flows(&w.right), HALF + 1, "others get theirs");
	sim_run_s(55);
	ok(proc_flows(&w.right) > HALF, "a session may say nothing for 55 s");
	sim_run_s(10);
	is_int(proc_flows(&w.right), 1, "but not for 65 s");
	ok(logged_text("it was never used") >= 1, "which is told, too");
	honest("after a minute");
	is_int(w.left.tunnel->last_number, 1, "with its first flow");
	close_all(fd, MANY);
	end(&w, "sessions");
}

/* A session that has carried a datagram may be silent. */
static void
test_used(void)
{
	struct world w;

	begin(&w, NULL, NULL);
	ask(0, 3);
	sock_send(fd[0], "\000\001x", 3);
	sim_run_s(40);
	sock_send(fd[2], "\000", 1);
	sim_run_s(22);
	ok(!is_closed(fd[0]) && is_closed(fd[1]), "a session that has carried a "
	    "datagram stays");
	ok(!is_closed(fd[2]), "and so does one whose client sends something");
	sock_send(fd[2], "\001x", 2);
	sim_run_s(300);
	is_int(proc_flows(&w.right), 2, "for good");
	close_all(fd, 3);
	end(&w, "used");
}

/* A client that is never used dials again each time that its session ends. */
static void
test_unused_again(void)
{
	struct world w;
	unsigned i, lines;

	begin(&w, NULL, NULL);
	logged_reset();
	for (i = 0; i < 166; i++) {
		ask(i, i + 1);
		sim_run_s(65);
	}
	lines = logged_text(" began") + logged_text("it was never used");
	ok(lines >= 6 && lines <= 8, "unused again: a few of %u flows in 3 "
	    "hours are logged (%u lines)", i, lines);
	logged_reset();
	ask(i, i + 1);
	sock_send(fd[i], "\000\001x", 3);
	sim_run_s(55);
	is_int(logged_text(" began"), 0, "one that is used is not known at "
	    "once");
	sim_run_s(10);
	is_int(logged_text(" began"), 1, "but after a minute");
	sock_close(fd[i]);
	sim_run_s(20);
	is_int(logged_text(" ended"), 1, "its end is logged");
	for (i++; i < 169; i++) {
		ask(i, i + 1);
		sock_send(fd[i], "\000\001x", 3);
		sim_run_s(1);
		sock_close(fd[i]);
		sim_run_s(20);
	}
	is_int(logged_text(" ended"), 3, "also that of a short one");
	is_int(logged_text(" began"), 3, "together with its beginning");
	sim_run_s(180);
	ask(i, i + 1);
	is_int(logged_text(" began"), 4, "and after three minutes all is as "
	    "before");
	close_all(fd, 166);
	sock_close(fd[i]);
	end(&w, "unused again");
}

/* A host that has its share of the connections, while all places of pending
 * ones are taken by others. */
static void
test_share_first(void)
{
	enum { OWN = 20, OTHERS = 10 };
	struct sim_host *greedy, *others;
	struct world w;
	char id[20];
	unsigned i;

	world_begin(&w, 1);
	world_pool(&w, "tcp", "", ",max-connections=50,max-pending=10");
	begin_strangers(&w);
	honest("share first");
	sim_run_s(1);
	proc_stop(&w.left);
	sim_run_s(1);
	greedy = evil;
	for (i = 0; i < OWN; i++) {
		fd[i] = stranger();
		sim_run_ms(100);
		snprintf(id, sizeof(id), "greedy %09u", i);
		sock_send(fd[i], id, 16);
		sim_run_ms(100);
	}
	others = evil = sim_host_add("others", "10.7.7.7");
	for (i = OWN; i < OWN + OTHERS; i++)
		fd[i] = stranger();
	sim_run_s(1);
	is_int(sim_tcp_count(w.server), OWN + OTHERS, "share first: more than "
	    "half of the connections are taken");
	evil = greedy;
	for (i = 0; i < 10; i++) {
		fd[OWN + OTHERS + i] = stranger();
		sim_run_ms(100);
	}
	is_int(count_closed(fd + OWN + OTHERS, 10), 10, "share first: a host "
	    "that has its share gets no more");
	is_int(count_closed(fd + OWN, OTHERS), 0, "share first: and nobody is "
	    "evicted for it");
	is_int(count_closed(fd, OWN), 0, "share first: nor are its own");
	evil = others;
	fd[OWN + OTHERS + 10] = stranger();
	sim_run_ms(100);
	ok(!is_closed(fd[OWN + OTHERS + 10]), "share first: one that has not "
	    "its share does");
	close_all(fd, OWN + OTHERS + 11);
	end(&w, "share first");
}

/* No share is wanted. */
static void
test_no_share(void)
{
	struct world w;

	begin(&w, "source-share", "100");
	ask(0, MANY);
	is_int(proc_flows(&w.right), 4096, "source-share=100: one host may "
	    "have all");
	close_all(fd, MANY);
	end(&w, "source-share=100");
}

/* A share for each name, of ten flows. */
static void
test_names(void)
{
	char keys[1300];
	struct app more[8];
	unsigned i, got = 0;
	struct world w;

	snprintf(keys, sizeof(keys), ",pool=1%s", world_client_keys());
	world_begin(&w, 1);
	world_pool(&w, "tls", keys, world_trust());
	proc_stop(&w.right);
	proc_option(&w.right, "max-flows", "10");
	proc_option(&w.right, "source-share", "100");
	proc_option(&w.right, "name-share", "60");
	must(proc_start(&w.right) == 0);
	for (i = 0; i < 8; i++) {
		app_open(&more[i], &w, i + 1);
		app_send(&more[i], 100);
		sim_run_ms(500);
	}
	for (i = 0; i < 8; i++) {
		got += more[i].received;
		app_close(&more[i]);
	}
	is_int(got, 6, "a name gets its share of the flows");
	ok(logged_text("name-share sets the limit") >= 1, "which is told");
	sim_run_s(70);
	is_int(proc_flows(&w.right), 6, "a flow with a name is not ended after "
	    "a minute");
	is_int(world_end(&w), 0, "names: nothing stays open");
}

int
main(void)
{
	test_sessions();
	test_used();
	test_unused_again();
	test_share_first();
	test_no_share();
	test_names();
	return done_testing();
}
