/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Closes all descriptors from one on.
 *
 * NOTES.  In order: close_range(2) of Linux 5.9, the folder of our own
 * descriptors, one by one up to the limit.  The limit may be a milliard in a
 * container, so it is cut.
 */

#include "compat.h"
#include "os.h"

#ifdef _WIN32

void
os_close_from(int lowest)
{
	(void)lowest;
}

#else

#include <dirent.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

enum { CLOSE_AT_MOST = 65536 };

/* By one system call; -1 when there is no such. */
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

/* By the list that the system keeps of them; -1 when there is none.  What is
 * closed while the folder is read may make it skip others: hence again until
 * a pass closes none. */
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
	long fd, limit;

	if (close_by_range(lowest) == 0)
		return;
#ifdef __linux__
	if (close_by_folder("/proc/self/fd", lowest) == 0)
		return;
#else
	/* Elsewhere /dev/fd may show the first three only. */
	(void)close_by_folder;
#endif
	limit = sysconf(_SC_OPEN_MAX);
	if (limit < 0 || limit > CLOSE_AT_MOST)
		limit = CLOSE_AT_MOST;
	for (fd = lowest; fd < limit; fd++)
		close((int)fd);
}

#endif
