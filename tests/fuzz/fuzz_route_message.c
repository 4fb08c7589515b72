/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: messages of the system about its routes.  The type and the error
 * decide of a routing socket's, whatever follows; an idle message before others
 * changes nothing.
 */

#include "compat.h"

#include "wire/route_message.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t noop[4] = { 16, 0, 0, 0 };
	/* By the length: the error is there, is cut, or is not. */
	size_t error_at = size % 2 == 0 ? 24 : size - size % 5;
	bool bsd = route_message_bsd_is_change(data, size, error_at);
	bool netlink = route_message_netlink_is_change(data, size);
	uint8_t *copy = malloc(size + sizeof(noop));
	uint16_t type = 1;

	must(copy != NULL);
	must(bsd || size > 3);
	if (size > 0)
		memcpy(copy, data, size);
	memset(copy + size, 0, sizeof(noop));
	must(route_message_bsd_is_change(copy, size + 1, error_at) == bsd ||
	    size <= 3 || error_at + 3 >= size);
	memcpy(copy, noop, sizeof(noop));
	memcpy(copy + 4, &type, sizeof(type));
	if (size > 0)
		memcpy(copy + sizeof(noop), data, size);
	must(route_message_netlink_is_change(copy, size + sizeof(noop)) ==
	    netlink);
	free(copy);
	return 0;
}
