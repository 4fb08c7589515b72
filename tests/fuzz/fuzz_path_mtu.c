/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: padded probes, and the search for what gets through.  The first
 * byte says what the input is: a datagram, or a course of a search, in which
 * each byte is a step.  The size stays within its limits and follows no answer
 * that was not asked for; a search ends.
 */

#include "compat.h"

#include "wire/path_mtu.h"
#include "base/log.h"

enum { ROOM = 1437 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A datagram: what is read is written the same. */
static void
check_format(const uint8_t *data, size_t n)
{
	static uint8_t again[65536];
	uint32_t number;
	uint16_t size;
	int kind = path_probe_parse(data, n, &number, &size);

	if (kind == -1)
		return;
	if (size == PATH_PROBE_BARE) {
		must(n == 1 && kind == *data && number == 0);
		return;
	}
	must(size >= PATH_PROBE_HEAD);
	must(n == (kind == PATH_PROBE_ASKS ? size : (size_t)PATH_PROBE_HEAD));
	path_probe_ask(again, number, size);
	if (kind == PATH_PROBE_ANSWERS)
		path_probe_answer(again);
	must(memcmp(again, data, PATH_PROBE_HEAD) == 0);
}

/* What is true at any time. */
static void
check_state(const struct path_mtu *p)
{
	must(p->size <= p->room);
	must(p->size == p->room || p->size >= PATH_MTU_LEAST);
	must(p->due_ms != UINT64_MAX || (p->state != PATH_MTU_BASE &&
	    p->state != PATH_MTU_SEARCHING));
	must(p->due_ms == UINT64_MAX || (p->state != PATH_MTU_DISABLED &&
	    p->state != PATH_MTU_UNABLE));
	must(p->n <= PATH_MTU_SIZES);
	must(p->state != PATH_MTU_SEARCHING || (p->n > 0 && p->good < p->top &&
	    p->asked[p->n - 1] == p->top && p->bad <= p->top));
}

/* A round, some of whose questions are answered. */
static void
step_round(struct path_mtu *p, uint64_t now_ms, unsigned answers)
{
	uint16_t size[PATH_MTU_ROUND];
	unsigned i, n = path_mtu_due(p, now_ms, size);

	must(n <= PATH_MTU_ROUND);
	for (i = 0; i < n; i++) {
		must(size[i] <= p->room || size[i] <= PATH_PROBE_HEAD);
		if ((answers >> i & 1) == 0)
			continue;
		if (size[i] == PATH_PROBE_BARE)
			path_mtu_heard(p);
		else
			(void)path_mtu_answer(p, p->number, size[i], now_ms);
		check_state(p);
	}
}

static void
check_search(const uint8_t *data, size_t n)
{
	struct path_mtu p;
	uint64_t now_ms = 1;
	unsigned size;
	size_t i;

	path_mtu_init(&p, 0xfffffff0);
	path_mtu_room(&p, ROOM);
	for (i = 0; i + 1 < n; i += 2) {
		switch (data[i] % 7) {
		case 0:
			path_mtu_begin(&p, now_ms);
			break;
		case 1:
			(void)path_mtu_sent(&p, data[i + 1] * 8u, now_ms);
			break;
		case 2:
			if (p.due_ms != UINT64_MAX && p.due_ms > now_ms)
				now_ms = p.due_ms;
			step_round(&p, now_ms, data[i + 1] * 2u | 1);
			break;
		case 3:
			size = p.size;
			if (!path_mtu_answer(&p, p.number - data[i + 1],
			    (uint16_t)(data[i + 1] * 16u), now_ms))
				must(p.size == size);
			break;
		case 4:
			now_ms += data[i + 1] * UINT64_C(5000);
			break;
		case 6:
			(void)path_mtu_asked(&p, (uint16_t)(data[i + 1] * 8u),
			    now_ms);
			break;
		case 5:
			path_mtu_room(&p, data[i + 1] * 10u);
			break;
		}
		check_state(&p);
	}
	/* It ends, whether or not anything is answered. */
	for (i = 0; p.due_ms != UINT64_MAX; i++) {
		must(i < 100);
		if (p.due_ms > now_ms)
			now_ms = p.due_ms;
		step_round(&p, now_ms, n > 0 ? data[0] : 0);
		check_state(&p);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		check_format(data + 1, size - 1);
	else
		check_search(data + 1, size - 1);
	return 0;
}
