/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tls-listen` and `tcp-listen`: the accepting side of the uotp pool, with a
 * leg for each session identifier.
 *
 * NOTES.  A connection is pending from accept until all 16 bytes of its
 * identifier have been received.  Pending connections are bounded in number
 * (tunnel/tcp_admit.h) and in time.  A session without connections is kept
 * for the grace period, so that a client which reconnects keeps its UDP port
 * at the target.  With client certificates a session belongs to the identity
 * that opened it.
 *
 * A session has at most SESSION_CONNS connections, as some of its work is done
 * for each of them.  That is twice the largest pool of a client, which can so
 * replace a pool that died without our notice.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/table.h"
#include "tunnel/pool.h"
#include "tunnel/pool_look.h"
#include "tunnel/tcp_admit.h"
#include "tunnel/tcp_ports.h"
#include "wire/stream_look.h"

enum {
	SESSION_UNSENT_MS = 4000,	/* longest time in the queue of a
				 * session without connections; less if
				 * the grace is shorter */
	SESSION_BEGIN_MS = 15000,	/* handshakes of a new session are over
				 * by then */
	SESSION_CONNS = 512,	/* connections of a session */
};

/* An end. */
struct accepter {
	struct pool pool;
	struct tcp_ports ports;
	struct table sessions;	/* struct session by its id */
	struct tcp_admit admit;	/* limits of struct accepted; those without
				 * identifier are pending */
	int64_t grace_ms, identify_ms;	/* as in the settings */
	struct log_limit closed_limit;	/* of lines about closed connections */
};

/* A leg. */
struct session {
	struct pool_leg pool;
	struct table_node node;	/* in accepter->sessions */
	uint8_t id[POOL_ID];	/* session identifier: its key there */
	struct timer grace;	/* runs while it has no connection */
};

/*
 * A connection.
 *
 *	state		link	late	conn.leg	ends by
 *	pending		in list	set	NULL		identifier, time-out,
 *							eviction, close
 *	in a session	-	-	the session	close, end of the flow
 */
struct accepted {
	struct pool_conn conn;
	struct tcp_place place;	/* its places in accepter->admit */
	struct timer late;	/* end of the time for the identifier */
	uint8_t id[POOL_ID];	/* the identifier, as far as received */
	size_t id_len;		/* bytes of it received */
};

static struct accepter *
accepter_of_end(struct end *end)
{
	return (struct accepter *)end;
}

static struct accepted *
accepted_of(struct pool_conn *conn)
{
	return (struct accepted *)conn;
}

static struct session *
session_of_leg(struct pool_leg *leg)
{
	return (struct session *)leg;
}

static struct accepter *
accepter_of(const struct accepted *a)
{
	return accepter_of_end(&a->conn.framed.end->end);
}

static struct loop *
accepter_loop(const struct accepter *e)
{
	return e->pool.framed.end.tunnel->loop;
}

/* Frees a closed connection, at the end of this turn of the loop. */
static void
accepted_free(struct accepted *a)
{
	struct accepter *e = accepter_of(a);

	tcp_admit_leave(&e->admit, &a->place);
	timer_stop(&a->late);
	loop_free_later(accepter_loop(e), a);
}

/* Logs the end of a connection, rate-limited. */
static void
accepted_log_end(const struct accepted *a, enum log_level level,
    const char *why)
{
	struct accepter *e = accepter_of(a);
	char peer[ADDR_TEXT];

	log_limited(&e->closed_limit, loop_now(accepter_loop(e)),
	    level, "%s: connection closed: %s (%s)",
	    e->pool.framed.end.ops->name, why,
	    addr_text(&a->conn.framed.stream.peer, peer));
}

/* Closes a connection for a reason of ours, and logs it. */
static void
accepted_close(struct accepted *a, const char *why)
{
	accepted_log_end(a, LEVEL_WARN, why);
	pool_conn_close(&a->conn);
	accepted_free(a);
}

/* The identifier was not received in time. */
static void
accepted_late(struct timer *t)
{
	accepted_close(LIST_ITEM(t, struct accepted, late),
	    "no session identifier in time");
}

/* No connection joined the session within the grace period. */
static void
session_grace_over(struct timer *t)
{
	struct session *s = LIST_ITEM(t, struct session, grace);

	leg_failed(&s->pool.framed.leg, "the client has gone");
}

/* A connection ended.  If it was the last one of its session, the grace period
 * begins. */
static void
accepted_down(struct pool_conn *c, const char *why, bool clean)
{
	struct accepted *a = accepted_of(c);
	struct accepter *e = accepter_of(a);
	struct session *s = session_of_leg(c->leg);
	struct loop *loop = accepter_loop(e);

	accepted_log_end(a, proxied_end_level(&e->pool.framed.end,
	    &c->framed.stream, clean, c->idle), why);
	if (s != NULL && list_empty(&s->pool.conns))
		timer_set(&s->grace, loop, loop_now(loop) +
		    (uint64_t)e->grace_ms, session_grace_over);
	accepted_free(a);
}

/* The connection is up.  It joins a session when its identifier is complete:
 * accepted_identify(). */
static void
accepted_up(struct pool_conn *c)
{
	(void)c;
}

/* The connection of a session that is given up first: the one of the worst
 * health, and of these the one that was heard longest ago. */
static struct pool_conn *
session_worst(const struct session *s)
{
	const struct list *at, *conns = &s->pool.conns;
	struct pool_conn *c, *worst = NULL;

	for (at = conns->next; at != conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (worst == NULL || c->health > worst->health ||
		    (c->health == worst->health &&
		    pool_conn_heard_ms(c) < pool_conn_heard_ms(worst)))
			worst = c;
	}
	return worst;
}

/* Makes room for one more connection in a session: closes one of those that it
 * has, if they are as many as they may be. */
static void
session_make_room(struct session *s)
{
	if (s->pool.n < SESSION_CONNS)
		return;
	end_refuse_connection(s->pool.framed.leg.end);
	accepted_close(accepted_of(session_worst(s)),
	    "its session has too many connections");
}

/* Logs by what a new session is carried. */
static void
session_log_up(const struct session *s, const struct accepted *a)
{
	const struct stream *stream = &a->conn.framed.stream;
	const struct leg *leg = &s->pool.framed.leg;
	char text[STREAM_TEXT], what[STREAM_TEXT + 16];

	snprintf(what, sizeof(what), "is up: %s", stream_text(stream, text));
	flow_log_up(&leg->end->tunnel->flow_log, leg, what, stream->opened_ms,
	    &stream->peer, stream_identity(stream));
}

/* Finds or opens the session of a connection's identifier; NULL: refused, and
 * the connection was closed. */
static struct session *
session_of(struct accepter *e, struct accepted *a)
{
	struct table_node *node = table_find(&e->sessions, a->id);
	const char *identity = stream_identity(&a->conn.framed.stream);
	struct peer peer = { 0 };
	struct session *s;
	struct leg *leg;

	if (node != NULL) {
		s = TABLE_ITEM(node, struct session, node);
		if (strcmp(s->pool.framed.leg.flow->peer.identity,
		    identity) == 0)
			return s;
		accepted_close(a, "its session belongs to a different "
		    "certificate");
		return NULL;
	}
	peer.addr = a->conn.framed.stream.peer;
	peer.identity = identity;
	leg = flow_open(&e->pool.framed.end, &peer);
	if (leg == NULL) {
		accepted_close(a, "no session for it");
		return NULL;
	}
	s = (struct session *)leg;
	pool_leg_open(&s->pool);
	memcpy(s->id, a->id, sizeof(s->id));
	table_add(&e->sessions, &s->node);
	session_log_up(s, a);
	flow_up(leg);
	return s;
}

/* Collects the bytes of the identifier, then joins its session.  Returns how
 * many of the n bytes were used. */
static size_t
accepted_identify(struct pool_conn *c, const uint8_t *p, size_t n)
{
	struct accepted *a = accepted_of(c);
	struct accepter *e = accepter_of(a);
	const char *fault;
	struct session *s;

	if (n > sizeof(a->id) - a->id_len)
		n = sizeof(a->id) - a->id_len;
	memcpy(a->id + a->id_len, p, n);
	a->id_len += n;
	if (a->id_len < sizeof(a->id))
		return n;
	timer_stop(&a->late);
	fault = stream_look(a->id, sizeof(a->id));
	if (fault != NULL) {
		accepted_close(a, fault);
		return n;
	}
	s = session_of(e, a);
	if (s == NULL)
		return n;
	tcp_admit_know(&e->admit, &a->place);
	timer_stop(&s->grace);
	session_make_room(s);
	pool_conn_join(c, &s->pool);
	return n;
}

/* Has a pending connection sent anything? */
static bool
accepted_has_spoken(const struct pending *p)
{
	return LIST_ITEM(p, struct accepted,
	    place.pending)->conn.framed.stream.heard_ms > 0;
}

/* Makes room for a connection from there: evicts a pending one if need be.
 * False, logged: there is no room. */
static bool
accepter_make_room(struct accepter *e, const struct addr *from)
{
	struct pending *payer;

	if (!tcp_admit_ask(&e->admit, from, &payer))
		return false;
	if (payer != NULL)
		accepted_close(LIST_ITEM(payer, struct accepted,
		    place.pending), "too many connections without an "
		    "identifier");
	return true;
}

/* The listener accepted a connection. */
static bool
accepter_accept(struct end *end, fd_t fd, const struct addr *from)
{
	struct accepter *e = accepter_of_end(end);
	struct loop *loop = accepter_loop(e);
	struct accepted *a;

	if (!accepter_make_room(e, from)) {
		sock_close(fd);
		return false;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL) {
		sock_close(fd);
		return false;
	}
	if (pool_conn_open(&a->conn, &e->pool, fd, from) != 0) {
		tcp_admit_refuse(&e->admit, from, sock_strerror(errno));
		free(a);
		return false;
	}
	tcp_admit_enter(&e->admit, &a->place, from);
	timer_set(&a->late, loop, loop_now(loop) + (uint64_t)e->identify_ms,
	    accepted_late);
	return true;
}

/* Sets the times of an end. */
static void
accepter_set(struct accepter *e, const struct settings *s)
{
	e->pool.framed.unsent_ms = s->grace_ms < SESSION_UNSENT_MS ?
	    s->grace_ms : SESSION_UNSENT_MS;
	e->grace_ms = s->grace_ms;
	e->identify_ms = s->identify_ms;
}

/* The common part of start(). */
static int
accepter_start(struct end *end, const struct settings *s, bool tls,
    struct fault *f)
{
	struct accepter *e = accepter_of_end(end);
	uint8_t seed[TABLE_SEED];

	end_name(end, &s->at);
	e->pool.prelude = accepted_identify;
	e->pool.conn_up = accepted_up;
	e->pool.conn_down = accepted_down;
	accepter_set(e, s);
	if (pool_start(&e->pool, s, &frame_uotp, true, tls, f) != 0)
		return -1;
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	table_init(&e->sessions, TABLE_KEY_AT(struct session, node, id),
	    POOL_ID, seed);
	tcp_admit_init(&e->admit, end, s, "have no identifier yet",
	    accepted_has_spoken);
	if (tcp_ports_open(&e->ports, end, s, &e->pool.framed.options,
	    accepter_accept, f) != 0) {
		table_free(&e->sessions);
		tcp_admit_free(&e->admit);
		pool_stop(&e->pool);
		return -1;
	}
	return 0;
}

static int
accepter_start_tcp(struct end *end, const struct settings *s,
    struct fault *f)
{
	return accepter_start(end, s, false, f);
}

static int
accepter_check_tls(const char *name, const struct settings *s,
    struct fault *f)
{
	return credentials_check(name, s, true, f);
}

static int
accepter_start_tls(struct end *end, const struct settings *s,
    struct fault *f)
{
	return accepter_start(end, s, true, f);
}

/* Has its client sent anything after the identifier, perhaps TLS records
 * without a byte? */
static bool
session_is_used(const struct leg *leg)
{
	const struct pool_leg *l = (const struct pool_leg *)leg;
	const struct pool_conn *c;
	const struct list *at;

	for (at = l->conns.next; at != &l->conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->framed.stream.heard_ms >
		    leg->flow->began_ms + SESSION_BEGIN_MS)
			return true;
	}
	return false;
}

static void
session_close(struct leg *leg)
{
	struct session *s = (struct session *)leg;
	struct accepter *e = accepter_of_end(leg->end);
	struct accepted *a;

	timer_stop(&s->grace);
	table_remove(&e->sessions, &s->node);
	while (!list_empty(&s->pool.conns)) {
		a = (struct accepted *)LIST_ITEM(s->pool.conns.next,
		    struct pool_conn, link);
		pool_conn_close(&a->conn);
		accepted_free(a);
	}
	pool_leg_close(&s->pool);
}

/* Accepts no more connections, and closes those that have no session. */
static void
accepter_drain(struct end *end)
{
	struct accepter *e = accepter_of_end(end);
	struct pending *oldest;
	struct accepted *a;

	tcp_ports_close(&e->ports);
	while ((oldest = pendings_oldest(&e->admit.pending)) != NULL) {
		a = LIST_ITEM(oldest, struct accepted, place.pending);
		pool_conn_close(&a->conn);
		accepted_free(a);
	}
}

static void
accepter_stop(struct end *end)
{
	struct accepter *e = accepter_of_end(end);

	accepter_drain(end);
	table_free(&e->sessions);
	tcp_admit_free(&e->admit);
	pool_stop(&e->pool);
}

/* Closes the connections of a session that are not trusted any more.  Without
 * any left the flow ends. */
static void
session_judge(struct session *s)
{
	struct list *at, *next, *conns = &s->pool.conns;
	struct accepted *a;

	if (list_empty(conns))
		return;
	for (at = conns->next; at != conns; at = next) {
		next = at->next;
		a = (struct accepted *)LIST_ITEM(at, struct pool_conn, link);
		if (!framed_is_trusted(&a->conn.framed))
			accepted_close(a, FRAMED_UNTRUSTED);
	}
	if (list_empty(conns))
		leg_failed(&s->pool.framed.leg, FRAMED_UNTRUSTED);
}

/* The trust anchors are others: closes the connections that are not trusted
 * any more.  Those whose handshake goes on are judged after it
 * (framed_is_trusted()). */
static void
accepter_judge(struct accepter *e)
{
	struct list *at, *next, *flows = &e->pool.framed.end.tunnel->flows;
	struct pending *p;
	struct accepted *a;

	for (at = flows->next; at != flows; at = next) {
		next = at->next;
		session_judge((struct session *)flow_leg(LIST_ITEM(at,
		    struct flow, link), LEFT));
	}
	for (at = e->admit.pending.all.next; at != &e->admit.pending.all;
	    at = next) {
		next = at->next;
		p = LIST_ITEM(at, struct pending, link);
		a = LIST_ITEM(p, struct accepted, place.pending);
		if (!framed_is_trusted(&a->conn.framed))
			accepted_close(a, FRAMED_UNTRUSTED);
	}
}

static int
accepter_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	return framed_prepare(&accepter_of_end(end)->pool.framed, s, f);
}

static void
accepter_renew(struct end *end, const struct settings *s)
{
	struct accepter *e = accepter_of_end(end);

	if (framed_renew(&e->pool.framed, s))
		accepter_judge(e);
	if (s == NULL)
		return;
	accepter_set(e, s);
	tcp_admit_renew(&e->admit, s);
	proxied_renew(&e->ports.proxied, s);
}

const struct end_ops end_tcp_listen = {
	.name = "tcp-listen",
	.brief = HELP("a TCP port that takes pools of connections"),
	.side = LEFT,
	.end_size = sizeof(struct accepter),
	.leg_size = sizeof(struct session),
	.any_host = true,
	.options = settings_tcp_listen,
	.start = accepter_start_tcp,
	.prepare = accepter_prepare,
	.renew = accepter_renew,
	.send = pool_send,
	.room = framed_room,
	.is_used = session_is_used,
	.tell = pool_tell,
	.tell_leg = pool_tell_leg,
	.close = session_close,
	.drain = accepter_drain,
	.stop = accepter_stop,
};

const struct end_ops end_tls_listen = {
	.name = "tls-listen",
	.brief = HELP("the same inside TLS"),
	.side = LEFT,
	.end_size = sizeof(struct accepter),
	.leg_size = sizeof(struct session),
	.any_host = true,
	.options = settings_tls_listen,
	.check = accepter_check_tls,
	.start = accepter_start_tls,
	.prepare = accepter_prepare,
	.renew = accepter_renew,
	.send = pool_send,
	.room = framed_room,
	.is_used = session_is_used,
	.tell = pool_tell,
	.tell_leg = pool_tell_leg,
	.close = session_close,
	.drain = accepter_drain,
	.stop = accepter_stop,
};
