/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Super-packets of a TUN device.
 */

#include "compat.h"

#include <string.h>

#include "net/tun_super.h"

#include "net/tun.h"

int
tun_begin(struct tun *t, struct tun_super **super)
{
	if (!t->vnet)
		return 0;
	if (*super == NULL)
		*super = calloc(1, sizeof(**super));
	t->super = *super;
	if (t->super == NULL)
		return -1;
	memset(t->super, 0, sizeof(*t->super));
	t->super->join.tcp = t->joins_tcp;
	t->super->join.udp = t->joins_udp;
	return 0;
}

void
tun_super_read(struct tun_super *s, size_t n)
{
	struct vnet v;

	s->bad = true;
	s->rest.n = 0;
	if (n <= VNET_HEADER)
		return;
	vnet_get(&v, s->bytes);
	s->bad = segment_begin(&s->rest, &v, s->bytes + VNET_HEADER,
	    n - VNET_HEADER) != 0;
}

bool
tun_super_is_left(const struct tun_super *s)
{
	return s->bad || segment_next(&s->rest) > 0;
}

unsigned
tun_super_cut(struct tun_super *s, struct arena *arena, struct dgram *d,
    unsigned max)
{
	unsigned n;
	size_t len;

	for (n = 0; n < max && tun_super_is_left(s); n++) {
		len = s->bad ? 0 : segment_next(&s->rest);
		arena_copy(arena, &d[n], len);
		if (!s->bad)
			segment_cut(&s->rest, d[n].data);
		s->bad = false;
	}
	return n;
}
