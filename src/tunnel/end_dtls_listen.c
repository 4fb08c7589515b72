/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `dtls-listen`: a UDP port that takes DTLS associations, a leg for each.
 *
 * NOTES.  A datagram belongs to the association whose connection ID its first
 * record has, else to that of its source address.  All others are strangers,
 * who cost nothing until they have shown by a cookie that they receive what is
 * sent to their address; with skip_verify only from half of the limit for
 * associations under way on.  These are bounded in number and in time.  The
 * oldest of them makes way for a stranger with a good cookie, unless it is so
 * young that its client may not have had its turn yet: else a crowd that comes
 * at once, as after a restart of ours, would keep itself out.  Where the crowd
 * is of one address, others need not wait for it.  With skip_verify a stranger
 * without a cookie has one answer to each datagram, and spends at most half of
 * the rate limit of his address, which may be another's.
 *
 * A step of a handshake costs as much as hundreds of datagrams.  So handshakes
 * have half of the time, once they have taken LISTEN_TOIL_US; hellos that come
 * then are dropped, and their clients repeat them.
 *
 * A ClientHello from the address of an association that is not its own means
 * perhaps that the client has begun anew, and perhaps that somebody wants us
 * to believe so: a cookie is asked for, always (RFC 6347 4.2.8).  When it
 * comes back the address belongs to the new association.  The former one, if
 * it is found by its connection ID as well, is ended only once the new one is
 * up, with the same identity: whoever repeats a client's record from an address
 * of his own has that address, but not the key; and a NAT may have given the
 * address to another client.
 *
 * An association follows its client to another address with the newest
 * authentic record (RFC 9146 6).  It does not take an address over from
 * another one: then it is found by its connection ID alone.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/list.h"
#include "base/table.h"
#include "base/value.h"
#include "tunnel/dtls_leg.h"
#include "tunnel/udp_ports.h"
#include "tunnel/udp_legs.h"
#include "wire/dtls_cookie.h"

enum {
	LISTEN_YOUNG_MS = 500,	/* may be longer than a handshake takes */
	LISTEN_TOIL_US = 30000,	/* what handshakes may take at once */
	LISTEN_SHARE = 8,	/* this part of the handshakes under way, from
				 * one address, is a crowd */
};

#define ANEW "its client has begun anew"

struct listen_leg;

struct dtls_listen {
	struct dtls_shared shared;
	struct udp_ports listener;	/* a socket for each address */
	struct dtls_cookies cookies;
	struct table sources;	/* struct assoc by its source */
	struct table cids;	/* and by its connection ID */
	struct assoc *newest;	/* whose datagram came last, or NULL */
	struct list half_open;	/* struct assoc, the oldest first */
	unsigned n_half_open, max_half_open;
	bool skip_verify;
	uint64_t toil_us;	/* that handshakes took, less half of the time
				 * that has gone by */
	uint64_t toil_at_us;	/* when that was reckoned */
	struct log_limit toil_limit, late_limit, full_limit, roam_limit;
};

/* An association. */
struct assoc {
	struct dtls_listen *end;
	struct dtls dtls;
	struct dtls_handshake *handshake;	/* NULL once it is up, when
				 * dtls has it for a moment still */
	struct listen_leg *leg;	/* NULL until it is up */
	struct assoc *former;	/* that had this source before; ended when this
				 * one is up. NULL: none */
	struct assoc *heir;	/* whose former one this is, or NULL */
	struct list link;	/* in end->half_open, or in none */
	struct timer timer;	/* what the engine wants, or late_ms */
	uint64_t began_ms;
	uint64_t late_ms;	/* the handshake must be over by then */
	struct udp_port *socket;	/* that its client sends to */
	struct addr peer, local;	/* its client, and what that sends to */
	struct table_node source_node, cid_node;
	uint8_t key[SOURCE_KEY];
	uint8_t cid[DTLS_CID];
	uint8_t name_len;	/* bytes of name */
	uint8_t name[DTLS_IDENTITY_MAX];	/* as the client calls itself */
	bool by_source, by_cid;	/* it is in that table */
	bool dead;		/* freed after this turn */
};

/* A leg. */
struct listen_leg {
	struct leg leg;
	struct assoc *assoc;
};

/* Datagrams of one association. */
struct listen_run {
	struct assoc *assoc;	/* NULL: none */
	struct dtls_run run;
};

static struct loop *
assoc_loop(const struct assoc *a)
{
	return a->end->shared.end.tunnel->loop;
}

/* Takes an association off the list of those under way. */
static void
assoc_settled(struct assoc *a)
{
	if (list_empty(&a->link))
		return;
	list_remove(&a->link);
	a->end->n_half_open--;
}

/* Leaves the source of an association to others. */
static void
assoc_leave(struct assoc *a)
{
	if (a->by_source)
		table_remove(&a->end->sources, &a->source_node);
	a->by_source = false;
}

/* Parts an association from its heir. */
static void
assoc_disown(struct assoc *a)
{
	if (a->heir != NULL)
		a->heir->former = NULL;
	a->heir = NULL;
}

/* Forgets an association, without a word to its client. */
static void
assoc_free(struct assoc *a)
{
	struct dtls_listen *e = a->end;
	struct dtls_handshake *handshake = a->dtls.handshake;

	must(!a->dead);
	a->dead = true;
	assoc_settled(a);
	timer_stop(&a->timer);
	assoc_leave(a);
	if (a->by_cid)
		table_remove(&e->cids, &a->cid_node);
	if (e->newest == a)
		e->newest = NULL;
	if (a->former != NULL)
		a->former->heir = NULL;
	assoc_disown(a);
	dtls_end(&a->dtls);
	if (handshake != NULL)
		loop_free_later(assoc_loop(a), handshake);
	loop_free_later(assoc_loop(a), a);
}

/* Ends an association, and its flow if there is one. */
static void
assoc_end(struct assoc *a, const char *why)
{
	if (a->leg != NULL)
		flow_end(a->leg->leg.flow, why);
	else
		assoc_free(a);
}

static void assoc_due(struct timer *);

/* Sends what the engine has to say, and sets the timer to when it is to be
 * called next. */
static void
assoc_tend(struct assoc *a)
{
	(void)dtls_leg_output(&a->end->shared, &a->dtls, &a->socket->udp,
	    &a->peer, &a->local);
	dtls_leg_time(&a->end->shared, &a->dtls, &a->timer,
	    a->leg == NULL ? a->late_ms : UINT64_MAX, assoc_due);
}

/* The engine's time has come, or the handshake's is over. */
static void
assoc_due(struct timer *t)
{
	struct assoc *a = LIST_ITEM(t, struct assoc, timer);
	struct dtls_listen *e = a->end;
	uint64_t now_ms = loop_now(assoc_loop(a));
	char peer[ADDR_TEXT], limit[32];

	if (a->leg != NULL || now_ms < a->late_ms) {
		dtls_tick(&a->dtls, now_ms);
		assoc_tend(a);
		return;
	}
	log_limited(&e->late_limit, now_ms, LEVEL_WARN,
	    "%s: no handshake in %s s: has the client another key? (%s)",
	    e->shared.end.name, value_ms_text(e->shared.timeout_ms, limit),
	    addr_text(&a->peer, peer));
	assoc_free(a);
}

/* An association is up whose source another one had before: if that was the
 * same client, it has begun anew, and the other one is over. */
static void
assoc_succeed(struct assoc *a, struct assoc *former)
{
	assoc_disown(former);
	must(a->former == NULL);
	if (former->name_len == a->name_len &&
	    memcmp(former->name, a->name, a->name_len) == 0)
		assoc_end(former, ANEW);
}

/* The name that the peer has proved to have; "": none, for a key that all
 * share says nothing of who has it. */
static const char *
assoc_identity(const struct assoc *a, char text[DTLS_PEER_TEXT])
{
	(void)dtls_peer(&a->dtls, text);
	if (dtls_psk_proves(a->end->shared.keys, a->name, a->name_len))
		return text;
	if (*text != '\0')
		log_debug("%s: the peer calls itself %s, with a key that all "
		    "share", a->end->shared.end.name, text);
	return "";
}

/* The handshake is done: begins the flow. */
static void
assoc_up(struct assoc *a)
{
	struct dtls_listen *e = a->end;
	char identity[DTLS_PEER_TEXT], text[120];
	struct peer peer = { 0 };
	struct leg *leg;

	peer.addr = a->peer;
	peer.local = a->local;
	a->name_len = a->dtls.handshake->identity_len;
	memcpy(a->name, a->dtls.handshake->identity, a->name_len);
	peer.identity = assoc_identity(a, identity);
	peer.admitted = true;
	/* Our last flight is out before any data. */
	(void)dtls_leg_output(&e->shared, &a->dtls, &a->socket->udp, &a->peer,
	    &a->local);
	assoc_settled(a);
	a->handshake = NULL;
	if (a->by_cid && !dtls_has_cid(&a->dtls)) {
		table_remove(&e->cids, &a->cid_node);
		a->by_cid = false;
	}
	if (a->former != NULL)
		assoc_succeed(a, a->former);
	leg = flow_open(&e->shared.end, &peer);
	if (leg == NULL) {
		dtls_close(&a->dtls);
		(void)dtls_leg_output(&e->shared, &a->dtls, &a->socket->udp,
		    &a->peer, &a->local);
		assoc_free(a);
		return;
	}
	a->leg = (struct listen_leg *)leg;
	a->leg->assoc = a;
	log_debug("flow %lu: %s", (unsigned long)leg->flow->number,
	    dtls_leg_text(&a->dtls, text, sizeof(text)));
	flow_up(leg);
}

/* Lets an association be found by its source, if that has no other. */
static void
assoc_list_source(struct assoc *a)
{
	struct dtls_listen *e = a->end;

	source_key(a->key, &a->peer, &a->local);
	a->key[SOURCE_KEY - 1] = (uint8_t)(a->socket - e->listener.socket);
	if (table_find(&e->sources, a->key) != NULL)
		return;
	table_add(&e->sources, &a->source_node);
	a->by_source = true;
}

/* The client's newest record came from there: follows it. */
static void
assoc_roam(struct assoc *a, struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = a->end;
	char old[ADDR_TEXT], new[ADDR_TEXT];

	if (a->socket == s && addr_same(&a->peer, &m->peer) &&
	    addr_same(&a->local, &m->local))
		return;
	log_limited(&e->roam_limit, loop_now(assoc_loop(a)), LEVEL_INFO,
	    "flow %lu: moved from %s to %s",
	    (unsigned long)a->leg->leg.flow->number,
	    addr_text(&a->peer, old), addr_text(&m->peer, new));
	assoc_leave(a);
	assoc_disown(a);
	a->socket = s;
	a->peer = m->peer;
	a->local = m->local;
	assoc_list_source(a);
}

/* The client, or the engine, has ended it. */
static void
assoc_closed(struct assoc *a)
{
	struct dtls_listen *e = a->end;
	char text[DTLS_WHY_TEXT], peer[ADDR_TEXT];
	const char *why = dtls_why(&a->dtls, text);

	if (a->leg == NULL)
		log_limited(&e->late_limit, loop_now(assoc_loop(a)),
		    LEVEL_WARN, "%s: no handshake: %s (%s)",
		    e->shared.end.name, why, addr_text(&a->peer, peer));
	assoc_end(a, why);
}

/* Passes on what was gathered, and lets the engine have its say. */
static void
run_pass(struct listen_run *r)
{
	struct assoc *a = r->assoc;
	unsigned n = r->run.n;

	r->run.n = 0;
	if (a == NULL || a->dead)
		return;
	if (n > 0)
		flow_pass(&a->leg->leg, r->run.d, n);
	if (!a->dead)
		assoc_tend(a);
}

/* Reads a datagram of the run's association. */
static void
run_read(struct listen_run *r, struct udp_port *s,
    const struct udp_msg *m)
{
	struct assoc *a = r->assoc;
	uint64_t now_ms = loop_now(assoc_loop(a));
	struct dtls_reading reading;

	dtls_leg_read(&reading, &m->d);
	while (!a->dead) {
		switch (dtls_next(&a->dtls, &reading.input, now_ms)) {
		case DTLS_END:
			if (a->handshake == NULL)
				dtls_leg_let_go(&a->dtls);
			if (reading.forged && a->leg != NULL)
				flow_drop(&a->leg->leg, LOST_FORGED, 1);
			return;
		case DTLS_UP:
			assoc_up(a);
			break;
		case DTLS_DATA:
			if (reading.input.newest)
				assoc_roam(a, s, m);
			dtls_leg_take(&a->end->shared, &r->run, &reading);
			if (r->run.n == DGRAM_BATCH)
				run_pass(r);
			break;
		case DTLS_CLOSED:
			run_pass(r);
			if (!a->dead)
				assoc_closed(a);
			return;
		}
	}
}

/* Does the association's datagram begin a handshake that is not its own? */
static bool
assoc_is_greeted(const struct assoc *a, const struct udp_msg *m)
{
	return dtls_hello_random(m->d.data, m->d.len) != NULL &&
	    !dtls_is_own_hello(&a->dtls, m->d.data, m->d.len);
}

/* The association that has the source of a datagram; NULL: none. */
static struct assoc *
listen_find_source(struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = (struct dtls_listen *)s->end;
	struct assoc *a = e->newest;
	struct table_node *node;
	uint8_t key[SOURCE_KEY];

	if (a != NULL && a->by_source && a->socket == s &&
	    addr_same(&a->peer, &m->peer) && addr_same(&a->local, &m->local))
		return a;
	source_key(key, &m->peer, &m->local);
	key[SOURCE_KEY - 1] = (uint8_t)(s - e->listener.socket);
	node = table_find(&e->sources, key);
	return node == NULL ? NULL :
	    TABLE_ITEM(node, struct assoc, source_node);
}

/* The association that a datagram belongs to; NULL: none. */
static struct assoc *
listen_find(struct udp_port *s, const struct udp_msg *m, uint8_t *type)
{
	struct dtls_listen *e = (struct dtls_listen *)s->end;
	struct assoc *a = e->newest;
	struct table_node *node;
	const uint8_t *cid;

	if (!dtls_peek(m->d.data, m->d.len, type, &cid))
		return NULL;
	if (cid != NULL) {
		if (a != NULL && a->by_cid &&
		    memcmp(a->cid, cid, DTLS_CID) == 0)
			return a;
		node = table_find(&e->cids, cid);
		if (node != NULL)
			return TABLE_ITEM(node, struct assoc, cid_node);
	}
	return listen_find_source(s, m);
}

/* Are both of one IPv4 address, or one IPv6 network of 64 bits? */
static bool
listen_is_near(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	    memcmp(a->ip, b->ip, a->family == 4 ? 4 : 8) == 0;
}

/* Is an association under way one of a crowd that that peer is none of? */
static bool
listen_is_crowd(const struct dtls_listen *e, const struct assoc *a,
    const struct addr *peer)
{
	const struct list *at;
	unsigned n = 0;

	if (listen_is_near(&a->peer, peer))
		return false;
	for (at = e->half_open.next; at != &e->half_open; at = at->next)
		n += listen_is_near(&LIST_ITEM(at, struct assoc, link)->peer,
		    &a->peer);
	return n > e->max_half_open / LISTEN_SHARE;
}

/* Have handshakes had their part of the time? */
static bool
listen_is_weary(struct dtls_listen *e, const struct addr *peer)
{
	uint64_t now_us = clock_mono_us();
	uint64_t rest_us = (now_us - e->toil_at_us) / 2;
	char text[ADDR_TEXT];

	e->toil_us = rest_us < e->toil_us ? e->toil_us - rest_us : 0;
	e->toil_at_us = now_us;
	if (e->toil_us < LISTEN_TOIL_US)
		return false;
	log_limited(&e->toil_limit, loop_now(e->shared.end.tunnel->loop),
	    LEVEL_WARN, "%s: handshakes take half of the time; another was "
	    "dropped (%s)", e->shared.end.name, addr_text(peer, text));
	end_drop(&e->shared.end, LOST_NO_FLOW, 1);
	return true;
}

/* Is there no room for another association under way, not even that of one
 * which is, or of the one that it would replace (NULL: none)? */
static bool
listen_is_full(struct dtls_listen *e, const struct addr *peer,
    const struct assoc *old)
{
	uint64_t now_ms = loop_now(e->shared.end.tunnel->loop);
	char text[ADDR_TEXT];
	struct assoc *a;
	bool young;

	if (e->n_half_open < e->max_half_open ||
	    (old != NULL && !list_empty(&old->link)))
		return false;
	a = LIST_ITEM(e->half_open.next, struct assoc, link);
	young = now_ms - a->began_ms < LISTEN_YOUNG_MS &&
	    !listen_is_crowd(e, a, peer);
	log_limited(&e->full_limit, now_ms, LEVEL_WARN,
	    "%s: %u handshakes are under way; %s was dropped (%s); "
	    "half-open sets the limit", e->shared.end.name, e->n_half_open,
	    young ? "another" : "the oldest",
	    addr_text(young ? peer : &a->peer, text));
	if (young)
		end_drop(&e->shared.end, LOST_NO_FLOW, 1);
	return young;
}

/* A connection ID that no other association has. */
static void
listen_draw_cid(struct dtls_listen *e, uint8_t cid[DTLS_CID])
{
	do
		random_bytes(e->shared.end.tunnel->random, cid, DTLS_CID);
	while (table_find(&e->cids, cid) != NULL);
}

/* May the source of a datagram begin an association, in place of another one if
 * old is not NULL? */
static bool
listen_admits(struct dtls_listen *e, const struct udp_msg *m,
    const struct assoc *old)
{
	struct peer peer = { 0 };

	peer.addr = m->peer;
	peer.local = m->local;
	return !listen_is_weary(e, &m->peer) &&
	    !listen_is_full(e, &m->peer, old) &&
	    end_admit(&e->shared.end, &peer);
}

/* Begins an association with the source of a datagram; NULL: no memory. */
static struct assoc *
listen_begin(struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = (struct dtls_listen *)s->end;
	struct loop *loop = e->shared.end.tunnel->loop;
	struct assoc *a;

	if (e->n_half_open == e->max_half_open)
		assoc_free(LIST_ITEM(e->half_open.next, struct assoc, link));
	a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->handshake = calloc(1, sizeof(*a->handshake));
	if (a == NULL || a->handshake == NULL) {
		free(a);
		end_drop(&e->shared.end, LOST_NO_MEMORY, 1);
		return NULL;
	}
	a->end = e;
	a->socket = s;
	a->peer = m->peer;
	a->local = m->local;
	a->began_ms = loop_now(loop);
	a->late_ms = a->began_ms + (uint64_t)e->shared.timeout_ms;
	list_init(&a->link);
	list_add(&e->half_open, &a->link);
	e->n_half_open++;
	assoc_list_source(a);
	if (e->shared.setup.cid) {
		listen_draw_cid(e, a->cid);
		table_add(&e->cids, &a->cid_node);
		a->by_cid = true;
	}
	dtls_start(&a->dtls, a->handshake, &e->shared.setup,
	    a->by_cid ? a->cid : NULL, loop_now(loop));
	return a;
}

/* Asks a stranger for a cookie. */
static void
listen_demand(struct udp_port *s, const struct udp_msg *m,
    const uint8_t key[SOURCE_KEY])
{
	struct dtls_listen *e = (struct dtls_listen *)s->end;
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	size_t n;

	n = dtls_cookies_demand(&e->cookies, m->d.data, m->d.len, key,
	    SOURCE_KEY, loop_now(e->shared.end.tunnel->loop), out);
	if (n > 0)
		dtls_leg_put(&e->shared, &s->udp, out, n, &m->peer,
		    &m->local);
}

/* May this stranger begin without a cookie? */
static bool
listen_may_skip(const struct dtls_listen *e, const struct addr *peer)
{
	const struct tunnel *t = e->shared.end.tunnel;

	return e->skip_verify && e->n_half_open < e->max_half_open / 2 &&
	    (t->settings.rate_limit.count == 0 ||
	    !limit_is_half(&t->limit, peer, loop_now(t->loop)));
}

/* Whoever has the source of an association begins anew, and is no forger: ends
 * it, unless it may go on without that source.  Returns the one that may;
 * NULL: none. */
static struct assoc *
listen_depose(struct assoc *old)
{
	struct assoc *former;

	if (old == NULL)
		return NULL;
	former = old->leg != NULL && old->by_cid ? old : old->former;
	if (former != NULL) {
		assoc_leave(former);
		assoc_disown(former);
	}
	if (former != old)
		assoc_end(old, ANEW);
	return former;
}

/* A datagram of a handshake that is none of the association's at its source
 * (NULL: there is none).  Returns the association that it begins; NULL:
 * none. */
static struct assoc *
listen_greet(struct udp_port *s, const struct udp_msg *m,
    struct assoc *old)
{
	struct dtls_listen *e = (struct dtls_listen *)s->end;
	uint8_t key[SOURCE_KEY];
	bool distrusted = false;
	struct assoc *a;

	source_key(key, &m->peer, &m->local);
	switch (dtls_cookies_check(&e->cookies, m->d.data, m->d.len, key,
	    sizeof(key), loop_now(e->shared.end.tunnel->loop))) {
	case DTLS_NO_HELLO:
		end_drop(&e->shared.end, LOST_FORGED, 1);
		return NULL;
	case DTLS_HELLO:
		distrusted = old == NULL && listen_may_skip(e, &m->peer);
		if (distrusted)
			break;
		listen_demand(s, m, key);
		return NULL;
	case DTLS_HELLO_RETURNED:
		break;
	}
	if (!listen_admits(e, m, old))
		return NULL;
	old = listen_depose(old);
	a = listen_begin(s, m);
	if (a != NULL && distrusted)
		dtls_distrust(&a->dtls);
	if (old != NULL && a == NULL)
		assoc_list_source(old);
	if (old == NULL || a == NULL)
		return a;
	old->heir = a;
	a->former = old;
	return a;
}

/* Reads what came, runs of one association together. */
static void
listen_read(struct udp_port *s, struct udp_msg *m, unsigned n)
{
	struct dtls_listen *e = (struct dtls_listen *)s->end;
	struct listen_run r = { .assoc = NULL };
	uint64_t began_us;
	struct assoc *a;
	uint8_t type;
	unsigned i;

	for (i = 0; i < n; i++) {
		type = 0;
		a = listen_find(s, &m[i], &type);
		if (a != r.assoc || type == DTLS_HANDSHAKE)
			run_pass(&r);
		if (a != NULL && a->dead)	/* by what was passed on */
			a = NULL;
		/* A hello is the business of whoever has its source: anyone
		 * can put another's connection ID behind it. */
		if (type == DTLS_HANDSHAKE && a != NULL &&
		    assoc_is_greeted(a, &m[i]))
			a = listen_find_source(s, &m[i]);
		if (type == DTLS_HANDSHAKE &&
		    (a == NULL || assoc_is_greeted(a, &m[i])))
			a = listen_greet(s, &m[i], a);
		else if (a == NULL)
			end_drop(&e->shared.end, LOST_FORGED, 1);
		r.assoc = a;
		if (a == NULL)
			continue;
		e->newest = a;
		if (a->handshake == NULL) {
			run_read(&r, s, &m[i]);
			continue;
		}
		began_us = clock_mono_us();
		run_read(&r, s, &m[i]);
		e->toil_us += clock_mono_us() - began_us;
	}
	run_pass(&r);
}

/* Sends what was gathered. */
static void
listen_flush(struct flusher *f)
{
	struct dtls_listen *e = LIST_ITEM(f, struct dtls_listen,
	    shared.flusher);

	udp_ports_flush(&e->listener, &e->shared.queue);
}

/* Ends everything; no leg is left. */
static void
listen_stop(struct end *end)
{
	struct dtls_listen *e = (struct dtls_listen *)end;

	while (!list_empty(&e->half_open))
		assoc_free(LIST_ITEM(e->half_open.next, struct assoc, link));
	udp_flush(&e->shared.queue);
	udp_ports_close(&e->listener);
	table_free(&e->sources);
	table_free(&e->cids);
	explicit_bzero(&e->cookies, sizeof(e->cookies));
	dtls_leg_stop(&e->shared);
}

static int
listen_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct dtls_listen *e = (struct dtls_listen *)end;
	struct tunnel *t = end->tunnel;
	uint8_t seed[TABLE_SEED];

	end_name(end, &s->at);
	if (dtls_leg_start(&e->shared, s, true, f) != 0)
		return -1;
	e->shared.flusher.fn = listen_flush;
	e->skip_verify = s->skip_verify;
	e->max_half_open = (unsigned)s->half_open;
	list_init(&e->half_open);
	dtls_cookies_init(&e->cookies, t->random, loop_now(t->loop));
	random_bytes(t->random, seed, sizeof(seed));
	table_init(&e->sources, TABLE_KEY_AT(struct assoc, source_node, key),
	    SOURCE_KEY, seed);
	random_bytes(t->random, seed, sizeof(seed));
	table_init(&e->cids, TABLE_KEY_AT(struct assoc, cid_node, cid),
	    DTLS_CID, seed);
	if (udp_ports_open(&e->listener, end, s, &s->at, UDP_PORTS_ALL,
	    listen_read, f) == 0)
		return 0;
	listen_stop(end);
	return -1;
}

static void
listen_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct assoc *a = ((struct listen_leg *)leg)->assoc;

	dtls_leg_send(&a->end->shared, leg, &a->dtls, &a->socket->udp, d, n,
	    &a->peer, &a->local);
}

static size_t
listen_room(struct leg *leg)
{
	struct assoc *a = ((struct listen_leg *)leg)->assoc;

	return dtls_leg_room(&a->dtls, &a->peer);
}

/* Takes leave of the client. */
static void
listen_close(struct leg *leg)
{
	struct assoc *a = ((struct listen_leg *)leg)->assoc;

	dtls_close(&a->dtls);
	(void)dtls_leg_output(&a->end->shared, &a->dtls, &a->socket->udp,
	    &a->peer, &a->local);
	a->leg = NULL;
	assoc_free(a);
}

const struct end_ops end_dtls_listen = {
	.name = "dtls-listen",
	.brief = "a UDP port that takes DTLS associations with a key",
	.side = LEFT,
	.end_size = sizeof(struct dtls_listen),
	.leg_size = sizeof(struct listen_leg),
	.headroom = DTLS_HEAD,
	.tailroom = DTLS_TAIL,
	.any_host = true,
	.options = settings_dtls_listen,
	.start = listen_start,
	.send = listen_send,
	.room = listen_room,
	.close = listen_close,
	.stop = listen_stop,
};
