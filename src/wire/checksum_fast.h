/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sums of IP's checksum by vectors, where the CPU has them.
 *
 * NOTES.  configure selects checksum_x86.c where the compiler knows AVX2, and
 * checksum_plain.c elsewhere.  checksum_x86.c checks at run time whether the
 * CPU has it.  checksum.c sums what these leave.
 */

#ifndef WIRE_CHECKSUM_FAST_H
#define WIRE_CHECKSUM_FAST_H

#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_FAST_LEAST = 64 };	/* bytes that it is worth for */

/* Adds to *sum as many of n bytes as whole vectors take; returns how many, an
 * even number. */
size_t checksum_fast_add(uint64_t *sum, const uint8_t *p, size_t n);

/* The same, and copies these bytes. */
size_t checksum_fast_copy(uint64_t *sum, uint8_t *to, const uint8_t *p,
    size_t n);

#endif
