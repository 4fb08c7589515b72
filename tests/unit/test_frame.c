/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/frame.h: datagrams on a stream.
 */

#include "compat.h"

#include "wire/frame.h"
#include "tap.h"

static uint8_t wire[FRAME_HEAD_MAX + 65535 + 10];

/* The bytes on the wire of a format that has lengths alone. */
static void
test_layout(const struct frame_format *format)
{
	struct frame f = { NULL, 99, 7 };

	format->put(wire, 0, 258);
	ok(wire[0] == 1 && wire[1] == 2, "the length is big-endian");
	is_int(format->need(wire, 0), 0, "no byte: the need is not known");
	is_int(format->need(wire, 1), 0, "one byte: not known either");
	is_int(format->need(wire, 2), 260, "two bytes: known");
	is_int(format->get(wire, 0, &f), 0, "more for none");
	is_int(format->get(wire, 1, &f), 0, "more for one");
	is_int(format->get(wire, 2, &f), 0, "more for a head");
	is_int(format->get(wire, 259, &f), 0,
	    "more when a byte is missing");
	is_int(format->get(NULL, 0, &f), 0, "more for NULL");
	ok(f.payload == NULL && f.len == 99, "until then nothing is set");
	is_int(format->get(wire, 260, &f), 260,
	    "a whole frame is eaten");
	ok(f.payload == wire + 2 && f.len == 258 && f.tag == 0,
	    "its payload is found, and no tag");
	is_int(format->get(wire, 300, &f), 260,
	    "what follows is left");
}

/* The least and the greatest frame. */
static void
test_limits(void)
{
	struct frame f = { NULL, 99, 7 };

	frame_uotp.put(wire, 0, 0);
	is_int(frame_uotp.need(wire, 2), 2, "an empty datagram needs 2 bytes");
	is_int(frame_uotp.get(wire, 2, &f), 2, "and is legal");
	ok(f.payload == wire + 2 && f.len == 0, "with no payload");
	frame_uotp.put(wire, 0, frame_uotp.max);
	ok(wire[0] == 0xff && wire[1] == 0xff, "65535 bytes can be told");
	is_int(frame_uotp.need(wire, 2), 65537, "and need 65537");
	is_int(frame_uotp.get(wire, 65536, &f), 0,
	    "one less is not whole");
	is_int(frame_uotp.get(wire, 65537, &f), 65537,
	    "all of them are");
	is_int(f.len, 65535, "the payload has its length");
}

/* What mullvad's programs receive, header included, is 65535 bytes. */
static void
test_udp2tcp_longest(void)
{
	struct frame f = { NULL, 99, 7 };

	is_int(frame_udp2tcp.max, 65533, "udp2tcp: 65533 bytes are the most");
	frame_udp2tcp.put(wire, 0, frame_udp2tcp.max);
	is_int(frame_udp2tcp.need(wire, 2), 65535, "they need 65535");
	is_int(frame_udp2tcp.get(wire, 65535, &f), 65535, "and are whole");
	frame_uotp.put(wire, 0, 65535);
	is_int(frame_udp2tcp.get(wire, 65537, &f), 65537, "udp2tcp: a longer "
	    "one is read all the same");
}

/* Frames one after another. */
static void
test_sequence(void)
{
	size_t at = 0, end = 0, i;
	bool right = true;
	struct frame f;
	int n;

	for (i = 0; i < 100; i++) {
		frame_uotp.put(wire + end, 0, i * 3);
		memset(wire + end + 2, (int)i, i * 3);
		end += 2 + i * 3;
	}
	for (i = 0; (n = frame_uotp.get(wire + at, end - at, &f)) > 0; i++) {
		right = right && f.len == i * 3 &&
		    (f.len == 0 || f.payload[f.len - 1] == i) &&
		    frame_uotp.need(wire + at, end - at) == (size_t)n;
		at += (size_t)n;
	}
	ok(right && i == 100 && at == end, "a hundred frames in a row");
}

/* A uott frame. */
static void
test_uott(void)
{
	struct frame f = { NULL, 99, 7 };
	bool right = true;
	size_t n;

	frame_uott.put(wire, 0x1234, 258);
	is_mem(wire, "UOTT\x34\x12\x02\x01", 8,
	    "uott: magic, tag and length, low bytes first");
	for (n = 0; n < 8; n++)
		right = right && frame_uott.need(wire, n) == 0;
	ok(right, "fewer than 8 bytes do not tell the need");
	is_int(frame_uott.need(wire, 8), 266, "8 do");
	for (n = 0; n < 266; n++)
		right = right && frame_uott.get(wire, n, &f) == 0;
	ok(right, "a part of a frame needs more");
	ok(f.tag == 7 && f.payload == NULL && f.len == 99, "and sets nothing");
	is_int(frame_uott.get(NULL, 0, &f), 0,
	    "more for NULL");
	is_int(frame_uott.get(wire, 300, &f), 266,
	    "a whole frame is eaten, what follows is left");
	ok(f.tag == 0x1234 && f.payload == wire + 8 && f.len == 258,
	    "tag and payload are found");
	frame_uott.put(wire, 65535, 0);
	is_int(frame_uott.get(wire, 8, &f), 8,
	    "an empty datagram is legal");
	ok(f.tag == 65535 && f.payload == wire + 8 && f.len == 0,
	    "with the greatest tag");
	frame_uott.put(wire, 0, frame_uott.max);
	is_int(frame_uott.get(wire, 65542, &f), 0,
	    "one less than the longest frame is not whole");
	is_int(frame_uott.get(wire, 65543, &f), 65543,
	    "all of it is");
	ok(f.tag == 0 && f.len == 65535, "with tag 0");
}

/* A stream that is out of step. */
static void
test_uott_magic(void)
{
	struct frame f = { NULL, 99, 7 };
	bool seen = true;
	size_t i, n;

	for (i = 0; i < 4; i++) {
		frame_uott.put(wire, 0, 65535);
		wire[i] ^= 0x20;
		for (n = 0; n < 20; n++) {
			seen = seen && frame_uott.get(wire, n, &f) ==
			    (n > i ? -1 : 0);
			seen = seen && frame_uott.need(wire, n) ==
			    (n > i ? 8 : 0);
		}
	}
	ok(seen, "another magic is refused at its first byte");
	ok(f.tag == 7 && f.payload == NULL && f.len == 99, "and sets nothing");
}

int
main(void)
{
	test_layout(&frame_uotp);
	test_layout(&frame_udp2tcp);
	test_limits();
	test_udp2tcp_longest();
	test_sequence();
	test_uott();
	test_uott_magic();
	return done_testing();
}
