/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Starts and runs the tunnel of a configuration: daemon, resolver, loop and
 * signals, in the order in which they must start.
 */

#include "compat.h"

#include <string.h>

#include "cmd/run.h"

#include "base/fault.h"
#include "tunnel/tunnel.h"

/* The argument of the signal hooks. */
struct run {
	struct loop *loop;
	struct tunnel *tunnel;
	const struct daemon_settings *daemon;
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

/* What an operator can do when the log cannot be opened again. */
static const char *
run_log_remedy(const struct daemon_settings *s)
{
	if (s->chroot != NULL)
		return "; after --chroot it cannot be opened: let logrotate "
		    "use copytruncate";
	if (s->user != NULL)
		return "; --user must be able to write it: let logrotate use "
		    "\"create 0640 USER GROUP\", or copytruncate";
	return "";
}

/* SIGHUP. */
static void
run_reload(void *arg)
{
	struct run *r = arg;

	if (log_reopen_file() == 0)
		log_info("SIGHUP: log file reopened, if there is one");
	else
		log_error("%s: %s; the log stays in the file that was open%s",
		    log_file_path(), strerror(errno),
		    run_log_remedy(r->daemon));
}

/* Opens the log of the configuration. */
static void
run_open_log(const char *name, struct config *c)
{
	log_set_starting(true);
	log_set_name(name);
	log_set_level((enum log_level)c->process.log_level);
	c->process.daemon.name = name;
	if (c->process.logfile == NULL)
		return;
	if (log_open_file(c->process.logfile) != 0)
		die_usage("--logfile: \"%s\": %s", c->process.logfile,
		    strerror(errno));
	c->process.daemon.logs_to_file = true;
}

/* The running configuration, for run_confine(): a helper process must not keep
 * the keys of its plan. */
static struct config *run_config;

/* In a helper process: drops privileges and wipes keys. */
static void
run_confine(void)
{
	struct fault f;

	plan_wipe(&run_config->plan);
	if (daemon_confine(&f) != 0)
		run_fault(run_config, &f);
}

/* Must the process keep its privileges for sockets and devices?  Each marked
 * socket needs them, and each change of a device's MTU. */
static bool
plan_needs_rights(const struct plan *p)
{
	return p->end[RIGHT].settings.mark >= 0 ||
	    p->end[LEFT].kind->device || p->end[RIGHT].kind->device;
}

int
run_tunnel(const char *name, struct config *c)
{
	struct daemon_hooks hooks = { run_stop, run_reload, run_dump, NULL };
	struct resolver *resolver;
	struct random random;
	struct fault fault;
	struct run r;
	int status = 1;

	if (run_instead != NULL)
		return run_instead(name, c);
	run_open_log(name, c);
	if (plan_finish(&c->plan, &fault) != 0 ||
	    plan_check(&c->plan, &fault) != 0)
		run_fault(c, &fault);
	if (c->opened != NULL)
		c->opened(c);
	if (sock_init() != 0)
		die_system("cannot use sockets");
	(void)sock_raise_limit();
	if (daemon_start(&c->process.daemon, &fault) != 0)
		run_fault(c, &fault);
	run_config = c;
	resolver = resolver_new(run_confine, &fault);
	if (resolver == NULL)
		run_fault(c, &fault);
	if (random_init(&random) != 0)
		die_system("the system has no source of random numbers");
	r.daemon = &c->process.daemon;
	r.loop = loop_new(c->process.poller);
	if (r.loop == NULL && c->process.poller != NULL && errno == EINVAL)
		die_usage("--poller: \"%s\": this build has no such poller",
		    c->process.poller);
	if (r.loop == NULL)
		die_system("cannot make the event loop");
	if (resolver_attach(resolver, r.loop, &fault) != 0)
		run_fault(c, &fault);
	r.tunnel = tunnel_new(r.loop, resolver, &random, &c->plan);
	if (r.tunnel == NULL)
		die_system("no memory for datagrams");
	if (tunnel_start(r.tunnel, &fault) != 0) {
		run_fault(c, &fault);
	} else {
		hooks.arg = &r;
		daemon_signals(r.loop, &hooks);
		if (daemon_drop(&c->process.daemon, plan_needs_rights(&c->plan),
		    &fault) != 0)
			run_fault(c, &fault);
		log_info("%s to %s: ready", r.tunnel->end[LEFT]->name,
		    r.tunnel->end[RIGHT]->name);
		log_debug("events come from %s", loop_poller(r.loop));
		log_set_starting(false);
		if (c->ready != NULL)
			c->ready(r.tunnel);
		daemon_ready();
		loop_run(r.loop);
		tunnel_report(r.tunnel);
		daemon_end(&c->process.daemon);
		status = 0;
	}
	tunnel_free(r.tunnel);
	resolver_free(resolver);
	loop_free(r.loop);
	plan_free(&c->plan);
	return status;
}
