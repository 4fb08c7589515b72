/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: the first bytes of a stream.  More of them look like the same, or
 * like nothing, and like nothing only while there are few.
 */

#include "compat.h"

#include "base/log.h"
#include "wire/stream_look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *says = NULL, *now;
	size_t n;

	for (n = 0; n <= size && n <= 32; n++) {
		now = stream_look(data, n);
		/* The seventh byte of TLS may show that it is none, as may
		 * those of a PROXY header. */
		must(says == NULL || now == says || (now == NULL && n <= 12));
		must(now == NULL || n >= 4);
		says = now;
	}
	return 0;
}
