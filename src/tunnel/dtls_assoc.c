/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * An association of `dtls-listen`: from its first datagram over its handshake
 * and its flow to its end.  Its states are in the header.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_assoc.h"

#include "base/value.h"

static struct loop *
assoc_loop(const struct assoc *a)
{
	return a->all->shared.end.tunnel->loop;
}

void
dtls_assoc_free(struct assoc *a)
{
	struct dtls_assocs *all = a->all;
	struct dtls_handshake *handshake = a->dtls.handshake;

	must(!a->freed);
	a->freed = true;
	if (a->opening != NULL)
		pending_leave(&all->admit.half_open, &a->opening->half_open);
	timer_stop(&a->timer);
	dtls_source_end(&all->sources, &a->at);
	dtls_end(&a->dtls);
	if (handshake != NULL)
		loop_free_later(assoc_loop(a), handshake);
	if (a->name != NULL)
		loop_free_later(assoc_loop(a), a->name);
	loop_free_later(assoc_loop(a), a);
}

void
dtls_assoc_close(struct assoc *a)
{
	dtls_close(&a->dtls);
	(void)dtls_leg_output(&a->all->shared, &a->dtls, &a->at.socket->udp,
	    &a->at.place.source.peer, &a->at.place.source.local);
	a->leg = NULL;
	dtls_assoc_free(a);
}

void
dtls_assoc_end(struct assoc *a, const char *why)
{
	if (a->leg != NULL)
		leg_failed(&a->leg->leg, why);
	else
		dtls_assoc_free(a);
}

static void assoc_due(struct timer *);

/* Queues what the engine has to send, and sets the timer to when the engine is
 * due next. */
static void
assoc_output(struct assoc *a)
{
	uint64_t due_ms;

	(void)dtls_leg_output(&a->all->shared, &a->dtls, &a->at.socket->udp,
	    &a->at.place.source.peer, &a->at.place.source.local);
	due_ms = dtls_leg_deadline(&a->dtls, a->leg != NULL, a->late_ms);
	if (due_ms == UINT64_MAX)
		timer_stop(&a->timer);
	else if (!timer_is_set(&a->timer) || a->timer.due_ms != due_ms)
		timer_set(&a->timer, assoc_loop(a), due_ms, assoc_due);
}

/* The engine is due, or the handshake has timed out. */
static void
assoc_due(struct timer *t)
{
	struct assoc *a = LIST_ITEM(t, struct assoc, timer);
	struct dtls_assocs *all = a->all;
	uint64_t now_ms = loop_now(assoc_loop(a));
	char peer[ADDR_TEXT], limit[32], why[DTLS_WHY_TEXT];

	if (a->leg != NULL || now_ms < a->late_ms) {
		dtls_tick(&a->dtls, now_ms);
		assoc_output(a);
		return;
	}
	if (!a->told)
		log_limited(&all->late_limit, now_ms, LEVEL_WARN,
		    "%s: no handshake in %s s: %s (%s)", all->shared.end.name,
		    value_ms_text(all->shared.timeout_ms, limit),
		    dtls_why(&a->dtls, why),
		    addr_text(&a->at.place.source.peer, peer));
	dtls_assoc_free(a);
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
		dtls_assoc_end(old, DTLS_ASSOC_RESTARTED);
}

/* The identity that the peer has proved; "": none, since a shared key proves no
 * identity. */
static const char *
assoc_identity(const struct assoc *a, char text[DTLS_PEER_TEXT])
{
	(void)dtls_peer(&a->dtls, text);
	if (dtls_psk_proves(a->all->shared.keys, a->name, a->name_len))
		return text;
	if (*text != '\0')
		log_debug("%s: the peer calls itself %s, with a key that all "
		    "share", a->all->shared.end.name, text);
	return "";
}

/* Keeps the identity that the client gave; false: there is no memory. */
static bool
assoc_keep_name(struct assoc *a)
{
	const struct dtls_handshake *h = a->dtls.handshake;

	a->name = malloc(h->identity_len + 1u);
	if (a->name == NULL)
		return false;
	a->name_len = h->identity_len;
	memcpy(a->name, h->identity, a->name_len);
	return true;
}

/* The handshake is done: begins the flow. */
static void
assoc_up(struct assoc *a)
{
	struct dtls_assocs *all = a->all;
	char identity[DTLS_PEER_TEXT];
	uint64_t began_ms = a->late_ms - (uint64_t)all->shared.timeout_ms;
	struct peer peer = { 0 };
	struct leg *leg;

	peer.addr = a->at.place.source.peer;
	if (!assoc_keep_name(a)) {
		flow_admit_refuse(all->shared.end.tunnel, &peer, "no memory");
		dtls_assoc_close(a);
		return;
	}
	peer.identity = assoc_identity(a, identity);
	/* Our last flight is queued before any data. */
	(void)dtls_leg_output(&all->shared, &a->dtls, &a->at.socket->udp,
	    &a->at.place.source.peer, &a->at.place.source.local);
	pending_leave(&all->admit.half_open, &a->opening->half_open);
	a->opening = NULL;
	if (!dtls_has_cid(&a->dtls))
		dtls_source_drop_cid(&all->sources, &a->at);
	if (a->at.replaces != NULL)
		assoc_replace(a, dtls_assoc_at(a->at.replaces));
	/* The file of keys may have changed during the handshake. */
	leg = !dtls_psk_knows(all->shared.keys, a->name, a->name_len) ? NULL :
	    flow_open_admitted(&all->shared.end, &peer);
	if (leg == NULL) {
		dtls_assoc_close(a);
		return;
	}
	a->leg = LIST_ITEM(leg, struct assoc_leg, leg);
	a->leg->assoc = a;
	dtls_leg_make_spare(&all->shared);
	dtls_leg_log_up(leg, &a->dtls, began_ms, &a->at.place.source.peer,
	    leg->flow->peer.identity);
	flow_up(leg);
}

/* The association's newest authentic record is in that datagram: moves the
 * association to its source. */
static void
assoc_roam(struct assoc *a, struct udp_port *s, const struct udp_msg *m)
{
	struct dtls_assocs *all = a->all;
	struct addr from;
	char old[ADDR_TEXT], new[ADDR_TEXT];

	/* It may be our address alone that differs. */
	if (dtls_source_move(&all->sources, &a->at, s, m, &from) &&
	    a->leg != NULL && !addr_same(&from, &m->peer))
		log_limited(&all->roam_limit, loop_now(assoc_loop(a)),
		    LEVEL_INFO, "flow %lu: moved from %s to %s",
		    (unsigned long)a->leg->leg.flow->number,
		    addr_text(&from, old), addr_text(&m->peer, new));
}

/* The client or the engine has closed it. */
static void
assoc_closed(struct assoc *a)
{
	struct dtls_assocs *all = a->all;
	char text[DTLS_WHY_TEXT], peer[ADDR_TEXT];
	const char *why = dtls_why(&a->dtls, text);

	if (a->leg == NULL)
		log_limited(&all->late_limit, loop_now(assoc_loop(a)),
		    LEVEL_WARN, "%s: no handshake: %s (%s)",
		    all->shared.end.name, why,
		    addr_text(&a->at.place.source.peer, peer));
	dtls_assoc_end(a, why);
}

/* Says once what is wrong with the client's key.  The client is not told, so
 * that strangers cannot find out which identities there are. */
static void
assoc_judge_key(struct assoc *a)
{
	struct dtls_assocs *all = a->all;
	const char *fault = dtls_key_fault(&a->dtls);
	char identity[DTLS_PEER_TEXT], peer[ADDR_TEXT];

	if (fault == NULL || a->told)
		return;
	a->told = true;
	(void)dtls_peer(&a->dtls, identity);
	log_limited(&all->key_limit, loop_now(assoc_loop(a)), LEVEL_WARN,
	    "%s: no handshake: %s %s (%s)", all->shared.end.name, fault,
	    *identity == '\0' ? "\"\"" : identity,
	    addr_text(&a->at.place.source.peer, peer));
}

void
dtls_assoc_pass(struct assoc_run *r)
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

void
dtls_assoc_read(struct assoc_run *r, struct udp_port *s,
    const struct udp_msg *m)
{
	struct assoc *a = r->assoc;
	uint64_t now_ms = loop_now(assoc_loop(a));
	struct dtls_reading reading;

	dtls_leg_read(&reading, &m->d);
	while (!a->freed) {
		switch (dtls_next(&a->dtls, &reading.input, now_ms)) {
		case DTLS_END:
			if (a->opening == NULL)
				dtls_leg_free_handshake(&a->all->shared,
				    &a->dtls);
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
			dtls_leg_take(&a->all->shared, &r->run, &reading);
			if (r->run.n == DGRAM_BATCH)
				dtls_assoc_pass(r);
			break;
		case DTLS_CLOSED:
			dtls_assoc_pass(r);
			if (!a->freed)
				assoc_closed(a);
			return;
		}
	}
}

bool
dtls_assoc_is_new_hello(const struct assoc *a, const struct udp_msg *m)
{
	return dtls_hello_random(m->d.data, m->d.len) != NULL &&
	    !dtls_is_own_hello(&a->dtls, m->d.data, m->d.len);
}

struct assoc *
dtls_assoc_begin(struct dtls_assocs *all, struct udp_port *s,
    const struct udp_msg *m)
{
	struct loop *loop = all->shared.end.tunnel->loop;
	struct assoc *a;

	a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->opening = dtls_leg_new_handshake(&all->shared,
		    sizeof(*a->opening));
	if (a == NULL || a->opening == NULL) {
		free(a);
		end_drop(&all->shared.end, LOST_NO_MEMORY, 1);
		return NULL;
	}
	a->all = all;
	a->opening->assoc = a;
	a->late_ms = loop_now(loop) + (uint64_t)all->shared.timeout_ms;
	pending_enter(&all->admit.half_open, &a->opening->half_open, &m->peer,
	    loop_now(loop));
	dtls_source_arrive(&all->sources, &a->at, s, m);
	if (all->shared.setup.cid)
		dtls_source_draw_cid(&all->sources, &a->at,
		    all->shared.end.tunnel->random);
	dtls_start(&a->dtls, &a->opening->handshake, &all->shared.setup,
	    a->at.by_cid ? a->at.cid : NULL, loop_now(loop));
	return a;
}
