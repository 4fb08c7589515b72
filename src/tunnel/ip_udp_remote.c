/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The remote address of `ip-udp`, to which packets and heartbeats go: that of
 * the one host, or of the peer that sent last.
 */

#include "compat.h"

#include "tunnel/ip_udp.h"

#include <string.h>

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

void
ip_udp_remote_slept(struct sleeper *sleeper, uint64_t slept_ms)
{
	struct peers *e = LIST_ITEM(sleeper, struct peers, sleeper);

	(void)slept_ms;
	if (e->remote.family == 0)
		return;
	ip_udp_name_renew(&e->name);
	if (e->heartbeat_ms != 0)
		peers_beat(e);
}

void
ip_udp_remote_learn(struct peers *e, struct udp_port *in,
    const struct addr *from)
{
	if (!addr_same(from, &e->remote))
		peers_set_remote(e, from, in);
	else
		peers_set_out(e, in);
}

void
ip_udp_remote_hear(struct peers *e, const struct addr *from)
{
	char text[ADDR_TEXT];

	e->heard = true;
	log_limited(&e->heard_limit, loop_now(peers_loop(e)), LEVEL_INFO,
	    "%s: a peer is heard (%s)", e->end.name, addr_text(from, text));
}

int
ip_udp_remote_start(struct peers *e, const struct settings *s, struct fault *f)
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
