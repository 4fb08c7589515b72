/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's statistics: packets and bytes by way, fate, protocol, addresses
 * and ports.
 *
 * NOTES.  A row is kept for each combination, PACKETS_ROWS of them until the
 * next packets_reset(); what comes after that is counted together, in one row
 * for each way and fate, and so are all but the PACKETS_SHOWN busiest rows when
 * they are told: strangers choose how many there are.  For the same reason rows
 * are found by SipHash under a secret seed.  Totals are never reset.
 *
 * A report is due when PACKETS_REPORT_MS went by since the last one and at
 * least PACKETS_MANY packets or PACKETS_MUCH bytes were counted, or when
 * PACKETS_QUIET_MS went by and there was any packet:
 *
 *	timer at packets_due_ms(), asked after each packet; then
 *	log packets_total_text() of both ways, packets_row_text() of each of
 *	packets_sort() rows, packets_reset()
 */

#ifndef WIRE_PACKETS_H
#define WIRE_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "wire/ip.h"
#include "wire/portfilter.h"

enum {
	PACKETS_ROWS = 1024,
	PACKETS_SHOWN = 64,	/* that a report has */
	PACKETS_SLOTS = 2 * PACKETS_ROWS,	/* of the index; a power of 2 */
	PACKETS_KEY = 40,	/* bytes that tell rows apart */
	PACKETS_REPORT_MS = 30 * 1000,
	PACKETS_QUIET_MS = 3600 * 1000,
	PACKETS_MANY = 4096,
	PACKETS_MUCH = 256 * 1024,
	PACKETS_TEXT = 240,	/* holds any line */
	PACKETS_BYTES_TEXT = 16,	/* holds a number of bytes */
};

/* How much was counted. */
struct packets_count {
	uint64_t packets, bytes;
};

/* A row. */
struct packets_row {
	uint8_t key[PACKETS_KEY];	/* way, whether it passed, version,
					 * protocol, addresses, ports */
	struct packets_count count;
};

/* All of it, about 70 KiB; the caller's. */
struct packets {
	struct packets_count total[2][2];	/* by way, dropped and passed;
						 * since packets_init() */
	struct packets_count other[2][2];	/* what found no row */
	struct packets_count period;	/* since the last reset */
	uint64_t since_ms;		/* when that was */
	size_t n;			/* rows in use */
	size_t last;			/* the row that was counted last */
	uint8_t seed[TABLE_SEED];
	uint16_t slot[PACKETS_SLOTS];	/* a row plus 1; 0: free */
	struct packets_row row[PACKETS_ROWS];
};

/* Begins with nothing counted. */
void packets_init(struct packets *p, const uint8_t seed[TABLE_SEED],
    uint64_t now_ms);

/* Counts a packet of so many bytes; ip is NULL for what is none. */
void packets_add(struct packets *p, enum portfilter_way way, bool passed,
    const struct ip *ip, size_t bytes);

/* When the next report is due, which may be past; UINT64_MAX while nothing was
 * counted. */
uint64_t packets_due_ms(const struct packets *p);

/* Sorts the rows, those with most bytes first, and returns how many there are
 * to show; with those of what is counted together, which come last.  The next
 * packets_add() must follow packets_reset(). */
size_t packets_sort(struct packets *p);

/* Writes row i < packets_sort(): "Tx passed UDP 10.0.0.1:5 > 10.0.0.2:6: 3
 * packets, 1.25 KiB"; returns text. */
const char *packets_row_text(const struct packets *p, size_t i,
    char text[PACKETS_TEXT]);

/* Writes the totals of a way: "Rx: 3 packets (1.25 KiB) passed, 0 packets (0
 * B) dropped"; returns text. */
const char *packets_total_text(const struct packets *p,
    enum portfilter_way way, char text[PACKETS_TEXT]);

/* Empties the rows. */
void packets_reset(struct packets *p, uint64_t now_ms);

/* Writes a number of bytes in IEC units, cut to two decimals: "999 B", "1.25
 * KiB", "3.00 GiB"; returns text. */
const char *packets_bytes_text(uint64_t bytes, char text[PACKETS_BYTES_TEXT]);

#endif
