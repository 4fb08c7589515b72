/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The frames of uott: a magic word, the tag of a flow, a length, the datagram.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/bytes.h"

enum { UOTT_HEAD = 8 };		/* bytes before the payload */

/* The first bytes of each frame. */
static const uint8_t uott_magic[4] = { 'U', 'O', 'T', 'T' };

/* Writes a number, low byte first. */
static void
put_le16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* Reads a number, low byte first. */
static uint16_t
get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void
put_uott(uint8_t *at, uint16_t tag, size_t payload)
{
	memcpy(at, uott_magic, sizeof(uott_magic));
	put_le16(at + 4, tag);
	put_le16(at + 6, payload);
}

/* Can the n bytes begin a frame?  Compares as much of the magic word as is
 * there, so that a corrupt stream is found at its first wrong byte. */
static bool
uott_begins(const uint8_t *p, size_t n)
{
	return n == 0 || memcmp(p, uott_magic, n < sizeof(uott_magic) ? n :
	    sizeof(uott_magic)) == 0;
}

static int
get_uott(const uint8_t *p, size_t n, struct frame *f)
{
	size_t len;

	if (!uott_begins(p, n))
		return -1;
	if (n < UOTT_HEAD)
		return 0;
	len = get_le16(p + 6);
	if (n - UOTT_HEAD < len)
		return 0;
	f->payload = p + UOTT_HEAD;
	f->len = len;
	f->tag = get_le16(p + 4);
	return (int)(UOTT_HEAD + len);
}

static size_t
need_uott(const uint8_t *p, size_t n)
{
	if (!uott_begins(p, n))
		return UOTT_HEAD;
	return n < UOTT_HEAD ? 0 : UOTT_HEAD + (size_t)get_le16(p + 6);
}

const struct frame_format frame_uott = {
	.head = UOTT_HEAD,
	.max = 65535,
	.corrupt = "the stream is corrupt: a frame does not begin with UOTT; "
	    "does the peer use uott?",
	.need = need_uott,
	.get = get_uott,
	.put = put_uott,
};
