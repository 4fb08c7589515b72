/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The daemon's side of the privileged process.
 *
 *	none	no process was started, or it has ended
 *	there	it answers
 *	reading	the daemon reads a configuration, whose files it was given
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "net/monitor.h"

#include "sock_pass.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "net/hook_backend.h"
#include "net/loop.h"

enum { ASK_WAIT_MS = 10000 };	/* for a reply */

/* A file of the configuration. */
struct given {
	struct given *next;	/* NULL: the last one */
	int fd;			/* open */
	char path[ALLOW_PATH];	/* as the configuration names it */
};

static struct {
	int fd;			/* our end of the pair; -1: none */
	pid_t pid;
	struct watch watch;	/* for its end */
	bool reading;		/* see above */
	struct given *given;	/* while reading; the newest is first */
} ask = { .fd = -1 };

bool
monitor_is_possible(void)
{
	return true;
}

bool
monitor_is_there(void)
{
	return ask.fd >= 0;
}

void
monitor_stop(void)
{
	int status;

	if (ask.fd < 0)
		return;
	monitor_reload_end();
	file_set_opener(NULL);
	watch_stop(&ask.watch);
	close(ask.fd);
	ask.fd = -1;
	while (waitpid(ask.pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* It does not answer, or has ended. */
static void
ask_lost(const char *why)
{
	log_error("the privileged process has ended (%s): until the program is "
	    "started again, a reload reads only files that this user can "
	    "read, and opens no device and no port below 1024", why);
	/* It may be alive; closing the pair ends it as soon as it notices. */
	file_set_opener(NULL);
	monitor_reload_end();
	watch_stop(&ask.watch);
	close(ask.fd);
	ask.fd = -1;
	(void)waitpid(ask.pid, NULL, WNOHANG);
}

/* The socket can be read although nothing was asked for. */
static void
ask_readable(struct watch *w, unsigned events)
{
	char byte;
	ssize_t n;

	(void)w;
	(void)events;
	n = recv(ask.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		ask_lost(n == 0 ? "end of file" : n < 0 ? strerror(errno) :
		    "a reply to nothing");
}

int
monitor_attach(struct loop *loop)
{
	if (ask.fd < 0)
		return 0;
	return watch_start(&ask.watch, loop, ask.fd, READABLE, ask_readable);
}

/*
 * Requests
 */

/* Waits for a reply; 0, or -1, errno and reply->text.  *passed: the descriptor
 * that came along, or -1. */
static int
ask_receive(struct monitor_reply *reply, int *passed)
{
	int result = sock_take(ask.fd, reply, sizeof(*reply), passed);

	if (result == 1 && reply->error == 0)
		return 0;
	if (result == 1) {
		reply->text[sizeof(reply->text) - 1] = '\0';
		errno = reply->error;
		return -1;
	}
	strlcpy(reply->text, result == 0 ? "end of file" : strerror(errno),
	    sizeof(reply->text));
	ask_lost(reply->text);
	errno = EACCES;
	return -1;
}

/* Sends a request, with a descriptor perhaps; 0, or -1, errno and
 * reply->text. */
static int
ask_send(const struct allow_request *r, int fd, struct monitor_reply *reply)
{
	if (ask.fd < 0) {
		strlcpy(reply->text, "there is no privileged process",
		    sizeof(reply->text));
		errno = EACCES;
		return -1;
	}
	if (sock_pass(ask.fd, r, sizeof(*r), fd) == 0)
		return 0;
	strlcpy(reply->text, strerror(errno), sizeof(reply->text));
	ask_lost(reply->text);
	errno = EACCES;
	return -1;
}

/* Sends a request and waits for its reply; a descriptor that comes along, or
 * -1, and errno, which is 0 if it was done without one. */
static int
ask_for(const struct allow_request *r, int fd, struct monitor_reply *reply)
{
	int passed = -1;

	if (ask_send(r, fd, reply) != 0 || ask_receive(reply, &passed) != 0)
		return -1;
	errno = 0;
	return passed;
}

/* Makes a request about a text; false and errno when it is too long. */
static bool
ask_text(struct allow_request *r, enum allow_kind kind, const char *text)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	errno = ENAMETOOLONG;
	if (strlen(text) >= sizeof(r->text))
		return false;
	memcpy(r->text, text, strlen(text));
	return true;
}

int
monitor_open_log(const char *path)
{
	struct monitor_reply reply;
	struct allow_request r;

	return ask_text(&r, ALLOW_LOG, path) ? ask_for(&r, -1, &reply) : -1;
}

int
monitor_bind(fd_t fd, enum allow_socket type, const struct addr *at)
{
	struct monitor_reply reply;
	struct allow_request r;

	(void)ask_text(&r, ALLOW_BIND, "");
	r.number = type;
	r.addr = *at;
	(void)ask_for(&r, fd, &reply);
	return errno == 0 ? 0 : -1;
}

int
monitor_mark(fd_t fd, uint32_t mark)
{
	struct monitor_reply reply;
	struct allow_request r;

	(void)ask_text(&r, ALLOW_MARK, "");
	r.number = mark;
	(void)ask_for(&r, fd, &reply);
	return errno == 0 ? 0 : -1;
}

enum tun_result
monitor_tun(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	struct monitor_reply reply;
	struct allow_request r;
	int fd;

	if (!ask_text(&r, ALLOW_TUN, s->name)) {
		strlcpy(why, strerror(errno), TUN_WHY);
		return TUN_MISTAKE;
	}
	if (s->n_addresses > 0)
		r.addr = s->address[0].addr;
	reply.number = TUN_REFUSED;
	fd = ask_for(&r, -1, &reply);
	if (fd < 0) {
		strlcpy(why, reply.text, TUN_WHY);
		return reply.number == TUN_ABSENT ||
		    reply.number == TUN_MISTAKE ?
		    (enum tun_result)reply.number : TUN_REFUSED;
	}
	*t = reply.tun;
	t->fd = fd;
	return TUN_DONE;
}

int
monitor_mtu(const char *name, int mtu)
{
	struct monitor_reply reply;
	struct allow_request r;

	if (!ask_text(&r, ALLOW_MTU, name))
		return -1;
	r.number = (uint32_t)mtu;
	(void)ask_for(&r, -1, &reply);
	return errno == 0 ? 0 : -1;
}

int
monitor_route(const char *name, enum allow_route what,
    enum route_default def4, enum route_default def6, char why[ROUTE_SET_WHY])
{
	struct monitor_reply reply;
	struct allow_request r;

	reply.text[0] = '\0';
	if (ask_text(&r, ALLOW_ROUTE, name)) {
		r.number = ALLOW_ROUTE_NUMBER(what, def4, def6);
		(void)ask_for(&r, -1, &reply);
	}
	if (errno == 0)
		return 0;
	strlcpy(why, *reply.text != '\0' ? reply.text : strerror(errno),
	    ROUTE_SET_WHY);
	return -1;
}

int
monitor_server(enum allow_server what, const struct addr *server)
{
	struct monitor_reply reply;
	struct allow_request r;

	(void)ask_text(&r, ALLOW_SERVER, "");
	r.number = what;
	r.addr = *server;
	(void)ask_for(&r, -1, &reply);
	return errno == 0 ? 0 : -1;
}

/* Passes the variables that a program may have; 0, or -1 and errno. */
static int
ask_variables(char *const *environment)
{
	struct monitor_reply reply;
	struct allow_request r;

	for (; *environment != NULL; environment++) {
		if (strncmp(*environment, "ADIT_", 5) != 0)
			continue;
		if (!ask_text(&r, ALLOW_VARIABLE, *environment))
			return -1;
		(void)ask_for(&r, -1, &reply);
		if (errno != 0)
			return -1;
	}
	return 0;
}

int
monitor_hook(struct hook_process *p, char *const *argv,
    char *const *environment)
{
	struct monitor_reply reply;
	struct allow_request r;
	char command[ALLOW_PATH];
	struct text t;

	text_init(&t, command, sizeof(command));
	for (; *argv != NULL; argv++)
		text_add(&t, "%s%s", *command == '\0' ? "" : " ", *argv);
	if (ask_variables(environment) != 0 ||
	    !ask_text(&r, ALLOW_HOOK, command))
		return -1;
	p->output = ask_for(&r, -1, &reply);
	p->pid = reply.number;
	if (p->output >= 0)
		return 0;
	if (errno != 0)
		log_error("the privileged process does not run %s: %s",
		    command, reply.text);
	return -1;
}

bool
monitor_hook_ended(const struct hook_process *p, int *status)
{
	struct monitor_reply reply;
	struct allow_request r;

	(void)ask_text(&r, ALLOW_HOOK_LOOK, "");
	r.number = (uint32_t)p->pid;
	(void)ask_for(&r, -1, &reply);
	*status = errno == 0 ? reply.number : 0;
	/* One that it does not know is gone. */
	return errno != 0 || reply.more;
}

void
monitor_hook_stop(const struct hook_process *p)
{
	struct monitor_reply reply;
	struct allow_request r;

	(void)ask_text(&r, ALLOW_HOOK_KILL, "");
	r.number = (uint32_t)p->pid;
	(void)ask_for(&r, -1, &reply);
}

/*
 * Files
 */

/* A file that was given, or NULL. */
static const struct given *
given_find(const char *path)
{
	const struct given *g;

	for (g = ask.given; g != NULL; g = g->next)
		if (strcmp(g->path, path) == 0)
			return g;
	return NULL;
}

/* Opens it at its beginning; -1: it was not given. */
static int
given_open(const char *path)
{
	const struct given *g = given_find(path);
	int fd = g == NULL ? -1 : fcntl(g->fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

bool
monitor_has_given(const char *path)
{
	return given_find(path) != NULL;
}

/* Opens a file that was given, or one that this process was refused. */
static int
ask_file_open(const char *path, bool refused, const char **why)
{
	static struct monitor_reply reply;
	struct allow_request r;
	int fd;

	errno = 0;
	if (!refused)
		return ask.reading ? given_open(path) : -1;
	fd = -1;
	if (ask_text(&r, ALLOW_OPEN, path))
		fd = ask_for(&r, -1, &reply);
	if (fd < 0 && errno == 0)
		errno = EACCES;
	*why = fd >= 0 ? NULL : reply.text;
	return fd;
}

/* Looks at a file that this process may not look at. */
static int
ask_file_look(const char *path, struct file_stamp *stamp)
{
	struct monitor_reply reply;
	struct allow_request r;

	if (!ask_text(&r, ALLOW_LOOK, path))
		return -1;
	(void)ask_for(&r, -1, &reply);
	if (errno != 0)
		return -1;
	*stamp = reply.stamp;
	return 0;
}

/* The name of a given file that is in a folder, or NULL. */
static const char *
given_name(const struct given *g, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(g->path, folder, n) == 0 && g->path[n] != '\0' &&
	    strchr(g->path + n, '/') == NULL ? g->path + n : NULL;
}

static const char *
ask_file_name(const char *folder, size_t i)
{
	const struct given *g;
	const char *name;

	for (g = ask.given; g != NULL; g = g->next) {
		name = given_name(g, folder);
		if (name != NULL && i-- == 0)
			return name;
	}
	return NULL;
}

static bool
ask_file_lists(void)
{
	return ask.reading;
}

static const struct file_opener ask_opener = {
	ask_file_open, ask_file_look, ask_file_name, ask_file_lists
};

/*
 * Reload
 */

void
monitor_reload_end(void)
{
	struct given *g;

	while ((g = ask.given) != NULL) {
		ask.given = g->next;
		close(g->fd);
		free(g);
	}
	ask.reading = false;
}

/* Keeps a file that was given. */
static void
given_add(const struct monitor_reply *reply, int fd)
{
	struct given *g = fd < 0 ? NULL : calloc(1, sizeof(*g));

	if (g == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	g->fd = fd;
	strlcpy(g->path, reply->text, sizeof(g->path));
	g->next = ask.given;
	ask.given = g;
}

int
monitor_reload(char why[MONITOR_WHY])
{
	struct monitor_reply reply;
	struct allow_request r;
	int fd, result;

	monitor_reload_end();
	(void)ask_text(&r, ALLOW_RELOAD, "");
	result = ask_send(&r, -1, &reply);
	while (result == 0 && (result = ask_receive(&reply, &fd)) == 0 &&
	    reply.more)
		given_add(&reply, fd);
	ask.reading = ask.given != NULL;
	if (result == 0)
		return 0;
	strlcpy(why, reply.text, MONITOR_WHY);
	return -1;
}

/*
 * The start
 */

int
monitor_start(const struct monitor_job *job, char why[MONITOR_WHY])
{
	struct monitor_reply reply;
	int pair[2], fd;

	if (sock_pass_pair(pair) != 0) {
		strlcpy(why, strerror(errno), MONITOR_WHY);
		return -1;
	}
	fflush(NULL);
	ask.pid = fork();
	if (ask.pid == 0)
		monitor_run(pair[1], job);
	close(pair[1]);
	if (ask.pid < 0) {
		strlcpy(why, strerror(errno), MONITOR_WHY);
		close(pair[0]);
		return -1;
	}
	ask.fd = pair[0];
	sock_pass_limit(ask.fd, ASK_WAIT_MS);
	file_set_opener(&ask_opener);
	if (ask_receive(&reply, &fd) == 0)
		return 0;
	strlcpy(why, reply.text, MONITOR_WHY);
	monitor_stop();
	return -1;
}
