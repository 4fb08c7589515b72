/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Values that users write: numbers, times, switches. No floating point.
 */

#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* A decimal integer, or with 0x, 0o, 0b before it; 0, or -1 when it is none
 * or does not fit. */
int value_parse_int(const char *text, int64_t *value);

/* Seconds with or without decimals ("5", "0.25", "1e3" is not taken) into
 * milliseconds, rounded up from a part of one; also with a unit: ms, s, m, h,
 * d. 0, or -1. */
int value_parse_ms(const char *text, int64_t *ms);

/* One of those that read a time. */
typedef int value_ms_fn(const char *text, int64_t *ms);

/* A time, or two with "-" between, each read by fn: *low is the smaller one,
 * and both are the same for one time. 0, or -1. */
int value_parse_ms_range(const char *text, value_ms_fn *fn, int64_t *low_ms,
    int64_t *high_ms);

/* COUNT/TIME, the time read by fn: a decimal integer from 1 on (more than fits
 * is INT64_MAX) and a time of at least a millisecond. 0, or -1. */
int value_parse_rate(const char *text, value_ms_fn *fn, int64_t *count,
    int64_t *window_ms);

/* Bytes: an integer with an optional k, M or G (powers of 1024). 0, or -1. */
int value_parse_bytes(const char *text, int64_t *bytes);

/* yes/no, on/off, true/false, 1/0. 0, or -1. */
int value_parse_bool(const char *text, bool *on);

/* As Go's flag package reads them.  An integer: as above, also octal with 0 in
 * front, and 1_000.  A truth: 1, t, T, true, True, TRUE and their opposites.  A
 * time into milliseconds, a part of one rounded away from 0: "1h2m3.5s",
 * "-300ms", "0". 0, or -1. */
int value_parse_go_int(const char *text, int64_t *value);
int value_parse_go_bool(const char *text, bool *on);
int value_parse_go_ms(const char *text, int64_t *ms);

/* Writes milliseconds as value_parse_ms() reads them, e.g. "120", "0.25";
 * returns text. */
const char *value_ms_text(int64_t ms, char text[32]);

#endif
