/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Has a program that is linked with a new glibc run with those from 2.17 on:
 * configure --enable-old-glibc.
 *
 * NOTES.  The linker takes the newest version of a symbol, which older
 * libraries lack.  Functions here have the names that headers and start files
 * refer to, and call versions that all have.  Headers are left out, as they
 * declare those names.  Where newer functions have no older version, configure
 * answers that they are missing.
 *
 *	__libc_start_main	2.34: constructors are run by it, and before by
 *				a function of the program
 *	fcntl64			2.28: the same as fcntl where off_t has 64 bits
 *	stat64 and others	2.33: __xstat64 and others before
 *	__explicit_bzero_chk	2.25: explicit_bzero where bounds are checked
 *	__isoc23_strtoull	2.38: strtoull where headers follow C23, which
 *				also reads binary numbers
 */

#include <stdarg.h>
#include <stddef.h>

#if defined(__x86_64__)
#define OLD_VERSION "GLIBC_2.2.5"
#define OLD_VERSION_AT "GLIBC_2.4"
#define OLD_STAT 1	/* _STAT_VER */
#elif defined(__aarch64__)
#define OLD_VERSION "GLIBC_2.17"
#define OLD_VERSION_AT OLD_VERSION
#define OLD_STAT 0
#else
#error --enable-old-glibc is for x86-64 and 64-bit ARM
#endif

#define OLD(ours, theirs, version) \
	__asm__(".symver " #ours "," #theirs "@" version)

typedef void constructor(int argc, char **argv, char **environment);

int old_start(int (*main_of)(int, char **, char **), int argc, char **argv,
    constructor *init, void (*fini)(void), void (*loader_fini)(void),
    void *stack_end);
void abort(void);
void explicit_bzero(void *p, size_t n);	/* compat/explicit_bzero.c */
unsigned long long strtoull(const char *text, char **end, int base);
int old_fcntl(int fd, int what, ...);
int old_stat(int version, const char *path, void *to);
int old_lstat(int version, const char *path, void *to);
int old_fstat(int version, int fd, void *to);
int old_fstatat(int version, int fd, const char *path, void *to, int flags);

OLD(old_start, __libc_start_main, OLD_VERSION);
OLD(old_fcntl, fcntl, OLD_VERSION);
OLD(old_stat, __xstat64, OLD_VERSION);
OLD(old_lstat, __lxstat64, OLD_VERSION);
OLD(old_fstat, __fxstat64, OLD_VERSION);
OLD(old_fstatat, __fxstatat64, OLD_VERSION_AT);

#pragma GCC visibility push(hidden)
extern constructor *__init_array_start[], *__init_array_end[];

int __libc_start_main(int (*main_of)(int, char **, char **), int argc,
    char **argv, constructor *init, void (*fini)(void),
    void (*loader_fini)(void), void *stack_end);
void __explicit_bzero_chk(void *p, size_t n, size_t size);
unsigned long long __isoc23_strtoull(const char *text, char **end, int base);
int fcntl64(int fd, int what, ...);
int stat64(const char *path, void *to);
int lstat64(const char *path, void *to);
int fstat64(int fd, void *to);
int fstatat64(int fd, const char *path, void *to, int flags);
#pragma GCC visibility pop

/* Runs the constructors of the program. */
static void
run_constructors(int argc, char **argv, char **environment)
{
	constructor **at;

	for (at = __init_array_start; at < __init_array_end; at++)
		(*at)(argc, argv, environment);
}

int
__libc_start_main(int (*main_of)(int, char **, char **), int argc, char **argv,
    constructor *init, void (*fini)(void), void (*loader_fini)(void),
    void *stack_end)
{
	return old_start(main_of, argc, argv, init != 0 ? init :
	    run_constructors, fini, loader_fini, stack_end);
}

void
__explicit_bzero_chk(void *p, size_t n, size_t size)
{
	if (n > size)
		abort();
	explicit_bzero(p, n);
}

unsigned long long
__isoc23_strtoull(const char *text, char **end, int base)
{
	return strtoull(text, end, base);
}

int
fcntl64(int fd, int what, ...)
{
	va_list list;
	void *value;

	/* It is passed in the same way, whatever its type is. */
	va_start(list, what);
	value = va_arg(list, void *);
	va_end(list);
	return old_fcntl(fd, what, value);
}

int
stat64(const char *path, void *to)
{
	return old_stat(OLD_STAT, path, to);
}

int
lstat64(const char *path, void *to)
{
	return old_lstat(OLD_STAT, path, to);
}

int
fstat64(int fd, void *to)
{
	return old_fstat(OLD_STAT, fd, to);
}

int
fstatat64(int fd, const char *path, void *to, int flags)
{
	return old_fstatat(OLD_STAT, fd, path, to, flags);
}
