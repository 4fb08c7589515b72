/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Marks of congestion in IP packets.
 */

#include "compat.h"

#include "wire/ip_ecn.h"

#include "base/bytes.h"
#include "wire/ip.h"

enum {
	ECN_NONE = 0,		/* the sender takes no marks */
	ECN_MARKED = 3,		/* CE, of the two bits */
	IP4_CHECKSUM = 10,	/* where it is */
};

bool
ip_ecn_mark(uint8_t *p, size_t n)
{
	uint16_t old, new;
	unsigned shift;

	if (n >= IP4_HEADER && p[0] >> 4 == 4)
		shift = 0;	/* the low bits of the second byte */
	else if (n >= IP6_HEADER && p[0] >> 4 == 6)
		shift = 4;	/* of its upper half (RFC 8200 7) */
	else
		return false;
	old = get_be16(p);
	if (((old >> shift) & ECN_MARKED) == ECN_NONE)
		return false;
	new = (uint16_t)(old | ECN_MARKED << shift);
	put_be16(p, new);
	if (shift == 0)
		put_be16(p + IP4_CHECKSUM,
		    ip_checksum_update(get_be16(p + IP4_CHECKSUM), old, new));
	return true;
}
