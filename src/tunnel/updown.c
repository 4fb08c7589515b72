/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The programs of the settings `up` and `down` of a tunnel: when they are run,
 * and what is in their environment.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/updown.h"

#include "tunnel/plan.h"
#include "tunnel/tunnel.h"

/* Adds "NAME=VALUE". */
static void
env_add(struct updown_env *e, const char *fmt, va_list ap)
{
	size_t room = sizeof(e->bytes) - e->used;
	int n;

	if (e->n == HOOK_VARIABLES)
		return;
	n = vsnprintf(e->bytes + e->used, room, fmt, ap);
	if (n < 0 || (size_t)n >= room)
		return;
	e->list[e->n++] = e->bytes + e->used;
	e->used += (size_t)n + 1;
}

/* Adds a text that has NAME= in front. */
static void PRINTF_LIKE(2, 3)
env_add_whole(struct updown_env *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	env_add(e, fmt, ap);
	va_end(ap);
}

void
updown_add(struct updown_env *e, const char *name, const char *fmt, ...)
{
	char value[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	env_add_whole(e, "ADIT_%s=%s", name, value);
}

/* Fills the environment. */
static void
updown_describe(struct tunnel *t, struct updown_env *e, const char *what,
    const char *reason)
{
	const struct plan *plan = t->plan;
	char text[ADDR_TEXT];
	unsigned i;

	e->used = e->n = 0;
	memset(e->list, 0, sizeof(e->list));
	env_add_whole(e, HOOK_PATH);
	updown_add(e, "EVENT", "%s", what);
	updown_add(e, "REASON", "%s", reason);
	updown_add(e, "TUNNEL", "%s", t->name == NULL ? "" : t->name);
	updown_add(e, "LEFT", "%s:%s", plan->end[LEFT].kind->name,
	    plan->end[LEFT].address);
	updown_add(e, "RIGHT", "%s:%s", plan->end[RIGHT].kind->name,
	    plan->end[RIGHT].address);
	updown_add(e, "PEER", "%s", t->carrier.family == 0 ? "" :
	    addr_text(&t->carrier, text));
	for (i = LEFT; i <= RIGHT; i++)
		if (t->end[i]->ops->describe != NULL)
			t->end[i]->ops->describe(t->end[i], e);
}

/* Runs one of the programs, if there is one. */
static void
updown_run(struct tunnel *t, const char *what, const char *command,
    const char *reason)
{
	struct hook_request r = {
		.owner = t->name == NULL ? "" : t->name,
		.what = what, .command = command,
		.limit_ms = (uint64_t)t->settings.hook_ms,
	};
	struct updown_env e;

	if (t->updown.hooks == NULL || command == NULL)
		return;
	updown_describe(t, &e, what, reason);
	r.environment = e.list;
	hooks_run(t->updown.hooks, &r);
}

/* All that was said in the callback before is known. */
static void
updown_now_up(struct timer *timer)
{
	struct updown *u = LIST_ITEM(timer, struct updown, timer);
	struct tunnel *t = LIST_ITEM(u, struct tunnel, updown);

	u->up = true;
	updown_run(t, "up", t->settings.up, u->reason);
}

/* It is up. */
static void
updown_up(struct tunnel *t, const char *reason)
{
	struct updown *u = &t->updown;

	if (u->up || t->stopping || timer_is_set(&u->timer) ||
	    (t->settings.up == NULL && t->settings.down == NULL))
		return;
	u->reason = reason;
	timer_set(&u->timer, t->loop, loop_now(t->loop), updown_now_up);
}

/* It is down. */
static void
updown_down(struct tunnel *t, const char *reason)
{
	struct updown *u = &t->updown;

	timer_stop(&u->timer);
	if (!u->up)
		return;
	u->up = false;
	updown_run(t, "down", t->settings.down, reason);
}

/* Does the device on the LEFT say when it is up? */
static bool
updown_waits(const struct tunnel *t)
{
	return t->end[LEFT]->ops->device;
}

void
updown_started(struct tunnel *t)
{
	if (!updown_waits(t))
		updown_up(t, "started");
}

void
updown_carried(struct tunnel *t, const char *reason)
{
	updown_up(t, reason);
}

void
updown_lost(struct tunnel *t, const char *reason)
{
	updown_down(t, reason);
}

void
updown_stopping(struct tunnel *t)
{
	updown_down(t, "stopped");
}
