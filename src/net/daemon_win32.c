/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The daemon on Windows: a console program that ends on Ctrl-C, Ctrl-Break or
 * when its window is closed.
 *
 * NOTES.  The system calls the handler in a thread of its own.  After a close
 * event it ends the process as soon as the handler returns, so the handler
 * waits for the main thread to have done with it.
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
	LONG seen;		/* those that on_stop() was called for */
} state;

/* Refuses a setting that only POSIX systems can do. */
static void
refuse(bool given, const char *what)
{
	if (given)
		die_usage("%s: not on Windows", what);
}

void
daemon_start(const struct daemon_settings *s)
{
	refuse(s->background, "--daemon");
	refuse(s->user != NULL, "--user");
	refuse(s->group != NULL, "--group");
	refuse(s->chroot != NULL, "--chroot");
	refuse(s->syslog != NULL, "--syslog");
}

void
daemon_confine(void)
{
}

void
daemon_drop(const struct daemon_settings *s, bool keep_net_admin)
{
	FILE *f;

	(void)keep_net_admin;
	if (s->pidfile == NULL)
		return;
	f = fopen(s->pidfile, "w");
	if (f == NULL)
		die_system("--pidfile %s", s->pidfile);
	fprintf(f, "%lu\n", (unsigned long)GetCurrentProcessId());
	if (fclose(f) != 0)
		die_system("--pidfile %s", s->pidfile);
}

void
daemon_ready(void)
{
}

void
daemon_stopping(void)
{
}

void
daemon_status(const char *line)
{
	(void)line;
}

/* In the system's thread: Ctrl-C and its like. */
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
