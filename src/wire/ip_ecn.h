/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Marks of congestion in IP packets (RFC 3168), in place of their loss.
 */

#ifndef WIRE_IP_ECN_H
#define WIRE_IP_ECN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Marks a packet of n bytes (CE, RFC 3168 5) if its sender takes marks, ECT(0)
 * or ECT(1), and keeps the header checksum of IPv4 as right or wrong as it was.
 * Returns whether it is marked now; a packet that was marked before is.  False,
 * and it is not touched: it has to be dropped instead. */
bool ip_ecn_mark(uint8_t *p, size_t n);

#endif
