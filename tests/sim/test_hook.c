/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run when something has happened: their order, how many
 * there may be, and what becomes of those that do not end.
 *
 * A build without HOOKS leaves this out.
 */

#include "compat.h"

#include "sim.h"

#include "net/hook.h"

#include "../unit/tap.h"

static struct sim_loop *process;
static struct hooks *hooks;
static unsigned finished;

static void
begin_hooks(unsigned take_ms)
{
	sim_begin(1);
	memset(&sim_hooks, 0, sizeof(sim_hooks));
	sim_hooks.take_ms = take_ms;
	process = sim_loop_new(sim_host_add("here", "10.0.0.1"));
	hooks = hooks_new(process->loop);
	finished = 0;
}

static void
end_hooks(const char *what)
{
	hooks_free(hooks);
	sim_loop_free(process);
	is_int(sim_end(), 0, "%s: nothing stays open", what);
}

/* Asks for a program of an owner. */
static void
ask(const char *owner, const char *command)
{
	static const char *const none[] = { NULL };
	struct hook_request r = {
		.owner = owner, .what = "up", .command = command,
		.environment = none, .limit_ms = 5000,
	};

	hooks_run(hooks, &r);
}

static void
note_finished(void *arg)
{
	(void)arg;
	finished++;
}

static void
test_order_of_an_owner(void)
{
	begin_hooks(1000);
	ask("a", "/a 1");
	ask("a", "/a 2");
	ask("b", "/b 1");
	ask("a", "/a 3");
	is_int(sim_hooks.n, 2, "one of each owner begins");
	is_str(sim_hooks.command[1], "/b 1", "others need not wait");
	sim_run_ms(1600);
	is_int(sim_hooks.n, 3, "the next one when it has ended");
	is_str(sim_hooks.command[2], "/a 2", "in their order");
	sim_run_ms(4000);
	is_str(sim_hooks.command[3], "/a 3", "up to the last");
	is_int(sim_hooks.running, 0, "all have ended");
	is_int(sim_hooks.killed, 0, "by themselves");
	end_hooks("order");
}

static void
test_what_hangs_is_killed(void)
{
	begin_hooks(1000000);
	ask("a", "/hangs");
	ask("a", "/next");
	sim_run_ms(4900);
	is_int(sim_hooks.killed, 0, "it has its time");
	is_int(sim_hooks.n, 1, "in which nothing else of its owner runs");
	sim_run_ms(1000);
	is_int(sim_hooks.killed, 1, "then it is killed");
	is_str(sim_hooks.command[1], "/next", "and the next one runs");
	end_hooks("hangs");
}

static void
test_queue_is_bounded(void)
{
	unsigned i;
	char owner[16];

	begin_hooks(1000);
	for (i = 0; i < 100; i++)
		ask("a", "/a");
	for (i = 0; i < 40; i++) {
		snprintf(owner, sizeof(owner), "owner %u", i);
		ask(owner, "/b");
	}
	is_int(sim_hooks.n, HOOKS_AT_ONCE, "not all run at once");
	sim_run_ms(60000);
	is_int(sim_hooks.n, HOOKS_OF_OWNER + 40, "an owner has so many, and "
	    "does not keep others from theirs");
	is_int(sim_hooks.most, HOOKS_AT_ONCE, "never more at once");
	end_hooks("bounded");
}

static void
test_finish_waits(void)
{
	begin_hooks(2000);
	hooks_finish(hooks, 60000, note_finished, NULL);
	is_int(finished, 1, "nothing runs: it is called at once");
	ask("a", "/a 1");
	ask("a", "/a 2");
	hooks_finish(hooks, 60000, note_finished, NULL);
	sim_run_ms(3900);
	is_int(finished, 1, "it waits for what runs and for what waits");
	sim_run_ms(1500);
	is_int(finished, 2, "and is called once");
	sim_run_ms(100000);
	is_int(finished, 2, "and not again");
	sim_hooks.take_ms = 4000;
	for (int i = 0; i < 10; i++)
		ask("a", "/a");
	hooks_finish(hooks, 10000, note_finished, NULL);
	sim_run_ms(10100);
	is_int(finished, 3, "its time is limited");
	end_hooks("finish");
}

static void
test_end_kills(void)
{
	begin_hooks(100000);
	ask("a", "/a");
	ask("a", "/b");
	hooks_free(hooks);
	is_int(sim_hooks.killed, 1, "what runs at the end is killed");
	hooks = NULL;
	end_hooks("end");
}

static void
test_system_refuses(void)
{
	begin_hooks(1000);
	sim_hooks.refused = true;
	ask("a", "/a");
	ask("a", "/b");
	is_int(sim_hooks.n, 0, "nothing can be started");
	sim_hooks.refused = false;
	ask("a", "/c");
	is_str(sim_hooks.command[0], "/c", "the next one is tried all the "
	    "same");
	end_hooks("refused");
}

int
main(void)
{
	test_order_of_an_owner();
	test_what_hangs_is_killed();
	test_queue_is_bounded();
	test_finish_waits();
	test_end_kills();
	test_system_refuses();
	return done_testing();
}
