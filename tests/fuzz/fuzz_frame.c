/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: frames of a stream.  However the stream is cut, the same
 * datagrams come out of it.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks the frame that begins at p when only part of it is there. */
static void
check_parts(const uint8_t *p, size_t whole)
{
	const uint8_t *payload = NULL;
	size_t cuts[5] = { 0, 1, 2, whole / 2, whole - 1 };
	size_t len, need, i;

	for (i = 0; i < 5; i++) {
		if (cuts[i] >= whole)
			continue;
		must(frame_uotp_get(p, cuts[i], &payload, &len) == 0);
		need = frame_uotp_need(p, cuts[i]);
		must(need == (cuts[i] < FRAME_UOTP_HEAD ? 0 : whole));
	}
	must(payload == NULL);
}

/* Takes uotp frames off a stream and makes the same bytes of them. */
static void
check_uotp(const uint8_t *data, size_t size)
{
	uint8_t head[FRAME_UOTP_HEAD];
	const uint8_t *payload;
	size_t at = 0, len, need;
	int n;

	while ((n = frame_uotp_get(data + at, size - at, &payload,
	    &len)) > 0) {
		must((size_t)n <= size - at);
		must(len <= FRAME_UOTP_MAX);
		must((size_t)n == FRAME_UOTP_HEAD + len);
		must(payload == data + at + FRAME_UOTP_HEAD);
		frame_uotp_put(head, len);
		must(memcmp(head, data + at, sizeof(head)) == 0);
		check_parts(data + at, (size_t)n);
		at += (size_t)n;
	}
	must(n == 0);
	need = frame_uotp_need(data + at, size - at);
	must(need == 0 ? size - at < FRAME_UOTP_HEAD : need > size - at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0)
		check_uotp(data, size);
	return 0;
}
