/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where a dialling end goes: one host and port, or an endpoint of a group for
 * each flow.
 *
 * NOTES.  A flow chooses one endpoint and keeps it until it fails.  Endpoints
 * that failed within a minute are not chosen as long as there are others
 * (base/addrgroup.h).
 */

#ifndef TUNNEL_TARGET_H
#define TUNNEL_TARGET_H

#include "base/addrgroup.h"
#include "tunnel/tunnel.h"

/* Of an end. */
struct target {
	struct end *end;
	const struct addrgroup *group;	/* NULL: at alone */
	struct hostport at;	/* the only endpoint, if there is no group */
	struct group_failed failed;	/* those of the group that did */
};

/* Of a flow. */
struct aim {
	struct endpoint endpoint;
	struct hostport at;	/* the same, as resolve_start() takes it */
};

/* Initialises the target and names the end after it. */
void target_init(struct target *, struct end *, const struct settings *);

/* Chooses an endpoint; false when all have failed recently, or there is only
 * one.  The choice for a zeroed aim, that of a new flow, is logged at info. */
bool target_choose(struct target *, struct aim *);

/* The endpoint did not answer. */
void target_failed(struct target *, const struct aim *);

/* The same, and chooses a new one. */
void target_leave(struct target *, struct aim *);

/* The endpoint answered. */
void target_answered(struct target *, const struct aim *);

#endif
