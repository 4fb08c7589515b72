/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Plans that are filled in: the defaults that depend on both ends, and checks.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/plan.h"

#include "base/fault.h"
#include "base/text.h"
#include "net/hook.h"
#include "net/route_set.h"
#include "tunnel/safe.h"
#include "tunnel/tunnel.h"

/* Is one of its ends a device? */
static bool
plan_has_device(const struct plan *p)
{
	return p->end[LEFT].kind->device || p->end[RIGHT].kind->device;
}

void
plan_default_idle(struct plan *p)
{
	struct tunnel_settings presets = { .idle_ms = 0 };

	opt_presets(settings_tunnel, &presets);
	/* A device carries many conversations in one flow: it never expires. */
	if (p->tunnel.idle_ms == PLAN_UNSET)
		p->tunnel.idle_ms = plan_has_device(p) ? 0 : presets.idle_ms;
}

/* Checks a program that is to be run; 0, or -1 and the fault. */
static int
plan_check_program(const char *key, const char *program, struct fault *f)
{
	if (program == NULL)
		return 0;
	if (!hook_works)
		return fault_user(f, key, "%s: this Adit runs no programs",
		    key);
	if (*program != '/')
		return fault_user(f, key, "%s: \"%.*s\" is no whole path of a "
		    "program, like /etc/adit/%s.sh", key, PLAN_SHOWN, program,
		    key);
	return 0;
}

/* Marks the packets of a carrier that must not go by the default route of the
 * device, unless the user has chosen a mark. */
static void
plan_default_mark(struct plan *p)
{
	struct settings *s = &p->end[RIGHT].settings;
	const struct opt *row = p->end[RIGHT].kind->options;

	if (!settings_has_default(&p->end[LEFT].settings) || s->mark >= 0)
		return;
	for (; row->name != NULL; row++)
		if (strcmp(row->name, "mark") == 0)
			s->mark = ROUTE_SET_MARK;
}

int
plan_finish(struct plan *p, struct fault *f)
{
	const struct tunnel_settings *s = &p->tunnel;
	const char *key;
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++)
		if (p->end[i].kind == NULL || p->end[i].address == NULL)
			return fault_user(f, plan_sides[i], "a tunnel has two "
			    "ends; %s = KIND:ADDRESS is missing",
			    plan_sides[i]);
	plan_default_idle(p);
	plan_default_mark(p);
	if (plan_check_program("up", s->up, f) != 0 ||
	    plan_check_program("down", s->down, f) != 0)
		return -1;
	key = s->packet_stats ? "packet-stats" : s->allowed_ports != NULL ?
	    "allowed-ports" : NULL;
	if (key != NULL && !plan_has_device(p))
		return fault_user(f, key, "%s looks at IP packets: one of the "
		    "ends must be a tun", key);
	return 0;
}

int
plan_check_end(const struct plan_end *e, struct fault *f)
{
	const struct settings *s = &e->settings;
	char name[PLAN_SHOWN];
	struct text t;

	text_init(&t, name, sizeof(name));
	text_add(&t, "%s:", e->kind->name);
	text_add_quoted(&t, e->address, strlen(e->address));
	if (s->group != NULL && s->resolve_once)
		return fault_user(f, "resolve-once", "%s: resolve-once goes "
		    "with one host, not with a group", name);
	return e->kind->check == NULL ? 0 : e->kind->check(name, s, f);
}

int
plan_check(const struct plan *p, struct fault *f)
{
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++)
		if (plan_check_end(&p->end[i], f) != 0)
			return -1;
	return safe_check(p, f);
}

const char *
plan_killswitch(const struct plan *p)
{
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++)
		if (p->end[i].settings.killswitch)
			return p->end[i].settings.device;
	return NULL;
}
