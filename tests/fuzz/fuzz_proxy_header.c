/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: the header of a proxy.  What is read does not depend on what
 * follows or on the pieces in which it comes, no byte behind it is asked for,
 * and ends that do not expect it recognise it.
 */

#include "compat.h"

#include <string.h>

#include "wire/proxy_header.h"
#include "base/log.h"
#include "wire/stream_look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads n bytes that are followed by nothing that may be read. */
static int
parse(const uint8_t *data, size_t n, struct addr *client)
{
	uint8_t *copy = malloc(n + (n == 0));
	int used;

	must(copy != NULL);
	if (n > 0)
		memcpy(copy, data, n);
	used = proxy_header_parse(copy, n, client);
	must(used >= -1 && used <= PROXY_HEADER_MAX && used <= (int)n);
	must(used > 0 || client->family == 0);
	free(copy);
	return used;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr client, again, piece;
	char text[ADDR_TEXT];
	const char *looks;
	size_t n = 0, need, i;
	int whole, used = 0;

	if (size > PROXY_HEADER_MAX + 16)
		size = PROXY_HEADER_MAX + 16;
	whole = parse(data, size, &client);
	while ((need = proxy_header_need(data, n)) > 0 && n + need <= size) {
		n += need;
		used = parse(data, n, &again);
	}
	if (whole > 0) {
		must(used == whole && n == (size_t)whole && need == 0);
		must(addr_same(&client, &again));
		must(addr_text(&client, text) == text);
		for (i = 0; i < 200 && i < n; i++)
			must(parse(data, i, &piece) == 0);
	} else if (whole == 0) {
		must(need > 0 && n + need > size && size < PROXY_HEADER_MAX);
	} else {
		must(used <= 0);
	}
	if (whole > 0) {
		looks = stream_look(data, size);
		must(looks != NULL && strstr(looks, "PROXY header") != NULL);
	}
	return 0;
}
