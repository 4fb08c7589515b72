/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's statistics: packets and bytes by direction, verdict (passed or
 * dropped), protocol, addresses and ports.
 *
 * NOTES.  Each combination has a row.  Peers choose how many combinations there
 * are, so there are at most PACKETS_ROWS rows between two packets_reset().
 * Packets that get no row are counted together, in one row for each direction
 * and verdict; a report adds to these all rows but the PACKETS_SHOWN with most
 * bytes.  Rows are found by SipHash with a secret seed, for the same reason.
 * Totals are never reset.
 *
 * A report is due PACKETS_REPORT_MS after the last one if at least PACKETS_MANY
 * packets or PACKETS_MUCH bytes were counted, and PACKETS_QUIET_MS after it if
 * there was any packet:
 *
 *	after each packet, set a timer to packets_due_ms(); then
 *	log packets_total_text() of both directions, packets_row_text() of each
 *	of packets_sort() rows, packets_reset()
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
	PACKETS_SHOWN = 64,	/* rows of a report, but for those of packets
				 * that are counted together */
	PACKETS_SLOTS = 2 * PACKETS_ROWS,	/* of the index; a power of 2 */
	PACKETS_KEY = 40,	/* bytes of the key of a row */
	PACKETS_REPORT_MS = 30 * 1000,
	PACKETS_QUIET_MS = 3600 * 1000,
	PACKETS_MANY = 4096,	/* packets */
	PACKETS_MUCH = 256 * 1024,	/* bytes */
	PACKETS_TEXT = 240,	/* holds any line */
	PACKETS_BYTES_TEXT = 16,	/* holds a number of bytes */
};

/* How much was counted. */
struct packets_count {
	uint64_t packets, bytes;
};

/* A row. */
struct packets_row {
	uint8_t key[PACKETS_KEY];	/* direction, verdict, version,
					 * protocol, addresses, ports */
	struct packets_count count;	/* of packets with that key */
};

/* The statistics, about 70 KiB; the caller's memory. */
struct packets {
	struct packets_count total[2][2];	/* by direction, dropped and
						 * passed; never reset */
	struct packets_count other[2][2];	/* the same, of packets that
						 * are counted together */
	struct packets_count period;	/* since the last reset */
	uint64_t since_ms;		/* when that was */
	size_t n;			/* rows in use */
	size_t last;			/* the row found last: tried first */
	uint8_t seed[TABLE_SEED];	/* of the hash; secret */
	uint16_t slot[PACKETS_SLOTS];	/* a row's index plus 1; 0: free */
	struct packets_row row[PACKETS_ROWS];	/* sorted for a report only */
};

/* Begins with nothing counted. */
void packets_init(struct packets *p, const uint8_t seed[TABLE_SEED],
    uint64_t now_ms);

/* Counts a packet of that many bytes; ip is NULL for one that is not IP. */
void packets_add(struct packets *p, enum portfilter_way way, bool passed,
    const struct ip *ip, size_t bytes);

/* When the next report is due, perhaps in the past; UINT64_MAX while nothing
 * was counted. */
uint64_t packets_due_ms(const struct packets *p);

/* Sorts the rows, those with most bytes first, and returns how many a report
 * has; the last of these are packets that are counted together.
 * packets_reset() must come before the next packets_add(). */
size_t packets_sort(struct packets *p);

/* Writes row i < packets_sort(): "Tx passed UDP 10.0.0.1:5 > 10.0.0.2:6: 3
 * packets, 1.25 KiB"; returns text. */
const char *packets_row_text(const struct packets *p, size_t i,
    char text[PACKETS_TEXT]);

/* Writes the totals of a direction: "Rx: 3 packets (1.25 KiB) passed, 0 packets
 * (0 B) dropped"; returns text. */
const char *packets_total_text(const struct packets *p,
    enum portfilter_way way, char text[PACKETS_TEXT]);

/* Removes the rows and starts a new period. */
void packets_reset(struct packets *p, uint64_t now_ms);

/* Writes a number of bytes in IEC units, truncated to two decimals: "999 B",
 * "1.25 KiB", "3.00 GiB"; returns text. */
const char *packets_bytes_text(uint64_t bytes, char text[PACKETS_BYTES_TEXT]);

#endif
