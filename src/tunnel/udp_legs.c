/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the ends on UDP sockets have in common.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/udp_legs.h"

#include "wire/ip.h"

enum { UDP_LEGS_PATH = 1500 };	/* the MTU of a usual path */

struct udp_options
udp_legs_options(const struct settings *s)
{
	struct udp_options o = { 0 };

	o.receive_buffer = (int)s->receive_buffer;
	o.send_buffer = (int)s->send_buffer;
	o.df = (enum udp_df)s->df;
	o.no_offload = s->no_offload;
	o.mark_set = s->mark >= 0;
	o.mark = (uint32_t)s->mark;
	return o;
}

void
udp_legs_count(struct end *end, struct leg *leg, struct udp_losses *lost)
{
	const struct { enum cause cause; unsigned long n; } new[] = {
		{ LOST_TRUNCATED, lost->truncated },
		{ LOST_SOCKET_FULL, lost->full },
		{ LOST_REFUSED, lost->refused },
		{ LOST_TOO_BIG, lost->too_big },
		{ LOST_FAILED, lost->failed },
	};
	unsigned i;

	for (i = 0; i < sizeof(new) / sizeof(new[0]); i++) {
		if (leg != NULL)
			flow_drop(leg, new[i].cause, new[i].n);
		else
			end_drop(end, new[i].cause, new[i].n);
	}
	memset(lost, 0, sizeof(*lost));
}

size_t
udp_legs_room(const struct addr *peer)
{
	return ip_udp_room(UDP_LEGS_PATH, peer->family == 6 ? 6 : 4);
}

/* Sets one address, all of whose bytes count. */
static void
source_set_addr(struct addr *to, const struct addr *a)
{
	memset(to, 0, sizeof(*to));
	if (a->family == 0)
		return;
	to->family = a->family;
	memcpy(to->ip, a->ip, sizeof(to->ip));
	to->port = a->port;
	to->scope = a->scope;
}

void
source_set(struct source *s, const struct addr *peer, const struct addr *local)
{
	source_set_addr(&s->peer, peer);
	source_set_addr(&s->local, local);
}
