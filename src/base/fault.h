/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What keeps something from starting, as a value: whose fault it is, where it
 * is, and the words for it.
 *
 * NOTES.  Code that may also run in a daemon with other tunnels does not end
 * the program: it fills a struct fault and returns -1 or NULL.  cmd/ makes an
 * exit status of it.  The user's faults stay until the user changes something;
 * the system's may pass by themselves, so that a supervisor may try again.
 */

#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "compat.h"

enum fault_kind {
	FAULT_NONE,		/* nothing is wrong */
	FAULT_USER,		/* a setting, or its file, is wrong */
	FAULT_SYSTEM,		/* the system refused, or has not got it yet */
};

enum {
	FAULT_SETTING = 32,	/* bytes of the name of a setting */
	FAULT_FILE = 256,	/* bytes of a path */
	FAULT_TEXT = 900,	/* bytes of the words */
};

/* Zeroed: nothing is wrong. */
struct fault {
	enum fault_kind kind;
	char setting[FAULT_SETTING];	/* key of the setting, without dashes;
				 * "": it is about none */
	char file[FAULT_FILE];	/* the file that is wrong; "": none; a longer
				 * path is cut */
	unsigned line;		/* in that file, from 1; 0: it is about none */
	bool passing;		/* FAULT_SYSTEM: of what a machine may not have
				 * yet while it boots; set by the caller of
				 * fault_system() */
	char text[FAULT_TEXT];	/* all of it in words, with remedy: what is cut
				 * is lost */
};

/* Fills in the user's fault; setting: its key, or NULL.  Returns -1. */
int fault_user(struct fault *f, const char *setting, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The same for a refusal of the system; the words should have those for
 * errno.  Returns -1. */
int fault_system(struct fault *f, const char *setting, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Fills in that a file which a setting names has wrong contents; the text
 * becomes "FILE: WORDS", or "FILE: line N: WORDS" where line is not 0.
 * Returns -1. */
int fault_file(struct fault *f, const char *setting, const char *file,
    unsigned line, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Fills in that a file cannot be opened or read; error: errno, or 0 for a
 * file that is no good by itself.  What may pass (too many open files, no
 * memory, an I/O error) is the system's fault, all else the user's.  The text
 * becomes "FILE: WORDS".  Returns -1. */
int fault_open(struct fault *f, const char *setting, const char *file,
    int error, const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
