/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Strangers that have begun and are not identified yet: how many there may be,
 * and which of them is evicted for a new one.
 *
 * NOTES.  A place is taken by a handshake, or by a connection without an
 * identifier or a flow.  The site of a stranger (addr_site()) is what counts:
 * one host can take all places within a tenth of a second, while an honest
 * client needs some round trips.  Where all places are taken the site with the
 * most of them pays:
 *
 *	the site with the most		what is evicted
 *	the newcomer's			its oldest silent one, of any age, or
 *					its oldest, unless that is young
 *	has more than its share		its oldest silent one, or its oldest,
 *					of any age
 *	has not				the oldest of all, unless that is young
 *
 * Otherwise the newcomer is refused.  One that is young (PENDING_YOUNG_MS) may
 * not have had the time to finish: many clients that come at once, as after a
 * restart of ours, would evict each other for ever.  A silent one has sent
 * nothing, though a client's first bytes come together with its connection.
 */

#ifndef TUNNEL_PENDING_H
#define TUNNEL_PENDING_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"

enum {
	PENDING_YOUNG_MS = 500,	/* longer than most handshakes take */
	PENDING_SHARE = 8,	/* one in so many of the places is what a site
				 * may have, and its young ones are safe */
};

struct pending_site;

/* A place; a member of what it is about.  Zeroed: it is not taken. */
struct pending {
	struct list link;	/* in pendings->all */
	struct list near;	/* in site->silent or site->spoken */
	struct pending_site *site;	/* NULL: the place is not taken */
	struct addr peer;	/* the stranger */
	uint64_t began_ms;
};

/* The places of an end. */
struct pendings {
	struct list all;	/* struct pending, the oldest first */
	unsigned n;		/* how many these are */
	unsigned max;		/* and may be, at least 1 */
	unsigned room;		/* for so many at least */
	unsigned most;		/* that one site has */
	bool (*has_spoken)(const struct pending *);	/* NULL: all have */
	struct list *level;	/* struct pending_site by how many each has;
				 * those that have none at 0 */
	struct table sites;	/* struct pending_site by site; those that have
				 * some */
	struct pending_site *site;	/* room for so many, */
	unsigned n_sites;	/* of which so many were used */
};

/* Begins without strangers.  seed: TABLE_SEED random bytes; has_spoken says
 * whether a stranger has sent anything, NULL: each had by the time it entered.
 * Ends the program when there is no memory; later none is allocated. */
void pendings_init(struct pendings *, unsigned max, const uint8_t *seed,
    bool (*has_spoken)(const struct pending *));

/* Frees; no place is taken.  Harmless when it was not initialized, but
 * zeroed. */
void pendings_free(struct pendings *);

/* Changes how many places there are.  Strangers beyond that keep theirs, and no
 * others come until fewer are left.  Ends the program when there is no
 * memory. */
void pendings_resize(struct pendings *, unsigned max);

/* Are all places taken? */
bool pendings_is_full(const struct pendings *);

/* The oldest, or NULL. */
struct pending *pendings_oldest(const struct pendings *);

/* Which one is evicted for a newcomer from there, if all places are taken;
 * NULL: none, the newcomer is refused. */
struct pending *pendings_payer(struct pendings *,
    const struct addr *newcomer, uint64_t now_ms);

/* Is the place taken? */
bool pending_is_in(const struct pending *);

/* A stranger takes a place; there is one, and the stranger has none. */
void pending_enter(struct pendings *, struct pending *,
    const struct addr *peer, uint64_t now_ms);

/* It gives up its place, if it has one. */
void pending_leave(struct pendings *, struct pending *);

#endif
