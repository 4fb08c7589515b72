/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A short list of networks, each an address and the length of its prefix.
 */

#ifndef BASE_NETS_H
#define BASE_NETS_H

#include "base/addr.h"

enum {
	NETS_MAX = 32,		/* networks of a list */
	NETS_TEXT = ADDR_TEXT + 4,	/* holds the text of one */
};

/* The list; zeroed it is empty. */
struct nets {
	struct addr net[NETS_MAX];
	uint8_t bits[NETS_MAX];	/* prefix lengths */
	unsigned n;		/* entries in use */
};

/* Adds those of a text "ADDRESS[/BITS],ADDRESS[/BITS]...", each as
 * addr_parse_prefix() reads it.  NULL, or what is wrong with the text (static
 * text), and the list may have some of them then. */
const char *nets_add(struct nets *, const char *text);

/* Writes number i, which is there, as nets_add() reads it; returns text. */
const char *nets_text(const struct nets *, unsigned i, char text[NETS_TEXT]);

/* Is the address in one of them? */
bool nets_have(const struct nets *, const struct addr *);

#endif
