/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes command lines of Windows.
 */

#include "compat.h"

#include "base/command_line.h"

/* What needs no quotes. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789_.,:;/\\=+@{}[]()#~-";

/* Appends n backslashes. */
static void
add_backslashes(struct text *t, size_t n)
{
	while (n-- > 0)
		text_add(t, "\\");
}

void
command_line_begin(struct text *t, const char *program)
{
	text_add(t, "\"%s\"", program);
}

void
command_line_add(struct text *t, const char *arg)
{
	size_t backslashes = 0;

	/* A C library may take a star for names of files, if it is not
	 * quoted. */
	if (*arg != '\0' && arg[strspn(arg, plain)] == '\0') {
		text_add(t, " %s", arg);
		return;
	}
	text_add(t, " \"");
	for (; *arg != '\0'; arg++) {
		if (*arg == '\\') {
			backslashes++;
			continue;
		}
		if (*arg == '"')
			backslashes = 2 * backslashes + 1;
		add_backslashes(t, backslashes);
		backslashes = 0;
		text_add(t, "%c", *arg);
	}
	add_backslashes(t, 2 * backslashes);
	text_add(t, "\"");
}

bool
command_line_has_variable(const char *text)
{
	const char *first = strchr(text, '%');

	return first != NULL && strchr(first + 1, '%') != NULL;
}
