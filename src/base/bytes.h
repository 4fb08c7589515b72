/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Integers in network byte order, a reader that checks bounds, and comparison
 * in constant time.
 */

#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t
get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static inline uint64_t
get_be64(const uint8_t *p)
{
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static inline void
put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

static inline void
put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

/* Are n bytes equal?  Takes constant time: for secrets and authentication
 * tags. */
static inline bool
secret_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= (uint8_t)(a[i] ^ b[i]);
	return diff == 0;
}

/* The unread part of some input.  A read past its end sets bad and fails as all
 * reads after it do, so that one check of bad, after the last read, is
 * enough. */
struct bytes {
	const uint8_t *data;	/* the next byte */
	size_t len;		/* bytes left; 0 once bad */
	bool bad;		/* a read went past the end */
};

/* Takes n bytes off the front; NULL, and sets bad, when there are fewer.  The
 * integers below are 0 then. */
static inline const uint8_t *
bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *p = b->data;

	if (b->bad || n > b->len) {
		b->bad = true;
		b->len = 0;
		return NULL;
	}
	b->data += n;
	b->len -= n;
	return p;
}

static inline uint8_t
bytes_u8(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 1);

	return p == NULL ? 0 : *p;
}

static inline uint16_t
bytes_be16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);

	return p == NULL ? 0 : get_be16(p);
}

static inline uint32_t
bytes_be32(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 4);

	return p == NULL ? 0 : get_be32(p);
}

static inline uint64_t
bytes_be64(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 8);

	return p == NULL ? 0 : get_be64(p);
}

#endif
