/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Groups of endpoints: their text, and picking one.
 *
 * NOTES.  A number below n is drawn by masking random bits to the length of
 * n - 1 and drawing again while it is too large, which has no bias.
 */

#include "compat.h"

#include "base/addrgroup.h"
#include "base/bytes.h"
#include "base/text.h"

enum {
	DRAW_TRIES = 128,	/* to draw one number */
	OTHER_TRIES = 16,	/* draws for an endpoint that did not fail */
};

/* A place in a group: the endpoint there is endpoint_at(). */
struct place {
	size_t term;		/* index */
	struct wide at;		/* index of the address in it, from 0 */
	uint32_t port;		/* index of the port in it, from 0 */
};

struct wide
group_number(const struct addr *a)
{
	struct wide w = { 0, get_be64(a->ip), get_be64(a->ip + 8) };

	return a->family == 4 ? wide_from(get_be32(a->ip)) : w;
}

/* Writes a number as the bytes of an address, whose family is set. */
static void
wide_to_addr(struct wide w, struct addr *a)
{
	if (a->family == 4) {
		put_be32(a->ip, (uint32_t)w.lo);
	} else {
		put_be64(a->ip, w.hi);
		put_be64(a->ip + 8, w.lo);
	}
}

void
group_shrink(struct addrgroup *g, size_t n)
{
	while (g->n_terms > n)
		free(g->term[--g->n_terms].name);
}

void
group_free(struct addrgroup *g)
{
	if (g == NULL)
		return;
	group_shrink(g, 0);
	free(g->term);
	free(g->group);
	free(g);
}

/* Endpoints of an item; UINT64_MAX for so many or more. */
static uint64_t
term_count(const struct group_term *t)
{
	if (t->size.top != 0 || t->size.hi != 0 ||
	    t->size.lo > UINT64_MAX / t->ports)
		return UINT64_MAX;
	return t->size.lo * t->ports;
}

uint64_t
group_count(const struct addrgroup *g)
{
	uint64_t count = 0, n;
	size_t i;

	for (i = 0; i < g->n_terms; i++) {
		n = term_count(&g->term[i]);
		count = n > UINT64_MAX - count ? UINT64_MAX : count + n;
	}
	return count;
}

bool
group_is_single(const struct addrgroup *g)
{
	return group_count(g) == 1;
}

/* Appends an address, IPv6 in brackets. */
static void
add_bracketed(struct text *text, const struct addr *a)
{
	char ip[ADDR_TEXT];

	text_add(text, a->family == 6 ? "[%s]" : "%s", addr_ip_text(a, ip));
}

/* Appends an item without its ports. */
static void
add_term(struct text *text, const struct group_term *t)
{
	struct addr last = t->first;

	if (t->name != NULL) {
		text_add(text, strchr(t->name, ':') != NULL ? "[%s]" : "%s",
		    t->name);
		return;
	}
	add_bracketed(text, &t->first);
	if (t->prefix >= 0) {
		text_add(text, "/%d", t->prefix);
	} else if (wide_less(wide_from(1), t->size)) {
		wide_to_addr(wide_add(group_number(&last),
		    wide_subtract(t->size, wide_from(1))), &last);
		text_add(text, "..");
		add_bracketed(text, &last);
	}
}

/* Appends a group.  Ports are written once for a run of items that share
 * them, behind its last item. */
static void
add_group(struct text *text, const struct group_term *t,
    const struct group_term *end)
{
	bool braces = end - t > 1 || term_count(t) > 1 || t->prefix >= 0;

	text_add(text, "%s", braces ? "{" : "");
	for (; t < end; t++) {
		add_term(text, t);
		if (t + 1 == end || t[1].port != t->port ||
		    t[1].ports != t->ports) {
			text_add(text, ":%u", (unsigned)t->port);
			if (t->ports > 1)
				text_add(text, "-%lu",
				    (unsigned long)(t->port + t->ports - 1));
		}
		text_add(text, "%s", t + 1 < end ? "," : braces ? "}" : "");
	}
}

const char *
group_text(const struct addrgroup *g, char *text, size_t size)
{
	struct text t;
	size_t i;

	text_init(&t, text, size);
	for (i = 0; i < g->n_groups; i++) {
		text_add(&t, "%s", i > 0 ? "+" : "");
		add_group(&t, g->term + g->group[i].begin,
		    g->term + g->group[i].end);
	}
	if (t.room == 1)
		memcpy(text + size - 4, "...", 4);
	return text;
}

bool
endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	if (a->name == NULL || b->name == NULL)
		return a->name == b->name && addr_same(&a->addr, &b->addr);
	return a->addr.port == b->addr.port &&
	    text_same_nocase(a->name, b->name);
}

void
endpoint_hostport(const struct endpoint *e, struct hostport *hp)
{
	char ip[ADDR_TEXT];

	snprintf(hp->host, sizeof(hp->host), "%s", e->name != NULL ? e->name :
	    addr_ip_text(&e->addr, ip));
	hp->port = e->addr.port;
}

/*
 * Picking
 */

/* A mask of all bits up to the highest bit that is set in n. */
static uint64_t
ones_below(uint64_t n)
{
	unsigned shift;

	for (shift = 1; shift < 64; shift *= 2)
		n |= n >> shift;
	return n;
}

/* A random number below n, which is not 0. */
static struct wide
wide_draw(struct wide n, group_random_fn *fn, void *arg)
{
	struct wide most = wide_subtract(n, wide_from(1)), v;
	uint8_t bytes[GROUP_RANDOM];
	int i;

	if (!wide_less(wide_from(0), most))
		return most;
	for (i = 0; i < DRAW_TRIES; i++) {
		fn(arg, bytes, sizeof(bytes));
		v.top = get_be64(bytes) & ones_below(most.top);
		v.hi = get_be64(bytes + 8) &
		    (most.top != 0 ? UINT64_MAX : ones_below(most.hi));
		v.lo = get_be64(bytes + 16) &
		    ((most.top | most.hi) != 0 ? UINT64_MAX :
		    ones_below(most.lo));
		if (!wide_less(most, v))
			return v;
	}
	/* Probability 2^-128, unless the generator is broken. */
	return wide_from(0);
}

/* A random place. */
static void
place_draw(const struct addrgroup *g, group_random_fn *fn, void *arg,
    struct place *place)
{
	const struct group_set *group = &g->group[
	    wide_draw(wide_from(g->n_groups), fn, arg).lo];
	const struct group_term *t;

	place->term = group->begin;
	place->at = wide_draw(group->size, fn, arg);
	for (;; place->term++) {
		t = &g->term[place->term];
		if (wide_less(place->at, t->size))
			break;
		place->at = wide_subtract(place->at, t->size);
	}
	place->port = (uint32_t)wide_draw(wide_from(t->ports), fn, arg).lo;
}

/* The place after it; after the last one, the first. */
static void
place_next(const struct addrgroup *g, struct place *place)
{
	const struct group_term *t = &g->term[place->term];

	if (++place->port < t->ports)
		return;
	place->port = 0;
	place->at = wide_add(place->at, wide_from(1));
	if (wide_less(place->at, t->size))
		return;
	place->at = wide_from(0);
	place->term = (place->term + 1) % g->n_terms;
}

/* Fills in the endpoint at a place. */
static void
endpoint_at(const struct addrgroup *g, const struct place *place,
    struct endpoint *e)
{
	const struct group_term *t = &g->term[place->term];

	memset(e, 0, sizeof(*e));
	e->name = t->name;
	e->addr = t->first;
	e->addr.port = (uint16_t)(t->port + place->port);
	if (t->name == NULL)
		wide_to_addr(wide_add(group_number(&t->first), place->at),
		    &e->addr);
}

/* The index of an endpoint's record; failed->n when it has none. */
static unsigned
failed_find(const struct group_failed *failed, const struct endpoint *e)
{
	unsigned i;

	for (i = 0; i < failed->n; i++)
		if (endpoint_same(&failed->endpoint[i], e))
			break;
	return i;
}

/* Removes record i. */
static void
failed_remove(struct group_failed *failed, unsigned i)
{
	for (failed->n--; i < failed->n; i++) {
		failed->endpoint[i] = failed->endpoint[i + 1];
		failed->at_ms[i] = failed->at_ms[i + 1];
	}
}

bool
group_pick_other(const struct addrgroup *g,
    const struct group_failed *failed, uint64_t now_ms,
    group_random_fn *fn, void *arg, struct endpoint *picked)
{
	unsigned oldest = failed->n, at;
	struct place place;
	struct endpoint e;
	size_t i, steps;

	/*
	 * An endpoint is at most once in each item, so failed->n endpoints are
	 * at no more than failed->n * n_terms places.  Stepping through one
	 * place more finds an endpoint that did not fail, or wraps around.
	 */
	steps = OTHER_TRIES + failed->n * g->n_terms + 1;
	for (i = 0; i < steps; i++) {
		if (i < OTHER_TRIES)
			place_draw(g, fn, arg, &place);
		else
			place_next(g, &place);
		endpoint_at(g, &place, &e);
		at = failed_find(failed, &e);
		if (at == failed->n ||
		    now_ms - failed->at_ms[at] >= GROUP_REMEMBER_MS) {
			*picked = e;
			return true;
		}
		if (i == 0 || at < oldest) {
			oldest = at;
			*picked = e;
		}
	}
	return false;
}

void
group_fail(struct group_failed *failed, const struct endpoint *e,
    uint64_t now_ms)
{
	group_recover(failed, e);
	if (failed->n == GROUP_FAILED)
		failed_remove(failed, 0);
	failed->endpoint[failed->n] = *e;
	failed->at_ms[failed->n] = now_ms;
	failed->n++;
}

bool
group_recover(struct group_failed *failed, const struct endpoint *e)
{
	unsigned i = failed_find(failed, e);

	if (i == failed->n)
		return false;
	failed_remove(failed, i);
	return true;
}
