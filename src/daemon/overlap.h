/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels that cannot run together, since the system gives a port or a device
 * to one of them only.
 */

#ifndef DAEMON_OVERLAP_H
#define DAEMON_OVERLAP_H

#include "compat.h"

struct plan;
struct setup;

/* Adds a fault to each tunnel of a setup that is to have the port or the device
 * of one before it.  Faulty tunnels are left out. */
void overlap_check(struct setup *);

/* Can tunnels of two finished plans not run together? */
bool overlap_plans(const struct plan *, const struct plan *);

/* Is that so since their devices, of different names, share an address? */
bool overlap_addresses(const struct plan *, const struct plan *);

#endif
