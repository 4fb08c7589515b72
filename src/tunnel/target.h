/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where a dialling end goes: one host and port, or an endpoint of a group for
 * each flow.
 *
 * NOTES.  A flow aims at one endpoint and stays with it; when that fails it
 * aims anew, and endpoints that failed of late are left out as long as there
 * are others (base/addrgroup.h).
 */

#ifndef TUNNEL_TARGET_H
#define TUNNEL_TARGET_H

#include "base/addrgroup.h"
#include "tunnel/tunnel.h"

/* Of an end. */
struct target {
	struct end *end;
	const struct addrgroup *group;	/* NULL: at alone */
	struct hostport at;
	struct group_failed failed;
};

/* Of a flow. */
struct aim {
	struct endpoint endpoint;
	struct hostport at;	/* the same, as resolve_start() takes it */
};

/* Readies the target and names the end after it; 0, or -1 and the fault when a
 * group should be resolved only once. */
int target_init(struct target *, struct end *, const struct settings *,
    struct fault *);

/* Chooses an endpoint; false when all have failed of late, or there is but
 * one.  An aim that is zeroed is that of a new flow, whose choice is told. */
bool target_choose(struct target *, struct aim *);

/* It did not answer. */
void target_failed(struct target *, const struct aim *);

/* It did not answer, and another one is chosen. */
void target_leave(struct target *, struct aim *);

/* It did. */
void target_answered(struct target *, const struct aim *);

#endif
