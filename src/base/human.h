/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Numbers as people read them: amounts, ages, counts with their noun.
 */

#ifndef BASE_HUMAN_H
#define BASE_HUMAN_H

#include "base/text.h"

/* Appends bytes in the largest unit that fits: "17 B", "1.5 KiB", "2.0 GiB". */
void human_add_bytes(struct text *, uint64_t bytes);

/* Appends a span of time in its two largest units: "3 d 4 h", "5 min 2 s",
 * "0 s"; a negative one as 0. */
void human_add_span(struct text *, int64_t seconds);

/* Appends microseconds as milliseconds: "12.3 ms", "250 ms". */
void human_add_us(struct text *, int64_t us);

/* Appends a number and its noun, "1 flow" or "2 flows". */
void human_add_count(struct text *, uint64_t n, const char *noun);

#endif
