/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a configuration lets the privileged process do, and its start.
 */

#include "compat.h"

#include <string.h>

#include "daemon/allowed.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/process.h"
#include "daemon/setup.h"
#include "net/monitor.h"
#include "tunnel/tunnel.h"

/* Adds the files that the settings of an end name. */
static void
allow_end_files(struct allow *a, const char *owner, const struct plan_end *e)
{
	const struct opt *row;
	const char *value, *path;

	for (row = e->kind->options; row->name != NULL; row++) {
		if (!row->file && !row->secret)
			continue;
		value = *(const char *const *)((uintptr_t)&e->settings +
		    row->at);
		path = value == NULL || row->file ? value :
		    text_after(value, "file:");
		if (path != NULL)
			allow_add_file(a, owner, path);
	}
}

/* Adds what an end of a plan needs. */
static void
allow_end(struct allow *a, const char *owner, const struct plan *p,
    enum side side)
{
	const struct plan_end *e = &p->end[side];
	const struct settings *s = &e->settings;
	struct route_settings routes;
	struct tun_settings device;

	allow_end_files(a, owner, e);
	if (s->mark >= 0)
		allow_add_mark(a, owner, (uint32_t)s->mark);
	if (e->kind->tun != NULL) {
		e->kind->tun(s, &p->end[RIGHT].settings, &device, &routes);
		allow_add_device(a, owner, &device, &routes);
	} else if (e->kind->side == LEFT) {
		allow_add_bind(a, owner, e->kind->packets ? ALLOW_UDP :
		    ALLOW_TCP, &s->at);
	} else if (s->local.port != 0) {
		allow_add_bind(a, owner, ALLOW_UDP, &s->local);
	}
}

void
allowed_fill(struct allow *a, const struct setup *s, const struct allow *old)
{
	const struct setup_tunnel *t;
	const char *name;

	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++) {
		name = t->section->name;
		if (t->faulty) {
			allow_keep(a, old, name);
			continue;
		}
		allow_end(a, name, &t->plan, LEFT);
		allow_end(a, name, &t->plan, RIGHT);
		if (t->plan.tunnel.up != NULL)
			allow_add_hook(a, name, t->plan.tunnel.up);
		if (t->plan.tunnel.down != NULL)
			allow_add_hook(a, name, t->plan.tunnel.down);
	}
}

/* In the privileged process: reads the configuration. */
static int
allowed_read(void *arg, struct allow *list, const struct allow *old,
    char why[MONITOR_WHY])
{
	const struct process *p = arg;
	struct setup s = { .n_tunnels = 0 };
	int result = 0;

	(void)setup_read(&s, p->path);
	if (s.process_faulty || s.text_faulty || s.n_tunnels == 0 ||
	    (p->settings.strict && s.conf.faults.n > 0)) {
		strlcpy(why, s.conf.faults.n > 0 ?
		    s.conf.faults.at[0].text : "no tunnel", MONITOR_WHY);
		result = -1;
	} else {
		allowed_fill(list, &s, old);
		if (s.process.logfile != NULL)
			allow_add_log(list, s.process.logfile);
		if (log_file_path() != NULL)
			allow_add_log(list, log_file_path());
	}
	setup_free(&s);
	return result;
}

/* In the privileged process: wipes what it has inherited. */
static void
allowed_wipe(void *arg)
{
	process_wipe(arg);
}

void
allowed_start(struct process *p)
{
	struct monitor_job job = {
		allowed_read, allowed_wipe, p, p->settings.daemon.pidfile
	};
	char why[MONITOR_WHY];

	if (p->path == NULL || !daemon_gives_up_rights(&p->settings.daemon))
		return;
	if (monitor_start(&job, why) != 0)
		log_warn("no privileged process: %s; after the start keys that "
		    "only root can read, ports below 1024 and devices cannot "
		    "be opened again", why);
}

int
allowed_reload_begin(struct fault *f)
{
	char why[MONITOR_WHY];

	if (!monitor_is_there() || monitor_reload(why) == 0)
		return 0;
	return fault_user(f, NULL, "the privileged process refuses the "
	    "configuration: %s", why);
}

void
allowed_reload_end(void)
{
	monitor_reload_end();
}

/*
 * Without it
 */

/* What a configuration has that needs rights. */
struct needs {
	unsigned files, ports, devices;
};

/* Counts what an end needs rights for, perhaps. */
static void
needs_count(struct needs *n, const struct allow *a)
{
	const struct allow_item *i;

	for (i = a->first; i != NULL; i = i->next) {
		n->files += i->kind == ALLOW_OPEN;
		n->ports += i->kind == ALLOW_BIND && i->addr.port < 1024;
		n->devices += i->kind == ALLOW_TUN;
	}
}

const char *
allowed_missing(const struct setup *s, char *text, size_t size)
{
	const struct daemon_settings *d = &s->process.daemon;
	struct allow a = { NULL }, none = { NULL };
	struct needs n = { 0, 0, 0 };
	struct text t;

	if (d->user == NULL || (d->chroot == NULL && monitor_is_possible()))
		return NULL;
	allowed_fill(&a, s, &none);
	needs_count(&n, &a);
	allow_free(&a);
	text_init(&t, text, size);
	if (n.files > 0)
		text_add(&t, " read files that only root can read%s;",
		    d->chroot != NULL ? ", or that are not in its folder" : "");
	if (n.ports > 0)
		text_add(&t, " open ports below 1024;");
	if (n.devices > 0)
		text_add(&t, " open devices;");
	if (t.at == text)
		return NULL;
	t.at[-1] = '\0';
	return text;
}
