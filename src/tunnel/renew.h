/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The change of a running tunnel: new settings, and files that are read again,
 * without an end to its flows.
 *
 * NOTES.  Only settings change whose rows are `live` (base/opt.h); each end
 * that has such rows takes them in its function renew().  First both ends load
 * what may be wrong, then both go on with it: a change is done in whole or not
 * at all.
 */

#ifndef TUNNEL_RENEW_H
#define TUNNEL_RENEW_H

#include "compat.h"

struct fault;
struct plan;
struct tunnel;

/* Loads what a plan names that differs from the tunnel's own in live rows only,
 * or is its own.  0; -1 and the fault: nothing is held, and the tunnel goes on
 * as it is.  No turn of the loop may pass between this and the next. */
int renew_prepare(struct tunnel *, const struct plan *, struct fault *);

/* Goes on with what was loaded, and with the settings that the tunnel's plan
 * has now.  Flows end whose names have gone. */
void renew_commit(struct tunnel *);

#endif
