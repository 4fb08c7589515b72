/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Inspection of the IP packets that a tunnel carries: the port filter and
 * statistics.
 *
 * NOTES.  It works for any two ends of which one is a device.  "Out" means away
 * from the device.  Packets that the carrier cannot send yet (its room is 0)
 * are dropped here, so that the statistics count them as dropped.
 */

#ifndef TUNNEL_INSPECT_H
#define TUNNEL_INSPECT_H

#include "compat.h"

#include "net/dgram.h"

struct inspect;
struct loop;
struct portfilter;
struct random;

/* Parses PORT,PORT-PORT... and allows these ports in f; f NULL: only parses.
 * False: not such a list. */
bool inspect_parse(struct portfilter *f, const char *ports);

/* Starts inspection.  ports: those that pass, valid for inspect_parse(); NULL:
 * no filter.  stats: count packets.  Returns NULL without both.  The loop is
 * borrowed until inspect_free(). */
struct inspect *inspect_new(const char *ports, bool stats, struct loop *,
    struct random *);

/* Logs the last statistics and frees it; NULL is harmless. */
void inspect_free(struct inspect *);

/* Removes those of n datagrams that do not pass; returns how many are left.
 * out: they come from the device.  open: the other leg has room for some
 * payload; nothing passes without.  The statistics count all n, passed or
 * dropped.  *many becomes the number of those removed that go to many hosts
 * (wire/ip_ask.h), *filtered that of the others that the filter refused; the
 * rest of what was removed had no open leg.  The caller counts all as lost. */
unsigned inspect_pass(struct inspect *, bool out, bool open, struct dgram *,
    unsigned n, unsigned *filtered, unsigned *many);

#endif
