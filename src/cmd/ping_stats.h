/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The statistics of `adit ping`: round-trip times, replies by how they arrived,
 * and the output of both.  Memory does not grow with the number of datagrams.
 */

#ifndef CMD_PING_STATS_H
#define CMD_PING_STATS_H

#include "compat.h"

enum {
	/* Each microsecond below PING_EXACT has its own bucket.  Above, each
	 * doubling of the time has PING_STEPS buckets: the error of a
	 * percentile is at most 1/256. */
	PING_STEPS = 128,
	PING_EXACT = 2 * PING_STEPS,
	PING_DOUBLINGS = 28,	/* up to 2^36 us, 19 hours */
	PING_BUCKETS = PING_EXACT + PING_DOUBLINGS * PING_STEPS,

	PING_WINDOW = 65536,	/* sequence numbers that are remembered */
	PING_RATIO_TEXT = 48,	/* holds what ping_ratio_text() writes */
};

/* Histogram of round-trip times. */
struct ping_hist {
	uint64_t count;
	uint64_t min_us, max_us;	/* 0 while count is 0 */
	uint64_t bucket[PING_BUCKETS];	/* how many round trips */
};

/* Adds a round-trip time. */
void ping_hist_add(struct ping_hist *, uint64_t us);

/* Microseconds that `percent` of the round trips did not exceed; 0 when there
 * are none. */
uint64_t ping_hist_percentile(const struct ping_hist *, unsigned percent);

/* Which replies of a flow have arrived: the highest sequence number, and a bit
 * for each of the last PING_WINDOW. */
struct ping_window {
	uint64_t next;		/* highest sequence number received, plus 1 */
	uint64_t seen[PING_WINDOW / 64];	/* one bit each */
};

enum ping_arrival {
	PING_IN_ORDER,		/* newer than all before */
	PING_LATE,		/* older than the newest: reordered */
	PING_AGAIN,		/* a duplicate */
	PING_TOO_LATE,		/* too old to classify */
};

/* Records the arrival of a sequence number and classifies it. */
enum ping_arrival ping_window_add(struct ping_window *, uint64_t sequence);

/* Has that sequence number arrived?  No, if it is too old to know. */
bool ping_window_has(const struct ping_window *, uint64_t sequence);

/* The sequence number with these low 32 bits that is nearest to `near`. */
uint64_t ping_sequence(uint64_t near, uint32_t low);

/* The contents of the summary. */
struct ping_sums {
	const char *to;		/* target, as typed */
	const char *address;	/* the numeric address in use */
	uint64_t size, flows;
	uint64_t sent, received;	/* datagrams, without duplicates */
	uint64_t not_sent;	/* refused by our own system */
	uint64_t reordered, duplicates, corrupt;
	uint64_t stray;		/* of an earlier run, or too old to classify */
	uint64_t refused;	/* ICMP errors that came back */
	uint64_t elapsed_us;	/* from the first sent to the last received */
	struct ping_hist rtt;
};

/* Writes numerator / denominator * scale, rounded to that many decimals; 0 for
 * a denominator of 0.  Returns text. */
const char *ping_ratio_text(uint64_t numerator, uint64_t denominator,
    uint64_t scale, unsigned decimals, char text[PING_RATIO_TEXT]);

/* Writes the summary as text. */
void ping_sums_print(const struct ping_sums *, FILE *);

/* Writes the summary as one JSON object and a newline. */
void ping_sums_json(const struct ping_sums *, FILE *);

#endif
