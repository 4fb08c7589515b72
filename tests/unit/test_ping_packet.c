/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The datagrams of `adit ping`: any change shows.
 */

#include "tap.h"

#include "cmd/ping_packet.h"

enum { SIZE = 45 };

int
main(void)
{
	static const uint8_t header[PING_HEADER] = {
		0xad, 0x17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	};
	struct ping_packet sent, got;
	uint8_t data[SIZE + 1];
	int len, i, good = 0, found = 0;

	sent.run = 0x0102;
	sent.flow = 0x0304;
	sent.sequence = 0x05060708;
	sent.sent_us = UINT64_C(0x090a0b0c0d0e);
	for (len = PING_HEADER; len <= SIZE; len++) {
		memset(data, 0, sizeof(data));
		ping_packet_write(&sent, data, (size_t)len);
		memset(&got, 0, sizeof(got));
		good += ping_packet_read(&got, data, (size_t)len) == 0 &&
		    got.run == sent.run && got.flow == sent.flow &&
		    got.sequence == sent.sequence &&
		    got.sent_us == sent.sent_us && data[len] == 0;
	}
	is_int(good, SIZE - PING_HEADER + 1, "what is written is read");
	is_mem(data, header, sizeof(header), "in network byte order");
	for (i = 0; i < SIZE * 8; i++) {
		data[i / 8] ^= (uint8_t)(1 << i % 8);
		found += ping_packet_read(&got, data, SIZE) != 0;
		data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	is_int(found, SIZE * 8, "any changed bit is found");
	is_int(ping_packet_read(&got, data, SIZE), 0, "unchanged it is good");
	is_int(ping_packet_read(&got, data, PING_HEADER - 1), -1,
	    "less than a header is not");
	is_int(ping_packet_read(&got, data, 0), -1, "nor is nothing");
	return done_testing();
}
