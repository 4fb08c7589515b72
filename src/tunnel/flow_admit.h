/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which flows a tunnel admits: limits of all flows, of those of one source or
 * name, and of the new ones of an address in a time.
 *
 * NOTES.  tunnel/share.h says how many flows one source or name may have,
 * tunnel/limit.h how fast an address may open them.
 */

#ifndef TUNNEL_FLOW_ADMIT_H
#define TUNNEL_FLOW_ADMIT_H

#include "base/log.h"
#include "tunnel/limit.h"
#include "tunnel/share.h"

struct end;
struct flow;
struct peer;
struct tunnel;

/* Admission for one tunnel.  Zeroed: it may be freed. */
struct flow_admit {
	struct limit limit;	/* flows of an address in a window of time */
	struct share sources, names;	/* flows of addresses, and of verified
					 * names */
	struct log_limit refused_limit;	/* of lines about those refused */
};

/* Begins without flows, as the tunnel's settings say.  Ends the program when
 * there is no memory. */
void flow_admit_start(struct tunnel *);

/* The tunnel's settings, which were those before, have changed: goes on with
 * their limits.  Flows beyond them stay. */
void flow_admit_renew(struct tunnel *, const struct tunnel_settings *was);

/* Frees; there are no flows. */
void flow_admit_free(struct flow_admit *);

/* The peer wants a flow through the tunnel of that end, LEFT: admits it, and
 * counts it against the rate limit of its address.  Called once for each flow,
 * before the flow costs memory: by flow_open(), or by an end that opens the
 * flow later by flow_open_admitted().  False: it is refused; a datagram was
 * counted as lost, and a line was logged within limits. */
bool flow_admit_ask(struct end *, const struct peer *);

/* Its flow opens: is there still a place for it?  False as above. */
bool flow_admit_open(struct end *, const struct peer *);

/* Logs within limits that the flow of a peer was refused; why in words. */
void flow_admit_refuse(struct tunnel *, const struct peer *, const char *why);

/* A flow has opened: counts it for its source and name. */
void flow_admit_enter(struct flow *);

/* It has ended. */
void flow_admit_leave(struct flow *);

#endif
