/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a system asks of a program before anything else: begin_posix.c,
 * begin_win32.c.
 */

#ifndef BEGIN_H
#define BEGIN_H

#include "compat.h"

/* To be called first in main().  POSIX: names come from files where static
 * programs need that.  Windows: libraries come from
 * the system's folder only; errors make no dialogs; a damaged heap ends the
 * program; a console shows UTF-8, in which arguments are from now on.  0, or -1
 * and why in words (static text). */
int begin_process(int *argc, char ***argv, const char **why);

#endif
