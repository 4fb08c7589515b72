/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Dials over TCP, and redials after a back-off.
 */

#include "compat.h"

#include "tunnel/redial.h"

#include "tunnel/credentials.h"

void
redial_renew(struct redial *r, const struct settings *s)
{
	r->timeout_ms = s->timeout_ms;
	r->backoff_ms = s->backoff_ms;
}

void
redial_init(struct redial *r, const struct end *end, const struct settings *s,
    const struct tcp_options *options)
{
	r->end = end;
	r->options = options;
	redial_renew(r, s);
	r->resolve_once = s->resolve_once;
	r->mss.on = s->tcp_mss == 0;
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
	return credentials_check(name, s, false, f);
}

void
redial_reset(const struct redial *r, struct redial_try *c)
{
	c->pause_ms = REDIAL_RETRY_MS < r->backoff_ms ? REDIAL_RETRY_MS :
	    (uint64_t)r->backoff_ms;
}

void
redial_dial(struct redial *r, struct redial_try *c,
    const struct hostport *at, const struct addr *only, tcp_dial_fn *fn)
{
	struct tcp_options options = *r->options;
	struct tunnel *t = r->end->tunnel;

	c->began_ms = loop_now(t->loop);
	c->mss = mss_choose(&r->mss, at, c->began_ms);
	c->slow = false;
	if (c->mss != 0)
		options.mss = c->mss;
	if (only != NULL)
		tcp_dial_known(&c->dial, t->loop, only, 1, &options,
		    r->timeout_ms, fn);
	else if (r->n_known > 0)
		tcp_dial_known(&c->dial, t->loop, r->known, r->n_known,
		    &options, r->timeout_ms, fn);
	else
		tcp_dial_start(&c->dial, t->loop, t->resolver, at, &options,
		    r->timeout_ms, fn);
}

bool
redial_note_sleep(const struct redial *r, uint64_t slept_ms)
{
	if (slept_ms < REDIAL_SLEPT_MS)
		return false;
	log_info("%s: the machine slept for %llu s; connecting again",
	    r->end->name, (unsigned long long)(slept_ms / 1000));
	return true;
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
redial_later(const struct redial *r, struct redial_try *c, uint64_t began_ms,
    timer_fn *again)
{
	struct tunnel *t = r->end->tunnel;
	uint64_t most = (uint64_t)r->backoff_ms, pause = c->pause_ms;
	uint64_t now_ms = loop_now(t->loop);

	c->pause_ms = pause * 2 < most ? pause * 2 : most;
	/* Jitter: up to a quarter less, so that many connections are not
	 * dialled at once. */
	pause -= random_u32_below(t->random, (uint32_t)(pause / 4) + 1);
	timer_set(&c->timer, t->loop, began_ms + pause > now_ms ?
	    began_ms + pause : now_ms, again);
}

void
redial_again(const struct redial *r, struct redial_try *c, timer_fn *again)
{
	redial_later(r, c, loop_now(r->end->tunnel->loop), again);
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

bool
redial_stalled(struct redial *r, struct redial_try *c,
    const struct hostport *at, const struct stream *s, enum mss_sign sign)
{
	uint64_t now_ms = loop_now(r->end->tunnel->loop);

	if (sign == MSS_HANDSHAKE)
		c->slow = true;
	/* Once a segment as long as any got through, the length is no cause,
	 * unless the path has changed, or those of the peer are longer.  The
	 * first lower MSS costs little. */
	if (c->mss != 0 && sign != MSS_HANDSHAKE &&
	    stream_longest_acked(s) > 0)
		return false;
	if (!mss_stalled(&r->mss, at, c->mss, sign, sign == MSS_HANDSHAKE ? 0 :
	    s->longest, now_ms))
		return false;
	log_debug("%s: a connection stalls; the next one to %s has a lower MSS",
	    r->end->name, at->host);
	return true;
}

/* Says that long segments get lost. */
static void
redial_tell_mss(struct redial *r, const struct redial_try *c,
    const struct hostport *at)
{
	struct tunnel *t = r->end->tunnel;
	char text[HOST_TEXT + 16];

	t->black_holes++;
	log_limited(&r->mss_limit, loop_now(t->loop), LEVEL_WARN, "%s: long "
	    "packets do not get through to %s, or not back; its connections "
	    "have an MSS of %d bytes for now (mss=%d makes that permanent)",
	    r->end->name, hostport_text(at, text), c->mss, c->mss);
}

bool
redial_is_done(struct redial *r, const struct redial_try *c,
    const struct hostport *at, const struct stream *s)
{
	if (s->tls == NULL)
		return false;
	if (c->slow)
		mss_was_slow(&r->mss, at, c->mss,
		    loop_now(r->end->tunnel->loop));
	if (!mss_up(&r->mss, at, c->mss))
		return false;
	redial_tell_mss(r, c, at);
	return true;
}

void
redial_carried(struct redial *r, const struct redial_try *c,
    const struct hostport *at, size_t len)
{
	if (mss_carried(&r->mss, at, c->mss, len))
		redial_tell_mss(r, c, at);
}

bool
redial_mss_is_right(const struct redial *r, const struct redial_try *c,
    const struct hostport *at, bool seen)
{
	if (seen && (c->mss == 0 || c->mss >= MSS_HIGH))
		return true;
	return mss_is_right(&r->mss, at, c->mss,
	    loop_now(r->end->tunnel->loop));
}

bool
redial_is_tried(const struct redial_try *c, const struct stream *s)
{
	return c->mss != 0 && s->longest >= (size_t)c->mss &&
	    stream_longest_acked(s) == 0;
}

size_t
redial_long_enough(const struct redial_try *c)
{
	return c->mss != 0 ? (size_t)c->mss : MSS_LONG;
}
