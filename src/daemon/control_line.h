/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A request on the control socket: a line of words.
 *
 * NOTES.  adit-status(5) describes the protocol.  Words are separated by
 * blanks; %XX, two hex digits, is the byte of that value in a word, so that a
 * name of any bytes can be one.
 */

#ifndef DAEMON_CONTROL_LINE_H
#define DAEMON_CONTROL_LINE_H

#include "compat.h"

enum {
	CONTROL_LINE = 4096,	/* bytes of a line, newline included */
};

enum control_verb {
	CONTROL_STATUS,		/* status [TUNNEL] */
	CONTROL_PEERS,		/* peers TUNNEL CURSOR */
	CONTROL_RELOAD,		/* reload */
	CONTROL_RECONNECT,	/* reconnect [TUNNEL] */
	CONTROL_DROP,		/* drop TUNNEL [PEER] */
	CONTROL_LOGLEVEL,	/* loglevel LEVEL */
};

/* A request that was read. */
struct control_line {
	enum control_verb verb;
	const char *first, *second;	/* its words, decoded, in the line;
				 * NULL: there is none */
};

/* Reads a line of n bytes, without its newline, and with room for a NUL behind
 * it; it is changed, and the words point into it.  0, or -1 and *why, which is
 * static. */
int control_line_read(struct control_line *, char *line, size_t n,
    const char **why);

struct text;

/* Appends a blank and a word as control_line_read() reads it. */
void control_line_add(struct text *, const char *word);

/* Does the verb change anything? */
bool control_verb_is_command(enum control_verb);

#endif
