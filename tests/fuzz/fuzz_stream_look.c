/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: the first bytes of a stream.  More of them never look like less.
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
		/* The seventh byte of TLS may show that it is none. */
		must(says == NULL || now == says || n == 7);
		must(now == NULL || n >= 4);
		says = now;
	}
	return 0;
}
