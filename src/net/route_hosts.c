/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides which routes a default route without marks is made of.
 */

#include "compat.h"

#include <string.h>

#include "net/route_hosts.h"

/* All bits of an address of that family. */
static unsigned
family_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* Adds all networks of a family whose prefix has so many bits; returns how many
 * there are then. */
static unsigned
add_parts(struct route_part *part, unsigned n, uint8_t family, unsigned bits,
    bool refuses)
{
	unsigned i;

	for (i = 0; i < 1u << bits; i++, n++) {
		memset(&part[n], 0, sizeof(part[n]));
		part[n].net.family = family;
		part[n].net.ip[0] = (uint8_t)(i << (8 - bits));
		part[n].bits = bits;
		part[n].refuses = refuses;
	}
	return n;
}

unsigned
route_parts(uint8_t family, enum route_default def, bool lasting,
    struct route_part part[ROUTE_PARTS])
{
	unsigned n;

	switch (def) {
	case ROUTE_DEFAULT_NONE:
		return 0;
	case ROUTE_DEFAULT_BLOCKED:
		return add_parts(part, 0, family, ROUTE_HALF_BITS, true);
	case ROUTE_DEFAULT_DEVICE:
		break;
	}
	if (!lasting)
		return add_parts(part, 0, family, ROUTE_HALF_BITS, false);
	n = add_parts(part, 0, family, ROUTE_HALF_BITS, true);
	return add_parts(part, n, family, ROUTE_QUARTER_BITS, false);
}

bool
route_is_part(const struct addr *net, unsigned bits)
{
	return bits == ROUTE_HALF_BITS || bits == ROUTE_QUARTER_BITS ||
	    bits == family_bits(net->family);
}

struct route_host *
route_hosts_find(struct route_hosts *h, const struct addr *server)
{
	struct addr addr = *server;
	unsigned i;

	addr.port = 0;
	for (i = 0; i < h->n; i++)
		if (addr_same(&h->host[i].addr, &addr))
			return &h->host[i];
	return NULL;
}

struct route_host *
route_hosts_add(struct route_hosts *h, const struct addr *server)
{
	struct route_host *host = route_hosts_find(h, server);

	if (host != NULL || h->n == ROUTE_HOSTS)
		return host;
	host = &h->host[h->n++];
	memset(host, 0, sizeof(*host));
	host->addr = *server;
	host->addr.port = 0;
	return host;
}

void
route_hosts_remove(struct route_hosts *h, struct route_host *host)
{
	*host = h->host[--h->n];
}

void
route_hosts_begin(struct route_hosts *h, uint8_t family)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		if (h->host[i].addr.family == family)
			h->host[i].found = h->host[i].there = false;
}

/* Are they the same? */
static bool
way_is(const struct route_way *a, const struct route_way *b)
{
	return a->kind == b->kind && a->len == b->len &&
	    memcmp(a->address, b->address, a->len) == 0;
}

/* Is that the host route that a server was given? */
static bool
host_has(const struct route_host *host, const struct route_entry *e)
{
	return host->set && e->bits == family_bits(e->net.family) &&
	    addr_same(&host->addr, &e->net) &&
	    (e->ours || way_is(&host->way, &e->way));
}

void
route_hosts_see(struct route_hosts *h, const struct route_entry *e)
{
	struct route_host *host;

	for (host = h->host; host < h->host + h->n; host++) {
		if (host_has(host, e)) {
			host->there = true;
			continue;
		}
		if (e->ours || !e->usable)
			continue;
		/* Of two that are the same the first counts: the system lists
		 * the one that it uses before others. */
		if (host->addr.family != e->net.family ||
		    (host->found && host->bits >= e->bits) ||
		    !addr_in_prefix(&host->addr, &e->net, e->bits))
			continue;
		host->found = true;
		host->bits = e->bits;
		host->best = e->way;
	}
}

struct route_step
route_host_step(const struct route_host *host, bool on)
{
	struct route_step step;

	memset(&step, 0, sizeof(step));
	/* More specific than our parts: packets follow it anyway. */
	if (!on || (host->found && host->bits > ROUTE_QUARTER_BITS)) {
		step.removes = host->set;
		return step;
	}
	if (host->found)
		step.way = host->best;
	step.removes = host->set && !way_is(&host->way, &step.way);
	step.adds = !host->set || !host->there || step.removes;
	return step;
}
