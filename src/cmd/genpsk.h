/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Making pre-shared keys.
 */

#ifndef CMD_GENPSK_H
#define CMD_GENPSK_H

#include "compat.h"

/* Prints n random bytes in hexadecimal, and a newline; ends the program when
 * that fails. */
void genpsk_print(size_t n);

#endif
