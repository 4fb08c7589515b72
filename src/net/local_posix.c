/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Local sockets on POSIX systems: AF_UNIX.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include "net/local.h"

#include "os.h"

#include "base/log.h"

static const char group_name[] = "adit";

void
local_init(struct local *l)
{
	l->fd = FD_NONE;
	l->lock = l->folder = -1;
}

bool
local_is_root(void)
{
	return geteuid() == 0;
}

/* Is there a folder of that path? */
static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
local_path(char path[LOCAL_PATH], const char *name, bool root)
{
	const char *base = getenv("XDG_RUNTIME_DIR"), *folder = "adit";
	int n;

	if (root) {
		base = ADIT_RUNSTATEDIR;
		if (*base == '\0')
			base = is_folder("/run") ? "/run" : "/var/run";
	} else if (base == NULL || *base != '/') {
		base = getenv("HOME");
		folder = ".adit";
	}
	if (base == NULL || *base != '/')
		return -1;
	n = snprintf(path, LOCAL_PATH, "%s/%s/%s", base, folder, name);
	return n > 0 && n < LOCAL_PATH ? 0 : -1;
}

/* Fills in a socket address; -1 and errno when the path is too long. */
static int
make_address(struct sockaddr_un *sun, const char *path)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (strlcpy(sun->sun_path, path, sizeof(sun->sun_path)) <
	    sizeof(sun->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Fills in that something about the socket of that path is refused; errno says
 * why.  Returns -1. */
static int
local_refused(struct fault *f, const char *path, const char *what)
{
	return fault_system(f, "control", "control: %s: %s%s", path, what,
	    strerror(errno));
}

/* The id of our group; -1: there is none. */
static gid_t
find_group(void)
{
	const struct group *gr = geteuid() == 0 ? getgrnam(group_name) : NULL;

	return gr == NULL ? (gid_t)-1 : gr->gr_gid;
}

/* Gives a folder or socket to our group, if there is one.  A root without the
 * right to do that, as in a sandbox, keeps it. */
static void
give_to_group(const char *path)
{
	gid_t gid = find_group();

	if (gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) != 0)
		log_warn("control: %s: cannot give it to the group %s: %s; "
		    "only root can use it", path, group_name, strerror(errno));
}

/* Makes the folder of the default path, unless it is there.  0, or -1 and the
 * fault, also when it belongs to others or they may write into it. */
static int
make_folder_of(const char *folder, struct fault *f)
{
	struct stat st;

	if (mkdir(folder, geteuid() == 0 ? 0750 : 0700) != 0 &&
	    errno != EEXIST)
		return local_refused(f, folder, "cannot make this folder: ");
	if (lstat(folder, &st) != 0)
		return local_refused(f, folder, "");
	if (!S_ISDIR(st.st_mode))
		return fault_system(f, "control", "control: %s: is no folder",
		    folder);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fault_system(f, "control", "control: %s: this folder "
		    "must be ours, and nobody else may write into it",
		    folder);
	give_to_group(folder);
	return 0;
}

/* Opens the folder of the socket; 0, or -1 and the fault. */
static int
open_folder(struct local *l, bool make_folder, struct fault *f)
{
	char *slash = strrchr(l->path, '/');
	int result = 0;

	l->name = slash + 1;
	*slash = '\0';
	if (make_folder)
		result = make_folder_of(l->path, f);
	if (result == 0) {
		l->folder = open(*l->path == '\0' ? "/" : l->path,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (l->folder < 0)
			result = local_refused(f, l->path, "");
	}
	*slash = '/';
	return result;
}

/* Locks the lock file; 0, or -1, the fault, and *taken. */
static int
take_lock(struct local *l, bool *taken, struct fault *f)
{
	char path[LOCAL_PATH + 8];
	struct flock lock;

	snprintf(path, sizeof(path), "%s.lock", l->path);
	l->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->lock < 0)
		return local_refused(f, path, "");
	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	if (fcntl(l->lock, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return local_refused(f, path, "cannot lock it: ");
	*taken = true;
	if (fcntl(l->lock, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	return fault_system(f, "control", "control: %s: this socket belongs "
	    "to the daemon with PID %ld; give this one a path of its own, or "
	    "none", l->path, (long)lock.l_pid);
}

/* Removes the socket of a process that has gone; 0, or -1 and the fault. */
static int
remove_old(const struct local *l, struct fault *f)
{
	struct stat st;

	if (lstat(l->path, &st) != 0)
		return errno == ENOENT ? 0 : local_refused(f, l->path, "");
	if (!S_ISSOCK(st.st_mode))
		return fault_user(f, "control", "control: %s: is there, and "
		    "is no socket", l->path);
	return unlink(l->path) == 0 ? 0 : local_refused(f, l->path, "");
}

/* Makes the socket; 0, or -1 and the fault. */
static int
make_socket(struct local *l, struct fault *f)
{
	gid_t gid = find_group();
	struct sockaddr_un sun;
	mode_t mask;
	int result;

	if (make_address(&sun, l->path) != 0)
		return fault_user(f, "control", "control: %s: the path is too "
		    "long for a socket", l->path);
	l->fd = sock_open(AF_UNIX, SOCK_STREAM);
	if (l->fd == FD_NONE)
		return local_refused(f, l->path, "cannot make a socket: ");
	mask = umask(gid == (gid_t)-1 ? 0177 : 0117);
	result = bind(l->fd, (struct sockaddr *)(void *)&sun, sizeof(sun));
	(void)umask(mask);
	if (result != 0)
		return local_refused(f, l->path, "");
	/* At once: who sees the path may connect. */
	if (sock_listen(l->fd, 8) != 0)
		return local_refused(f, l->path, "");
	give_to_group(l->path);
	return 0;
}

int
local_listen(struct local *l, const char *path, bool make_folder, bool *taken,
    struct fault *f)
{
	char *whole = path_absolute(path);
	size_t n;

	*taken = false;
	local_init(l);
	if (whole == NULL)
		return local_refused(f, path, "");
	n = strlcpy(l->path, whole, sizeof(l->path));
	free(whole);
	if (n >= sizeof(l->path) || l->path[n - 1] == '/')
		return fault_user(f, "control", "control: %s: is no path of a "
		    "socket", path);
	if (open_folder(l, make_folder, f) == 0 &&
	    take_lock(l, taken, f) == 0 && remove_old(l, f) == 0 &&
	    make_socket(l, f) == 0)
		return 0;
	/* Without the socket: it may not be ours. */
	sock_close(l->fd);
	l->fd = FD_NONE;
	local_close(l);
	return -1;
}

fd_t
local_accept(const struct local *l, struct local_peer *peer)
{
	fd_t fd = sock_accept(l->fd, NULL, NULL);
	int64_t uid;

	memset(peer, 0, sizeof(*peer));
	strlcpy(peer->user, "unknown", sizeof(peer->user));
	if (fd == FD_NONE || os_peer_uid(fd, &uid) != 0 || uid < 0)
		return fd;
	peer->may_command = uid == 0 || uid == (int64_t)geteuid();
	snprintf(peer->user, sizeof(peer->user), "%lld", (long long)uid);
	return fd;
}

void
local_close(struct local *l)
{
	if (l->fd != FD_NONE) {
		sock_close(l->fd);
		/* Without the right to do that, the next one does it. */
		(void)unlinkat(l->folder, l->name, 0);
	}
	if (l->lock >= 0)
		close(l->lock);
	if (l->folder >= 0)
		close(l->folder);
	local_init(l);
}

fd_t
local_connect(const char *path)
{
	struct timeval patience = { LOCAL_PATIENCE_S, 0 };
	struct sockaddr_un sun;
	fd_t fd;
	int saved;

	if (make_address(&sun, path) != 0)
		return FD_NONE;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == FD_NONE)
		return FD_NONE;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	if (connect(fd, (struct sockaddr *)(void *)&sun, sizeof(sun)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return FD_NONE;
}

ssize_t
local_send(fd_t fd, const void *buf, size_t len)
{
	return sock_send(fd, buf, len);
}

ssize_t
local_recv(fd_t fd, void *buf, size_t size)
{
	return sock_recv(fd, buf, size);
}

void
local_disconnect(fd_t fd)
{
	sock_close(fd);
}

const char *
local_strerror(int error)
{
	return error == EACCES || error == EPERM ? "permission denied: only "
	    "its user, root and, for a daemon of root, members of the group "
	    "\"adit\" may ask it (try sudo)" : strerror(error);
}
