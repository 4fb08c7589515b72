/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Random bytes from the system, for seeding our generator.
 *
 * NOTES.  The sources are tried in the order of the file.  getrandom() and
 * getentropy() need no device in a chroot, but fail on kernels that are older
 * than the libc; then the device is asked.
 */

#include "compat.h"

#if HAVE_RTLGENRANDOM
#include <windows.h>
/* In no header of MinGW under its documented name, RtlGenRandom(). */
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

/* One call's worth of bytes from the kernel: how many, or -1. */
static ssize_t
ask_kernel(uint8_t *p, size_t n)
{
#if HAVE_GETRANDOM
	return getrandom(p, n, 0);
#elif HAVE_GETENTROPY
	if (n > 256)	/* it gives no more at a time */
		n = 256;
	return getentropy(p, n) == 0 ? (ssize_t)n : -1;
#else
	(void)p;
	(void)n;
	errno = ENOSYS;
	return -1;
#endif
}

/* The same from the device. */
static int
ask_device(uint8_t *p, size_t n)
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
		ssize_t got = ask_kernel(to, n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return ask_device(to, n);
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

#endif
