/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run when something has happened, on POSIX systems.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "net/hook.h"
#include "net/hook_backend.h"

#include "os.h"

const bool hook_works = true;

/* In the new process: becomes the program. */
static void NORETURN
child_run(int output, char *const *argv, char *const *environment)
{
	int null = open("/dev/null", O_RDWR), copy;
	const char *why;

	/* All three may be closed in the daemon. */
	copy = fcntl(output, F_DUPFD, STDERR_FILENO + 1);
	if (null < 0 || copy < 0)
		_exit(127);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(copy, STDOUT_FILENO) < 0 ||
	    dup2(copy, STDERR_FILENO) < 0)
		_exit(127);
	os_close_from(STDERR_FILENO + 1);
	(void)setpgid(0, 0);
	(void)umask(022);
	os_reset_signals(NULL, 0);
	os_unblock_signals();
	if (chdir("/") == 0)
		execve(argv[0], argv, environment);
	why = strerror(errno);
	if (write(STDERR_FILENO, "cannot be run: ", 15) == 15 &&
	    write(STDERR_FILENO, why, strlen(why)) > 0)
		_exit(127);
	_exit(127);
}

/* Waits until the new process has closed what it has inherited: an address is
 * in use while it has the socket that we close next.  fds[1] is its own. */
static void
wait_for_child(int fds[2])
{
	char byte;
	ssize_t n;

	close(fds[1]);
	do {
		n = read(fds[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	close(fds[0]);
}

int
hook_backend_start(struct hook_process *p, char *const *argv,
    char *const *environment)
{
	sigset_t all, before;
	int pair[2], closed[2], error;

	if (pipe(pair) == -1)
		return -1;
	if (pipe(closed) == -1) {
		error = errno;
		close(pair[0]);
		close(pair[1]);
		errno = error;
		return -1;
	}
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	fflush(NULL);
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	p->pid = (long)fork();
	if (p->pid == 0)
		child_run(pair[1], argv, environment);
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	wait_for_child(closed);
	if (p->pid < 0) {
		close(pair[0]);
		errno = error;
		return -1;
	}
	/* Both do it, so that it is done when either goes on. */
	(void)setpgid((pid_t)p->pid, (pid_t)p->pid);
	p->output = pair[0];
	return 0;
}

bool
hook_backend_ended(const struct hook_process *p, int *status)
{
	int raw = 0;
	pid_t pid;

	do {
		pid = waitpid((pid_t)p->pid, &raw, WNOHANG);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	/* Where SIGCHLD is ignored its status is not kept. */
	*status = pid < 0 ? 0 : WIFEXITED(raw) ? WEXITSTATUS(raw) :
	    -WTERMSIG(raw);
	return true;
}

void
hook_backend_kill(const struct hook_process *p)
{
	(void)kill(-(pid_t)p->pid, SIGKILL);
	/* It may have left its group, whose number it may have been. */
	(void)kill((pid_t)p->pid, SIGKILL);
}

ssize_t
hook_backend_read(const struct hook_process *p, char *to, size_t size)
{
	ssize_t n;

	do {
		n = read(p->output, to, size);
	} while (n < 0 && errno == EINTR);
	return n;
}

void
hook_backend_close(struct hook_process *p)
{
	if (p->output != FD_NONE)
		close(p->output);
	p->output = FD_NONE;
}
