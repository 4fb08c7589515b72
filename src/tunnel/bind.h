/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Common parts of the start of ends: addresses to listen on, and faults for
 * errors of the system.
 */

#ifndef TUNNEL_BIND_H
#define TUNNEL_BIND_H

#include "tunnel/tunnel.h"

/* Is the host meant as a literal address, perhaps with a scope? */
bool bind_is_literal(const char *host);

/* Resolves a host to the addresses to listen on; an empty host is the wildcard
 * address.  Returns how many of addr[RESOLVE_MAX] were filled in; 0 and the
 * fault when there are none.  For a name that is a fault of the system, since
 * the name server may know it later, as the interface of a scope may come
 * later; its setting is bind-later. */
unsigned bind_addresses(struct end *, const struct hostport *at,
    struct addr *addr, struct fault *);

/* Fills in why the end cannot listen on an address, and the remedy.  step: the
 * call that failed; error: its errno.  The setting of the fault is bind-later
 * where that key would help.  Returns -1. */
int bind_failed(struct end *, const struct hostport *at, const char *step,
    int error, struct fault *);

/* Checks that the system lets us set the mark, if the settings have one.  0,
 * or -1 and the fault, with the remedy. */
int bind_check_mark(struct end *, const struct settings *, struct fault *);

/* The same for "don't fragment" of datagrams. */
int bind_check_df(struct end *, const struct settings *, struct fault *);

/* The same for the longest segment of TCP. */
int bind_check_mss(struct end *, const struct settings *, struct fault *);

#endif
