/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `ip-udp`: IP packets as UDP datagrams, as udptun and udptunnel send them.
 *
 * NOTES.  There is one leg, and one socket, or one for each family.  Packets go
 * to one remote host, whose name is looked up again while there is traffic; or
 * to the peer that sent the last datagram; or to the host that a map names for
 * their destination.  They are accepted from every peer that knows the prefix.
 * ip_udp_packets.c has their way, ip_udp_remote.c the one host and the peer
 * that sent last, ip_udp_hosts.c the map.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/bind.h"
#include "tunnel/facts.h"
#include "tunnel/ip_udp.h"

enum { PEERS_PORT = 7777 };	/* of udptun */

/* The map is there. */
static void
peers_map_ready(struct end *end)
{
	struct peers *e = peers_of(end);

	if (e->leg != NULL)
		flow_up(e->leg);
}

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
	    ip_udp_packets_take, f);
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

/* Finds out where packets go. */
static int
peers_start_kind(struct peers *e, const struct settings *s, struct fault *f)
{
	switch (e->kind) {
	case PEERS_FIXED:
		return ip_udp_remote_start(e, s, f);
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
	e->flusher.fn = ip_udp_packets_flush;
	e->sleeper.fn = ip_udp_remote_slept;
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
	.send = ip_udp_packets_send,
	.room = ip_udp_packets_room,
	.tell = peers_tell,
	.close = peers_close,
	.stop = peers_stop,
};
