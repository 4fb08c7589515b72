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

/* Checks the frame that begins at p when only part of it is there. */
static void
check_parts(const uint8_t *p, size_t whole)
{
	size_t cuts[] = { 0, 1, 3, 4, 7, 8, whole / 2, whole - 1 };
	const uint8_t *payload = NULL;
	size_t len, need, i;
	uint16_t tag;

	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		if (cuts[i] >= whole)
			continue;
		must(frame_uott_get(p, cuts[i], &tag, &payload, &len) == 0);
		need = frame_uott_need(p, cuts[i]);
		must(need == (cuts[i] < FRAME_UOTT_HEAD ? 0 : whole));
	}
	must(payload == NULL);
}

/* Checks what is left when no frame is there any more. */
static void
check_rest(const uint8_t *p, size_t n, int result)
{
	size_t need = frame_uott_need(p, n), i;
	const uint8_t *payload;
	bool bad = false;
	uint16_t tag;
	size_t len;

	for (i = 0; i <= n && i <= FRAME_UOTT_HEAD; i++) {
		must(!bad || frame_uott_get(p, i, &tag, &payload, &len) == -1);
		bad = frame_uott_get(p, i, &tag, &payload, &len) == -1;
	}
	must(bad == (result == -1));
	if (bad)
		must(need == FRAME_UOTT_HEAD && memcmp(p, "UOTT",
		    n < 4 ? n : 4) != 0);
	else
		must(need == 0 ? n < FRAME_UOTT_HEAD : need > n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[FRAME_UOTT_HEAD];
	const uint8_t *payload;
	size_t at = 0, len;
	uint16_t tag;
	int n;

	while ((n = frame_uott_get(data + at, size - at, &tag, &payload,
	    &len)) > 0) {
		must((size_t)n <= size - at && len <= FRAME_UOTT_MAX);
		must((size_t)n == FRAME_UOTT_HEAD + len);
		must(payload == data + at + FRAME_UOTT_HEAD);
		frame_uott_put(head, tag, len);
		must(memcmp(head, data + at, sizeof(head)) == 0);
		check_parts(data + at, (size_t)n);
		at += (size_t)n;
	}
	check_rest(data + at, size - at, n);
	return 0;
}
