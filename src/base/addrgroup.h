/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Groups of endpoints: names, addresses, prefixes and ranges with ports, of
 * which one is picked at random for each session.
 *
 * NOTES.  What a user writes:
 *
 *	HOST:PORT			one endpoint, as hostport_parse()
 *	{ITEM,ITEM:PORTS}		a group; the port is that of all items
 *					before it that have none
 *	{ITEM:PORTS,ITEM:PORTS}		so each may have its own
 *	{ITEM,ITEM}:PORTS		or one behind for all
 *	GROUP+GROUP			several groups
 *
 * ITEM is a name, an address, ADDRESS/BITS, FIRST..LAST or, between addresses,
 * FIRST-LAST.  PORTS is PORT or PORT-PORT.  Ranges may be reversed; a prefix is
 * masked, and all its addresses count, the first and the last too.  IPv6 may
 * be in brackets.  Without them the port follows the last colon of the last
 * item, and items before it have none: {::1,::2:443}.  Nothing can be sent to
 * port 0: 0-9 is 1-9.
 *
 * A draw has three steps, each uniform: a group, then an address in it (over
 * all 128 bits; a name counts as one address), then a port.  An item that is
 * listed twice counts twice.
 *
 * Fail-over: an end has one struct group_failed for all its sessions.  A
 * session takes an endpoint by group_pick_other() and keeps it for all its
 * connections.  When the endpoint does not answer, or its last connection is
 * down, the session calls group_fail() and then group_pick_other() again, which
 * avoids recently failed endpoints while there are others.  It calls
 * group_recover() when a connection succeeded.
 */

#ifndef BASE_ADDRGROUP_H
#define BASE_ADDRGROUP_H

#include "base/addr.h"
#include "base/wide.h"

enum {
	GROUP_GROUPS = 64,	/* groups in one text, at most */
	GROUP_TERMS = 256,	/* items in all of them, at most */
	GROUP_WHY = 240,	/* holds an error message */
	GROUP_FAILED = 8,	/* failed endpoints that are remembered */
	GROUP_REMEMBER_MS = 60000,	/* and for how long */
	GROUP_RANDOM = 24,	/* random bytes for each number drawn */
};

/* An item: a name or a run of addresses, and its ports. */
struct group_term {
	char *name;		/* owned; NULL for addresses */
	struct addr first;	/* the lowest, port 0; family 0 for a name */
	struct wide size;	/* addresses; 1 for a name */
	int prefix;		/* bits of a prefix; -1: not a prefix */
	uint16_t port;		/* the lowest */
	uint32_t ports;		/* how many */
};

/* One group. */
struct group_set {
	size_t begin, end;	/* its items: those before end */
	struct wide size;	/* addresses of all of them */
};

/* Groups, parsed; never changes afterwards. */
struct addrgroup {
	struct group_term *term;	/* of all groups */
	size_t n_terms;
	struct group_set *group;
	size_t n_groups;
};

/* One endpoint of a group. */
struct endpoint {
	const char *name;	/* to be resolved; owned by the group and valid
				 * while it is; NULL: addr has the address */
	struct addr addr;	/* family 0 for a name; the port always */
};

/* Endpoints that failed, the oldest first.  Zeroed is ready to use. */
struct group_failed {
	struct endpoint endpoint[GROUP_FAILED];
	uint64_t at_ms[GROUP_FAILED];	/* when each failed, caller's clock */
	unsigned n;		/* how many there are */
};

/* Fills bytes with n random ones; n is GROUP_RANDOM. */
typedef void group_random_fn(void *arg, void *bytes, size_t n);

/* The end of the address in the spec of an end, "{a,b:1},pool=8": the first
 * comma that is not in braces, or the NUL. */
const char *group_spec_end(const char *at);

/* Reads one of the texts above.  0, and *g is the caller's, who frees it with
 * group_free(); or -1, *g is NULL and why says where and what is wrong.  For
 * start-up: ends the program when there is no memory. */
int group_parse(struct addrgroup **g, const char *text, char why[GROUP_WHY]);

/* Adds one group in the syntax of dtlspipe, that of group_parse() without the
 * braces: "ITEM,ITEM:PORTS".  Where *g is NULL, makes a new one.  0; or -1, *g
 * is unchanged, and why says where and what is wrong. */
int group_add(struct addrgroup **g, const char *text, char why[GROUP_WHY]);

/* Frees a group; NULL is harmless. */
void group_free(struct addrgroup *g);

/* Removes items from the end until n are left; for group_add(). */
void group_shrink(struct addrgroup *g, size_t n);

/* An address, without its port, as a number. */
struct wide group_number(const struct addr *a);

/* How many endpoints there are, addresses times ports; UINT64_MAX for so many
 * or more. */
uint64_t group_count(const struct addrgroup *g);

/* Is there only one endpoint?  Then picking draws no random numbers. */
bool group_is_single(const struct addrgroup *g);

/* Writes a text that group_parse() reads as the same group; a text that does
 * not fit is cut and ends in "...".  size is at least 4.  Returns text. */
const char *group_text(const struct addrgroup *g, char *text, size_t size);

/* Picks an endpoint that did not fail in the last GROUP_REMEMBER_MS and
 * returns true.  When all did, picks the one that failed first and returns
 * false.  A draw takes up to three random numbers, each in fewer than two tries
 * on average and at most 128.  After 16 draws of failed endpoints, the
 * following ones are tried in order. */
bool group_pick_other(const struct addrgroup *g,
    const struct group_failed *failed, uint64_t now_ms,
    group_random_fn *fn, void *arg, struct endpoint *picked);

/* Records that an endpoint of the group failed; the oldest record is evicted
 * when there are GROUP_FAILED. */
void group_fail(struct group_failed *failed, const struct endpoint *e,
    uint64_t now_ms);

/* Removes the record of an endpoint that answered.  Was there one? */
bool group_recover(struct group_failed *failed, const struct endpoint *e);

/* Do both have the same name or address, and the same port? */
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);

/* Writes an endpoint as host and port, which resolve_start() takes. */
void endpoint_hostport(const struct endpoint *e, struct hostport *hp);

#endif
