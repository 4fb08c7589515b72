/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The beginning of a program on POSIX, where nothing is to be done.
 */

#include "begin.h"

int
begin_process(int *argc, char ***argv, const char **why)
{
	(void)argc;
	(void)argv;
	(void)why;
	return 0;
}
