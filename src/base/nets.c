/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A short list of networks, each an address and the length of its prefix.
 */

#include "compat.h"

#include <string.h>

#include "base/nets.h"

/* Adds one of n bytes. */
static const char *
add_net(struct nets *nets, const char *p, size_t n)
{
	unsigned bits;
	struct addr a;

	switch (addr_parse_prefix(&a, &bits, p, n)) {
	case ADDR_PREFIX_GOOD:
		break;
	case ADDR_PREFIX_NO_ADDRESS:
		return "is no network, like 10.0.0.0/8 or fd00::/8";
	case ADDR_PREFIX_NO_BITS:
		return "has no number of bits behind its slash, like "
		    "10.0.0.0/8";
	}
	if (nets->n == NETS_MAX)
		return "is one network too many: the limit is 32";
	nets->net[nets->n] = a;
	nets->bits[nets->n++] = (uint8_t)bits;
	return NULL;
}

const char *
nets_add(struct nets *nets, const char *text)
{
	const char *wrong;
	size_t n;

	for (;;) {
		n = strcspn(text, ",");
		wrong = add_net(nets, text, n);
		if (wrong != NULL || text[n] == '\0')
			return wrong;
		text += n + 1;
	}
}

const char *
nets_text(const struct nets *nets, unsigned i, char text[NETS_TEXT])
{
	char ip[ADDR_TEXT];

	snprintf(text, NETS_TEXT, "%s/%d", addr_ip_text(&nets->net[i], ip),
	    nets->bits[i]);
	return text;
}

bool
nets_have(const struct nets *nets, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < nets->n; i++)
		if (addr_in_prefix(a, &nets->net[i], nets->bits[i]))
			return true;
	return false;
}
