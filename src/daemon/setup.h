/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A setup: what a configuration file sets for the process, and the plan of each
 * of its tunnels.
 *
 * NOTES.  Reading a setup opens nothing but the file, those that it includes
 * and those of presets whose options are files.  All that is wrong is
 * collected.  References to secrets stay as they are (daemon/secret.h).
 * Running out of memory ends the program.
 */

#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include "compat.h"

#include "daemon/conf.h"
#include "daemon/process.h"
#include "tunnel/plan.h"

/* A section [tunnel NAME]. */
struct setup_tunnel {
	const struct conf_section *section;	/* its name, file and line */
	struct plan plan;	/* finished, unless it is faulty */
	bool has_secret;	/* a secret itself is in the file */
	bool faulty;		/* something is wrong with it, or with a
				 * default that it has */
};

/* Zeroed it is empty; setup_free() at last. */
struct setup {
	struct conf conf;	/* what was read, and all faults */
	struct process_settings process;	/* texts are those of conf */
	struct setup_tunnel *tunnels;	/* in the order of their sections */
	size_t n_tunnels;
	const char *secret_file;	/* has a secret of the process; NULL:
					 * none does */
	bool process_faulty;	/* something is wrong outside of the tunnels */
	bool text_faulty;	/* so is something in the text, and it may have
				 * been a tunnel: a file that cannot be read,
				 * the head of a section */
};

/* Reads a file into an empty setup.  0, or -1: s->conf.faults says what is
 * wrong. */
int setup_read(struct setup *, const char *path);

/* Does what setup_read() does after it has read the file: the sections of
 * s->conf become settings and plans. */
int setup_make(struct setup *);

/* Adds a fault of a tunnel, at the line of its setting if that has one, and
 * marks it as faulty. */
void setup_refuse(struct setup *, struct setup_tunnel *,
    const struct fault *);

/* Logs a warning for each file that has secrets and that others can read. */
void setup_warn(const struct setup *);

/* Writes a setup without faults as a file that setup_read() reads, with all
 * defaults, and without secrets, which are to be added where one is needed. */
void setup_print(const struct setup *, FILE *out);

/* Overwrites all texts with zeroes in place, for a process that must not have
 * the keys in them. */
void setup_wipe(struct setup *);

/* Wipes and frees everything.  May be called again. */
void setup_free(struct setup *);

#endif
