/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The addresses of this machine, where nothing needs to know them.
 */

#include "compat.h"

#include "net/own.h"

unsigned
own_addresses(uint8_t family, struct addr own[OWN_MAX])
{
	(void)family;
	(void)own;
	return 0;
}
