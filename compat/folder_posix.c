/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The names in a folder on POSIX.  A struct folder is a DIR.
 */

#include "folder.h"

#include <dirent.h>

struct folder *
folder_open(const char *path)
{
	return (struct folder *)opendir(path);
}

const char *
folder_next(struct folder *f)
{
	const struct dirent *entry = readdir((DIR *)f);

	return entry == NULL ? NULL : entry->d_name;
}

void
folder_close(struct folder *f)
{
	closedir((DIR *)f);
}
