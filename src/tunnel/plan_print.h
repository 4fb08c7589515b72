/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Plans as text, in lines that plan_read_line() reads.
 */

#ifndef TUNNEL_PLAN_PRINT_H
#define TUNNEL_PLAN_PRINT_H

#include "tunnel/plan.h"

/* Writes a finished plan as lines for plan_read_line(), without secrets. */
void plan_print(const struct plan *, FILE *out);

/* Writes what a finished plan has set, for plan_read_line(): without settings
 * that are those of plan_init() and plan_set_kind(), and with secrets. */
void plan_print_set(const struct plan *, FILE *out);

#endif
