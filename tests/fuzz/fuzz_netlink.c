/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: a group of rtnetlink messages.  Each of them lies in the group,
 * and reading goes on to its end.
 */

#include "compat.h"

#include "wire/netlink.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p = data, *end;
	struct netlink_entry e;
	struct netlink_view v;
	size_t n = size, before;

	if (size == 0)
		return 0;
	end = data + size;
	for (before = n; netlink_next(&p, &n, &v); before = n) {
		must(n < before);
		must(v.body >= data && v.len <= (size_t)(end - v.body));
		must(netlink_result(&v) >= 0);
		if (netlink_read_entry(&v, &e))
			must(v.len >= sizeof(e.of));
	}
	must((size_t)(end - p) == n);
	return 0;
}
