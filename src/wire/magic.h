/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What udptunnel puts before each packet: the MD5 of a text that both sides
 * know.
 *
 * NOTES.  It goes over the network as it is, so whoever can read that knows it
 * as well; it keeps out those who can only guess.
 */

#ifndef WIRE_MAGIC_H
#define WIRE_MAGIC_H

#include <stdint.h>

enum { MAGIC_SIZE = 16 };

/* Computes it; the text may be empty. */
void magic_make(uint8_t magic[MAGIC_SIZE], const char *text);

#endif
