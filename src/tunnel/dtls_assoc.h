/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * An association of `dtls-listen` with one client, and its flow.
 *
 * NOTES.  The end finds the association of each datagram, decides who may begin
 * one, and evicts one that is half-open; all that then happens with a datagram
 * of an association is here: the handshake, which begins the flow; data; a
 * client that has moved or restarted; the end of either.
 *
 * A client that has restarted begins a new association, which replaces the one
 * that had its source once it is up with the same identity (dtls_source.h).
 */

#ifndef TUNNEL_DTLS_ASSOC_H
#define TUNNEL_DTLS_ASSOC_H

#include "base/list.h"
#include "tunnel/dtls_admit.h"
#include "tunnel/dtls_leg.h"
#include "tunnel/dtls_source.h"

/* Why an association ends whose client begins a new one. */
#define DTLS_ASSOC_RESTARTED "its client has restarted"

/* What the associations of an end share; the end's own struct begins with
 * it. */
struct dtls_assocs {
	struct dtls_shared shared;
	struct dtls_admit admit;	/* has those that are half-open */
	struct dtls_sources sources;	/* has all */
	struct log_limit late_limit, key_limit, roam_limit;
};

/*
 * An association.  Its states, by its members:
 *
 *	state		opening		leg	half_open	timer
 *	handshake	set		NULL	taken		the engine's, or
 *								late_ms
 *	up		NULL		set	in no list	the engine's
 *	freed		any		NULL	in no list	-
 *
 * One that is up is found by its connection ID, by its source, or by both.
 */
struct assoc {
	struct dtls_assocs *all;
	struct dtls dtls;
	struct assoc_opening *opening;	/* NULL once it is up; then
				 * dtls.handshake, which is the same memory, is
				 * released at the next DTLS_END */
	struct assoc_leg *leg;	/* NULL until it is up */
	struct dtls_source at;	/* its client; the one that at.replaces ends
				 * when this one is up with the same
				 * identity */
	struct timer timer;	/* when the engine is due, or late_ms */
	uint64_t late_ms;	/* when the handshake times out */
	uint8_t *name;		/* identity the client gave, allocated; NULL
				 * until it is up */
	uint8_t name_len;	/* bytes of name */
	bool beats;		/* it has received a heartbeat */
	bool told;		/* what is wrong with its key was logged */
	bool freed;		/* memory is freed after this turn */
};

/* What an association needs until it is up. */
struct assoc_opening {
	struct dtls_handshake handshake;	/* the first member:
				 * dtls_leg_free_handshake() keeps or frees all
				 * by it */
	struct pending half_open;
	struct assoc *assoc;
};

/* A leg. */
struct assoc_leg {
	struct leg leg;
	struct assoc *assoc;	/* never NULL once flow_open_admitted()
				 * returned */
};

/* Consecutive datagrams of one association, decrypted and not yet passed on. */
struct assoc_run {
	struct assoc *assoc;	/* NULL: none */
	struct dtls_run run;
};

/* The association of a leg; not before flow_open_admitted() has
 * returned. */
static inline struct assoc *
dtls_assoc_of(struct leg *leg)
{
	return LIST_ITEM(leg, struct assoc_leg, leg)->assoc;
}

/* The association that is found there; NULL for NULL. */
static inline struct assoc *
dtls_assoc_at(struct dtls_source *at)
{
	return at == NULL ? NULL : LIST_ITEM(at, struct assoc, at);
}

/* Begins one with the source of a datagram, which is still to be read; there is
 * a place among those that are half-open.  NULL: no memory, which was
 * counted. */
struct assoc *dtls_assoc_begin(struct dtls_assocs *, struct udp_port *,
    const struct udp_msg *);

/* Does a datagram begin with a ClientHello that is not of this association's
 * own handshake? */
bool dtls_assoc_is_new_hello(const struct assoc *, const struct udp_msg *);

/* Reads a datagram of the run's association, and appends its data to the run.
 * May pass the run, and may end the association: then r->assoc->freed is
 * true. */
void dtls_assoc_read(struct assoc_run *r, struct udp_port *,
    const struct udp_msg *);

/* Passes on the run, and queues what the engine has to send; may end the
 * association.  Harmless when there is none. */
void dtls_assoc_pass(struct assoc_run *);

/* Ends an association, and its flow if there is one; why is for the log. */
void dtls_assoc_end(struct assoc *, const char *why);

/* Sends close_notify to the client and frees the association; its leg, if it
 * has one, is closing. */
void dtls_assoc_close(struct assoc *);

/* Frees one that has no leg; its memory stays until this turn is over.  Sends
 * no close_notify. */
void dtls_assoc_free(struct assoc *);

#endif
