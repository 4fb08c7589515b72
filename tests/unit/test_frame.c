/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/frame.h: datagrams on a stream.
 */

#include "compat.h"

#include "wire/frame.h"
#include "tap.h"

static uint8_t wire[FRAME_UOTT_HEAD + FRAME_UOTT_MAX + 10];

/* What stands on the wire. */
static void
test_layout(void)
{
	const uint8_t *payload = NULL;
	size_t len = 99;

	frame_uotp_put(wire, 258);
	ok(wire[0] == 1 && wire[1] == 2, "the length is big-endian");
	is_int(frame_uotp_need(wire, 0), 0, "no byte: the need is not known");
	is_int(frame_uotp_need(wire, 1), 0, "one byte: not known either");
	is_int(frame_uotp_need(wire, 2), 260, "two bytes: known");
	is_int(frame_uotp_get(wire, 0, &payload, &len), 0, "more for none");
	is_int(frame_uotp_get(wire, 1, &payload, &len), 0, "more for one");
	is_int(frame_uotp_get(wire, 2, &payload, &len), 0, "more for a head");
	is_int(frame_uotp_get(wire, 259, &payload, &len), 0,
	    "more when a byte is missing");
	is_int(frame_uotp_get(NULL, 0, &payload, &len), 0, "more for NULL");
	ok(payload == NULL && len == 99, "until then nothing is set");
	is_int(frame_uotp_get(wire, 260, &payload, &len), 260,
	    "a whole frame is eaten");
	ok(payload == wire + 2 && len == 258, "its payload is found");
	is_int(frame_uotp_get(wire, 300, &payload, &len), 260,
	    "what follows is left");
}

/* The least and the greatest frame. */
static void
test_limits(void)
{
	const uint8_t *payload = NULL;
	size_t len = 99;

	frame_uotp_put(wire, 0);
	is_int(frame_uotp_need(wire, 2), 2, "an empty datagram needs 2 bytes");
	is_int(frame_uotp_get(wire, 2, &payload, &len), 2, "and is legal");
	ok(payload == wire + 2 && len == 0, "with no payload");
	frame_uotp_put(wire, FRAME_UOTP_MAX);
	ok(wire[0] == 0xff && wire[1] == 0xff, "65535 bytes can be told");
	is_int(frame_uotp_need(wire, 2), 65537, "and need 65537");
	is_int(frame_uotp_get(wire, 65536, &payload, &len), 0,
	    "one less is not whole");
	is_int(frame_uotp_get(wire, 65537, &payload, &len), 65537,
	    "all of them are");
	is_int(len, 65535, "the payload has its length");
}

/* Frames one after another. */
static void
test_sequence(void)
{
	const uint8_t *payload;
	size_t at = 0, end = 0, len, i;
	bool right = true;
	int n;

	for (i = 0; i < 100; i++) {
		frame_uotp_put(wire + end, i * 3);
		memset(wire + end + FRAME_UOTP_HEAD, (int)i, i * 3);
		end += FRAME_UOTP_HEAD + i * 3;
	}
	for (i = 0; (n = frame_uotp_get(wire + at, end - at, &payload,
	    &len)) > 0; i++) {
		right = right && len == i * 3 &&
		    (len == 0 || payload[len - 1] == i) &&
		    frame_uotp_need(wire + at, end - at) == (size_t)n;
		at += (size_t)n;
	}
	ok(right && i == 100 && at == end, "a hundred frames in a row");
}

/* A uott frame. */
static void
test_uott(void)
{
	const uint8_t *payload = NULL;
	uint16_t tag = 7;
	size_t len = 99, n;
	bool right = true;

	frame_uott_put(wire, 0x1234, 258);
	is_mem(wire, "UOTT\x34\x12\x02\x01", 8,
	    "uott: magic, tag and length, low bytes first");
	for (n = 0; n < 8; n++)
		right = right && frame_uott_need(wire, n) == 0;
	ok(right, "fewer than 8 bytes do not tell the need");
	is_int(frame_uott_need(wire, 8), 266, "8 do");
	for (n = 0; n < 266; n++)
		right = right && frame_uott_get(wire, n, &tag, &payload,
		    &len) == 0;
	ok(right, "a part of a frame needs more");
	ok(tag == 7 && payload == NULL && len == 99, "and sets nothing");
	is_int(frame_uott_get(NULL, 0, &tag, &payload, &len), 0,
	    "more for NULL");
	is_int(frame_uott_get(wire, 300, &tag, &payload, &len), 266,
	    "a whole frame is eaten, what follows is left");
	ok(tag == 0x1234 && payload == wire + 8 && len == 258,
	    "tag and payload are found");
	frame_uott_put(wire, 65535, 0);
	is_int(frame_uott_get(wire, 8, &tag, &payload, &len), 8,
	    "an empty datagram is legal");
	ok(tag == 65535 && payload == wire + 8 && len == 0,
	    "with the greatest tag");
	frame_uott_put(wire, 0, FRAME_UOTT_MAX);
	is_int(frame_uott_get(wire, 65542, &tag, &payload, &len), 0,
	    "one less than the longest frame is not whole");
	is_int(frame_uott_get(wire, 65543, &tag, &payload, &len), 65543,
	    "all of it is");
	ok(tag == 0 && len == 65535, "with tag 0");
}

/* A stream that is out of step. */
static void
test_uott_magic(void)
{
	const uint8_t *payload = NULL;
	size_t len = 99, i, n;
	bool seen = true;
	uint16_t tag = 7;

	for (i = 0; i < 4; i++) {
		frame_uott_put(wire, 0, 65535);
		wire[i] ^= 0x20;
		for (n = 0; n < 20; n++) {
			seen = seen && frame_uott_get(wire, n, &tag, &payload,
			    &len) == (n > i ? -1 : 0);
			seen = seen && frame_uott_need(wire, n) ==
			    (n > i ? FRAME_UOTT_HEAD : 0);
		}
	}
	ok(seen, "another magic is refused at its first byte");
	ok(tag == 7 && payload == NULL && len == 99, "and sets nothing");
}

int
main(void)
{
	test_layout();
	test_limits();
	test_sequence();
	test_uott();
	test_uott_magic();
	return done_testing();
}
