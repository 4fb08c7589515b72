/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Starts and runs tunnels in one process: log, daemon, resolver, loop and
 * signals, in the order in which they must start.
 */

#include "compat.h"

#include "daemon/process.h"

#include "base/fault.h"
#include "base/log.h"
#include "daemon/allowed.h"
#include "daemon/control.h"
#include "daemon/reload.h"
#include "daemon/status_log.h"
#include "net/hook.h"
#include "net/monitor.h"
#include "net/udp.h"
#include "tunnel/plan.h"
#include "tunnel/tunnel.h"

enum { PROCESS_HOOKS_MS = 60000 };	/* for programs at the end */

const char *const process_levels[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "crit=fatal", NULL
};

const char *const process_facilities[] = { "daemon", NULL };

const char *const process_sources[] = { "Adit", NULL };

const struct opt process_rows[] = {
	PROCESS_LOG_ROWS(0),
	PROCESS_DAEMON_ROWS(0),
	PROCESS_DRAIN_ROW(0),
	PROCESS_WEB_ROWS(0),
	{ .name = OPT_WORDS("strict", OPT_NONE, OPT_NONE,
	  HELP("no tunnel runs while one of them cannot")), .type = OPT_ON,
	  .at = PROCESS_AT(0, strict) },
	{ .name = NULL }
};

/*
 * Signals
 */

/* All programs have ended. */
static void
process_end(void *arg)
{
	struct process *p = arg;

	loop_stop(p->loop);
}

/* SIGINT, SIGTERM without drain, or the end of that. */
static void
process_stop(void *arg)
{
	struct process *p = arg;

	log_info("shutting down");
	daemon_stopping();
	drain_stop(&p->drain);
	/* Nobody may ask for anything while programs are waited for. */
	p->stopping = true;
	control_stop(p->control);
	p->control = NULL;
	members_stop(&p->members);
	hooks_finish(p->hooks, PROCESS_HOOKS_MS, process_end, p);
}

/* SIGTERM. */
static void
process_drain(void *arg)
{
	struct process *p = arg;

	if (p->settings.drain_ms == 0) {
		process_stop(p);
		return;
	}
	daemon_stopping();
	drain_start(&p->drain, &p->members, p->settings.drain_ms,
	    process_stop, p);
}

/* At the end. */
static void
process_report(void *arg)
{
	const struct process *p = arg;

	members_report(&p->members);
}

/* SIGUSR1. */
static void
process_dump(void *arg)
{
	status_log_write(arg);
	process_report(arg);
}

/* SIGUSR2. */
static void
process_reconnect(void *arg)
{
	const struct process *p = arg;
	struct tunnel *t;
	size_t i;

	if (p->stopping)
		return;
	log_info("SIGUSR2: connecting again");
	for (i = 0; i < status_tunnels(p); i++)
		if ((t = status_enter(p, i)) != NULL)
			tunnel_reconnect(t);
	(void)loop_set_subject(p->loop, NULL);
}

/* SIGHUP. */
static void
process_reload(void *arg)
{
	struct process *p = arg;
	struct faults faults = { .n = 0 };
	struct reload_counts counts;

	if (p->stopping)
		return;
	(void)reload_run(p, &faults, &counts);
	faults_free(&faults);
}

/*
 * The start
 */

/* Opens the log; 0, or -1 and the fault. */
static int
process_open_log(struct process *p, struct fault *f)
{
	struct process_settings *s = &p->settings;

	log_set_starting(true);
	log_set_name(p->name);
	log_set_level((enum log_level)s->log_level);
	s->daemon.name = p->name;
	if (s->logfile == NULL)
		return 0;
	if (log_open_file(s->logfile) != 0)
		return fault_user(f, "logfile", "logfile: \"%s\": %s",
		    s->logfile, strerror(errno));
	/* A service of Windows had the event log until now. */
	log_set_sink(NULL);
	s->daemon.logs_to_file = true;
	return 0;
}

/* The process that runs, for process_confine(). */
static struct process *process_running;

void
process_wipe(struct process *p)
{
	members_wipe(&p->members);
	secrets_wipe(&p->secrets);
	if (p->wipe != NULL)
		p->wipe(p->arg);
}

/* In a helper process: wipes keys and drops rights. */
static void
process_confine(void)
{
	struct fault f;

	process_wipe(process_running);
	if (daemon_confine(&f) == 0)
		return;
	log_error("%s", f.text);
	exit(f.kind == FAULT_USER ? 2 : 1);
}

/* Makes the loop; 0, or -1 and the fault. */
static int
process_make_loop(struct process *p, struct fault *f)
{
	const char *poller = p->settings.poller;
	const struct end_ops *const *kind;
	size_t head = 0, tail = 0, i;

	p->loop = loop_new(poller);
	if (p->loop == NULL && poller != NULL && errno == EINVAL)
		return fault_user(f, "poller", "poller: \"%s\": this build "
		    "has no such poller", poller);
	if (p->loop == NULL)
		return fault_system(f, NULL, "cannot make the event loop: %s",
		    strerror(errno));
	p->hooks = hooks_new(p->loop);
	clock_floor_start(&p->clock_floor, p->loop, &clock_floor_files);
	for (i = 0; i < p->members.n; i++)
		tunnel_room(p->members.at[i]->plan, &head, &tail);
	/* A reload may add any. */
	for (kind = end_list; p->path != NULL && *kind != NULL; kind++)
		end_room(*kind, &head, &tail);
	if (tunnel_make_arena(p->loop, head, tail) != 0)
		return fault_system(f, NULL, "no memory for datagrams");
	if (monitor_attach(p->loop) != 0)
		return fault_system(f, NULL, "cannot watch the privileged "
		    "process: %s", strerror(errno));
	return resolver_attach(p->resolver, p->loop, f);
}

/* Starts what all tunnels need; 0, or -1 and the fault. */
static int
process_prepare(struct process *p, struct fault *f)
{
	if (sock_init() != 0)
		return fault_system(f, NULL, "cannot use sockets: %s",
		    strerror(errno));
	(void)sock_raise_limit();
	passed_begin(&p->passed);
	if (daemon_start(&p->settings.daemon, f) != 0)
		return -1;
	allowed_start(p);
	process_running = p;
	p->resolver = resolver_new(process_confine, f);
	if (p->resolver == NULL)
		return -1;
	if (random_init(&p->random) != 0)
		return fault_system(f, NULL, "the system has no source of "
		    "random numbers: %s", strerror(errno));
	if (process_make_loop(p, f) != 0)
		return -1;
	p->members.passed = &p->passed;
	p->members.loop = p->loop;
	p->members.hooks = p->hooks;
	p->members.resolver = p->resolver;
	p->members.random = &p->random;
	return 0;
}

/* Starts a tunnel.  One that will be tried again, since the machine may not
 * have all of it yet, is no fault; nor is it that of several one cannot start,
 * unless `strict` is set.  0, and *running counts it if it runs or may soon; or
 * -1 and the fault. */
static int
process_start_member(struct process *p, struct member *m, size_t *running,
    struct fault *f)
{
	bool alone = p->members.n == 1 && m->subject == NULL, waits;

	if (member_start(m, !alone, f) == 0) {
		++*running;
		return 0;
	}
	waits = timer_is_set(&m->retry);
	if (p->settings.strict || (alone && !waits))
		return -1;
	*running += waits && f->passing;
	log_error("tunnel %s does not run: %s%s", m->name, f->text, waits ?
	    "; it will be tried again" : "");
	return 0;
}

/* Starts all tunnels, those with a kill switch first: the start of any other
 * with a device would remove what keeps the machine closed after a process was
 * killed.  0, also when not all run; or -1 and the fault. */
static int
process_start_members(struct process *p, struct fault *f)
{
	const struct members *all = &p->members;
	size_t i, running = 0;
	bool closing;

	status_start(p);
	for (closing = true;; closing = false) {
		for (i = 0; i < all->n; i++)
			if ((plan_killswitch(all->at[i]->plan) != NULL) ==
			    closing && process_start_member(p, all->at[i],
			    &running, f) != 0)
				return -1;
		if (!closing)
			break;
	}
	return running > 0 ? 0 : fault_system(f, NULL, "no tunnel runs");
}

/* Opens the web server of the status, if it is set; 0, or -1 and the fault. */
static int
process_open_web(struct process *p, struct fault *f)
{
	p->web = web_open(p, p->loop, &p->settings.web, f);
	return f->kind == FAULT_NONE ? 0 : -1;
}

/* Must the process keep its privileges for sockets and devices?  Each marked
 * socket needs them, and each change of a device's MTU, unless the privileged
 * process does that. */
static bool
process_needs_rights(const struct process *p)
{
	const struct plan *plan;
	size_t i;

	for (i = 0; i < p->members.n && !monitor_is_there(); i++) {
		plan = p->members.at[i]->plan;
		if (plan->end[RIGHT].settings.mark >= 0 ||
		    plan->end[LEFT].kind->device ||
		    plan->end[RIGHT].kind->device)
			return true;
	}
	return false;
}

/* Logs what runs. */
static void
process_log_ready(struct process *p)
{
	const struct member *m;
	size_t i;

	for (i = 0; i < p->members.n; i++) {
		m = p->members.at[i];
		if (m->tunnel == NULL)
			continue;
		(void)loop_set_subject(p->loop, m->subject);
		log_info("%s to %s: ready", m->tunnel->end[LEFT]->name,
		    m->tunnel->end[RIGHT]->name);
	}
	(void)loop_set_subject(p->loop, NULL);
	log_debug("events come from %s", loop_poller(p->loop));
	udp_log_system();
	log_set_starting(false);
}

/* Frees what was started. */
static void
process_free(struct process *p)
{
	control_stop(p->control);
	web_close(p->web);
	status_stop();
	members_free(&p->members);
	hooks_free(p->hooks);
	passed_end(&p->passed);
	resolver_free(p->resolver);
	clock_floor_stop(&p->clock_floor);
	monitor_stop();
	loop_free(p->loop);
	secrets_free(&p->secrets);
	free(p->logfile);
}

int
process_run(struct process *p, struct fault *f)
{
	struct daemon_hooks hooks = { .on_stop = process_stop,
	    .on_reload = process_reload, .on_dump = process_dump,
	    .on_again = process_reconnect, .on_drain = process_drain,
	    .arg = p };
	int result = -1;

	if (process_open_log(p, f) != 0 || p->opened(p->arg, f) != 0 ||
	    web_check(&p->settings.web, f) != 0) {
		process_free(p);
		return -1;
	}
	if (process_prepare(p, f) == 0 && process_start_members(p, f) == 0 &&
	    control_start(&p->control, p, f) == 0 &&
	    process_open_web(p, f) == 0) {
		daemon_signals(p->loop, &hooks);
		result = daemon_drop(&p->settings.daemon,
		    process_needs_rights(p), f);
	}
	if (result == 0) {
		process_log_ready(p);
		passed_warn(&p->passed);
		members_tell_status(&p->members);
		if (p->ready != NULL)
			p->ready(p->arg);
		daemon_ready();
		loop_run(p->loop);
		process_report(p);
		daemon_end(&p->settings.daemon);
	}
	process_free(p);
	return result;
}
