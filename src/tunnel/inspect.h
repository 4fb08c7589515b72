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

struct inspect;
struct loop;
struct portfilter;
struct random;

/* Reads PORT,PORT-PORT... and allows those; f NULL: just checks. */
bool inspect_parse(struct portfilter *f, const char *ports);

/* Begins to inspect: to let through those ports only, as inspect_parse() reads
 * them (NULL: all of them), and to count packets.  NULL when neither is wanted.
 * The loop is borrowed until inspect_free(). */
struct inspect *inspect_new(const char *ports, bool stats, struct loop *,
    struct random *);

/* Tells the statistics once more and frees; NULL is harmless. */
void inspect_free(struct inspect *);

/* Removes those of n datagrams that do not pass; returns how many are left.
 * out: they come from the device.  open: the other leg has room for some
 * payload; nothing passes without.  The statistics count all n, passed or
 * dropped.  *filtered becomes the number of those that the filter refused;
 * the rest of what was removed had no open leg.  The caller counts both as
 * lost. */
unsigned inspect_pass(struct inspect *, bool out, bool open, struct dgram *,
    unsigned n, unsigned *filtered);

#endif
