/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `uott-listen`: the accepting side of uott, with a leg for each tag of each
 * connection; and `udp2tcp-listen`, whose frames have no tags, with one leg
 * for each connection.
 *
 * NOTES.  A connection (tunnel/uott_client.h) is a stranger until its first
 * flow.  Strangers are bounded in number (tunnel/tcp_admit.h).  Their time is
 * bounded by the TLS handshake only, since a client may connect long before it
 * has data to send.  At the limit of all connections one without flows is
 * evicted: a stranger, or if there is none the one that has been idle for
 * longest.  A client of udp2tcp connects when it has a datagram, so there a
 * stranger must send one in time.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/facts.h"
#include "tunnel/proxied.h"
#include "tunnel/uott_client.h"

enum {
	CLIENT_QUEUE_MAX = QUEUE_POOL_MAX / 4,	/* bytes queued for one
						 * connection */
};

/*
 * Admission
 */

/* Has a stranger sent anything? */
static bool
client_has_spoken(const struct pending *p)
{
	return LIST_ITEM(p, struct client,
	    place.pending)->conn.framed.stream.heard_ms > 0;
}

/* Where there are as many connections as there may be: the one without flows
 * that is closed for one from there, or NULL. */
static struct client *
mux_port_idle(struct mux_port *e, const struct addr *from)
{
	struct pending *payer;

	if (e->admit.pending.n == 0)
		return list_empty(&e->idle) ? NULL :
		    LIST_ITEM(e->idle.next, struct client, link);
	payer = pendings_payer(&e->admit.pending, from,
	    loop_now(mux_port_loop(e)));
	return payer == NULL ? NULL :
	    LIST_ITEM(payer, struct client, place.pending);
}

/* Finds room for a connection from there, and closes one without flows for it
 * if need be.  False: there is none, and it was refused. */
static bool
mux_port_make_room(struct mux_port *e, const struct addr *from)
{
	static const char why[] = "too many connections without flows";
	struct pending *payer;
	struct client *idle;

	idle = tcp_admit_is_full(&e->admit) &&
	    !tcp_admit_is_used_up(&e->admit, from) ? mux_port_idle(e, from) :
	    NULL;
	if (idle != NULL) {
		end_refuse_connection(&e->mux.framed.end);
		uott_client_close(idle, why);
	}
	if (!tcp_admit_ask(&e->admit, from, &payer))
		return false;
	if (payer != NULL)
		uott_client_close(LIST_ITEM(payer, struct client,
		    place.pending), why);
	return true;
}

/* The listener accepted a connection. */
static bool
mux_port_accept(struct end *end, fd_t fd, const struct addr *from)
{
	struct mux_port *e = mux_port_of_end(end);

	if (mux_port_make_room(e, from))
		return uott_client_accept(e, fd, from);
	sock_close(fd);
	return false;
}

/*
 * The end
 */

/* The common part of check(). */
static int
mux_port_check(const char *name, const struct settings *s, struct fault *f)
{
	return mux_check(name, s, true, f);
}

/* The common part of start(). */
static int
mux_port_start(struct end *end, const struct settings *s,
    const struct frame_format *format, struct fault *f)
{
	struct mux_port *e = mux_port_of_end(end);
	uint8_t seed[TABLE_SEED];

	end_name(end, &s->at);
	e->mux.leg_of = uott_client_leg_of;
	e->mux.conn_up = uott_client_up;
	e->mux.conn_down = uott_client_down;
	e->mux.queue_max = CLIENT_QUEUE_MAX;
	e->timeout_ms = s->timeout_ms;
	list_init(&e->idle);
	list_init(&e->busy);
	if (mux_start(&e->mux, s, format, true, f) != 0)
		return -1;
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	table_init(&e->tags, TABLE_KEY_AT(struct tag_leg, node, key),
	    UOTT_TAG_KEY, seed);
	tcp_admit_init(&e->admit, end, s, "have had no flow yet",
	    client_has_spoken);
	if (tcp_ports_open(&e->ports, end, s, &e->mux.framed.options,
	    mux_port_accept, f) == 0)
		return 0;
	table_free(&e->tags);
	tcp_admit_free(&e->admit);
	framed_stop(&e->mux.framed);
	return -1;
}

static int
mux_port_start_uott(struct end *end, const struct settings *s,
    struct fault *f)
{
	return mux_port_start(end, s, &frame_uott, f);
}

static int
mux_port_start_udp2tcp(struct end *end, const struct settings *s,
    struct fault *f)
{
	mux_port_of_end(end)->prompt = true;
	return mux_port_start(end, s, &frame_udp2tcp, f);
}

/* Closes the connections of a list. */
static void
mux_port_close_all(struct list *clients)
{
	while (!list_empty(clients))
		uott_client_stop(LIST_ITEM(clients->next, struct client, link));
}

/* Accepts no more connections, and closes those that have no flow. */
static void
mux_port_drain(struct end *end)
{
	struct mux_port *e = mux_port_of_end(end);
	struct pending *oldest;

	tcp_ports_close(&e->ports);
	while ((oldest = pendings_oldest(&e->admit.pending)) != NULL)
		uott_client_stop(LIST_ITEM(oldest, struct client,
		    place.pending));
	mux_port_close_all(&e->idle);
}

static void
mux_port_stop(struct end *end)
{
	struct mux_port *e = mux_port_of_end(end);

	mux_port_drain(end);
	mux_port_close_all(&e->busy);
	table_free(&e->tags);
	tcp_admit_free(&e->admit);
	framed_stop(&e->mux.framed);
}

/* Closes the connections of a list, idle or busy, that are not trusted any
 * more. */
static void
mux_port_judge_list(struct list *clients)
{
	struct list *at, *next;
	struct client *c;

	for (at = clients->next; at != clients; at = next) {
		next = at->next;
		c = LIST_ITEM(at, struct client, link);
		if (!framed_is_trusted(&c->conn.framed))
			uott_client_close(c, FRAMED_UNTRUSTED);
	}
}

/* The trust anchors are others: closes the connections that are not trusted any
 * more.  Those whose handshake goes on are judged after it
 * (framed_is_trusted()). */
static void
mux_port_judge(struct mux_port *e)
{
	struct list *at, *next, *all = &e->admit.pending.all;
	struct pending *p;
	struct client *c;

	mux_port_judge_list(&e->idle);
	mux_port_judge_list(&e->busy);
	for (at = all->next; at != all; at = next) {
		next = at->next;
		p = LIST_ITEM(at, struct pending, link);
		c = LIST_ITEM(p, struct client, place.pending);
		if (!framed_is_trusted(&c->conn.framed))
			uott_client_close(c, FRAMED_UNTRUSTED);
	}
}

static int
mux_port_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	return framed_prepare(&mux_port_of_end(end)->mux.framed, s, f);
}

static void
mux_port_renew(struct end *end, const struct settings *s)
{
	struct mux_port *e = mux_port_of_end(end);

	if (framed_renew(&e->mux.framed, s))
		mux_port_judge(e);
	if (s == NULL)
		return;
	e->timeout_ms = s->timeout_ms;
	tcp_admit_renew(&e->admit, s);
	proxied_renew(&e->ports.proxied, s);
}

/* end_ops.tell */
static void
mux_port_tell(const struct end *end, struct facts *f)
{
	const struct mux_port *e = (const struct mux_port *)end;

	f->connections = e->mux.framed.env.n_streams;
	facts_add_chain(f, e->mux.framed.credentials);
}

/* end_ops.tell_leg */
static void
tag_tell(const struct leg *leg, struct facts *f)
{
	const struct tag_leg *l = (const struct tag_leg *)leg;

	facts_add_stream(f, &l->mux.conn->framed.stream);
}

const struct end_ops end_uott_listen = {
	.name = "uott-listen",
	.brief = HELP("a TCP port; each tag on a connection is a flow"),
	.side = LEFT,
	.end_size = sizeof(struct mux_port),
	.leg_size = sizeof(struct tag_leg),
	.any_host = true,
	.options = settings_uott_listen,
	.check = mux_port_check,
	.start = mux_port_start_uott,
	.prepare = mux_port_prepare,
	.renew = mux_port_renew,
	.send = mux_send,
	.room = framed_room,
	.tell = mux_port_tell,
	.tell_leg = tag_tell,
	.close = uott_client_leg_close,
	.drain = mux_port_drain,
	.stop = mux_port_stop,
};

const struct end_ops end_udp2tcp_listen = {
	.name = "udp2tcp-listen",
	.brief = HELP("a TCP port for mullvad's udp2tcp; a connection is a "
	    "flow"),
	.side = LEFT,
	.end_size = sizeof(struct mux_port),
	.leg_size = sizeof(struct tag_leg),
	.any_host = true,
	.options = settings_udp2tcp_listen,
	.start = mux_port_start_udp2tcp,
	.prepare = mux_port_prepare,
	.renew = mux_port_renew,
	.send = mux_send,
	.room = framed_room,
	.tell = mux_port_tell,
	.tell_leg = tag_tell,
	.close = uott_client_leg_close,
	.drain = mux_port_drain,
	.stop = mux_port_stop,
};
