/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Waits for the address that an end listens on.
 *
 * NOTES.  The states:
 *
 *	done		nothing is watched
 *	lacking		the sockets are open; a change of addresses may be
 *			the one that is awaited
 *	waiting		no socket is open; each change of addresses or routes,
 *			and the timer, begin a look-up, and its answer an
 *			attempt
 *
 * The timer is set in the state waiting, for a name, where changes are not
 * reported, and after an error other than a missing address.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/bind_later.h"

#include "tunnel/bind.h"

enum {
	BIND_PAUSE_MIN_MS = 1000,	/* between attempts; it doubles */
	BIND_PAUSE_MAX_MS = 60000,
	BIND_LOOKUP_MS = 20000,	/* for a look-up */
};

static void bind_attempt(struct bind_later *);

static struct loop *
bind_loop(const struct bind_later *b)
{
	return b->end->tunnel->loop;
}

/* Is it an error of an address that the machine lacks, or of the interface in
 * its scope? */
static bool
bind_is_lack(int error)
{
	return error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO;
}

/* May the end wait? */
static bool
bind_may_wait(const struct bind_later *b, const struct settings *s)
{
	return s->bind_later == BIND_LATER_YES ||
	    (s->bind_later == BIND_LATER_AUTO && b->end->tunnel->patient);
}

/* The wait is over. */
static void
bind_finish(struct bind_later *b)
{
	resolve_cancel(&b->lookup);
	timer_stop(&b->timer);
	route_watch_stop(&b->routes);
	b->state = BIND_DONE;
}

/* The timer for the next attempt is due. */
static void
bind_due(struct timer *t)
{
	bind_attempt(LIST_ITEM(t, struct bind_later, timer));
}

/* Sets the timer, unless the system will report what is missing. */
static void
bind_pause(struct bind_later *b)
{
	if (bind_is_literal(b->at.host) && bind_is_lack(b->error) &&
	    route_watch_is_told(&b->routes))
		return;
	timer_set(&b->timer, bind_loop(b), loop_now(bind_loop(b)) +
	    (uint64_t)b->pause_ms, bind_due);
	b->pause_ms = b->pause_ms * 2 < BIND_PAUSE_MAX_MS ? b->pause_ms * 2 :
	    BIND_PAUSE_MAX_MS;
}

/* The look-up of an attempt ended. */
static void
bind_resolved(struct lookup *l, const struct addr *addr, unsigned n,
    const char *why)
{
	struct bind_later *b = LIST_ITEM(l, struct bind_later, lookup);
	static const struct bind_how plain = { false, NULL };
	int before = b->error;
	const char *step;
	struct fault f;

	if (n == 0) {
		log_debug("%s: %s", b->end->name, why);
		b->error = ENODEV;
	} else if (b->open(b, addr, n, &plain, &step) == 0) {
		bind_finish(b);
		return;
	} else {
		b->error = errno;
		(void)bind_failed(b->end, &b->at, step, b->error, &f);
		if (!bind_is_lack(b->error) && b->error != before)
			log_error("%s; it will be tried again", f.text);
	}
	bind_pause(b);
}

/* Tries to open the sockets. */
static void
bind_attempt(struct bind_later *b)
{
	resolve_cancel(&b->lookup);
	timer_stop(&b->timer);
	resolve_start(b->end->tunnel->resolver, &b->lookup, b->at.host,
	    b->at.port, LOOKUP_BIND, BIND_LOOKUP_MS, bind_resolved);
}

/* Addresses or routes have changed. */
static void
bind_changed(struct route_watch *w)
{
	struct bind_later *b = LIST_ITEM(w, struct bind_later, routes);

	uint64_t soon_ms = loop_now(bind_loop(b)) + BIND_PAUSE_MIN_MS;

	if (b->state == BIND_WAITING && bind_is_literal(b->at.host)) {
		bind_attempt(b);
	} else if (b->state == BIND_WAITING) {
		b->pause_ms = BIND_PAUSE_MIN_MS;
		if (timer_is_set(&b->timer) && b->timer.due_ms > soon_ms)
			timer_set(&b->timer, bind_loop(b), soon_ms, bind_due);
	} else if (route_is_ours(&b->addr)) {
		log_info("%s: this machine has the address now",
		    b->end->name);
		bind_finish(b);
	}
}

/* Begins to wait. */
static void
bind_wait(struct bind_later *b, enum bind_state state)
{
	b->state = state;
	b->pause_ms = BIND_PAUSE_MIN_MS;
	route_watch_start(&b->routes, bind_loop(b), bind_changed);
	if (state == BIND_WAITING)
		bind_pause(b);
}

/* Listens at an address that the machine lacks, now or later. */
static int
bind_lacking(struct bind_later *b, const struct addr *addr, unsigned n)
{
	static const struct bind_how lacking = { true, NULL };
	const char *step;

	if (n == 1 && bind_is_literal(b->at.host) &&
	    b->open(b, addr, n, &lacking, &step) == 0) {
		log_warn("%s: this machine does not have the address yet",
		    b->end->name);
		b->addr = *addr;
		bind_wait(b, BIND_LACKING);
		return 0;
	}
	log_warn("%s: it does not listen yet: it waits until this machine has "
	    "the address", b->end->name);
	bind_wait(b, BIND_WAITING);
	return 0;
}

/* Adds the remedy to a fault where waiting would help.  Returns -1. */
static int
bind_advise(struct fault *f)
{
	size_t n = strlen(f->text);

	if (strcmp(f->setting, "bind-later") == 0)
		snprintf(f->text + n, sizeof(f->text) - n, "; if it comes "
		    "later, as at boot, set bind-later=yes");
	return -1;
}

/* Takes the sockets that were passed for the end; returns how many, or -1 and
 * errno. */
static int
bind_passed(struct bind_later *b, const struct addr *addr, unsigned n,
    const char **step)
{
	const struct tunnel *t = b->end->tunnel;
	struct passed_wish wish = { t->name, b->end->name, b->stream, addr,
	    n };
	struct addr at[RESOLVE_MAX];
	fd_t fd[RESOLVE_MAX];
	struct bind_how how = { false, fd };
	unsigned found = passed_find(t->sockets, &wish, RESOLVE_MAX, fd, at);

	if (found == 0)
		return 0;
	return b->open(b, at, found, &how, step) == 0 ? (int)found : -1;
}

int
bind_later_start(struct bind_later *b, struct end *end,
    const struct settings *s, const struct hostport *at, struct fault *f)
{
	static const struct bind_how plain = { false, NULL };
	struct addr addr[RESOLVE_MAX];
	const char *step;
	unsigned n;
	int passed;

	b->end = end;
	b->at = *at;
	b->error = ENODEV;
	n = bind_addresses(end, at, addr, f);
	passed = bind_passed(b, addr, n, &step);
	if (passed != 0)
		return passed > 0 ? 0 : bind_failed(end, at, step, errno, f);
	if (n == 0 && f->kind == FAULT_SYSTEM && bind_may_wait(b, s)) {
		log_warn("%s; it waits for that", f->text);
		bind_wait(b, BIND_WAITING);
		return 0;
	}
	if (n == 0)
		return bind_advise(f);
	if (b->open(b, addr, n, &plain, &step) == 0)
		return 0;
	b->error = errno;
	if (bind_is_lack(b->error) && bind_may_wait(b, s))
		return bind_lacking(b, addr, n);
	(void)bind_failed(end, at, step, b->error, f);
	return bind_advise(f);
}

void
bind_later_stop(struct bind_later *b)
{
	if (b->state != BIND_DONE)
		bind_finish(b);
}
