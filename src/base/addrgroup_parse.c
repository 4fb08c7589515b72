/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Groups of endpoints: reading them.
 */

#include "compat.h"

#include "base/addrgroup.h"
#include "base/alloc.h"
#include "base/text.h"

enum {
	TERM_TEXT = 320,	/* holds an item, without port */
	QUOTE_MAX = 48,		/* bytes of the text that an error shows */
};

/* What the parsing functions share. */
struct parser {
	const char *text;	/* all of it */
	struct addrgroup *g;
	char *why;		/* GROUP_WHY bytes */
};

/* Writes an error about the text from at to end; -1. */
static int
parse_fail(struct parser *p, const char *at, const char *end,
    const char *words)
{
	size_t n = (size_t)(end - at);
	struct text t;

	text_init(&t, p->why, GROUP_WHY);
	text_add(&t, "character %lu of the address",
	    (unsigned long)(at - p->text) + 1);
	if (n > 0) {
		text_add(&t, ", \"");
		text_add_quoted(&t, at, n < QUOTE_MAX ? n : QUOTE_MAX);
		text_add(&t, "%s\"", n > QUOTE_MAX ? "..." : "");
	}
	text_add(&t, ": %s", words);
	return -1;
}

/* Reads a number of at most 5 digits, up to 65535; returns what follows, or
 * NULL. */
static const char *
read_u16(const char *at, const char *end, uint32_t *n)
{
	const char *p;

	*n = 0;
	for (p = at; p < end && p - at < 5 && *p >= '0' && *p <= '9'; p++)
		*n = *n * 10 + (uint32_t)(*p - '0');
	return p == at || *n > 65535 ? NULL : p;
}

/* Reads PORT or PORT-PORT for all items from first on that have none. */
static int
parse_ports(struct parser *p, const char *at, const char *end, size_t first)
{
	const char *next;
	uint32_t low, high, swap;
	size_t i;

	next = read_u16(at, end, &low);
	high = low;
	if (next != NULL && next < end)
		next = *next == '-' ? read_u16(next + 1, end, &high) : NULL;
	if (next != end)
		return parse_fail(p, at, end, at == end ?
		    "a port is missing" :
		    "ports are written PORT or PORT-PORT, numbers up to "
		    "65535");
	if (low > high) {
		swap = low;
		low = high;
		high = swap;
	}
	if (high == 0)
		return parse_fail(p, at, end, "nothing can be sent to port 0; "
		    "use 1 to 65535");
	low += low == 0;
	for (i = first; i < p->g->n_terms; i++) {
		p->g->term[i].port = (uint16_t)low;
		p->g->term[i].ports = high - low + 1;
	}
	return 0;
}

/* Removes the brackets around an IPv6 address. */
static char *
unbracket(char *text)
{
	size_t n = strlen(text);

	if (text[0] != '[' || strchr(text, ':') == NULL ||
	    strchr(text, ']') != text + n - 1)
		return text;
	text[n - 1] = '\0';
	return text + 1;
}

/* Reads an address, in brackets or not, for a prefix or a range; returns what
 * is wrong with it, or NULL. */
static const char *
read_bare_ip(struct addr *a, char *text)
{
	if (addr_parse_ip(a, unbracket(text)) != 0)
		return "prefixes and ranges need IPv4 or IPv6 addresses: "
		    "10.0.0.0/24, 10.0.0.1..10.0.0.9";
	return a->scope == 0 ? NULL :
	    "only a single address can have a zone (%)";
}

/* Reads ADDRESS/BITS; returns what is wrong, or NULL. */
static const char *
read_prefix(struct group_term *t, char *text, char *slash)
{
	const char *bits = slash + 1, *end = bits + strlen(bits), *why;
	uint32_t n, max;
	uint8_t mask;
	unsigned i;

	*slash = '\0';
	why = read_bare_ip(&t->first, text);
	if (why != NULL)
		return why;
	max = t->first.family == 4 ? 32 : 128;
	if (read_u16(bits, end, &n) != end || n > max)
		return max == 32 ? "an IPv4 prefix has 0 to 32 bits" :
		    "an IPv6 prefix has 0 to 128 bits";
	for (i = 0; i < max / 8; i++) {
		mask = n >= 8 * (i + 1) ? 0xff : n <= 8 * i ? 0 :
		    (uint8_t)(0xff00 >> (n - 8 * i));
		t->first.ip[i] &= mask;
	}
	t->prefix = (int)n;
	t->size = wide_power(max - n);
	return NULL;
}

/* Reads FIRST..LAST, separated by the n characters at dots; returns what is
 * wrong, or NULL. */
static const char *
read_range(struct group_term *t, char *text, char *dots, size_t n)
{
	struct wide first, last;
	const char *why;
	struct addr a;

	*dots = '\0';
	why = read_bare_ip(&t->first, text);
	if (why == NULL)
		why = read_bare_ip(&a, dots + n);
	if (why != NULL)
		return why;
	if (t->first.family != a.family)
		return "both ends of a range must be IPv4, or both IPv6";
	first = group_number(&t->first);
	last = group_number(&a);
	if (wide_less(last, first)) {
		t->first = a;
		t->size = wide_subtract(first, last);
	} else {
		t->size = wide_subtract(last, first);
	}
	t->size = wide_add(t->size, wide_from(1));
	return NULL;
}

/* Is there an address before this dash and one after it? */
static bool
is_dash_range(const char *text, const char *dash)
{
	char copy[TERM_TEXT];
	struct addr a;

	memcpy(copy, text, strlen(text) + 1);
	copy[dash - text] = '\0';
	return addr_parse_ip(&a, unbracket(copy)) == 0 &&
	    addr_parse_ip(&a, unbracket(copy + (dash - text) + 1)) == 0;
}

/* Reads a name or a single address; returns what is wrong, or NULL. */
static const char *
read_single(struct group_term *t, const char *text)
{
	size_t n = strlen(text);
	char copy[TERM_TEXT + 2];
	struct hostport hp;
	const char *why;

	t->size = wide_from(1);
	if (addr_parse_ip(&t->first, text) == 0)
		return NULL;
	memset(&t->first, 0, sizeof(t->first));
	if (strspn(text, "0123456789.") == n)
		return "this is no IPv4 address, which has four numbers from "
		    "0 to 255";
	if (strspn(text, "0123456789.-") == n)
		return "a range is written FIRST..LAST with whole addresses: "
		    "10.0.0.1..10.0.0.9";
	if (strpbrk(text, "[]") != NULL)
		return "brackets may enclose only an IPv6 address: "
		    "[::1]";
	/* A text with colons can only be an address with a zone's name. */
	snprintf(copy, sizeof(copy), strchr(text, ':') != NULL ? "[%s]" : "%s",
	    text);
	if (hostport_parse(&hp, copy, 1, &why) != 0)
		return copy[0] != '[' ? why : "it is no IPv6 address; with a "
		    "port it is written [ADDRESS]:PORT";
	t->name = xstrdup(hp.host);
	return NULL;
}

/* A new item at the end of the group, without port. */
static struct group_term *
term_new(struct addrgroup *g)
{
	struct group_term *t;

	g->term = xrealloc(g->term, g->n_terms + 1, sizeof(*g->term));
	t = &g->term[g->n_terms++];
	memset(t, 0, sizeof(*t));
	t->prefix = -1;
	return t;
}

/* Reads an item without its port. */
static int
parse_term(struct parser *p, const char *at, const char *end)
{
	size_t n = (size_t)(end - at);
	char copy[TERM_TEXT], *text, *mid;
	const char *why;
	struct group_term *t;

	if (n == 0)
		return parse_fail(p, at, end, "an address is missing");
	if (n >= sizeof(copy))
		return parse_fail(p, at, end, "the host name is too long");
	if (p->g->n_terms == GROUP_TERMS)
		return parse_fail(p, at, end, "there are too many items; a "
		    "prefix or range counts as one");
	memcpy(copy, at, n);
	copy[n] = '\0';
	if (strpbrk(copy, "{}+") != NULL)
		return parse_fail(p, at, end, "braces and + are allowed only "
		    "around and between groups: {a,b:1}+{c:2}");
	t = term_new(p->g);
	text = unbracket(copy);
	if ((mid = strchr(text, '/')) != NULL)
		why = read_prefix(t, text, mid);
	else if ((mid = strstr(text, "..")) != NULL)
		why = read_range(t, text, mid, 2);
	else if ((mid = strchr(text, '-')) != NULL &&
	    is_dash_range(text, mid))
		why = read_range(t, text, mid, 1);
	else
		why = read_single(t, text);
	return why == NULL ? 0 : parse_fail(p, at, end, why);
}

/* The colon before the ports of an item, or NULL.  Several colons outside
 * brackets belong to an IPv6 address; only in the last item does the last of
 * them begin the ports. */
static const char *
find_port(const char *at, const char *end, bool last)
{
	const char *colon = NULL;
	bool inside = false;
	unsigned n = 0;

	for (; at < end; at++) {
		if (*at == '[' || *at == ']')
			inside = *at == '[';
		if (*at == ':' && !inside) {
			colon = at;
			n++;
		}
	}
	return n == 1 || last ? colon : NULL;
}

/* Reads ITEM,ITEM:PORTS; behind: the ports follow the braces, and there must
 * be none here. */
static int
parse_terms(struct parser *p, const char *at, const char *end, bool behind)
{
	size_t bare = p->g->n_terms;	/* the first item without ports */
	const char *stop, *colon;

	for (;; at = stop + 1) {
		stop = memchr(at, ',', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		colon = find_port(at, stop, stop == end && !behind);
		if (colon != NULL && behind)
			return parse_fail(p, colon, stop, "ports are in the "
			    "braces or after them, not both");
		if (parse_term(p, at, colon != NULL ? colon : stop) != 0)
			return -1;
		if (colon != NULL) {
			if (parse_ports(p, colon + 1, stop, bare) != 0)
				return -1;
			bare = p->g->n_terms;
		}
		if (stop == end)
			break;
	}
	if (behind || bare == p->g->n_terms)
		return 0;
	return parse_fail(p, at, end, "a port is missing after it "
	    "(ADDRESS:PORT)");
}

/* Reads {...} or {...}:PORTS, and moves *at behind it. */
static int
parse_braces(struct parser *p, const char **at)
{
	const char *open = *at, *close = strchr(open, '}'), *ports;
	size_t first = p->g->n_terms;

	if (close == NULL)
		return parse_fail(p, open, open + 1, "its } is missing");
	ports = close[1] == ':' ? close + 2 : NULL;
	if (parse_terms(p, open + 1, close, ports != NULL) != 0)
		return -1;
	*at = close + 1;
	if (ports == NULL)
		return 0;
	*at = ports + strcspn(ports, "+");
	return parse_ports(p, ports, *at, first);
}

/* A better error for a HOST:PORT that looks like a group without its braces;
 * otherwise returns why. */
static const char *
plain_fault(const char *text, const char *why)
{
	const char *colon = strrchr(text, ':');

	if (strpbrk(text, ",{}") != NULL)
		return "braces must enclose the whole group: {a,b:443}";
	if (strstr(text, "..") != NULL || strchr(text, '/') != NULL)
		return "prefixes and ranges must be in braces: "
		    "{10.0.0.0/24:443}";
	if (why != NULL && colon != NULL && strchr(colon, '-') != NULL)
		return "a range of ports must be in braces: "
		    "{example.com:2000-3000}";
	return why;
}

/* Reads a HOST:PORT without braces.  Alone it may be a listener's address,
 * whose host may be empty and whose port may be 0. */
static int
parse_plain(struct parser *p, const char *at, const char *end, bool alone)
{
	char copy[TERM_TEXT];
	struct hostport hp;
	const char *why = NULL;
	struct group_term *t;

	if ((size_t)(end - at) >= sizeof(copy))
		return parse_fail(p, at, end, "the host name is too long");
	memcpy(copy, at, (size_t)(end - at));
	copy[end - at] = '\0';
	if (hostport_parse(&hp, copy, 0, &why) == 0 && !alone) {
		if (hp.host[0] == '\0')
			why = "a host is missing";
		else if (hp.port == 0)
			why = "nothing can be sent to port 0; use 1 to "
			    "65535";
	}
	why = plain_fault(copy, why);
	if (why != NULL && !alone)
		return parse_fail(p, at, end, why);
	if (why != NULL) {
		snprintf(p->why, GROUP_WHY, "%s", why);
		return -1;
	}
	t = term_new(p->g);
	t->size = wide_from(1);
	t->port = hp.port;
	t->ports = 1;
	if (addr_parse_ip(&t->first, hp.host) != 0)
		t->name = xstrdup(hp.host);
	return 0;
}

/* Makes a group of the items from index first on. */
static void
group_close(struct addrgroup *g, size_t first)
{
	struct group_set *group;
	size_t i;

	g->group = xrealloc(g->group, g->n_groups + 1, sizeof(*g->group));
	group = &g->group[g->n_groups++];
	group->begin = first;
	group->end = g->n_terms;
	group->size = wide_from(0);
	for (i = first; i < g->n_terms; i++)
		group->size = wide_add(group->size, g->term[i].size);
}

/* Reads GROUP+GROUP. */
static int
parse_groups(struct parser *p)
{
	const char *at = p->text, *end;
	bool alone = strchr(at, '+') == NULL;
	size_t first;

	for (;; at++) {
		first = p->g->n_terms;
		if (p->g->n_groups == GROUP_GROUPS || first == GROUP_TERMS)
			return parse_fail(p, at, at, "there are too many "
			    "groups");
		if (*at == '{') {
			if (parse_braces(p, &at) != 0)
				return -1;
		} else {
			end = at + strcspn(at, "+");
			if (parse_plain(p, at, end, alone) != 0)
				return -1;
			at = end;
		}
		group_close(p->g, first);
		if (*at == '\0')
			return 0;
		if (*at != '+')
			return parse_fail(p, at, at + strlen(at), "only :PORT, "
			    "or + and the next group, may follow the }");
	}
}

const char *
group_spec_end(const char *at)
{
	bool inside = false;

	for (; *at != '\0' && (inside || *at != ','); at++)
		if (*at == '{' || *at == '}')
			inside = *at == '{';
	return at;
}

int
group_parse(struct addrgroup **g, const char *text, char why[GROUP_WHY])
{
	struct parser p = { text, xcalloc(1, sizeof(**g)), why };

	*g = p.g;
	if (parse_groups(&p) == 0)
		return 0;
	group_free(*g);
	*g = NULL;
	return -1;
}

int
group_add(struct addrgroup **g, const char *text, char why[GROUP_WHY])
{
	struct parser p = { text, *g, why };
	int status = -1;
	size_t first;

	if (p.g == NULL)
		p.g = xcalloc(1, sizeof(*p.g));
	first = p.g->n_terms;
	if (p.g->n_groups == GROUP_GROUPS)
		parse_fail(&p, text, text, "there are too many groups");
	else
		status = parse_terms(&p, text, text + strlen(text), false);
	if (status == 0) {
		group_close(p.g, first);
		*g = p.g;
		return 0;
	}
	group_shrink(p.g, first);
	if (*g == NULL)
		group_free(p.g);
	return -1;
}
