/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Random bytes from the system, for seeding our generator.
 *
 * NOTES.  configure finds out which sources there are.  getrandom() and
 * getentropy() need no device in a chroot, but fail on kernels older than the
 * libc; then /dev/urandom is read.
 */

#include "compat.h"

#if HAVE_RTLGENRANDOM
#include <windows.h>
/* The documented name, RtlGenRandom(), is in no header of MinGW. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG len);
#else
#include <fcntl.h>
#include <unistd.h>
#endif
#if HAVE_GETRANDOM
#include <sys/random.h>
#endif

#if HAVE_RTLGENRANDOM

int
entropy(void *p, size_t n)
{
	if (n <= ULONG_MAX && SystemFunction036(p, (ULONG)n))
		return 0;
	errno = EIO;
	return -1;
}

#elif HAVE_ARC4RANDOM_BUF && !HAVE_GETRANDOM && !HAVE_GETENTROPY

int
entropy(void *p, size_t n)
{
	arc4random_buf(p, n);
	return 0;
}

#else

/* Reads at most n bytes by one system call; returns how many, or -1. */
static ssize_t
read_kernel(uint8_t *p, size_t n)
{
#if HAVE_GETRANDOM
	return getrandom(p, n, 0);
#elif HAVE_GETENTROPY
	if (n > 256)	/* the most for one call */
		n = 256;
	return getentropy(p, n) == 0 ? (ssize_t)n : -1;
#else
	(void)p;
	(void)n;
	errno = ENOSYS;
	return -1;
#endif
}

/* Reads n bytes from the device; 0, or -1 and errno. */
static int
read_device(uint8_t *p, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY);
	ssize_t got = 0;

	if (fd == -1)
		return -1;
	while (n > 0) {
		got = read(fd, p, n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		p += got;
		n -= (size_t)got;
	}
	close(fd);
	if (n == 0)
		return 0;
	if (got == 0)
		errno = EIO;
	return -1;
}

int
entropy(void *p, size_t n)
{
	uint8_t *to = p;

	while (n > 0) {
		ssize_t got = read_kernel(to, n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return read_device(to, n);
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

#endif
