/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sleeps of microseconds, which Windows does not have.
 */

#include "compat.h"

bool
clock_pause_us(unsigned us)
{
	(void)us;
	return false;
}
