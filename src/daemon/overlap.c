/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds tunnels that are to have the same port or device.
 *
 * NOTES.  Nothing is opened or looked up: a name is only compared with names.
 * A wildcard address and one of its family are the same where the system says
 * so.
 */

#include "compat.h"

#include <string.h>

#include "daemon/overlap.h"

#include "base/alloc.h"
#include "base/text.h"
#include "daemon/section.h"
#include "daemon/setup.h"
#include "tunnel/tunnel.h"

/* What the system gives only once. */
struct claim {
	struct setup_tunnel *tunnel;	/* that is to have it, */
	enum side side;		/* by that end */
	const char *device;	/* its name; NULL: it is a port */
	int type;		/* of the socket */
	const struct hostport *at;
	struct addr addr;	/* the same; family 0: a name, or "" */
};

/* Is it both wildcard addresses, or one of them? */
static bool
claim_is_wildcard(const struct claim *c)
{
	return *c->at->host == '\0' ||
	    (c->addr.family != 0 && addr_is_any(&c->addr));
}

/* May both have addresses of the same family? */
static bool
claims_share_family(const struct claim *a, const struct claim *b)
{
	return *a->at->host == '\0' || *b->at->host == '\0' ||
	    a->addr.family == b->addr.family;
}

/* Are both the same address, as written? */
static bool
claims_have_address(const struct claim *a, const struct claim *b)
{
	if (a->addr.family != 0 && b->addr.family != 0)
		return addr_same(&a->addr, &b->addr);
	return text_same_nocase(a->at->host, b->at->host);
}

/* Does the system give only one of the two? */
static bool
claims_conflict(const struct claim *a, const struct claim *b)
{
	bool any_a, any_b;

	if (a->device != NULL || b->device != NULL)
		return a->device != NULL && b->device != NULL &&
		    strcmp(a->device, b->device) == 0;
	if (a->type != b->type || a->at->port != b->at->port)
		return false;
	if (claims_have_address(a, b))
		return true;
	any_a = claim_is_wildcard(a);
	any_b = claim_is_wildcard(b);
	if (!claims_share_family(a, b) || (!any_a && !any_b))
		return false;
	return (any_a && any_b) || sock_wildcard_excludes(a->type);
}

/* Makes the claim of an end; false: it has none that is known. */
static bool
claim_make(struct claim *c, const struct plan *plan, enum side side)
{
	const struct plan_end *e = &plan->end[side];
	const char *name = e->kind->name;

	memset(c, 0, sizeof(*c));
	c->side = side;
	if (e->kind->device) {
		c->device = e->settings.device;
		return *c->device != '\0';
	}
	c->at = &e->settings.at;
	if (side == RIGHT) {
		/* Of those only ip-udp listens: at `local`, or where it has
		 * no peer at its port. */
		if (e->settings.local.port != 0)
			c->at = &e->settings.local;
		else if (strcmp(name, "ip-udp") != 0 ||
		    *e->settings.at.host != '\0' ||
		    *e->settings.local.host != '\0')
			return false;
	}
	if (c->at->port == 0)
		return false;
	c->type = side == RIGHT || strcmp(name, "udp-listen") == 0 ||
	    strcmp(name, "dtls-listen") == 0 ? SOCK_DGRAM : SOCK_STREAM;
	(void)addr_of_literal(&c->addr, c->at->host, c->at->port);
	return true;
}

/* Adds the fault that b is to have what a has already. */
static void
claim_refuse(struct setup *s, const struct claim *a, const struct claim *b)
{
	const struct setup_tunnel *first = a->tunnel;
	struct reading r = { s, b->tunnel->section, NULL, b->tunnel,
	    &b->tunnel->plan };
	const struct conf_key *key = section_find(r.section,
	    section_sides[b->side]);
	unsigned line = key == NULL ? r.section->line : key->line;
	char text[HOST_TEXT + 16];

	if (b->device != NULL)
		section_refuse(&r, line, "%s: the device %s is that of tunnel "
		    "%s already (%s, line %u); give it a different name",
		    section_sides[b->side], b->device, first->section->name,
		    first->section->file, first->section->line);
	else
		section_refuse(&r, line, "%s: tunnel %s has that port already "
		    "(%s, line %u), on %s; choose another port, or addresses "
		    "that differ", section_sides[b->side],
		    first->section->name, first->section->file,
		    first->section->line, *a->at->host == '\0' ?
		    "all addresses" : hostport_text(a->at, text));
}

void
overlap_check(struct setup *s)
{
	struct claim *claims = xcalloc(2 * s->n_tunnels + 1, sizeof(*claims));
	size_t n = 0, i, at;
	unsigned side;

	for (i = 0; i < s->n_tunnels; i++) {
		for (side = LEFT; side <= RIGHT; side++) {
			if (s->tunnels[i].faulty || !claim_make(&claims[n],
			    &s->tunnels[i].plan, (enum side)side))
				continue;
			claims[n].tunnel = &s->tunnels[i];
			for (at = 0; at < n && !claims_conflict(&claims[at],
			    &claims[n]); at++)
				;
			if (at == n)
				n++;
			else
				claim_refuse(s, &claims[at], &claims[n]);
		}
	}
	free(claims);
}

/* Have two devices an address in common? */
static bool
ends_share_address(const struct plan_end *a, const struct plan_end *b)
{
	unsigned i, j;

	if (!a->kind->device || !b->kind->device)
		return false;
	for (i = 0; i < a->settings.addresses.n; i++)
		for (j = 0; j < b->settings.addresses.n; j++)
			if (addr_same(&a->settings.addresses.at[i],
			    &b->settings.addresses.at[j]))
				return true;
	return false;
}

bool
overlap_addresses(const struct plan *a, const struct plan *b)
{
	unsigned i, j;

	for (i = LEFT; i <= RIGHT; i++)
		for (j = LEFT; j <= RIGHT; j++)
			if (ends_share_address(&a->end[i], &b->end[j]))
				return strcmp(a->end[i].settings.device,
				    b->end[j].settings.device) != 0;
	return false;
}

/* Has an end the default route of the machine? */
static bool
plan_has_default(const struct plan *p)
{
	return settings_has_default(&p->end[LEFT].settings) ||
	    settings_has_default(&p->end[RIGHT].settings);
}

bool
overlap_plans(const struct plan *a, const struct plan *b)
{
	struct claim one, other;
	unsigned i, j;

	if (plan_has_default(a) && plan_has_default(b))
		return true;

	for (i = LEFT; i <= RIGHT; i++)
		for (j = LEFT; j <= RIGHT; j++)
			if (claim_make(&one, a, (enum side)i) &&
			    claim_make(&other, b, (enum side)j) &&
			    claims_conflict(&one, &other))
				return true;
	return overlap_addresses(a, b);
}
