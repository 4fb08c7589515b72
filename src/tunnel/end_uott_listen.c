/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `uott-listen`: the accepting side of uott, with a leg for each tag of each
 * connection; and `udp2tcp-listen`, whose frames have no tags, with one leg
 * for each connection.
 *
 * NOTES.  A frame whose tag has no flow begins one; this includes tags whose
 * flow has expired here but not at the peer.  A flow ends with its connection:
 * a tag is valid on one connection only.
 *
 * A connection is a stranger until its first flow.  Strangers are bounded in
 * number (tunnel/tcp_admit.h).  Their time is bounded by the TLS handshake
 * only, since a client may connect long before it has data to send.  At the
 * limit of all connections one without flows is evicted: a stranger, or if
 * there is none the one that has been idle for longest.  A client of udp2tcp
 * connects when it has a datagram, so there a stranger must send one in time.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/table.h"
#include "tunnel/facts.h"
#include "tunnel/tcp_admit.h"
#include "tunnel/tcp_ports.h"
#include "tunnel/uott_mux.h"

enum {
	CLIENT_QUEUE_MAX = QUEUE_POOL_MAX / 4,	/* bytes queued for one
						 * connection */
	CLIENT_TAG_KEY = 10,	/* bytes of a key: connection and tag */
	CLIENT_IDLE_MS = 3000,	/* without traffic: idle */
};

/* An end. */
struct mux_port {
	struct mux mux;
	struct tcp_ports ports;
	struct table tags;	/* struct tag_leg by its key */
	struct tcp_admit admit;	/* limits of struct client; strangers are
				 * pending */
	struct list idle;	/* struct client by state, below; in each the */
	struct list busy;	/* one that has been in it longest is first */
	int64_t timeout_ms;	/* for the TLS handshake, or first flow */
	bool prompt;		/* udp2tcp: a flow must begin in time */
	uint64_t last_number;	/* of the newest client */
	struct log_limit closed_limit;	/* of lines about closed connections, */
	struct log_limit up_limit;	/* and about those with a first flow */
};

/*
 * A connection.
 *
 *	state		flows		late			evicted
 *	stranger	none so far	TLS handshake, or	first
 *					udp2tcp's first flow
 *	busy		some		-			never
 *	idle		none left	-			second
 */
struct client {
	struct mux_conn conn;
	struct list link;	/* in mux_port->idle or busy, or in none */
	struct list legs;	/* struct tag_leg */
	struct tag_leg *newest;	/* leg of the last frame; NULL: none */
	uint64_t number;	/* counts from 1 */
	uint64_t up_ms;		/* when it was up */
	bool told;		/* that was logged */
	struct timer late;	/* end of the time for handshake or flow */
	struct tcp_place place;	/* its places in mux_port->admit */
};

/* A leg. */
struct tag_leg {
	struct mux_leg mux;
	struct table_node node;	/* in mux_port->tags */
	uint8_t key[CLIENT_TAG_KEY];	/* tag_key(): its key there */
	struct list link;	/* in client->legs */
};

static struct mux_port *
mux_port_of_end(struct end *end)
{
	return (struct mux_port *)end;
}

static struct tag_leg *
tag_leg_of(struct leg *leg)
{
	return (struct tag_leg *)leg;
}

static struct client *
client_of_conn(struct mux_conn *conn)
{
	return (struct client *)conn;
}

static struct mux_port *
mux_port_of(const struct client *c)
{
	return (struct mux_port *)c->conn.mux;
}

static struct loop *
mux_port_loop(const struct mux_port *e)
{
	return e->mux.framed.end.tunnel->loop;
}

static struct client *
client_of(const struct tag_leg *l)
{
	return (struct client *)l->mux.conn;
}

/*
 * Flows
 */

/* Writes the key of a tag: the number of its connection, and the tag. */
static void
tag_key(uint8_t key[CLIENT_TAG_KEY], const struct client *c, uint16_t tag)
{
	memcpy(key, &c->number, sizeof(c->number));
	memcpy(key + sizeof(c->number), &tag, sizeof(tag));
}

/* Logs that a connection is used; those that never are tell nothing. */
static void
client_log_up(struct client *c)
{
	struct mux_port *e = mux_port_of(c);
	const struct stream *s = &c->conn.framed.stream;
	const char *name = stream_identity(s);
	char peer[ADDR_TEXT], text[STREAM_TEXT];

	if (c->told)
		return;
	c->told = true;
	log_limited(&e->up_limit, loop_now(mux_port_loop(e)), LEVEL_INFO,
	    "%s: a client is connected: %s, after %llu ms (%s%s%s)",
	    e->mux.framed.end.name, stream_text(s, text),
	    (unsigned long long)(c->up_ms == 0 ? 0 : c->up_ms - s->opened_ms),
	    addr_text(&s->peer, peer), *name == '\0' ? "" : ", ", name);
}

/* A flow begins on a connection that had none: it is busy. */
static void
client_make_busy(struct client *c)
{
	struct mux_port *e = mux_port_of(c);

	client_log_up(c);
	timer_stop(&c->late);
	tcp_admit_know(&e->admit, &c->place);
	list_remove(&c->link);
	list_add(&e->busy, &c->link);
}

/* Opens a flow for a tag of which n datagrams were received; NULL: refused,
 * and all of them were counted as lost. */
static struct tag_leg *
tag_open(struct client *c, uint16_t tag, const uint8_t key[CLIENT_TAG_KEY],
    unsigned n)
{
	struct mux_port *e = mux_port_of(c);
	struct peer peer = { 0 };
	struct tag_leg *l;
	struct leg *leg;

	peer.addr = c->conn.framed.stream.peer;
	peer.identity = stream_identity(&c->conn.framed.stream);
	leg = flow_open(&e->mux.framed.end, &peer);
	if (leg == NULL) {
		/* flow_open() counted the first of them. */
		end_drop(&e->mux.framed.end, LOST_NO_FLOW, n - 1);
		return NULL;
	}
	l = tag_leg_of(leg);
	mux_leg_open(&l->mux, &c->conn, tag);
	memcpy(l->key, key, sizeof(l->key));
	table_add(&e->tags, &l->node);
	if (list_empty(&c->legs))
		client_make_busy(c);
	list_add(&c->legs, &l->link);
	log_debug("flow %lu: tag %u", (unsigned long)leg->flow->number, tag);
	flow_up(leg);
	return l;
}

static struct mux_leg *
client_leg_of(struct mux_conn *conn, uint16_t tag, unsigned n)
{
	struct client *c = client_of_conn(conn);
	uint8_t key[CLIENT_TAG_KEY];
	struct table_node *node;
	struct tag_leg *l = c->newest;

	if (l != NULL && l->mux.tag == tag)
		return &l->mux;
	tag_key(key, c, tag);
	node = table_find(&mux_port_of(c)->tags, key);
	l = node != NULL ? TABLE_ITEM(node, struct tag_leg, node) :
	    tag_open(c, tag, key, n);
	if (l == NULL)
		return NULL;
	c->newest = l;
	return &l->mux;
}

static void
tag_close(struct leg *leg)
{
	struct tag_leg *l = tag_leg_of(leg);
	struct client *c = client_of(l);
	struct mux_port *e = mux_port_of(c);

	if (c->newest == l)
		c->newest = NULL;
	table_remove(&e->tags, &l->node);
	list_remove(&l->link);
	mux_leg_close(&l->mux);
	if (!list_empty(&c->legs) || c->conn.framed.stream.env == NULL)
		return;
	list_remove(&c->link);
	list_add(&e->idle, &c->link);
}

/*
 * Connections
 */

/* Ends the flows of a closed connection, and frees it at the end of this turn
 * of the loop. */
static void
client_free(struct client *c, const char *why)
{
	struct mux_port *e = mux_port_of(c);
	struct tag_leg *l;

	while (!list_empty(&c->legs)) {
		l = LIST_ITEM(c->legs.next, struct tag_leg, link);
		leg_failed(&l->mux.framed.leg, why);
	}
	list_remove(&c->link);
	timer_stop(&c->late);
	tcp_admit_leave(&e->admit, &c->place);
	loop_free_later(mux_port_loop(e), c);
}

/* Logs the end of a connection, rate-limited. */
static void
client_log_end(const struct client *c, enum log_level level, const char *why)
{
	struct mux_port *e = mux_port_of(c);
	char peer[ADDR_TEXT];

	log_limited(&e->closed_limit, loop_now(mux_port_loop(e)),
	    level, "%s: connection closed: %s (%s)",
	    e->mux.framed.end.ops->name, why,
	    addr_text(&c->conn.framed.stream.peer, peer));
}

/* Closes a connection for a reason of ours, and logs it. */
static void
client_close(struct client *c, const char *why)
{
	client_log_end(c, LEVEL_WARN, why);
	mux_conn_close(&c->conn);
	client_free(c, why);
}

/* The handshake, or the wait for the first datagram, timed out. */
static void
client_late(struct timer *t)
{
	struct client *c = LIST_ITEM(t, struct client, late);

	if (!mux_port_of(c)->prompt)
		client_close(c, "no TLS handshake in time");
	else
		client_close(c, "no datagram in time");
}

static void
client_up(struct mux_conn *conn)
{
	struct client *c = client_of_conn(conn);
	const char *identity = stream_identity(&conn->framed.stream);
	char peer[ADDR_TEXT];

	if (!mux_port_of(c)->prompt)
		timer_stop(&c->late);
	c->up_ms = loop_now(mux_port_loop(mux_port_of(c)));
	log_debug("%s: connection from %s%s%s", conn->mux->framed.end.ops->name,
	    addr_text(&conn->framed.stream.peer, peer),
	    *identity == '\0' ? "" : ", ", identity);
}

/* Was nothing under way on it for a while, when it ended? */
static bool
client_was_idle(const struct client *c)
{
	const struct stream *s = &c->conn.framed.stream;
	uint64_t used_ms = s->opened_ms;

	if (used_ms < s->heard_ms)
		used_ms = s->heard_ms;
	if (used_ms < s->moved_ms)
		used_ms = s->moved_ms;
	return list_empty(&c->conn.waiting) && loop_now(mux_port_loop(
	    mux_port_of(c))) - used_ms >= CLIENT_IDLE_MS;
}

static void
client_down(struct mux_conn *conn, const char *why, bool clean)
{
	struct client *c = client_of_conn(conn);

	client_log_end(c, proxied_end_level(&conn->mux->framed.end,
	    &conn->framed.stream, clean, client_was_idle(c)), why);
	client_free(c, "the client has gone");
}

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
		client_close(idle, why);
	}
	if (!tcp_admit_ask(&e->admit, from, &payer))
		return false;
	if (payer != NULL)
		client_close(LIST_ITEM(payer, struct client, place.pending),
		    why);
	return true;
}

/* The listener accepted a connection. */
static bool
mux_port_accept(struct end *end, fd_t fd, const struct addr *from)
{
	struct mux_port *e = mux_port_of_end(end);
	struct loop *loop = mux_port_loop(e);
	struct client *c;

	if (!mux_port_make_room(e, from)) {
		sock_close(fd);
		return false;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		sock_close(fd);
		return false;
	}
	list_init(&c->link);
	list_init(&c->legs);
	mux_conn_init(&c->conn, &e->mux);
	if (mux_conn_open(&c->conn, fd, from) != 0) {
		tcp_admit_refuse(&e->admit, from, sock_strerror(errno));
		free(c);
		return false;
	}
	c->number = ++e->last_number;
	tcp_admit_enter(&e->admit, &c->place, from);
	if (e->mux.framed.credentials != NULL || e->prompt)
		timer_set(&c->late, loop, loop_now(loop) +
		    (uint64_t)e->timeout_ms, client_late);
	return true;
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
	e->mux.leg_of = client_leg_of;
	e->mux.conn_up = client_up;
	e->mux.conn_down = client_down;
	e->mux.queue_max = CLIENT_QUEUE_MAX;
	e->timeout_ms = s->timeout_ms;
	list_init(&e->idle);
	list_init(&e->busy);
	if (mux_start(&e->mux, s, format, true, f) != 0)
		return -1;
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	table_init(&e->tags, TABLE_KEY_AT(struct tag_leg, node, key),
	    CLIENT_TAG_KEY, seed);
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

/* Closes a connection without a word. */
static void
client_stop(struct client *c)
{
	mux_conn_close(&c->conn);
	client_free(c, "shutting down");
}

/* Closes the connections of a list. */
static void
mux_port_close_all(struct list *clients)
{
	while (!list_empty(clients))
		client_stop(LIST_ITEM(clients->next, struct client, link));
}

/* Accepts no more connections, and closes those that have no flow. */
static void
mux_port_drain(struct end *end)
{
	struct mux_port *e = mux_port_of_end(end);
	struct pending *oldest;

	tcp_ports_close(&e->ports);
	while ((oldest = pendings_oldest(&e->admit.pending)) != NULL)
		client_stop(LIST_ITEM(oldest, struct client, place.pending));
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
			client_close(c, FRAMED_UNTRUSTED);
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
			client_close(c, FRAMED_UNTRUSTED);
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
	.close = tag_close,
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
	.close = tag_close,
	.drain = mux_port_drain,
	.stop = mux_port_stop,
};
