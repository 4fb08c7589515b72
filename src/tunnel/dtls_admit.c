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
	ADMIT_YOUNG_MS = 500,	/* longer than most handshakes take */
	ADMIT_BURST_US = 30000,	/* burst of the handshake budget */
	ADMIT_SHARE = 8,	/* an address with more than one in so many
				 * places loses its oldest at any age */
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
	memset(a, 0, sizeof(*a));
	a->end = end;
	a->max = max;
	a->skip_verify = skip_verify;
	list_init(&a->half_open);
	dtls_cookies_init(&a->cookies, end->tunnel->random, admit_now(a));
}

void
dtls_admit_stop(struct dtls_admit *a)
{
	explicit_bzero(&a->cookies, sizeof(a->cookies));
}

/*
 * Places
 */

void
dtls_half_open_init(struct dtls_half_open *h)
{
	list_init(&h->link);
}

void
dtls_admit_enter(struct dtls_admit *a, struct dtls_half_open *h,
    const struct addr *peer)
{
	must(a->n < a->max);
	h->peer = *peer;
	h->began_ms = admit_now(a);
	list_add(&a->half_open, &h->link);
	a->n++;
}

void
dtls_admit_leave(struct dtls_admit *a, struct dtls_half_open *h)
{
	if (list_empty(&h->link))
		return;
	list_remove(&h->link);
	a->n--;
}

bool
dtls_admit_is_full(const struct dtls_admit *a)
{
	return a->n == a->max;
}

struct dtls_half_open *
dtls_admit_oldest(const struct dtls_admit *a)
{
	return list_empty(&a->half_open) ? NULL :
	    LIST_ITEM(a->half_open.next, struct dtls_half_open, link);
}

/* Have both the same IPv4 address, or the same IPv6 /64? */
static bool
admit_is_same_network(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	    memcmp(a->ip, b->ip, a->family == 4 ? 4 : 8) == 0;
}

/* Has the address of a half-open handshake, a different one than the peer's,
 * more than its share of the places? */
static bool
admit_has_too_many(const struct dtls_admit *a, const struct dtls_half_open *h,
    const struct addr *peer)
{
	const struct list *at;
	unsigned n = 0;

	if (admit_is_same_network(&h->peer, peer))
		return false;
	for (at = a->half_open.next; at != &a->half_open; at = at->next)
		n += admit_is_same_network(&LIST_ITEM(at, struct dtls_half_open,
		    link)->peer, &h->peer);
	return n > a->max / ADMIT_SHARE;
}

/* Is there a place for a new handshake?  A free one, or that of `old` (may be
 * NULL), which it replaces, or that of the oldest, if that may be evicted.
 * Logs an eviction; logs and counts a refusal. */
static bool
admit_find_place(struct dtls_admit *a, const struct addr *peer,
    const struct dtls_half_open *old)
{
	const struct dtls_half_open *oldest = dtls_admit_oldest(a);
	uint64_t now_ms = admit_now(a);
	char text[ADDR_TEXT];
	bool young;

	if (!dtls_admit_is_full(a) || (old != NULL && !list_empty(&old->link)))
		return true;
	young = now_ms - oldest->began_ms < ADMIT_YOUNG_MS &&
	    !admit_has_too_many(a, oldest, peer);
	log_limited(&a->full_limit, now_ms, LEVEL_WARN,
	    "%s: %u handshakes are under way; %s was dropped (%s); "
	    "half-open sets the limit", a->end->name, a->n,
	    young ? "a new one" : "the oldest",
	    addr_text(young ? peer : &oldest->peer, text));
	if (young)
		end_drop(a->end, LOST_NO_FLOW, 1);
	return !young;
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

	return a->skip_verify && a->n < a->max / 2 &&
	    (t->settings.rate_limit.count == 0 ||
	    !limit_is_half(&t->limit, peer, loop_now(t->loop)));
}

enum dtls_admission
dtls_admit_decide(struct dtls_admit *a, const struct udp_msg *m,
    const struct dtls_half_open *old)
{
	enum dtls_admission yes = DTLS_ADMIT_PROVEN;
	struct peer peer = { .addr = m->peer, .local = m->local };
	uint8_t key[SOURCE_KEY];

	source_key(key, &m->peer, &m->local);
	switch (dtls_cookies_check(&a->cookies, m->d.data, m->d.len, key,
	    sizeof(key), admit_now(a))) {
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
	    end_admit(a->end, &peer) ? yes : DTLS_ADMIT_DROP;
}

size_t
dtls_admit_demand(struct dtls_admit *a, const struct udp_msg *m,
    uint8_t out[DTLS_VERIFY_DATAGRAM])
{
	uint8_t key[SOURCE_KEY];

	source_key(key, &m->peer, &m->local);
	return dtls_cookies_demand(&a->cookies, m->d.data, m->d.len, key,
	    sizeof(key), admit_now(a), out);
}
