/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which TCP connections an end takes: limits of all, of those that are pending,
 * and of one source.
 *
 * NOTES.  A connection is pending until its client is known: until it has a
 * session identifier, or its first flow.  tunnel/pending.h says which of them
 * is evicted for a new one, tunnel/share.h how many one source may have.
 */

#ifndef TUNNEL_TCP_ADMIT_H
#define TUNNEL_TCP_ADMIT_H

#include "tunnel/pending.h"
#include "tunnel/share.h"
#include "tunnel/tunnel.h"

/* The places of one connection, a member of its struct.  Zeroed: none. */
struct tcp_place {
	struct pending pending;	/* taken until its client is known */
	struct share_holder *source;	/* that it counts for, or NULL */
	bool taken;		/* it is one of tcp_admit->n */
};

/* Admission for one end. */
struct tcp_admit {
	struct end *end;
	struct pendings pending;
	struct share sources;
	unsigned n;		/* connections */
	unsigned max;		/* and may be, at least 1 */
	const char *pending_what;	/* in words: "have no identifier yet" */
	struct log_limit refused_limit;
};

/* Begins without connections; end and pending_what are borrowed.  has_spoken:
 * has a pending connection sent anything? */
void tcp_admit_init(struct tcp_admit *, struct end *, const struct settings *,
    const char *pending_what, bool (*has_spoken)(const struct pending *));

/* Goes on with other limits; connections beyond them stay. */
void tcp_admit_renew(struct tcp_admit *, const struct settings *);

/* Frees; there are no connections. */
void tcp_admit_free(struct tcp_admit *);

/* Has the source of a connection its share of them already? */
bool tcp_admit_is_used_up(const struct tcp_admit *, const struct addr *from);

/* May a connection from there be taken?  If so *payer is the pending one that
 * must be closed for it, or NULL; else the new one was counted as refused, and
 * logged within limits. */
bool tcp_admit_ask(struct tcp_admit *, const struct addr *from,
    struct pending **payer);

/* Are there as many connections as there may be? */
bool tcp_admit_is_full(const struct tcp_admit *);

/* A connection from there is refused: counts it, and says why within limits. */
void tcp_admit_refuse(struct tcp_admit *, const struct addr *from,
    const char *why);

/* A connection from there is taken, and is pending. */
void tcp_admit_enter(struct tcp_admit *, struct tcp_place *,
    const struct addr *from);

/* Its client is known now; harmless when it was. */
void tcp_admit_know(struct tcp_admit *, struct tcp_place *);

/* It is closed; harmless when it never entered. */
void tcp_admit_leave(struct tcp_admit *, struct tcp_place *);

#endif
