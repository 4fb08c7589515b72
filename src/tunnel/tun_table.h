/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The table of inner addresses: from the destination of a packet to the leg
 * that it goes to.
 *
 * NOTES.  An owner, which is a leg, claims an address by sending from it.
 * Addresses belong to names, where owners have one; of an owner that goes they
 * stay with its name, and lead to the newest owner of that name.  An address
 * that a different owner has moves
 *
 *	at once			to an owner of the same name that is newer
 *	after TUN_TABLE_MOVE_MS	since it moved last, to one that is older; from
 *				then on to any of that name
 *	after TUN_TABLE_NAMED_MS	of silence, from a name to anybody else
 *	after TUN_TABLE_ALIVE_MS	of silence, from an owner without name
 *				that answers probes
 *	after TUN_TABLE_SILENCE_MS	of silence, from one that does not
 *
 * Silence is that of the address; of an owner that answers probes, that of the
 * owner.
 *
 * The table, the share of each owner and that of each name are bounded.  An
 * owner or a name that has its share gets no more, unless the address that was
 * silent longest of those that it has is silent for TUN_TABLE_SILENCE_MS, and
 * is evicted.  Of link-local addresses, which systems change at will, it always
 * is.
 *
 * Where the table is full, addresses are looked at in turn, and the first of
 * these is evicted:
 *
 *	without name	that might move to a different owner (above)
 *	without name	of an owner that has more than TUN_TABLE_FEW, and is
 *			silent for TUN_TABLE_SILENCE_MS or wanted by one that
 *			has fewer
 *	of a name	without owner, that might move to a different name
 *
 * So whoever takes many addresses pays for those that come, and neither a name
 * that is there nor an owner that answers probes loses the few that it has.
 */

#ifndef TUNNEL_TUN_TABLE_H
#define TUNNEL_TUN_TABLE_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"

enum {
	TUN_TABLE_MAX = 65536,	/* addresses */
	TUN_TABLE_OWNER_MAX = 4096,	/* of one owner without name */
	TUN_TABLE_NAME_MAX = 16,	/* of one name */
	TUN_TABLE_LOCAL_MAX = 4,	/* of one owner that are link-local */
	TUN_TABLE_FEW = 16,	/* that an owner keeps in a full table */
	TUN_TABLE_TRIES = 32,	/* addresses that are looked at for one that
				 * is evicted, with a name and without */
	TUN_TABLE_SILENCE_MS = 10000,
	TUN_TABLE_ALIVE_MS = 60000,
	TUN_TABLE_NAMED_MS = 600000,
	TUN_TABLE_MOVE_MS = 10000,
	TUN_TABLE_KEY = 17,	/* bytes: family, address */
	TUN_NAME_KEY = 16,	/* bytes: two keyed hashes of the name */
};

/* A name that has owners, addresses, or prefixes in an inner-file. */
struct tun_name {
	struct table_node node;
	uint8_t key[TUN_NAME_KEY];
	struct list link;	/* in table->all_names */
	struct list owners;	/* struct tun_owner, the newest last */
	struct list addresses;	/* struct tun_entry without owner, oldest use
				 * first */
	unsigned n;		/* addresses, with and without owner */
	bool pinned;		/* it is in an inner-file */
	bool lost;		/* it was, and is not in the new one */
	bool told;		/* that two owners use the same address */
};

/* An owner of addresses. */
struct tun_owner {
	struct tun_name *name;	/* verified; NULL: none */
	struct list by_name;	/* in name->owners */
	uint64_t order;		/* a newer owner has a higher one */
	struct list addresses;	/* struct tun_entry, oldest use first, */
	struct list locals;	/* and those that are link-local */
	unsigned n;		/* how many in both */
	unsigned n_global;	/* those that are not link-local */
	struct tun_entry *newest;	/* the one used last, or NULL */
	uint64_t alive_ms;	/* of one that answers probes: when something
				 * came from it last; else 0 */
};

/* An address. */
struct tun_entry {
	struct table_node node;
	uint8_t key[TUN_TABLE_KEY];
	bool local;		/* it is link-local */
	bool shared;		/* it went back to an older owner once */
	struct list by_owner;	/* in owner->addresses or owner->locals, else
				 * in name->addresses */
	struct list by_time;	/* in table->unnamed or table->named */
	struct tun_owner *owner;	/* NULL: its owner has gone */
	struct tun_name *name;	/* of the owner, also of one that has gone;
				 * NULL: none */
	uint64_t seen_ms;	/* when a packet came from it last, or its
				 * owner went */
	uint64_t moved_ms;	/* when it got its owner */
};

struct tun_table {
	struct table table;	/* struct tun_entry by key */
	struct table names;	/* struct tun_name by key */
	struct list all_names;	/* the same in a list */
	struct list unnamed, named;	/* all entries by whether they have a
				 * name; about the oldest use first */
	unsigned n;		/* how many */
	unsigned max, owner_max, name_max;	/* at most; of one owner, of
				 * one name */
	uint64_t order;		/* of the newest owner */
	uint8_t seed[2][TABLE_SEED];	/* of the hashes of names */
};

/* What became of a claim. */
enum tun_claim {
	TUN_HAS,		/* the owner has it, and had it before */
	TUN_GETS,		/* it has it now */
	TUN_SHARES,		/* an owner of the same name has it and keeps
				 * it for now; this one may send from it */
	TUN_TAKEN,		/* a different owner has it */
	TUN_FULL,		/* there is no room, or no memory */
};

/* Begins; seed is TABLE_SEED random bytes.  Ends the program when there is no
 * memory. */
void tun_table_init(struct tun_table *, const uint8_t *seed);

/* Frees all; no owner may have an address. */
void tun_table_free(struct tun_table *);

/* The struct of a name, made if there is none, and kept for good; NULL when
 * there is no memory. */
struct tun_name *tun_table_pin(struct tun_table *, const char *name);

/* All names that are pinned become `lost`, until they are pinned again. */
void tun_table_unpin(struct tun_table *);

/* May a name (NULL: none) have an address? */
typedef bool tun_table_may_fn(void *arg, const struct tun_name *,
    const struct addr *);

/* Forgets the addresses for which may() is false, and of lost names those that
 * have nothing. */
void tun_table_sift(struct tun_table *, tun_table_may_fn *may, void *arg);

/* A zeroed owner becomes ready; name "": none.  0; -1: there is no memory, and
 * it is not. */
int tun_owner_init(struct tun_table *, struct tun_owner *, const char *name);

/* An owner gives up its addresses.  They stay with its name, as if used now;
 * without one they are forgotten. */
void tun_owner_release(struct tun_table *, struct tun_owner *,
    uint64_t now_ms);

/* The same, and the owner goes; harmless when it is zeroed. */
void tun_owner_free(struct tun_table *, struct tun_owner *, uint64_t now_ms);

/* Is there an owner of the same name that is newer? */
bool tun_owner_is_replaced(const struct tun_owner *);

/* Writes at most max addresses of an owner, link-local ones last; returns how
 * many. */
unsigned tun_owner_addresses(const struct tun_owner *, struct addr *,
    unsigned max);

/* The newest owner of a name, or NULL. */
struct tun_owner *tun_name_newest(const struct tun_name *);

/* The owner of the address; where that has gone the newest of its name; or
 * NULL. */
struct tun_owner *tun_table_find(const struct tun_table *,
    const struct addr *);

/* Notes that the owner sends from the address; false when the address is not
 * its own, and nothing was noted. */
bool tun_table_speaks(struct tun_table *, struct tun_owner *,
    const struct addr *, uint64_t now_ms);

/* The owner claims an address.  *loser: the owner that lost it, or lost an
 * address that was evicted for it; on TUN_TAKEN and TUN_SHARES the owner that
 * tun_table_find() returns; else NULL.  An address of the claiming owner may
 * have been evicted besides. */
enum tun_claim tun_table_claim(struct tun_table *, struct tun_owner *,
    const struct addr *, uint64_t now_ms, struct tun_owner **loser);

#endif
