/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The resolver's helper process: it forks a child for each look-up, because
 * getaddrinfo() blocks and holds locks and state of its own.
 *
 * NOTES.  Three pipes: requests (daemon to helper), answers (helper to daemon)
 * and, inside the helper, results (children to helper).  What goes through a
 * pipe is at most PIPE_BUF bytes, so it arrives whole.  The SIGCHLD handler
 * writes a result with id 0, which wakes poll().  If a child was killed before
 * it could answer, the helper reports a failure.
 *
 * The helper is the child of a keeper, which does nothing but start it again
 * when it has died, and then sends an answer with id 0.  The keeper is forked
 * at the start: the daemon that it leaves behind reads keys, keeps privileges
 * and changes its root directory, and a helper must have none of that.
 *
 *	daemon		forks the keeper once
 *	keeper		forks a helper at the first request, again after its
 *			death: a daemon that looks up nothing has one process
 *			less
 *	helper		forks a child for each look-up
 *
 * Only keeper and helper hold the answers' writing end, so end of file means
 * that both have ended.
 */

#include "compat.h"

#include <sys/wait.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "net/resolve_backend.h"

#include "os.h"

#include "base/alloc.h"
#include "base/log.h"

enum {
	/* Both fit in the least PIPE_BUF that POSIX allows. */
	CHECK_REQUEST = 1 / (sizeof(struct resolve_request) <= 512),
	CHECK_ANSWER = 1 / (sizeof(struct resolve_answer) <= 512),

	REQUEST_FD = 3,		/* in keeper and helper */
	ANSWER_FD = 4,
	KEPT_FDS = 5,
	CHILDREN = 64,		/* including those that are exiting */

	PAUSE_MIN_MS = 50,	/* back-off before a restart of the helper */
	PAUSE_MAX_MS = 60000,	/* it doubles while it is below this */
	STABLE_MS = 60000,	/* uptime after which the back-off is reset */
};

struct resolve_backend {
	struct resolve_hooks hooks;
	struct watch watch;	/* on answer */
	int request, answer;	/* our ends; -1 when there is no keeper */
	pid_t pid;		/* of the keeper */
};

/* A child of the helper. */
struct child {
	pid_t pid;		/* 0: none */
	uint32_t id;
};

/* What is written when there is nothing to say but that it is time to look. */
static const struct resolve_answer no_answer;

/* Where the helper's signal handler writes to. */
static int helper_results;

/* In the helper, a child ended: makes poll() return. */
static void
on_child(int signo)
{
	int saved = errno;

	(void)signo;
	/* When the pipe is full, poll() returns anyway. */
	if (write(helper_results, &no_answer, sizeof(no_answer)) < 0)
		errno = saved;
}

/* Moves two descriptors to REQUEST_FD and ANSWER_FD and closes all others. */
static void
keeper_close_others(int request, int answer)
{
	int r = fcntl(request, F_DUPFD, KEPT_FDS);
	int a = fcntl(answer, F_DUPFD, KEPT_FDS);
	int i, null;

	if (r < 0 || a < 0)
		_exit(1);
	for (i = 0; i < KEPT_FDS; i++)
		close(i);
	null = open("/dev/null", O_RDWR);
	for (i = null < 0 ? KEPT_FDS : 1; i < REQUEST_FD; i++)
		dup2(null, i);
	if (dup2(r, REQUEST_FD) < 0 || dup2(a, ANSWER_FD) < 0)
		_exit(1);
	os_close_from(KEPT_FDS);
}

/* Resets all signals to their defaults, but ignores those meant for the daemon:
 * the helper ends when its pipe is closed. */
static void
helper_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
	    SIGUSR1, SIGPIPE };
	struct sigaction action;

	os_reset_signals(ignored, sizeof(ignored) / sizeof(ignored[0]));
	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_handler = on_child;
	sigaction(SIGCHLD, &action, NULL);
	os_unblock_signals();
}

/* Writes all of an answer; 0, or -1. */
static int
answer_write(int fd, const struct resolve_answer *answer)
{
	ssize_t n;

	do {
		n = write(fd, answer, sizeof(*answer));
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*answer) ? 0 : -1;
}

/* Answers a request with a failure. */
static void
helper_fail(uint32_t id, const char *why)
{
	struct resolve_answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.id = id;
	strlcpy(answer.why, why, sizeof(answer.why));
	if (answer_write(ANSWER_FD, &answer) != 0)
		_exit(1);
}

/* Reaps children that ended. */
static void
helper_reap(struct child *children)
{
	int i, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < CHILDREN; i++) {
			if (children[i].pid != pid)
				continue;
			children[i].pid = 0;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
				helper_fail(children[i].id,
				    "the look-up was ended");
		}
	}
}

/* Ends the helper and its children. */
static void
helper_end(const struct child *children)
{
	int i;

	for (i = 0; i < CHILDREN; i++)
		if (children[i].pid != 0)
			kill(children[i].pid, SIGKILL);
	_exit(0);
}

/* Forks a child for a look-up. */
static void
helper_fork(struct child *child, const struct resolve_request *request,
    resolve_query_fn *query)
{
	struct resolve_answer answer;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);
		close(REQUEST_FD);
		close(ANSWER_FD);
		query(request, &answer);
		_exit(answer_write(helper_results, &answer) != 0);
	}
	if (pid < 0) {
		helper_fail(request->id, strerror(errno));
		return;
	}
	child->pid = pid;
	child->id = request->id;
}

/* Handles a request; ends the helper when the pipe is closed. */
static void
helper_request(struct child *children, resolve_query_fn *query)
{
	struct resolve_request request;
	struct child *spare = NULL;
	ssize_t n = read(REQUEST_FD, &request, sizeof(request));
	int i;

	if (n < 0 && errno == EINTR)
		return;
	if (n != (ssize_t)sizeof(request))
		helper_end(children);
	for (i = 0; i < CHILDREN; i++) {
		if (children[i].pid == 0)
			spare = &children[i];
		else if (request.forget && children[i].id == request.id)
			kill(children[i].pid, SIGKILL);
	}
	if (request.forget)
		return;
	if (spare != NULL)
		helper_fork(spare, &request, query);
	else
		helper_fail(request.id, "too many look-ups at once");
}

/* The helper process. */
static void NORETURN
helper_run(resolve_query_fn *query)
{
	struct child children[CHILDREN];
	struct resolve_answer result;
	struct pollfd p[2];
	int pair[2];

	memset(children, 0, sizeof(children));
	if (pipe(pair) == -1)
		_exit(1);
	helper_results = pair[1];
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	helper_signals();
	p[0].fd = REQUEST_FD;
	p[1].fd = pair[0];
	p[0].events = p[1].events = POLLIN;
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0 &&
		    read(pair[0], &result, sizeof(result)) ==
		    (ssize_t)sizeof(result) && result.id != 0 &&
		    answer_write(ANSWER_FD, &result) != 0)
			helper_end(children);
		helper_reap(children);
		if (p[0].revents != 0)
			helper_request(children, query);
	}
}

/* Waits before the helper is started again; ends the keeper when the daemon
 * closes its pipe. */
static void
keeper_pause(int pause_ms)
{
	struct pollfd p = { REQUEST_FD, 0, 0 };

	if (poll(&p, 1, pause_ms) > 0)
		_exit(0);
}

/* Waits for a request, which is left to the helper; ends the keeper when the
 * daemon closes its pipe.  Where poll() does not tell the two apart, the helper
 * does. */
static void
keeper_await_request(void)
{
	struct pollfd p = { REQUEST_FD, POLLIN, 0 };

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return;
	if ((p.revents & POLLIN) == 0)
		_exit(0);
}

/* Runs one helper to its end; ends the keeper when the helper ended because its
 * pipe was closed. */
static void
keeper_run_helper(resolve_query_fn *query)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		helper_run(query);
	if (pid < 0)
		return;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		_exit(0);
}

/* The keeper. */
static void NORETURN
keeper_run(int request, int answer, const struct resolve_hooks *hooks)
{
	uint64_t started_ms;
	int pause_ms = PAUSE_MIN_MS;

	keeper_close_others(request, answer);
	/* start() has blocked all signals: the keeper ends with the helper,
	 * for which it waits. */
	signal(SIGCHLD, SIG_DFL);
	if (hooks->confine != NULL)
		hooks->confine();
	if (chdir("/") != 0)
		_exit(1);
	for (;;) {
		keeper_await_request();
		started_ms = clock_mono_ms();
		keeper_run_helper(hooks->query);
		if (clock_mono_ms() - started_ms >= STABLE_MS)
			pause_ms = PAUSE_MIN_MS;
		keeper_pause(pause_ms);
		if (pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
		if (answer_write(ANSWER_FD, &no_answer) != 0)
			_exit(1);
	}
}

/* Makes a pipe whose end `ours` does not block; 0, or -1 and errno. */
static int
pipe_open(int pair[2], int ours)
{
	if (pipe(pair) == -1)
		return -1;
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	fcntl(pair[ours], F_SETFL, O_NONBLOCK);
	return 0;
}

/* Starts the keeper; 0, or -1 and errno. */
static int
start(struct resolve_backend *b)
{
	int request[2], answer[2] = { -1, -1 }, error;
	sigset_t all, before;

	if (pipe_open(request, 1) != 0)
		return -1;
	if (pipe_open(answer, 0) != 0)
		goto fail;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	b->pid = fork();
	if (b->pid == 0)
		keeper_run(request[0], answer[1], &b->hooks);
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	if (b->pid < 0)
		goto fail;
	close(request[0]);
	close(answer[1]);
	b->request = request[1];
	b->answer = answer[0];
	return 0;
fail:
	error = errno;
	close(request[0]);
	close(request[1]);
	close(answer[0]);
	close(answer[1]);
	errno = error;
	return -1;
}

/* Closes our ends of the pipes, which ends helper and keeper, and reaps the
 * keeper. */
static void
end(struct resolve_backend *b)
{
	int status;

	if (b->request < 0)
		return;
	watch_stop(&b->watch);
	close(b->request);
	close(b->answer);
	b->request = b->answer = -1;
	/* Fails if the daemon has detached: then it is not our child. */
	while (waitpid(b->pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* An answer, a helper that was started again, or the end of both processes. */
static void
helper_readable(struct watch *w, unsigned events)
{
	struct resolve_backend *b = LIST_ITEM(w, struct resolve_backend,
	    watch);
	struct resolve_answer answer;
	ssize_t n = read(b->answer, &answer, sizeof(answer));

	(void)events;
	if (n == (ssize_t)sizeof(answer)) {
		if (answer.id == 0) {
			log_warn("name resolver: its process ended, and is "
			    "started again");
			b->hooks.again(b->hooks.arg);
			return;
		}
		answer.why[sizeof(answer.why) - 1] = '\0';
		/* The callback may free the resolver: return at once. */
		b->hooks.answered(b->hooks.arg, &answer);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	log_error("name resolver: its processes have ended; no name can be "
	    "looked up until the program is started again");
	end(b);
}

struct resolve_backend *
resolve_backend_new(const struct resolve_hooks *hooks, struct fault *f)
{
	struct resolve_backend *b = xcalloc(1, sizeof(*b));

	b->hooks = *hooks;
	b->request = b->answer = -1;
	fflush(NULL);
	if (start(b) != 0) {
		(void)fault_system(f, NULL, "name resolver: "
		    "cannot start its process: %s", strerror(errno));
		resolve_backend_free(b);
		return NULL;
	}
	return b;
}

int
resolve_backend_attach(struct resolve_backend *b, struct loop *loop,
    struct fault *f)
{
	if (watch_start(&b->watch, loop, b->answer, READABLE,
	    helper_readable) != 0)
		return fault_system(f, NULL, "name resolver: "
		    "cannot watch its pipe: %s", strerror(errno));
	return 0;
}

int
resolve_backend_ask(struct resolve_backend *b,
    const struct resolve_request *request)
{
	if (b->request < 0)
		return -1;
	return write(b->request, request, sizeof(*request)) ==
	    (ssize_t)sizeof(*request) ? 0 : -1;
}

void
resolve_backend_forget(struct resolve_backend *b, uint32_t id)
{
	struct resolve_request request;

	memset(&request, 0, sizeof(request));
	request.id = id;
	request.forget = 1;
	/* If this fails the helper has ended, and its children do not
	 * matter. */
	(void)resolve_backend_ask(b, &request);
}

void
resolve_backend_free(struct resolve_backend *b)
{
	end(b);
	free(b);
}
