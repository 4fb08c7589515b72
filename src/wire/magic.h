/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The prefix of each of udptunnel's packets: the MD5 of a text that both sides
 * know.
 *
 * NOTES.  The prefix is sent in the clear, so everybody on the path learns it.
 * It keeps out only those who would have to guess it.
 */

#ifndef WIRE_MAGIC_H
#define WIRE_MAGIC_H

#include <stdint.h>

enum { MAGIC_SIZE = 16 };

/* Computes the prefix of a text, which may be empty. */
void magic_make(uint8_t magic[MAGIC_SIZE], const char *text);

#endif
