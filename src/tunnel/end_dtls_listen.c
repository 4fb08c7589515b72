/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `dtls-listen`: a UDP port that accepts DTLS associations, a leg for each.
 *
 * NOTES.  dtls_source.c finds the association that a datagram belongs to.  All
 * other datagrams are from strangers; dtls_admit.c decides which of them may
 * begin a handshake.
 *
 * A new ClientHello from the address of an association means that the client
 * has restarted, or that an attacker pretends so.  It always needs a cookie
 * (RFC 6347 4.2.8).  With a good one the address belongs to the new
 * association.  The old one, if it can still be found by its connection ID,
 * ends only once the new one is up with the same identity.  For an attacker who
 * replays a client's record from his own address receives cookies there, but
 * does not have the key; and a NAT may have given the address to a different
 * client.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "base/list.h"
#include "base/value.h"
#include "tunnel/dtls_admit.h"
#include "tunnel/dtls_leg.h"
#include "tunnel/dtls_source.h"

#define RESTARTED "its client has restarted"

enum { LISTEN_PARTING_MS = 5000 };	/* a client's last record may come so
					 * long after the end of its flow */

struct dtls_listen_leg;

struct dtls_listen {
	struct dtls_shared shared;
	struct udp_ports listener;	/* a socket for each address */
	struct dtls_admit admit;
	struct dtls_sources sources;	/* of the associations */
	uint64_t parted_ms;	/* when a flow ended last */
	unsigned parting;	/* last records that may still come then */
	struct log_limit late_limit, key_limit, roam_limit;
};

/*
 * An association.  Its states, by its members:
 *
 *	state		handshake	leg	half_open	timer
 *	handshake	set		NULL	taken		the engine's, or
 *								late_ms
 *	up		NULL		set	in no list	the engine's
 *	freed		any		NULL	in no list	-
 *
 * One that is up is found by its connection ID, by its source, or by both.
 */
struct assoc {
	struct dtls_listen *end;
	struct dtls dtls;
	struct dtls_handshake *handshake;	/* NULL once it is up; then
				 * dtls.handshake is freed at the next
				 * DTLS_END */
	struct dtls_listen_leg *leg;	/* NULL until it is up */
	struct dtls_source at;	/* its client; the one that at.replaces ends
				 * when this one is up with the same
				 * identity */
	struct pending half_open;
	struct timer timer;	/* when the engine is due, or late_ms */
	uint64_t late_ms;	/* when the handshake times out */
	uint8_t name_len;	/* bytes of name */
	uint8_t name[DTLS_IDENTITY_MAX];	/* identity the client gave */
	bool beats;		/* it has received a heartbeat */
	bool told;		/* what is wrong with its key was logged */
	bool freed;		/* memory is freed after this turn */
};

/* A leg. */
struct dtls_listen_leg {
	struct leg leg;
	struct assoc *assoc;	/* never NULL once flow_open() returned */
};

/* Consecutive datagrams of one association, decrypted and not yet passed on. */
struct assoc_run {
	struct assoc *assoc;	/* NULL: none */
	struct dtls_run run;
};

static struct dtls_listen *
dtls_listen_of(struct end *end)
{
	return LIST_ITEM(end, struct dtls_listen, shared.end);
}

/* The association of a leg. */
static struct assoc *
assoc_of(struct leg *leg)
{
	return LIST_ITEM(leg, struct dtls_listen_leg, leg)->assoc;
}

static struct loop *
assoc_loop(const struct assoc *a)
{
	return a->end->shared.end.tunnel->loop;
}

/* The association that is found there; NULL for NULL. */
static struct assoc *
assoc_of_source(struct dtls_source *at)
{
	return at == NULL ? NULL : LIST_ITEM(at, struct assoc, at);
}

/* Frees an association; its memory stays until this turn is over.  Sends no
 * close_notify. */
static void
assoc_free(struct assoc *a)
{
	struct dtls_listen *e = a->end;
	struct dtls_handshake *handshake = a->dtls.handshake;

	must(!a->freed);
	a->freed = true;
	pending_leave(&e->admit.half_open, &a->half_open);
	timer_stop(&a->timer);
	dtls_source_end(&e->sources, &a->at);
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
		leg_failed(&a->leg->leg, why);
	else
		assoc_free(a);
}

static void assoc_due(struct timer *);

/* Queues what the engine has to send, and sets the timer to when the engine is
 * due next. */
static void
assoc_output(struct assoc *a)
{
	(void)dtls_leg_output(&a->end->shared, &a->dtls, &a->at.socket->udp,
	    &a->at.peer, &a->at.local);
	dtls_leg_time(&a->end->shared, &a->dtls, &a->timer,
	    a->leg == NULL ? a->late_ms : UINT64_MAX, assoc_due);
}

/* The engine is due, or the handshake has timed out. */
static void
assoc_due(struct timer *t)
{
	struct assoc *a = LIST_ITEM(t, struct assoc, timer);
	struct dtls_listen *e = a->end;
	uint64_t now_ms = loop_now(assoc_loop(a));
	char peer[ADDR_TEXT], limit[32], why[DTLS_WHY_TEXT];

	if (a->leg != NULL || now_ms < a->late_ms) {
		dtls_tick(&a->dtls, now_ms);
		assoc_output(a);
		return;
	}
	if (!a->told)
		log_limited(&e->late_limit, now_ms, LEVEL_WARN,
		    "%s: no handshake in %s s: %s (%s)", e->shared.end.name,
		    value_ms_text(e->shared.timeout_ms, limit),
		    dtls_why(&a->dtls, why), addr_text(&a->at.peer, peer));
	assoc_free(a);
}

/* An association is up whose source an old one had before.  The same identity:
 * the client has restarted, and the old one ends. */
static void
assoc_replace(struct assoc *a, struct assoc *old)
{
	dtls_source_keep(&old->at);
	must(a->at.replaces == NULL);
	if (old->name_len == a->name_len &&
	    memcmp(old->name, a->name, a->name_len) == 0)
		assoc_end(old, RESTARTED);
}

/* The identity that the peer has proved; "": none, since a shared key proves no
 * identity. */
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
	char identity[DTLS_PEER_TEXT];
	uint64_t began_ms = a->late_ms - (uint64_t)e->shared.timeout_ms;
	struct peer peer = { 0 };
	struct leg *leg;

	peer.addr = a->at.peer;
	peer.local = a->at.local;
	a->name_len = a->dtls.handshake->identity_len;
	memcpy(a->name, a->dtls.handshake->identity, a->name_len);
	peer.identity = assoc_identity(a, identity);
	peer.admitted = true;
	/* Our last flight is queued before any data. */
	(void)dtls_leg_output(&e->shared, &a->dtls, &a->at.socket->udp,
	    &a->at.peer, &a->at.local);
	pending_leave(&e->admit.half_open, &a->half_open);
	a->handshake = NULL;
	if (!dtls_has_cid(&a->dtls))
		dtls_source_drop_cid(&e->sources, &a->at);
	if (a->at.replaces != NULL)
		assoc_replace(a, assoc_of_source(a->at.replaces));
	/* The file of keys may have changed during the handshake. */
	leg = !dtls_psk_knows(e->shared.keys, a->name, a->name_len) ? NULL :
	    flow_open(&e->shared.end, &peer);
	if (leg == NULL) {
		dtls_close(&a->dtls);
		(void)dtls_leg_output(&e->shared, &a->dtls, &a->at.socket->udp,
		    &a->at.peer, &a->at.local);
		assoc_free(a);
		return;
	}
	a->leg = LIST_ITEM(leg, struct dtls_listen_leg, leg);
	a->leg->assoc = a;
	dtls_leg_log_up(leg, &a->dtls, began_ms, &a->at.peer,
	    leg->flow->peer.identity);
	flow_up(leg);
}

/* The association's newest authentic record is in that datagram: moves the
 * association to its source. */
static void
assoc_roam(struct assoc *a, struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = a->end;
	struct addr from;
	char old[ADDR_TEXT], new[ADDR_TEXT];

	/* It may be our address alone that differs. */
	if (dtls_source_move(&e->sources, &a->at, s, m, &from) &&
	    a->leg != NULL && !addr_same(&from, &m->peer))
		log_limited(&e->roam_limit, loop_now(assoc_loop(a)),
		    LEVEL_INFO, "flow %lu: moved from %s to %s",
		    (unsigned long)a->leg->leg.flow->number,
		    addr_text(&from, old), addr_text(&m->peer, new));
}

/* The client or the engine has closed it. */
static void
assoc_closed(struct assoc *a)
{
	struct dtls_listen *e = a->end;
	char text[DTLS_WHY_TEXT], peer[ADDR_TEXT];
	const char *why = dtls_why(&a->dtls, text);

	if (a->leg == NULL)
		log_limited(&e->late_limit, loop_now(assoc_loop(a)),
		    LEVEL_WARN, "%s: no handshake: %s (%s)",
		    e->shared.end.name, why, addr_text(&a->at.peer, peer));
	assoc_end(a, why);
}

/* Says once what is wrong with the client's key.  The client is not told, so
 * that strangers cannot find out which identities there are. */
static void
assoc_judge_key(struct assoc *a)
{
	struct dtls_listen *e = a->end;
	const char *fault = dtls_key_fault(&a->dtls);
	char identity[DTLS_PEER_TEXT], peer[ADDR_TEXT];

	if (fault == NULL || a->told)
		return;
	a->told = true;
	(void)dtls_peer(&a->dtls, identity);
	log_limited(&e->key_limit, loop_now(assoc_loop(a)), LEVEL_WARN,
	    "%s: no handshake: %s %s (%s)", e->shared.end.name, fault,
	    *identity == '\0' ? "\"\"" : identity,
	    addr_text(&a->at.peer, peer));
}

/* Passes on the run, and queues what the engine has to send. */
static void
assoc_run_pass(struct assoc_run *r)
{
	struct assoc *a = r->assoc;
	unsigned n = r->run.n;

	r->run.n = 0;
	if (a == NULL || a->freed)
		return;
	if (n > 0)
		flow_pass(&a->leg->leg, r->run.d, n);
	if (!a->freed)
		assoc_output(a);
}

/* Reads a datagram of the run's association; appends its data to the run. */
static void
assoc_run_read(struct assoc_run *r, struct udp_port *s, const struct udp_msg *m)
{
	struct assoc *a = r->assoc;
	uint64_t now_ms = loop_now(assoc_loop(a));
	struct dtls_reading reading;

	dtls_leg_read(&reading, &m->d);
	while (!a->freed) {
		switch (dtls_next(&a->dtls, &reading.input, now_ms)) {
		case DTLS_END:
			if (a->handshake == NULL)
				dtls_leg_free_handshake(&a->dtls);
			else
				assoc_judge_key(a);
			a->beats |= reading.input.beat;
			if (reading.input.newest && a->leg != NULL)
				assoc_roam(a, s, m);
			else if (reading.forged && a->leg != NULL)
				flow_drop(&a->leg->leg, LOST_FORGED, 1);
			return;
		case DTLS_UP:
			if (reading.input.newest)
				assoc_roam(a, s, m);
			assoc_up(a);
			break;
		case DTLS_DATA:
			if (reading.input.newest)
				assoc_roam(a, s, m);
			dtls_leg_take(&a->end->shared, &r->run, &reading);
			if (r->run.n == DGRAM_BATCH)
				assoc_run_pass(r);
			break;
		case DTLS_CLOSED:
			assoc_run_pass(r);
			if (!a->freed)
				assoc_closed(a);
			return;
		}
	}
}

/* Does a datagram begin with a ClientHello that is not of this association's
 * own handshake? */
static bool
assoc_is_new_hello(const struct assoc *a, const struct udp_msg *m)
{
	return dtls_hello_random(m->d.data, m->d.len) != NULL &&
	    !dtls_is_own_hello(&a->dtls, m->d.data, m->d.len);
}

/* Ends the half-open association that is evicted for a peer; there is one. */
static void
dtls_listen_evict(struct dtls_listen *e, const struct addr *peer)
{
	struct pending *payer = pendings_payer(&e->admit.half_open, peer,
	    loop_now(e->shared.end.tunnel->loop));

	must(payer != NULL);
	assoc_free(LIST_ITEM(payer, struct assoc, half_open));
}

/* Begins an association with the source of a datagram; evicts a half-open one
 * if all places are taken.  NULL: no memory. */
static struct assoc *
dtls_listen_begin(struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = dtls_listen_of(s->end);
	struct loop *loop = e->shared.end.tunnel->loop;
	struct assoc *a;

	if (pendings_is_full(&e->admit.half_open))
		dtls_listen_evict(e, &m->peer);
	a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->handshake = calloc(1, sizeof(*a->handshake));
	if (a == NULL || a->handshake == NULL) {
		free(a);
		end_drop(&e->shared.end, LOST_NO_MEMORY, 1);
		return NULL;
	}
	a->end = e;
	a->late_ms = loop_now(loop) + (uint64_t)e->shared.timeout_ms;
	pending_enter(&e->admit.half_open, &a->half_open, &m->peer,
	    loop_now(loop));
	dtls_source_arrive(&e->sources, &a->at, s, m);
	if (e->shared.setup.cid)
		dtls_source_draw_cid(&e->sources, &a->at,
		    e->shared.end.tunnel->random);
	dtls_start(&a->dtls, a->handshake, &e->shared.setup,
	    a->at.by_cid ? a->at.cid : NULL, loop_now(loop));
	return a;
}

/* A datagram belongs to no association: counts it.  Where both sides end an
 * idle flow at the same time, the client's close_notify comes after its end. */
static void
dtls_listen_lose(struct dtls_listen *e)
{
	bool parts = e->parting > 0 && loop_now(e->shared.end.tunnel->loop) -
	    e->parted_ms <= LISTEN_PARTING_MS;

	e->parting = parts ? e->parting - 1 : 0;
	end_drop(&e->shared.end, parts ? LOST_FLOW_ENDED : LOST_FORGED, 1);
}

/* Tells the sender of a datagram to begin again if that is the
 * ClientKeyExchange of a handshake that is not known; false: it is not. */
static bool
dtls_listen_request(struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = dtls_listen_of(s->end);
	uint8_t out[DTLS_REQUEST_DATAGRAM];
	size_t n = dtls_request_hello(m->d.data, m->d.len, out);

	if (n == 0)
		return false;
	end_drop(&e->shared.end, LOST_FORGED, 1);
	dtls_leg_put(&e->shared, &s->udp, out, n, &m->peer, &m->local);
	return true;
}

/* Demands a cookie from the sender of a datagram. */
static void
dtls_listen_demand(struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = dtls_listen_of(s->end);
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	size_t n = dtls_admit_demand(&e->admit, m, out);

	if (n > 0)
		dtls_leg_put(&e->shared, &s->udp, out, n, &m->peer,
		    &m->local);
}

/* A client begins a new handshake at the source of an association (NULL: there
 * is none), and its cookie is good.  An association that is up and can be found
 * by its connection ID only loses the source.  Any other ends; the one that it
 * was to replace, if any, takes its part.  Returns the association that the new
 * one is to replace; NULL: none. */
static struct assoc *
dtls_listen_free_source(struct assoc *a)
{
	struct assoc *old;

	if (a == NULL)
		return NULL;
	old = a->leg != NULL && a->at.by_cid ? a :
	    assoc_of_source(a->at.replaces);
	if (old != NULL)
		dtls_source_leave(&a->end->sources, &old->at);
	if (old != a)
		assoc_end(a, RESTARTED);
	return old;
}

/* Reads a handshake datagram that does not belong to the association at its
 * source (old; NULL: there is none).  Returns the association that it begins;
 * NULL: none. */
static struct assoc *
dtls_listen_hello(struct udp_port *s, const struct udp_msg *m,
    struct assoc *old)
{
	struct dtls_listen *e = dtls_listen_of(s->end);
	bool proven = true;
	struct assoc *a;

	if (old == NULL && dtls_listen_request(s, m))
		return NULL;
	switch (dtls_admit_decide(&e->admit, m,
	    old == NULL ? NULL : &old->half_open)) {
	case DTLS_ADMIT_DROP:
		return NULL;
	case DTLS_ADMIT_DEMAND:
		dtls_listen_demand(s, m);
		return NULL;
	case DTLS_ADMIT_UNPROVEN:
		proven = false;
		break;
	case DTLS_ADMIT_PROVEN:
		break;
	}
	old = dtls_listen_free_source(old);
	a = dtls_listen_begin(s, m);
	if (a != NULL && !proven)
		dtls_distrust(&a->dtls);
	if (old != NULL && a == NULL)	/* no memory: as before */
		dtls_source_return(&e->sources, &old->at);
	if (old != NULL && a != NULL)
		dtls_source_replace(&old->at, &a->at);
	return a;
}

/* Reads n datagrams; consecutive ones of one association make a run. */
static void
dtls_listen_read(struct udp_port *s, struct udp_msg *m, unsigned n)
{
	struct dtls_listen *e = dtls_listen_of(s->end);
	struct assoc_run r = { .assoc = NULL };
	uint64_t began_us;
	struct assoc *a;
	uint8_t type;
	unsigned i;

	for (i = 0; i < n; i++) {
		type = 0;
		a = assoc_of_source(dtls_sources_find(&e->sources, s, &m[i],
		    &type));
		if (a != r.assoc || type == DTLS_HANDSHAKE)
			assoc_run_pass(&r);
		if (a != NULL && a->freed)	/* by flow_pass() */
			a = NULL;
		/* A ClientHello belongs to the association at its source:
		 * anyone can append a record with a connection ID that is not
		 * his own. */
		if (type == DTLS_HANDSHAKE && a != NULL &&
		    assoc_is_new_hello(a, &m[i]))
			a = assoc_of_source(dtls_sources_find_address(
			    &e->sources, s, &m[i]));
		if (type == DTLS_HANDSHAKE &&
		    (a == NULL || assoc_is_new_hello(a, &m[i])))
			a = dtls_listen_hello(s, &m[i], a);
		else if (a == NULL)
			dtls_listen_lose(e);
		r.assoc = a;
		if (a == NULL)
			continue;
		e->sources.newest = &a->at;
		if (a->handshake == NULL) {
			assoc_run_read(&r, s, &m[i]);
			continue;
		}
		began_us = clock_cpu_us();
		assoc_run_read(&r, s, &m[i]);
		dtls_admit_spend(&e->admit, clock_cpu_us() - began_us);
	}
	assoc_run_pass(&r);
}

/* Sends the queue. */
static void
dtls_listen_flush(struct flusher *f)
{
	struct dtls_listen *e = LIST_ITEM(f, struct dtls_listen,
	    shared.flusher);

	udp_ports_flush(&e->listener, &e->shared.queue);
}

/* Frees the half-open associations and closes the sockets; all legs are closed
 * before. */
static void
dtls_listen_stop(struct end *end)
{
	struct dtls_listen *e = dtls_listen_of(end);
	struct pending *oldest;

	while ((oldest = pendings_oldest(&e->admit.half_open)) != NULL)
		assoc_free(LIST_ITEM(oldest, struct assoc, half_open));
	udp_flush(&e->shared.queue);
	udp_ports_close(&e->listener);
	dtls_sources_free(&e->sources);
	dtls_admit_stop(&e->admit);
	dtls_leg_stop(&e->shared);
}

static int
dtls_listen_start(struct end *end, const struct settings *s,
    struct fault *f)
{
	struct dtls_listen *e = dtls_listen_of(end);

	end_name(end, &s->at);
	if (dtls_leg_start(&e->shared, s, true, f) != 0)
		return -1;
	e->shared.flusher.fn = dtls_listen_flush;
	dtls_admit_init(&e->admit, end, (unsigned)s->half_open,
	    s->skip_verify);
	dtls_sources_init(&e->sources, end->tunnel->random);
	if (udp_ports_open(&e->listener, end, s, &s->at, UDP_PORTS_ALL,
	    dtls_listen_read, f) == 0)
		return 0;
	dtls_listen_stop(end);
	return -1;
}

static void
dtls_listen_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct assoc *a = assoc_of(leg);

	dtls_leg_send(&a->end->shared, leg, &a->dtls, &a->at.socket->udp, d, n,
	    &a->at.peer, &a->at.local);
}

static size_t
dtls_listen_room(struct leg *leg)
{
	struct assoc *a = assoc_of(leg);

	return dtls_leg_room(&a->dtls, &a->at.peer);
}

/* end_ops.tell_leg */
static void
dtls_listen_tell_leg(const struct leg *leg, struct facts *f)
{
	const struct assoc *a = ((const struct dtls_listen_leg *)(const void *)
	    leg)->assoc;

	if (a == NULL)
		return;
	dtls_leg_tell(&a->dtls, f);
	f->address = a->at.peer;
}

/* Has the client sent a keep-alive? */
static bool
dtls_listen_is_used(const struct leg *leg)
{
	return LIST_ITEM(leg, struct dtls_listen_leg, leg)->assoc->beats;
}

/* Sends close_notify to the client. */
static void
dtls_listen_close(struct leg *leg)
{
	struct assoc *a = assoc_of(leg);

	dtls_close(&a->dtls);
	(void)dtls_leg_output(&a->end->shared, &a->dtls, &a->at.socket->udp,
	    &a->at.peer, &a->at.local);
	a->end->parted_ms = loop_now(assoc_loop(a));
	a->end->parting++;
	a->leg = NULL;
	assoc_free(a);
}

/* Has the client lost its key: that of its own, if it has proved its name, or
 * any? */
static bool
assoc_is_gone(const struct assoc *a)
{
	const struct dtls_psk *keys = a->end->shared.keys;

	return *a->leg->leg.flow->peer.identity != '\0' ?
	    !dtls_psk_proves(keys, a->name, a->name_len) :
	    !dtls_psk_knows(keys, a->name, a->name_len);
}

/* Ends the flows of clients whose key is gone.  Handshakes are judged when they
 * are done. */
static void
dtls_listen_judge(struct dtls_listen *e)
{
	struct list *at, *next, *flows = &e->shared.end.tunnel->flows;
	struct assoc *a;

	for (at = flows->next; at != flows; at = next) {
		next = at->next;
		a = assoc_of(LIST_ITEM(at, struct flow, link)->leg[LEFT]);
		if (assoc_is_gone(a))
			assoc_end(a, "its key is gone from the file of keys");
	}
}

static int
dtls_listen_prepare(struct end *end, const struct settings *s,
    struct fault *f)
{
	return dtls_leg_prepare(&dtls_listen_of(end)->shared, s, f);
}

static void
dtls_listen_renew(struct end *end, const struct settings *s)
{
	struct dtls_listen *e = dtls_listen_of(end);

	dtls_leg_renew(&e->shared, s);
	if (s == NULL)
		return;
	dtls_admit_renew(&e->admit, (unsigned)s->half_open, s->skip_verify);
	dtls_listen_judge(e);
}

const struct end_ops end_dtls_listen = {
	.name = "dtls-listen",
	.brief = "a UDP port that takes DTLS associations with a key",
	.side = LEFT,
	.end_size = sizeof(struct dtls_listen),
	.leg_size = sizeof(struct dtls_listen_leg),
	.headroom = DTLS_HEAD,
	.tailroom = DTLS_TAIL,
	.any_host = true,
	.packets = true,
	.wide = true,
	.options = settings_dtls_listen,
	.check = dtls_leg_check,
	.start = dtls_listen_start,
	.prepare = dtls_listen_prepare,
	.renew = dtls_listen_renew,
	.send = dtls_listen_send,
	.room = dtls_listen_room,
	.is_used = dtls_listen_is_used,
	.tell_leg = dtls_listen_tell_leg,
	.close = dtls_listen_close,
	.stop = dtls_listen_stop,
};
