/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which inner addresses a client may use, by its verified name.
 *
 * NOTES.  A file has lines
 *
 *	NAME PREFIX PREFIX...
 *	"NAME WITH BLANKS" PREFIX...
 *	# a comment
 *
 * where PREFIX is an address or ADDRESS/BITS.  An address belongs to the names
 * of the longest prefix that it is in, so that one client may have a network
 * and a second client an address of it.  A prefix belongs to one name only.
 */

#ifndef TUNNEL_TUN_INNER_H
#define TUNNEL_TUN_INNER_H

#include "base/addr.h"
#include "base/table.h"
#include "tunnel/tunnel.h"

struct tun_name;

enum {
	INNER_FILE_MAX = 16 * 1024 * 1024,	/* bytes of a file */
	INNER_NAME_MAX = 512,	/* bytes of a name */
	INNER_KEY = 18,		/* bytes: family, bits, address */
};

/* What may be wrong with a file. */
enum tun_inner_error {
	INNER_OK,
	INNER_NO_PREFIX,	/* a name and nothing else */
	INNER_BAD_PREFIX,	/* a word that is not a prefix */
	INNER_BAD_BITS,		/* too many, or not a number */
	INNER_HOST_BITS,	/* bits of the address behind the prefix */
	INNER_BAD_NAME,		/* empty, too long, or a quote that does not
				 * end */
	INNER_TWICE,		/* the prefix belongs to a second name */
	INNER_EMPTY,		/* no line in it */
};

/* A prefix. */
struct tun_inner_entry {
	struct table_node node;
	uint8_t key[INNER_KEY];
	struct tun_inner_entry *next;	/* the one read before it */
	struct tun_name *whose;	/* the end's; NULL at first */
	char name[];		/* whose it is */
};

/* What was read. */
struct tun_inner {
	struct table prefixes;	/* struct tun_inner_entry by key */
	struct tun_inner_entry *last;	/* all of them, the last first */
	bool has[2][129];	/* IPv4, IPv6: prefixes of so many bits */
};

/* Begins without prefixes; seed is TABLE_SEED random bytes.  Ends the program
 * when there is no memory, as the next one does. */
void tun_inner_init(struct tun_inner *, const uint8_t *seed);

/* Reads the text of a file; *line is that of the error, 0 for the whole. */
enum tun_inner_error tun_inner_parse(struct tun_inner *, const char *text,
    size_t len, unsigned *line);

/* The words for an error, with what would be right. */
const char *tun_inner_strerror(enum tun_inner_error);

/* Reads a file; NULL and the fault, with the remedy, when it is wrong.  The
 * caller frees with tun_inner_free(). */
struct tun_inner *tun_inner_load(const struct end *, const char *path,
    struct fault *);

/* The longest prefix that the address is in, or NULL. */
const struct tun_inner_entry *tun_inner_find(const struct tun_inner *,
    const struct addr *);

/* May that name use the address? */
bool tun_inner_allows(const struct tun_inner *, const char *name,
    const struct addr *);

/* Forgets all; tun_inner_init() may follow. */
void tun_inner_clear(struct tun_inner *);

/* Frees; NULL is harmless. */
void tun_inner_free(struct tun_inner *);

#endif
