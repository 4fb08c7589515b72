/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A list of faults.
 */

#include "compat.h"

#include "daemon/faults.h"

#include "base/alloc.h"

/* Is the same fault in the list?  A default is wrong for several tunnels. */
static bool
faults_have(const struct faults *list, const struct fault *f)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->at[i].line == f->line &&
		    strcmp(list->at[i].text, f->text) == 0)
			return true;
	return false;
}

void
faults_add_fault(struct faults *list, const struct fault *f)
{
	if (faults_have(list, f))
		return;
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

/* Is a to be shown after b? */
static bool
fault_is_after(const struct fault *a, const struct fault *b)
{
	int order = strcmp(a->file, b->file);

	return order > 0 || (order == 0 && a->line > b->line);
}

void
faults_sort(struct faults *list)
{
	struct fault f;
	size_t i, at;

	for (i = 1; i < list->n; i++) {
		f = list->at[i];
		for (at = i; at > 0 && fault_is_after(&list->at[at - 1], &f);
		    at--)
			list->at[at] = list->at[at - 1];
		list->at[at] = f;
	}
}

void
faults_free(struct faults *list)
{
	free(list->at);
	memset(list, 0, sizeof(*list));
}
