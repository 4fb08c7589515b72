/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where Windows keeps the files of programs that are for all users.
 *
 * NOTES.  The variable ProgramData is not asked: the user who starts a program
 * sets its environment, and the program may have more rights than he.  Only
 * administrators can change the registry there.
 */

#include "compat.h"

#include <windows.h>

#include "wide.h"

enum { FOLDER_SIZE = 512 };	/* characters of a path */

/* The folder in the registry; false: it is not there. */
static bool
folder_of_registry(wchar_t folder[FOLDER_SIZE])
{
	DWORD size = (FOLDER_SIZE - 1) * sizeof(*folder), type = 0;
	LONG error;
	HKEY key;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows"
	    L"\\CurrentVersion\\Explorer\\Shell Folders", 0, KEY_QUERY_VALUE,
	    &key) != 0)
		return false;
	memset(folder, 0, FOLDER_SIZE * sizeof(*folder));
	error = RegQueryValueExW(key, L"Common AppData", NULL, &type,
	    (BYTE *)folder, &size);
	RegCloseKey(key);
	/* Absolute, and no text with variables. */
	return error == 0 && type == REG_SZ && folder[0] != L'\0' &&
	    folder[1] == L':' && folder[2] == L'\\';
}

/* The usual one: on the disk of Windows. */
static void
folder_usual(wchar_t folder[FOLDER_SIZE])
{
	wchar_t windows[MAX_PATH + 1];
	UINT n = GetSystemWindowsDirectoryW(windows, MAX_PATH);

	wcscpy(folder, L"C:\\ProgramData");
	if (n > 2 && n <= MAX_PATH && windows[1] == L':')
		folder[0] = windows[0];
}

char *
path_config(const char *name)
{
	wchar_t wide[FOLDER_SIZE];
	char *folder, *path;
	size_t size;

	if (!folder_of_registry(wide))
		folder_usual(wide);
	folder = wide_to_utf8(wide);
	if (folder == NULL)
		return NULL;
	size = strlen(folder) + sizeof("\\adit\\") + strlen(name);
	path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%s\\adit\\%s", folder, name);
	free(folder);
	return path;
}
