/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The datagrams of `adit ping`.
 */

#include "compat.h"

#include "cmd/ping_packet.h"

#include "base/bytes.h"

enum { PING_MAGIC = 0xad17 };

/* The seed of the pattern that follows a header. */
static uint64_t
pattern_seed(const uint8_t *header)
{
	return get_be64(header) * 31 + get_be64(header + 8);
}

/* Writes the word of the pattern that begins at byte i. */
static void
pattern_word(uint64_t seed, size_t i, uint8_t word[8])
{
	uint64_t x = (seed + i) * UINT64_C(0x9e3779b97f4a7c15);

	put_be64(word, x ^ x >> 29);
}

void
ping_packet_write(const struct ping_packet *packet, uint8_t *data, size_t len)
{
	uint8_t word[8];
	uint64_t seed;
	size_t i;

	put_be16(data, PING_MAGIC);
	put_be16(data + 2, packet->run);
	put_be16(data + 4, packet->flow);
	put_be32(data + 6, packet->sequence);
	put_be16(data + 10, (uint16_t)(packet->sent_us >> 32));
	put_be32(data + 12, (uint32_t)packet->sent_us);
	seed = pattern_seed(data);
	for (i = PING_HEADER; i + 8 <= len; i += 8)
		pattern_word(seed, i, data + i);
	pattern_word(seed, i, word);
	memcpy(data + i, word, len - i);
}

int
ping_packet_read(struct ping_packet *packet, const uint8_t *data, size_t len)
{
	struct bytes b = { data, len, false };
	uint8_t word[8];
	uint64_t seed;
	size_t i;

	if (bytes_be16(&b) != PING_MAGIC)
		return -1;
	packet->run = bytes_be16(&b);
	packet->flow = bytes_be16(&b);
	packet->sequence = bytes_be32(&b);
	packet->sent_us = (uint64_t)bytes_be16(&b) << 32;
	packet->sent_us |= bytes_be32(&b);
	if (b.bad)
		return -1;
	seed = pattern_seed(data);
	for (i = PING_HEADER; i < len; i += 8) {
		pattern_word(seed, i, word);
		if (memcmp(data + i, word, len - i < 8 ? len - i : 8) != 0)
			return -1;
	}
	return 0;
}
