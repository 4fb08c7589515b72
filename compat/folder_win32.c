/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The names in a folder on Windows.
 *
 * NOTES.  A name that is not valid UTF-16 is left out: no file can be opened by
 * it here.
 */

#include "folder.h"

#include <windows.h>

#include "wide.h"

struct folder {
	HANDLE search;		/* of the system */
	WIN32_FIND_DATAW entry;	/* the next one */
	bool has_entry;		/* there is one */
	char *name;		/* that was returned last; NULL: none */
};

struct folder *
folder_open(const char *path)
{
	size_t size = strlen(path) + sizeof("/*");
	struct folder *f = calloc(1, sizeof(*f));
	char *pattern = malloc(size);
	wchar_t *wide = NULL;
	int error;

	if (f != NULL && pattern != NULL) {
		snprintf(pattern, size, "%s/*", path);
		wide = wide_path(pattern);
	}
	error = errno;
	if (wide != NULL) {
		f->search = FindFirstFileW(wide, &f->entry);
		f->has_entry = f->search != INVALID_HANDLE_VALUE;
		error = f->has_entry ? 0 : wide_errno(GetLastError());
	}
	free(wide);
	free(pattern);
	if (f != NULL && f->has_entry)
		return f;
	free(f);
	errno = error;
	return NULL;
}

const char *
folder_next(struct folder *f)
{
	free(f->name);
	f->name = NULL;
	while (f->has_entry && f->name == NULL) {
		f->name = wide_to_utf8(f->entry.cFileName);
		f->has_entry = FindNextFileW(f->search, &f->entry) != 0;
	}
	return f->name;
}

void
folder_close(struct folder *f)
{
	FindClose(f->search);
	free(f->name);
	free(f);
}
