/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a stream is, by its first bytes, where it is not what it should be.
 */

#ifndef WIRE_STREAM_LOOK_H
#define WIRE_STREAM_LOOK_H

#include <stddef.h>
#include <stdint.h>

/* Returns what the first n bytes of a peer's stream show it to be, as a part of
 * a log line with the remedy, or NULL: nothing that is known.  More bytes may
 * show that it is not.  Random bytes, and frames, look like something with a
 * probability of about 2^-31. */
const char *stream_look(const uint8_t *p, size_t n);

/* What it returns for TLS. */
extern const char stream_look_tls[];

#endif
