/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Local sockets on Windows: a named pipe.
 *
 * NOTES.  Any program may make a pipe of any name that is not there.  So the
 * server insists on making the first instance, and a client asks whose a pipe
 * is before it says anything, lets the server identify it and no more, and asks
 * for the right to write, but not to make instances.  A service with an account
 * of its own is known by the service manager, which only administrators tell
 * what account a service has.
 *
 * Nobody comes from the network: the pipe rejects remote clients.  Where that
 * is not known (before Vista) the access list denies all to the group NETWORK.
 * Elsewhere it does not, since the programs of an administrator who has logged
 * in by SSH or WinRM run on this machine, and are in that group.
 */

#include "compat.h"

#include "net/local.h"

#include "error_win32.h"

#include "net/local_relay.h"
#include "net/local_sid.h"
#include "net/service.h"

/* All pipes have this prefix, and ours the second. */
static const char pipe_prefix[] = "\\\\.\\pipe\\", our_folder[] = "adit\\";

enum {
	PIPE_NAME = 256,	/* characters of a pipe's name, at most */
	LOCAL_ACCESS = 2 * LOCAL_USER + 80,	/* bytes of an access list */
};

/* An error of Windows, and its name in POSIX. */
static const struct {
	DWORD windows;
	int error;
} pipe_errors[] = {
	{ ERROR_FILE_NOT_FOUND, ENOENT },
	{ ERROR_PATH_NOT_FOUND, ENOENT },
	{ ERROR_BAD_PATHNAME, ENOENT },
	{ ERROR_INVALID_NAME, EINVAL },
	{ ERROR_ACCESS_DENIED, EACCES },
	{ ERROR_PIPE_BUSY, EBUSY },
	{ ERROR_SEM_TIMEOUT, EBUSY },
	{ ERROR_BROKEN_PIPE, EPIPE },
	{ ERROR_NO_DATA, EPIPE },
	{ ERROR_PIPE_NOT_CONNECTED, EPIPE },
	{ ERROR_NOT_ENOUGH_MEMORY, ENOMEM },
};

/* The errno for an error of Windows; EIO for those that are not known. */
static int
pipe_errno(DWORD windows)
{
	size_t i;

	for (i = 0; i < sizeof(pipe_errors) / sizeof(pipe_errors[0]); i++)
		if (pipe_errors[i].windows == windows)
			return pipe_errors[i].error;
	return EIO;
}

void
local_init(struct local *l)
{
	l->fd = FD_NONE;
	l->lock = l->folder = -1;
	l->relay = NULL;
}

int
local_path(char path[LOCAL_PATH], const char *name, bool root)
{
	char sid[LOCAL_USER];
	int n;

	/* Several services may run at a time. */
	if (service_name() != NULL)
		name = service_name();
	if (!root && local_sid_user(sid) != 0)
		return -1;
	n = snprintf(path, LOCAL_PATH, "%s%s%s%s%s", pipe_prefix, our_folder,
	    root ? "" : sid, root ? "" : "\\", name);
	return n > 0 && n < PIPE_NAME ? 0 : -1;
}

/* Writes the whole name of a pipe, where a plain name is one of ours; 0, or -1
 * and errno. */
static int
complete_name(char whole[LOCAL_PATH], const char *name)
{
	bool plain = _strnicmp(name, pipe_prefix, sizeof(pipe_prefix) - 1) != 0;
	const char *rest = plain ? name : name + sizeof(pipe_prefix) - 1;
	int n;

	if (*rest == '\0' || (plain && strpbrk(name, "/\\:") != NULL)) {
		errno = EINVAL;
		return -1;
	}
	n = snprintf(whole, LOCAL_PATH, "%s%s%s", pipe_prefix, plain ?
	    our_folder : "", rest);
	if (n > 0 && n < PIPE_NAME)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Fills in why a pipe could not be made.  Returns -1. */
static int
pipe_refused(const char *path, unsigned long error, bool *taken,
    struct fault *f)
{
	char words[ERROR_WORDS];

	*taken = error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;
	if (*taken)
		return fault_system(f, "control", "control: %s: this pipe "
		    "belongs to a process that runs already; give this one a "
		    "name of its own, or none", path);
	return fault_system(f, "control", "control: %s: cannot make this "
	    "pipe: %s", path, error_win32_words(error, words));
}

/* Writes an access list: after what is denied, all to SYSTEM, administrators,
 * and us. */
static void
write_access(char access[LOCAL_ACCESS], const char *owner, const char *denied,
    const char *own)
{
	snprintf(access, LOCAL_ACCESS, "O:%sD:P%s(A;;GA;;;SY)(A;;GA;;;BA)"
	    "(A;;GA;;;%s)", owner, denied, own);
}

int
local_listen(struct local *l, const char *path, bool make_folder, bool *taken,
    struct fault *f)
{
	char own[LOCAL_USER], owner[LOCAL_USER];
	char access[LOCAL_ACCESS], access_xp[LOCAL_ACCESS];
	unsigned long error;

	(void)make_folder;	/* names of pipes have none */
	*taken = false;
	local_init(l);
	if (complete_name(l->path, path) != 0)
		return fault_user(f, "control", "control: %s: must be a name, "
		    "or \\\\.\\pipe\\NAME, of at most %d characters, or none",
		    path, PIPE_NAME - 1);
	if (local_sid_own(own) != 0 || local_sid_owner(owner) != 0)
		return pipe_refused(path, GetLastError(), taken, f);
	write_access(access, owner, "", own);
	write_access(access_xp, owner, "(D;;GA;;;NU)", own);
	l->relay = local_relay_start(l->path, access, access_xp, &error);
	if (l->relay == NULL)
		return pipe_refused(l->path, error, taken, f);
	l->fd = local_relay_fd(l->relay);
	return 0;
}

fd_t
local_accept(const struct local *l, struct local_peer *peer)
{
	fd_t fd = local_relay_accept(l->relay, peer);

	if (fd == FD_NONE)
		errno = EAGAIN;
	return fd;
}

void
local_close(struct local *l)
{
	local_relay_stop(l->relay);
	local_init(l);
}

/* Opens the pipe; INVALID_HANDLE_VALUE and errno.  While all its instances have
 * clients it waits. */
static HANDLE
open_pipe(const char *name)
{
	uint64_t end_ms = clock_mono_ms() + LOCAL_PATIENCE_S * 1000;
	HANDLE pipe;

	for (;;) {
		/* GENERIC_WRITE has the right to make instances. */
		pipe = CreateFileA(name, GENERIC_READ | FILE_WRITE_DATA, 0,
		    NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED |
		    SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
		if (pipe != INVALID_HANDLE_VALUE ||
		    GetLastError() != ERROR_PIPE_BUSY ||
		    clock_mono_ms() >= end_ms)
			break;
		/* Also when it fails, an instance may be free now. */
		(void)WaitNamedPipeA(name, 1000);
	}
	if (pipe == INVALID_HANDLE_VALUE)
		errno = pipe_errno(GetLastError());
	return pipe;
}

/* Is a pipe one of a service that an administrator has given that account?  It
 * has the name of its service. */
static bool
is_of_service(const char *pipe, const char *owner)
{
	size_t n = sizeof(pipe_prefix) - 1;

	if (_strnicmp(pipe + n, our_folder, sizeof(our_folder) - 1) != 0)
		return false;
	return service_has_account(pipe + n + sizeof(our_folder) - 1, owner);
}

fd_t
local_connect(const char *path)
{
	char name[LOCAL_PATH], owner[LOCAL_USER];
	HANDLE pipe;

	if (complete_name(name, path) != 0)
		return FD_NONE;
	pipe = open_pipe(name);
	if (pipe == INVALID_HANDLE_VALUE)
		return FD_NONE;
	if (local_sid_trusts(pipe, owner) || is_of_service(name, owner))
		return (fd_t)pipe;
	CloseHandle(pipe);
	errno = EPERM;
	return FD_NONE;
}

/* Waits for an operation that has begun, or was done at once; its bytes, or -1
 * and errno. */
static ssize_t
finish_op(HANDLE pipe, OVERLAPPED *o, BOOL done)
{
	DWORD n = 0, error = done ? ERROR_SUCCESS : GetLastError();
	bool late = false;

	if (!done && error != ERROR_IO_PENDING) {
		errno = pipe_errno(error);
		return -1;
	}
	if (WaitForSingleObject(o->hEvent, LOCAL_PATIENCE_S * 1000) !=
	    WAIT_OBJECT_0) {
		late = true;
		(void)CancelIo(pipe);
	}
	if (GetOverlappedResult(pipe, o, &n, TRUE))
		return (ssize_t)n;
	errno = late ? EAGAIN : pipe_errno(GetLastError());
	return -1;
}

/* Reads or writes; as local_recv(). */
static ssize_t
move_bytes(fd_t fd, void *in, const void *out, DWORD size)
{
	HANDLE pipe = (HANDLE)fd;
	OVERLAPPED o;
	ssize_t n;
	BOOL done;
	int saved;

	memset(&o, 0, sizeof(o));
	o.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	if (o.hEvent == NULL) {
		errno = ENOMEM;
		return -1;
	}
	done = in != NULL ? ReadFile(pipe, in, size, NULL, &o) :
	    WriteFile(pipe, out, size, NULL, &o);
	n = finish_op(pipe, &o, done);
	saved = errno;
	CloseHandle(o.hEvent);
	errno = saved;
	return n;
}

ssize_t
local_send(fd_t fd, const void *buf, size_t len)
{
	return move_bytes(fd, NULL, buf, len > INT_MAX ? INT_MAX : (DWORD)len);
}

ssize_t
local_recv(fd_t fd, void *buf, size_t size)
{
	ssize_t n = move_bytes(fd, buf, NULL, size > INT_MAX ? INT_MAX :
	    (DWORD)size);

	return n < 0 && errno == EPIPE ? 0 : n;
}

void
local_disconnect(fd_t fd)
{
	if (fd != FD_NONE)
		CloseHandle((HANDLE)fd);
}

const char *
local_strerror(int error)
{
	switch (error) {
	case EACCES:
		return "permission denied: only its user and administrators "
		    "may ask it (try a prompt that runs as administrator)";
	case EPERM:
		return "this pipe belongs to neither the system, nor an "
		    "administrator, nor this user: it is not asked";
	case EBUSY:
		return "too many clients: try again";
	case EINVAL:
		return "is neither a name nor \\\\.\\pipe\\NAME";
	}
	return strerror(error);
}
