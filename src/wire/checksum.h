/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The checksum of IP, TCP and UDP (RFC 1071) over many bytes.
 *
 * NOTES.  A sum is one of words of 32 bits, in the byte order of the machine.
 * The one's complement sum of words of 16 bits is the same in either order, but
 * for the order of its own bytes, and wider words fold into it.  A sum has 64
 * bits, which no packet fills.
 */

#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds n bytes to a sum, which begins as 0.  Only the last piece that is added
 * may have an odd length. */
uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n);

/* Adds a word of 16 bits. */
uint64_t checksum_add_word(uint64_t sum, uint16_t word);

/* Copies n bytes, which must not overlap, and adds them to a sum. */
uint64_t checksum_copy(uint64_t sum, uint8_t *to, const uint8_t *p, size_t n);

/* The checksum of a sum: what is to be written where that has zero; 0 where it
 * has the right checksum. */
uint16_t checksum_end(uint64_t sum);

#endif
