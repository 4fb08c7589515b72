/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Frames: how datagrams are told apart on a stream.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/bytes.h"

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
