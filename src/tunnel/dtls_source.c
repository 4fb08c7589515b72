/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The tables by which associations are found, and who has which source.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_source.h"

#include "wire/random.h"

void
dtls_sources_init(struct dtls_sources *e, struct random *random)
{
	uint8_t seed[TABLE_SEED];

	random_bytes(random, seed, sizeof(seed));
	table_init(&e->sources,
	    TABLE_KEY_AT(struct dtls_source, source_node, place),
	    sizeof(struct dtls_place), seed);
	random_bytes(random, seed, sizeof(seed));
	table_init(&e->cids, TABLE_KEY_AT(struct dtls_source, cid_node, cid),
	    DTLS_CID, seed);
}

void
dtls_sources_free(struct dtls_sources *e)
{
	table_free(&e->sources);
	table_free(&e->cids);
}

/* Sets a place to a socket, a peer and our address. */
static void
place_set(struct dtls_place *p, const struct udp_port *s,
    const struct addr *peer, const struct addr *local)
{
	source_set(&p->source, peer, local);
	p->socket = s->number;
}

/* Is it at the source of that datagram? */
static bool
source_is_at(const struct dtls_source *a, const struct udp_port *s,
    const struct udp_msg *m)
{
	return a->socket == s && addr_same(&a->place.source.peer, &m->peer) &&
	    addr_same(&a->place.source.local, &m->local);
}

struct dtls_source *
dtls_sources_find_address(struct dtls_sources *e, struct udp_port *s,
    const struct udp_msg *m)
{
	static const struct addr none;
	struct dtls_source *a = e->newest;
	struct table_node *node;
	struct dtls_place place;

	if (a != NULL && a->by_source && source_is_at(a, s, m))
		return a;
	place_set(&place, s, &m->peer, &m->local);
	node = table_find(&e->sources, &place);
	if (node == NULL && m->local.family != 0) {
		place_set(&place, s, &m->peer, &none);
		node = table_find(&e->sources, &place);
	}
	return node == NULL ? NULL :
	    TABLE_ITEM(node, struct dtls_source, source_node);
}

struct dtls_source *
dtls_sources_find(struct dtls_sources *e, struct udp_port *s,
    const struct udp_msg *m, uint8_t *type)
{
	struct dtls_source *a = e->newest;
	struct table_node *node;
	const uint8_t *cid;

	if (!dtls_peek(m->d.data, m->d.len, type, &cid))
		return NULL;
	if (cid != NULL) {
		if (a != NULL && a->by_cid &&
		    memcmp(a->cid, cid, DTLS_CID) == 0)
			return a;
		node = table_find(&e->cids, cid);
		if (node != NULL)
			return TABLE_ITEM(node, struct dtls_source, cid_node);
	}
	return dtls_sources_find_address(e, s, m);
}

/* Removes it from the table of sources. */
static void
source_unlist(struct dtls_sources *e, struct dtls_source *a)
{
	if (a->by_source)
		table_remove(&e->sources, &a->source_node);
	a->by_source = false;
}

void
dtls_source_return(struct dtls_sources *e, struct dtls_source *a)
{
	if (table_find(&e->sources, &a->place) != NULL)
		return;
	table_add(&e->sources, &a->source_node);
	a->by_source = true;
}

void
dtls_source_arrive(struct dtls_sources *e, struct dtls_source *a,
    struct udp_port *s, const struct udp_msg *m)
{
	if (a->socket != NULL)
		a->socket->users--;
	s->users++;
	a->socket = s;
	place_set(&a->place, s, &m->peer, &m->local);
	dtls_source_return(e, a);
}

void
dtls_source_draw_cid(struct dtls_sources *e, struct dtls_source *a,
    struct random *random)
{
	do
		random_bytes(random, a->cid, DTLS_CID);
	while (table_find(&e->cids, a->cid) != NULL);
	table_add(&e->cids, &a->cid_node);
	a->by_cid = true;
}

void
dtls_source_drop_cid(struct dtls_sources *e, struct dtls_source *a)
{
	if (a->by_cid)
		table_remove(&e->cids, &a->cid_node);
	a->by_cid = false;
}

bool
dtls_source_move(struct dtls_sources *e, struct dtls_source *a,
    struct udp_port *s, const struct udp_msg *m, struct addr *from)
{
	if (source_is_at(a, s, m))
		return false;
	*from = a->place.source.peer;
	dtls_source_leave(e, a);
	dtls_source_arrive(e, a, s, m);
	return true;
}

void
dtls_source_leave(struct dtls_sources *e, struct dtls_source *a)
{
	source_unlist(e, a);
	dtls_source_keep(a);
}

void
dtls_source_replace(struct dtls_source *old, struct dtls_source *a)
{
	old->replaced_by = a;
	a->replaces = old;
}

void
dtls_source_keep(struct dtls_source *a)
{
	if (a->replaced_by != NULL)
		a->replaced_by->replaces = NULL;
	a->replaced_by = NULL;
}

void
dtls_source_end(struct dtls_sources *e, struct dtls_source *a)
{
	dtls_source_leave(e, a);
	dtls_source_drop_cid(e, a);
	a->socket->users--;
	if (a->replaces != NULL)
		a->replaces->replaced_by = NULL;
	a->replaces = NULL;
	if (e->newest == a)
		e->newest = NULL;
}
