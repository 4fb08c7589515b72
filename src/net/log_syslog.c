/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Lines for syslog.
 *
 * NOTES.  After chroot() the socket cannot be connected again: when syslogd was
 * restarted, lines are lost then, as they are with the C library.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "net/log_syslog.h"

#include "base/text.h"
#include "net/log_libc.h"

static struct {
	int facility;
	const char *name;	/* of the program */
	const char *path;	/* of syslogd's socket; NULL: libc's way */
	int socket;		/* connected to it, or -1 */
	unsigned long lost;	/* lines since the last that was taken */
} state = { .facility = LOG_DAEMON, .socket = -1 };

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

/* Where syslogd has its socket: Linux, the BSDs. */
static const char *const log_sockets[] = { "/dev/log", "/var/run/log", NULL };

int
log_syslog_facility(const char *name, struct fault *f)
{
	size_t i;

	state.facility = LOG_DAEMON;
	if (name == NULL)
		return 0;
	for (i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (text_same_nocase(facilities[i].name, name)) {
			state.facility = facilities[i].facility;
			return 0;
		}
	return fault_user(f, "syslog", "syslog %s: no such facility; known "
	    "are daemon, user, local0 to local7, auth, cron, kern, lpr, mail, "
	    "news, syslog, uucp", name);
}

/* Connects to a socket of syslogd; 0 or -1. */
static int
log_syslog_connect(const char *path)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0)
		return -1;
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    connect(fd, (struct sockaddr *)(void *)&sun, sizeof(sun)) != 0) {
		close(fd);
		return -1;
	}
	state.socket = fd;
	return 0;
}

/* Finds the socket of syslogd, unless it is known; false: there is none, or it
 * takes no datagrams. */
static bool
log_syslog_find(void)
{
	size_t i;

	for (i = 0; state.path == NULL && log_sockets[i] != NULL; i++)
		if (log_syslog_connect(log_sockets[i]) == 0)
			state.path = log_sockets[i];
	return state.path != NULL;
}

void
log_syslog_begin(const char *name)
{
	state.name = name;
	if (!log_syslog_find())
		log_libc_begin(name, state.facility);
}

void
log_syslog_forget(void)
{
	state.socket = -1;
}

/* Sends a message; connects again when syslogd was restarted.  True when it was
 * taken. */
static bool
log_syslog_send(const char *message)
{
	size_t n = strlen(message);

	if (state.socket >= 0 && send(state.socket, message, n, 0) >= 0)
		return true;
	if (state.socket >= 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == ENOBUFS))
		return false;
	if (state.socket >= 0)
		close(state.socket);
	state.socket = -1;
	return log_syslog_connect(state.path) == 0 &&
	    send(state.socket, message, n, 0) >= 0;
}

/* Formats a message with priority, time, name and process, and sends it. */
static bool
log_syslog_put(int priority, const char *line)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)clock_wall_s();
	struct tm *tm = localtime(&now);
	char message[1200];
	struct text t;

	if (tm == NULL)
		return false;
	text_init(&t, message, sizeof(message));
	text_add(&t, "<%d>%.3s %2d %02d:%02d:%02d %.64s[%ld]: %s",
	    state.facility | priority, months + 3 * tm->tm_mon, tm->tm_mday,
	    tm->tm_hour, tm->tm_min, tm->tm_sec, state.name, (long)getpid(),
	    line);
	return log_syslog_send(message);
}

void
log_syslog_line(enum log_level level, const char *line)
{
	static const int priority[] = {
		LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_DEBUG,
	};
	char notice[80];

	/* It may have been started after us. */
	if (!log_syslog_find()) {
		if (!log_libc_line(priority[level], line))
			state.lost++;
		return;
	}
	if (state.lost > 0) {
		snprintf(notice, sizeof(notice), "log: %lu line%s lost: "
		    "syslogd did not read %s", state.lost,
		    state.lost == 1 ? " was" : "s were",
		    state.lost == 1 ? "it" : "them");
		if (log_syslog_put(LOG_WARNING, notice))
			state.lost = 0;
	}
	if (!log_syslog_put(priority[level], line))
		state.lost++;
}
