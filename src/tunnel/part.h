/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A frame of which only the beginning has come so far, kept until the rest is
 * there.
 */

#ifndef TUNNEL_PART_H
#define TUNNEL_PART_H

#include "compat.h"

/* The beginning of a frame; zeroed is none, and ready to use. */
struct part {
	uint8_t *bytes;		/* allocated, as many as size; NULL: none */
	size_t len, size;	/* bytes that came, and allocated */
};

/* Adds n bytes, copied; 0, or -1 when there is no memory: then nothing was
 * added. */
int part_add(struct part *, const uint8_t *p, size_t n);

/* Forgets it. */
void part_drop(struct part *);

#endif
