/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The header before packets of a TUN device that takes super-packets.
 */

#include "compat.h"

#include <string.h>

#include "wire/vnet.h"

enum { VNET_NUMBERS = 2 };	/* where the four numbers begin */

void
vnet_get(struct vnet *v, const uint8_t p[VNET_HEADER])
{
	uint16_t number[4];

	memcpy(number, p + VNET_NUMBERS, sizeof(number));
	v->flags = p[0];
	v->type = p[1];
	v->headers = number[0];
	v->size = number[1];
	v->sum_begin = number[2];
	v->sum_at = number[3];
}

void
vnet_put(const struct vnet *v, uint8_t p[VNET_HEADER])
{
	uint16_t number[4];

	number[0] = v->headers;
	number[1] = v->size;
	number[2] = v->sum_begin;
	number[3] = v->sum_at;
	p[0] = v->flags;
	p[1] = v->type;
	memcpy(p + VNET_NUMBERS, number, sizeof(number));
}
