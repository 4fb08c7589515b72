/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A preset: the options of an old tool, and the plan that they become.
 *
 * NOTES.  The command lines of the old tools and sections with `preset = NAME`
 * are both read by the rows of a preset.  The presets themselves are in cmd/,
 * which knows how each tool spells what it is told.
 */

#ifndef DAEMON_PRESET_H
#define DAEMON_PRESET_H

#include "compat.h"

#include "tunnel/plan.h"

/* A "line" below is a struct of the preset's that holds what was set; it begins
 * with a struct plan. */
struct preset {
	const char *name;	/* of the tool: "uotp-client" */
	const struct opt *rows;	/* its options; they set members of a line.
				 * Those with the names of process_rows[] are
				 * for a command line only */
	size_t size;		/* bytes of a line */
	const struct end_ops *left, *right;	/* the ends of its plans; NULL:
				 * finish() sets them */
	/* Sets what the rows do not, in a line that is otherwise zeroed, before
	 * their defaults are set.  NULL: nothing. */
	void (*begin)(void *line);
	/* Makes the plan complete, but for plan_finish().  words: the n
	 * arguments that are not options.  0, or -1 and the fault; its setting
	 * is a name in the rows, or none. */
	int (*finish)(void *line, const char *const *words, int n,
	    struct fault *);
};

/* Those of this build, NULL at the end (made by configure). */
extern const struct preset *const preset_list[];

extern const struct preset preset_uotp_server;
extern const struct preset preset_uotp_client;
extern const struct preset preset_uott;
extern const struct preset preset_udptun;
extern const struct preset preset_udptunnel;
extern const struct preset preset_dtlspipe;

/* Sets a line, which may be uninitialized, to the defaults of the preset. */
void preset_begin(const struct preset *, void *line);

#endif
