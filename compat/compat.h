/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What every file includes first: the answers of configure, the system's
 * headers behind one door, and the functions that some systems lack.
 *
 * NOTES.  No file in src/ may hold a conditional, so whatever differs between
 * systems is told here once.  Each missing function is a file of its own in
 * this folder, wholly inside its own guard; NOTES tells where each comes from.
 */

#ifndef COMPAT_H
#define COMPAT_H

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#ifdef __TINYC__	/* glibc defines it as nothing, but tcc knows it */
#undef __attribute__
#endif

#if defined(__MINGW32__) && defined(__MINGW_PRINTF_FORMAT)
#define PRINTF_LIKE(fmt, args) \
	__attribute__((__format__(__MINGW_PRINTF_FORMAT, fmt, args)))
#define NORETURN __attribute__((__noreturn__))
#elif defined(__GNUC__) || defined(__clang__) || defined(__TINYC__)
#define PRINTF_LIKE(fmt, args) \
	__attribute__((__format__(__printf__, fmt, args)))
#define NORETURN __attribute__((__noreturn__))
#else
#define PRINTF_LIKE(fmt, args)
#define NORETURN
#endif

#ifndef EHOSTDOWN	/* MinGW has all of POSIX, and not this one */
#define EHOSTDOWN 10064
#endif

#if !HAVE_STRLCPY
/* Copies with truncation, always terminated; returns strlen(from). */
size_t strlcpy(char *to, const char *from, size_t size);
#endif

#if !HAVE_EXPLICIT_BZERO
/* Wipes n bytes in a way that no compiler leaves out. */
void explicit_bzero(void *p, size_t n);
#endif

#if !HAVE_STRNDUP
/* Copies at most n bytes of a string into memory that the caller frees. */
char *strndup(const char *text, size_t n);
#endif

#if !HAVE_UNSETENV
/* Takes a variable out of the environment; 0, or -1. */
int unsetenv(const char *name);
#endif

/* Milliseconds of a clock that never jumps back and, where the system has
 * such a one, goes on while the machine sleeps. */
uint64_t clock_mono_ms(void);

/* Microseconds of the same clock; for measuring round trips. */
uint64_t clock_mono_us(void);

/* Milliseconds that the machine has been suspended since it started; 0 where
 * the system does not tell. */
uint64_t clock_slept_ms(void);

/* Seconds since 1970-01-01 00:00:00 UTC. */
int64_t clock_wall_s(void);

/* Writes local time as "2026-01-31 12:00:00" into text[20]. */
void clock_wall_text(int64_t wall_s, char text[20]);

/* Fills p with n bytes from the system's entropy source; returns 0, or -1
 * when there is none. */
int entropy(void *p, size_t n);

/* Lets the system have the whole pages of n bytes at p; what they held may be
 * lost, and they can be used as before. */
void memory_give_back(void *p, size_t n);

/* Does the stream write to a terminal? */
bool stream_is_terminal(FILE *stream);

/* Makes or empties a file that only its owner may read, for writing a secret.
 * The caller closes it; NULL and errno on failure. */
FILE *fopen_private(const char *path);

/* May only the owner read the file?  1 or 0; -1 when it is not there or is no
 * regular file.  On Windows, where folders say that, always 1. */
int file_mode_private(const char *path);

/* Makes a folder; 0, or -1 and errno. */
int make_dir(const char *path);

/* The path from the root, in memory that the caller frees; NULL and errno on
 * failure. */
char *path_absolute(const char *path);

#endif
