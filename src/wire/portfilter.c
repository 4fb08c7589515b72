/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's filter of packets by their ports.
 */

#include "compat.h"

#include "wire/portfilter.h"

enum { STAMPS = 65535 };	/* different stamps; 0 is not one of them */

void
portfilter_init(struct portfilter *f, uint64_t now_ms)
{
	memset(f, 0, sizeof(*f));
	f->last_ms = f->swept_ms = now_ms;
}

void
portfilter_allow(struct portfilter *f, uint16_t port)
{
	f->allowed[port / 8] |= (uint8_t)(1 << port % 8);
}

/* Is the port among the allowed ones? */
static bool
is_allowed(const struct portfilter *f, uint16_t port)
{
	return (f->allowed[port / 8] >> port % 8 & 1) != 0;
}

/* The stamp of a time: 1 to STAMPS. */
static uint16_t
stamp_of(uint64_t ms)
{
	return (uint16_t)(ms / PORTFILTER_UNIT_MS % STAMPS + 1);
}

/* Is a stamp of the last PORTFILTER_MS? */
static bool
is_fresh(uint16_t stamp, uint64_t now_ms)
{
	unsigned age;

	if (stamp == 0)
		return false;
	age = ((unsigned)stamp_of(now_ms) + STAMPS - stamp) % STAMPS;
	return age <= PORTFILTER_MS / PORTFILTER_UNIT_MS;
}

/* Removes expired stamps, if a sweep is due, before their age wraps round. */
static void
portfilter_sweep(struct portfilter *f, uint64_t now_ms)
{
	uint64_t quiet_ms = now_ms - f->last_ms;
	unsigned way, port;

	f->last_ms = now_ms;
	if (quiet_ms > PORTFILTER_MS + PORTFILTER_UNIT_MS) {
		memset(f->seen, 0, sizeof(f->seen));
		f->swept_ms = now_ms;
	}
	if (now_ms - f->swept_ms < PORTFILTER_SWEEP_MS)
		return;
	f->swept_ms = now_ms;
	for (way = 0; way < 2; way++)
		for (port = 0; port < PORTFILTER_PORTS; port++)
			if (!is_fresh(f->seen[way][port], now_ms))
				f->seen[way][port] = 0;
}

bool
portfilter_pass(struct portfilter *f, enum portfilter_way way,
    const struct ip *ip, uint64_t now_ms)
{
	enum portfilter_way back = way == PORTFILTER_OUT ? PORTFILTER_IN :
	    PORTFILTER_OUT;
	bool from, to;

	portfilter_sweep(f, now_ms);
	if (ip->version != 4)
		return false;
	if (ip->protocol == IP_ICMP)
		return true;
	if (!ip->ports)
		return false;
	from = is_allowed(f, ip->src.port);
	to = is_allowed(f, ip->dst.port);
	if (from && to)
		return true;
	if (to && ip->src.port > 0) {
		f->seen[way][ip->src.port] = stamp_of(now_ms);
		return true;
	}
	return from && ip->dst.port > 0 &&
	    is_fresh(f->seen[back][ip->dst.port], now_ms);
}
