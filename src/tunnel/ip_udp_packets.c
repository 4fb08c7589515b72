/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The packets of `ip-udp`, each a datagram, with or without a prefix.
 *
 * NOTES.  Learning the remote address and receiving heartbeats come before the
 * port filter, which is in the middle.  Only a packet that passed the filter
 * and was sent suppresses a heartbeat.  Output never queues.
 */

#include "compat.h"

#include "tunnel/ip_udp.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/ip_ask.h"

enum { UDP_HEADER = 8 };

/* Counts a loss, of the leg if there is one. */
static void
peers_drop(struct peers *e, enum cause cause, unsigned n)
{
	if (e->leg != NULL)
		flow_drop(e->leg, cause, n);
	else
		end_drop(&e->end, cause, n);
}

/* Counts a loss of packets of the device: multicast apart, which systems send
 * unasked. */
static void
peers_drop_packets(struct peers *e, enum cause cause, const struct dgram *d,
    unsigned n)
{
	unsigned i, many = 0;

	for (i = 0; i < n; i++)
		many += ip_is_to_many(d[i].data, d[i].len);
	peers_drop(e, LOST_MULTICAST, many);
	peers_drop(e, cause, n - many);
}

/*
 * Out
 */

void
ip_udp_packets_flush(struct flusher *f)
{
	struct peers *e = LIST_ITEM(f, struct peers, flusher);

	udp_ports_flush(&e->listener, &e->queue);
}

/* Queues a packet, behind its prefix. */
static void
peers_put(struct peers *e, struct dgram *d, struct udp_port *out,
    const struct addr *to, const struct addr *from)
{
	struct dgram whole;

	if (e->prefix > 0) {
		dgram_room(loop_arena(peers_loop(e)), d, e->prefix, 0);
		whole = *d;
		whole.data -= e->prefix;
		whole.len += e->prefix;
		memcpy(whole.data, e->magic, e->prefix);
		udp_put(&e->queue, &out->udp, &whole, to, from);
	} else {
		udp_put(&e->queue, &out->udp, d, to, from);
	}
}

/* Is it IPv6 where only IPv4 is carried? */
static bool
peers_refuses(const struct peers *e, const struct dgram *d)
{
	struct ip ip;

	return e->no_ip6 && d->len > 0 && d->data[0] >> 4 == 6 &&
	    ip_parse(&ip, d->data, d->len) == IP_WHOLE;
}

/* Sends packets to the one remote host. */
static void
peers_send_remote(struct peers *e, struct dgram *d, unsigned n)
{
	unsigned i, refused = 0;

	if (e->remote.family == 0) {
		peers_drop_packets(e, LOST_NO_PEER, d, n);
		return;
	}
	for (i = 0; i < n; i++) {
		if (!peers_refuses(e, &d[i])) {
			peers_put(e, &d[i], e->out, &e->remote, &e->local);
			continue;
		}
		peers_drop_packets(e, LOST_IP6, &d[i], 1);
		refused++;
	}
	e->sent = e->sent || refused < n;
	ip_udp_name_look(&e->name, loop_now(peers_loop(e)));
}

/* Replies to a packet whose destination is not in the map (ICMP). */
static void
peers_answer(struct peers *e, struct dgram *d)
{
	uint64_t now_ms = loop_now(peers_loop(e));
	char text[ADDR_TEXT];
	struct addr to = { 0 };
	uint8_t *data;

	to.family = 4;
	memcpy(to.ip, d->data + 16, 4);
	log_limited(&e->peer_limit, now_ms, LEVEL_WARN,
	    "%s: no host is known for %s", e->end.name,
	    addr_ip_text(&to, text));
	if (!ip_answers_left(&e->answers, now_ms))
		return;
	dgram_room(loop_arena(peers_loop(e)), d, IP_ANSWER_HEAD, 0);
	data = d->data;
	if (ip_answer(IP_NO_HOST, 0, NULL, &d->data, &d->len) != 0)
		return;
	d->head -= (size_t)(data - d->data);
	ip_answers_count(&e->answers, now_ms);
	flow_answer(e->leg, d, 1);
}

/* Sends packets to the hosts that the map names for them. */
static void
peers_send_map(struct peers *e, struct dgram *d, unsigned n)
{
	const struct addr *to;
	unsigned i;

	ip_udp_hosts_look(e->hosts);
	for (i = 0; i < n; i++) {
		if (d[i].len < IP4_HEADER || d[i].data[0] >> 4 != 4) {
			peers_drop_packets(e, d[i].len > 0 &&
			    d[i].data[0] >> 4 == 6 ? LOST_IP6 : LOST_NOT_IP,
			    &d[i], 1);
			continue;
		}
		to = ip_udp_hosts_find(e->hosts, d[i].data + 16);
		if (to == NULL) {
			peers_drop_packets(e, LOST_NO_PEER, &d[i], 1);
			if (!ip_is_to_many(d[i].data, d[i].len))
				peers_answer(e, &d[i]);
			if (e->leg == NULL)
				return;
			continue;
		}
		peers_put(e, &d[i], peers_socket_for(e, to->family),
		    to, NULL);
	}
}

void
ip_udp_packets_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct peers *e = peers_of(leg->end);

	if (e->kind == PEERS_MAP)
		peers_send_map(e, d, n);
	else
		peers_send_remote(e, d, n);
	loop_mark(peers_loop(e), &e->flusher);
}

size_t
ip_udp_packets_room(struct leg *leg)
{
	const struct peers *e = (const struct peers *)leg->end;
	const struct udp_ports *l = &e->listener;
	size_t header = IP4_HEADER, room;

	if (e->kind == PEERS_MAP ? !ip_udp_hosts_known(e->hosts) :
	    e->remote.family == 0)
		return 0;
	if (e->kind == PEERS_MAP ? l->socket[l->n - 1]->family == 6 :
	    e->remote.family == 6)
		header = IP6_HEADER;
	room = e->mtu - header - UDP_HEADER;
	return (room < UDP_MAX ? room : UDP_MAX) - e->prefix;
}

/*
 * In
 */

/* Makes the source of a valid datagram the remote address. */
static void
peers_learn(struct peers *e, struct udp_port *in, const struct udp_msg *m)
{
	if (!addr_same(&m->peer, &e->remote) || e->out != in)
		ip_udp_remote_learn(e, in, &m->peer);
	e->local = m->local;
}

/* Removes the prefix; false when it is missing or wrong. */
static bool
peers_strip(struct peers *e, struct udp_msg *m)
{
	char from[ADDR_TEXT];
	struct ip ip;

	if (e->prefix == 0)
		return e->kind != PEERS_LEARNED || m->d.len == 0 ||
		    ip_parse(&ip, m->d.data, m->d.len) == IP_WHOLE;
	if (m->d.len < e->prefix ||
	    !secret_equal(m->d.data, e->magic, e->prefix)) {
		log_limited(&e->prefix_limit, loop_now(peers_loop(e)),
		    LEVEL_WARN, "%s: %lu bytes without the right prefix (%s)",
		    e->end.name, (unsigned long)m->d.len,
		    addr_text(&m->peer, from));
		return false;
	}
	m->d.data += e->prefix;
	m->d.len -= e->prefix;
	m->d.head += e->prefix;
	return true;
}

void
ip_udp_packets_take(struct udp_port *s, struct udp_msg *m, unsigned n)
{
	struct peers *e = peers_of(s->end);
	struct udp_msg *last = NULL;
	struct dgram d[UDP_BATCH];
	unsigned i, taken = 0, forged = 0, refused = 0;

	for (i = 0; i < n; i++) {
		if (!peers_strip(e, &m[i])) {
			forged++;
			continue;
		}
		last = &m[i];
		if (peers_refuses(e, &m[i].d))
			refused++;
		/* An empty one is a heartbeat, where these are used. */
		else if (m[i].d.len > 0 ||
		    (e->prefix == 0 && e->kind != PEERS_LEARNED))
			d[taken++] = m[i].d;
	}
	peers_drop(e, e->prefix > 0 ? LOST_FORGED : LOST_NOT_IP, forged);
	peers_drop(e, LOST_IP6, refused);
	if (last != NULL && e->kind == PEERS_LEARNED)
		peers_learn(e, s, last);
	if (last != NULL && !e->heard)
		ip_udp_remote_hear(e, &last->peer);
	if (e->leg != NULL)
		flow_pass(e->leg, d, taken);
	else
		peers_drop(e, LOST_NO_FLOW, taken);
}
