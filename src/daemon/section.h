/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Keys of the sections of a configuration file: finding and setting them, and
 * their faults; for daemon/setup.c.
 *
 * NOTES.  A fault is added to those of the setup, and its tunnel, or else the
 * process, becomes faulty.
 */

#ifndef DAEMON_SECTION_H
#define DAEMON_SECTION_H

#include "compat.h"

#include "daemon/setup.h"

struct nearest;
struct preset;

enum { SECTION_KEY = 64 };	/* holds the name of a key */

/* The names of the sides in keys. */
extern const char *const section_sides[];

/* A section that is being read. */
struct reading {
	struct setup *setup;	/* that it becomes a part of */
	const struct conf_section *section;	/* where the keys are */
	const struct preset *preset;	/* NULL: none */
	struct setup_tunnel *tunnel;	/* that it sets; NULL: none */
	struct plan *plan;	/* of the tunnel, or the line of the preset */
};

/* The row of a key; NULL: there is none. */
const struct opt *section_row(const struct opt *rows, const char *name);

/* Has any end of that side such a key?  If not, *guess has what was meant. */
bool section_side_has_key(enum side side, const char *name,
    struct nearest *guess);

/* If a key is that of an end, "right.pool", returns true, its side and its name
 * without it. */
bool section_key_side(const char *key, enum side *side, const char **name);

/* The key of that name in a section, or NULL. */
const struct conf_key *section_find(const struct conf_section *s,
    const char *name);

/* Adds a fault of the section at a line of its file.  Bytes that may not be
 * printable, since the values of keys may have any, are written as \xNN. */
void section_refuse(struct reading *, unsigned line, const char *fmt,
    ...) PRINTF_LIKE(3, 4);

/* Adds the fault that setting a key has brought.  Its text may lack the "left."
 * or "right." of the key, and may have the dashes of a command line. */
void section_refuse_key(struct reading *, const struct conf_key *key,
    const struct fault *f);

/* Adds a fault of the whole tunnel, at the key that it is about, else at the
 * head of the section. */
void section_refuse_tunnel(struct reading *, const struct fault *f);

/* Adds faults for the keys that are there a second time and may not be.  rows:
 * those of keys that are not of an end. */
void section_check_twice(struct reading *, const struct opt *rows);

/* Adds a fault if the row is that of a secret, and the value of the key is no
 * well-formed reference.  Returns whether it is good. */
bool section_check_value(struct reading *, const struct conf_key *key,
    const struct opt *row);

/* Adds the fault that a key is not known, with what was probably meant. */
void section_refuse_unknown(struct reading *, const struct conf_key *key,
    const char *what, const struct nearest *guess);

/* Adds the fault that an option of a tunnel, or of its preset, is not known;
 * rows: those that are. */
void section_unknown_key(struct reading *, const struct conf_key *key,
    const struct opt *rows);

/* Sets a key of an end; name: without its side.  Does nothing if the kind of
 * the end is not known. */
void section_set_end_key(struct reading *, const struct conf_key *key,
    enum side side, const char *name);

/* Sets a key of a section without preset, but for `left` and `right`. */
void section_set_key(struct reading *, const struct conf_key *key);

#endif
