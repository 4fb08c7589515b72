/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Draws the table of `adit status` on a terminal, once or each second, with
 * rates; where there is no terminal each one is appended.
 */

#ifndef CMD_STATUS_SCREEN_H
#define CMD_STATUS_SCREEN_H

#include "daemon/status_read.h"

struct status_screen {
	bool watch;		/* tables follow each other */
	bool colour;		/* stdout is a terminal */
	bool redraws;		/* the next table replaces the one before */
	unsigned lines, columns;	/* of the terminal, while it redraws;
				 * 0: no limit */
	unsigned line;		/* lines of this table so far */
	struct status_read before;	/* the table before, for rates */
	uint64_t before_ms;	/* when it was taken; 0: there is none */
};

/* Prepares a screen; watch: for more than one table. */
void status_screen_init(struct status_screen *, bool watch);

/* Draws a document, and keeps it for rates: doc is empty then.  all: all peers
 * are shown, else the first ones of each tunnel. */
void status_screen_draw(struct status_screen *, struct status_read *doc,
    bool all);

/* Draws a line in place of a table; false: nobody reads it. */
bool status_screen_say(struct status_screen *, const char *why);

/* Begins to read keys. */
void status_screen_begin(struct status_screen *);

/* Waits for the next second; true: the user has pressed q or Control-C. */
bool status_screen_wait(struct status_screen *);

/* Ends what status_screen_begin() began. */
void status_screen_end(struct status_screen *);

void status_screen_free(struct status_screen *);

#endif
