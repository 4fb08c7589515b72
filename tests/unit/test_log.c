/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/log.h: lines, where they are written, and those at the end.  Writes
 * test_log.tmp, test_log.old, test_log.new and test_log.err in the current
 * folder.
 *
 * NOTES.  The source of the log is compiled into this test, with an exit() and
 * an abort() that return.
 */

#include "compat.h"

#include <setjmp.h>

#include "tap.h"

#define PATH "test_log.tmp"
#define OLD "test_log.old"
#define FRESH "test_log.new"
#define ERR "test_log.err"

static jmp_buf back;

/* exit(): returns its status, plus 100, to try(). */
NORETURN static void
test_exit(int status)
{
	longjmp(back, status + 100);
}

/* abort(): the same, with 200. */
NORETURN static void
test_abort(void)
{
	longjmp(back, 200);
}

#define exit test_exit
#define abort test_abort
#include "base/log.c"
#undef exit
#undef abort

static char caught[2000];	/* the last line that the sink got */
static enum log_level caught_level;
static int caught_count;

/* A clock: always the same. */
static void
stamp_line(char stamp[20])
{
	strlcpy(stamp, "2026-01-31 12:00:00", 20);
}

/* A sink that remembers. */
static void
sink(enum log_level level, const char *line)
{
	strlcpy(caught, line, sizeof(caught));
	caught_level = level;
	caught_count++;
}

/* What a file holds. */
static const char *
content(const char *path)
{
	static char text[8000];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return "(no file)";
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* What was written to stderr since the last call. */
static const char *
words(void)
{
	static char all[8000];
	static size_t at;
	const char *now = content(ERR);
	size_t from = at;

	strlcpy(all, now, sizeof(all));
	at = strlen(all);
	return all + from;
}

/* Lines on stderr. */
static void
test_lines(void)
{
	log_info("at first");
	is_str(words(), "INFO     adit: at first\n",
	    "without a clock a line has no time");
	log_set_clock(stamp_line);
	log_info("udp-listen: bound (%s)", "127.0.0.1:8911");
	is_str(words(), "2026-01-31 12:00:00 INFO     adit: udp-listen: bound "
	    "(127.0.0.1:8911)\n", "a line has its stamp, level and name");
	log_set_name("uotp-client");
	log_error("a");
	log_warn("b");
	log_debug("c");
	log_trace("d");
	is_str(words(), "2026-01-31 12:00:00 ERROR    uotp-client: a\n"
	    "2026-01-31 12:00:00 WARNING  uotp-client: b\n",
	    "at first lines up to info are written");
	log_set_level(LEVEL_TRACE);
	log_debug("c");
	log_trace("d");
	is_str(words(), "2026-01-31 12:00:00 DEBUG    uotp-client: c\n"
	    "2026-01-31 12:00:00 TRACE    uotp-client: d\n",
	    "then as the level is set");
	log_set_level(LEVEL_ERROR);
	log_warn("b");
	is_str(words(), "", "less, too");
	ok(log_wants(LEVEL_ERROR) && !log_wants(LEVEL_WARN),
	    "which can be asked");
	log_set_level(LEVEL_INFO);
	errno = EDOM;
	log_info("x");
	is_int(errno, EDOM, "errno stays as it was");
	words();
}

/* The sink gets the bare line. */
static void
test_sink(void)
{
	char message[1500];
	size_t i, n;

	log_set_sink(sink);
	log_warn("tls: refused (%d)", 5);
	is_str(caught, "tls: refused (5)", "a sink gets the bare line");
	is_int(caught_level, LEVEL_WARN, "and its level");
	is_str(words(), "", "stderr gets nothing then");
	log_info("a\nb\r\x1b[1m\x7f\tz \xc3\xa4");
	is_str(caught, "a\\x0ab\\x0d\\x1b[1m\\x7f\\x09z \xc3\xa4",
	    "control characters are escaped, UTF-8 stays");
	memset(message, 'm', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	log_info("%s", message);
	n = strlen(caught);
	ok(n < 1024 && n > 1000, "a long line is cut (%lu bytes)",
	    (unsigned long)n);
	is_str(caught + n - 4, "m...", "which shows");
	memset(message, '\n', sizeof(message) - 1);
	log_info("%s", message);
	n = strlen(caught);
	ok(n < 1024 && n % 4 == 3 && strcmp(caught + n - 7, "\\x0a...") == 0,
	    "no escape is torn");
	for (n = 0; n < 4; n++) {
		memset(message, 'm', n);
		for (i = n; i < sizeof(message) - 4; i += 4)
			memcpy(message + i, "\xf0\x9f\x98\x80", 4);
		message[i] = '\0';
		log_info("%s", message);
		ok(strcmp(strchr(caught, '\0') - 7, "\xf0\x9f\x98\x80...")
		    == 0, "no character is torn");
	}
	memset(message, '\x80', sizeof(message) - 1);
	log_info("%s", message);
	is_str(caught, "...", "what is no UTF-8 does no harm");
	log_set_sink(NULL);
}

/* A file, moved away and opened again. */
static void
test_file(void)
{
	remove(PATH);
	remove(OLD);
	is_int(log_open_file("no/such/folder/x"), -1, "a file that cannot be");
	is_int(errno, ENOENT, "errno says why");
	log_reopen_file();
	log_info("still here");
	ok(strstr(words(), "still here") != NULL, "stderr is kept then");
	is_int(log_open_file(PATH), 0, "a file is opened");
	log_info("one");
	is_str(content(PATH), "2026-01-31 12:00:00 INFO     uotp-client: "
	    "one\n", "a line is in the file at once");
	is_str(words(), "", "stderr gets nothing");
	/* Windows moves no open file: there the name stays. */
	if (rename(PATH, OLD) != 0)
		ok(true, "open files cannot be moved here # SKIP");
	else {
		log_info("two");
		ok(strstr(content(OLD), "two") != NULL,
		    "a file that was moved is written on");
	}
	log_reopen_file();
	log_info("three");
	ok(strstr(content(PATH), "three") != NULL,
	    "after opening it again there is a new one");
	log_reopen_file();
	log_info("four");
	ok(strstr(content(PATH), "three") != NULL &&
	    strstr(content(PATH), "four") != NULL, "files are appended to");
}

/* Lines that were lost. */
static void
test_lost(void)
{
	remove(FRESH);
	is_int(log_open_file(FRESH), 0, "a new file is made");
	ok(log_created_file() >= 0, "it is known as ours");
	is_int(log_open_file(FRESH), 0, "and can be opened once more");
	is_int(log_created_file(), -1, "which does not make it");
	output.lost = 12;
	log_info("next");
	is_str(content(FRESH), "2026-01-31 12:00:00 WARNING  uotp-client: log: "
	    "12 lines were lost: nobody read them, or the disk was full\n"
	    "2026-01-31 12:00:00 INFO     uotp-client: next\n",
	    "lost lines are told before the next");
	log_info("last");
	is_int((int)output.lost, 0, "once");
	output.lost = 1;
	log_reopen_file();
	log_info("later");
	ok(strstr(content(FRESH), "log: 1 line was lost") != NULL,
	    "another file does not make them forgotten");
}

/* Lines that a stranger can cause. */
static void
test_limit(void)
{
	struct log_limit limit = { 0, 0, 0 };
	int i;

	log_set_sink(sink);
	caught_count = 0;
	for (i = 0; i < 8; i++)
		log_limited(&limit, 50, LEVEL_WARN, "dropped %d", i);
	is_int(caught_count, 5, "a burst of 5 lines is written");
	is_str(caught, "dropped 4", "the first 5");
	log_limited(&limit, 10049, LEVEL_WARN, "dropped");
	is_int(caught_count, 5, "none for the rest of 10 s");
	log_limited(&limit, 10050, LEVEL_WARN, "dropped");
	is_str(caught, "dropped (4 more held back)",
	    "then one, which says how many were held back");
	log_limited(&limit, 10051, LEVEL_WARN, "dropped");
	log_limited(&limit, 20049, LEVEL_WARN, "dropped");
	is_int(caught_count, 6, "one line in 10 s");
	log_limited(&limit, 20050, LEVEL_WARN, "dropped");
	is_str(caught, "dropped (2 more held back)", "and so on");
	for (i = 0; i < 8; i++)
		log_limited(&limit, 30050, LEVEL_WARN, "dropped");
	is_int(caught_count, 12, "after a quiet window there is a new burst");
	log_limited(&limit, 99999, LEVEL_DEBUG, "dropped");
	is_int(limit.held, 3, "lines below the level do not count");
	log_set_sink(NULL);
}

/* Calls one of the ways to die; returns its status. */
static int
try(int way)
{
	int status = setjmp(back);

	if (status != 0)
		return status;
	errno = EACCES;
	if (way == 0)
		die_usage("--bind-port: \"%d\" is not in 1 to 65535", 99999);
	if (way == 1)
		die_system("%s", "/dev/net/tun");
	must(way == 3);
	return 0;
}

/* The three ways to die; the log is still a file. */
static void
test_death(void)
{
	char want[100];

	words();
	is_int(try(0), 102, "the user's error ends with 2");
	is_str(words(), "uotp-client: --bind-port: \"99999\" is not in 1 to "
	    "65535\n", "and stands on stderr without stamp");
	ok(strstr(content(FRESH), "CRITICAL uotp-client: --bind-port: ") !=
	    NULL, "and in the log's file");
	log_set_sink(sink);
	is_int(try(1), 101, "the system's refusal ends with 1");
	snprintf(want, sizeof(want), "/dev/net/tun: %s", strerror(EACCES));
	is_str(caught, want, "and says why, in the log's sink");
	is_str(text_after(words(), "uotp-client: "), "/dev/net/tun: "
	    "Permission denied\n", "and on stderr");
	is_int(caught_level, LEVEL_FATAL, "as fatal");
	is_int(try(2), 200, "our own mistake aborts");
	ok(strstr(caught, "test_log.c:") != NULL &&
	    strstr(caught, HELP("way == 3")) != NULL,
	    "with file, line and what must have been true");
	is_int(try(3), 0, "what is true goes on");
	log_set_sink(NULL);
}

int
main(void)
{
	if (freopen(ERR, "w", stderr) == NULL) {
		perror(ERR);
		return 1;
	}
	setvbuf(stderr, NULL, _IONBF, 0);
	test_lines();
	test_sink();
	test_file();
	test_lost();
	test_limit();
	test_death();
	output_close(sinks.fd);
	fclose(stderr);
	remove(PATH);
	remove(OLD);
	remove(FRESH);
	remove(ERR);
	return done_testing();
}
