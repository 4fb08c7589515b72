/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The beginning of a program on Windows.
 *
 * NOTES.  The libraries that the program is linked with are loaded before
 * main(); all of these are of the kind that Windows has in memory under known
 * names, and looks for nowhere else.
 */

#include "begin.h"

#include <windows.h>

#include "wide.h"

enum { ONLY_SYSTEM32 = 0x800 };	/* LOAD_LIBRARY_SEARCH_SYSTEM32 */

/* SetDefaultDllDirectories(), of Windows 8 and of updates of older ones. */
typedef BOOL WINAPI set_folders(DWORD flags);

/* HeapSetInformation(), since Windows Vista. */
typedef BOOL WINAPI set_heap(HANDLE heap, int what, void *value, SIZE_T size);

/* Of the C library: the arguments as main() has them, in UTF-16. */
int __cdecl __wgetmainargs(int *argc, wchar_t ***argv, wchar_t ***env,
    int wildcards, int *newmode);

static UINT console_page;	/* of the console, before us */

/* Functions of any type, so that the compiler takes casts between them. */
typedef void any_function(void);

static any_function *
system_function(const char *name)
{
	HMODULE kernel = GetModuleHandleW(L"kernel32.dll");

	return kernel == NULL ? NULL : (any_function *)GetProcAddress(kernel,
	    name);
}

/* Closes what an attacker could use. */
static void
begin_safely(void)
{
	set_folders *folders = (set_folders *)system_function(
	    "SetDefaultDllDirectories");
	set_heap *heap = (set_heap *)system_function("HeapSetInformation");

	if (folders != NULL)
		(void)folders(ONLY_SYSTEM32);
	/* The present folder is not searched in any case. */
	(void)SetDllDirectoryW(L"");
	if (heap != NULL)
		(void)heap(NULL, 1, NULL, 0);	/* ends on corruption */
	(void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX |
	    SEM_NOOPENFILEERRORBOX);
}

/* Restores what belongs to all programs of the console. */
static void
restore_console(void)
{
	(void)SetConsoleOutputCP(console_page);
}

/* Makes a console show UTF-8; without one nothing happens. */
static void
begin_console(void)
{
	console_page = GetConsoleOutputCP();
	if (console_page != 0 && console_page != CP_UTF8 &&
	    SetConsoleOutputCP(CP_UTF8))
		atexit(restore_console);
}

int
begin_process(int *argc, char ***argv, const char **why)
{
	wchar_t **wide, **environment;
	int n, i, newmode = 0;
	char **utf8;

	begin_safely();
	begin_console();
	if (__wgetmainargs(&n, &wide, &environment, 0, &newmode) != 0 ||
	    n < 0 || (utf8 = calloc((size_t)n + 1, sizeof(*utf8))) == NULL) {
		*why = "the system does not give them";
		return -1;
	}
	for (i = 0; i < n; i++) {
		utf8[i] = wide_to_utf8(wide[i]);
		if (utf8[i] == NULL) {
			*why = "one of them is not valid UTF-16";
			return -1;
		}
	}
	*argc = n;
	*argv = utf8;
	return 0;
}
