/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The addresses of this machine.
 *
 * NOTES.  Backends are whole files, chosen by configure: own_ifaddrs.c,
 * own_ifconf.c, for systems without getifaddrs(), and own_none.c.
 */

#ifndef NET_OWN_H
#define NET_OWN_H

#include "base/addr.h"

enum { OWN_MAX = 64 };	/* addresses that are looked at */

/* Fills in those of a family (4 or 6), without port, each once; returns how
 * many, 0 also when the system does not report them. */
unsigned own_addresses(uint8_t family, struct addr own[OWN_MAX]);

#endif
