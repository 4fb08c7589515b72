/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: udptun's map.  What is loaded needs just the memory that was
 * told, and every address finds the node that a plain walk through the text
 * finds first.
 */

#include "compat.h"

#include "wire/hostmap.h"
#include "base/addr.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ASKED = 64 };	/* keys of the text that are looked for */

/* Copies the key that was read. */
static void
take_key(struct json *j, struct addr *a)
{
	char key[ADDR_TEXT];

	must(json_string(j, key, sizeof(key)) == 0);
	must(addr_parse_ip(a, key) == 0 && a->family == 4);
}

/* Compares the node whose object begins with what was found. */
static void
check_node(struct json *j, const struct hostmap_node *found)
{
	char host[HOST_TEXT] = "";
	int64_t port = 7777;

	must(json_next(j) == JSON_OBJECT);
	while (json_next(j) == JSON_KEY) {
		if (json_is(j, "host"))
			must(json_next_string(j, host, sizeof(host)) == 0);
		else if (json_is(j, "port"))
			must(json_next_int(j, 1, 65535, &port) == 0);
		else
			must(json_skip_next(j) == 0);
	}
	must(j->type == JSON_OBJECT_END);
	must(strcmp(host, found->host) == 0 && port == found->port);
}

/* Goes into the object of nodes of a good map. */
static void
enter(struct json *j, const char *text, size_t len)
{
	json_init(j, text, len);
	must(json_next(j) == JSON_OBJECT);
	while (json_next(j) == JSON_KEY && !json_is(j, "nodes"))
		must(json_skip_next(j) == 0);
	must(json_next(j) == JSON_OBJECT);
}

/* The plain walk: compares the first node that matches. */
static void
check_find(const struct hostmap *peers, const char *text, size_t len,
    const uint8_t inner[4])
{
	const struct hostmap_node *found = hostmap_find(peers, inner);
	static const uint8_t any[4];
	struct addr a = { 0 };
	struct json j;

	enter(&j, text, len);
	while (json_next(&j) == JSON_KEY) {
		take_key(&j, &a);
		if (memcmp(a.ip, inner, 4) == 0 || memcmp(a.ip, any, 4) == 0) {
			must(found != NULL);
			check_node(&j, found);
			return;
		}
		must(json_skip_next(&j) == 0);
	}
	must(found == NULL);
}

/* Asks for addresses of the map, and others. */
static void
check_map(const struct hostmap *peers, const char *text, size_t len)
{
	struct addr a = { 0 };
	struct json j;
	unsigned i;

	enter(&j, text, len);
	for (i = 0; i < ASKED && json_next(&j) == JSON_KEY; i++) {
		take_key(&j, &a);
		check_find(peers, text, len, a.ip);
		a.ip[3] ^= 1;
		check_find(peers, text, len, a.ip);
		must(json_skip_next(&j) == 0);
	}
	memset(&a, 0, sizeof(a));
	check_find(peers, text, len, a.ip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = 0, names_len = 0;
	char why[JSON_WHY] = "", *text = malloc(size + 1), *names;
	struct hostmap_node *node;
	struct hostmap peers;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	if (hostmap_check(text, size, &n, &names_len, why) == 0) {
		node = malloc((n + (n == 0)) * sizeof(*node));
		names = malloc(names_len + (n == 0));
		must(node != NULL && names != NULL);
		hostmap_load(&peers, text, size, 7777, node, names);
		must(peers.n + peers.unused == n);
		check_map(&peers, text, size);
		free(names);
		free(node);
	} else {
		must(strncmp(why, "line ", 5) == 0);
	}
	free(text);
	return 0;
}
