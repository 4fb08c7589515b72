/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What looks into the IP packets that a tunnel carries: the filter of ports,
 * and statistics.
 *
 * NOTES.  It stands in the middle, between whatever two ends there are, one of
 * which must have a device.  "Out" is away from the device.  Packets that the
 * carrier has no way for yet (its room is 0) are dropped here, so that they
 * count as such.
 */

#ifndef TUNNEL_INSPECT_H
#define TUNNEL_INSPECT_H

#include "compat.h"

#include "net/dgram.h"

struct fault;
struct leg;
struct portfilter;
struct inspect;
struct tunnel;

/* Reads PORT,PORT-PORT... and allows those; f NULL: just checks. */
bool inspect_parse(struct portfilter *f, const char *ports);

/* Begins to inspect as the tunnel's settings want it: sets tunnel->inspect,
 * or leaves it NULL when they want nothing.  0, or -1 and the fault when no end
 * has a device.  The caller frees with inspect_free(). */
int inspect_start(struct tunnel *, struct fault *);

/* Tells the statistics once more and frees; NULL is harmless. */
void inspect_free(struct inspect *);

/* Takes the datagrams of a leg that do not pass out of n, and counts them;
 * returns how many are left. */
unsigned inspect_pass(struct inspect *, struct leg *from, struct dgram *,
    unsigned n);

#endif
