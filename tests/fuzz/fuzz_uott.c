/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: uott frames.  Whatever is taken off a stream is written as the
 * same bytes, and a part of it is never taken for more than a part; where the
 * stream is out of step, every longer part of it says so, too.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UOTT_HEAD = 8 };		/* bytes before a payload */

/* Checks the frame that begins at p when only part of it is there. */
static void
check_parts(const uint8_t *p, size_t whole)
{
	size_t cuts[] = { 0, 1, 3, 4, 7, 8, whole / 2, whole - 1 };
	struct frame f = { NULL, 0, 0 };
	size_t need, i;

	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		if (cuts[i] >= whole)
			continue;
		must(frame_uott.get(p, cuts[i], &f) == 0);
		need = frame_uott.need(p, cuts[i]);
		must(need == (cuts[i] < UOTT_HEAD ? 0 : whole));
	}
	must(f.payload == NULL);
}

/* Checks what is left when no frame is there any more. */
static void
check_rest(const uint8_t *p, size_t n, int result)
{
	size_t need = frame_uott.need(p, n), i;
	struct frame f;
	bool bad = false;

	for (i = 0; i <= n && i <= UOTT_HEAD; i++) {
		must(!bad || frame_uott.get(p, i, &f) == -1);
		bad = frame_uott.get(p, i, &f) == -1;
	}
	must(bad == (result == -1));
	if (bad)
		must(need == UOTT_HEAD && memcmp(p, "UOTT",
		    n < 4 ? n : 4) != 0);
	else
		must(need == 0 ? n < UOTT_HEAD : need > n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[UOTT_HEAD];
	struct frame f;
	size_t at = 0;
	int n;

	must(frame_uott.head == UOTT_HEAD);
	while ((n = frame_uott.get(data + at, size - at, &f)) > 0) {
		must((size_t)n <= size - at && f.len <= frame_uott.max);
		must((size_t)n == UOTT_HEAD + f.len);
		must(f.payload == data + at + UOTT_HEAD);
		frame_uott.put(head, f.tag, f.len);
		must(memcmp(head, data + at, sizeof(head)) == 0);
		check_parts(data + at, (size_t)n);
		at += (size_t)n;
	}
	check_rest(data + at, size - at, n);
	return 0;
}
