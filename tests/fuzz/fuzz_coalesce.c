/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: packets that are joined.  The input is packets one behind the
 * other: a byte of flags, and, if it is
 *
 *	raw	two bytes with its length, and it
 *	else	a byte that says how it differs from the packet before it in its
 *		flow, and two bytes for its payload: it is made here
 *
 * Each run is cut into the packets that it was joined of, byte for byte; each
 * packet is in one run; and none overtakes one that may be of its flow.
 */

#include "packets.h"

#include "wire/coalesce.h"
#include "wire/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PACKETS = 96,
	FLOWS = 4,
	RAW = 0x80,		/* flags of a packet: it is raw, */
	WRONG = 0x40,		/* or has a wrong checksum, */
	FLOW = 0x03,		/* and is of that flow: 1: IPv6, 2: UDP */
};

/* What was put. */
static uint8_t *packet[PACKETS];
static size_t len[PACKETS];
static unsigned n_put;
static bool seen[PACKETS];

static struct coalesce c;
static uint8_t whole[COALESCE_HEAD + IP_MAX];

/* The next packet of a flow. */
struct next {
	uint32_t sequence;
	uint16_t id;
};

/* Writes the right checksums. */
static void
fix(uint8_t *p, size_t n)
{
	struct ip ip;
	size_t at;
	uint16_t sum;

	if (p[0] >> 4 == 4) {
		put_be16(p + 10, 0);
		put_be16(p + 10, sum_of(0, p, 20));
	}
	must(ip_parse(&ip, p, n) == IP_WHOLE);
	at = ip.payload + (ip.protocol == IP_UDP ? 6 : 16);
	put_be16(p + at, 0);
	sum = payload_sum(&ip, p, n);
	put_be16(p + at, sum == 0 && ip.protocol == IP_UDP ? 0xffff : sum);
}

/* Makes a packet of a flow. */
static void
make(struct next *next, uint8_t flags, uint8_t how, uint16_t word)
{
	size_t head = (flags & 1) != 0 ? 40 : 20;
	bool udp = (flags & 2) != 0;
	size_t header = udp ? 8 : (flags & 0x10) != 0 ? 32 : 20;
	size_t payload = how % 4 == 3 ? word % 1500 : how % 4 * 100, n, i;
	uint8_t *p, *t;

	n = head + header + payload;
	p = calloc(1, n);
	must(p != NULL);
	t = p + head;
	if (head == 20) {
		p[0] = 0x45;
		put_be16(p + 2, (uint16_t)n);
		put_be16(p + 4, next->id);
		p[6] = (flags & 0x20) != 0 ? 0 : 0x40;
		p[8] = 64;
		p[9] = udp ? IP_UDP : IP_TCP;
		p[12] = p[16] = 10;
	} else {
		p[0] = 0x60;
		put_be16(p + 4, (uint16_t)(n - head));
		p[6] = udp ? IP_UDP : IP_TCP;
		p[8] = p[24] = 0xfd;
	}
	put_be32(t, 0x04d20050);
	if (udp) {
		put_be16(t + 4, (uint16_t)(n - head));
	} else {
		put_be32(t + 4, next->sequence);
		t[12] = (uint8_t)(header / 4 << 4);
		t[13] = 0x10;
	}
	for (i = 0; i < payload; i++)
		t[header + i] = (uint8_t)(i + word);
	/* What differs. */
	if (how >> 2 == 1 && !udp)
		t[13] = (uint8_t)word;
	else if (how >> 2 == 2)
		p[word % (head + header)] ^= (uint8_t)(1 << (word >> 13));
	else if (how >> 2 == 3)
		next->sequence += word;
	if ((how >> 2 != 2 || word % (head + header) >= head + 14) &&
	    (flags & WRONG) == 0)
		fix(p, n);
	next->sequence += (uint32_t)payload;
	next->id++;
	packet[n_put] = p;
	len[n_put] = n;
}

/* Gathers what the input says. */
static void
gather(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size, false };
	struct next next[FLOWS] = { { 0, 0 } };
	const uint8_t *raw;
	uint8_t flags, how;
	uint16_t word;

	while (n_put < PACKETS) {
		flags = bytes_u8(&in);
		if ((flags & RAW) != 0) {
			word = bytes_be16(&in);
			raw = bytes_take(&in, word);
			if (in.bad)
				return;
			packet[n_put] = just(raw, word);
			len[n_put] = word;
		} else {
			how = bytes_u8(&in);
			word = bytes_be16(&in);
			if (in.bad)
				return;
			make(&next[flags & FLOW], flags, how, word);
		}
		must(coalesce_put(&c, packet[n_put], len[n_put]));
		n_put++;
	}
}

/* The packet that bytes are of. */
static unsigned
packet_of(const uint8_t *p)
{
	unsigned i;

	for (i = 0; i < n_put; i++)
		if ((uintptr_t)p - (uintptr_t)packet[i] <= len[i])
			return i;
	must(false);
	return 0;
}

/* Is it of no flow that has ports? */
static bool
is_apart(const struct ip *ip)
{
	return ip->protocol != IP_TCP && ip->protocol != IP_UDP;
}

/* May both be of one flow? */
static bool
may_be_one(unsigned i, unsigned j)
{
	struct ip a, b;

	if (ip_parse(&a, packet[i], len[i]) != IP_WHOLE ||
	    ip_parse(&b, packet[j], len[j]) != IP_WHOLE)
		return false;
	if (is_apart(&a) || is_apart(&b) || a.protocol != b.protocol)
		return false;
	if (a.ports && b.ports && (a.src.port != b.src.port ||
	    a.dst.port != b.dst.port))
		return false;
	return memcmp(a.src.ip, b.src.ip, 16) == 0 &&
	    memcmp(a.dst.ip, b.dst.ip, 16) == 0 && a.version == b.version;
}

/* Checks run number i; adds its packets to order. */
static void
check_run(unsigned i, unsigned *order, unsigned *n_order)
{
	struct coalesce_part part[COALESCE_RUN];
	size_t n = coalesce_head(&c, i, whole), k;
	unsigned at, parts = coalesce_parts(&c, i, part);
	struct segments s;
	uint8_t *to;
	struct vnet v;

	must(n <= COALESCE_HEAD && parts > 0 && parts <= COALESCE_RUN);
	for (at = 0; at < parts; at++) {
		must(n + part[at].n <= sizeof(whole));
		if (part[at].n > 0)
			memcpy(whole + n, part[at].p, part[at].n);
		n += part[at].n;
	}
	vnet_get(&v, whole);
	must((v.type == VNET_WHOLE) == (parts == 1));
	must(segment_begin(&s, &v, whole + VNET_HEADER, n - VNET_HEADER) ==
	    0);
	for (at = 0; at < parts; at++) {
		order[*n_order] = packet_of(part[at].p);
		must(!seen[order[*n_order]]);
		seen[order[*n_order]] = true;
		must(at == 0 || order[*n_order] > order[*n_order - 1]);
		k = segment_next(&s);
		must(k == len[order[*n_order]]);
		to = malloc(k > 0 ? k : 1);
		must(to != NULL);
		if (k > 0)
			segment_cut(&s, to);
		must(memcmp(to, packet[order[*n_order]], k) == 0);
		free(to);
		++*n_order;
	}
	must(segment_next(&s) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned order[PACKETS], n_order = 0, i, j;

	memset(&c, 0, sizeof(c));
	memset(seen, 0, sizeof(seen));
	c.tcp = c.udp = true;
	n_put = 0;
	gather(data, size);
	for (i = 0; i < c.n_runs; i++)
		check_run(i, order, &n_order);
	must(n_order == n_put);
	for (i = 0; i < n_order; i++)
		for (j = i + 1; j < n_order; j++)
			must(order[i] < order[j] ||
			    !may_be_one(order[i], order[j]));
	coalesce_clear(&c);
	must(c.n_runs == 0);
	for (i = 0; i < n_put; i++)
		free(packet[i]);
	return 0;
}
