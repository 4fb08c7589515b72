/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `dtls-listen`: a UDP port that accepts DTLS associations, a leg for each.
 *
 * NOTES.  dtls_source.c finds the association that a datagram belongs to.  All
 * other datagrams are from strangers; dtls_admit.c decides which of them may
 * begin a handshake.  What an association does with its datagrams is in
 * dtls_assoc.c.
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

#include "tunnel/ends.h"

#include "tunnel/dtls_assoc.h"

enum { LISTEN_PARTING_MS = 5000 };	/* a client's last record may come so
					 * long after the end of its flow */

struct dtls_listen {
	struct dtls_assocs all;
	struct udp_ports listener;	/* a socket for each address */
	uint64_t parted_ms;	/* when a flow ended last */
	unsigned parting;	/* last records that may still come then */
};

static struct dtls_listen *
dtls_listen_of(struct end *end)
{
	return LIST_ITEM(end, struct dtls_listen, all.shared.end);
}

/* Ends the half-open association that is evicted for a peer; there is one. */
static void
dtls_listen_evict(struct dtls_listen *e, const struct addr *peer)
{
	struct pending *payer = pendings_payer(&e->all.admit.half_open, peer,
	    loop_now(e->all.shared.end.tunnel->loop));

	must(payer != NULL);
	dtls_assoc_free(LIST_ITEM(payer, struct assoc_opening,
	    half_open)->assoc);
}

/* A datagram belongs to no association: counts it.  Where both sides end an
 * idle flow at the same time, the client's close_notify comes after its end. */
static void
dtls_listen_lose(struct dtls_listen *e)
{
	uint64_t now_ms = loop_now(e->all.shared.end.tunnel->loop);
	bool parts = e->parting > 0 &&
	    now_ms - e->parted_ms <= LISTEN_PARTING_MS;

	e->parting = parts ? e->parting - 1 : 0;
	end_drop(&e->all.shared.end, parts ? LOST_FLOW_ENDED : LOST_FORGED, 1);
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
	end_drop(&e->all.shared.end, LOST_FORGED, 1);
	dtls_leg_put(&e->all.shared, &s->udp, out, n, &m->peer, &m->local);
	return true;
}

/* Demands a cookie from the sender of a datagram. */
static void
dtls_listen_demand(struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_listen *e = dtls_listen_of(s->end);
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	size_t n = dtls_admit_demand(&e->all.admit, m, out);

	if (n > 0)
		dtls_leg_put(&e->all.shared, &s->udp, out, n, &m->peer,
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
	    dtls_assoc_at(a->at.replaces);
	if (old != NULL)
		dtls_source_leave(&a->all->sources, &old->at);
	if (old != a)
		dtls_assoc_end(a, DTLS_ASSOC_RESTARTED);
	return old;
}

/* Reads a handshake datagram that does not belong to the association at its
 * source (old; NULL: there is none).  Returns the association that it begins;
 * NULL: none. */
static struct assoc *
dtls_listen_hello(struct udp_port *s, const struct udp_msg *m,
    struct assoc *old)
{
	static const struct pending none;	/* of one that is up */
	struct dtls_listen *e = dtls_listen_of(s->end);
	bool proven = true;
	struct assoc *a;

	if (old == NULL && dtls_listen_request(s, m))
		return NULL;
	switch (dtls_admit_decide(&e->all.admit, m, old == NULL ? NULL :
	    old->opening == NULL ? &none : &old->opening->half_open)) {
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
	if (pendings_is_full(&e->all.admit.half_open))
		dtls_listen_evict(e, &m->peer);
	a = dtls_assoc_begin(&e->all, s, m);
	if (a != NULL && !proven)
		dtls_distrust(&a->dtls);
	if (old != NULL && a == NULL)	/* no memory: as before */
		dtls_source_return(&e->all.sources, &old->at);
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
		a = dtls_assoc_at(dtls_sources_find(&e->all.sources, s, &m[i],
		    &type));
		if (a != r.assoc || type == DTLS_HANDSHAKE)
			dtls_assoc_pass(&r);
		if (a != NULL && a->freed)	/* by flow_pass() */
			a = NULL;
		/* A ClientHello belongs to the association at its source:
		 * anyone can append a record with a connection ID that is not
		 * his own. */
		if (type == DTLS_HANDSHAKE && a != NULL &&
		    dtls_assoc_is_new_hello(a, &m[i]))
			a = dtls_assoc_at(dtls_sources_find_address(
			    &e->all.sources, s, &m[i]));
		if (type == DTLS_HANDSHAKE &&
		    (a == NULL || dtls_assoc_is_new_hello(a, &m[i])))
			a = dtls_listen_hello(s, &m[i], a);
		else if (a == NULL)
			dtls_listen_lose(e);
		r.assoc = a;
		if (a == NULL)
			continue;
		e->all.sources.newest = &a->at;
		if (a->opening == NULL) {
			dtls_assoc_read(&r, s, &m[i]);
			continue;
		}
		began_us = clock_cpu_us();
		dtls_assoc_read(&r, s, &m[i]);
		dtls_admit_spend(&e->all.admit, clock_cpu_us() - began_us);
	}
	dtls_assoc_pass(&r);
}

/* Sends the queue. */
static void
dtls_listen_flush(struct flusher *f)
{
	struct dtls_listen *e = LIST_ITEM(f, struct dtls_listen,
	    all.shared.flusher);

	udp_ports_flush(&e->listener, &e->all.shared.queue);
}

/* Frees the half-open associations and closes the sockets; all legs are closed
 * before. */
static void
dtls_listen_stop(struct end *end)
{
	struct dtls_listen *e = dtls_listen_of(end);
	struct pending *oldest;

	while ((oldest = pendings_oldest(&e->all.admit.half_open)) != NULL)
		dtls_assoc_free(LIST_ITEM(oldest, struct assoc_opening,
		    half_open)->assoc);
	udp_flush(&e->all.shared.queue);
	udp_ports_close(&e->listener);
	dtls_sources_free(&e->all.sources);
	dtls_admit_stop(&e->all.admit);
	dtls_leg_stop(&e->all.shared);
}

static int
dtls_listen_start(struct end *end, const struct settings *s,
    struct fault *f)
{
	struct dtls_listen *e = dtls_listen_of(end);

	end_name(end, &s->at);
	if (dtls_leg_start(&e->all.shared, s, true, f) != 0)
		return -1;
	e->all.shared.flusher.fn = dtls_listen_flush;
	dtls_admit_init(&e->all.admit, end, (unsigned)s->half_open,
	    s->skip_verify);
	dtls_sources_init(&e->all.sources, end->tunnel->random);
	if (udp_ports_open(&e->listener, end, s, &s->at, UDP_PORTS_ALL,
	    dtls_listen_read, f) == 0)
		return 0;
	dtls_listen_stop(end);
	return -1;
}

static void
dtls_listen_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct assoc *a = dtls_assoc_of(leg);

	dtls_leg_send(&a->all->shared, leg, &a->dtls, &a->at.socket->udp, d, n,
	    &a->at.place.source.peer, &a->at.place.source.local);
}

static size_t
dtls_listen_room(struct leg *leg)
{
	struct assoc *a = dtls_assoc_of(leg);

	return dtls_leg_room(&a->dtls, &a->at.place.source.peer);
}

/* end_ops.tell_leg */
static void
dtls_listen_tell_leg(const struct leg *leg, struct facts *f)
{
	const struct assoc *a = ((const struct assoc_leg *)(const void *)
	    leg)->assoc;

	if (a == NULL)
		return;
	dtls_leg_tell(&a->dtls, f);
	f->address = a->at.place.source.peer;
}

/* Has the client sent a keep-alive? */
static bool
dtls_listen_is_used(const struct leg *leg)
{
	return LIST_ITEM(leg, struct assoc_leg, leg)->assoc->beats;
}

static void
dtls_listen_close(struct leg *leg)
{
	struct dtls_listen *e = dtls_listen_of(leg->end);

	e->parted_ms = loop_now(leg->end->tunnel->loop);
	e->parting++;
	dtls_assoc_close(dtls_assoc_of(leg));
}

/* Has the client lost its key: that of its own, if it has proved its name, or
 * any? */
static bool
assoc_is_gone(const struct assoc *a)
{
	const struct dtls_psk *keys = a->all->shared.keys;

	return *a->leg->leg.flow->peer.identity != '\0' ?
	    !dtls_psk_proves(keys, a->name, a->name_len) :
	    !dtls_psk_knows(keys, a->name, a->name_len);
}

/* Ends the flows of clients whose key is gone.  Handshakes are judged when they
 * are done. */
static void
dtls_listen_judge(struct dtls_listen *e)
{
	struct list *at, *next, *flows = &e->all.shared.end.tunnel->flows;
	struct assoc *a;

	for (at = flows->next; at != flows; at = next) {
		next = at->next;
		a = dtls_assoc_of(flow_leg(LIST_ITEM(at, struct flow,
		    link), LEFT));
		if (assoc_is_gone(a))
			dtls_assoc_end(a, "its key is gone from the file of "
			    "keys");
	}
}

static int
dtls_listen_prepare(struct end *end, const struct settings *s,
    struct fault *f)
{
	return dtls_leg_prepare(&dtls_listen_of(end)->all.shared, s, f);
}

static void
dtls_listen_renew(struct end *end, const struct settings *s)
{
	struct dtls_listen *e = dtls_listen_of(end);

	dtls_leg_renew(&e->all.shared, s);
	if (s == NULL)
		return;
	dtls_admit_renew(&e->all.admit, (unsigned)s->half_open, s->skip_verify);
	dtls_listen_judge(e);
}

const struct end_ops end_dtls_listen = {
	.name = "dtls-listen",
	.brief = HELP("a UDP port that takes DTLS associations with a key"),
	.side = LEFT,
	.end_size = sizeof(struct dtls_listen),
	.leg_size = sizeof(struct assoc_leg),
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
