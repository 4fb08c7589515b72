/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * No supervisor passes sockets on this system.
 */

#include "compat.h"

#include "net/passed.h"

void
passed_begin(struct passed *p)
{
	p->n = 0;
}
