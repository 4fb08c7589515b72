/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The header before packets of a TUN device that takes super-packets.
 */

#include "compat.h"

#include "wire/vnet.h"

/* Reads a little-endian number. */
static uint16_t
little_at(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

/* Writes one. */
static void
put_little(uint8_t *p, uint16_t number)
{
	p[0] = (uint8_t)number;
	p[1] = (uint8_t)(number >> 8);
}

void
vnet_get(struct vnet *v, const uint8_t p[VNET_HEADER])
{
	v->flags = p[0];
	v->type = p[1];
	v->headers = little_at(p + 2);
	v->size = little_at(p + 4);
	v->sum_begin = little_at(p + 6);
	v->sum_at = little_at(p + 8);
}

void
vnet_put(const struct vnet *v, uint8_t p[VNET_HEADER])
{
	p[0] = v->flags;
	p[1] = v->type;
	put_little(p + 2, v->headers);
	put_little(p + 4, v->size);
	put_little(p + 6, v->sum_begin);
	put_little(p + 8, v->sum_at);
}
