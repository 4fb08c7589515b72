/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Values that users write: numbers, times, switches. No floating point.
 */

#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads an integer, decimal or after 0x, 0o or 0b.  0; -1 when it is not one,
 * or does not fit. */
int value_parse_int(const char *text, int64_t *value);

/* Reads a time into milliseconds, rounded up: seconds ("5" or "0.25", but not
 * "1e3"), or a number with a unit ms, s, m, h or d.  0, or -1. */
int value_parse_ms(const char *text, int64_t *ms);

/* The type of functions that read a time. */
typedef int value_ms_fn(const char *text, int64_t *ms);

/* Reads one time, or two in any order with "-" between, each by fn.  *low_ms is
 * the lesser; both are the same for one time.  0, or -1. */
int value_parse_ms_range(const char *text, value_ms_fn *fn, int64_t *low_ms,
    int64_t *high_ms);

/* Reads COUNT/TIME, the time by fn: a decimal integer of at least 1 (INT64_MAX
 * where it does not fit) and a time of at least a millisecond.  0, or -1. */
int value_parse_rate(const char *text, value_ms_fn *fn, int64_t *count,
    int64_t *window_ms);

/* Reads bytes: an integer with k, M or G (powers of 1024) or none of these.  0,
 * or -1. */
int value_parse_bytes(const char *text, int64_t *bytes);

/* Reads yes/no, on/off, true/false or 1/0 in any case.  0, or -1. */
int value_parse_bool(const char *text, bool *on);

/* Read values as Go's flag package does.  Integers: as above, also octal after
 * 0, and 1_000.  Booleans: 1, t, T, true, True, TRUE and their opposites.
 * Times into milliseconds, rounded away from 0: "1h2m3.5s", "-300ms", "0".  0,
 * or -1. */
int value_parse_go_int(const char *text, int64_t *value);
int value_parse_go_bool(const char *text, bool *on);
int value_parse_go_ms(const char *text, int64_t *ms);

/* Writes milliseconds as value_parse_ms() reads them, e.g. "120", "0.25";
 * returns text. */
const char *value_ms_text(int64_t ms, char text[32]);

#endif
