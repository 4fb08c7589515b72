/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Filling in a struct fault.
 */

#include "compat.h"

#include <string.h>

#include "base/fault.h"
#include "base/text.h"

/* Fills in all but the text, which t is ready to take. */
static void
fault_begin(struct fault *f, enum fault_kind kind, const char *setting,
    const char *file, struct text *t)
{
	memset(f, 0, sizeof(*f));
	f->kind = kind;
	if (setting != NULL)
		strlcpy(f->setting, setting, sizeof(f->setting));
	if (file != NULL)
		strlcpy(f->file, file, sizeof(f->file));
	text_init(t, f->text, sizeof(f->text));
}

/* Both kinds that are about no file. */
static void
fault_fill(struct fault *f, enum fault_kind kind, const char *setting,
    const char *fmt, va_list ap)
{
	struct text t;

	fault_begin(f, kind, setting, NULL, &t);
	text_add_va(&t, fmt, ap);
}

int
fault_user(struct fault *f, const char *setting, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault_fill(f, FAULT_USER, setting, fmt, ap);
	va_end(ap);
	return -1;
}

int
fault_system(struct fault *f, const char *setting, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault_fill(f, FAULT_SYSTEM, setting, fmt, ap);
	va_end(ap);
	return -1;
}

int
fault_file(struct fault *f, const char *setting, const char *file,
    unsigned line, const char *fmt, ...)
{
	struct text t;
	va_list ap;

	fault_begin(f, FAULT_USER, setting, file, &t);
	f->line = line;
	text_add(&t, "%s: ", file);
	if (line != 0)
		text_add(&t, "line %u: ", line);
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
	return -1;
}

/* May the refusal of a file pass without a change of the user's? */
static bool
error_may_pass(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	    error == EIO || error == EAGAIN || error == EINTR ||
	    error == EBUSY;
}

int
fault_open(struct fault *f, const char *setting, const char *file, int error,
    const char *fmt, ...)
{
	struct text t;
	va_list ap;

	fault_begin(f, error_may_pass(error) ? FAULT_SYSTEM : FAULT_USER,
	    setting, file, &t);
	text_add(&t, "%s: ", file);
	va_start(ap, fmt);
	text_add_va(&t, fmt, ap);
	va_end(ap);
	return -1;
}
