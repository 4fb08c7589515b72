/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log, and the functions that end the program with a message.
 */

#include "compat.h"

#include "base/log.h"

#include "base/log_output.h"
#include "base/text.h"

#include "output.h"

enum {
	STDERR = 2,		/* its descriptor */
	LIMIT_BURST = 5,	/* lines of one kind in a first window */
	LIMIT_WINDOW_MS = 10000,	/* later windows have one line */
};

static struct {
	enum log_level level;
	const char *name;	/* NULL: none was set */
	const char *subject;	/* NULL: none */
	log_sink *sink;		/* NULL: the file */
	log_watcher *watcher;	/* NULL: none */
	void *watcher_arg;
	log_clock *clock;	/* NULL: lines have no time */
	char *path;		/* of the file, absolute; NULL: stderr */
	bool created;		/* the file was not there before */
	int fd;			/* the file or stderr */
	bool starting;		/* errors go to stderr as well */
} sinks = { .level = LEVEL_INFO, .fd = STDERR };

/* What is written to sinks.fd; as a member of the above it would be a kilobyte
 * of zeroes in the program's file. */
static struct log_output output;

void
log_set_level(enum log_level level)
{
	sinks.level = level;
}

enum log_level
log_level_now(void)
{
	return sinks.level;
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
log_set_subject(const char *subject)
{
	sinks.subject = subject;
}

void
log_set_sink(log_sink *sink)
{
	sinks.sink = sink;
}

void
log_set_watcher(log_watcher *watcher, void *arg)
{
	sinks.watcher = watcher;
	sinks.watcher_arg = arg;
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

/* Lines go to that descriptor from now on; closes the previous one. */
static void
log_replace(int fd)
{
	unsigned long lost = output.lost;

	output_close(sinks.fd);
	log_output_init(&output, fd);
	output.lost = lost;
	sinks.fd = fd;
}

void
log_open_stderr(void)
{
	if (sinks.path == NULL)
		log_replace(output_stderr());
}

int
log_open_file(const char *path)
{
	/* A daemon changes its folder: log_reopen_file() needs this. */
	char *whole = path_absolute(path);
	int fd;

	if (whole == NULL)
		return -1;
	fd = output_open(whole, &sinks.created);
	if (fd < 0) {
		free(whole);
		return -1;
	}
	free(sinks.path);
	sinks.path = whole;
	log_replace(fd);
	return 0;
}

int
log_created_file(void)
{
	return sinks.path != NULL && sinks.created ? sinks.fd : -1;
}

int
log_reopen_file(void)
{
	int fd;

	if (sinks.path == NULL)
		return 0;
	fd = output_open(sinks.path, &sinks.created);
	if (fd < 0)
		return -1;
	log_replace(fd);
	return 0;
}

int
log_descriptor(void)
{
	return sinks.sink == NULL ? sinks.fd : -1;
}

void
log_use(int fd, const char *path)
{
	char *whole = path == NULL ? NULL : path_absolute(path);

	if (whole != NULL) {
		free(sinks.path);
		sinks.path = whole;
		sinks.created = false;
	}
	log_replace(fd);
}

const char *
log_file_path(void)
{
	return sinks.path;
}

void
log_write_raw(const char *text)
{
	(void)output_write(sinks.fd, text, strlen(text));
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

/* How many of the first bytes are no control characters; at most that many. */
static size_t
count_clean(const char *p, size_t max)
{
	size_t n;

	for (n = 0; n < max && (unsigned char)p[n] >= ' ' && p[n] != 0x7f; )
		n++;
	return n;
}

/* Appends the subject, if there is one, then a message, and escapes its control
 * characters.  A message that is too
 * long is cut, between UTF-8 characters, and ends with "...". */
static void
add_clean(struct text *t, const char *message)
{
	const size_t reserve = sizeof("\\xNN...");
	const char *p;
	size_t n;

	if (sinks.subject != NULL)
		text_add(t, "%.64s: ", sinks.subject);
	for (p = message; *p != '\0' && t->room >= reserve; p += n) {
		n = count_clean(p, t->room - reserve + 1);
		if (n > 0) {
			text_add(t, "%.*s", (int)n, p);
		} else {
			text_add(t, "\\x%02x", (unsigned)*p);
			n = 1;
		}
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

/* Starts a line with time, level and name. */
static void
add_head(struct text *t, enum log_level level)
{
	char stamp[20];

	if (sinks.clock != NULL) {
		sinks.clock(stamp);
		text_add(t, "%.19s ", stamp);
	}
	text_add(t, "%-8s %.64s: ", level_name(level), program_name());
}

/* Writes a line with a newline, for which there is room; after lines that were
 * lost it says how many first. */
static void
write_line(struct log_output *o, struct text *t, const char *line)
{
	char notice[LOG_LINE_SIZE];
	struct text n;

	if (o->lost > 0) {
		text_init(&n, notice, sizeof(notice));
		add_head(&n, LEVEL_WARN);
		text_add(&n, "log: %lu line%s lost: nobody read %s, or the "
		    "disk was full\n", o->lost,
		    o->lost == 1 ? " was" : "s were",
		    o->lost == 1 ? "it" : "them");
		if (log_output_line(o, notice, strlen(notice)))
			o->lost = 0;
	}
	memcpy(t->at, "\n", 2);
	(void)log_output_line(o, line, strlen(line));
}

/* Writes "NAME: message" to stderr, for the user who typed the command. */
static void
print_stderr(const char *message)
{
	struct log_output once;
	char line[LOG_LINE_SIZE];
	struct text t;

	log_output_init(&once, output_stderr());
	text_init(&t, line, sizeof(line) - 1);
	text_add(&t, "%.64s: ", program_name());
	add_clean(&t, message);
	write_line(&once, &t, line);
	output_close(once.fd);
}

/* Writes a message to the sink, the file or stderr. */
static void
emit(enum log_level level, const char *message)
{
	char line[LOG_LINE_SIZE];
	struct text t;

	if (sinks.starting && level == LEVEL_ERROR &&
	    (sinks.sink != NULL || sinks.path != NULL))
		print_stderr(message);
	if (sinks.watcher != NULL && level <= LEVEL_WARN)
		sinks.watcher(sinks.watcher_arg, sinks.subject, message);
	text_init(&t, line, sizeof(line) - 1);
	if (sinks.sink != NULL) {
		add_clean(&t, message);
		sinks.sink(level, line);
		return;
	}
	add_head(&t, level);
	add_clean(&t, message);
	output.fd = sinks.fd;
	write_line(&output, &t, line);
}

/* Formats a message and writes it; preserves errno. */
static void PRINTF_LIKE(3, 0)
log_va(enum log_level level, unsigned long held, const char *fmt, va_list ap)
{
	char message[LOG_LINE_SIZE];
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
	if (sinks.sink != NULL || sinks.path != NULL)
		emit(LEVEL_FATAL, message);
}

/* The exit status of die_usage(). */
static int usage_status = 2;
static void (*call_last)(int);	/* before the end; NULL: nothing */

void
die_usage_status(int status)
{
	usage_status = status;
}

void
die_set_last(void (*last)(int status))
{
	call_last = last;
}

void
die_status(int status)
{
	void (*last)(int) = call_last;

	call_last = NULL;
	if (last != NULL)
		last(status);
	exit(status);
}

void
die_usage(const char *fmt, ...)
{
	char message[LOG_LINE_SIZE];
	struct text t;
	va_list ap;

	text_init(&t, message, sizeof(message));
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
	write_fatal(message);
	die_status(usage_status);
}

void
die_system(const char *fmt, ...)
{
	char message[LOG_LINE_SIZE];
	int error = errno;
	struct text t;
	va_list ap;

	text_init(&t, message, sizeof(message));
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
	text_add(&t, ": %s", strerror(error));
	write_fatal(message);
	die_status(1);
}

void
die_bug(const char *file, int line, const char *what)
{
	char message[LOG_LINE_SIZE];
	struct text t;

	text_init(&t, message, sizeof(message));
	text_add(&t, "%s:%d: this must be true: %s", file, line, what);
	write_fatal(message);
	abort();
}
