/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The user at the other end of a local socket.
 */

#include "compat.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __sun
#include <ucred.h>
#endif

#include "os.h"

int
os_peer_uid(int fd, int64_t *uid)
{
#if defined(__linux__)
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
		return -1;
	*uid = (int64_t)who.uid;
	return 0;
#elif defined(__sun)
	ucred_t *who = NULL;

	if (getpeerucred(fd, &who) != 0)
		return -1;
	*uid = (int64_t)ucred_geteuid(who);
	ucred_free(who);
	return 0;
#elif defined(__FreeBSD__) || defined(__DragonFly__) || \
    defined(__NetBSD__) || defined(__OpenBSD__) || defined(__APPLE__)
	uid_t user;
	gid_t group;

	if (getpeereid(fd, &user, &group) != 0)
		return -1;
	*uid = (int64_t)user;
	return 0;
#else
	(void)fd;
	(void)uid;
	errno = ENOSYS;
	return -1;
#endif
}
