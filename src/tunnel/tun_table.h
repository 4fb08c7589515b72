/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The table of inner addresses: from the destination of a packet to the leg
 * that it goes to.
 *
 * NOTES.  An owner, which is a leg, claims an address by sending from it.  An
 * address that belongs to a second owner moves
 *
 *	at once				if both have the same name
 *	after TUN_TABLE_NAMED_MS	of silence, if they have different names
 *	after TUN_TABLE_SILENCE_MS	of silence, if one has no name
 *
 * The table and the share of each owner are bounded.  Where there is no room,
 * the address that was silent longest is evicted, if it was silent for
 * TUN_TABLE_SILENCE_MS.
 */

#ifndef TUNNEL_TUN_TABLE_H
#define TUNNEL_TUN_TABLE_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"

enum {
	TUN_TABLE_MAX = 65536,	/* addresses */
	TUN_TABLE_OWNER_MAX = 4096,	/* of one owner */
	TUN_TABLE_SILENCE_MS = 10000,
	TUN_TABLE_NAMED_MS = 600000,	/* between different names */
	TUN_TABLE_KEY = 17,	/* bytes: family, address */
};

/* An owner of addresses. */
struct tun_owner {
	const char *name;	/* verified, or ""; borrowed */
	struct list addresses;	/* struct tun_entry, oldest use first */
	unsigned n;		/* how many */
	unsigned n_global;	/* those that are not link-local */
	struct tun_entry *newest;	/* the one used last, or NULL */
};

/* An address. */
struct tun_entry {
	struct table_node node;
	uint8_t key[TUN_TABLE_KEY];
	struct list by_owner;	/* in owner->addresses */
	struct list by_time;	/* in table->silent */
	struct tun_owner *owner;
	uint64_t seen_ms;	/* when a packet came from it last */
};

struct tun_table {
	struct table table;	/* struct tun_entry by key */
	struct list silent;	/* all, oldest use first */
	unsigned n;		/* how many */
	unsigned max, owner_max;	/* at most; of one owner */
};

/* What became of a claim. */
enum tun_claim {
	TUN_HAS,		/* the owner has it, and had it before */
	TUN_GETS,		/* it has it now */
	TUN_TAKEN,		/* a second owner has it */
	TUN_FULL,		/* there is no room, or no memory */
};

/* Begins; seed is TABLE_SEED random bytes.  Ends the program when there is no
 * memory. */
void tun_table_init(struct tun_table *, const uint8_t *seed);

/* Frees; all owners must have let go. */
void tun_table_free(struct tun_table *);

/* A zeroed owner becomes ready. */
void tun_owner_init(struct tun_owner *, const char *name);

/* An owner lets go of all its addresses. */
void tun_owner_free(struct tun_table *, struct tun_owner *);

/* Who has the address, or NULL. */
struct tun_owner *tun_table_find(const struct tun_table *,
    const struct addr *);

/* Notes that the owner sends from the address; false when the address is not
 * its own, and nothing was noted. */
bool tun_table_speaks(struct tun_table *, struct tun_owner *,
    const struct addr *, uint64_t now_ms);

/* The owner claims an address.  *loser: the owner that lost it, or lost an
 * address that was evicted for it; on TUN_TAKEN the owner that has it; else
 * NULL.  An address of the claiming owner may have been evicted besides. */
enum tun_claim tun_table_claim(struct tun_table *, struct tun_owner *,
    const struct addr *, uint64_t now_ms, struct tun_owner **loser);

#endif
