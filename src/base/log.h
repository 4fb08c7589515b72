/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log, and the functions that end the program with a message.
 *
 * NOTES.  A line reads `what: why (peer)`.  error: the operator must act; warn:
 * something was lost or refused; info: flows and listeners begin and end;
 * debug: each decision; trace: each datagram.  Lines that a peer can cause are
 * rate limited by log_limited().
 *
 * No line makes the program wait: what a stopped terminal, a full pipe or a
 * full disk does not take is lost, and the next line that is taken stands
 * behind one that says how many were lost.
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

/* Takes the lines of the log: a line is "what: why (peer)", without time, name
 * and newline. */
typedef void log_sink(enum log_level level, const char *line);

/* Is called with each warning and error that is logged: the subject, or NULL,
 * and the message, in which control characters are not escaped. */
typedef void log_watcher(void *arg, const char *subject, const char *message);

/* Sets the last level that is written; LEVEL_INFO at first. */
void log_set_level(enum log_level level);

/* The level that is set. */
enum log_level log_level_now(void);

/* Are lines of that level written?  Check before computing costly arguments. */
bool log_wants(enum log_level level);

/* Sets the name before the text of each line, e.g. "uotp-server"; the string
 * is borrowed. */
void log_set_name(const char *name);

/* Sets what precedes the text of each line from now on, as "SUBJECT: text": the
 * name of the tunnel that it is about.  The string is borrowed; NULL, at first:
 * nothing. */
void log_set_subject(const char *subject);

/* Sets where lines go; NULL, at first: to the file of log_open_file() or else
 * to stderr, as "2026-01-31 12:00:00 INFO     NAME: text". */
void log_set_sink(log_sink *sink);

/* Sets what is called for warnings and errors, besides the sink; NULL, at
 * first: nothing. */
void log_set_watcher(log_watcher *watcher, void *arg);

/* Sets the clock for lines in a file or on stderr; NULL, at first: no time. */
void log_set_clock(log_clock *clock);

/* While starting is true, errors go to stderr as well as to the log, so that
 * the user who typed the command sees why it ended. */
void log_set_starting(bool starting);

/* Opens the terminal or pipe of stderr for lines of the log, so that these
 * never wait for its reader; until then, and where that cannot be done, they
 * may. */
void log_open_stderr(void);

/* Sends lines to the end of a file, in the format of stderr; 0, or -1 and
 * errno. */
int log_open_file(const char *path);

/* The descriptor of the log's file when log_open_file() created it, else -1: it
 * may be given to the user that the program becomes. */
int log_created_file(void);

/* Opens the file's path again after the log was rotated.  0, also when there is
 * no file; -1 and errno when that failed: the old file stays open. */
int log_reopen_file(void);

/* Where lines go: a descriptor that stays the log's, or -1: to the sink. */
int log_descriptor(void);

/* Lines go to that open file from now on; takes it over and closes the one that
 * was open.  path: its path, copied; NULL: as before. */
void log_use(int fd, const char *path);

/* The path of the log's file, absolute, or NULL. */
const char *log_file_path(void);

/* Writes text as it is to where the log's lines go.  Safe in signal
 * handlers. */
void log_write_raw(const char *text);

void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_trace(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The rate limit of one kind of line: a burst of 5, then one in 10 s, and a new
 * burst after 10 s in which no line was held back.  Zeroed is ready to use. */
struct log_limit {
	uint64_t since_ms;	/* start of the window */
	unsigned in_window;	/* lines written in it */
	unsigned long held;	/* lines held back since the last written */
};

/* Writes a line if the rate limit allows it, with the number of those held back
 * before it.  now_ms: loop_now(). */
void log_limited(struct log_limit *limit, uint64_t now_ms,
    enum log_level level, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Ends the program for a mistake of the user's, on the command line or in a
 * file that it names: exit status 2. */
NORETURN void die_usage(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Sets the exit status of die_usage(), for commands that replace a tool whose
 * status differs. */
void die_usage_status(int status);

/* Sets what is called, once, with the exit status before one of these functions
 * ends the program; NULL, at first: nothing. */
void die_set_last(void (*last)(int status));

/* Ends the program with that status, as these functions do. */
NORETURN void die_status(int status);

/* Ends the program for a failure of the system; appends the text of errno.
 * Exit status 1. */
NORETURN void die_system(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Reports a bug with file and line, and aborts. */
NORETURN void die_bug(const char *file, int line, const char *what);

/* Aborts unless the condition is true, which it must be for any input.  A build
 * without texts reports file and line alone. */
#define must(condition) \
	((condition) ? (void)0 : \
	die_bug(__FILE__, __LINE__, HELP(#condition)))

#endif
