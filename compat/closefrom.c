/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Closes all descriptors from a number on.
 *
 * NOTES.  The BSDs have closefrom(2).  Elsewhere this tries close_range(2) of
 * Linux 5.9, then the folder /proc/self/fd of Linux, then closes every number
 * below the limit of descriptors.  That limit may be 10^9 in a container, so it
 * is capped.
 */

#include "compat.h"
#include "os.h"

#ifdef _WIN32

void
os_close_from(int lowest)
{
	(void)lowest;
}

#elif defined(__FreeBSD__) || defined(__DragonFly__) || \
    defined(__NetBSD__) || defined(__OpenBSD__)

#include <unistd.h>

void
os_close_from(int lowest)
{
	(void)closefrom(lowest);
}

#else

#include <sys/resource.h>
#include <dirent.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

enum { CLOSE_AT_MOST = 65536 };		/* the cap */

/* Closes by close_range(2); -1 when the system lacks it. */
static int
close_by_range(int lowest)
{
#ifdef SYS_close_range
	return (int)syscall(SYS_close_range, (unsigned)lowest, ~0U, 0U);
#else
	(void)lowest;
	return -1;
#endif
}

/* Closes the descriptors that a folder lists; -1 when it cannot be read.
 * readdir() may skip some while others are closed, so this repeats until a pass
 * closes none. */
static int
close_by_folder(const char *path, int lowest)
{
	struct dirent *e;
	DIR *dir;
	int fd, closed;

	do {
		closed = 0;
		dir = opendir(path);
		if (dir == NULL)
			return -1;
		while ((e = readdir(dir)) != NULL) {
			if (e->d_name[0] < '0' || e->d_name[0] > '9')
				continue;
			fd = atoi(e->d_name);
			if (fd >= lowest && fd != dirfd(dir) && close(fd) == 0)
				closed++;
		}
		closedir(dir);
	} while (closed > 0);
	return 0;
}

void
os_close_from(int lowest)
{
	struct rlimit limit;
	rlim_t fd;

	if (close_by_range(lowest) == 0)
		return;
#ifdef __linux__
	if (close_by_folder("/proc/self/fd", lowest) == 0)
		return;
#else
	/* On other systems /dev/fd may list the first three only. */
	(void)close_by_folder;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur > CLOSE_AT_MOST)
		limit.rlim_cur = CLOSE_AT_MOST;
	for (fd = (rlim_t)lowest; fd < limit.rlim_cur; fd++)
		close((int)fd);
}

#endif
