/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `ip-udp`: IP packets as UDP datagrams, as udptun and udptunnel send them.
 *
 * NOTES.  There is one leg, and one socket, or one for each family.  Packets go
 * to one remote host, whose name is looked up again while there is traffic; or
 * to the peer that sent the last datagram; or to the host that a map names for
 * their destination.  They are accepted from every peer that knows the prefix.
 *
 * Learning the remote address and receiving heartbeats come before the port
 * filter, which is in the middle.  Only a packet that passed the filter and was
 * sent suppresses a heartbeat.  Output never queues.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/bytes.h"
#include "net/udp.h"
#include "tunnel/bind.h"
#include "tunnel/facts.h"
#include "tunnel/ip_udp_hosts.h"
#include "tunnel/ip_udp_name.h"
#include "tunnel/udp_ports.h"
#include "wire/ip_ask.h"
#include "wire/magic.h"

enum {
	PEERS_PORT = 7777,	/* of udptun */
	UDP_HEADER = 8,
};

/* How the destination of packets is found. */
enum peers_kind {
	PEERS_FIXED,		/* to one host */
	PEERS_LEARNED,		/* to the peer that sent last */
	PEERS_MAP,		/* to the host of their destination */
};

struct peers {
	struct end end;
	struct leg *leg;	/* NULL while there is none */
	enum peers_kind kind;
	struct udp_ports listener;	/* one socket, or one for each family;
				 * its leg is that above */
	struct addr remote;	/* family 0: not yet known; or a map */
	struct addr local;	/* our address that packets to it come from */
	struct udp_port *out;	/* the socket for it; NULL: none yet */
	struct ip_udp_hosts *hosts;	/* of PEERS_MAP */
	struct ip_udp_name name;	/* of PEERS_FIXED: its look-ups */

	uint8_t magic[MAGIC_SIZE];
	size_t prefix;		/* bytes of it before each packet: all or 0 */
	bool no_ip6;
	size_t mtu;		/* of the path */
	uint64_t heartbeat_ms;	/* 0: none */
	struct timer heartbeat;
	bool sent;		/* a packet was, since the last heartbeat */
	bool heard;		/* something came since the remote address was
				 * set */
	struct sleeper sleeper;
	struct ip_answers answers;	/* budget of ICMP replies */
	struct flusher flusher;
	struct udp_queue queue;
	struct log_limit learn_limit, heard_limit, prefix_limit, peer_limit;
};

static struct peers *
peers_of(struct end *end)
{
	return (struct peers *)end;
}

static struct loop *
peers_loop(const struct peers *e)
{
	return e->end.tunnel->loop;
}

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

/* The socket for addresses of that family, or NULL. */
static struct udp_port *
peers_socket_for(struct peers *e, uint8_t family)
{
	unsigned i;

	for (i = 0; i < e->listener.n; i++)
		if (e->listener.socket[i]->family == family)
			return e->listener.socket[i];
	return NULL;
}

/*
 * Out
 */

/* Sends the datagrams of this turn. */
static void
peers_flush(struct flusher *f)
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

static void
peers_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct peers *e = peers_of(leg->end);

	if (e->kind == PEERS_MAP)
		peers_send_map(e, d, n);
	else
		peers_send_remote(e, d, n);
	loop_mark(peers_loop(e), &e->flusher);
}

static size_t
peers_room(struct leg *leg)
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

/* Sends a heartbeat. */
static void
peers_beat(struct peers *e)
{
	struct dgram d = { e->magic, e->prefix, 0, 0 };

	udp_put(&e->queue, &e->out->udp, &d, &e->remote, &e->local);
	loop_mark(peers_loop(e), &e->flusher);
}

/* Sends a heartbeat when no packet was sent since the last one. */
static void
peers_heartbeat(struct timer *timer)
{
	struct peers *e = LIST_ITEM(timer, struct peers, heartbeat);
	uint64_t now_ms = loop_now(peers_loop(e));

	if (!e->sent)
		peers_beat(e);
	e->sent = false;
	timer_set(timer, peers_loop(e), now_ms + e->heartbeat_ms,
	    peers_heartbeat);
	ip_udp_name_look(&e->name, now_ms);
}

/*
 * Where to
 */

/* Sets the socket that packets are sent by. */
static void
peers_set_out(struct peers *e, struct udp_port *out)
{
	if (e->out != NULL)
		e->out->users--;
	out->users++;
	e->out = out;
}

/* Sets where packets go from now on. */
static void
peers_set_remote(struct peers *e, const struct addr *to, struct udp_port *out)
{
	char now[ADDR_TEXT], before[ADDR_TEXT];

	log_limited(&e->learn_limit, loop_now(peers_loop(e)), LEVEL_INFO,
	    "%s: the remote address is %s%s%s", e->end.name,
	    addr_text(to, now), e->remote.family == 0 ? "" : ", no longer ",
	    e->remote.family == 0 ? "" : addr_text(&e->remote, before));
	e->remote = *to;
	e->heard = false;
	memset(&e->local, 0, sizeof(e->local));
	peers_set_out(e, out);
	if (e->leg != NULL)
		flow_up(e->leg);
	/* So that the other side learns our address. */
	if (e->heartbeat_ms != 0 && e->kind == PEERS_FIXED) {
		peers_beat(e);
		timer_set(&e->heartbeat, peers_loop(e),
		    loop_now(peers_loop(e)) + e->heartbeat_ms,
		    peers_heartbeat);
	}
}

/* Can packets be sent to such addresses? */
static bool
peers_reaches(struct end *end, uint8_t family)
{
	return peers_socket_for(peers_of(end), family) != NULL;
}

/* The name has an address that packets can be sent to. */
static void
peers_found(struct end *end, const struct addr *to)
{
	struct peers *e = peers_of(end);

	peers_set_remote(e, to, peers_socket_for(e, to->family));
}

static const struct ip_udp_name_ops peers_name_ops = {
	.reaches = peers_reaches,
	.found = peers_found,
};

/* The machine was suspended: the address may have changed meanwhile. */
static void
peers_slept(struct sleeper *sleeper, uint64_t slept_ms)
{
	struct peers *e = LIST_ITEM(sleeper, struct peers, sleeper);

	(void)slept_ms;
	if (e->remote.family == 0)
		return;
	ip_udp_name_renew(&e->name);
	if (e->heartbeat_ms != 0)
		peers_beat(e);
}

/* The map is there. */
static void
peers_map_ready(struct end *end)
{
	struct peers *e = peers_of(end);

	if (e->leg != NULL)
		flow_up(e->leg);
}

/*
 * In
 */

/* Makes the source of a valid datagram the remote address. */
static void
peers_learn(struct peers *e, struct udp_port *in, const struct udp_msg *m)
{
	if (!addr_same(&m->peer, &e->remote))
		peers_set_remote(e, &m->peer, in);
	else if (e->out != in)
		peers_set_out(e, in);
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

/* The first datagram comes, or the first since the remote address was set. */
static void
peers_hear(struct peers *e, const struct addr *from)
{
	char text[ADDR_TEXT];

	e->heard = true;
	log_limited(&e->heard_limit, loop_now(peers_loop(e)), LEVEL_INFO,
	    "%s: a peer is heard (%s)", e->end.name, addr_text(from, text));
}

/* Passes received datagrams on. */
static void
peers_take(struct udp_port *s, struct udp_msg *m, unsigned n)
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
		peers_hear(e, &last->peer);
	if (e->leg != NULL)
		flow_pass(e->leg, d, taken);
	else
		peers_drop(e, LOST_NO_FLOW, taken);
}

/*
 * Start and stop
 */

/* Opens the socket, or one for each family; 0, or -1 and the fault. */
static int
peers_open_sockets(struct peers *e, const struct settings *s,
    struct fault *f)
{
	struct hostport at = s->local;

	if (at.host[0] == '\0' && at.port == 0)
		at.port = e->kind != PEERS_FIXED && s->at.port != 0 ?
		    s->at.port : PEERS_PORT;
	/* Only a learned peer must be sent to from the address it knows. */
	e->listener.any_source = e->kind != PEERS_LEARNED;
	return udp_ports_open(&e->listener, &e->end, s, &at, UDP_PORTS_FIRST,
	    peers_take, f);
}

static int
peers_check(const char *name, const struct settings *s, struct fault *f)
{
	bool map = s->hosts_file != NULL || s->hosts_url != NULL;
	bool host = s->at.host[0] != '\0';

	(void)name;		/* it may be no more than the kind */
	if (s->hosts_file != NULL && s->hosts_url != NULL)
		return fault_user(f, "hosts-url", "ip-udp: hosts-file and "
		    "hosts-url exclude each other");
	if (map && host)
		return fault_user(f, "hosts-file", "ip-udp: either a host "
		    "is named, or a map of hosts, not both");
	if (s->heartbeat_ms != 0 && (map || !host))
		return fault_user(f, "heartbeat", "ip-udp: a heartbeat goes "
		    "with a host that it is sent to");
	if (s->group != NULL)
		return fault_user(f, NULL, "ip-udp: a group of endpoints "
		    "makes no sense here; give one host");
	if (host && s->at.port == 0)
		return fault_user(f, NULL, "ip-udp: nothing can be sent to "
		    "port 0");
	return 0;
}

/* Notes which kind it is, and names it. */
static void
peers_choose_kind(struct peers *e, const struct settings *s)
{
	bool map = s->hosts_file != NULL || s->hosts_url != NULL;
	const char *shown = s->hosts_file != NULL ? s->hosts_file :
	    s->hosts_url;

	e->kind = map ? PEERS_MAP : s->at.host[0] != '\0' ? PEERS_FIXED :
	    PEERS_LEARNED;
	if (map)
		snprintf(e->end.name, sizeof(e->end.name), "ip-udp:%.200s",
		    shown);
	else
		end_name(&e->end, &s->at);
}

/* Closes all. */
static void
peers_stop(struct end *end)
{
	struct peers *e = peers_of(end);

	loop_unmark(peers_loop(e), &e->flusher);
	loop_unwatch_sleep(&e->sleeper);
	ip_udp_name_stop(&e->name);
	timer_stop(&e->heartbeat);
	ip_udp_hosts_free(e->hosts);
	e->hosts = NULL;
	udp_ports_close(&e->listener);
}

/* Finds out where the one host is. */
static int
peers_start_fixed(struct peers *e, const struct settings *s, struct fault *f)
{
	struct addr literal;

	if (addr_of_literal(&literal, s->at.host, s->at.port) != 0) {
		ip_udp_name_start(&e->name, &e->end, s, &e->remote,
		    &peers_name_ops);
		return 0;
	}
	if (peers_socket_for(e, literal.family) == NULL)
		return fault_user(f, "local", "%s: packets cannot go there "
		    "from the address that `local` names: one is IPv4, the "
		    "other IPv6", e->end.name);
	peers_set_remote(e, &literal, peers_socket_for(e, literal.family));
	return 0;
}

/* Finds out where packets go. */
static int
peers_start_kind(struct peers *e, const struct settings *s, struct fault *f)
{
	switch (e->kind) {
	case PEERS_FIXED:
		return peers_start_fixed(e, s, f);
	case PEERS_MAP:
		return ip_udp_hosts_start(&e->hosts, &e->end, s,
		    peers_socket_for(e, 4) != NULL,
		    peers_socket_for(e, 6) != NULL, peers_map_ready, f);
	case PEERS_LEARNED:
		break;
	}
	return 0;
}

static int
peers_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct peers *e = peers_of(end);

	peers_choose_kind(e, s);
	if (bind_check_mark(end, s, f) != 0)
		return -1;
	e->flusher.fn = peers_flush;
	e->sleeper.fn = peers_slept;
	e->no_ip6 = s->no_ip6;
	e->mtu = (size_t)s->path_mtu;
	e->heartbeat_ms = (uint64_t)s->heartbeat_ms;
	if (s->prefix != NULL) {
		magic_make(e->magic, s->prefix);
		e->prefix = MAGIC_SIZE;
	}
	loop_watch_sleep(peers_loop(e), &e->sleeper);
	if (peers_open_sockets(e, s, f) == 0 && peers_start_kind(e, s, f) == 0)
		return 0;
	peers_stop(end);
	return -1;
}

static int
peers_open(struct leg *leg)
{
	struct peers *e = peers_of(leg->end);

	if (e->leg != NULL) {
		log_limited(&e->peer_limit, loop_now(peers_loop(e)),
		    LEVEL_WARN, "%s: carries one flow only, such as that of a "
		    "tun", e->end.name);
		return -1;
	}
	e->leg = e->listener.leg = leg;
	if (e->kind == PEERS_MAP ? ip_udp_hosts_known(e->hosts) :
	    e->remote.family != 0)
		flow_up(leg);
	return 0;
}

static void
peers_close(struct leg *leg)
{
	struct peers *e = peers_of(leg->end);

	if (e->leg == leg)
		e->leg = e->listener.leg = NULL;
}

/* end_ops.tell */
static void
peers_tell(const struct end *end, struct facts *f)
{
	f->address = ((const struct peers *)end)->remote;
}

static int
peers_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	struct peers *e = peers_of(end);

	return e->hosts == NULL ? 0 : ip_udp_hosts_prepare(e->hosts, s, f);
}

static void
peers_renew(struct end *end, const struct settings *s)
{
	struct peers *e = peers_of(end);

	if (e->hosts != NULL)
		ip_udp_hosts_renew(e->hosts, s);
}

const struct end_ops end_ip_udp = {
	.name = "ip-udp",
	.brief = HELP("IP packets in UDP: to a host, to the last sender, "
	    "by a map"),
	.side = RIGHT,
	.end_size = sizeof(struct peers),
	.leg_size = sizeof(struct leg),
	.headroom = IP_ANSWER_HEAD,
	.any_host = true,
	.bare = true,
	.steady = true,
	.wide = true,
	.options = settings_ip_udp,
	.check = peers_check,
	.start = peers_start,
	.prepare = peers_prepare,
	.renew = peers_renew,
	.open = peers_open,
	.send = peers_send,
	.room = peers_room,
	.tell = peers_tell,
	.close = peers_close,
	.stop = peers_stop,
};
