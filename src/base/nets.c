/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A short list of networks, each an address and the length of its prefix.
 */

#include "compat.h"

#include <string.h>

#include "base/nets.h"

#include "base/value.h"

/* Adds one of n bytes. */
static const char *
add_net(struct nets *nets, const char *p, size_t n)
{
	char text[NETS_TEXT], *slash;
	int64_t bits, most;
	struct addr a;

	if (n >= sizeof(text))
		return "is no network, like 10.0.0.0/8 or fd00::/8";
	memcpy(text, p, n);
	text[n] = '\0';
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (addr_parse_ip(&a, text) != 0 || a.scope != 0)
		return "is no network, like 10.0.0.0/8 or fd00::/8";
	bits = most = a.family == 4 ? 32 : 128;
	if (slash != NULL && (value_parse_int(slash, &bits) != 0 ||
	    bits < 0 || bits > most))
		return "has no number of bits behind its slash, like "
		    "10.0.0.0/8";
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
