/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Arithmetic on elliptic curves: the fastest that BearSSL has for this CPU.
 */

#include "compat.h"

#include "wire/curves.h"

const br_ec_impl *
curves_get(void)
{
	return br_ec_get_default();
}
