/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Frames: how datagrams are told apart on a stream.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/bytes.h"

/* What each uott frame begins with. */
static const uint8_t uott_magic[4] = { 'U', 'O', 'T', 'T' };

void
frame_uotp_put(uint8_t *at, size_t payload)
{
	put_be16(at, (uint16_t)payload);
}

int
frame_uotp_get(const uint8_t *p, size_t n, const uint8_t **payload,
    size_t *len)
{
	struct bytes in = { p, n, false };
	size_t size = bytes_be16(&in);
	const uint8_t *data = bytes_take(&in, size);

	if (in.bad)
		return 0;
	*payload = data;
	*len = size;
	return (int)(FRAME_UOTP_HEAD + size);
}

size_t
frame_uotp_need(const uint8_t *p, size_t n)
{
	return n < FRAME_UOTP_HEAD ? 0 : FRAME_UOTP_HEAD + (size_t)get_be16(p);
}

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

void
frame_uott_put(uint8_t *at, uint16_t tag, size_t payload)
{
	memcpy(at, uott_magic, sizeof(uott_magic));
	put_le16(at + 4, tag);
	put_le16(at + 6, payload);
}

/* Do the n bytes begin as a frame must, as far as they go? */
static bool
uott_begins(const uint8_t *p, size_t n)
{
	return n == 0 || memcmp(p, uott_magic, n < sizeof(uott_magic) ? n :
	    sizeof(uott_magic)) == 0;
}

int
frame_uott_get(const uint8_t *p, size_t n, uint16_t *tag,
    const uint8_t **payload, size_t *len)
{
	size_t size;

	if (!uott_begins(p, n))
		return -1;
	if (n < FRAME_UOTT_HEAD)
		return 0;
	size = get_le16(p + 6);
	if (n - FRAME_UOTT_HEAD < size)
		return 0;
	*tag = get_le16(p + 4);
	*payload = p + FRAME_UOTT_HEAD;
	*len = size;
	return (int)(FRAME_UOTT_HEAD + size);
}

size_t
frame_uott_need(const uint8_t *p, size_t n)
{
	if (!uott_begins(p, n))
		return FRAME_UOTT_HEAD;
	return n < FRAME_UOTT_HEAD ? 0 :
	    FRAME_UOTT_HEAD + (size_t)get_le16(p + 6);
}
