/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What passes between client and server of a world: recorded, counted, and
 * lost, doubled or delayed as a test says.
 */

#ifndef TAPE_H
#define TAPE_H

#include "world.h"

enum {
	TAPE_MAX = 2048,	/* datagrams recorded */
	TAPE_BYTES = 1600,	/* longer ones are only counted */
};

enum way { UP, DOWN };		/* to the server, to the client */

/* A recorded datagram. */
struct taped {
	enum way way;
	uint64_t at_us;		/* when it was sent */
	struct addr from, to;
	size_t len;
	uint8_t data[TAPE_BYTES];
};

/* Says how many copies arrive of the datagram of that number (from 0, both
 * ways together). */
typedef unsigned tape_fate_fn(void *arg, struct sim_passing *, unsigned number,
    enum way);

struct tape {
	struct sim_host *client, *server;
	unsigned sent[2];	/* datagrams each way */
	uint64_t bytes[2];	/* in them */
	unsigned nobody;	/* datagrams to addresses of nobody */
	uint64_t nobody_bytes;
	tape_fate_fn *fate;	/* NULL: one copy of each */
	void *arg;
	unsigned n;		/* recorded */
	struct taped *d;	/* TAPE_MAX of them */
};

/* Begins, in a world that has begun: all counts are 0. */
void tape_begin(struct tape *, struct world *);

/* Frees. */
void tape_end(struct tape *);

/* The nth (from 0) recorded datagram that way whose first record is of that
 * type (0: any); dies when there is none. */
struct taped *tape_find(struct tape *, enum way, uint8_t type, unsigned nth);

/* How many there are. */
unsigned tape_count(const struct tape *, enum way, uint8_t type);

/* It arrives once more, now. */
void tape_replay(const struct taped *);

#endif
