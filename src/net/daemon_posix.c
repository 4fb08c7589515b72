/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The daemon on POSIX systems.
 *
 * NOTES.  With background the process that was started waits on a pipe: a byte
 * means that the daemon listens, end of file that it died.  A pid file is
 * locked for as long as the process lives, so a stale one does no harm; it is
 * replaced by rename(), so nobody reads half of one.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#include "net/daemon.h"

#include "os.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/value.h"

enum { PATH_SIZE = 1024, NOTIFY_SIZE = 256 };

/* Who a process is to become. */
struct identity {
	bool set_user, set_group;
	uid_t uid;
	gid_t gid;
	const char *name;	/* of the user, for its other groups, or NULL */
};

static struct {
	struct identity identity;	/* found by daemon_start() */
	int ready;		/* the pipe to the starting process, or -1 */
	int null;		/* /dev/null, as long as ready is open */
	int notify;		/* systemd's socket, or -1 */
	int pidfile;		/* open and locked, or -1 */
	char pidpath[PATH_SIZE];	/* absolute */
	bool background;	/* and the process that listens */

	struct loop *loop;
	struct daemon_hooks hooks;
	volatile sig_atomic_t stop, reload, dump;	/* signals to handle */
	volatile sig_atomic_t stopping;	/* a stop was asked for */
} state = { .ready = -1, .null = -1, .notify = -1, .pidfile = -1 };

/* The names of syslog's facilities. */
static const struct {
	const char *name;
	int facility;
} facilities[] = {
	{ "daemon", LOG_DAEMON }, { "user", LOG_USER }, { "kern", LOG_KERN },
	{ "mail", LOG_MAIL }, { "auth", LOG_AUTH }, { "syslog", LOG_SYSLOG },
	{ "lpr", LOG_LPR }, { "news", LOG_NEWS }, { "uucp", LOG_UUCP },
	{ "cron", LOG_CRON },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

/* Finds a facility by name (NULL: daemon); die_usage when there is none. */
static int
facility_find(const char *name)
{
	int facility = name == NULL ? LOG_DAEMON : -1;
	size_t i;

	for (i = 0; i < sizeof(facilities) / sizeof(facilities[0]) &&
	    facility < 0; i++)
		if (text_same_nocase(facilities[i].name, name))
			facility = facilities[i].facility;
	if (facility < 0)
		die_usage("--syslog %s: no such facility; there are daemon, "
		    "user, local0 to local7, auth, cron, kern, lpr, mail, "
		    "news, syslog, uucp", name);
	return facility;
}

/* Writes a line to syslog, and to the terminal until we are ready. */
static void
syslog_sink(enum log_level level, const char *line)
{
	static const int priority[] = {
		LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_DEBUG,
	};

	syslog(priority[level], "%s", line);
	if (state.ready >= 0 && level != LEVEL_FATAL)
		fprintf(stderr, "%s\n", line);
}

/* Says why we do not start, and ends. */
static void NORETURN PRINTF_LIKE(1, 2)
refuse(const char *fmt, ...)
{
	char line[PATH_SIZE + 80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_error("%s", line);
	exit(1);
}

/* Finds the ids of --user and --group; die_usage when there are none. */
static void
identity_find(struct identity *id, const struct daemon_settings *s)
{
	struct passwd *pw;
	struct group *gr;
	int64_t number;

	memset(id, 0, sizeof(*id));
	if (s->user != NULL) {
		pw = getpwnam(s->user);
		if (pw == NULL && value_parse_int(s->user, &number) == 0 &&
		    number >= 0 && number < UINT32_MAX) {
			id->uid = (uid_t)number;
			pw = getpwuid(id->uid);
		} else if (pw == NULL) {
			die_usage("--user %s: no such user", s->user);
		}
		id->set_user = true;
		if (pw != NULL) {
			id->uid = pw->pw_uid;
			id->gid = pw->pw_gid;
			id->set_group = true;
			id->name = xstrdup(pw->pw_name);
		}
	}
	if (s->group != NULL) {
		gr = getgrnam(s->group);
		if (gr != NULL)
			id->gid = gr->gr_gid;
		else if (value_parse_int(s->group, &number) == 0 &&
		    number >= 0 && number < UINT32_MAX)
			id->gid = (gid_t)number;
		else
			die_usage("--group %s: no such group", s->group);
		id->set_group = true;
	}
	if (id->set_user && !id->set_group)
		die_usage("--user %s: there is no such account, so say "
		    "--group, too", s->user);
}

/* Opens systemd's socket, if we were started by it; failures do not matter. */
static void
notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun;
	size_t len;

	if (path == NULL || (*path != '/' && *path != '@') ||
	    state.notify >= 0)
		return;
	len = strlen(path);
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	/* The abstract namespace of Linux: a NUL stands for the '@'. */
	if (*path == '@')
		sun.sun_path[0] = '\0';
	state.notify = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (state.notify < 0)
		return;
	fcntl(state.notify, F_SETFD, FD_CLOEXEC);
	fcntl(state.notify, F_SETFL, O_NONBLOCK);
	if (connect(state.notify, (struct sockaddr *)(void *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
		return;
	log_debug("systemd: %s: %s", path, strerror(errno));
	close(state.notify);
	state.notify = -1;
}

/* Sends a message to systemd. */
static void
notify(const char *message)
{
	if (state.notify >= 0 &&
	    send(state.notify, message, strlen(message), 0) < 0)
		log_debug("systemd: %s", strerror(errno));
}

/* In the starting process: waits for the daemon, and ends as it tells. */
static void NORETURN
launcher_wait(int fd, pid_t pid)
{
	int status = 0;
	ssize_t n;
	char byte;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Goes on in another process, in the background. */
static void
detach(void)
{
	int pair[2];
	pid_t pid;

	fflush(NULL);
	if (pipe(pair) != 0)
		die_system("--daemon: cannot make a pipe");
	pid = fork();
	if (pid < 0)
		die_system("--daemon: cannot make a process");
	if (pid > 0) {
		close(pair[1]);
		launcher_wait(pair[0], pid);
	}
	close(pair[0]);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	state.ready = pair[1];
	state.background = true;
	setsid();
	state.null = open("/dev/null", O_RDWR);
	if (state.null < 0)
		die_system("/dev/null");
	fcntl(state.null, F_SETFD, FD_CLOEXEC);
	dup2(state.null, STDIN_FILENO);
}

void
daemon_start(const struct daemon_settings *s)
{
	bool to_syslog = s->syslog != NULL ||
	    (s->background && !s->logs_to_file);
	int facility = facility_find(s->syslog);
	struct stat st;

	identity_find(&state.identity, s);
	if (s->chroot != NULL) {
		if (stat(s->chroot, &st) != 0)
			die_usage("--chroot %s: %s", s->chroot,
			    strerror(errno));
		if (!S_ISDIR(st.st_mode))
			die_usage("--chroot %s: is not a folder", s->chroot);
	}
	if (s->background)
		detach();
	if (to_syslog) {
		openlog(s->name != NULL ? s->name : "adit",
		    LOG_PID | LOG_NDELAY, facility);
		log_set_sink(syslog_sink);
	}
	notify_open();
}

/* Makes the path of the pid file absolute, because we shall leave the folder
 * that we are in. */
static void
pidfile_path(const char *path)
{
	char *whole = path_absolute(path);

	if (whole == NULL)
		die_system("--pidfile %s", path);
	if (strlcpy(state.pidpath, whole, PATH_SIZE) >= PATH_SIZE)
		die_usage("--pidfile %s: the path is too long", path);
	free(whole);
}

/* Locks a pid file; another's lock ends us. */
static void
pidfile_lock(int fd)
{
	struct flock lock;

	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return;
	if (errno != EACCES && errno != EAGAIN)
		die_system("--pidfile %s: cannot lock it", state.pidpath);
	if (fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK ||
	    lock.l_pid <= 0)
		refuse("already running (%s)", state.pidpath);
	refuse("already running as PID %ld (%s)", (long)lock.l_pid,
	    state.pidpath);
}

/* Locks whatever lies at the pid file's path now; returns it. */
static int
pidfile_lock_old(void)
{
	struct stat ours, there;
	int fd;

	for (;;) {
		fd = open(state.pidpath, O_RDWR | O_CREAT, 0644);
		if (fd < 0)
			die_system("--pidfile %s", state.pidpath);
		pidfile_lock(fd);
		if (fstat(fd, &ours) == 0 &&
		    stat(state.pidpath, &there) == 0 &&
		    ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
			return fd;
		close(fd);	/* another replaced it meanwhile */
	}
}

/* Writes and locks the pid file. */
static void
pidfile_write(const char *path)
{
	char fresh[PATH_SIZE + 32], text[32];
	long pid = (long)getpid();
	int old, n;

	pidfile_path(path);
	old = pidfile_lock_old();
	snprintf(fresh, sizeof(fresh), "%s.%ld", state.pidpath, pid);
	(void)unlink(fresh);
	state.pidfile = open(fresh, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (state.pidfile < 0)
		die_system("--pidfile %s", fresh);
	fcntl(state.pidfile, F_SETFD, FD_CLOEXEC);
	(void)fchmod(state.pidfile, 0644);
	pidfile_lock(state.pidfile);
	n = snprintf(text, sizeof(text), "%ld\n", pid);
	if (write(state.pidfile, text, (size_t)n) != n ||
	    rename(fresh, state.pidpath) != 0) {
		(void)unlink(fresh);
		die_system("--pidfile %s: cannot write it", state.pidpath);
	}
	close(old);
}

/* Becomes another group. */
static void
become_group(const struct identity *id)
{
	int failed = id->name != NULL ? initgroups(id->name, id->gid) :
	    setgroups(1, &id->gid);

	if (failed != 0 || setgid(id->gid) != 0)
		die_system("cannot become group %ld", (long)id->gid);
}

/* Becomes another user and makes sure that there is no way back. */
static void
become_user(const struct identity *id, bool keep_net_admin)
{
	if (keep_net_admin && os_caps_keep() != 0)
		die_system("cannot keep CAP_NET_ADMIN");
	if (setuid(id->uid) != 0)
		die_system("cannot become user %ld", (long)id->uid);
	if (keep_net_admin && os_caps_only_net_admin() != 0)
		die_system("cannot keep CAP_NET_ADMIN");
	if (id->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		refuse("root could come back after --user; this system's "
		    "setuid() does not drop it");
}

/* Becomes another user and group, as far as that was asked for. */
static void
become(const struct identity *id, bool keep_net_admin)
{
	/* Who is that user already needs no right to become it. */
	if (id->set_user && geteuid() != 0 && id->uid == geteuid() &&
	    id->uid == getuid() && id->gid == getegid())
		return;
	if (id->set_group)
		become_group(id);
	if (id->set_user)
		become_user(id, keep_net_admin);
}

void
daemon_drop(const struct daemon_settings *s, bool keep_net_admin)
{
	if (s->pidfile != NULL)
		pidfile_write(s->pidfile);
	if (s->chroot != NULL) {
		tzset();	/* local time is not in there */
		if (chdir(s->chroot) != 0 || chroot(".") != 0)
			die_system("--chroot %s", s->chroot);
	}
	if ((s->background || s->chroot != NULL) && chdir("/") != 0)
		die_system("/");
	become(&state.identity, keep_net_admin);
}

void
daemon_confine(void)
{
	become(&state.identity, false);
}

void
daemon_ready(void)
{
	char message[64];

	if (state.ready >= 0) {
		snprintf(message, sizeof(message), "READY=1\nMAINPID=%ld",
		    (long)getpid());
		notify(message);
	} else {
		notify("READY=1");
	}
	if (state.ready < 0)
		return;
	fflush(NULL);
	dup2(state.null, STDOUT_FILENO);
	dup2(state.null, STDERR_FILENO);
	if (state.null > STDERR_FILENO)
		close(state.null);
	/* The starting process may be gone; so be it. */
	if (write(state.ready, "", 1) != 1)
		log_debug("nobody waits for us to be ready");
	close(state.ready);
	state.ready = -1;
}

void
daemon_stopping(void)
{
	notify("STOPPING=1");
}

void
daemon_status(const char *line)
{
	char message[NOTIFY_SIZE];

	snprintf(message, sizeof(message), "STATUS=%s", line);
	notify(message);
}

/* The signal handler: the loop does the rest. */
static void
on_signal(int signo)
{
	static const char words[] = "Got second exit signal\n";
	int saved = errno;

	if (signo == SIGHUP) {
		state.reload = 1;
	} else if (signo == SIGUSR1) {
		state.dump = 1;
	} else {
		if (state.stopping) {
			(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
			_exit(1);
		}
		state.stopping = state.stop = 1;
	}
	loop_wake(state.loop);
	errno = saved;
}

/* In the loop, after it was woken. */
static void
on_wake(void *arg)
{
	(void)arg;
	if (state.reload) {
		state.reload = 0;
		if (state.hooks.on_reload != NULL)
			state.hooks.on_reload(state.hooks.arg);
	}
	if (state.dump) {
		state.dump = 0;
		if (state.hooks.on_dump != NULL)
			state.hooks.on_dump(state.hooks.arg);
	}
	if (state.stop) {
		state.stop = 0;
		if (state.hooks.on_stop != NULL)
			state.hooks.on_stop(state.hooks.arg);
	}
}

/* Handles a signal, or ignores it when nobody wants it. */
static void
handle(int signo, bool wanted)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	action.sa_handler = SIG_IGN;
	if (wanted)
		action.sa_handler = on_signal;
	sigaction(signo, &action, NULL);
}

void
daemon_signals(struct loop *loop, const struct daemon_hooks *hooks)
{
	state.loop = loop;
	state.hooks = *hooks;
	loop_on_wake(loop, on_wake, NULL);
	handle(SIGINT, true);
	handle(SIGTERM, true);
	handle(SIGUSR1, hooks->on_dump != NULL);
	/* Without a reload, the end of a terminal ends what runs in it. */
	if (hooks->on_reload != NULL || state.background)
		handle(SIGHUP, hooks->on_reload != NULL);
}

void
daemon_end(const struct daemon_settings *s)
{
	if (state.pidfile < 0)
		return;
	/* Where we may not or cannot remove it, it is emptied at least. */
	if ((s->chroot != NULL || unlink(state.pidpath) != 0) &&
	    ftruncate(state.pidfile, 0) != 0)
		log_debug("--pidfile %s: %s", state.pidpath, strerror(errno));
	close(state.pidfile);
	state.pidfile = -1;
}
