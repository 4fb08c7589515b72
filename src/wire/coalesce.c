/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Joins packets into super-packets.
 *
 * NOTES.  A run is
 *
 *	closed	nothing may join it: a packet that cannot be joined, or whose
 *		last packet is shorter, or has PSH or FIN
 *	open	the next packet of its flow may join it, or closes it
 *
 * The checksums of the first packet are looked at when a second one would join
 * it, as most runs have only one.
 */

#include "compat.h"

#include <string.h>

#include "wire/coalesce.h"
#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ip.h"

enum {
	TCP_HEADER = 20,	/* bytes without options */
	TCP_SEQUENCE = 4,	/* where these are in the header */
	TCP_ACKNOWLEDGED = 8,
	TCP_LENGTH = 12,	/* in its high half byte */
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_SUM = 16,
	TCP_URGENT = 18,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_ECE = 0x40,
	UDP_HEADER = 8,
	UDP_LENGTH = 4,
	UDP_SUM = 6,
	IP4_LENGTH = 2,
	IP4_ID = 4,
	IP4_WORD = 6,		/* flags and offset, */
	IP4_FRAGMENT = 0xbfff,	/* of which all but "don't fragment" */
	IP4_SUM = 10,
	IP4_ADDRESSES = 12,
	IP6_LENGTH = 4,
	IP6_NEXT = 6,
	IP6_ADDRESSES = 8,
};

/* What a packet is for us. */
enum kind {
	KIND_ALONE,		/* of a flow that is never joined */
	KIND_UNKNOWN,		/* it may be of any flow */
	KIND_FLOW,		/* of TCP or UDP, but cannot be joined */
	KIND_JOINS,		/* it may be part of a run */
};

/* A packet while it is looked at. */
struct look {
	const uint8_t *p;
	size_t n;
	enum kind kind;
	bool tcp;
	size_t transport, headers, payload;	/* bytes before the header of
				 * TCP or UDP, of all headers, behind them */
};

/*
 * Packets
 */

/* Looks at TCP's header. */
static void
look_at_tcp(struct look *l)
{
	const uint8_t *tcp = l->p + l->transport;
	size_t left = l->n - l->transport, header;
	uint8_t flags;

	l->tcp = true;
	if (left < TCP_HEADER)
		return;
	header = (size_t)(tcp[TCP_LENGTH] >> 4) * 4;
	if (header < TCP_HEADER || header >= left)
		return;
	flags = tcp[TCP_FLAGS];
	l->headers = l->transport + header;
	l->payload = left - header;
	if ((flags & ~(TCP_PSH | TCP_FIN | TCP_ECE)) == TCP_ACK)
		l->kind = KIND_JOINS;
}

/* Looks at UDP's header. */
static void
look_at_udp(struct look *l)
{
	const uint8_t *udp = l->p + l->transport;
	size_t left = l->n - l->transport;

	if (left <= UDP_HEADER || get_be16(udp + UDP_LENGTH) != left ||
	    get_be16(udp + UDP_SUM) == 0)
		return;
	l->headers = l->transport + UDP_HEADER;
	l->payload = left - UDP_HEADER;
	l->kind = KIND_JOINS;
}

/* Looks at the headers of IP.  False: it is neither TCP nor UDP, or cannot be
 * told. */
static bool
look_at_ip(struct look *l, uint8_t *protocol)
{
	const uint8_t *p = l->p;

	l->kind = KIND_UNKNOWN;
	if (l->n >= IP4_HEADER && p[0] >> 4 == 4) {
		*protocol = p[9];
		if ((get_be16(p + IP4_WORD) & IP4_FRAGMENT) != 0)
			return false;
		l->transport = IP4_HEADER;
		if (p[0] != 0x45 || get_be16(p + IP4_LENGTH) != l->n)
			return false;
	} else if (l->n >= IP6_HEADER && p[0] >> 4 == 6) {
		*protocol = p[IP6_NEXT];
		l->transport = IP6_HEADER;
		if ((size_t)get_be16(p + IP6_LENGTH) + IP6_HEADER != l->n)
			return false;
		if (*protocol != IP_TCP && *protocol != IP_UDP &&
		    *protocol != IP_ICMP6)
			return false;
	} else {
		return false;
	}
	l->kind = KIND_ALONE;
	return (*protocol == IP_TCP || *protocol == IP_UDP);
}

/* Looks at a packet. */
static void
look_at(struct look *l, const uint8_t *p, size_t n)
{
	uint8_t protocol = 0;

	memset(l, 0, sizeof(*l));
	l->p = p;
	l->n = n;
	if (!look_at_ip(l, &protocol))
		return;
	/* Without ports it may be of any flow. */
	l->kind = n - l->transport < 4 ? KIND_UNKNOWN : KIND_FLOW;
	if (protocol == IP_TCP)
		look_at_tcp(l);
	else
		look_at_udp(l);
}

/* Are the checksums right, and in the one form that is written?  0xffff is the
 * same as 0, which TCP and IPv4 write as 0, and UDP as 0xffff. */
static bool
look_is_right(const struct look *l)
{
	const uint8_t *transport = l->p + l->transport;

	if (l->p[0] >> 4 == 4 && (ip_checksum(l->p, IP4_HEADER) != 0 ||
	    get_be16(l->p + IP4_SUM) == 0xffff))
		return false;
	if (l->tcp && get_be16(transport + TCP_SUM) == 0xffff)
		return false;
	return checksum_end(checksum_add(ip_pseudo_sum(l->p,
	    l->tcp ? IP_TCP : IP_UDP, l->n - l->transport), transport,
	    l->n - l->transport)) == 0;
}

/* Where the newest run of the packet's flow is kept. */
static uint16_t *
newest_of(struct coalesce *c, const struct look *l)
{
	size_t at = l->p[0] >> 4 == 4 ? IP4_ADDRESSES : IP6_ADDRESSES;
	uint64_t hash = l->tcp;
	uint32_t word;

	/* Addresses and ports are in a row. */
	for (; at < l->transport + 4; at += sizeof(word)) {
		memcpy(&word, l->p + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	}
	return &c->newest[hash >> 40 & (COALESCE_FLOWS - 1)];
}

/*
 * Runs
 */

/* Are both packets of one flow? */
static bool
is_same_flow(const struct look *l, const uint8_t *q)
{
	size_t at = l->p[0] >> 4 == 4 ? IP4_ADDRESSES : IP6_ADDRESSES;

	return l->p[0] == q[0] && memcmp(l->p + at, q + at,
	    l->transport + 4 - at) == 0;
}

/* Are the headers of both the same where those of a run are? */
static bool
is_same_head(const struct look *l, const uint8_t *q)
{
	const uint8_t *p = l->p, *t = p + l->transport, *u = q + l->transport;

	if (p[0] >> 4 == 4 ? p[1] != q[1] ||
	    memcmp(p + IP4_WORD, q + IP4_WORD, 4) != 0 :
	    memcmp(p, q, 4) != 0 || memcmp(p + IP6_NEXT, q + IP6_NEXT, 2) != 0)
		return false;
	if (!l->tcp)
		return true;
	return memcmp(t + TCP_ACKNOWLEDGED, u + TCP_ACKNOWLEDGED, 5) == 0 &&
	    ((t[TCP_FLAGS] ^ u[TCP_FLAGS]) & ~(TCP_PSH | TCP_FIN)) == 0 &&
	    memcmp(t + TCP_WINDOW, u + TCP_WINDOW, 2) == 0 &&
	    memcmp(t + TCP_URGENT, u + TCP_URGENT,
	    l->headers - l->transport - TCP_URGENT) == 0;
}

/* Does a packet continue a run? */
static bool
run_takes(struct coalesce *c, struct coalesce_run *r, const struct look *l)
{
	const uint8_t *q = c->packet[r->first].p;
	struct look first;

	if (l->kind != KIND_JOINS || l->tcp != r->tcp ||
	    l->headers != r->headers || l->payload > r->size ||
	    r->count == (l->tcp ? COALESCE_RUN : COALESCE_RUN_UDP) ||
	    (size_t)r->total + l->payload > IP_MAX)
		return false;
	if (l->p[0] >> 4 == 4 && get_be16(l->p + IP4_ID) != r->id)
		return false;
	if (l->tcp && get_be32(l->p + l->transport + TCP_SEQUENCE) !=
	    r->sequence)
		return false;
	if (!is_same_head(l, q) || !look_is_right(l))
		return false;
	if (!r->verified) {
		look_at(&first, q, c->packet[r->first].n);
		r->verified = look_is_right(&first);
	}
	return r->verified;
}

/* A packet becomes the last one of a run. */
static void
run_add(struct coalesce *c, struct coalesce_run *r, const struct look *l)
{
	unsigned i = c->n_packets++;

	c->packet[i].p = l->p;
	c->packet[i].n = (uint16_t)l->n;
	c->packet[i].next = 0;
	if (r->count > 0)
		c->packet[r->last].next = (uint16_t)(i + 1);
	else
		r->first = (uint16_t)i;
	r->last = (uint16_t)i;
	r->count++;
	r->total = (uint16_t)(r->total + l->payload);
	if (l->kind != KIND_JOINS)
		return;
	r->id = (uint16_t)(get_be16(l->p + IP4_ID) + 1);
	r->sequence = get_be32(l->p + l->transport + TCP_SEQUENCE) +
	    (uint32_t)l->payload;
	r->open = l->payload == r->size && (!l->tcp ||
	    (l->p[l->transport + TCP_FLAGS] & (TCP_PSH | TCP_FIN)) == 0);
}

/* A packet begins a run. */
static struct coalesce_run *
run_begin(struct coalesce *c, const struct look *l)
{
	struct coalesce_run *r = &c->run[c->n_runs++];

	memset(r, 0, sizeof(*r));
	if (l->kind == KIND_JOINS) {
		r->size = (uint16_t)l->payload;
		r->total = (uint16_t)l->headers;
		r->transport = (uint8_t)l->transport;
		r->headers = (uint8_t)l->headers;
		r->tcp = l->tcp;
	}
	run_add(c, r, l);
	if (l->tcp ? !c->tcp : !c->udp)
		r->open = false;
	return r;
}

bool
coalesce_put(struct coalesce *c, const uint8_t *p, size_t n)
{
	struct coalesce_run *r = NULL;
	uint16_t *newest;
	struct look l;

	if (c->n_packets == COALESCE_PACKETS || n > IP_MAX)
		return false;
	look_at(&l, p, n);
	if (l.kind == KIND_ALONE || l.kind == KIND_UNKNOWN) {
		(void)run_begin(c, &l);
		if (l.kind == KIND_UNKNOWN)
			c->barrier = c->n_runs;
		return true;
	}
	newest = newest_of(c, &l);
	if (*newest > c->barrier) {
		r = &c->run[*newest - 1];
		if (r->open && l.tcp == r->tcp &&
		    is_same_flow(&l, c->packet[r->first].p) &&
		    run_takes(c, r, &l)) {
			run_add(c, r, &l);
			return true;
		}
	}
	r = run_begin(c, &l);
	*newest = (uint16_t)(r - c->run + 1);
	return true;
}

/*
 * Super-packets
 */

/* Writes the headers of a run. */
static void
run_head(const struct coalesce *c, const struct coalesce_run *r, uint8_t *to)
{
	const struct coalesce_packet *last = &c->packet[r->last];
	uint8_t *transport = to + r->transport;
	size_t n = (size_t)r->total - r->transport;
	uint16_t sum = (uint16_t)~checksum_end(ip_pseudo_sum(
	    c->packet[r->first].p, r->tcp ? IP_TCP : IP_UDP, n));

	memcpy(to, c->packet[r->first].p, r->headers);
	if (to[0] >> 4 == 4) {
		put_be16(to + IP4_LENGTH, r->total);
		put_be16(to + IP4_SUM, 0);
		put_be16(to + IP4_SUM, ip_checksum(to, IP4_HEADER));
	} else {
		put_be16(to + IP6_LENGTH, (uint16_t)n);
	}
	if (r->tcp) {
		transport[TCP_FLAGS] |= last->p[r->transport + TCP_FLAGS];
		put_be16(transport + TCP_SUM, sum);
	} else {
		put_be16(transport + UDP_LENGTH, (uint16_t)n);
		put_be16(transport + UDP_SUM, sum);
	}
}

size_t
coalesce_head(const struct coalesce *c, unsigned i,
    uint8_t head[COALESCE_HEAD])
{
	const struct coalesce_run *r = &c->run[i];
	bool ip4 = c->packet[r->first].n > 0 &&
	    c->packet[r->first].p[0] >> 4 == 4;
	struct vnet v = { .type = VNET_WHOLE };

	if (r->count == 1) {
		vnet_put(&v, head);
		return VNET_HEADER;
	}
	v.flags = VNET_UNSUMMED;
	v.type = !r->tcp ? VNET_UDP : ip4 ? VNET_TCP4 : VNET_TCP6;
	v.headers = r->headers;
	v.size = r->size;
	v.sum_begin = r->transport;
	v.sum_at = r->tcp ? TCP_SUM : UDP_SUM;
	vnet_put(&v, head);
	run_head(c, r, head + VNET_HEADER);
	return VNET_HEADER + (size_t)r->headers;
}

unsigned
coalesce_parts(const struct coalesce *c, unsigned i,
    struct coalesce_part part[COALESCE_RUN])
{
	const struct coalesce_run *r = &c->run[i];
	size_t skip = r->count == 1 ? 0 : r->headers;
	const struct coalesce_packet *packet;
	unsigned at, n = 0;

	for (at = r->first + 1u; at != 0; at = packet->next) {
		packet = &c->packet[at - 1];
		part[n].p = packet->p + skip;
		part[n++].n = packet->n - skip;
	}
	return n;
}

void
coalesce_clear(struct coalesce *c)
{
	c->n_packets = c->n_runs = c->barrier = 0;
	memset(c->newest, 0, sizeof(c->newest));
}
