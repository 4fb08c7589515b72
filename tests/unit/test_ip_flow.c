/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/ip_flow.h: which packets are of one conversation.
 */

#include "compat.h"

#include "wire/ip_flow.h"

#include "wire/ip.h"
#include "wire/random.h"
#include "base/bytes.h"
#include "tap.h"

static struct ip_flow_key key;
static uint8_t packet[80];

/* An IPv4 packet with those last bytes of its addresses. */
static void
make4(uint8_t src, uint8_t dst, uint8_t protocol, uint32_t ports)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x45;
	packet[9] = protocol;
	put_be32(packet + 12, 0x0a080000u + src);
	put_be32(packet + 16, 0x0a080000u + dst);
	put_be32(packet + 20, ports);
}

static void
make6(uint8_t src, uint8_t dst, uint8_t protocol, uint32_t ports)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x60;
	packet[6] = protocol;
	packet[8] = packet[24] = 0xfd;
	packet[23] = src;
	packet[39] = dst;
	put_be32(packet + 40, ports);
}

static void
test_same(uint32_t (*hash)(void), const char *version,
    void (*make)(uint8_t, uint8_t, uint8_t, uint32_t))
{
	uint32_t one;

	make(1, 2, IP_TCP, 0x12345678);
	one = hash();
	packet[70] ^= 1;	/* payload */
	packet[1] ^= 3;		/* ECN or the flow label */
	ok(hash() == one, "%s: payload and marks make no difference", version);
	make(3, 2, IP_TCP, 0x12345678);
	ok(hash() != one, "%s: the source does", version);
	make(1, 3, IP_TCP, 0x12345678);
	ok(hash() != one, "%s: the destination does", version);
	make(1, 2, IP_UDP, 0x12345678);
	ok(hash() != one, "%s: the protocol does", version);
	make(1, 2, IP_TCP, 0x12345679);
	ok(hash() != one, "%s: the ports do", version);
	make(1, 2, IP_ESP, 0x12345678);
	one = hash();
	make(1, 2, IP_ESP, 0x12345679);
	ok(hash() == one, "%s: what has no ports is not taken for ports",
	    version);
}

static uint32_t
hash(void)
{
	return ip_flow(&key, packet, sizeof(packet));
}

static void
test_fragments(void)
{
	uint32_t one;

	make4(1, 2, IP_UDP, 0x12345678);
	put_be16(packet + 6, 0x2000);
	one = hash();
	make4(1, 2, IP_UDP, 0x9abcdef0);
	put_be16(packet + 6, 0x00b9);
	ok(hash() == one, "all fragments of a packet are of one conversation");
	make4(1, 2, IP_UDP, 0x12345678);
	put_be16(packet + 6, 0x4000);
	ok(hash() != one, "what must not be fragmented is none");
}

static void
test_short(void)
{
	unsigned n, bad = 0;
	uint8_t *copy;

	/* Each in memory of its own, so that a sanitizer sees what is read. */
	for (n = 0; n < 48; n++) {
		copy = malloc(n + 1);
		make4(1, 2, IP_TCP, 7);
		memcpy(copy + 1, packet, n);
		bad += ip_flow(&key, copy + 1, n) !=
		    ip_flow(&key, copy + 1, n);
		make6(1, 2, IP_TCP, 7);
		memcpy(copy + 1, packet, n);
		bad += ip_flow(&key, copy + 1, n) !=
		    ip_flow(&key, copy + 1, n);
		free(copy);
	}
	is_int(bad, 0, "packets that end early are read no further");
}

/* Ten thousand conversations, in 128 parts. */
static void
test_spread(void)
{
	unsigned part[128] = { 0 }, i, least = 10000, most = 0;

	for (i = 0; i < 10000; i++) {
		make4(1, (uint8_t)(i / 100), IP_TCP, 0x01bb0000 + i);
		part[hash() % 128]++;
	}
	for (i = 0; i < 128; i++) {
		least = part[i] < least ? part[i] : least;
		most = part[i] > most ? part[i] : most;
	}
	ok(least > 30 && most < 160, "ten thousand conversations are spread: "
	    "%u to %u in a part", least, most);
}

int
main(void)
{
	struct random r;

	random_init_fixed(&r, "flow", 4);
	random_bytes(&r, &key, sizeof(key));
	test_same(hash, "IPv4", make4);
	test_same(hash, "IPv6", make6);
	test_fragments();
	test_short();
	test_spread();
	return done_testing();
}
