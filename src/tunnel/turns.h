/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A limit on how many members of an end are at work at the same time; the
 * others wait in line.
 *
 * NOTES.  begin() is called from the loop, never from within turn_ask() or
 * turn_end(), so that both may be called anywhere.
 */

#ifndef TUNNEL_TURNS_H
#define TUNNEL_TURNS_H

#include "net/loop.h"

enum { TURNS_BATCH = 64 };	/* begun in one turn of the loop */

/* Of a member; a member of its struct. */
struct turn {
	struct list link;	/* in line, or in none */
	bool at_work;		/* begin() was called, turn_end() was not */
};

/* Called when it is the member's turn.  Calls turn_end() there when it has
 * nothing to do. */
typedef void turn_fn(struct turn *);

/* Of an end. */
struct turns {
	struct loop *loop;
	struct list line;	/* struct turn, the first one is next */
	struct timer timer;	/* calls those whose turn it is */
	turn_fn *begin;
	unsigned most;		/* at work at the same time */
	unsigned at_work;	/* now */
};

/* Initialises the line. */
void turns_init(struct turns *, struct loop *, unsigned most, turn_fn *begin);

/* Stops calling; all members have ended. */
void turns_stop(struct turns *);

/* Initialises a member. */
void turn_init(struct turn *);

/* Lets it wait for its turn, unless it waits or is at work. */
void turn_ask(struct turns *, struct turn *);

/* It does not wait, and is not at work, any more.  Harmless when it was
 * neither. */
void turn_end(struct turns *, struct turn *);

#endif
