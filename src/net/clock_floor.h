/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The time to judge certificates by, on machines whose clock is not set yet.
 *
 * NOTES.  A machine without a battery for its clock boots in 1970, or at the
 * time when its firmware was made, and has the time from the network later;
 * until then no certificate would be valid.  So there is a floor, before which
 * it cannot be: the day of this release, and the last good time, which is the
 * clock at the newest handshake with a valid certificate and is kept in a file.
 * A clock that is behind one of these is wrong, and the newest file in /etc
 * raises the floor then.  A clock that is not behind them is believed, so that
 * a file in /etc with a wrong date does no harm.
 *
 * The floor replaces the clock for the end of certificates, too: an expired
 * certificate is not accepted because the clock says 1970.  What was accepted
 * by the floor is judged again when the clock is right, by the end of its
 * certificates: their beginning was before the floor, which is before the
 * clock.  The clock is then looked at each 10 s, as few systems report that it
 * was set.
 *
 * The file is written once a day, into a folder that must be there, and never
 * on OpenWrt, where it would wear out the flash.
 */

#ifndef NET_CLOCK_FLOOR_H
#define NET_CLOCK_FLOOR_H

#include "net/loop.h"

/* Something that was accepted; a member of its owner's struct.  Zeroed:
 * nothing. */
struct clock_judged {
	struct list link;	/* in clock_floor->judged */
	int64_t until_s;	/* Unix seconds; it was accepted by the floor,
				 * and not by the clock, if that is not 0 */
	/* Its certificate has expired by the clock; may forget any. */
	void (*expired)(struct clock_judged *);
};

/* Of a loop, which calls of others find it by.  Zeroed: not started. */
struct clock_floor {
	struct loop *loop;
	int64_t least_s;	/* the floor, in Unix seconds */
	FILE *good;		/* the file with the last good time, or NULL */
	int64_t written_s;	/* that time */
	struct list judged;	/* struct clock_judged */
	struct timer timer;	/* of the next look at the clock */
	bool told;		/* that the floor is used */
};

/* Where the floor comes from. */
struct clock_floor_files {
	const char *folder;	/* whose newest file raises it */
	const char *good;	/* the last good time; its folder may be
				 * missing */
	const char *never;	/* a file on systems where that is not to be
				 * written */
};

/* Those of the system. */
extern const struct clock_floor_files clock_floor_files;

/* Finds the floor, before rights are dropped, and makes it that of the loop. */
void clock_floor_start(struct clock_floor *, struct loop *,
    const struct clock_floor_files *);

/* Harmless when it was not started. */
void clock_floor_stop(struct clock_floor *);

/* The time to judge by, in Unix seconds: that of the clock, or the floor while
 * the clock is behind it, which is logged once.  Without a floor (f NULL) it is
 * the clock's. */
int64_t clock_floor_now_s(struct clock_floor *f);

/* Is the clock behind the floor?  f may be NULL. */
bool clock_floor_is_used(const struct clock_floor *f);

/* Something was accepted by the floor until that time: it will be judged again,
 * unless it is forgotten before. */
void clock_floor_judged(struct clock_floor *, struct clock_judged *,
    int64_t until_s, void (*expired)(struct clock_judged *));

/* Forgets it; harmless when it is not known. */
void clock_floor_forget(struct clock_judged *);

/* Something was accepted by the clock, which so is a good time.  f may be
 * NULL. */
void clock_floor_good(struct clock_floor *f);

#endif
