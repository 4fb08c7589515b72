/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The privileged process: checks requests and does what they ask for.
 */

#include "compat.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "net/monitor.h"

#include "os.h"
#include "path_trusted.h"
#include "sock_pass.h"

#include "base/log.h"
#include "base/text.h"
#include "net/daemon.h"
#include "net/monitor_hook.h"
#include "net/sockaddr.h"

enum {
	PAIR_FD = 3,		/* the descriptors that it has */
	LOG_FD = 4,
	MONITOR_FDS = 5,
	MONITOR_HIGH = 10,	/* where they are put aside */
	REFUSED_TEXT = 100,	/* bytes of a text that are logged */
	PIDFILE_LOOKS = 50,	/* for its lock, at most */
	PIDFILE_PAUSE_MS = 20,	/* before the next */
};

/* The state of the process. */
static struct {
	const struct monitor_job *job;
	struct allow allow;
	pid_t daemon;
	char *pidfile;		/* absolute; NULL: none */
	bool passes;		/* files that are read are passed on */
	struct log_limit refused;
} monitor;

/*
 * The start
 */

/* Keeps the pair and the log, at fixed places, and closes all others. */
static void
monitor_close_others(int pair)
{
	int log = log_descriptor(), null = open("/dev/null", O_RDWR), i;

	pair = fcntl(pair, F_DUPFD, MONITOR_HIGH);
	log = fcntl(log >= 0 ? log : null, F_DUPFD, MONITOR_HIGH);
	null = fcntl(null, F_DUPFD, MONITOR_HIGH);
	if (pair < 0 || log < 0 || null < 0)
		_exit(1);
	log_use(log, NULL);
	for (i = 0; i < PAIR_FD; i++)
		dup2(null, i);
	if (dup2(pair, PAIR_FD) < 0 || dup2(log, LOG_FD) < 0)
		_exit(1);
	log_use(LOG_FD, NULL);
	os_close_from(MONITOR_FDS);
}

/* Signals are meant for the daemon, with which the process ends. */
static void
monitor_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
	    SIGUSR1, SIGUSR2, SIGPIPE };

	os_reset_signals(ignored, sizeof(ignored) / sizeof(ignored[0]));
	os_unblock_signals();
}

/*
 * The end
 */

/* Removes the routes at the end, but those that are to outlive the daemon. */
static void
monitor_end_routes(void)
{
	struct allow_item *i;

	for (i = monitor.allow.first; i != NULL; i = i->next)
		if (i->set.open && !i->set.settings.lasting)
			route_set_close(&i->set);
}

/* Removes routes that no device of the new list has any more.  If it has a
 * killswitch as well nothing leaks before that is set; else the machine is
 * open. */
static void
monitor_remove_routes(const struct allow *fresh)
{
	struct allow_item *i;
	bool stays = false;

	for (i = fresh->first; i != NULL; i = i->next)
		stays |= i->kind == ALLOW_TUN && i->routes.lasting;
	for (i = monitor.allow.first; i != NULL; i = i->next) {
		if (stays)
			route_set_leave(&i->set);
		else
			route_set_close(&i->set);
	}
	/* The daemon may have no name of a device to ask for that by. */
	if (!stays)
		route_set_release();
}

/* Has nobody locked a file?  A daemon that was killed closes the pair before
 * it unlocks its pid file, perhaps; one that lives keeps it, and so does a new
 * one. */
static bool
pidfile_is_free(int fd)
{
	struct flock lock;
	unsigned i;

	for (i = 0; i < PIDFILE_LOOKS; i++) {
		memset(&lock, 0, sizeof(lock));
		lock.l_type = F_WRLCK;
		lock.l_whence = SEEK_SET;
		if (fcntl(fd, F_GETLK, &lock) != 0)
			return false;
		if (lock.l_type == F_UNLCK)
			return true;
		if (lock.l_pid != monitor.daemon)
			return false;
		(void)poll(NULL, 0, PIDFILE_PAUSE_MS);
	}
	return false;
}

/* Is that the daemon's own pid file, or one that it has emptied because it
 * could not remove it? */
static bool
pidfile_is_ours(int fd)
{
	char text[32], ours[32];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	snprintf(ours, sizeof(ours), "%ld\n", (long)monitor.daemon);
	return (n == 0 || strcmp(text, ours) == 0) && pidfile_is_free(fd);
}

/* Removes the pid file of the daemon. */
static void
monitor_remove_pidfile(void)
{
	int fd = monitor.pidfile == NULL ? -1 : open(monitor.pidfile,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (pidfile_is_ours(fd))
		(void)unlink(monitor.pidfile);
	close(fd);
}

/* Leaves nothing behind, and ends. */
static void NORETURN
monitor_end(void)
{
	monitor_hook_end();
	monitor_end_routes();
	monitor_remove_pidfile();
	_exit(0);
}

/*
 * Replies
 */

/* Sends a reply, with a descriptor perhaps, which it closes; ends the process
 * when the daemon has ended. */
static void
monitor_reply(struct monitor_reply *reply, int fd)
{
	int result = sock_pass(PAIR_FD, reply, sizeof(*reply), fd);

	if (fd >= 0)
		close(fd);
	if (result != 0)
		monitor_end();
}

/*
 * Reading the configuration
 */

/* Opens a file of the configuration. */
static int
conf_file_open(const char *path, bool refused, const char **why)
{
	struct monitor_reply reply;
	int fd, copy;

	(void)refused;
	fd = path_open_trusted(path, PATH_OWNED, why);
	if (fd < 0 || !monitor.passes || strlen(path) >= sizeof(reply.text))
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, MONITOR_FDS);
	if (copy < 0)
		return fd;
	memset(&reply, 0, sizeof(reply));
	reply.more = true;
	strlcpy(reply.text, path, sizeof(reply.text));
	monitor_reply(&reply, copy);
	return fd;
}

/* A file is opened by the rules above, or not at all. */
static int
conf_file_look(const char *path, struct file_stamp *stamp)
{
	(void)path;
	(void)stamp;
	errno = EACCES;
	return -1;
}

static const char *
conf_file_name(const char *folder, size_t i)
{
	(void)folder;
	(void)i;
	return NULL;
}

static bool
conf_file_lists(void)
{
	return false;
}

static const struct file_opener conf_opener = {
	conf_file_open, conf_file_look, conf_file_name, conf_file_lists
};

/* Reads the configuration and replaces what is allowed. */
static void
monitor_read(struct monitor_reply *reply)
{
	struct allow fresh = { NULL };

	file_set_opener(&conf_opener);
	if (monitor.job->read(monitor.job->arg, &fresh, &monitor.allow,
	    reply->text) == 0) {
		allow_take_over(&fresh, &monitor.allow);
		monitor_remove_routes(&fresh);
		allow_free(&monitor.allow);
		monitor.allow = fresh;
	} else {
		allow_free(&fresh);
		reply->error = EINVAL;
	}
	file_set_opener(NULL);
}

/*
 * Requests
 */

/* Opens a file; its descriptor, or -1 and the reply. */
static int
serve_open(const char *path, enum path_trust trust,
    struct monitor_reply *reply)
{
	const char *why = "";
	int fd = path_open_trusted(path, trust, &why);

	if (fd < 0) {
		reply->error = errno;
		strlcpy(reply->text, why, sizeof(reply->text));
	}
	return fd;
}

/* Looks at a file. */
static void
serve_look(const char *path, struct monitor_reply *reply)
{
	int fd = serve_open(path, PATH_READ, reply);

	if (fd < 0)
		return;
	if (file_look_open(fd, &reply->stamp) != 0)
		reply->error = errno;
	close(fd);
}

/* Opens the log, for the daemon and for this process. */
static int
serve_log(const char *path, struct monitor_reply *reply)
{
	int fd = serve_open(path, PATH_LOG, reply);

	if (fd >= 0 && dup2(fd, LOG_FD) < 0)
		log_debug("the log: %s", strerror(errno));
	return fd;
}

/* Gives a socket an address, after a look at what it is. */
static void
serve_bind(int fd, const struct allow_request *r, struct monitor_reply *reply)
{
	int family, type, wanted = r->number == ALLOW_TCP ? SOCK_STREAM :
	    SOCK_DGRAM;
	union sock_addr sa;
	socklen_t len = sockaddr_from(&sa, &r->addr);

	if (sock_pass_kind(fd, &family, &type) != 0 || type != wanted ||
	    family != sa.sa.sa_family)
		reply->error = EPROTOTYPE;
	else if (sock_bind(fd, &sa, len) != 0)
		reply->error = errno;
}

/* Gives a socket a mark. */
static void
serve_mark(int fd, uint32_t mark, struct monitor_reply *reply)
{
	int family, type;

	if (sock_pass_kind(fd, &family, &type) != 0)
		reply->error = EPROTOTYPE;
	else if (sock_opt_mark(fd, mark) != 0)
		reply->error = errno;
}

/* Opens a device, as the list says but by that name, which is allowed; its
 * descriptor, or -1 and the reply. */
static int
serve_tun(struct allow_item *item, const char *name,
    struct monitor_reply *reply)
{
	struct tun_settings s = item->device;
	char why[TUN_WHY];

	s.name = name;
	reply->number = (int32_t)tun_open(&reply->tun, &s, why);
	if (reply->number == TUN_DONE) {
		memcpy(item->made, reply->tun.name, sizeof(item->made));
		return reply->tun.fd;
	}
	reply->error = EPERM;
	strlcpy(reply->text, why, sizeof(reply->text));
	return -1;
}

/* Sets the MTU of a device. */
static void
serve_mtu(const struct allow_request *r, struct monitor_reply *reply)
{
	struct tun t;

	memset(&t, 0, sizeof(t));
	t.fd = FD_NONE;
	strlcpy(t.name, r->text, sizeof(t.name));
	if (tun_set_mtu(&t, (int)r->number) != 0)
		reply->error = errno;
}

/* Sets or removes the routes of a device. */
static void
serve_route(const struct allow_request *r, struct allow_item *item,
    struct monitor_reply *reply)
{
	struct route_settings s = item->routes;
	char why[ROUTE_SET_WHY] = "";
	int result = 0;

	switch ((enum allow_route)(r->number & 0xff)) {
	case ALLOW_ROUTE_OPEN:
		route_set_close(&item->set);
		s.device = item->made;
		s.def[0] = (enum route_default)(r->number >> 8 & 0xff);
		s.def[1] = (enum route_default)(r->number >> 16 & 0xff);
		result = route_set_open(&item->set, &s, why);
		break;
	case ALLOW_ROUTE_ON:
	case ALLOW_ROUTE_OFF:
		result = route_set_default(&item->set, r->number ==
		    ALLOW_ROUTE_ON, why);
		break;
	case ALLOW_ROUTE_RESTORE:
		result = route_set_restore(&item->set, why);
		break;
	case ALLOW_ROUTE_CLOSE:
		route_set_close(&item->set);
		break;
	case ALLOW_ROUTE_LEAVE:
		route_set_leave(&item->set);
		break;
	case ALLOW_ROUTE_RELEASE:
		route_set_release();
		break;
	}
	if (result != 0)
		reply->error = EINVAL;
	strlcpy(reply->text, why, sizeof(reply->text));
}

/* Has packets to a server go around the default routes, or no longer. */
static void
serve_server(const struct allow_request *r, struct monitor_reply *reply)
{
	int result = 0;

	switch ((enum allow_server)r->number) {
	case ALLOW_SERVER_OFF:
	case ALLOW_SERVER_ON:
		result = route_set_server(&r->addr, r->number ==
		    ALLOW_SERVER_ON);
		break;
	case ALLOW_SERVER_FOLLOW:
		result = route_set_follow();
		break;
	}
	if (result != 0)
		reply->error = errno != 0 ? errno : EIO;
}

/* Runs a program; what it writes, or -1 and the reply. */
static int
serve_hook(const char *command, struct monitor_reply *reply)
{
	const char *why = NULL;
	int output = -1;

	reply->error = monitor_hook_start(command, &output, &reply->number,
	    &why);
	if (reply->error != 0)
		strlcpy(reply->text, why != NULL ? why :
		    strerror(reply->error), sizeof(reply->text));
	return output;
}

/* Does what a request asks for, which is allowed; the descriptor to be passed,
 * or -1. */
static int
serve_allowed(const struct allow_request *r, int fd, struct allow_item *item,
    struct monitor_reply *reply)
{
	switch ((enum allow_kind)r->kind) {
	case ALLOW_NONE:
	case ALLOW_KINDS:
		break;
	case ALLOW_VARIABLE:
		reply->error = monitor_hook_set(r->text);
		break;
	case ALLOW_HOOK:
		return serve_hook(item->text, reply);
	case ALLOW_HOOK_LOOK:
		reply->error = monitor_hook_look(r->number, &reply->more,
		    &reply->number);
		break;
	case ALLOW_HOOK_KILL:
		reply->error = monitor_hook_kill(r->number);
		break;
	case ALLOW_OPEN:
		return serve_open(item->text, PATH_READ, reply);
	case ALLOW_LOOK:
		serve_look(item->text, reply);
		break;
	case ALLOW_LOG:
		return serve_log(item->text, reply);
	case ALLOW_BIND:
		serve_bind(fd, r, reply);
		break;
	case ALLOW_MARK:
		serve_mark(fd, r->number, reply);
		break;
	case ALLOW_TUN:
		return serve_tun(item, r->text, reply);
	case ALLOW_MTU:
		serve_mtu(r, reply);
		break;
	case ALLOW_ROUTE:
		serve_route(r, item, reply);
		break;
	case ALLOW_SERVER:
		serve_server(r, reply);
		break;
	case ALLOW_RELOAD:
		monitor.passes = true;
		monitor_read(reply);
		break;
	}
	return -1;
}

/* Logs a request that was refused: somebody has taken over the daemon, or the
 * configuration has changed. */
static void
log_refused(const struct allow_request *r, const char *why)
{
	const char *end = memchr(r->text, '\0', REFUSED_TEXT);
	char shown[4 * REFUSED_TEXT + 1];
	struct text t;

	text_init(&t, shown, sizeof(shown));
	text_add_quoted(&t, r->text, end == NULL ? REFUSED_TEXT :
	    (size_t)(end - r->text));
	log_limited(&monitor.refused, clock_mono_ms(), LEVEL_WARN,
	    "refused %s (%s): %s", allow_kind_text(r->kind), shown, why);
}

/* Serves a request, and closes the descriptor that came along. */
static void
serve(const struct allow_request *r, int fd)
{
	struct monitor_reply reply;
	struct allow_item *item;
	const char *why;
	int passed = -1;

	memset(&reply, 0, sizeof(reply));
	why = allow_check(&monitor.allow, r, fd >= 0, &item);
	if (why == NULL) {
		passed = serve_allowed(r, fd, item, &reply);
	} else {
		monitor_hook_forget();
		log_refused(r, why);
		reply.error = EACCES;
		strlcpy(reply.text, why, sizeof(reply.text));
	}
	/* Those of a program that was refused are not the next one's. */
	if (r->kind != ALLOW_VARIABLE || reply.error != 0)
		monitor_hook_forget();
	if (fd >= 0)
		close(fd);
	monitor_reply(&reply, passed);
}

void
monitor_run(int fd, const struct monitor_job *job)
{
	struct monitor_reply reply;
	struct allow_request r;
	int passed;

	monitor.job = job;
	monitor.daemon = getppid();
	monitor.pidfile = job->pidfile == NULL ? NULL :
	    path_absolute(job->pidfile);
	log_set_starting(false);
	log_set_subject("privileged process");
	daemon_forget();
	monitor_close_others(fd);
	monitor_signals();
	os_name_process("adit-privileged");
	os_forbid_dumps();
	job->wipe(job->arg);
	memset(&reply, 0, sizeof(reply));
	monitor_read(&reply);
	monitor_reply(&reply, -1);
	while (sock_take(PAIR_FD, &r, sizeof(r), &passed) == 1)
		serve(&r, passed);
	monitor_end();
}
