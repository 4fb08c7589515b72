/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The option table: one row for each setting defines its flag, its key in an
 * end's spec, its help, its default and its range.
 *
 * NOTES.  Rows point into a struct by offset, so the same setting can have
 * rows in several tables (the native spelling, that of an old tool).  Command
 * lines are read as argparse and getopt_long read them: -p8443, -p 8443,
 * --bind-port=8443, unique prefixes of long names, options after positionals,
 * -- ends the options.  opt_go.c reads them as Go does.
 */

#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "compat.h"

enum opt_type {			/* what the member at `at` is: */
	OPT_ON,			/* bool: set by the flag alone (key: ,key) */
	OPT_OFF,		/* bool: cleared by the flag alone */
	OPT_BOOL,		/* bool: takes yes or no */
	OPT_INT,		/* int64_t */
	OPT_MS,			/* int64_t milliseconds, written in seconds */
	OPT_BYTES,		/* int64_t bytes, with k, M, G */
	OPT_TEXT,		/* const char *: points into the argument */
	OPT_WORD,		/* as OPT_TEXT, but the value may be left out,
				 * then it is of.choices[0]: --syslog[=WORD] */
	OPT_CHOICE,		/* int64_t: index into of.choices */
	OPT_OTHER,		/* any type, which of.other reads and writes */
	OPT_HELP,		/* no member: opt_args() returns OPT_DID_HELP */
	OPT_VERSION,		/* no member: returns OPT_DID_VERSION */
};

/* How a value of type OPT_OTHER is read and written. */
struct opt_other {
	/* Reads a value into the member, NULL where the row has no `arg`;
	 * returns NULL, or what is wrong with the value (static text). */
	const char *(*set)(void *member, const char *value);
	/* Returns value number i (from 0) as set() reads it, in
	 * shown[OPT_SHOWN] or a text of the member; NULL when there is no such
	 * value.  Rows whose value is not shown have no function. */
	const char *(*show)(const void *member, unsigned i, char *shown);
};

/* The words of a row, one after the other, each ended by a NUL: one pointer for
 * all of them.  name: long flag and key, "pool-size".  preset: default, as a
 * user writes it; OPT_NONE: the member stays as it is.  arg: what --help calls
 * the value; OPT_NONE, and then OPT_OTHER takes no value.  help: for --help,
 * which wraps it; OPT_NONE: --help omits the row. */
#define OPT_WORDS(name, preset, arg, help) \
	name "\0" preset "\0" arg "\0" help
#define OPT_NONE "\1"

/* One setting.  The last row of a table has a NULL name.  Rows are many: their
 * order and the bits keep them small. */
struct opt {
	const char *name;	/* OPT_WORDS(); the first is the name */
	union {
		struct {
			int32_t min;
			uint32_t max;
		} range;	/* OPT_INT, OPT_MS, OPT_BYTES; both 0: any */
		const char *const *choices;	/* OPT_CHOICE, OPT_WORD: words,
				 * NULL at the end; "crit=fatal" makes crit an
				 * alias of fatal */
		const struct opt_other *other;	/* OPT_OTHER: how its value is
				 * read and shown */
	} of;			/* by type */
	uint16_t at;		/* offset of the member in the struct */
	char letter;		/* short flag, or 0 */
	unsigned type : 4;	/* enum opt_type */
	bool secret : 1;	/* opt_dump() does not show its value */
	bool many : 1;		/* may be given more than once in a spec */
	bool live : 1;		/* of an end or tunnel: it can change while
				 * that runs */
	bool file : 1;		/* OPT_TEXT: its value is the path of a file,
				 * which may be read again later */
};

enum opt_result {
	OPT_DONE,		/* everything was read */
	OPT_DID_HELP,		/* the user asked for help */
	OPT_DID_VERSION,	/* the user asked for the version */
	OPT_BAD,		/* opt_error.text says what is wrong */
};

enum {
	OPT_ERROR_TEXT = 300,	/* bytes of an error */
	OPT_KEY_TEXT = 32,	/* bytes of a key in an error */
	OPT_SHOWN = 320,	/* bytes for a value that opt_show() writes */
};

struct opt_error {
	char key[OPT_KEY_TEXT];	/* the setting, without dashes, perhaps cut;
				 * "": the error concerns none */
	char text[OPT_ERROR_TEXT];	/* names option, value and remedy */
};

/* The words of a row that follow its name, or NULL: its default, what its value
 * is called, and its help. */
const char *opt_default(const struct opt *row);
const char *opt_arg(const struct opt *row);
const char *opt_about(const struct opt *row);

/* Sets every member that has a preset. */
void opt_presets(const struct opt *rows, void *base);

/* Reads a command line (argv[0] is skipped) into the struct at base.
 * Positional arguments go to positional[] and their number to *n; more than max
 * are an error.  Texts in argv are borrowed for as long as the struct is
 * used. */
enum opt_result opt_args(const struct opt *rows, void *base, int argc,
    char **argv, const char **positional, int max, int *n,
    struct opt_error *error);

/* Reads a command line as Go's flag package does: -name VALUE or -name=VALUE,
 * with one dash or two.  Names cannot be abbreviated, and the only letter is
 * -h, for help.  A switch takes a value only after "=".  argv[*rest] is the
 * first argument that is not an option, or the one after "--".  Numbers, sizes
 * and times are read as by opt_args(); rows that need Go's syntax are
 * OPT_OTHER. */
enum opt_result opt_args_go(const struct opt *rows, void *base, int argc,
    char **argv, int *rest, struct opt_error *error);

/* Takes what is wrong with a key. */
typedef void opt_error_fn(void *arg, const struct opt_error *);

/* Reads "key=value,key=value" (a comma in a value is doubled; OPT_ON needs no
 * value); spec is modified and borrowed.  A key that is given twice is an error
 * unless its row is `many`.  Calls fn for each key that is wrong, and sets the
 * others.  0, or -1 when one is wrong. */
int opt_spec(const struct opt *rows, void *base, char *spec,
    opt_error_fn *fn, void *arg);

/* Sets one member from a key and its value (NULL for none); 0, or -1 and
 * error. */
int opt_set(const struct opt *rows, void *base, const char *name,
    const char *value, struct opt_error *error);

/* Writes the rows for --help in two columns of at most 79 characters, each
 * with its default. */
void opt_help(const struct opt *rows, FILE *out);

/* Does the same with flags as opt_args_go() reads them. */
void opt_help_go(const struct opt *rows, FILE *out);

/* Returns value number i (from 0) of a row's member as opt_set() reads it, in
 * shown or a text that the member points to; NULL when there is no such value.
 * Only OPT_OTHER has more than one. */
const char *opt_show(const struct opt *row, const void *base, unsigned i,
    char shown[OPT_SHOWN]);

/* Does the row's member have the same values in both structs? */
bool opt_same(const struct opt *row, const void *a, const void *b);

/* Writes a line "PREFIXname = value" for each value in the struct, as
 * opt_read_line() reads it; a comment for values that are not set or secret. */
void opt_dump(const struct opt *rows, const char *prefix, const void *base,
    FILE *out);

/* Writes such lines for the values that are not the same in presets, a second
 * struct; also of secrets. */
void opt_dump_set(const struct opt *rows, const char *prefix,
    const void *base, const void *presets, FILE *out);

/* Must a value follow the name of an option? */
bool opt_needs_value(const struct opt *row);

/* Writes a line "key = value"; the value is quoted where it must be. */
void opt_dump_line(const char *key, const char *value, FILE *out);

/* Splits a line "key = value" in place: removes blanks around both and the
 * double quotes of a value, in which \xNN becomes that byte.  Returns 1, and
 * *key and *value point into the line; 0 when the line is empty or a comment,
 * which begins with "#"; -1, and *why is what is wrong (static text). */
int opt_read_line(char *line, char **key, char **value, const char **why);

#endif
