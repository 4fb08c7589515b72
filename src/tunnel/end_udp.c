/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Plain UDP: `udp-listen`, whose legs are the sources that send to one
 * socket, and `udp`, whose legs have a connected socket each.
 *
 * NOTES.  Output never queues: what the socket does not take is a counted
 * drop.  Only while the target's name is looked up do the first datagrams of
 * a flow wait.  When ICMP says that nobody listens on the first of the name's
 * addresses, a flow that had no answer so far goes on with another one, and for
 * a while those that begin later do so at once.  On a wildcard address each
 * source is told apart by the address that it sent to as well, and is answered
 * from there.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/list.h"
#include "base/table.h"
#include "net/udp.h"
#include "tunnel/bind.h"
#include "tunnel/udp_ports.h"
#include "tunnel/queue.h"
#include "tunnel/udp_legs.h"
#include "tunnel/target.h"
#include "wire/ip.h"

enum {
	UDP_LOOKUP_MS = 10000,	/* for the target's name */
	UDP_REFUSED_MS = 60000,	/* an address that refused is not chosen for so
				 * long, if there is another */
	UDP_PATH = 1500,	/* bytes of a packet that the way takes */
};

/*
 * udp-listen
 */

struct udp_listen {
	struct end end;
	struct udp_ports listener;	/* one socket, or one for each family */
	struct flusher flusher;
	struct table sources;	/* struct listen_leg by its key */
	struct listen_leg *newest;	/* whose datagram came last, or NULL */
	struct udp_queue queue;
};

struct listen_leg {
	struct leg leg;
	struct udp *udp;	/* the socket that its source sends to */
	struct table_node node;
	uint8_t key[SOURCE_KEY];
	struct addr peer, local;
};

/* The leg of that source; NULL when there is none. */
static struct listen_leg *
listen_find(struct udp_listen *e, const struct udp_msg *m,
    uint8_t key[SOURCE_KEY])
{
	struct table_node *node;

	source_key(key, &m->peer, &m->local);
	node = table_find(&e->sources, key);
	return node == NULL ? NULL : TABLE_ITEM(node, struct listen_leg, node);
}

/* The leg that a datagram belongs to, a new one if need be; NULL when that is
 * refused. */
static struct listen_leg *
listen_leg_of(struct udp_port *s, const struct udp_msg *m)
{
	struct udp_listen *e = (struct udp_listen *)s->end;
	struct listen_leg *l = e->newest;
	struct peer peer = { 0 };
	uint8_t key[SOURCE_KEY];
	struct leg *leg;

	if (l != NULL && addr_same(&l->peer, &m->peer) &&
	    addr_same(&l->local, &m->local))
		return l;
	l = listen_find(e, m, key);
	if (l == NULL) {
		peer.addr = m->peer;
		peer.local = m->local;
		leg = flow_open(&e->end, &peer);
		if (leg == NULL)
			return NULL;
		l = (struct listen_leg *)leg;
		l->udp = &s->udp;
		l->peer = m->peer;
		l->local = m->local;
		memcpy(l->key, key, sizeof(key));
		table_add(&e->sources, &l->node);
		flow_up(leg);
	}
	e->newest = l;
	return l;
}

/* Passes what came, runs of one source together. */
static void
listen_pass(struct udp_port *s, struct udp_msg *m, unsigned n)
{
	struct dgram run[UDP_BATCH];
	struct listen_leg *l;
	unsigned i, len;

	for (i = 0; i < n; i += len) {
		l = listen_leg_of(s, &m[i]);
		run[0] = m[i].d;
		for (len = 1; i + len < n &&
		    addr_same(&m[i].peer, &m[i + len].peer) &&
		    addr_same(&m[i].local, &m[i + len].local); len++)
			run[len] = m[i + len].d;
		if (l != NULL)
			flow_pass(&l->leg, run, len);
		else	/* the first of them is counted already */
			end_drop(s->end, LOST_NO_FLOW, len - 1);
	}
}

/* Sends what was gathered. */
static void
listen_flush(struct flusher *f)
{
	struct udp_listen *e = LIST_ITEM(f, struct udp_listen, flusher);

	udp_ports_flush(&e->listener, &e->queue);
}

/* Closes all sockets. */
static void
listen_stop(struct end *end)
{
	struct udp_listen *e = (struct udp_listen *)end;

	loop_unmark(end->tunnel->loop, &e->flusher);
	udp_ports_close(&e->listener);
	table_free(&e->sources);
}

/* Listens on the first address of the name that works; without a name, on
 * every address of this host, IPv4 and IPv6. */
static int
listen_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct udp_listen *e = (struct udp_listen *)end;
	uint8_t seed[TABLE_SEED];

	end_name(end, &s->at);
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	table_init(&e->sources, TABLE_KEY_AT(struct listen_leg, node, key),
	    SOURCE_KEY, seed);
	e->flusher.fn = listen_flush;
	if (udp_ports_open(&e->listener, end, s, &s->at, UDP_PORTS_FIRST,
	    listen_pass, f) == 0)
		return 0;
	listen_stop(end);
	return -1;
}

static void
listen_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct listen_leg *l = (struct listen_leg *)leg;
	struct udp_listen *e = (struct udp_listen *)leg->end;
	unsigned i;

	for (i = 0; i < n; i++)
		udp_put(&e->queue, l->udp, &d[i], &l->peer, &l->local);
	loop_mark(leg->end->tunnel->loop, &e->flusher);
}

/* What goes to that peer in one packet. */
static size_t
udp_room(const struct addr *peer)
{
	return ip_udp_room(UDP_PATH, peer->family == 6 ? 6 : 4);
}

static size_t
listen_room(struct leg *leg)
{
	return udp_room(&((struct listen_leg *)leg)->peer);
}

static void
listen_close(struct leg *leg)
{
	struct udp_listen *e = (struct udp_listen *)leg->end;
	struct listen_leg *l = (struct listen_leg *)leg;

	if (e->newest == l)
		e->newest = NULL;
	table_remove(&e->sources, &l->node);
}

const struct end_ops end_udp_listen = {
	.name = "udp-listen",
	.brief = "a local UDP port; each source address is a flow",
	.side = LEFT,
	.end_size = sizeof(struct udp_listen),
	.leg_size = sizeof(struct listen_leg),
	.any_host = true,
	.options = settings_udp_listen,
	.start = listen_start,
	.send = listen_send,
	.room = listen_room,
	.close = listen_close,
	.stop = listen_stop,
};

/*
 * udp
 */

struct udp_dial {
	struct end end;
	struct target target;
	struct udp_options options;
	bool resolve_once;
	struct addr known;	/* family 0 while it must be looked up */
	struct addr refused;	/* of the target's name: nobody is there, */
	uint64_t refused_ms;	/* or was not then */
	struct flusher flusher;
	struct list dirty;	/* legs with something in the queue */
	struct queue_pool queues;
	struct log_limit limit;
	struct udp_queue queue;
};

struct dial_leg {
	struct leg leg;
	struct udp udp;
	struct watch watch;
	struct list link;	/* in end->dirty */
	struct lookup lookup;
	struct aim aim;
	struct queue waiting;	/* until the name is looked up */
	struct udp_losses told;
	struct addr to;		/* the target, once it is known */
	struct addr other;	/* another address of it, until something came
				 * from the first; family 0: none */
	bool open;		/* udp and watch are in use */
};

static int dial_connect(struct dial_leg *, const struct addr *to);

/* Closes the leg's socket. */
static void
dial_disconnect(struct dial_leg *l)
{
	struct udp_dial *e = (struct udp_dial *)l->leg.end;

	l->open = false;
	udp_forget(&e->queue, &l->udp);
	list_remove(&l->link);
	watch_stop(&l->watch);
	udp_close(&l->udp);
}

/* Nobody listens on the target's first address: goes on with the other. */
static void
dial_turn(struct dial_leg *l)
{
	struct udp_dial *e = (struct udp_dial *)l->leg.end;
	struct addr to = l->other;
	char text[ADDR_TEXT];

	e->refused = l->to;
	e->refused_ms = loop_now(e->end.tunnel->loop);
	l->other.family = 0;
	if (addr_same(&e->known, &l->to))
		e->known = to;
	log_debug("flow %lu: goes on with %s",
	    (unsigned long)l->leg.flow->number, addr_text(&to, text));
	dial_disconnect(l);
	if (dial_connect(l, &to) != 0)
		leg_failed(&l->leg, "no socket");
}

/* Counts what the leg's socket lost, says why once in a while, and may look for
 * another address. */
static void
dial_count(struct dial_leg *l)
{
	struct udp_dial *e = (struct udp_dial *)l->leg.end;
	unsigned long refused = l->udp.lost.refused;
	bool turn;

	if (refused != l->told.refused)
		log_limited(&e->limit, loop_now(e->end.tunnel->loop),
		    LEVEL_WARN, "%s: %s (flow %lu)", e->end.name,
		    sock_strerror(l->udp.last_error),
		    (unsigned long)l->leg.flow->number);
	turn = refused != l->told.refused && l->other.family != 0;
	if (refused != l->told.refused && !turn)
		target_failed(&e->target, &l->aim);
	udp_legs_count(&e->end, &l->leg, &l->told, &l->udp.lost);
	if (turn)
		dial_turn(l);
}

/* Sends what was gathered. */
static void
dial_flush(struct flusher *f)
{
	struct udp_dial *e = LIST_ITEM(f, struct udp_dial, flusher);
	struct dial_leg *l;

	udp_flush(&e->queue);
	while (!list_empty(&e->dirty)) {
		l = LIST_ITEM(e->dirty.next, struct dial_leg, link);
		list_remove(&l->link);
		dial_count(l);
	}
}

static struct target *
dial_target(struct dial_leg *l)
{
	return &((struct udp_dial *)l->leg.end)->target;
}

/* Datagrams wait. */
static void
dial_readable(struct watch *w, unsigned events)
{
	struct dial_leg *l = LIST_ITEM(w, struct dial_leg, watch);
	struct loop *loop = w->loop;
	struct udp_msg m[UDP_BATCH];
	struct dgram d[UDP_BATCH];
	int n, i, j;

	(void)events;
	for (i = 0; i < UDP_LEGS_RECEIVES; i++) {
		n = udp_receive(&l->udp, loop_arena(loop), m, UDP_BATCH);
		for (j = 0; j < n; j++)
			d[j] = m[j].d;
		if (n > 0) {
			l->other.family = 0;
			target_answered(dial_target(l), &l->aim);
			flow_pass(&l->leg, d, (unsigned)n);
		}
		if (l->leg.flow->dead)
			return;
		if (!l->udp.more &&
		    (n >= 0 || l->udp.last_error != ECONNREFUSED))
			break;
	}
	dial_count(l);
}

static void
dial_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct udp_dial *e = (struct udp_dial *)leg->end;
	struct dial_leg *l = (struct dial_leg *)leg;
	struct loop *loop = leg->end->tunnel->loop;
	unsigned i, full;

	for (i = 0; i < n && l->open; i++)
		udp_put(&e->queue, &l->udp, &d[i], NULL, NULL);
	for (; i < n; i++) {
		if (queue_put(&l->waiting, &e->queues, d[i].data, d[i].len,
		    loop_now(loop), &full) != 0)
			flow_drop(leg, LOST_NO_MEMORY, 1);
		flow_drop(leg, LOST_QUEUE_FULL, full);
	}
	if (!l->open)
		return;
	if (list_empty(&l->link))
		list_add(&e->dirty, &l->link);
	loop_mark(loop, &e->flusher);
}

static size_t
dial_room(struct leg *leg)
{
	return udp_room(&((struct dial_leg *)leg)->to);
}

/* Opens the leg's socket to a known target; -1 when the system refuses. */
static int
dial_connect(struct dial_leg *l, const struct addr *to)
{
	struct udp_dial *e = (struct udp_dial *)l->leg.end;
	struct tunnel *t = e->end.tunnel;
	const char *step;

	if (udp_open(&l->udp, NULL, to, &e->options, &step) != 0)
		goto fail;
	step = "watch";
	if (watch_start(&l->watch, t->loop, l->udp.fd, READABLE,
	    dial_readable) != 0) {
		udp_close(&l->udp);
		goto fail;
	}
	memset(&l->told, 0, sizeof(l->told));
	l->open = true;
	l->to = *to;
	flow_up(&l->leg);
	return 0;
fail:
	log_limited(&e->limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: no socket: %s: %s", e->end.name, step, sock_strerror(errno));
	return -1;
}

/* Sends what waited for the name. */
static void
dial_send_waiting(struct dial_leg *l)
{
	struct udp_dial *e = (struct udp_dial *)l->leg.end;
	struct arena *arena = loop_arena(e->end.tunnel->loop);
	const uint8_t *data;
	struct dgram d;
	size_t len;

	while ((data = queue_first(&l->waiting, &len)) != NULL) {
		arena_take(arena, &d, 1);
		memcpy(d.data, data, len);
		d.len = len;
		queue_pop(&l->waiting, &e->queues);
		dial_send(&l->leg, &d, 1);
	}
}

/* Chooses the address that a leg begins with, and one to turn to. */
static const struct addr *
dial_choose(struct dial_leg *l, const struct addr *addr, unsigned n)
{
	const struct udp_dial *e = (const struct udp_dial *)l->leg.end;
	uint64_t now_ms = loop_now(e->end.tunnel->loop);
	bool lately = now_ms - e->refused_ms < UDP_REFUSED_MS;
	const struct addr *first = NULL, *last = NULL;
	unsigned i;

	for (i = 0; i < n && l->other.family == 0; i++) {
		if (lately && addr_same(&addr[i], &e->refused))
			last = &addr[i];
		else if (first == NULL)
			first = &addr[i];
		else if (!addr_same(&addr[i], first))
			l->other = addr[i];
	}
	if (first == NULL)
		return addr;
	if (l->other.family == 0 && last != NULL)
		l->other = *last;
	return first;
}

/* The name was looked up for a leg. */
static void
dial_resolved(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dial_leg *l = LIST_ITEM(lookup, struct dial_leg, lookup);
	struct udp_dial *e = (struct udp_dial *)l->leg.end;
	const struct addr *to;

	if (n == 0) {
		log_limited(&e->limit, loop_now(e->end.tunnel->loop),
		    LEVEL_WARN, "%s: %s", e->end.name, why);
		target_failed(&e->target, &l->aim);
		leg_failed(&l->leg, "the target's name has no address");
		return;
	}
	to = dial_choose(l, addr, n);
	if (e->resolve_once)
		e->known = *to;
	if (dial_connect(l, to) != 0) {
		leg_failed(&l->leg, "no socket");
		return;
	}
	dial_send_waiting(l);
}

static int
dial_open(struct leg *leg)
{
	struct udp_dial *e = (struct udp_dial *)leg->end;
	struct dial_leg *l = (struct dial_leg *)leg;

	list_init(&l->link);
	l->udp.fd = FD_NONE;
	if (e->known.family != 0)
		return dial_connect(l, &e->known);
	(void)target_choose(&e->target, &l->aim);
	resolve_start(e->end.tunnel->resolver, &l->lookup, l->aim.at.host,
	    l->aim.at.port, LOOKUP_CONNECT, UDP_LOOKUP_MS, dial_resolved);
	return 0;
}

static int
dial_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct udp_dial *e = (struct udp_dial *)end;

	if (target_init(&e->target, end, s, f) != 0)
		return -1;
	e->options = udp_legs_options(s);
	e->resolve_once = s->resolve_once;
	e->flusher.fn = dial_flush;
	list_init(&e->dirty);
	if (s->group == NULL && addr_parse_ip(&e->known, s->at.host) == 0)
		e->known.port = s->at.port;
	return bind_check_mark(end, s, f);
}

static void
dial_close(struct leg *leg)
{
	struct udp_dial *e = (struct udp_dial *)leg->end;
	struct dial_leg *l = (struct dial_leg *)leg;

	resolve_cancel(&l->lookup);
	flow_drop(leg, LOST_FLOW_ENDED, queue_clear(&l->waiting, &e->queues));
	if (l->open)
		dial_disconnect(l);
}

static void
dial_stop(struct end *end)
{
	struct udp_dial *e = (struct udp_dial *)end;

	loop_unmark(end->tunnel->loop, &e->flusher);
	queue_pool_close(&e->queues);
}

const struct end_ops end_udp = {
	.name = "udp",
	.brief = "a UDP target; each flow has a socket of its own",
	.side = RIGHT,
	.end_size = sizeof(struct udp_dial),
	.leg_size = sizeof(struct dial_leg),
	.options = settings_udp,
	.start = dial_start,
	.open = dial_open,
	.send = dial_send,
	.room = dial_room,
	.close = dial_close,
	.stop = dial_stop,
};
