/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads and shows the values of settings that are no plain text, number or
 * word.
 */

#include "compat.h"

#include "tunnel/settings_values.h"

#include "base/nets.h"
#include "base/value.h"
#include "net/tun.h"
#include "tunnel/inspect.h"
#include "tunnel/settings.h"

/* Shows a number, "auto" or "off"; nothing for 0: it was not set. */
static const char *
settings_show_number(const void *member, unsigned i, char *shown)
{
	int64_t number = *(const int64_t *)member;

	if (i > 0 || number == 0)
		return NULL;
	if (number == SETTINGS_AUTO)
		return "auto";
	if (number == SETTINGS_OFF)
		return "off";
	snprintf(shown, OPT_SHOWN, "%lld", (long long)number);
	return shown;
}

/* Reads the MSS of a carrier. */
static const char *
settings_set_tcp_mss(void *member, const char *value)
{
	int64_t *mss = member;

	if (value_parse_int(value, mss) != 0 || (*mss != 0 &&
	    (*mss < SETTINGS_MSS_MIN || *mss > SETTINGS_MSS_MAX)))
		return "is no MSS from 88 to 32767, and not 0";
	return NULL;
}

/* Reads the mark of outgoing packets; -1 is what none was once. */
static const char *
settings_set_mark(void *member, const char *value)
{
	int64_t mark = -1;

	if (strcmp(value, "none") != 0 && (value_parse_int(value, &mark) != 0 ||
	    mark < -1 || mark > UINT32_MAX))
		return "is no mark of 32 bits, like 51820 or 0xca6c, and not "
		    "none";
	*(int64_t *)member = mark;
	return NULL;
}

/* Shows the mark, if there is one. */
static const char *
settings_show_mark(const void *member, unsigned i, char *shown)
{
	int64_t mark = *(const int64_t *)member;

	if (i > 0 || mark < 0)
		return NULL;
	snprintf(shown, OPT_SHOWN, "%lld", (long long)mark);
	return shown;
}

const struct opt_other settings_mark_value = {
	settings_set_mark, settings_show_mark
};

const struct opt_other settings_tcp_mss_value = {
	settings_set_tcp_mss, settings_show_number
};

/* Reads NETWORK,NETWORK...; each call adds some. */
static const char *
settings_set_proxies(void *member, const char *value)
{
	return nets_add(member, value);
}

/* Shows network number i; NULL: there are no more. */
static const char *
settings_show_proxies(const void *member, unsigned i, char *shown)
{
	const struct nets *proxies = member;

	return i < proxies->n ? nets_text(proxies, i, shown) : NULL;
}

const struct opt_other settings_proxies_value = {
	settings_set_proxies, settings_show_proxies
};

/* Reads ADDRESS or ADDRESS/BITS; each call adds one. */
static const char *
settings_set_address(void *member, const char *value)
{
	struct addresses *all = member;
	enum addr_prefix read;
	unsigned bits = 0;
	struct addr a;

	read = addr_parse_prefix(&a, &bits, value, strlen(value));
	if (read == ADDR_PREFIX_NO_ADDRESS)
		return "is no address, like 10.0.0.2/24 or fd00::2/64";
	if (read == ADDR_PREFIX_NO_BITS || bits == 0)
		return "has no number of bits behind its slash, like "
		    "10.0.0.2/24";
	if (all->n == SETTINGS_ADDRESSES)
		return "is one address too many: the limit is 8";
	all->prefix[all->n] = (int)bits;
	all->at[all->n++] = a;
	return NULL;
}

/* Shows address number i; NULL: there are no more. */
static const char *
settings_show_address(const void *member, unsigned i, char *shown)
{
	const struct addresses *all = member;
	char text[ADDR_TEXT];

	if (i >= all->n)
		return NULL;
	snprintf(shown, OPT_SHOWN, "%s/%d", addr_ip_text(&all->at[i], text),
	    all->prefix[i]);
	return shown;
}

const struct opt_other settings_address_value = {
	settings_set_address, settings_show_address
};

/* Reads an MTU, or auto. */
static const char *
settings_set_inner_mtu(void *member, const char *value)
{
	int64_t *mtu = member;

	if (strcmp(value, "auto") == 0)
		*mtu = SETTINGS_AUTO;
	else if (value_parse_int(value, mtu) != 0 || *mtu < TUN_MTU_MIN ||
	    *mtu > TUN_MTU_MAX)
		return "is no MTU from 68 to 65535, and not auto";
	return NULL;
}

const struct opt_other settings_inner_mtu_value = {
	settings_set_inner_mtu, settings_show_number
};

/* Reads an MSS, auto, or off. */
static const char *
settings_set_mss(void *member, const char *value)
{
	int64_t *mss = member;

	if (strcmp(value, "auto") == 0)
		*mss = SETTINGS_AUTO;
	else if (strcmp(value, "off") == 0)
		*mss = SETTINGS_OFF;
	else if (value_parse_int(value, mss) != 0 || *mss < 28 ||
	    *mss > TUN_MTU_MAX)
		return "is no MSS from 28 to 65535, and neither auto nor off";
	return NULL;
}

const struct opt_other settings_mss_value = {
	settings_set_mss, settings_show_number
};

/* Reads ADDRESS/BITS, or default; each call adds one. */
static const char *
settings_set_route(void *member, const char *value)
{
	struct routes_wanted *routes = member;
	struct nets *nets = &routes->nets;
	const char *why;
	unsigned bit;

	if (strcmp(value, "default") == 0) {
		routes->all = true;
		return NULL;
	}
	why = nets_add(nets, value);
	if (why != NULL || nets->n == 0)
		return why;
	for (bit = nets->bits[nets->n - 1]; bit < 128; bit++)
		if (nets->net[nets->n - 1].ip[bit / 8] & 0x80 >> bit % 8)
			return "has bits behind its prefix: a network is "
			    "written like 10.1.0.0/16";
	return NULL;
}

/* Shows network number i, and default behind the last. */
static const char *
settings_show_route(const void *member, unsigned i, char *shown)
{
	const struct routes_wanted *routes = member;

	if (i < routes->nets.n)
		return nets_text(&routes->nets, i, shown);
	return i == routes->nets.n && routes->all ? "default" : NULL;
}

const struct opt_other settings_route_value = {
	settings_set_route, settings_show_route
};

/* Reads PORT, :PORT or HOST:PORT. */
static const char *
settings_set_local(void *member, const char *value)
{
	struct hostport at;
	const char *why;
	int64_t port;

	memset(&at, 0, sizeof(at));
	if (value_parse_int(value, &port) == 0 && port >= 0 && port <= 65535)
		at.port = (uint16_t)port;
	else if (hostport_parse(&at, value, 0, &why) != 0)
		return why;
	*(struct hostport *)member = at;
	return NULL;
}

/* Shows it; nothing for no host and port 0: it was not set. */
static const char *
settings_show_local(const void *member, unsigned i, char *shown)
{
	const struct hostport *at = member;

	if (i > 0 || (at->host[0] == '\0' && at->port == 0))
		return NULL;
	return hostport_text(at, shown);
}

const struct opt_other settings_local_value = {
	settings_set_local, settings_show_local
};

/* Reads SECONDS or SECONDS-SECONDS. */
static const char *
settings_set_span(void *member, const char *value)
{
	struct span *span = member;

	if (value_parse_ms_range(value, value_parse_ms, &span->low_ms,
	    &span->high_ms) != 0)
		return "is no time, like 600, and no two, like 300-900";
	return NULL;
}

/* Shows it, as one time where both are equal. */
static const char *
settings_show_span(const void *member, unsigned i, char *shown)
{
	const struct span *span = member;
	char low[32], high[32];

	if (i > 0 || span->high_ms == 0)
		return NULL;
	if (span->low_ms == span->high_ms)
		return value_ms_text(span->low_ms, shown);
	snprintf(shown, OPT_SHOWN, "%s-%s", value_ms_text(span->low_ms, low),
	    value_ms_text(span->high_ms, high));
	return shown;
}

const struct opt_other settings_span_value = {
	settings_set_span, settings_show_span
};

/* Reads COUNT/SECONDS, or 0. */
static const char *
settings_set_rate(void *member, const char *value)
{
	struct rate *rate = member;

	if (strcmp(value, "0") == 0)
		rate->count = 0;
	else if (value_parse_rate(value, value_parse_ms, &rate->count,
	    &rate->window_ms) != 0)
		return "is no number of flows and no time, like 20/60";
	return NULL;
}

/* Shows it; nothing without a limit. */
static const char *
settings_show_rate(const void *member, unsigned i, char *shown)
{
	const struct rate *rate = member;
	char window[32];

	if (i > 0 || rate->count == 0)
		return NULL;
	snprintf(shown, OPT_SHOWN, "%lld/%s", (long long)rate->count,
	    value_ms_text(rate->window_ms, window));
	return shown;
}

const struct opt_other settings_rate_value = {
	settings_set_rate, settings_show_rate
};

/* Reads PORT,PORT-PORT...; the text itself is kept. */
static const char *
settings_set_ports(void *member, const char *value)
{
	if (!inspect_parse(NULL, value))
		return "is no list of ports, like 22,80,8000-8010";
	*(const char **)member = value;
	return NULL;
}

/* Shows them. */
static const char *
settings_show_ports(const void *member, unsigned i, char *shown)
{
	(void)shown;
	return i == 0 ? *(const char *const *)member : NULL;
}

const struct opt_other settings_ports_value = {
	settings_set_ports, settings_show_ports
};
