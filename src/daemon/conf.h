/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The text of a configuration file: sections and keys, with file and line.
 *
 * NOTES.  adit.conf(5) describes the format:
 *
 *	# a comment; one may also begin with a semicolon
 *	include = PATTERN
 *
 *	[tunnel NAME]
 *	key = value		# a comment, after a blank
 *	key = "blanks at its ends, a # or \x22, which is a quote"
 *
 * This file knows no option: which keys there are, and which may be repeated,
 * daemon/setup.h knows.  All faults of a text are collected, and none shows a
 * value, which may be secret.  Running out of memory ends the program.
 */

#ifndef DAEMON_CONF_H
#define DAEMON_CONF_H

#include "compat.h"

#include "daemon/faults.h"

enum {
	CONF_LINE = 4096,	/* bytes of a line, at most */
	CONF_SIZE = 1 << 20,	/* bytes of a file, at most */
	CONF_FILES = 1000,	/* that are included, at most */
	CONF_KEYS = 1000,	/* of a section, at most */
	CONF_NAME = 48,		/* bytes of the name of a tunnel, or of a key,
				 * at most */
};

/* A line KEY = VALUE. */
struct conf_key {
	const char *name;	/* "right.pool" */
	char *value;		/* without quotes; may be empty */
	unsigned line;		/* of its file, from 1 */
};

enum conf_kind {
	CONF_TUNNEL,		/* [tunnel NAME] */
	CONF_DEFAULTS,		/* [defaults] */
	CONF_DAEMON,		/* [daemon] */
	CONF_WRONG,		/* its head has a fault: nobody reads its
				 * keys */
};

struct conf_section {
	enum conf_kind kind;
	const char *name;	/* of a tunnel; else "" */
	const char *file;	/* path, as the user wrote it */
	unsigned line;		/* of its head, "[...]" */
	struct conf_key *keys;	/* in their order; never NULL */
	size_t n_keys;
};

struct conf_text;

/* A configuration.  Zeroed it is empty; conf_free() at last. */
struct conf {
	struct conf_section *sections;	/* in their order; those of included
				 * files come last */
	size_t n_sections;
	struct conf_key *includes;	/* the lines `include = PATTERN` */
	size_t n_includes;
	struct conf_text *texts;	/* that names and values point into */
	struct faults faults;	/* all that is wrong */
};

/* Reads len bytes as the contents of the file of that name, both copied.
 * nested: it is an included file, which may not include others; nothing else is
 * done about those here.  The sections are added to those of earlier calls. */
void conf_parse(struct conf *, const char *file, const char *text, size_t len,
    bool nested);

/* Reads a file and those that it includes. */
void conf_read(struct conf *, const char *path);

/* Overwrites all texts with zeroes in place, for a process that must not have
 * the keys in them. */
void conf_wipe(struct conf *);

/* Wipes and frees everything.  May be called again. */
void conf_free(struct conf *);

#endif
