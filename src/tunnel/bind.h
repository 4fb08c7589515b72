/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What ends have in common at start: addresses to listen on, and words for
 * what the system refuses.
 */

#ifndef TUNNEL_BIND_H
#define TUNNEL_BIND_H

#include "tunnel/tunnel.h"

/* The addresses that a host names, to listen on; an empty host is every
 * address. Returns how many of addr[RESOLVE_MAX] were filled; 0 and the fault
 * when there are none.  A name that the name server does not know may be known
 * to it later: that is the system's fault. */
unsigned bind_addresses(struct end *, const struct hostport *at,
    struct addr *addr, struct fault *);

/* Fills in why an address cannot be listened on, and what to do.  step: the
 * call that failed; error: its errno.  Returns -1. */
int bind_failed(struct end *, const struct hostport *at, const char *step,
    int error, struct fault *);

/* Is the mark allowed, if one is set?  0, or -1 and the fault, with what to
 * do. */
int bind_check_mark(struct end *, const struct settings *, struct fault *);

#endif
