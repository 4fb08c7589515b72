/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log, and the three ways in which the program may die.
 *
 * NOTES.  One line, `what: why (peer)`.  error: the operator must act; warn:
 * something was lost or refused; info: life of flows and listeners; debug:
 * each decision; trace: each datagram.  What a stranger can cause goes through
 * a log_limit.
 */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "compat.h"

enum log_level {
	LEVEL_FATAL,
	LEVEL_ERROR,
	LEVEL_WARN,
	LEVEL_INFO,
	LEVEL_DEBUG,
	LEVEL_TRACE,
};

/* A clock: writes "2026-01-31 12:00:00", local time, to stamp. */
typedef void log_clock(char stamp[20]);

/* Where lines go: called with a whole line, "what: why (peer)", without
 * newline, name and time. */
typedef void log_sink(enum log_level level, const char *line);

/* Lines up to this level are written (at start LEVEL_INFO). */
void log_set_level(enum log_level level);

/* Is anything written at that level? Ask before costly arguments. */
bool log_wants(enum log_level level);

/* The word that stands before the text of each line, e.g. "uotp-server"; the
 * string must stay. */
void log_set_name(const char *name);

/* Lines go to sink; NULL: to stderr, as "2026-01-31 12:00:00 INFO     NAME:
 * text", with the time only after log_set_clock(). */
void log_set_sink(log_sink *sink);

/* Where the time of a line comes from; NULL (at start): lines have none. */
void log_set_clock(log_clock *clock);

/* While starting is true, errors also go to stderr, wherever else lines go:
 * whoever typed the command sees why it ended. */
void log_set_starting(bool starting);

/* Appends to that file, in the format of stderr; 0, or -1 and errno. */
int log_open_file(const char *path);

/* Opens the file again after it was moved away.  0, or -1 after saying why in
 * the old one, which is kept. */
int log_reopen_file(void);

void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_trace(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Holds back a kind of line that a stranger can cause: a burst of 5, then one
 * in 10 s. Zeroed is ready to use. */
struct log_limit {
	uint64_t since_ms;	/* start of the window */
	unsigned in_window;	/* lines written in it */
	unsigned long held;	/* lines held back since the last written */
};

/* Writes the line unless too many came lately; says how many were held back.
 * now_ms: loop_now(). */
void log_limited(struct log_limit *limit, uint64_t now_ms,
    enum log_level level, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The user's error: the command line, or a file that it names. Exit 2. */
NORETURN void die_usage(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Has die_usage() end with another status, as the original of a command does.
 */
void die_usage_status(int status);

/* The system's refusal, followed by the words for errno. Exit 1. */
NORETURN void die_system(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Our own mistake; file and line are written. Aborts. */
NORETURN void die_bug(const char *file, int line, const char *what);

/* Checks what must be true whatever the network sends. */
#define must(condition) \
	((condition) ? (void)0 : die_bug(__FILE__, __LINE__, #condition))

#endif
