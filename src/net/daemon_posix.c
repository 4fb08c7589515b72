/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The daemon on POSIX systems.
 *
 * NOTES.  With background the starting process waits on a pipe: a byte means
 * that the daemon listens, end of file that it has ended.  A pid file is locked
 * while the process runs, so a stale one does no harm.  It is replaced by
 * rename(), so that no reader sees it half written.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "net/daemon.h"

#include "os.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/value.h"
#include "net/eventlog.h"
#include "net/log_syslog.h"
#include "net/notify.h"

enum { PATH_SIZE = 1024 };

/* The user and group that a process changes to. */
struct identity {
	bool set_user, set_group;
	uid_t uid;
	gid_t gid;
	const char *name;	/* of the user, for initgroups(), or NULL */
};

static struct {
	struct identity identity;	/* found by daemon_start() */
	int ready;		/* pipe to the starting process, or -1 */
	int null;		/* /dev/null, while ready is open */
	int pidfile;		/* open and locked, or -1 */
	bool background;	/* detached; false in the starting process */
	bool told;		/* it was told that the daemon is ready */

	struct loop *loop;
	struct daemon_hooks hooks;
	volatile sig_atomic_t stop, reload, dump, again;	/* signals that
				 * came */
	volatile sig_atomic_t stopping;	/* the first stop signal came */
	volatile sig_atomic_t gently;	/* and was SIGTERM */
} state = { .ready = -1, .null = -1, .pidfile = -1 };

/* Long ones, which as members would be zeroes in the program's file. */
static struct {
	char pidpath[PATH_SIZE];	/* absolute */
	char status[DAEMON_STATUS];	/* what the supervisor shows */
} texts;

/* Writes a line to syslog, and to the terminal until daemon_ready(). */
static void
daemon_sink(enum log_level level, const char *line)
{
	log_syslog_line(level, line);
	if (state.ready >= 0 && level != LEVEL_FATAL) {
		log_write_raw(line);
		log_write_raw("\n");
	}
}

/* Is it a user or group number?  Such an account need not have a name. */
static bool
is_id(const char *text, int64_t *number)
{
	return value_parse_int(text, number) == 0 && *number >= 0 &&
	    *number < UINT32_MAX;
}

/* Fills in why a name was not found: the look-up failed, or there is no such
 * user or group.  Returns -1. */
static int
identity_unknown(struct fault *f, const char *setting, const char *name)
{
	if (errno == EIO || errno == EMFILE || errno == ENFILE ||
	    errno == ENOMEM || errno == EAGAIN)
		return fault_system(f, setting, "%s %s: %s", setting, name,
		    strerror(errno));
	return fault_user(f, setting, "%s %s: no such %s", setting, name,
	    setting);
}

/* Finds the ids of a user; 0, or -1 and the fault. */
static int
identity_find_user(struct identity *id, const char *name, struct fault *f)
{
	struct passwd *pw;
	int64_t number;

	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL && is_id(name, &number)) {
		id->uid = (uid_t)number;
		pw = getpwuid(id->uid);
	} else if (pw == NULL) {
		return identity_unknown(f, "user", name);
	}
	id->set_user = true;
	if (pw == NULL)
		return 0;
	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	id->set_group = true;
	id->name = strndup(pw->pw_name, strlen(pw->pw_name));
	return id->name != NULL ? 0 : fault_system(f, "user", "user %s: no "
	    "memory", name);
}

/* Finds the id of a group; 0, or -1 and the fault. */
static int
identity_find_group(struct identity *id, const char *name, struct fault *f)
{
	struct group *gr;
	int64_t number;

	errno = 0;
	gr = getgrnam(name);
	if (gr != NULL)
		id->gid = gr->gr_gid;
	else if (is_id(name, &number))
		id->gid = (gid_t)number;
	else
		return identity_unknown(f, "group", name);
	id->set_group = true;
	return 0;
}

/* Finds the ids for the settings user and group; 0, or -1 and the fault. */
static int
identity_find(struct identity *id, const struct daemon_settings *s,
    struct fault *f)
{
	memset(id, 0, sizeof(*id));
	if (s->user != NULL && identity_find_user(id, s->user, f) != 0)
		return -1;
	if (s->group != NULL && identity_find_group(id, s->group, f) != 0)
		return -1;
	if (id->set_user && !id->set_group)
		return fault_user(f, "user", "user %s: there is no such "
		    "account, so its group must be given, too", s->user);
	return 0;
}

/* In the starting process: waits for the daemon; exits with 0 when it is ready,
 * else with its status. */
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

/* Continues in a new process in the background; 0, or -1 and the fault. */
static int
detach(struct fault *f)
{
	int pair[2];
	pid_t pid;

	fflush(NULL);
	if (pipe(pair) != 0)
		return fault_system(f, "daemon", "daemon: cannot make a "
		    "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return fault_system(f, "daemon", "daemon: cannot make a "
		    "process: %s", strerror(errno));
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
		return fault_system(f, NULL, "/dev/null: %s",
		    strerror(errno));
	fcntl(state.null, F_SETFD, FD_CLOEXEC);
	dup2(state.null, STDIN_FILENO);
	return 0;
}

/* Checks that a folder exists; 0, or -1 and the fault. */
static int
check_folder(const char *path, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fault_user(f, "chroot", "chroot %s: %s", path,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fault_user(f, "chroot", "chroot %s: is not a folder",
		    path);
	return 0;
}

int
daemon_start(const struct daemon_settings *s, struct fault *f)
{
	bool to_syslog = s->syslog != NULL ||
	    (s->background && !s->logs_to_file);

	notify_begin();
	if (s->eventlog != NULL && eventlog_begin(s->eventlog, s->name, f) != 0)
		return -1;
	if (log_syslog_facility(s->syslog, f) != 0 ||
	    identity_find(&state.identity, s, f) != 0)
		return -1;
	if (s->chroot != NULL && check_folder(s->chroot, f) != 0)
		return -1;
	if (s->background && detach(f) != 0)
		return -1;
	if (to_syslog) {
		log_syslog_begin(s->name != NULL ? s->name : "adit");
		log_set_sink(daemon_sink);
	} else if (!s->logs_to_file) {
		log_open_stderr();
	}
	return 0;
}

/* Fills in that the pid file, or its new version, cannot be used; errno says
 * why.  Returns -1. */
static int
pidfile_refused(struct fault *f, const char *path, const char *what)
{
	return fault_system(f, "pidfile", "pidfile %s: %s%s", path, what,
	    strerror(errno));
}

/* Makes the path of the pid file absolute, because the daemon changes its
 * folder; 0, or -1 and the fault. */
static int
pidfile_path(const char *path, struct fault *f)
{
	char *whole = path_absolute(path);
	size_t n;

	if (whole == NULL)
		return pidfile_refused(f, path, "");
	n = strlcpy(texts.pidpath, whole, PATH_SIZE);
	free(whole);
	return n < PATH_SIZE ? 0 : fault_user(f, "pidfile", "pidfile %s: the "
	    "path is too long", path);
}

/* Locks a pid file; 0, or -1 and the fault, also when a process has locked
 * it. */
static int
pidfile_lock(int fd, struct fault *f)
{
	struct flock lock;

	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return pidfile_refused(f, texts.pidpath, "cannot lock it: ");
	if (fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK ||
	    lock.l_pid <= 0)
		return fault_system(f, NULL, "already running (%s)",
		    texts.pidpath);
	return fault_system(f, NULL, "already running as PID %ld (%s)",
	    (long)lock.l_pid, texts.pidpath);
}

/* Locks the present pid file, which is created if missing, so that two daemons
 * do not replace it at once.  A link is refused: who may write to the folder
 * could have a file made anywhere.  Returns its descriptor, or -1 and the
 * fault. */
static int
pidfile_lock_old(struct fault *f)
{
	struct stat ours, there;
	int fd;

	for (;;) {
		fd = open(texts.pidpath, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
		if (fd < 0 && lstat(texts.pidpath, &there) == 0 &&
		    S_ISLNK(there.st_mode))
			return fault_user(f, "pidfile", "pidfile %s: it is a "
			    "symbolic link: name the file, or remove it",
			    texts.pidpath);
		if (fd < 0)
			return pidfile_refused(f, texts.pidpath, "");
		if (pidfile_lock(fd, f) != 0) {
			close(fd);
			return -1;
		}
		if (fstat(fd, &ours) == 0 &&
		    stat(texts.pidpath, &there) == 0 &&
		    ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
			return fd;
		close(fd);	/* it was replaced meanwhile */
	}
}

/* Writes and locks the new pid file, and moves it to its place; 0, or -1 and
 * the fault. */
static int
pidfile_make(const char *fresh, struct fault *f)
{
	char text[32];
	int n;

	(void)unlink(fresh);
	state.pidfile = open(fresh, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (state.pidfile < 0)
		return pidfile_refused(f, fresh, "");
	fcntl(state.pidfile, F_SETFD, FD_CLOEXEC);
	(void)fchmod(state.pidfile, 0644);
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (pidfile_lock(state.pidfile, f) != 0)
		return -1;
	if (write(state.pidfile, text, (size_t)n) == n &&
	    rename(fresh, texts.pidpath) == 0)
		return 0;
	(void)pidfile_refused(f, texts.pidpath, "cannot write it: ");
	(void)unlink(fresh);
	return -1;
}

/* Writes and locks the pid file; 0, or -1 and the fault. */
static int
pidfile_write(const char *path, struct fault *f)
{
	char fresh[PATH_SIZE + 32];
	int old, result;

	if (pidfile_path(path, f) != 0)
		return -1;
	old = pidfile_lock_old(f);
	if (old < 0)
		return -1;
	snprintf(fresh, sizeof(fresh), "%s.%ld", texts.pidpath,
	    (long)getpid());
	result = pidfile_make(fresh, f);
	close(old);
	return result;
}

/* Fills in that user or group cannot be changed; errno says why.  Returns
 * -1. */
static int
become_refused(struct fault *f, const char *setting, long id)
{
	if (errno == EPERM && geteuid() != 0)
		return fault_user(f, setting, "%s: only root may change it, "
		    "and this process was started as user %ld: leave `user` "
		    "and `group` out, or start it as root", setting,
		    (long)geteuid());
	return fault_system(f, NULL, "cannot become %s %ld: %s", setting, id,
	    strerror(errno));
}

/* Changes the group; 0, or -1 and the fault. */
static int
become_group(const struct identity *id, struct fault *f)
{
	int failed = id->name != NULL ? initgroups(id->name, id->gid) :
	    setgroups(1, &id->gid);

	if (failed == 0 && setgid(id->gid) == 0)
		return 0;
	return become_refused(f, "group", (long)id->gid);
}

/* Gives a log file that we made to the user that we become, who must be able to
 * open it again after a rotation: logrotate's "create" keeps the owner. */
static void
give_log(const struct identity *id)
{
	int fd = log_created_file();

	if (fd >= 0 && id->set_user && geteuid() == 0 &&
	    fchown(fd, id->uid, id->gid) != 0)
		log_debug("%s: cannot give it to user %ld: %s",
		    log_file_path(), (long)id->uid, strerror(errno));
}

bool
daemon_gives_up_rights(const struct daemon_settings *s)
{
	return geteuid() == 0 && state.identity.set_user &&
	    state.identity.uid != 0 && s->chroot == NULL;
}

void
daemon_forget(void)
{
	state.ready = state.null = state.pidfile = -1;
	log_syslog_forget();
}

/* Changes the user and checks that root cannot be regained; 0, or -1 and the
 * fault. */
static int
become_user(const struct identity *id, bool keep_net_admin, struct fault *f)
{
	if (keep_net_admin && os_caps_keep() != 0)
		return fault_system(f, NULL, "cannot keep CAP_NET_ADMIN: %s",
		    strerror(errno));
	if (setuid(id->uid) != 0)
		return become_refused(f, "user", (long)id->uid);
	if (keep_net_admin && os_caps_only_net_admin() != 0)
		return fault_system(f, NULL, "cannot keep CAP_NET_ADMIN: %s",
		    strerror(errno));
	if (id->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return fault_system(f, NULL, "root can be regained after the "
		    "change of user: this system's setuid() does not drop it");
	os_forbid_new_rights();
	os_forbid_dumps();
	return 0;
}

/* Changes user and group as the settings say; 0, or -1 and the fault. */
static int
become(const struct identity *id, bool keep_net_admin, struct fault *f)
{
	/* We are that user already: nothing to change, and no right needed. */
	if (id->set_user && geteuid() != 0 && id->uid == geteuid() &&
	    id->uid == getuid() && id->gid == getegid())
		return 0;
	if (id->set_group && become_group(id, f) != 0)
		return -1;
	return id->set_user ? become_user(id, keep_net_admin, f) : 0;
}

int
daemon_drop(const struct daemon_settings *s, bool keep_net_admin,
    struct fault *f)
{
	if (s->pidfile != NULL && pidfile_write(s->pidfile, f) != 0)
		return -1;
	give_log(&state.identity);
	if (s->chroot != NULL) {
		tzset();	/* the new root may have no time zone files */
		if (chdir(s->chroot) != 0 || chroot(".") != 0)
			return fault_system(f, "chroot", "chroot %s: %s",
			    s->chroot, strerror(errno));
	}
	if (s->background && s->chroot == NULL && file_keep_folder() != 0)
		return fault_system(f, NULL, "the current folder: %s",
		    strerror(errno));
	if ((s->background || s->chroot != NULL) && chdir("/") != 0)
		return fault_system(f, NULL, "/: %s", strerror(errno));
	return become(&state.identity, keep_net_admin, f);
}

int
daemon_confine(struct fault *f)
{
	if (become(&state.identity, false, f) != 0)
		return -1;
	if (geteuid() == 0)
		return 0;
	/* A supervisor may have given us some, which are not for helpers. */
	if (os_caps_none() != 0)
		return fault_system(f, NULL, "cannot drop capabilities: %s",
		    strerror(errno));
	os_forbid_new_rights();
	os_forbid_dumps();
	return 0;
}

void
daemon_ready(void)
{
	char message[64 + DAEMON_STATUS];
	struct text t;

	text_init(&t, message, sizeof(message));
	text_add(&t, "READY=1");
	if (state.ready >= 0)
		text_add(&t, "\nMAINPID=%ld", (long)getpid());
	if (*texts.status != '\0')
		text_add(&t, "\nSTATUS=%s", texts.status);
	notify_send(message);
	notify_watchdog(state.loop);
	state.told = true;
	if (state.ready < 0)
		return;
	fflush(NULL);
	dup2(state.null, STDOUT_FILENO);
	dup2(state.null, STDERR_FILENO);
	if (state.null > STDERR_FILENO)
		close(state.null);
	/* The starting process may have ended; that does not matter. */
	if (write(state.ready, "", 1) != 1)
		log_debug("the starting process has ended");
	close(state.ready);
	state.ready = -1;
}

void
daemon_status(const char *text)
{
	char message[16 + DAEMON_STATUS];

	if (strcmp(texts.status, text) == 0)
		return;
	strlcpy(texts.status, text, sizeof(texts.status));
	if (!state.told)
		return;
	snprintf(message, sizeof(message), "STATUS=%s", texts.status);
	notify_send(message);
}

void
daemon_reloading(void)
{
	notify_reloading();
}

void
daemon_reloaded(void)
{
	notify_send("READY=1");
}

void
daemon_stopping(void)
{
	notify_send("STOPPING=1");
}

/* The signal handler; on_wake() does the rest in the loop. */
static void
on_signal(int signo)
{
	static const char words[] = "Got second exit signal\n";
	int saved = errno;

	if (signo == SIGHUP) {
		state.reload = 1;
	} else if (signo == SIGUSR1) {
		state.dump = 1;
	} else if (signo == SIGUSR2) {
		state.again = 1;
	} else {
		if (state.stopping) {
			log_write_raw(words);
			_exit(1);
		}
		state.gently = signo == SIGTERM;
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
	if (state.again) {
		state.again = 0;
		if (state.hooks.on_again != NULL)
			state.hooks.on_again(state.hooks.arg);
	}
	if (state.stop) {
		state.stop = 0;
		if (state.gently && state.hooks.on_drain != NULL)
			state.hooks.on_drain(state.hooks.arg);
		else if (state.hooks.on_stop != NULL)
			state.hooks.on_stop(state.hooks.arg);
	}
}

/* Handles a signal, or ignores it when it is not wanted. */
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
	handle(SIGUSR2, hooks->on_again != NULL);
	/* In the foreground and without a reload, SIGHUP keeps its default: the
	 * end of the terminal ends the program. */
	if (hooks->on_reload != NULL || state.background)
		handle(SIGHUP, hooks->on_reload != NULL);
}

void
daemon_end(const struct daemon_settings *s)
{
	notify_end();
	if (state.pidfile < 0)
		return;
	/* After chroot() the path means a different file: it is only emptied,
	 * as it is when it cannot be removed. */
	if ((s->chroot != NULL || unlink(texts.pidpath) != 0) &&
	    ftruncate(state.pidfile, 0) != 0)
		log_debug("pidfile %s: %s", texts.pidpath, strerror(errno));
	close(state.pidfile);
	state.pidfile = -1;
}
