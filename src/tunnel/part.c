/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Keeps the beginning of a frame until the rest has come, within the budget of
 * its end.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "tunnel/part.h"

enum { PART_MIN = 512 };	/* bytes allocated at first, if the frame is
				 * no shorter */

/* Bytes to allocate for a part with n more. */
static size_t
part_size(const struct part *part, size_t n, size_t need)
{
	size_t size = part->size == 0 ? PART_MIN : part->size;

	if (part->len + n <= part->size)
		return part->size;
	while (size < part->len + n)
		size *= 2;
	return size < need ? size : need;
}

void
parts_init(struct parts *all)
{
	list_init(&all->begun);
	all->bytes = 0;
}

struct part *
part_in_the_way(const struct parts *all, const struct part *part, size_t n,
    size_t need)
{
	size_t more = part_size(part, n, need) - part->size;

	if (all->bytes + more <= PARTS_MAX || list_empty(&all->begun))
		return NULL;
	return LIST_ITEM(all->begun.next, struct part, link);
}

int
part_add(struct parts *all, struct part *part, const uint8_t *p, size_t n,
    size_t need)
{
	size_t size = part_size(part, n, need);
	uint8_t *grown;

	if (size > part->size) {
		grown = realloc(part->bytes, size);
		if (grown == NULL)
			return -1;
		if (part->bytes == NULL)
			list_add(&all->begun, &part->link);
		all->bytes += size - part->size;
		part->bytes = grown;
		part->size = size;
	}
	memcpy(part->bytes + part->len, p, n);
	part->len += n;
	return 0;
}

void
part_drop(struct parts *all, struct part *part)
{
	if (part->bytes == NULL)
		return;
	list_remove(&part->link);
	all->bytes -= part->size;
	free(part->bytes);
	part->bytes = NULL;
	part->len = part->size = 0;
}
