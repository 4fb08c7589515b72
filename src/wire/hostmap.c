/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads udptun's map of inner addresses to hosts, and looks up in it.
 */

#include "compat.h"

#include "wire/hostmap.h"
#include "base/addr.h"
#include "base/log.h"

/* A map being read. */
struct reader {
	struct json json;	/* the text */
	struct hostmap_node *node;	/* where the next node is stored; NULL:
				 * the map is only checked */
	char *names;		/* where the next name is stored */
	uint16_t port;		/* of nodes without one */
	bool found;		/* "nodes" was read */
	size_t n;		/* nodes read */
	size_t names_len;	/* bytes of their names, NULs included */
};

/* Is it free of spaces, control characters and bytes that are not ASCII? */
static bool
is_name(const char *p)
{
	for (; *p > ' ' && *p < 0x7f; p++)
		;
	return *p == '\0';
}

/* Reads the next token, the value of "host". */
static void
read_host(struct json *j, char host[HOST_TEXT])
{
	if (json_next_string(j, host, HOST_TEXT) != 0)
		return;
	if (*host == '\0' || !is_name(host))
		json_fail(j, "a host name or an address is wanted here");
}

/* Reads a node; its key was the last token. */
static void
read_node(struct reader *r)
{
	struct json *j = &r->json;
	struct addr inner = { 0 };
	char host[HOST_TEXT] = "", key[ADDR_TEXT];
	int64_t port = r->port;

	if (r->n == HOSTMAP_MAX)
		json_fail(j, "there are more than 65536 nodes");
	if (json_string_size(j) > sizeof(key) ||
	    json_string(j, key, sizeof(key)) != 0 ||
	    addr_parse_ip(&inner, key) != 0 || inner.family != 4)
		json_fail(j, "an IPv4 address is wanted here");
	if (json_next(j) != JSON_OBJECT)
		json_fail(j, "an object with a host is wanted here");
	while (json_next(j) == JSON_KEY) {
		if (json_is(j, "host"))
			read_host(j, host);
		else if (json_is(j, "port"))
			(void)json_next_int(j, 1, 65535, &port);
		else
			(void)json_skip_next(j);
	}
	if (j->type == JSON_OBJECT_END && *host == '\0')
		json_fail(j, "this node has no host");
	if (j->type == JSON_BAD)
		return;
	if (r->node != NULL) {
		memcpy(r->node->inner, inner.ip, 4);
		r->node->port = (uint16_t)port;
		r->node->order = (uint32_t)r->n;
		r->node->host = r->names;
		memcpy(r->names, host, strlen(host) + 1);
		r->names += strlen(host) + 1;
		r->node++;
	}
	r->names_len += strlen(host) + 1;
	r->n++;
}

/* Reads the whole map; 0, or -1 with the error in r->json. */
static int
read_map(struct reader *r)
{
	struct json *j = &r->json;

	if (json_next(j) != JSON_OBJECT)
		return json_fail(j, "an object with \"nodes\" is wanted here");
	while (json_next(j) == JSON_KEY) {
		if (!json_is(j, "nodes")) {
			(void)json_skip_next(j);
			continue;
		}
		if (r->found)
			return json_fail(j, "nodes is there twice");
		r->found = true;
		if (json_next(j) != JSON_OBJECT)
			return json_fail(j, "an object of nodes is wanted "
			    "here");
		while (json_next(j) == JSON_KEY)
			read_node(r);
	}
	if (j->type == JSON_OBJECT_END && !r->found)
		return json_fail(j, "nodes is missing");
	return json_end(j);
}

int
hostmap_check(const char *text, size_t len, size_t *n, size_t *names,
    char why[JSON_WHY])
{
	struct reader r = { 0 };

	json_init(&r.json, text, len);
	if (read_map(&r) != 0) {
		memcpy(why, r.json.why, JSON_WHY);
		return -1;
	}
	*n = r.n;
	*names = r.names_len;
	return 0;
}

/* Orders by address, then by position in the text. */
static int
node_compare(const void *left, const void *right)
{
	const struct hostmap_node *a = left, *b = right;
	int sign = memcmp(a->inner, b->inner, sizeof(a->inner));

	return sign != 0 ? sign : a->order < b->order ? -1 : 1;
}

void
hostmap_load(struct hostmap *peers, const char *text, size_t len, uint16_t port,
    struct hostmap_node *node, char *names)
{
	static const uint8_t any[4];
	struct reader r = { 0 };
	size_t i, n = 0;

	memset(peers, 0, sizeof(*peers));
	r.node = peers->node = node;
	r.names = names;
	r.port = port;
	json_init(&r.json, text, len);
	must(read_map(&r) == 0);
	/* 0.0.0.0 matches every address: nodes after it cannot match. */
	for (i = 0; i < r.n; i++) {
		n++;
		if (memcmp(node[i].inner, any, sizeof(any)) == 0)
			break;
	}
	if (n > 1)
		qsort(node, n, sizeof(*node), node_compare);
	/* Of equal addresses keeps the first in the text. */
	for (i = 0; i < n; i++)
		if (i == 0 || memcmp(node[i].inner, node[i - 1].inner,
		    sizeof(any)) != 0)
			node[peers->n++] = node[i];
	peers->unused = r.n - peers->n;
	if (peers->n > 0 && memcmp(node->inner, any, sizeof(any)) == 0)
		peers->other = node;
}

const struct hostmap_node *
hostmap_find(const struct hostmap *peers, const uint8_t inner[4])
{
	size_t low = 0, high = peers->n, middle;
	int sign;

	while (low < high) {
		middle = low + (high - low) / 2;
		sign = memcmp(inner, peers->node[middle].inner, 4);
		if (sign == 0)
			return &peers->node[middle];
		if (sign < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return peers->other;
}
