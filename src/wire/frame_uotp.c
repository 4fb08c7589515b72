/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The frames of uotp and of udp2tcp: a length of two bytes, high byte first,
 * and the datagram.
 *
 * NOTES.  Mullvad's udp2tcp and tcp2udp use the same frames as uotp.  Their
 * receive buffer has 65535 bytes, header included, and they treat a longer
 * frame as the end of the stream; so longer frames are never sent to them.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/bytes.h"

enum { UOTP_HEAD = 2 };		/* bytes before the payload */

static void
put_uotp(uint8_t *at, uint16_t tag, size_t payload)
{
	(void)tag;
	put_be16(at, (uint16_t)payload);
}

static int
get_uotp(const uint8_t *p, size_t n, struct frame *f)
{
	struct bytes in = { p, n, false };
	size_t len = bytes_be16(&in);
	const uint8_t *payload = bytes_take(&in, len);

	if (in.bad)
		return 0;
	f->payload = payload;
	f->len = len;
	f->tag = 0;
	return (int)(UOTP_HEAD + len);
}

static size_t
need_uotp(const uint8_t *p, size_t n)
{
	return n < UOTP_HEAD ? 0 : UOTP_HEAD + (size_t)get_be16(p);
}

const struct frame_format frame_uotp = {
	.head = UOTP_HEAD,
	.max = 65535,
	.need = need_uotp,
	.get = get_uotp,
	.put = put_uotp,
};

const struct frame_format frame_udp2tcp = {
	.head = UOTP_HEAD,
	.max = 65535 - UOTP_HEAD,
	.need = need_uotp,
	.get = get_uotp,
	.put = put_uotp,
};
