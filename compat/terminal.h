/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A terminal that is drawn again and again, and its keys.
 */

#ifndef TERMINAL_H
#define TERMINAL_H

#include "compat.h"

/* Has the terminal of stdout know escape sequences; false: stdout is no
 * terminal that does.  To be called before anything is written to it; what is
 * written may then wait for fflush(). */
bool terminal_prepare(void);

/* The size of the terminal of stdout; 0, or -1: it is unknown. */
int terminal_size(unsigned *lines, unsigned *columns);

/* Has the terminal of stdin pass on each key at once, and not show it, until
 * terminal_end(), or the end of the program by SIGTERM or SIGHUP.  Harmless
 * where stdin is no terminal. */
void terminal_begin(void);
void terminal_end(void);

/* Waits so long for a key, where terminal_begin() found a terminal, else only
 * so long.  Returns the key, or -1. */
int terminal_key(int wait_ms);

#endif
