/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Makes a running tunnel of a configuration: daemon, resolver, loop, signals,
 * and the order in which these start.
 */

#include "compat.h"

#include <string.h>

#include "cmd/run.h"

#include "base/text.h"

const char *cmd_prefix = "adit ";

const char *const run_levels[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "crit=fatal", NULL
};

const char *const run_facilities[] = { "daemon", NULL };

void
run_presets(struct config *c, const struct end_ops *left,
    const struct end_ops *right)
{
	memset(c, 0, sizeof(*c));
	opt_presets(settings_tunnel, &c->tunnel);
	c->end[LEFT].mark = c->end[RIGHT].mark = -1;
	if (left != NULL)
		opt_presets(left->options, &c->end[LEFT]);
	if (right != NULL)
		opt_presets(right->options, &c->end[RIGHT]);
}

void
run_usage(const struct cmd *cmd, const char *why)
{
	die_usage("%s (`%s%s --help` tells more)", why, cmd_prefix,
	    cmd->name);
}

int
run_args(const struct cmd *cmd, const struct opt *rows, struct config *c,
    int argc, char **argv, const char **positional, int max, int *n)
{
	struct opt_error error;

	switch (opt_args(rows, c, argc, argv, positional, max, n, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		cmd->help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(cmd, error.text);
	}
	return -1;
}

/* What the signals' hooks need. */
struct run {
	struct loop *loop;
	struct tunnel *tunnel;
};

/* The first SIGINT or SIGTERM. */
static void
run_stop(void *arg)
{
	struct run *r = arg;

	log_info("shutting down");
	daemon_stopping();
	tunnel_stop(r->tunnel);
	loop_stop(r->loop);
}

/* SIGUSR1. */
static void
run_dump(void *arg)
{
	struct run *r = arg;

	tunnel_report(r->tunnel);
}

/* SIGHUP. */
static void
run_reload(void *arg)
{
	(void)arg;
	if (log_reopen_file() == 0)
		log_info("SIGHUP: the log goes on in the file of that name, "
		    "if any");
}

/* Opens the log that was asked for. */
static void
run_open_log(const char *name, struct config *c)
{
	log_set_starting(true);
	log_set_name(name);
	log_set_level((enum log_level)c->log_level);
	c->daemon.name = name;
	if (c->logfile == NULL)
		return;
	if (log_open_file(c->logfile) != 0)
		die_usage("--logfile: \"%s\": %s", c->logfile,
		    strerror(errno));
	c->daemon.logs_to_file = true;
}

void
run_wipe(char *secret)
{
	volatile char *p = secret;

	while (*p != '\0')
		*p++ = 'x';
}

/* Settings whose keys a helper process must not keep; the ends wipe those of
 * this process. */
static struct config *run_config;

void
run_fault(const struct fault *f)
{
	bool own = *f->setting != '\0' && text_after(f->text, f->setting) !=
	    NULL;

	if (f->kind == FAULT_USER)
		die_usage("%s%s", own ? "--" : "", f->text);
	log_error("%s%s", own ? "--" : "", f->text);
	exit(1);
}

/* In a helper process: gives up rights and keys. */
static void
run_confine(void)
{
	struct fault f;
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++)
		if (run_config->end[i].psk != NULL)
			run_wipe((char *)(uintptr_t)run_config->end[i].psk);
	if (daemon_confine(&f) != 0)
		run_fault(&f);
}

int
run_tunnel(const char *name, struct config *c, const struct end_ops *left,
    const struct end_ops *right)
{
	struct daemon_hooks hooks = { run_stop, run_reload, run_dump, NULL };
	struct resolver *resolver;
	struct random random;
	struct fault f;
	struct run r;
	int status = 1;

	run_open_log(name, c);
	if (c->opened != NULL)
		c->opened(c);
	if (sock_init() != 0)
		die_system("cannot use sockets");
	(void)sock_raise_limit();
	if (daemon_start(&c->daemon, &f) != 0)
		run_fault(&f);
	run_config = c;
	resolver = resolver_new(run_confine, &f);
	if (resolver == NULL)
		run_fault(&f);
	if (random_init(&random) != 0)
		die_system("the system has no source of random numbers");
	r.loop = loop_new(c->poller);
	if (r.loop == NULL && c->poller != NULL && errno == EINVAL)
		die_usage("--poller: \"%s\": this build has no such poller",
		    c->poller);
	if (r.loop == NULL)
		die_system("cannot make the event loop");
	if (resolver_attach(resolver, r.loop, &f) != 0)
		run_fault(&f);
	r.tunnel = tunnel_new(r.loop, resolver, &random, &c->tunnel, left,
	    right);
	if (r.tunnel == NULL)
		die_system("no memory for datagrams");
	if (tunnel_start(r.tunnel, &c->end[LEFT], &c->end[RIGHT], &f) != 0)
		run_fault(&f);
	else {
		hooks.arg = &r;
		daemon_signals(r.loop, &hooks);
		/* Marks need it for each connection, devices for a new MTU. */
		if (daemon_drop(&c->daemon, c->end[RIGHT].mark >= 0 ||
		    left->device || right->device, &f) != 0)
			run_fault(&f);
		log_info("%s to %s: ready", r.tunnel->end[LEFT]->name,
		    r.tunnel->end[RIGHT]->name);
		log_set_starting(false);
		if (c->ready != NULL)
			c->ready(r.tunnel);
		daemon_ready();
		loop_run(r.loop);
		tunnel_report(r.tunnel);
		daemon_end(&c->daemon);
		status = 0;
	}
	tunnel_free(r.tunnel);
	resolver_free(resolver);
	loop_free(r.loop);
	return status;
}
