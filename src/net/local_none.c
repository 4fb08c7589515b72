/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Local sockets where there are none yet: Windows, whose named pipes are to be
 * used.
 */

#include "compat.h"

#include "net/local.h"

void
local_init(struct local *l)
{
	l->fd = FD_NONE;
	l->lock = l->folder = -1;
}

int
local_path(char path[LOCAL_PATH], const char *name, bool root)
{
	(void)name;
	(void)root;
	path[0] = '\0';
	return -1;
}

int
local_listen(struct local *l, const char *path, bool make_folder, bool *taken,
    struct fault *f)
{
	(void)make_folder;
	*taken = false;
	local_init(l);
	return fault_user(f, "control", "control: %s: this build has no "
	    "control socket for this system: leave it out, or say none", path);
}

fd_t
local_accept(const struct local *l, int64_t *uid)
{
	(void)l;
	*uid = -1;
	errno = EAGAIN;
	return FD_NONE;
}

bool
local_may_command(int64_t uid)
{
	(void)uid;
	return false;
}

void
local_close(struct local *l)
{
	local_init(l);
}

fd_t
local_connect(const char *path)
{
	(void)path;
	errno = ENOSYS;
	return FD_NONE;
}

bool
local_is_root(void)
{
	return false;
}
