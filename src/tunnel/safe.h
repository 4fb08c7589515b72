/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels that let strangers in, or that anybody on the way can read.
 *
 * NOTES.  The carrier is the end that the network is behind: what is not a
 * device where the other end is one, else what is not a plain UDP port.  Only
 * plans that are `native` are judged; the old tools did as they do.
 */

#ifndef TUNNEL_SAFE_H
#define TUNNEL_SAFE_H

struct fault;
struct plan;

/* Would a finished plan open a network to strangers, without `insecure`?  0, or
 * -1 and the fault. */
int safe_check(const struct plan *, struct fault *);

/* Warns when the carrier is not encrypted. */
void safe_warn(const struct plan *);

#endif
