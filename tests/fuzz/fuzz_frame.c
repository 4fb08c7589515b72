/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: the frames of uotp and of udp2tcp.  However the stream is cut,
 * the same datagrams come out of it.
 */

#include "compat.h"

#include "wire/frame.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks the frame that begins at p when only part of it is there. */
static void
check_parts(const struct frame_format *format, const uint8_t *p, size_t whole)
{
	size_t cuts[5] = { 0, 1, 2, whole / 2, whole - 1 };
	struct frame f = { NULL, 0, 0 };
	size_t need, i;

	for (i = 0; i < 5; i++) {
		if (cuts[i] >= whole)
			continue;
		must(format->get(p, cuts[i], &f) == 0);
		need = format->need(p, cuts[i]);
		must(need == (cuts[i] < format->head ? 0 : whole));
	}
	must(f.payload == NULL);
}

/* Takes frames off a stream and makes the same bytes of them. */
static void
check_stream(const struct frame_format *format, const uint8_t *data,
    size_t size)
{
	uint8_t head[FRAME_HEAD_MAX];
	size_t at = 0, need;
	struct frame f;
	int n;

	while ((n = format->get(data + at, size - at, &f)) > 0) {
		must((size_t)n <= size - at);
		must((size_t)n == format->head + f.len);
		must(f.payload == data + at + format->head && f.tag == 0);
		format->put(head, f.tag, f.len);
		must(memcmp(head, data + at, format->head) == 0);
		check_parts(format, data + at, (size_t)n);
		at += (size_t)n;
	}
	must(n == 0);
	need = format->need(data + at, size - at);
	must(need == 0 ? size - at < format->head : need > size - at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	check_stream(&frame_uotp, data, size);
	check_stream(&frame_udp2tcp, data, size);
	return 0;
}
