/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Command lines of Windows, where a program gets one string and divides it into
 * arguments itself, by the rules of CommandLineToArgvW() and Microsoft's C
 * library.
 *
 * NOTES.  Blanks divide arguments, but not between quotes.  A quote behind 2n+1
 * backslashes is a quote of the argument, and n of the backslashes are, too;
 * behind 2n of them it begins or ends a quoted part, and n are of the argument.
 * All other backslashes are as they are.  In the first word, the program,
 * backslashes never have a meaning.
 */

#ifndef BASE_COMMAND_LINE_H
#define BASE_COMMAND_LINE_H

#include "compat.h"

#include "base/text.h"

/* Appends the path of the program, which begins a command line and cannot have
 * quotes in it. */
void command_line_begin(struct text *t, const char *program);

/* Appends a blank and an argument, which may be any, so that it is read as it
 * is. */
void command_line_add(struct text *t, const char *arg);

/* Has the text what Windows would replace in a string with variables, as the
 * command line of a service is: two percent signs?  There is no way to quote
 * these. */
bool command_line_has_variable(const char *text);

#endif
