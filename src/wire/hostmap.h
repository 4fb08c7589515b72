/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptun's map: the host to which packets for an inner address are sent.
 *
 * NOTES.  JSON as base/json.h reads it:
 *
 *	{ "nodes": { "192.168.100.1": { "host": "a.example", "port": 7777 },
 *	             "0.0.0.0": { "host": "b.example" } } }
 *
 * The first match wins, and 0.0.0.0 matches every address.  So a node after
 * 0.0.0.0 and a second node for the same address can never match; they are
 * left out.  Keys other than nodes, host and port are ignored.
 *
 * Host names are kept as text, for the resolver.  Memory is the caller's:
 * hostmap_check() returns how much is needed, hostmap_load() fills it.
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
	uint8_t inner[4];	/* the inner address */
	uint16_t port;		/* of the host; never 0 */
	uint32_t order;		/* position in the text, from 0 */
	const char *host;	/* name or address, in the caller's names */
};

/* A map.  Does not change once it is loaded. */
struct hostmap {
	struct hostmap_node *node;	/* sorted by inner; the caller's */
	size_t n;		/* nodes */
	const struct hostmap_node *other;	/* the node of 0.0.0.0, which
				 * is node[0]; NULL: none */
	size_t unused;		/* nodes that were left out */
};

/* Checks a map of len bytes.  Sets *n to the number of its nodes and *names to
 * the bytes of their names, NULs included.  0; -1, and why says where and what
 * is wrong. */
int hostmap_check(const char *text, size_t len, size_t *n, size_t *names,
    char why[JSON_WHY]);

/* Loads a map that hostmap_check() accepted.  node and names have the sizes
 * that it returned, are the caller's and must live as long as the map; port is
 * for nodes without one. */
void hostmap_load(struct hostmap *peers, const char *text, size_t len,
    uint16_t port, struct hostmap_node *node, char *names);

/* The node for packets to an inner address; NULL when there is none. */
const struct hostmap_node *hostmap_find(const struct hostmap *peers,
    const uint8_t inner[4]);

#endif
