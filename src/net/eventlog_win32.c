/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Lines for the event log of Windows.
 */

#include "compat.h"

#include <windows.h>

#include "net/eventlog.h"

#include "base/text.h"

#include "wide.h"

enum {
	EVENT_LINE = 1200,	/* bytes of a line with the program's name */
	EVENT_NUMBER = 1,	/* of the message, in each severity */
	EVENT_KEY = 300,	/* bytes of a key of the registry */
	EVENT_SOURCE = 200,	/* of the name of a source, at most */
	EVENT_PATH = 1024,	/* characters of the program's path */
	EVENT_TYPES = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE |
	    EVENTLOG_INFORMATION_TYPE,
};

/* The severity in the number of a message: bits 30 and 31. */
#define SEVERE_ERROR 0xc0000000U
#define SEVERE_WARNING 0x80000000U
#define SEVERE_INFORMATION 0x40000000U

static struct {
	HANDLE log;		/* of our source */
	const char *name;	/* of the program, or NULL */
} events;

/* Appends a line.  A percent sign before a digit would be a reference to an
 * insertion for the viewer: it is parted from the digit. */
static void
add_line(struct text *t, const char *line)
{
	for (; *line != '\0'; line++)
		text_add(t, line[0] == '%' && line[1] >= '0' && line[1] <= '9' ?
		    "%c " : "%c", line[0]);
}

/* A line in UTF-16.  Bytes that are not valid UTF-8, as a text of the system
 * that was cut may end with, are replaced. */
static void
widen_line(wchar_t wide[EVENT_LINE], const char *line)
{
	int n = MultiByteToWideChar(CP_UTF8, 0, line, -1, wide, EVENT_LINE);

	wide[n > 0 ? n - 1 : 0] = L'\0';
}

/* The log_sink. */
static void
eventlog_line(enum log_level level, const char *line)
{
	WORD type = level <= LEVEL_ERROR ? EVENTLOG_ERROR_TYPE :
	    level == LEVEL_WARN ? EVENTLOG_WARNING_TYPE :
	    EVENTLOG_INFORMATION_TYPE;
	DWORD severity = level <= LEVEL_ERROR ? SEVERE_ERROR :
	    level == LEVEL_WARN ? SEVERE_WARNING : SEVERE_INFORMATION;
	wchar_t wide[EVENT_LINE];
	const wchar_t *text = wide;
	char whole[EVENT_LINE];
	struct text t;

	text_init(&t, whole, sizeof(whole));
	if (events.name != NULL)
		text_add(&t, "%.64s: ", events.name);
	add_line(&t, line);
	widen_line(wide, whole);
	(void)ReportEventW(events.log, type, 0, severity | EVENT_NUMBER, NULL,
	    1, 0, &text, NULL);
}

/* Fills in that a source cannot be used; returns -1. */
static int
source_fail(struct fault *f, const char *source, const char *what, LONG error)
{
	if (error == ERROR_ACCESS_DENIED)
		return fault_system(f, "eventlog", "eventlog %s: %s: run this "
		    "as an administrator", source, what);
	return fault_system(f, "eventlog", "eventlog %s: %s: error %ld",
	    source, what, error);
}

/* Can a source be called that?  It is the name of a key of the registry. */
static bool
source_is_name(const char *source)
{
	return *source != '\0' && strlen(source) < EVENT_SOURCE &&
	    strchr(source, '\\') == NULL;
}

/* Refuses a name; returns -1. */
static int
source_refuse_name(struct fault *f, const char *source)
{
	return fault_user(f, "eventlog", "eventlog: \"%.40s\" is no name for "
	    "a source: it is empty or too long, or has a backslash", source);
}

int
eventlog_begin(const char *source, const char *name, struct fault *f)
{
	wchar_t *wide;
	LONG error;

	if (!source_is_name(source))
		return source_refuse_name(f, source);
	wide = wide_from(source);
	if (wide == NULL)
		return source_refuse_name(f, source);
	events.log = RegisterEventSourceW(NULL, wide);
	error = (LONG)GetLastError();
	free(wide);
	if (events.log == NULL)
		return source_fail(f, source, "cannot be opened", error);
	events.name = name;
	log_set_sink(eventlog_line);
	return 0;
}

/* The key of a source, to be freed; NULL and the fault. */
static wchar_t *
source_key(const char *source, struct fault *f)
{
	char key[EVENT_KEY];
	wchar_t *wide = NULL;

	snprintf(key, sizeof(key), "SYSTEM\\CurrentControlSet\\Services\\"
	    "EventLog\\Application\\%.200s", source);
	if (source_is_name(source))
		wide = wide_from(key);
	if (wide == NULL)
		(void)source_refuse_name(f, source);
	return wide;
}

/* Writes the path of this program; its characters, 0: it has none that is short
 * enough. */
static DWORD
program_path(wchar_t path[EVENT_PATH])
{
	DWORD n = GetModuleFileNameW(NULL, path, EVENT_PATH);

	return n < EVENT_PATH ? n : 0;
}

/* Does the key of a source name this program for its texts, or an adit.exe in a
 * different folder? */
static bool
source_is_ours(HKEY key)
{
	wchar_t path[EVENT_PATH], own[EVENT_PATH], *name;
	DWORD size = sizeof(path) - sizeof(*path);

	memset(path, 0, sizeof(path));
	if (RegQueryValueExW(key, L"EventMessageFile", NULL, NULL,
	    (BYTE *)path, &size) != 0)
		return false;
	name = wcsrchr(path, L'\\');
	return (name != NULL && _wcsicmp(name + 1, L"adit.exe") == 0) ||
	    (program_path(own) > 0 && _wcsicmp(path, own) == 0);
}

/* Is a source of somebody else's called that?  Names are unique in all logs;
 * what we may not look at counts as not there. */
static bool
source_is_foreign(const char *source)
{
	static const char logs[] = "SYSTEM\\CurrentControlSet\\Services\\"
	    "EventLog";
	wchar_t log[EVENT_SOURCE], *name = wide_from(source);
	DWORD i, n = EVENT_SOURCE;
	bool foreign = false;
	HKEY all, one, key;

	if (name == NULL || RegOpenKeyExA(HKEY_LOCAL_MACHINE, logs, 0,
	    KEY_READ, &all) != 0) {
		free(name);
		return false;
	}
	for (i = 0; !foreign && RegEnumKeyExW(all, i, log, &n, NULL, NULL,
	    NULL, NULL) == 0; i++, n = EVENT_SOURCE) {
		if (RegOpenKeyExW(all, log, 0, KEY_READ, &one) != 0)
			continue;
		if (RegOpenKeyExW(one, name, 0, KEY_READ, &key) == 0) {
			foreign = !source_is_ours(key);
			RegCloseKey(key);
		}
		RegCloseKey(one);
	}
	RegCloseKey(all);
	free(name);
	return foreign;
}

/* Sets the values of a key; the error of the system, or 0. */
static LONG
source_set_values(HKEY key)
{
	wchar_t path[EVENT_PATH];
	DWORD types = EVENT_TYPES, n = program_path(path);
	LONG error;

	if (n == 0)
		return ERROR_FILENAME_EXCED_RANGE;
	error = RegSetValueExW(key, L"EventMessageFile", 0, REG_SZ,
	    (const BYTE *)path, (n + 1) * (DWORD)sizeof(*path));
	return error != 0 ? error : RegSetValueExW(key, L"TypesSupported", 0,
	    REG_DWORD, (const BYTE *)&types, sizeof(types));
}

int
eventlog_register(const char *source, struct fault *f)
{
	wchar_t *path = source_key(source, f);
	LONG error;
	HKEY key;

	if (path == NULL)
		return -1;
	if (source_is_foreign(source)) {
		free(path);
		return fault_user(f, "eventlog", "eventlog %s: a different "
		    "program has a source of that name: choose one that is "
		    "free", source);
	}
	error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0,
	    KEY_SET_VALUE, NULL, &key, NULL);
	free(path);
	if (error == 0) {
		error = source_set_values(key);
		RegCloseKey(key);
	}
	return error == 0 ? 0 : source_fail(f, source, "cannot be registered",
	    error);
}

int
eventlog_unregister(const char *source, struct fault *f)
{
	wchar_t *path = source_key(source, f);
	LONG error;

	if (path == NULL)
		return -1;
	error = source_is_foreign(source) ? 0 :
	    RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
	free(path);
	return error == 0 || error == ERROR_FILE_NOT_FOUND ? 0 :
	    source_fail(f, source, "cannot be removed", error);
}
