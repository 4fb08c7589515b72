/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A floor for the time by which certificates are judged.
 */

#include "compat.h"

#include <string.h>

#include "net/clock_floor.h"

#include "folder.h"

#include "base/file.h"
#include "base/log.h"
#include "base/release.h"
#include "base/value.h"

enum {
	FLOOR_LOOK_MS = 10000,	/* between looks at a wrong clock */
	FLOOR_WRITE_S = 86400,	/* between writes of the last good time */
	FLOOR_ENTRIES = 1000,	/* looked at in the folder, at most */
	FLOOR_PATH = 1024,	/* bytes */
	FLOOR_TEXT = 21,	/* bytes of the last good time, as text */
};

/* Twenty years: a later date of a file, or time in the file, is a mistake. */
#define FLOOR_SPAN_S INT64_C(631152000)

const struct clock_floor_files clock_floor_files = {
	"/etc", ADIT_LOCALSTATEDIR "/lib/adit/clock", "/etc/openwrt_release"
};

/* Can that time be right? */
static bool
floor_is_likely(int64_t time_s)
{
	return time_s >= CLOCK_LEAST_S &&
	    time_s - CLOCK_LEAST_S < FLOOR_SPAN_S;
}

/* Raises the floor to a time, if that is likely. */
static void
floor_raise(struct clock_floor *f, int64_t time_s)
{
	if (floor_is_likely(time_s) && time_s > f->least_s)
		f->least_s = time_s;
}

/* Raises the floor to the date of the newest file of a folder. */
static void
floor_look_at(struct clock_floor *f, const char *folder)
{
	struct file_stamp stamp;
	struct folder *dir = folder_open(folder);
	char path[FLOOR_PATH];
	const char *name;
	int i, n;

	for (i = 0; dir != NULL && i < FLOOR_ENTRIES &&
	    (name = folder_next(dir)) != NULL; i++) {
		n = snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (n > 0 && (size_t)n < sizeof(path) &&
		    file_look(path, &stamp) == 0)
			floor_raise(f, stamp.changed_s);
	}
	if (dir != NULL)
		folder_close(dir);
}

/* Opens the file of the last good time, and raises the floor to that. */
static void
floor_open(struct clock_floor *f, const struct clock_floor_files *files)
{
	char text[FLOOR_TEXT + 1];
	struct file_stamp stamp;
	int64_t good_s;
	size_t n;

	if (file_look(files->never, &stamp) == 0)
		return;
	f->good = fopen_kept(files->good);
	if (f->good == NULL)
		return;
	setvbuf(f->good, NULL, _IONBF, 0);
	n = fread(text, 1, sizeof(text) - 1, f->good);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (value_parse_int(text, &good_s) == 0 && floor_is_likely(good_s)) {
		f->written_s = good_s;
		floor_raise(f, good_s);
	}
}

void
clock_floor_start(struct clock_floor *f, struct loop *loop,
    const struct clock_floor_files *files)
{
	memset(f, 0, sizeof(*f));
	f->loop = loop;
	f->least_s = CLOCK_LEAST_S;
	list_init(&f->judged);
	floor_open(f, files);
	if (clock_wall_s() < f->least_s)
		floor_look_at(f, files->folder);
	loop_set_clock_floor(loop, f);
}

void
clock_floor_stop(struct clock_floor *f)
{
	if (f->loop == NULL)
		return;
	timer_stop(&f->timer);
	loop_set_clock_floor(f->loop, NULL);
	if (f->good != NULL)
		fclose(f->good);
	f->good = NULL;
	f->loop = NULL;
}

bool
clock_floor_is_used(const struct clock_floor *f)
{
	return f != NULL && clock_wall_s() < f->least_s;
}

int64_t
clock_floor_now_s(struct clock_floor *f)
{
	char now[20], floor[20];

	if (!clock_floor_is_used(f))
		return clock_wall_s();
	if (!f->told) {
		f->told = true;
		clock_wall_text(clock_wall_s(), now);
		clock_wall_text(f->least_s, floor);
		log_warn("the clock says %s, which cannot be: certificates "
		    "are judged as of %s until it is set", now, floor);
	}
	return f->least_s;
}

/* Judges all again, as the clock is right now. */
static void
floor_judge(struct clock_floor *f)
{
	int64_t now_s = clock_wall_s();
	struct clock_judged *j;

	while (!list_empty(&f->judged)) {
		j = LIST_ITEM(f->judged.next, struct clock_judged, link);
		list_remove(&j->link);
		if (j->until_s < now_s)
			j->expired(j);
	}
}

/* It is time to look at the clock. */
static void
floor_look(struct timer *t)
{
	struct clock_floor *f = LIST_ITEM(t, struct clock_floor, timer);
	char now[20];

	if (list_empty(&f->judged))
		return;
	if (clock_floor_is_used(f)) {
		timer_set(t, f->loop, loop_now(f->loop) + FLOOR_LOOK_MS,
		    floor_look);
		return;
	}
	clock_wall_text(clock_wall_s(), now);
	log_info("the clock says %s now: the certificates in use are judged "
	    "again", now);
	f->told = false;
	floor_judge(f);
}

void
clock_floor_judged(struct clock_floor *f, struct clock_judged *j,
    int64_t until_s, void (*expired)(struct clock_judged *))
{
	const char *subject;

	j->until_s = until_s;
	j->expired = expired;
	list_add(&f->judged, &j->link);
	if (timer_is_set(&f->timer))
		return;
	/* It is not one tunnel's. */
	subject = loop_set_subject(f->loop, NULL);
	timer_set(&f->timer, f->loop, loop_now(f->loop) + FLOOR_LOOK_MS,
	    floor_look);
	loop_set_subject(f->loop, subject);
}

void
clock_floor_forget(struct clock_judged *j)
{
	if (j->expired != NULL)
		list_remove(&j->link);
}

void
clock_floor_good(struct clock_floor *f)
{
	char text[FLOOR_TEXT + 1];
	int64_t now_s = clock_wall_s();
	int n;

	if (f == NULL || f->good == NULL || !floor_is_likely(now_s) ||
	    now_s < f->written_s + FLOOR_WRITE_S)
		return;
	/* As long as the one before it, which it replaces. */
	n = snprintf(text, sizeof(text), "%020lld\n", (long long)now_s);
	rewind(f->good);
	if (fwrite(text, 1, (size_t)n, f->good) != (size_t)n)
		log_debug("the last good time cannot be written: %s",
		    strerror(errno));
	f->written_s = now_s;
}
