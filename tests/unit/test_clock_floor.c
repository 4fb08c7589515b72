/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The floor of the clock: where it comes from, and what it says.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#include "net/clock_floor.h"

#include "base/log.h"
#include "base/release.h"

#include "tap.h"

#define DAY_S INT64_C(86400)

#define FOLDER "test_clock_floor.dir"

static int64_t wall_s;
static unsigned logged;

int64_t
clock_wall_s(void)
{
	return wall_s;
}

void
clock_wall_text(int64_t s, char text[20])
{
	snprintf(text, 20, "%lld", (long long)s);
}

/* The rest of compat/clock_posix.c, which the two above replace. */
uint64_t
clock_mono_us(void)
{
	return 0;
}

uint64_t
clock_mono_ms(void)
{
	return 0;
}

uint64_t
clock_slept_ms(void)
{
	return 0;
}

static void
count_line(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
	logged++;
}

static const char *
path_of(const char *name)
{
	static char path[4][100];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), FOLDER "/%s", name);
	return path[i];
}

/* Makes a file with that text and that date. */
static void
make(const char *name, const char *text, int64_t date_s)
{
	struct utimbuf at;
	FILE *f = fopen(path_of(name), "wb");

	if (f == NULL)
		exit(1);
	fputs(text, f);
	fclose(f);
	at.actime = at.modtime = (time_t)date_s;
	if (utime(path_of(name), &at) != 0)
		exit(1);
}

/* The time to judge by when the clock says that. */
static int64_t
judged_s(struct loop *loop, int64_t clock_s)
{
	struct clock_floor_files files;
	struct clock_floor f;
	int64_t now_s;

	files.folder = path_of("etc");
	files.good = path_of("state/clock");
	files.never = path_of("openwrt_release");
	wall_s = clock_s;
	clock_floor_start(&f, loop, &files);
	now_s = clock_floor_now_s(&f);
	clock_floor_stop(&f);
	return now_s;
}

/* The last good time that the file has. */
static const char *
good_text(void)
{
	static char text[40];
	FILE *f = fopen(path_of("state/clock"), "rb");

	text[0] = '\0';
	if (f != NULL && fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

static void
test_sources(struct loop *loop)
{
	is_int(judged_s(loop, 0), CLOCK_LEAST_S, "in 1970: the release");
	is_int(judged_s(loop, CLOCK_LEAST_S + 5), CLOCK_LEAST_S + 5,
	    "later the clock is believed");
	make("etc/hosts", "", CLOCK_LEAST_S + 10 * DAY_S);
	make("etc/passwd", "", CLOCK_LEAST_S + 20 * DAY_S);
	make("etc/old", "", 0);
	make("etc/future", "", CLOCK_LEAST_S + 30 * 365 * DAY_S);
	is_int(judged_s(loop, 0), CLOCK_LEAST_S + 20 * DAY_S,
	    "the newest file of a likely date");
	is_int(judged_s(loop, CLOCK_LEAST_S + 5), CLOCK_LEAST_S + 5,
	    "does not overrule a clock that may be right");
	make("state/clock", "00000000001799999999\n", 0);
	is_int(judged_s(loop, 0), 1799999999, "the last good time");
	is_int(judged_s(loop, CLOCK_LEAST_S + 5), 1799999999,
	    "which the clock cannot be behind");
	make("state/clock", "00000000009999999999\n", 0);
	is_int(judged_s(loop, 0), CLOCK_LEAST_S + 20 * DAY_S,
	    "one that is not likely is ignored");
	make("state/clock", "nonsense", 0);
	is_int(judged_s(loop, 0), CLOCK_LEAST_S + 20 * DAY_S,
	    "as is nonsense");
}

static void
test_good(struct loop *loop)
{
	struct clock_floor_files files;
	struct clock_floor f;

	(void)remove(path_of("state/clock"));
	files.folder = path_of("etc");
	files.good = path_of("state/clock");
	files.never = path_of("openwrt_release");
	wall_s = 0;
	clock_floor_start(&f, loop, &files);
	clock_floor_good(&f);
	is_str(good_text(), "", "1970 is no good time");
	wall_s = 1800000000;
	clock_floor_good(&f);
	is_str(good_text(), "00000000001800000000\n", "a good time is kept");
	wall_s += DAY_S - 1;
	clock_floor_good(&f);
	is_str(good_text(), "00000000001800000000\n", "for a day");
	wall_s++;
	clock_floor_good(&f);
	is_str(good_text(), "00000000001800086400\n", "then it is replaced");
	clock_floor_stop(&f);
	is_int(judged_s(loop, 0), 1800086400, "and read at the next start");
	make("openwrt_release", "", 0);
	is_int(judged_s(loop, 0), CLOCK_LEAST_S + 20 * DAY_S,
	    "but neither read");
	clock_floor_start(&f, loop, &files);
	wall_s = 1900000000;
	clock_floor_good(&f);
	clock_floor_stop(&f);
	is_str(good_text(), "00000000001800086400\n",
	    "nor written on OpenWrt");
	(void)remove(path_of("openwrt_release"));
	(void)remove(path_of("state/clock"));
	(void)rmdir(path_of("state"));
	clock_floor_start(&f, loop, &files);
	clock_floor_good(&f);
	clock_floor_stop(&f);
	is_str(good_text(), "", "nor without its folder");
}

static void
test_told(struct loop *loop)
{
	struct clock_floor_files files;
	struct clock_floor f;

	files.folder = files.good = files.never = path_of("none");
	files.good = path_of("none/clock");
	wall_s = 0;
	logged = 0;
	clock_floor_start(&f, loop, &files);
	is_int(logged, 0, "a floor that nobody asks for is not logged");
	ok(clock_floor_is_used(&f), "it is used");
	(void)clock_floor_now_s(&f);
	(void)clock_floor_now_s(&f);
	is_int(logged, 1, "its use is logged once");
	wall_s = CLOCK_LEAST_S;
	ok(!clock_floor_is_used(&f), "when the clock is set it is not");
	clock_floor_stop(&f);
	is_int(clock_floor_now_s(NULL), CLOCK_LEAST_S,
	    "without a floor it is the clock");
}

int
main(void)
{
	struct loop *loop = sock_init() == 0 ? loop_new(NULL) : NULL;

	if (loop == NULL)
		return 1;
	(void)make_dir(FOLDER);
	(void)make_dir(path_of("etc"));
	(void)make_dir(path_of("state"));
	(void)remove(path_of("state/clock"));
	log_set_sink(count_line);
	test_sources(loop);
	test_good(loop);
	test_told(loop);
	loop_free(loop);
	(void)remove(path_of("etc/hosts"));
	(void)remove(path_of("etc/passwd"));
	(void)remove(path_of("etc/old"));
	(void)remove(path_of("etc/future"));
	(void)rmdir(path_of("etc"));
	(void)rmdir(FOLDER);
	return done_testing();
}
