/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides which strangers may begin a DTLS handshake: cookies, eviction of
 * half-open handshakes, and the handshake budget.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_admit.h"

#include "tunnel/udp_legs.h"

enum {
	ADMIT_BURST_US = 30000,	/* burst of the handshake budget */
};

static uint64_t
admit_now(const struct dtls_admit *a)
{
	return loop_now(a->end->tunnel->loop);
}

void
dtls_admit_init(struct dtls_admit *a, struct end *end, unsigned max,
    bool skip_verify)
{
	uint8_t seed[TABLE_SEED];

	memset(a, 0, sizeof(*a));
	a->end = end;
	a->skip_verify = skip_verify;
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	pendings_init(&a->half_open, max, seed, NULL);
	dtls_cookies_init(&a->cookies, end->tunnel->random, admit_now(a));
}

void
dtls_admit_renew(struct dtls_admit *a, unsigned max, bool skip_verify)
{
	a->skip_verify = skip_verify;
	if (a->half_open.max != max)
		pendings_resize(&a->half_open, max);
}

void
dtls_admit_stop(struct dtls_admit *a)
{
	pendings_free(&a->half_open);
	explicit_bzero(&a->cookies, sizeof(a->cookies));
}

/*
 * Places
 */

/* Is there a place for a new handshake?  A free one, or that of `old` (may be
 * NULL), which it replaces, or that of one which is evicted.  Logs an eviction;
 * logs and counts a refusal. */
static bool
admit_find_place(struct dtls_admit *a, const struct addr *peer,
    const struct pending *old)
{
	uint64_t now_ms = admit_now(a);
	const struct pending *payer;
	char text[ADDR_TEXT];

	if (!pendings_is_full(&a->half_open) ||
	    (old != NULL && pending_is_in(old)))
		return true;
	payer = pendings_payer(&a->half_open, peer, now_ms);
	log_limited(&a->full_limit, now_ms, LEVEL_WARN,
	    "%s: %u handshakes are under way; %s was dropped (%s); "
	    "half-open sets the limit", a->end->name, a->half_open.n,
	    payer == NULL ? "a new one" : "the oldest",
	    addr_text(payer == NULL ? peer : &payer->peer, text));
	if (payer == NULL)
		end_drop(a->end, LOST_NO_FLOW, 1);
	return payer != NULL;
}

/*
 * Time
 */

void
dtls_admit_spend(struct dtls_admit *a, uint64_t us)
{
	a->spent_us += us;
}

/* Is the handshake budget not used up?  Logs and counts a refusal. */
static bool
admit_check_budget(struct dtls_admit *a, const struct addr *peer)
{
	uint64_t now_us = clock_mono_us();
	uint64_t rest_us = (now_us - a->spent_at_us) / 2;
	char text[ADDR_TEXT];

	a->spent_us = rest_us < a->spent_us ? a->spent_us - rest_us : 0;
	a->spent_at_us = now_us;
	if (a->spent_us < ADMIT_BURST_US)
		return true;
	log_limited(&a->budget_limit, admit_now(a), LEVEL_WARN,
	    "%s: handshakes take half of the time; a new one was dropped (%s)",
	    a->end->name, addr_text(peer, text));
	end_drop(a->end, LOST_NO_FLOW, 1);
	return false;
}

/*
 * The decision
 */

/* May this stranger begin without a cookie? */
static bool
admit_may_skip(const struct dtls_admit *a, const struct addr *peer)
{
	const struct tunnel *t = a->end->tunnel;

	return a->skip_verify && a->half_open.n < a->half_open.max / 2 &&
	    (t->settings.rate_limit.count == 0 ||
	    !limit_is_half(&t->admit.limit, peer, loop_now(t->loop)));
}

enum dtls_admission
dtls_admit_decide(struct dtls_admit *a, const struct udp_msg *m,
    const struct pending *old)
{
	enum dtls_admission yes = DTLS_ADMIT_PROVEN;
	struct peer peer = { .addr = m->peer };
	struct source source;

	source_set(&source, &m->peer, &m->local);
	switch (dtls_cookies_check(&a->cookies, m->d.data, m->d.len, &source,
	    sizeof(source), admit_now(a))) {
	case DTLS_NO_HELLO:
		end_drop(a->end, LOST_FORGED, 1);
		return DTLS_ADMIT_DROP;
	case DTLS_HELLO:
		if (old != NULL || !admit_may_skip(a, &m->peer))
			return DTLS_ADMIT_DEMAND;
		yes = DTLS_ADMIT_UNPROVEN;
		break;
	case DTLS_HELLO_RETURNED:
		break;
	}
	return admit_check_budget(a, &m->peer) &&
	    admit_find_place(a, &m->peer, old) &&
	    flow_admit_ask(a->end, &peer) ? yes : DTLS_ADMIT_DROP;
}

size_t
dtls_admit_demand(struct dtls_admit *a, const struct udp_msg *m,
    uint8_t out[DTLS_VERIFY_DATAGRAM])
{
	struct source source;

	source_set(&source, &m->peer, &m->local);
	return dtls_cookies_demand(&a->cookies, m->d.data, m->d.len, &source,
	    sizeof(source), admit_now(a), out);
}
