/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Messages to systemd, or a supervisor that has its protocol.
 *
 * NOTES.  The timer of the watchdog is one of the loop, so that a loop which
 * hangs sends nothing.  It is set only if the supervisor wants to hear from us.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/notify.h"

#include "os.h"

#include "base/log.h"
#include "base/value.h"

static struct {
	int socket;		/* the supervisor's, or -1 */
	struct loop *loop;	/* set with the timer */
	struct timer timer;	/* of the watchdog */
	uint64_t interval_ms;	/* of its messages; 0: none are wanted */
} notifier = { .socket = -1 };

/* Opens the supervisor's socket. */
static void
notify_open(const char *path)
{
	struct sockaddr_un sun;
	size_t len = strlen(path);

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if ((*path != '/' && *path != '@') || len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	/* The abstract namespace of Linux: '@' is written for NUL. */
	if (*path == '@')
		sun.sun_path[0] = '\0';
	notifier.socket = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (notifier.socket < 0)
		return;
	fcntl(notifier.socket, F_SETFD, FD_CLOEXEC);
	fcntl(notifier.socket, F_SETFL, O_NONBLOCK);
	if (connect(notifier.socket, (struct sockaddr *)(void *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
		return;
	log_debug("systemd: %s: %s", path, strerror(errno));
	close(notifier.socket);
	notifier.socket = -1;
}

/* A number from the environment, or 0. */
static int64_t
notify_number(const char *name)
{
	const char *text = getenv(name);
	int64_t number;

	if (text == NULL || value_parse_int(text, &number) != 0 || number < 0)
		return 0;
	return number;
}

void
notify_begin(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int64_t pid = notify_number("WATCHDOG_PID");

	if (path != NULL && notifier.socket < 0)
		notify_open(path);
	/* In time, even if one comes late. */
	if (pid == 0 || pid == (int64_t)getpid())
		notifier.interval_ms =
		    (uint64_t)notify_number("WATCHDOG_USEC") / 2000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

void
notify_send(const char *message)
{
	if (notifier.socket >= 0 &&
	    send(notifier.socket, message, strlen(message), 0) < 0)
		log_debug("systemd: %s", strerror(errno));
}

void
notify_reloading(void)
{
	char message[80];

	snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)os_monotonic_us());
	notify_send(message);
}

/* A message is due. */
static void
notify_alive(struct timer *t)
{
	notify_send("WATCHDOG=1");
	timer_set(t, notifier.loop, loop_now(notifier.loop) +
	    notifier.interval_ms, notify_alive);
}

void
notify_watchdog(struct loop *loop)
{
	notifier.loop = loop;
	if (notifier.socket >= 0 && notifier.interval_ms > 0)
		notify_alive(&notifier.timer);
}

void
notify_end(void)
{
	timer_stop(&notifier.timer);
}
