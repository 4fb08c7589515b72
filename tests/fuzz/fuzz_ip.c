/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: IP packets.  The first two bytes are an MTU, the rest a
 * datagram.  Any answer is a packet whose checksums are right and that is not
 * answered again; a lower MSS changes no length and leaves a right checksum
 * right; fragments are packets and together what was cut; a mark changes two
 * bits and, of IPv4, the checksum as that requires.
 */

#include "compat.h"

#include "packets.h"

#include "wire/ip_ask.h"
#include "wire/ip_ecn.h"
#include "wire/ip_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks the answer at p to a packet. */
static void
check_answer(enum ip_trouble trouble, const struct ip *to,
    const uint8_t *quoted, size_t quoted_len, uint8_t *p, size_t len)
{
	size_t head = to->version == 4 ? 28 : 48;
	uint8_t *data = p;
	struct ip ip;

	must(ip_parse(&ip, p, len) == IP_WHOLE);
	must(ip.version == to->version && ip.payload == head - 8);
	must(ip.protocol == (ip.version == 4 ? IP_ICMP : IP_ICMP6));
	must(len >= head && len <= (ip.version == 4 ? 576u : 1280u));
	must(len - head <= quoted_len);
	must(memcmp(p + head, quoted, len - head) == 0);
	must(memcmp(ip.dst.ip, to->src.ip, 16) == 0);
	must(memcmp(ip.src.ip, to->dst.ip, 16) == 0);
	if (ip.version == 4) {
		must(sum_of(0, p, 20) == 0);
		must(sum_of(0, p + 20, len - 20) == 0);
	} else {
		must(payload_sum(&ip, p, len) == 0);
	}
	must(ip_answer(trouble, 1, NULL, &data, &len) == -1);
}

/* The three answers, each in memory of just the size that is promised. */
static void
check_answers(const uint8_t *p, size_t n, size_t mtu, const struct ip *ip)
{
	uint8_t *room, *data;
	unsigned i;
	size_t len;

	for (i = IP_NO_HOST; i <= IP_TOO_BIG; i++) {
		room = malloc(IP_ANSWER_HEAD + n);
		must(room != NULL);
		memset(room, 0xa5, IP_ANSWER_HEAD);
		memcpy(room + IP_ANSWER_HEAD, p, n);
		data = room + IP_ANSWER_HEAD;
		len = n;
		if (ip_answer((enum ip_trouble)i, mtu, NULL, &data,
		    &len) == 0) {
			must(ip->first && ip->payload > 0);
			must(data >= room);
			check_answer((enum ip_trouble)i, ip, p, n, data, len);
		} else {
			must(data == room + IP_ANSWER_HEAD && len == n);
			must(memcmp(data, p, n) == 0);
		}
		free(room);
	}
}

/* A lower MSS. */
static void
check_mss(const uint8_t *p, size_t n, size_t mtu, const struct ip *ip)
{
	uint8_t *copy = malloc(n);
	uint16_t before, after;
	size_t i, changes = 0;

	must(copy != NULL);
	memcpy(copy, p, n);
	before = payload_sum(ip, copy, n);
	if (ip_clamp_mss(copy, n, mtu)) {
		must(ip->protocol == IP_TCP && ip->payload > 0);
		/* Zero has two forms. */
		after = payload_sum(ip, copy, n);
		must(before == after || (before % 0xffff == 0 &&
		    after % 0xffff == 0));
		must(memcmp(copy, p, ip->payload + 16) == 0);
		must(memcmp(copy + ip->payload + 18, p + ip->payload + 18,
		    2) == 0);
		for (i = ip->payload + 20; i < n; i++)
			changes += copy[i] != p[i];
		must(changes > 0 && changes <= 20);
		must(!ip_clamp_mss(copy, n, mtu));
	} else {
		must(memcmp(copy, p, n) == 0);
	}
	free(copy);
}

/* Fragments. */
static void
check_fragments(const uint8_t *p, size_t n, size_t mtu, const struct ip *whole)
{
	size_t at = 0, done = 0, len, head = (size_t)(p[0] & 15) * 4, h;
	uint8_t *to = malloc(mtu > 0 ? mtu : 1);
	unsigned word = get_be16(p + 6), w;
	struct ip ip;

	must(to != NULL);
	while ((len = ip_fragment(p, n, mtu, &at, to)) > 0) {
		must(whole->version == 4 && len <= mtu);
		must(ip_parse(&ip, to, len) == IP_WHOLE);
		h = (size_t)(to[0] & 15) * 4;
		w = get_be16(to + 6);
		must(sum_of(0, to, h) == 0);
		must((w & 0x1fff) * 8 == (word & 0x1fff) * 8 + done);
		must((w & 0x2000) == (at < n - head ? 0x2000 : word & 0x2000));
		must((w & 0xc000) == (word & 0xc000));
		must(memcmp(to + h, p + head + done, len - h) == 0);
		must(at == done + len - h && at > done);
		done = at;
	}
	must(done == 0 || done == n - head);
	free(to);
}

/* A mark, and the conversation, which it does not change. */
static void
check_mark(const uint8_t *p, size_t n)
{
	static const struct ip_flow_key key = { { 3, 5, 7, 11, 13, 17, 19, 23,
	    29, 31, 37 } };
	uint8_t *copy = malloc(n > 0 ? n : 1);
	unsigned before, after;
	size_t i, changes = 0;

	must(copy != NULL);
	memcpy(copy, p, n);
	if (ip_ecn_mark(copy, n)) {
		before = get_be16(p);
		after = get_be16(copy);
		must(((before ^ after) & (p[0] >> 4 == 4 ? ~3u : ~0x30u)) == 0);
		if (p[0] >> 4 == 4)
			must(sum_of(0, p, 20) % 0xffff ==
			    sum_of(0, copy, 20) % 0xffff);
		for (i = 2; i < n; i++)
			changes += copy[i] != p[i];
		must(changes <= 2);
		must(ip_ecn_mark(copy, n) && get_be16(copy) == after);
	} else {
		must(memcmp(copy, p, n) == 0);
	}
	must(ip_flow(&key, copy, n) == ip_flow(&key, p, n));
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum ip_fault fault;
	struct ip ip;
	size_t mtu;

	if (size < 2)
		return 0;
	mtu = get_be16(data);
	data += 2;
	size -= 2;
	check_mark(data, size);
	fault = ip_parse(&ip, data, size);
	must(ip_fault_text(fault)[0] != '\0');
	must(!ip_is_to_many(data, size) || data[0] >> 4 == 4 ||
	    data[0] >> 4 == 6);
	if (fault != IP_WHOLE)
		return 0;
	must(ip.version == data[0] >> 4 && ip.payload <= size);
	must(ip.first || (ip.fragment && ip.payload == 0 && !ip.ports));
	must(!ip.ports || ip.payload + 4 <= size);
	must(ip_ask(&ip, data, size) == IP_ASKS_NOT ||
	    !ip_is_to_many(data, size));
	must(ip.src.family == ip.version && ip.dst.family == ip.version);
	check_answers(data, size, mtu, &ip);
	check_mss(data, size, mtu, &ip);
	check_fragments(data, size, mtu, &ip);
	return 0;
}
