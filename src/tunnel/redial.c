/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Dials over TCP, and redials after a back-off.
 */

#include "compat.h"

#include "tunnel/redial.h"

void
redial_init(struct redial *r, const struct end *end, const struct settings *s,
    const struct tcp_options *options)
{
	r->end = end;
	r->options = options;
	r->timeout_ms = s->timeout_ms;
	r->backoff_ms = s->backoff_ms;
	r->resolve_once = s->resolve_once;
}

int
redial_check_tls(const char *name, const struct settings *s, struct fault *f)
{
	if (s->no_name_check && s->cafile == NULL)
		return fault_user(f, "no-name-check", "%s: no-name-check is "
		    "only safe together with cafile", name);
	if (s->no_name_check && s->tls_name != NULL)
		return fault_user(f, "no-name-check", "%s: no-name-check and "
		    "name exclude each other", name);
	if (s->tls_name != NULL && *s->tls_name == '\0')
		return fault_user(f, "name", "%s: name: the name that the "
		    "certificate must have is empty", name);
	if (s->key != NULL && s->cert == NULL)
		log_warn("%s: a key without a certificate has no effect", name);
	return 0;
}

void
redial_reset(const struct redial *r, struct redial_try *c)
{
	c->pause_ms = REDIAL_RETRY_MS < r->backoff_ms ? REDIAL_RETRY_MS :
	    (uint64_t)r->backoff_ms;
}

void
redial_dial(const struct redial *r, struct redial_try *c,
    const struct hostport *at, tcp_dial_fn *fn)
{
	struct tunnel *t = r->end->tunnel;

	c->began_ms = loop_now(t->loop);
	if (r->n_known > 0)
		tcp_dial_known(&c->dial, t->loop, r->known, r->n_known,
		    r->options, r->timeout_ms, fn);
	else
		tcp_dial_start(&c->dial, t->loop, t->resolver, at,
		    r->options, r->timeout_ms, fn);
}

void
redial_keep(struct redial *r, const struct addr *addr, unsigned n)
{
	unsigned i;

	if (!r->resolve_once || r->n_known > 0)
		return;
	for (i = 0; i < n; i++)
		if (addr[i].family == 4)
			r->known[r->n_known++] = addr[i];
	for (i = 0; i < n; i++)
		if (addr[i].family != 4)
			r->known[r->n_known++] = addr[i];
}

void
redial_again(const struct redial *r, struct redial_try *c, timer_fn *again)
{
	struct tunnel *t = r->end->tunnel;
	uint64_t most = (uint64_t)r->backoff_ms, pause = c->pause_ms;

	c->pause_ms = pause * 2 < most ? pause * 2 : most;
	/* Jitter: up to a quarter less, so that many connections are not
	 * dialled at once. */
	pause -= random_u32_below(t->random, (uint32_t)(pause / 4) + 1);
	timer_set(&c->timer, t->loop, loop_now(t->loop) + pause, again);
}

void
redial_pace(const struct redial *r, struct timer *pace, timer_fn *fn)
{
	struct tunnel *t = r->end->tunnel;

	if (r->failures >= REDIAL_FAILURES)
		timer_set(pace, t->loop, loop_now(t->loop) + REDIAL_PACE_MS +
		    random_u32_below(t->random, REDIAL_PACE_MS), fn);
}

void
redial_log_failure(struct redial *r, const char *why, const char *when)
{
	uint64_t now_ms = loop_now(r->end->tunnel->loop);

	r->failures++;
	if (r->failing && now_ms - r->logged_ms < REDIAL_LOG_MS &&
	    strncmp(r->why, why, sizeof(r->why) - 1) == 0) {
		log_debug("%s: cannot connect: %s", r->end->name, why);
		return;
	}
	r->failing = true;
	r->logged_ms = now_ms;
	strlcpy(r->why, why, sizeof(r->why));
	log_limited(&r->limit, now_ms, LEVEL_ERROR,
	    "%s: cannot connect: %s; trying again%s", r->end->name, why, when);
}
