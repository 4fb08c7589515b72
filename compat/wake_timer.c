/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A timer that is a descriptor, by the clock of clock_mono_ms(); Linux.
 */

#include "os.h"

#if HAVE_TIMERFD

#include <sys/timerfd.h>

int
os_wake_timer(void)
{
	return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

int
os_wake_timer_set(int fd, uint64_t wait_ms)
{
	struct itimerspec in;

	memset(&in, 0, sizeof(in));
	in.it_value.tv_sec = (time_t)(wait_ms / 1000);
	in.it_value.tv_nsec = (long)(wait_ms % 1000) * 1000000;
	return timerfd_settime(fd, 0, &in, NULL);
}

#else

int
os_wake_timer(void)
{
	errno = ENOSYS;
	return -1;
}

int
os_wake_timer_set(int fd, uint64_t wait_ms)
{
	(void)fd;
	(void)wait_ms;
	errno = ENOSYS;
	return -1;
}

#endif
