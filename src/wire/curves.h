/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Arithmetic on elliptic curves, of keys and signatures: P-256, P-384, P-521
 * and X25519.
 */

#ifndef WIRE_CURVES_H
#define WIRE_CURVES_H

#include "compat.h"

#include <bearssl.h>

/* Returns that of this build, which is there for good. */
const br_ec_impl *curves_get(void);

#endif
