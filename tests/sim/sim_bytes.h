/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Bytes that wait at one end of a simulated connection.
 */

#ifndef SIM_BYTES_H
#define SIM_BYTES_H

#include "compat.h"

/* Appends to a buffer. */
static inline void
append(uint8_t **buf, size_t *len, size_t *size, const void *p, size_t n)
{
	if (*len + n > *size) {
		*size = 2 * (*len + n);
		*buf = realloc(*buf, *size);
		if (*buf == NULL)
			abort();
	}
	if (n > 0)
		memcpy(*buf + *len, p, n);
	*len += n;
}

/* Removes the first n bytes of one. */
static inline void
consume(uint8_t *buf, size_t *len, size_t n)
{
	*len -= n;
	memmove(buf, buf + n, *len);
}

#endif
