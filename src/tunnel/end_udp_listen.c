/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `udp-listen`: UDP sockets on the LEFT; each source address is a flow.
 *
 * NOTES.  Output never queues: what the socket does not take is a counted
 * loss.  On a wildcard address a flow is a pair of addresses, the source and
 * the local one that it sent to, and is answered from the latter.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/table.h"
#include "tunnel/udp_legs.h"
#include "tunnel/udp_ports.h"

struct udp_listen {
	struct end end;
	struct udp_ports ports;	/* one socket, or one for each family */
	struct flusher flusher;
	struct table sources;	/* struct listen_leg by its source */
	struct listen_leg *newest;	/* that of the last datagram, or NULL */
	struct udp_queue queue;	/* datagrams to send at the flush */
};

struct listen_leg {
	struct leg leg;
	struct udp_port *port;	/* that its source sends to */
	struct table_node node;	/* in udp_listen->sources */
	struct source source;
};

static struct udp_listen *
listen_of(struct end *end)
{
	return (struct udp_listen *)end;
}

static struct listen_leg *
listen_leg_of(struct leg *leg)
{
	return (struct listen_leg *)leg;
}

/* The leg of a source, or NULL. */
static struct listen_leg *
listen_find(struct udp_listen *e, const struct source *source)
{
	struct table_node *node = table_find(&e->sources, source);

	return node == NULL ? NULL : TABLE_ITEM(node, struct listen_leg, node);
}

/* Opens a flow for the source of a datagram; NULL when it is refused, and then
 * the datagram was counted as lost. */
static struct listen_leg *
listen_open(struct udp_port *s, const struct source *source)
{
	struct peer peer = { .addr = source->peer };
	struct listen_leg *l;
	struct leg *leg;

	leg = flow_open(s->end, &peer);
	if (leg == NULL)
		return NULL;
	l = listen_leg_of(leg);
	l->port = s;
	s->users++;
	l->source = *source;
	table_add(&listen_of(s->end)->sources, &l->node);
	flow_up(leg);
	return l;
}

/* The leg that a datagram belongs to, a new one if need be; NULL when that is
 * refused, as listen_open(). */
static struct listen_leg *
listen_take(struct udp_port *s, const struct udp_msg *m)
{
	struct udp_listen *e = listen_of(s->end);
	struct listen_leg *l = e->newest;
	struct source source;

	if (l != NULL && addr_same(&l->source.peer, &m->peer) &&
	    addr_same(&l->source.local, &m->local))
		return l;
	source_set(&source, &m->peer, &m->local);
	l = listen_find(e, &source);
	if (l == NULL)
		l = listen_open(s, &source);
	if (l != NULL)
		e->newest = l;
	return l;
}

/* Passes received datagrams on, a run of one source at a time. */
static void
listen_pass(struct udp_port *s, struct udp_msg *m, unsigned n)
{
	struct dgram run[UDP_BATCH];
	struct listen_leg *l;
	unsigned i, len;

	for (i = 0; i < n; i += len) {
		l = listen_take(s, &m[i]);
		run[0] = m[i].d;
		for (len = 1; i + len < n &&
		    addr_same(&m[i].peer, &m[i + len].peer) &&
		    addr_same(&m[i].local, &m[i + len].local); len++)
			run[len] = m[i + len].d;
		if (l != NULL)
			flow_pass(&l->leg, run, len);
		else	/* flow_open() has counted the first of the run */
			end_drop(s->end, LOST_NO_FLOW, len - 1);
	}
}

/* Sends the datagrams of this turn. */
static void
listen_flush(struct flusher *f)
{
	struct udp_listen *e = LIST_ITEM(f, struct udp_listen, flusher);

	udp_ports_flush(&e->ports, &e->queue);
}

/* Closes all sockets. */
static void
listen_stop(struct end *end)
{
	struct udp_listen *e = listen_of(end);

	loop_unmark(end->tunnel->loop, &e->flusher);
	udp_ports_close(&e->ports);
	table_free(&e->sources);
}

/* Listens on the first address of the name that works; without a name, on
 * every address of this host, IPv4 and IPv6. */
static int
listen_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct udp_listen *e = listen_of(end);
	uint8_t seed[TABLE_SEED];

	end_name(end, &s->at);
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	table_init(&e->sources, TABLE_KEY_AT(struct listen_leg, node,
	    source), sizeof(struct source), seed);
	e->flusher.fn = listen_flush;
	if (udp_ports_open(&e->ports, end, s, &s->at, UDP_PORTS_FIRST,
	    listen_pass, f) == 0)
		return 0;
	listen_stop(end);
	return -1;
}

static void
listen_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct listen_leg *l = listen_leg_of(leg);
	struct udp_listen *e = listen_of(leg->end);
	unsigned i;

	for (i = 0; i < n; i++)
		udp_put(&e->queue, &l->port->udp, &d[i], &l->source.peer,
		    &l->source.local);
	loop_mark(leg->end->tunnel->loop, &e->flusher);
}

static size_t
listen_room(struct leg *leg)
{
	return udp_legs_room(&listen_leg_of(leg)->source.peer);
}

static void
listen_close(struct leg *leg)
{
	struct udp_listen *e = listen_of(leg->end);
	struct listen_leg *l = listen_leg_of(leg);

	if (e->newest == l)
		e->newest = NULL;
	l->port->users--;
	table_remove(&e->sources, &l->node);
}

const struct end_ops end_udp_listen = {
	.name = "udp-listen",
	.brief = HELP("a local UDP port; each source address is a flow"),
	.side = LEFT,
	.end_size = sizeof(struct udp_listen),
	.leg_size = sizeof(struct listen_leg),
	.any_host = true,
	.packets = true,
	.options = settings_udp_listen,
	.start = listen_start,
	.send = listen_send,
	.room = listen_room,
	.close = listen_close,
	.stop = listen_stop,
};
