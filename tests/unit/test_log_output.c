/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/log_output.h: lines for a reader that is slow.  The source is compiled
 * into this test with a descriptor that takes what it is told to take.
 */

#include "compat.h"

#include <string.h>

#include "tap.h"

#include "output.h"

static int takes;		/* bytes that each write takes; -1: fails */
static char taken[5000];	/* all bytes that were taken */
static int writes;

/* output_write(). */
static int
test_write(int fd, const char *bytes, size_t n)
{
	size_t most = takes < 0 ? 0 : (size_t)takes;

	(void)fd;
	writes++;
	if (takes < 0) {
		errno = EAGAIN;
		return -1;
	}
	if (n > most)
		n = most;
	strncat(taken, bytes, n);
	return (int)n;
}

#define output_write test_write
#include "base/log_output.c"
#undef output_write

/* Writes a line. */
static bool
put(struct log_output *o, const char *line)
{
	return log_output_line(o, line, strlen(line));
}

/* A reader that takes all, nothing, and all again. */
static void
test_lost(void)
{
	struct log_output o;

	log_output_init(&o, 3);
	taken[0] = '\0';
	takes = 1000;
	ok(put(&o, "one\n"), "a line is written");
	takes = -1;
	ok(!put(&o, "two\n"), "one that is not taken is lost");
	ok(!put(&o, "three\n"), "and the next");
	is_int((int)o.lost, 2, "they are counted");
	takes = 1000;
	ok(put(&o, "four\n"), "later ones are written");
	is_str(taken, "one\nfour\n", "without those that were lost");
	is_int((int)o.lost, 2, "the count stays until the owner has told it");
}

/* A reader that takes pieces. */
static void
test_pieces(void)
{
	struct log_output o;
	int i;

	log_output_init(&o, 3);
	taken[0] = '\0';
	takes = 4;
	ok(put(&o, "0123456789\n"), "a line that is taken in part counts");
	is_str(taken, "0123", "its beginning is written");
	ok(!put(&o, "lost\n"), "none is begun before its end is written");
	is_str(taken, "01234567", "of which the next write does a piece");
	takes = -1;
	for (i = 0; i < 3; i++)
		(void)put(&o, "lost\n");
	is_str(taken, "01234567", "a reader that stopped gets nothing");
	is_int((int)o.lost, 4, "what came meanwhile is lost");
	takes = 1000;
	ok(put(&o, "next\n"), "a quick reader gets all");
	is_str(taken, "0123456789\nnext\n", "whole lines, in order");
	writes = 0;
	(void)put(&o, "last\n");
	is_int(writes, 1, "one write for each line");
}

/* The longest line, byte by byte. */
static void
test_longest(void)
{
	char line[LOG_LINE_SIZE];
	struct log_output o;
	int i;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	log_output_init(&o, 3);
	taken[0] = '\0';
	takes = 1;
	ok(log_output_line(&o, line, sizeof(line)), "a line of the most bytes");
	for (i = 0; i < LOG_LINE_SIZE - 2; i++)
		(void)log_output_line(&o, line, sizeof(line));
	is_int((int)o.n_rest, 1, "all but one byte are written");
	takes = 1000000;
	ok(log_output_line(&o, line, sizeof(line)), "then another");
	is_int((int)strlen(taken), 2 * LOG_LINE_SIZE, "and both are whole");
}

int
main(void)
{
	test_lost();
	test_pieces();
	test_longest();
	return done_testing();
}
