/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The header that every file includes first: results of configure, standard
 * headers, and functions that some systems lack.
 *
 * NOTES.  Files in src/ have no conditionals: differences between systems are
 * handled in this folder.  Each missing function has a file of its own, wholly
 * inside its guard; the file NOTES names the source of each.
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

#ifdef __TINYC__	/* glibc defines it as nothing, but tcc supports it */
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

/* A text of --help, which a build may leave out. */
#if HAVE_HELP
#define HELP(text) text
#else
#define HELP(text) ""
#endif

#ifndef EHOSTDOWN	/* not POSIX; MinGW lacks it */
#define EHOSTDOWN 10064
#endif

#ifdef _WIN32
/* The strerror() of Windows has no words for errors of sockets. */
const char *error_win32_errno(int error);
#undef strerror
#define strerror error_win32_errno
#endif

#if !HAVE_STRLCPY
/* Copies with truncation, always terminated; returns strlen(from). */
size_t strlcpy(char *to, const char *from, size_t size);
#endif

#if !HAVE_EXPLICIT_BZERO
/* Zeroes n bytes in a way that no compiler can optimize away. */
void explicit_bzero(void *p, size_t n);
#endif

#if !HAVE_STRNDUP
/* Copies at most n bytes of a string into memory that the caller frees. */
char *strndup(const char *text, size_t n);
#endif

#if !HAVE_UNSETENV
/* Removes a variable from the environment; 0, or -1. */
int unsetenv(const char *name);
#endif

/* A variable of the environment; NULL when there is none.  The text is valid
 * until env_forget(). */
const char *env_get(const char *name);

/* Wipes a variable and removes it from the environment. */
void env_forget(const char *name);

/* Milliseconds of a clock that never goes back and, where the system has such a
 * clock, also counts time in suspend. */
uint64_t clock_mono_ms(void);

/* Microseconds of the same clock, for measuring round trips. */
uint64_t clock_mono_us(void);

/* Microseconds of processor time that this process has used; where the system
 * does not report it, those of clock_mono_us(). */
uint64_t clock_cpu_us(void);

/* Milliseconds in suspend since the machine started; 0 where the system does
 * not report it. */
uint64_t clock_slept_ms(void);

/* Seconds since 1970-01-01 00:00:00 UTC. */
int64_t clock_wall_s(void);

/* Writes local time as "2026-01-31 12:00:00" into text[20]. */
void clock_wall_text(int64_t wall_s, char text[20]);

/* Fills p with n bytes from the system's entropy source; returns 0, or -1
 * when there is none. */
int entropy(void *p, size_t n);

/* Returns the whole pages among n bytes at p to the system.  Their contents may
 * be lost; the memory stays usable. */
void memory_give_back(void *p, size_t n);

/* Bytes of address space that the process may have; 0: as many as it likes, or
 * unknown. */
size_t memory_limit(void);

/* Does the stream write to a terminal? */
bool stream_is_terminal(FILE *stream);

/* Creates or truncates a file for writing, but not through a symbolic link.
 * The caller closes it; NULL and errno on failure. */
FILE *fopen_output(const char *path);

/* The same of a file that only its owner may read, for writing a secret. */
FILE *fopen_private(const char *path);

/* Opens a file for reading and writing, which it makes if need be, but not
 * through a symbolic link; its contents stay.  The caller closes it; NULL and
 * errno on failure. */
FILE *fopen_kept(const char *path);

/* Makes a file without a name, for reading and writing, that is gone when it is
 * closed.  NULL and errno on failure. */
FILE *fopen_nameless(void);

/* Removes a file; 0, or -1 and errno. */
int file_remove(const char *path);

/* What the system knows of a file. */
struct file_facts {
	bool regular;		/* neither a folder nor a pipe nor a device */
	int64_t changed_s;	/* Unix seconds of the last change */
	uint64_t size;		/* bytes */
	uint64_t number;	/* of the file in its file system, */
	uint64_t device;	/* and of that */
};

/* Looks at a file, through symbolic links, or at an open one; 0, or -1 and
 * errno. */
int file_facts(const char *path, struct file_facts *);
int file_facts_open(int fd, struct file_facts *);

/* Is there a symbolic link of that name? */
bool path_is_link(const char *path);

/* Opens a file for reading, without a buffer.  If it is a FIFO, reads from it
 * do not wait: they fail with EAGAIN, and then stream_wait() waits.  NULL and
 * errno on failure; ETIMEDOUT: nothing came out of the FIFO within wait_ms. */
FILE *fopen_reader(const char *path, int wait_ms);

/* The same with a descriptor that is open already, at the beginning of its
 * file, and that it takes over. */
FILE *fdopen_reader(int fd, int wait_ms);

/* Waits until the stream can be read; false after wait_ms. */
bool stream_wait(FILE *stream, int wait_ms);

/* May only the owner read the file, or for a file of root's also its group?  1
 * or 0; -1 when there is no such regular file.  On Windows administrators, the
 * system and services count as owners. */
int file_mode_private(const char *path);

/* Can only root and we change the file, and what it is found by: all folders
 * above it?  1; 0 and in why[FILE_WHY] what others can change, in words; -1 and
 * errno when it cannot be looked at.  Always 1 on Windows. */
enum { FILE_WHY = 512 };
int file_is_trusted(const char *path, char why[FILE_WHY]);

/* Makes a folder; 0, or -1 and errno. */
int make_dir(const char *path);

/* The path of a configuration file of that name where the system keeps those of
 * all programs, in memory that the caller frees; NULL and errno on failure. */
char *path_config(const char *name);

/* The absolute path, in memory that the caller frees; NULL and errno on
 * failure. */
char *path_absolute(const char *path);

#endif
