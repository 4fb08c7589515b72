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
 * address. Returns how many of addr[RESOLVE_MAX] were filled; ends the program
 * when the name has none. */
unsigned bind_addresses(struct end *, const struct hostport *at,
    struct addr *addr);

/* Logs why an address cannot be listened on, and what to do. */
void bind_failed(struct end *, const struct hostport *at, const char *step,
    int error);

/* Is the mark allowed, if one is set?  -1 when it is not, and it was logged
 * what to do. */
int bind_check_mark(struct end *, const struct settings *);

#endif
