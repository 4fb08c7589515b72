/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The connections that a listening uott end has accepted, and their flows.
 */

#include "compat.h"

#include "tunnel/uott_client.h"

#include <string.h>

#include "tunnel/proxied.h"

enum { CLIENT_IDLE_MS = 3000 };	/* without traffic: idle */

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
tag_key(uint8_t key[UOTT_TAG_KEY], const struct client *c, uint16_t tag)
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
tag_open(struct client *c, uint16_t tag, const uint8_t key[UOTT_TAG_KEY],
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

struct mux_leg *
uott_client_leg_of(struct mux_conn *conn, uint16_t tag, unsigned n)
{
	struct client *c = client_of_conn(conn);
	uint8_t key[UOTT_TAG_KEY];
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

void
uott_client_leg_close(struct leg *leg)
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

void
uott_client_close(struct client *c, const char *why)
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
		uott_client_close(c, "no TLS handshake in time");
	else
		uott_client_close(c, "no datagram in time");
}

void
uott_client_up(struct mux_conn *conn)
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

void
uott_client_down(struct mux_conn *conn, const char *why, bool clean)
{
	struct client *c = client_of_conn(conn);

	client_log_end(c, proxied_end_level(&conn->mux->framed.end,
	    &conn->framed.stream, clean, client_was_idle(c)), why);
	client_free(c, "the client has gone");
}

void
uott_client_stop(struct client *c)
{
	mux_conn_close(&c->conn);
	client_free(c, "shutting down");
}

bool
uott_client_accept(struct mux_port *e, fd_t fd, const struct addr *from)
{
	struct loop *loop = mux_port_loop(e);
	struct client *c;

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
