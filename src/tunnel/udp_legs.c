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
udp_legs_count(struct end *end, struct leg *leg, struct udp_losses *told,
    const struct udp_losses *now)
{
	const struct { enum cause cause; unsigned long n; } new[] = {
		{ LOST_TRUNCATED, now->truncated - told->truncated },
		{ LOST_SOCKET_FULL, now->full - told->full },
		{ LOST_REFUSED, now->refused - told->refused },
		{ LOST_TOO_BIG, now->too_big - told->too_big },
		{ LOST_FAILED, now->failed - told->failed },
	};
	unsigned i;

	if (memcmp(told, now, sizeof(*now)) == 0)
		return;
	for (i = 0; i < sizeof(new) / sizeof(new[0]); i++) {
		if (leg != NULL)
			flow_drop(leg, new[i].cause, new[i].n);
		else
			end_drop(end, new[i].cause, new[i].n);
	}
	*told = *now;
}

size_t
udp_legs_room(const struct addr *peer)
{
	return ip_udp_room(UDP_LEGS_PATH, peer->family == 6 ? 6 : 4);
}

/* Writes one address. */
static void
source_key_part(uint8_t key[SOURCE_KEY / 2], const struct addr *a)
{
	memset(key, 0, SOURCE_KEY / 2);
	key[0] = a->family;
	key[1] = (uint8_t)(a->port >> 8);
	key[2] = (uint8_t)a->port;
	memcpy(key + 3, a->ip, sizeof(a->ip));
	memcpy(key + 19, &a->scope, sizeof(a->scope));
}

void
source_key(uint8_t key[SOURCE_KEY], const struct addr *peer,
    const struct addr *local)
{
	source_key_part(key, peer);
	source_key_part(key + SOURCE_KEY / 2, local);
}
