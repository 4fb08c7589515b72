/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: super-packets that are cut.  The first ten bytes are the header
 * of wire/vnet.h, the rest is a packet.  What comes of a super-packet are
 * packets of the right lengths, with right checksums, whose payloads together
 * are its own; of a single one, one packet that differs in its checksum at
 * most.
 */

#include "packets.h"

#include "wire/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the next packet off into memory of just its size. */
static uint8_t *
cut(struct segments *s, size_t *n)
{
	uint8_t *to;

	*n = segment_next(s);
	if (*n == 0)
		return NULL;
	to = malloc(*n);
	must(to != NULL);
	segment_cut(s, to);
	return to;
}

/* A packet that is none of many. */
static void
check_single(const struct vnet *v, const uint8_t *p, size_t n)
{
	struct segments s;
	size_t len, i, place;
	uint8_t *to;

	if (segment_begin(&s, v, p, n) != 0) {
		must((v->flags & VNET_UNSUMMED) != 0);
		must(segment_next(&s) == 0);
		return;
	}
	to = cut(&s, &len);
	must(len == n && segment_next(&s) == 0);
	if (to == NULL)
		return;
	place = (size_t)v->sum_begin + v->sum_at;
	for (i = 0; i < n; i++)
		must(to[i] == p[i] || ((v->flags & VNET_UNSUMMED) != 0 &&
		    (i == place || i == place + 1)));
	free(to);
}

/* Writes the sum of the pseudo-header, as a kernel does. */
static void
prepare(uint8_t *p, size_t n, const struct vnet *v, const struct ip *ip)
{
	put_be16(p + v->sum_begin + v->sum_at,
	    (uint16_t)~sum_of(pseudo_sum(ip, n - ip->payload), p, 0));
}

/* Has the packet got the headers that are not to change? */
static void
check_headers(const struct ip *ip, const struct ip *whole, bool tcp,
    const uint8_t *to, const uint8_t *p)
{
	const uint8_t *t = to + ip->payload, *u = p + ip->payload;

	must(ip->version == whole->version && ip->payload == whole->payload &&
	    ip->protocol == whole->protocol && !ip->fragment);
	if (ip->version == 4) {
		must(sum_of(0, to, (size_t)(to[0] & 15) * 4) == 0);
		must(memcmp(to, p, 2) == 0 && memcmp(to + 6, p + 6, 4) == 0);
		must(memcmp(to + 12, p + 12, ip->payload - 12) == 0);
	} else {
		must(memcmp(to, p, 4) == 0);
		must(memcmp(to + 6, p + 6, ip->payload - 6) == 0);
	}
	must(memcmp(t, u, 4) == 0);
	must(!tcp || (memcmp(t + 8, u + 8, 5) == 0 && memcmp(t + 14, u + 14,
	    2) == 0 && memcmp(t + 18, u + 18,
	    (size_t)(u[12] >> 4) * 4 - 18) == 0));
}

/* A super-packet, which is changed. */
static void
check_super(const struct vnet *v, uint8_t *p, size_t n)
{
	size_t head, at = 0, len;
	struct ip ip, whole;
	struct segments s;
	unsigned count = 0;
	uint8_t *to;
	bool tcp;

	if (segment_begin(&s, v, p, n) != 0) {
		must(segment_next(&s) == 0);
		return;
	}
	must(ip_parse(&whole, p, n) == IP_WHOLE && v->size > 0);
	if ((v->flags & VNET_UNSUMMED) != 0) {
		/* It is not to change once it is begun. */
		prepare(p, n, v, &whole);
		must(segment_begin(&s, v, p, n) == 0);
	}
	tcp = whole.protocol == IP_TCP;
	head = whole.payload + (tcp ? (size_t)(p[whole.payload + 12] >> 4) *
	    4 : 8);
	while ((to = cut(&s, &len)) != NULL) {
		must(ip_parse(&ip, to, len) == IP_WHOLE);
		check_headers(&ip, &whole, tcp, to, p);
		must(payload_sum(&ip, to, len) == 0);
		must(tcp || get_be16(to + ip.payload + 6) != 0);
		must(len - head <= v->size);
		must(memcmp(to + head, p + head + at, len - head) == 0);
		must(!tcp || get_be32(to + ip.payload + 4) ==
		    (uint32_t)(get_be32(p + ip.payload + 4) + at));
		must(ip.version == 6 || get_be16(to + 4) ==
		    (uint16_t)(get_be16(p + 4) + count));
		must(at + len - head == n - head || len - head == v->size);
		at += len - head;
		count++;
		free(to);
	}
	must(count > 0 && at == n - head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p, again[VNET_HEADER];
	struct vnet v;

	if (size < VNET_HEADER || size > VNET_HEADER + IP_MAX)
		return 0;
	vnet_get(&v, data);
	vnet_put(&v, again);
	must(memcmp(again, data, VNET_HEADER) == 0);
	p = just(data + VNET_HEADER, size - VNET_HEADER);
	if (v.type == VNET_WHOLE)
		check_single(&v, p, size - VNET_HEADER);
	else
		check_super(&v, p, size - VNET_HEADER);
	free(p);
	return 0;
}
