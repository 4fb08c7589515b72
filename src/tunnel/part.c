/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "tunnel/part.h"

enum { PART_MIN = 2048 };	/* bytes allocated at first */

int
part_add(struct part *part, const uint8_t *p, size_t n)
{
	size_t size = part->size == 0 ? PART_MIN : part->size;
	uint8_t *grown;

	if (part->len + n > part->size) {
		while (size < part->len + n)
			size *= 2;
		grown = realloc(part->bytes, size);
		if (grown == NULL)
			return -1;
		part->bytes = grown;
		part->size = size;
	}
	memcpy(part->bytes + part->len, p, n);
	part->len += n;
	return 0;
}

void
part_drop(struct part *part)
{
	free(part->bytes);
	part->bytes = NULL;
	part->len = part->size = 0;
}
