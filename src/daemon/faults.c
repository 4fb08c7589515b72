/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A list of faults.
 */

#include "compat.h"

#include "daemon/faults.h"

#include "base/alloc.h"

void
faults_add_fault(struct faults *list, const struct fault *f)
{
	if (list->n == FAULTS_MAX) {
		list->more++;
		return;
	}
	/* Room for 1, 2, 4, ... of them. */
	if ((list->n & (list->n - 1)) == 0)
		list->at = xrealloc(list->at,
		    list->n == 0 ? 1 : 2 * list->n, sizeof(*list->at));
	list->at[list->n++] = *f;
}

void
faults_add(struct faults *list, const char *file, unsigned line,
    const char *fmt, ...)
{
	char words[FAULT_TEXT];
	struct fault f;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	(void)fault_file(&f, NULL, file, line, "%s", words);
	faults_add_fault(list, &f);
}

void
faults_free(struct faults *list)
{
	free(list->at);
	memset(list, 0, sizeof(*list));
}
