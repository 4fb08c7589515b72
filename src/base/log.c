/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log, and the functions that end the program with a message.
 */

#include "compat.h"

#include "base/log.h"
#include "base/text.h"

enum {
	LINE_SIZE = 1024,	/* bytes of a line, newline included, at most */
	LIMIT_BURST = 5,	/* lines of one kind in a first window */
	LIMIT_WINDOW_MS = 10000,	/* later windows have one line */
};

static struct {
	enum log_level level;
	const char *name;	/* NULL: none was set */
	log_sink *sink;		/* NULL: the file */
	log_clock *clock;	/* NULL: lines have no time */
	FILE *file;		/* NULL: stderr */
	char *path;		/* of the file, absolute */
	bool starting;		/* errors go to stderr as well */
} sinks = { .level = LEVEL_INFO };

void
log_set_level(enum log_level level)
{
	sinks.level = level;
}

bool
log_wants(enum log_level level)
{
	return level <= sinks.level;
}

void
log_set_name(const char *name)
{
	sinks.name = name;
}

void
log_set_sink(log_sink *sink)
{
	sinks.sink = sink;
}

void
log_set_clock(log_clock *clock)
{
	sinks.clock = clock;
}

void
log_set_starting(bool starting)
{
	sinks.starting = starting;
}

/* Opens for appending, unbuffered: each line is one write. */
static FILE *
open_file(const char *path)
{
	FILE *f = fopen(path, "a");

	if (f != NULL)
		setvbuf(f, NULL, _IONBF, 0);
	return f;
}

/* Replaces the log file; closes the previous one. */
static void
replace_file(FILE *f)
{
	if (sinks.file != NULL)
		fclose(sinks.file);
	sinks.file = f;
}

int
log_open_file(const char *path)
{
	FILE *f = open_file(path);

	if (f == NULL)
		return -1;
	free(sinks.path);
	/* A daemon changes its folder: log_reopen_file() needs this. */
	sinks.path = path_absolute(path);
	replace_file(f);
	return 0;
}

int
log_reopen_file(void)
{
	FILE *f;

	if (sinks.path == NULL)
		return 0;
	f = open_file(sinks.path);
	if (f == NULL) {
		log_error("%s: %s; the log stays in the file that was open",
		    sinks.path, strerror(errno));
		return -1;
	}
	replace_file(f);
	return 0;
}

/* The name of the program in lines. */
static const char *
program_name(void)
{
	return sinks.name != NULL ? sinks.name : "adit";
}

/* The name of a level as Python's logging has it, which log readers know. */
static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LEVEL_FATAL:
		return "CRITICAL";
	case LEVEL_ERROR:
		return "ERROR";
	case LEVEL_WARN:
		return "WARNING";
	case LEVEL_INFO:
		return "INFO";
	case LEVEL_DEBUG:
		return "DEBUG";
	case LEVEL_TRACE:
		return "TRACE";
	}
	return "";
}

/* Appends a message and escapes its control characters.  A message that is too
 * long is cut, between UTF-8 characters, and ends with "...". */
static void
add_clean(struct text *t, const char *message)
{
	const char *p;

	for (p = message; *p != '\0' && t->room >= sizeof("\\xNN..."); p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			text_add(t, "\\x%02x", (unsigned)*p);
		else
			text_add(t, "%c", *p);
	}
	if (*p == '\0')
		return;
	while (p > message && (*p & 0xc0) == 0x80) {
		p--;
		t->at--;
		t->room++;
	}
	text_add(t, "...");
}

/* Writes a line and a newline in one piece; ignores errors. */
static void
write_line(FILE *f, struct text *t, const char *line)
{
	memcpy(t->at, "\n", 2);
	fwrite(line, 1, strlen(line), f);
	clearerr(f);
}

/* Writes "NAME: message" to stderr, for the user who typed the command. */
static void
print_stderr(const char *message)
{
	char line[LINE_SIZE];
	struct text t;

	text_init(&t, line, sizeof(line) - 1);
	text_add(&t, "%.64s: ", program_name());
	add_clean(&t, message);
	write_line(stderr, &t, line);
}

/* Writes a message to the sink, the file or stderr. */
static void
emit(enum log_level level, const char *message)
{
	char line[LINE_SIZE], stamp[20];
	struct text t;

	if (sinks.starting && level == LEVEL_ERROR &&
	    (sinks.sink != NULL || sinks.file != NULL))
		print_stderr(message);
	text_init(&t, line, sizeof(line) - 1);
	if (sinks.sink != NULL) {
		add_clean(&t, message);
		sinks.sink(level, line);
		return;
	}
	if (sinks.clock != NULL) {
		sinks.clock(stamp);
		text_add(&t, "%.19s ", stamp);
	}
	text_add(&t, "%-8s %.64s: ", level_name(level), program_name());
	add_clean(&t, message);
	write_line(sinks.file != NULL ? sinks.file : stderr, &t, line);
}

/* Formats a message and writes it; preserves errno. */
static void PRINTF_LIKE(3, 0)
log_va(enum log_level level, unsigned long held, const char *fmt, va_list ap)
{
	char message[LINE_SIZE];
	int saved = errno;
	struct text t;

	text_init(&t, message, sizeof(message));
	text_add_va(&t, fmt, ap);
	if (held > 0)
		text_add(&t, " (%lu more held back)", held);
	emit(level, message);
	errno = saved;
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LEVEL_ERROR))
		return;
	va_start(ap, fmt);
	log_va(LEVEL_ERROR, 0, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LEVEL_WARN))
		return;
	va_start(ap, fmt);
	log_va(LEVEL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LEVEL_INFO))
		return;
	va_start(ap, fmt);
	log_va(LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LEVEL_DEBUG))
		return;
	va_start(ap, fmt);
	log_va(LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
log_trace(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LEVEL_TRACE))
		return;
	va_start(ap, fmt);
	log_va(LEVEL_TRACE, 0, fmt, ap);
	va_end(ap);
}

void
log_limited(struct log_limit *limit, uint64_t now_ms, enum log_level level,
    const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(level))
		return;
	if (limit->in_window == 0 ||
	    now_ms - limit->since_ms >= LIMIT_WINDOW_MS) {
		/* Only after a window that held nothing back is a full burst
		 * allowed again. */
		limit->in_window = limit->held > 0 ? LIMIT_BURST - 1 : 0;
		limit->since_ms = now_ms;
	}
	if (limit->in_window >= LIMIT_BURST) {
		limit->held++;
		return;
	}
	limit->in_window++;
	va_start(ap, fmt);
	log_va(level, limit->held, fmt, ap);
	va_end(ap);
	limit->held = 0;
}

/* Writes a fatal error to stderr and, where the log is not stderr, to the
 * log. */
static void
write_fatal(const char *message)
{
	print_stderr(message);
	if (sinks.sink != NULL || sinks.file != NULL)
		emit(LEVEL_FATAL, message);
}

/* The exit status of die_usage(). */
static int usage_status = 2;

void
die_usage_status(int status)
{
	usage_status = status;
}

void
die_usage(const char *fmt, ...)
{
	char message[LINE_SIZE];
	struct text t;
	va_list ap;

	text_init(&t, message, sizeof(message));
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
	write_fatal(message);
	exit(usage_status);
}

void
die_system(const char *fmt, ...)
{
	char message[LINE_SIZE];
	int error = errno;
	struct text t;
	va_list ap;

	text_init(&t, message, sizeof(message));
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
	text_add(&t, ": %s", strerror(error));
	write_fatal(message);
	exit(1);
}

void
die_bug(const char *file, int line, const char *what)
{
	char message[LINE_SIZE];
	struct text t;

	text_init(&t, message, sizeof(message));
	text_add(&t, "%s:%d: this must be true: %s", file, line, what);
	write_fatal(message);
	abort();
}
