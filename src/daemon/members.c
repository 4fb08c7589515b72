/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The tunnels of a process: starting, changing and stopping each of them.
 */

#include "compat.h"

#include "daemon/members.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/overlap.h"
#include "net/daemon.h"
#include "net/passed.h"
#include "net/rights.h"
#include "tunnel/plan_compare.h"
#include "tunnel/renew.h"
#include "tunnel/tunnel.h"

/*
 * The list
 */

struct member *
members_add(struct members *all, const char *name, struct plan *plan,
    bool borrowed)
{
	struct member *m = xcalloc(1, sizeof(*m));

	m->all = all;
	m->plan = plan;
	m->borrowed = borrowed;
	m->pause_ms = MEMBER_PAUSE_MS;
	if (name != NULL)
		m->name = xstrdup(name);
	/* Room for 1, 2, 4, ... of them. */
	if ((all->n & (all->n - 1)) == 0)
		all->at = xrealloc(all->at, all->n == 0 ? 1 : 2 * all->n,
		    sizeof(struct member *));
	all->at[all->n++] = m;
	return m;
}

struct member *
members_find(const struct members *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->at[i]->name != NULL &&
		    strcmp(all->at[i]->name, name) == 0)
			return all->at[i];
	return NULL;
}

struct plan *
members_take_plan(struct plan *from)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	*p = *from;
	memset(from, 0, sizeof(*from));
	return p;
}

/* Wipes and frees a plan that members_take_plan() made. */
static void
plan_drop(struct plan *p)
{
	plan_free(p);
	free(p);
}

/* Keeps the words of a fault, or that there is none (NULL). */
static void
member_note(struct member *m, const struct fault *f)
{
	free(m->why);
	m->why = f == NULL ? NULL : xstrdup(f->text);
	if (f != NULL)
		status_error(&m->kept, f->text, loop_now(m->all->loop));
}

/*
 * Starting and stopping
 */

/* Makes and starts a tunnel of a plan, with the listening sockets of the one
 * that it replaces, if that runs.  NULL and the fault. */
static struct tunnel *
member_make(struct member *m, const struct plan *plan, struct fault *f)
{
	const struct members *all = m->all;
	struct tunnel *t;

	t = tunnel_new(all->loop, all->resolver, all->random, plan);
	if (t == NULL) {
		(void)fault_system(f, NULL, "no memory for a tunnel");
		return NULL;
	}
	t->patient = all->patient;
	t->sockets = all->passed;
	t->updown.hooks = all->hooks;
	t->name = m->name;
	(void)loop_set_subject(all->loop, m->subject);
	t->was = m->tunnel;
	if (tunnel_start(t, f) == 0) {
		t->was = NULL;
	} else {
		tunnel_free(t);
		t = NULL;
	}
	(void)loop_set_subject(all->loop, NULL);
	return t;
}

/* Stops the tunnel, if it runs. */
static void
member_stop(struct member *m)
{
	const char *device;

	timer_stop(&m->retry);
	if (m->tunnel == NULL)
		return;
	(void)loop_set_subject(m->all->loop, m->subject);
	status_keep(&m->kept, m->tunnel);
	device = plan_killswitch(m->plan);
	if (m->all->stays_closed && device != NULL) {
		m->tunnel->stays_closed = true;
		free(m->all->closed);
		m->all->closed = xstrdup(device);
	}
	tunnel_free(m->tunnel);
	m->tunnel = NULL;
	(void)loop_set_subject(m->all->loop, NULL);
}

/* Opens the machine again, after a killswitch that has outlived its tunnel, or
 * a killed process. */
static void
members_release(struct members *all)
{
	const char *device = all->closed;
	size_t i;

	for (i = 0; i < all->n && device == NULL; i++)
		device = plan_killswitch(all->at[i]->plan);
	rights_route_release(device);
	free(all->closed);
	all->closed = NULL;
}

/* Opens the machine again, unless a tunnel with a killswitch does not run, as
 * may be logged. */
static void
members_open(struct members *all, bool tell)
{
	const char *device;
	const struct member *m;
	unsigned waiting = 0;
	size_t i;

	for (i = 0; i < all->n; i++) {
		m = all->at[i];
		device = plan_killswitch(m->plan);
		if (device == NULL)
			continue;
		if (all->closed != NULL) {
			/* One that the configuration still names. */
			free(all->closed);
			all->closed = xstrdup(device);
		}
		if (m->tunnel != NULL)
			continue;
		waiting++;
		if (tell && all->closed != NULL)
			log_warn("nothing leaves this machine until tunnel %s "
			    "runs: it has a killswitch", m->name);
	}
	if (waiting == 0)
		members_release(all);
}

/* A pause is over: tries again to start the tunnel. */
static void
member_retry(struct timer *timer)
{
	struct member *m = LIST_ITEM(timer, struct member, retry);
	char *before = m->why == NULL ? NULL : xstrdup(m->why);
	struct fault f;

	if (member_start(m, true, &f) == 0) {
		log_info("tunnel %s runs now", m->name);
		members_open(m->all, false);
		members_tell_status(m->all);
	} else if (before == NULL || strcmp(before, f.text) != 0)
		log_error("tunnel %s still does not run: %s", m->name, f.text);
	else
		log_debug("tunnel %s still does not run: %s", m->name, f.text);
	free(before);
}

/* May what did not start now start later?  An end with bind-later=no shall not
 * wait for its address. */
static bool
member_may_retry(const struct member *m, bool retry, const struct fault *f)
{
	return f->kind == FAULT_SYSTEM &&
	    strcmp(f->setting, "bind-later") != 0 &&
	    (retry || (f->passing && m->all->patient));
}

int
member_start(struct member *m, bool retry, struct fault *f)
{
	timer_stop(&m->retry);
	m->tunnel = member_make(m, m->plan, f);
	status_begin(&m->kept, m->tunnel != NULL, loop_now(m->all->loop));
	if (m->tunnel != NULL) {
		member_note(m, NULL);
		m->pause_ms = MEMBER_PAUSE_MS;
		return 0;
	}
	member_note(m, f);
	if (!member_may_retry(m, retry, f))
		return -1;
	timer_set(&m->retry, m->all->loop, loop_now(m->all->loop) +
	    m->pause_ms, member_retry);
	m->pause_ms = 2 * m->pause_ms < MEMBER_PAUSE_MAX_MS ?
	    2 * m->pause_ms : MEMBER_PAUSE_MAX_MS;
	return -1;
}

/*
 * Changing
 */

int
member_refresh(struct member *m, struct fault *f)
{
	int result;

	if (m->tunnel == NULL)
		return member_start(m, true, f);
	(void)loop_set_subject(m->all->loop, m->subject);
	result = renew_prepare(m->tunnel, m->plan, f);
	if (result == 0)
		renew_commit(m->tunnel);
	(void)loop_set_subject(m->all->loop, NULL);
	member_note(m, result == 0 ? NULL : f);
	return result;
}

/* Follows a plan that differs in what can change while the tunnel runs. */
static int
member_renew(struct member *m, struct plan *plan, struct fault *f)
{
	int result;

	(void)loop_set_subject(m->all->loop, m->subject);
	result = renew_prepare(m->tunnel, plan, f);
	if (result == 0) {
		plan_exchange(m->plan, plan);
		renew_commit(m->tunnel);
	}
	(void)loop_set_subject(m->all->loop, NULL);
	plan_drop(plan);
	return result;
}

/* Makes the tunnel of a new plan; NULL and the fault.  If it needs what the old
 * one has, that stops first, and starts again if the new one fails. */
static struct tunnel *
member_succeed(struct member *m, const struct plan *plan, struct fault *f)
{
	struct tunnel *fresh = member_make(m, plan, f);
	struct fault ignored;

	/* An address of a device that is taken is the user's fault. */
	if (fresh != NULL || !(f->kind == FAULT_SYSTEM ?
	    overlap_plans(m->plan, plan) : overlap_addresses(m->plan, plan)))
		return fresh;
	member_stop(m);
	fresh = member_make(m, plan, f);
	if (fresh == NULL)
		(void)member_start(m, true, &ignored);
	return fresh;
}

/* Replaces the tunnel by one of a new plan. */
static int
member_replace(struct member *m, struct plan *plan, struct fault *f)
{
	unsigned turn = passed_turn(m->all->passed);
	struct tunnel *fresh = member_succeed(m, plan, f);

	if (fresh == NULL) {
		plan_drop(plan);
		return -1;
	}
	member_stop(m);
	passed_forget(m->all->passed, m->name, turn);
	plan_drop(m->plan);
	m->plan = plan;
	m->tunnel = fresh;
	status_begin(&m->kept, true, loop_now(m->all->loop));
	m->pause_ms = MEMBER_PAUSE_MS;
	return 0;
}

int
member_follow(struct member *m, struct plan *plan, enum member_change *change,
    struct fault *f)
{
	int result = -1;

	*change = MEMBER_RESTARTED;
	if (m->tunnel == NULL) {
		plan_drop(m->plan);
		m->plan = plan;
		return member_start(m, true, f);
	}
	switch (plan_judge(m->plan, plan)) {
	case PLAN_SAME:
		*change = MEMBER_SAME;
		plan_drop(plan);
		return member_refresh(m, f);
	case PLAN_LIVE:
		*change = MEMBER_RENEWED;
		result = member_renew(m, plan, f);
		break;
	case PLAN_OTHER:
		result = member_replace(m, plan, f);
		break;
	}
	member_note(m, result == 0 ? NULL : f);
	return result;
}

/* Frees one that is stopped, at the end of the turn: a line of this turn may
 * still have its name. */
static void
member_free(struct member *m)
{
	free(m->why);
	if (!m->borrowed)
		plan_drop(m->plan);
	if (m->all->loop == NULL) {
		free(m->name);
		free(m);
		return;
	}
	loop_free_later(m->all->loop, m->name);
	loop_free_later(m->all->loop, m);
}

void
member_yield(struct member *m)
{
	member_stop(m);
	passed_forget(m->all->passed, m->name, passed_turn(m->all->passed));
}

void
members_remove(struct members *all, struct member *m)
{
	size_t i;

	member_yield(m);
	for (i = 0; all->at[i] != m; i++)
		;
	for (all->n--; i < all->n; i++)
		all->at[i] = all->at[i + 1];
	member_free(m);
}

/*
 * All of them
 */

void
members_begin_change(struct members *all, bool closes)
{
	all->stays_closed = closes;
}

void
members_end_change(struct members *all)
{
	all->stays_closed = false;
	members_open(all, true);
}

void
members_stop(struct members *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		timer_stop(&all->at[i]->retry);
		if (all->at[i]->tunnel == NULL)
			continue;
		(void)loop_set_subject(all->loop, all->at[i]->subject);
		tunnel_stop(all->at[i]->tunnel);
	}
	(void)loop_set_subject(all->loop, NULL);
	members_release(all);
}

void
members_tell_status(const struct members *all)
{
	const struct member *idle = NULL;
	char text[DAEMON_STATUS];
	unsigned running = 0;
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (all->at[i]->tunnel != NULL)
			running++;
		else if (idle == NULL)
			idle = all->at[i];
	}
	if (idle == NULL)
		snprintf(text, sizeof(text), "%u tunnel%s run%s", running,
		    running == 1 ? "" : "s", running == 1 ? "s" : "");
	else
		snprintf(text, sizeof(text), "%u of %lu tunnels run; %s: %s",
		    running, (unsigned long)all->n, idle->name == NULL ? "" :
		    idle->name, idle->why == NULL ? "" : idle->why);
	daemon_status(text);
}

void
members_report(const struct members *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (all->at[i]->tunnel == NULL)
			continue;
		(void)loop_set_subject(all->loop, all->at[i]->subject);
		tunnel_report(all->at[i]->tunnel);
	}
	(void)loop_set_subject(all->loop, NULL);
}

void
members_wipe(struct members *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		plan_wipe(all->at[i]->plan);
}

void
members_free(struct members *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (all->loop != NULL)
			member_stop(all->at[i]);
		member_free(all->at[i]);
	}
	free(all->at);
	all->at = NULL;
	all->n = 0;
}
