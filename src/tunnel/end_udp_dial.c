/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `udp`: a UDP target on the RIGHT; each flow has a connected socket.
 *
 * NOTES.  The states of a leg:
 *
 *	looking up	the name is looked up; the first datagrams wait
 *	open		the socket is connected to an address of the name
 *	open, other	the same, and a second address is known: when ICMP
 *			says that nobody listens on the first, and nothing has
 *			come from there, the leg goes on with the second
 *
 * What only the first and the last of these need is allocated (struct
 * dial_name), and freed when the target is heard.  A leg whose target is known
 * never has it.
 *
 * An address that refused is chosen last for UDP_REFUSED_MS.  Once the socket
 * is open nothing queues: what it does not take is a counted loss.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/list.h"
#include "tunnel/bind.h"
#include "tunnel/queue.h"
#include "tunnel/target.h"
#include "tunnel/udp_legs.h"

enum {
	UDP_LOOKUP_MS = 10000,	/* for the target's name */
	UDP_REFUSED_MS = 60000,	/* how long an address that refused is chosen
				 * last */
};

/* The end. */
struct udp_dial {
	struct end end;
	struct target target;
	struct udp_options options;	/* of each socket */
	struct udp_found found;	/* by the first of them */
	bool resolve_once;	/* as in the settings */
	struct addr known;	/* the target; family 0: look it up */
	struct addr refused;	/* of the target, the last that refused */
	uint64_t refused_ms;	/* when */
	struct flusher flusher;
	struct list dirty;	/* struct dial_leg with datagrams in queue */
	struct queue_pool queues;
	struct log_limit limit;
	struct udp_queue queue;	/* datagrams to send at the flush */
};

/* What a leg needs until it has heard from a target that was looked up. */
struct dial_name {
	struct dial_leg *leg;
	struct lookup lookup;
	struct timer failed;	/* when the leg fails, without a socket */
	struct aim aim;
	struct queue waiting;	/* datagrams, while the name is looked up */
	struct addr other;	/* the second address; family 0: none */
};

struct dial_leg {
	struct leg leg;
	struct udp udp;
	struct watch watch;
	struct list link;	/* in udp_dial->dirty */
	struct dial_name *name;	/* NULL: see above */
	struct addr to;		/* where the socket is connected to */
	bool open;		/* udp and watch are in use */
	bool heard;		/* a datagram came from the target */
};

static struct udp_dial *
dial_of(struct end *end)
{
	return (struct udp_dial *)end;
}

static struct dial_leg *
dial_leg_of(struct leg *leg)
{
	return (struct dial_leg *)leg;
}

static int dial_connect(struct dial_leg *, const struct addr *to);

/* Closes the leg's socket. */
static void
dial_disconnect(struct dial_leg *l)
{
	struct udp_dial *e = dial_of(l->leg.end);

	l->open = false;
	udp_forget(&e->queue, &l->udp);
	list_remove(&l->link);
	watch_stop(&l->watch);
	udp_close(&l->udp);
}

/* The second address cannot be used. */
static void
dial_failed(struct timer *t)
{
	leg_failed(&LIST_ITEM(t, struct dial_name, failed)->leg->leg,
	    "no socket");
}

/* Goes on with the second address, as nobody listens on the first. */
static void
dial_turn(struct dial_leg *l)
{
	struct udp_dial *e = dial_of(l->leg.end);
	struct addr to = l->name->other;
	char text[ADDR_TEXT];

	e->refused = l->to;
	e->refused_ms = loop_now(e->end.tunnel->loop);
	l->name->other.family = 0;
	if (addr_same(&e->known, &l->to))
		e->known = to;
	log_debug("flow %lu: goes on with %s",
	    (unsigned long)l->leg.flow->number, addr_text(&to, text));
	dial_disconnect(l);
	/* Not now: this may be dial_flush(), whose caller may be in the middle
	 * of work on the flow. */
	if (dial_connect(l, &to) != 0)
		timer_set(&l->name->failed, e->end.tunnel->loop,
		    e->refused_ms, dial_failed);
}

/* ICMP says that nobody listens on the target's address. */
static void
dial_refused(struct dial_leg *l)
{
	struct udp_dial *e = dial_of(l->leg.end);

	log_limited(&e->limit, loop_now(e->end.tunnel->loop), LEVEL_WARN,
	    "%s: %s (flow %lu)", e->end.name,
	    sock_strerror(l->udp.last_refusal),
	    (unsigned long)l->leg.flow->number);
	if (l->name == NULL)
		return;
	if (l->name->other.family != 0)
		dial_turn(l);
	else
		target_failed(&e->target, &l->name->aim);
}

/* Counts what the leg's socket lost since the last time.  The flow may have
 * ended afterwards. */
static void
dial_count(struct dial_leg *l)
{
	bool refused = l->udp.lost.refused > 0;

	udp_legs_count(l->leg.end, &l->leg, &l->udp.lost);
	if (refused)
		dial_refused(l);
}

/* Sends the datagrams of this turn. */
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

/* Frees what was needed for the name; whoever calls us may still use it. */
static void
dial_forget_name(struct dial_leg *l)
{
	struct udp_dial *e = dial_of(l->leg.end);

	if (l->name == NULL)
		return;
	resolve_cancel(&l->name->lookup);
	timer_stop(&l->name->failed);
	flow_drop(&l->leg, LOST_FLOW_ENDED,
	    queue_clear(&l->name->waiting, &e->queues));
	loop_free_later(e->end.tunnel->loop, l->name);
	l->name = NULL;
}

/* The target answers with datagrams: which of a group's it is must be known as
 * long as the leg lives. */
static void
dial_answered(struct dial_leg *l)
{
	struct udp_dial *e = dial_of(l->leg.end);

	if (l->name == NULL)
		return;
	l->name->other.family = 0;
	target_answered(&e->target, &l->name->aim);
	if (e->target.group == NULL)
		dial_forget_name(l);
}

/* The first datagram comes from the target. */
static void
dial_hear(struct dial_leg *l)
{
	l->heard = true;
	flow_log_up(&l->leg.end->tunnel->flow_log, &l->leg, "is heard",
	    l->leg.flow->began_ms, &l->to, "");
}

/* The socket has datagrams, or an error. */
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
			if (!l->heard)
				dial_hear(l);
			dial_answered(l);
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
	struct udp_dial *e = dial_of(leg->end);
	struct dial_leg *l = dial_leg_of(leg);
	struct loop *loop = leg->end->tunnel->loop;
	unsigned i, full;

	for (i = 0; i < n && l->open; i++)
		udp_put(&e->queue, &l->udp, &d[i], NULL, NULL);
	for (; i < n; i++) {
		if (queue_put(&l->name->waiting, &e->queues, d[i].data,
		    d[i].len, loop_now(loop), &full) != 0)
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
	return udp_legs_room(&dial_leg_of(leg)->to);
}

/* Opens the leg's socket to a known target; -1 when the system refuses. */
static int
dial_connect(struct dial_leg *l, const struct addr *to)
{
	struct udp_dial *e = dial_of(l->leg.end);
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
	struct udp_dial *e = dial_of(l->leg.end);
	struct arena *arena = loop_arena(e->end.tunnel->loop);
	const uint8_t *data;
	struct dgram d;
	size_t len;

	/* arena_take() may flush, and that may close the socket. */
	while (l->open &&
	    (data = queue_first(&l->name->waiting, &len)) != NULL) {
		arena_take(arena, &d, 1);
		memcpy(d.data, data, len);
		d.len = len;
		queue_pop(&l->name->waiting, &e->queues);
		dial_send(&l->leg, &d, 1);
	}
}

/* The first of n addresses that is neither of these two, which may be NULL;
 * NULL when there is none. */
static const struct addr *
dial_first_but(const struct addr *addr, unsigned n, const struct addr *a,
    const struct addr *b)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if ((a == NULL || !addr_same(&addr[i], a)) &&
		    (b == NULL || !addr_same(&addr[i], b)))
			return &addr[i];
	return NULL;
}

/* Chooses among n addresses of the target, in the system's order: returns the
 * one that the leg begins with, and sets l->name->other to the second, if there
 * is one.  The address that refused lately comes after all others. */
static const struct addr *
dial_choose(struct dial_leg *l, const struct addr *addr, unsigned n)
{
	const struct udp_dial *e = dial_of(l->leg.end);
	uint64_t now_ms = loop_now(e->end.tunnel->loop);
	const struct addr *bad, *first, *second;

	bad = now_ms - e->refused_ms < UDP_REFUSED_MS ? &e->refused : NULL;
	first = dial_first_but(addr, n, bad, NULL);
	if (first == NULL)
		return addr;
	second = dial_first_but(addr, n, bad, first);
	if (second == NULL)
		second = dial_first_but(addr, n, first, NULL);
	if (second != NULL)
		l->name->other = *second;
	return first;
}

/* The name was looked up for a leg. */
static void
dial_resolved(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dial_leg *l = LIST_ITEM(lookup, struct dial_name, lookup)->leg;
	struct udp_dial *e = dial_of(l->leg.end);
	const struct addr *to;

	if (n == 0) {
		log_limited(&e->limit, loop_now(e->end.tunnel->loop),
		    LEVEL_WARN, "%s: %s", e->end.name, why);
		target_failed(&e->target, &l->name->aim);
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
	struct udp_dial *e = dial_of(leg->end);
	struct dial_leg *l = dial_leg_of(leg);
	struct dial_name *name;

	list_init(&l->link);
	l->udp.fd = FD_NONE;
	if (e->known.family != 0)
		return dial_connect(l, &e->known);
	name = calloc(1, sizeof(*name));
	if (name == NULL) {
		log_limited(&e->limit, loop_now(e->end.tunnel->loop),
		    LEVEL_WARN, "%s: no memory for a flow", e->end.name);
		return -1;
	}
	name->leg = l;
	l->name = name;
	(void)target_choose(&e->target, &name->aim);
	resolve_start(e->end.tunnel->resolver, &name->lookup,
	    name->aim.at.host, name->aim.at.port, LOOKUP_CONNECT,
	    UDP_LOOKUP_MS, dial_resolved);
	return 0;
}

static int
dial_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct udp_dial *e = dial_of(end);

	target_init(&e->target, end, s);
	e->options = udp_legs_options(s);
	e->options.found = &e->found;
	e->resolve_once = s->resolve_once;
	e->flusher.fn = dial_flush;
	list_init(&e->dirty);
	if (s->group == NULL)
		(void)addr_of_literal(&e->known, s->at.host, s->at.port);
	if (bind_check_df(end, s, f) != 0)
		return -1;
	return bind_check_mark(end, s, f);
}

static void
dial_close(struct leg *leg)
{
	struct dial_leg *l = dial_leg_of(leg);

	dial_forget_name(l);
	if (l->open)
		dial_disconnect(l);
}

static void
dial_stop(struct end *end)
{
	struct udp_dial *e = dial_of(end);

	loop_unmark(end->tunnel->loop, &e->flusher);
	queue_pool_close(&e->queues);
}

const struct end_ops end_udp = {
	.name = "udp",
	.brief = HELP("a UDP target; each flow has a socket of its own"),
	.side = RIGHT,
	.end_size = sizeof(struct udp_dial),
	.leg_size = sizeof(struct dial_leg),
	.packets = true,
	.options = settings_udp,
	.start = dial_start,
	.open = dial_open,
	.send = dial_send,
	.room = dial_room,
	.close = dial_close,
	.stop = dial_stop,
};
