/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A terminal that is drawn again and again: on Windows its size and keys are
 * not asked for.
 */

#include "compat.h"

#include <windows.h>

#include "terminal.h"

int
terminal_size(unsigned *lines, unsigned *columns)
{
	(void)lines;
	(void)columns;
	return -1;
}

void
terminal_begin(void)
{
}

void
terminal_end(void)
{
}

int
terminal_key(int wait_ms)
{
	Sleep((DWORD)wait_ms);
	return -1;
}
