/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Chooses the endpoint that a flow goes to, and the next one after a failure.
 */

#include "compat.h"

#include "tunnel/target.h"

void
target_init(struct target *t, struct end *end, const struct settings *s)
{
	char text[HOST_TEXT];

	t->end = end;
	t->group = s->group;
	t->at = s->at;
	if (t->group == NULL)
		end_name(end, &t->at);
	else
		snprintf(end->name, sizeof(end->name), "%s:%s", end->ops->name,
		    group_text(t->group, text, sizeof(text)));
}

/* Random bytes for the group's choice. */
static void
target_random(void *arg, void *bytes, size_t n)
{
	struct tunnel *tunnel = arg;

	random_bytes(tunnel->random, bytes, n);
}

bool
target_choose(struct target *t, struct aim *aim)
{
	struct tunnel *tunnel = t->end->tunnel;
	bool first = aim->at.host[0] == '\0', fresh;
	char text[HOST_TEXT + 16];

	if (t->group == NULL) {
		aim->at = t->at;
		return false;
	}
	fresh = group_pick_other(t->group, &t->failed, loop_now(tunnel->loop),
	    target_random, tunnel, &aim->endpoint);
	endpoint_hostport(&aim->endpoint, &aim->at);
	hostport_text(&aim->at, text);
	if (first && !group_is_single(t->group))
		log_info("%s: selected new endpoint %s", t->end->name, text);
	else
		log_debug("%s: selected new endpoint %s", t->end->name, text);
	return fresh;
}

void
target_failed(struct target *t, const struct aim *aim)
{
	if (t->group != NULL)
		group_fail(&t->failed, &aim->endpoint,
		    loop_now(t->end->tunnel->loop));
}

void
target_leave(struct target *t, struct aim *aim)
{
	target_failed(t, aim);
	(void)target_choose(t, aim);
}

void
target_answered(struct target *t, const struct aim *aim)
{
	if (t->group != NULL && t->failed.n > 0)
		(void)group_recover(&t->failed, &aim->endpoint);
}
