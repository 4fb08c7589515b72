/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The reload of a process: compares its configuration file with what runs.
 */

#include "compat.h"

#include "daemon/reload.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/allowed.h"
#include "daemon/overlap.h"
#include "daemon/setup.h"
#include "net/rights.h"
#include "tunnel/plan_compare.h"

enum { RELOAD_KEYS = 200 };	/* bytes of a list of keys */

/* One reload. */
struct reload {
	struct process *process;
	struct setup setup;	/* what the file says now */
	struct faults *faults;
	struct reload_counts *counts;
	bool refused;		/* something is wrong */
};

/*
 * The log
 */

/* What an operator can do when the log cannot be opened again. */
static const char *
log_remedy(const struct daemon_settings *s)
{
	if (s->chroot != NULL)
		return "; after --chroot it cannot be opened: let logrotate "
		    "use copytruncate";
	if (s->user != NULL)
		return "; --user must be able to write it: let logrotate use "
		    "\"create 0640 USER GROUP\", or copytruncate";
	return "";
}

/* Adds a fault, and logs it. */
static void
reload_refuse(struct reload *r, const struct fault *f)
{
	log_error("%s", f->text);
	faults_add_fault(r->faults, f);
	r->refused = true;
}

/* Opens the log again. */
static void
reload_log(struct reload *r)
{
	struct fault f;

	if (rights_reopen_log() == 0) {
		log_info("reload: log file reopened, if there is one");
		return;
	}
	(void)fault_system(&f, "logfile", "%s: %s; the log stays in the file "
	    "that was open%s", log_file_path(), strerror(errno),
	    log_remedy(&r->process->settings.daemon));
	reload_refuse(r, &f);
}

/*
 * Keys of [daemon]
 */

/* Sends the log to another file. */
static void
change_logfile(struct reload *r, const struct process_settings *to)
{
	struct process_settings *s = &r->process->settings;
	struct fault f;

	if (rights_open_log(to->logfile) == 0) {
		free(r->process->logfile);
		r->process->logfile = xstrdup(to->logfile);
		s->logfile = r->process->logfile;
		return;
	}
	(void)fault_user(&f, "logfile", "logfile: \"%s\": %s; the log stays in "
	    "%s", to->logfile, strerror(errno), s->logfile);
	reload_refuse(r, &f);
}

/* Changes a key of [daemon] that has a new value; false: a running process
 * cannot. */
static bool
change_key(struct reload *r, const struct opt *row,
    const struct process_settings *to)
{
	struct process_settings *s = &r->process->settings;

	if (row->at == PROCESS_AT(0, log_level)) {
		s->log_level = to->log_level;
		log_set_level((enum log_level)s->log_level);
	} else if (row->at == PROCESS_AT(0, strict)) {
		s->strict = to->strict;
	} else if (row->at == PROCESS_AT(0, drain_ms)) {
		s->drain_ms = to->drain_ms;
	} else if (row->at == PROCESS_AT(0, logfile) && s->logfile != NULL &&
	    to->logfile != NULL) {
		change_logfile(r, to);
	} else {
		return false;
	}
	return true;
}

/* Follows the section [daemon], as far as a running process can. */
static void
reload_settings(struct reload *r)
{
	struct process_settings to = r->setup.process;
	char keys[RELOAD_KEYS];
	const struct opt *row;
	struct text t;

	if (r->process->overlay != NULL)
		r->process->overlay(r->process->arg, &to);
	text_init(&t, keys, sizeof(keys));
	for (row = process_rows; row->name != NULL; row++)
		if (!opt_same(row, &r->process->settings, &to) &&
		    !change_key(r, row, &to))
			text_add(&t, "%s%s", *keys == '\0' ? "" : ", ",
			    row->name);
	if (*keys != '\0')
		log_warn("[daemon]: %s: changed in the file; that takes effect "
		    "at the next start", keys);
}

/*
 * Tunnels
 */

/* Replaces references to secrets in the plans that have no fault. */
static void
read_secrets(struct process *p, struct setup *s)
{
	struct setup_tunnel *t;
	struct fault f;

	secrets_begin(&p->secrets);
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		if (!t->faulty && secrets_read(&p->secrets, &t->plan, &f) != 0)
			setup_refuse(s, t, &f);
	secrets_end(&p->secrets);
}

/* Adds the tunnel of a section. */
static struct member *
add_member(struct process *p, const struct setup *s, struct setup_tunnel *t)
{
	struct member *m = members_add(&p->members, t->section->name,
	    members_take_plan(&t->plan), false);

	m->subject = s->n_tunnels > 1 ? m->name : NULL;
	return m;
}

void
reload_begin(struct process *p, struct setup *s)
{
	struct setup_tunnel *t;

	read_secrets(p, s);
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		if (!t->faulty)
			(void)add_member(p, s, t);
}

/* The tunnel of that name in the file, or NULL. */
static const struct setup_tunnel *
find_tunnel(const struct setup *s, const char *name)
{
	const struct setup_tunnel *t;

	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		if (strcmp(t->section->name, name) == 0)
			return t;
	return NULL;
}

/* Stops the tunnels that the file does not have any more. */
static void
stop_removed(struct reload *r)
{
	struct members *all = &r->process->members;
	struct member *m;
	size_t i;

	for (i = all->n; i > 0; i--) {
		m = all->at[i - 1];
		if (find_tunnel(&r->setup, m->name) != NULL)
			continue;
		log_info("tunnel %s: removed", m->name);
		members_remove(all, m);
		r->counts->removed++;
	}
}

/* A tunnel is not changed, or does not start. */
static void
tunnel_failed(struct reload *r, const struct member *m, const struct fault *f)
{
	struct fault named = *f;

	snprintf(named.text, sizeof(named.text), m->tunnel != NULL ?
	    "tunnel %s: %s; it stays as it was" :
	    "tunnel %s does not run: %s", m->name, f->text);
	reload_refuse(r, &named);
	r->counts->failed++;
}

/* Has a tunnel follow its section. */
static void
follow_section(struct reload *r, struct member *m, struct setup_tunnel *t)
{
	enum member_change change;
	struct fault f;

	if (member_follow(m, members_take_plan(&t->plan), &change, &f) != 0) {
		tunnel_failed(r, m, &f);
		return;
	}
	switch (change) {
	case MEMBER_SAME:
		r->counts->same++;
		return;
	case MEMBER_RENEWED:
		log_info("tunnel %s: changed; its flows go on", m->name);
		r->counts->renewed++;
		return;
	case MEMBER_RESTARTED:
		log_info("tunnel %s: started with its new settings", m->name);
		r->counts->restarted++;
		return;
	}
}

/* Adds the tunnel of a section that is new. */
static void
start_added(struct reload *r, struct setup_tunnel *t)
{
	struct member *m = add_member(r->process, &r->setup, t);
	struct fault f;

	if (member_start(m, true, &f) != 0) {
		tunnel_failed(r, m, &f);
		return;
	}
	log_info("tunnel %s: added", m->name);
	r->counts->added++;
}

/* The member that follows a section and is there already, if it does not run,
 * or must start again for that; else NULL. */
static struct member *
find_starting(const struct reload *r, const struct setup_tunnel *t)
{
	struct member *m = t->faulty ? NULL :
	    members_find(&r->process->members, t->section->name);

	return m == NULL || m->tunnel == NULL ||
	    plan_judge(m->plan, &t->plan) == PLAN_OTHER ? m : NULL;
}

/* Stops a tunnel that must start again, if a different one is to have what it
 * leaves. */
static void
yield_to_others(const struct reload *r, const struct setup_tunnel *from)
{
	const struct setup *s = &r->setup;
	struct member *m = find_starting(r, from);
	const struct setup_tunnel *t;

	if (m == NULL || m->tunnel == NULL)
		return;
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++) {
		if (t == from || find_starting(r, t) == NULL ||
		    !overlap_plans(m->plan, &t->plan))
			continue;
		log_info("tunnel %s: stopped, since tunnel %s is to have its "
		    "port or device", m->name, t->section->name);
		member_yield(m);
		return;
	}
}

/* Follows the sections of tunnels: first those that there were, so that those
 * that are new find the ports free that others have left. */
static void
reload_tunnels(struct reload *r)
{
	struct setup *s = &r->setup;
	struct setup_tunnel *t;
	struct member *m;
	bool *known = xcalloc(s->n_tunnels + 1, sizeof(*known));
	bool closes = false;

	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		closes |= !t->faulty && plan_killswitch(&t->plan) != NULL;
	members_begin_change(&r->process->members, closes);
	stop_removed(r);
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		yield_to_others(r, t);
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++) {
		m = members_find(&r->process->members, t->section->name);
		known[t - s->tunnels] = m != NULL;
		if (t->faulty)
			r->counts->failed++;
		else if (m != NULL)
			follow_section(r, m, t);
	}
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		if (!t->faulty && !known[t - s->tunnels])
			start_added(r, t);
	members_end_change(&r->process->members);
	free(known);
}

/* Reads the file.  0, or -1: it is so wrong that all is to stay as it was. */
static int
reload_read(struct reload *r)
{
	struct setup *s = &r->setup;
	bool allowed;
	struct fault f;
	size_t i;

	allowed = allowed_reload_begin(&f) == 0;
	(void)setup_read(s, r->process->path);
	/* What it refuses it does not pass on, so nothing can be seen here. */
	if (!allowed && s->conf.faults.n == 0)
		faults_add_fault(&s->conf.faults, &f);
	if (!s->process_faulty && !s->text_faulty)
		read_secrets(r->process, s);
	for (i = 0; i < s->conf.faults.n; i++)
		reload_refuse(r, &s->conf.faults.at[i]);
	r->faults->more += s->conf.faults.more;
	if (s->conf.faults.n == 0 || (allowed && !s->process_faulty &&
	    !s->text_faulty && s->n_tunnels > 0 &&
	    !r->process->settings.strict))
		return 0;
	log_error("%s: nothing was changed, because of %s", r->process->path,
	    s->conf.faults.n == 1 ? "that fault" : "these faults");
	return -1;
}

/* Has all tunnels read their files again. */
static void
refresh_all(struct reload *r)
{
	const struct members *all = &r->process->members;
	struct fault f;
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (member_refresh(all->at[i], &f) == 0) {
			r->counts->same++;
			continue;
		}
		r->counts->failed++;
		reload_refuse(r, &f);
	}
}

/* Logs what was done. */
static void
reload_tell(const struct reload_counts *c)
{
	log_info("reloaded: %u tunnels as before, %u changed, %u started "
	    "again, %u added, %u removed, %u with a fault", c->same,
	    c->renewed, c->restarted, c->added, c->removed, c->failed);
}

/* Does what a reload does with the files of a process. */
static void
reload_files(struct reload *r)
{
	if (r->process->path == NULL) {
		refresh_all(r);
	} else if (reload_read(r) == 0) {
		reload_settings(r);
		reload_tunnels(r);
		reload_tell(r->counts);
	}
	allowed_reload_end();
	setup_free(&r->setup);
}

int
reload_run(struct process *p, struct faults *faults,
    struct reload_counts *counts)
{
	struct reload r = { .process = p, .faults = faults, .counts = counts };
	struct fault f;

	memset(counts, 0, sizeof(*counts));
	if (p->drain.members != NULL) {
		(void)fault_user(&f, NULL, "nothing was changed: the program "
		    "is shutting down");
		reload_refuse(&r, &f);
		return -1;
	}
	daemon_reloading();
	reload_log(&r);
	reload_files(&r);
	members_tell_status(&p->members);
	daemon_reloaded();
	return r.refused ? -1 : 0;
}
