/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The day of the release.
 */

#ifndef BASE_RELEASE_H
#define BASE_RELEASE_H

/* 2026-11-01: clocks of machines with this release are later. */
#define CLOCK_LEAST_S INT64_C(1793491200)

#endif
