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

/* Bytes: an integer with an optional k, M or G (powers of 1024). 0, or -1. */
int value_parse_bytes(const char *text, int64_t *bytes);

/* yes/no, on/off, true/false, 1/0. 0, or -1. */
int value_parse_bool(const char *text, bool *on);

/* Writes milliseconds as value_parse_ms() reads them, e.g. "120", "0.25";
 * returns text. */
const char *value_ms_text(int64_t ms, char text[32]);

#endif
