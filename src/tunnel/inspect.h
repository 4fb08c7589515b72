/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Inspection of the IP packets that a tunnel carries: the port filter and
 * statistics.
 *
 * NOTES.  It works between any two ends of which one has a device.  "Out" is
 * away from the device.  Packets that the carrier cannot send yet (its room is
 * 0) are dropped here, so that the statistics count them as dropped.
 */

#ifndef TUNNEL_INSPECT_H
#define TUNNEL_INSPECT_H

#include "compat.h"

#include "net/dgram.h"

struct inspect;
struct loop;
struct portfilter;
struct random;

/* Reads PORT,PORT-PORT... and allows these in f; f NULL: only checks. */
bool inspect_parse(struct portfilter *f, const char *ports);

/* Begins to inspect: to let through those ports only, as inspect_parse() reads
 * them (NULL: all of them), and to count packets.  NULL when neither is wanted.
 * The loop is borrowed until inspect_free(). */
struct inspect *inspect_new(const char *ports, bool stats, struct loop *,
    struct random *);

/* Logs the statistics once more and frees; NULL is harmless. */
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
