/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The daemon on Windows: a console program that ends on Ctrl-C, Ctrl-Break or
 * when its window is closed.
 *
 * NOTES.  The system calls the handler in a thread of its own.  After a close
 * event it ends the process as soon as the handler returns, so the handler
 * sleeps for CLOSE_WAIT_MS to let the main thread finish.
 */

#include "compat.h"

#include "sock.h"

#include <windows.h>

#include "net/daemon.h"

#include "base/log.h"

enum { CLOSE_WAIT_MS = 5000 };

static struct {
	struct loop *loop;
	struct daemon_hooks hooks;
	volatile LONG stops;	/* stop events so far */
	LONG seen;		/* stops when on_stop() was last called */
} state;

int
daemon_start(const struct daemon_settings *s, struct fault *f)
{
	/* The first setting that only POSIX systems support. */
	const char *what = s->background ? "daemon" :
	    s->user != NULL ? "user" : s->group != NULL ? "group" :
	    s->chroot != NULL ? "chroot" : s->syslog != NULL ? "syslog" : NULL;

	return what == NULL ? 0 : fault_user(f, what, "%s: not on Windows",
	    what);
}

bool
daemon_gives_up_rights(const struct daemon_settings *s)
{
	(void)s;
	return false;
}

int
daemon_confine(struct fault *f)
{
	(void)f;
	return 0;
}

int
daemon_drop(const struct daemon_settings *s, bool keep_net_admin,
    struct fault *f)
{
	FILE *file;
	bool written;

	(void)keep_net_admin;
	if (s->pidfile == NULL)
		return 0;
	file = fopen(s->pidfile, "w");
	if (file == NULL)
		return fault_system(f, "pidfile", "pidfile %s: %s",
		    s->pidfile, strerror(errno));
	written = fprintf(file, "%lu\n",
	    (unsigned long)GetCurrentProcessId()) > 0;
	if (fclose(file) == 0 && written)
		return 0;
	return fault_system(f, "pidfile", "pidfile %s: %s", s->pidfile,
	    strerror(errno));
}

void
daemon_ready(void)
{
}

void
daemon_status(const char *text)
{
	(void)text;
}

void
daemon_reloading(void)
{
}

void
daemon_reloaded(void)
{
}

void
daemon_stopping(void)
{
}

/* Ctrl-C and similar events; in the system's thread. */
static BOOL WINAPI
on_event(DWORD event)
{
	static const char words[] = "Got second exit signal\n";
	DWORD n;

	if (InterlockedIncrement(&state.stops) > 1) {
		WriteFile(GetStdHandle(STD_ERROR_HANDLE), words,
		    sizeof(words) - 1, &n, NULL);
		TerminateProcess(GetCurrentProcess(), 1);
	}
	loop_wake(state.loop);
	if (event == CTRL_CLOSE_EVENT || event == CTRL_SHUTDOWN_EVENT)
		Sleep(CLOSE_WAIT_MS);
	return TRUE;
}

/* In the loop, after it was woken. */
static void
on_wake(void *arg)
{
	LONG stops = InterlockedCompareExchange(&state.stops, 0, 0);

	(void)arg;
	if (stops == state.seen)
		return;
	state.seen = stops;
	if (state.hooks.on_stop != NULL)
		state.hooks.on_stop(state.hooks.arg);
}

void
daemon_signals(struct loop *loop, const struct daemon_hooks *hooks)
{
	state.loop = loop;
	state.hooks = *hooks;
	loop_on_wake(loop, on_wake, NULL);
	SetConsoleCtrlHandler(on_event, TRUE);
}

void
daemon_end(const struct daemon_settings *s)
{
	if (s->pidfile != NULL)
		remove(s->pidfile);
}
