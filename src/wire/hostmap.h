/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptun's map: which host is to have the packets for an inner address.
 *
 * NOTES.  JSON as base/json.h reads it:
 *
 *	{ "nodes": { "192.168.100.1": { "host": "a.example", "port": 7777 },
 *	             "0.0.0.0": { "host": "b.example" } } }
 *
 * The first match wins, and 0.0.0.0 matches every address.  So what stands
 * behind 0.0.0.0, or is there already, is never used; it is left out.  Keys
 * other than nodes, host and port are passed over.
 *
 * Names stay text, for the resolver.  Memory is the caller's: a first call
 * checks all of the text and tells how much, a second one fills it.
 */

#ifndef WIRE_HOSTMAP_H
#define WIRE_HOSTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

enum { HOSTMAP_MAX = 65536 };	/* nodes of a map, at most */

/* A node of the map. */
struct hostmap_node {
	uint8_t inner[4];	/* the address behind it */
	uint16_t port;		/* never 0 */
	uint32_t order;		/* its place in the text, from 0 */
	const char *host;	/* a name or a literal; in the caller's names */
};

/* A map.  Does not change once it is loaded. */
struct hostmap {
	struct hostmap_node *node;	/* by inner address; the caller's */
	size_t n;
	const struct hostmap_node *other;	/* of 0.0.0.0, or NULL; among
					 * the others, the first */
	size_t unused;		/* nodes that were left out */
};

/* Checks a map of len bytes: how many nodes it has, and how many bytes their
 * names need.  0; -1, and why says where and what is wrong. */
int hostmap_check(const char *text, size_t len, size_t *n, size_t *names,
    char why[JSON_WHY]);

/* Loads a map that hostmap_check() found good into so many nodes and bytes of
 * names, which stay the caller's and must stay as long as the map; port is that
 * of nodes without one. */
void hostmap_load(struct hostmap *peers, const char *text, size_t len,
    uint16_t port, struct hostmap_node *node, char *names);

/* The node for the packets to an address; NULL when there is none. */
const struct hostmap_node *hostmap_find(const struct hostmap *peers,
    const uint8_t inner[4]);

#endif
