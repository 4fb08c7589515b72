/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The daemon on Windows: a service (net/service.h), or a console program that
 * ends on Ctrl-C, Ctrl-Break or when its window is closed.
 *
 * NOTES.  The system calls the handler in a thread of its own.  After a close
 * event it ends the process as soon as the handler returns, so the handler
 * sleeps for CLOSE_WAIT_MS to let the main thread finish.  A service has no
 * such handler: the system would tell it that a user has logged off.
 *
 * What happens in a different thread is counted, and the loop is woken: it
 * calls the hook once for all events of a kind since the last time.  A lock
 * keeps such threads from a loop that is about to be freed.  While a
 * service stops, a timer of the loop reports that this goes on; so a service
 * that hangs is known as such.
 */

#include "compat.h"

#include "sock.h"

#include <windows.h>

#include "net/daemon.h"

#include "base/log.h"
#include "net/eventlog.h"
#include "net/service.h"

enum {
	CLOSE_WAIT_MS = 5000,
	STOP_TICK_MS = 1000,	/* between reports of a stop */
};

static struct {
	CRITICAL_SECTION lock;	/* of the pointer to the loop */
	struct loop *loop;	/* NULL: at the end, or before the start */
	struct daemon_hooks hooks;
	volatile LONG came[SERVICE_EVENTS];	/* events so far */
	LONG seen[SERVICE_EVENTS];	/* when the hook was last called */
	struct timer stop_tick;	/* a service reports its stop */
} state;

int
daemon_start(const struct daemon_settings *s, struct fault *f)
{
	/* The first setting that only POSIX systems support. */
	const char *what = s->background ? "daemon" :
	    s->user != NULL ? "user" : s->group != NULL ? "group" :
	    s->chroot != NULL ? "chroot" : s->syslog != NULL ? "syslog" : NULL;

	service_starting();
	if (what == NULL && s->eventlog != NULL)
		return eventlog_begin(s->eventlog, s->name, f);
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
	file = fopen_output(s->pidfile);
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

/* Counts an event, in a different thread; returns how many of its kind there
 * were. */
static LONG
count_event(enum service_event event)
{
	LONG n = InterlockedIncrement(&state.came[event]);

	EnterCriticalSection(&state.lock);
	if (state.loop != NULL)
		loop_wake(state.loop);
	LeaveCriticalSection(&state.lock);
	return n;
}

/* What the service manager wants. */
static void
on_service_event(enum service_event event)
{
	(void)count_event(event);
}

void
daemon_ready(void)
{
	service_ready(on_service_event);
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

/* Each second until the end. */
static void
report_stop(struct timer *t)
{
	service_stopping();
	timer_set(t, state.loop, loop_now(state.loop) + STOP_TICK_MS,
	    report_stop);
}

void
daemon_stopping(void)
{
	if (service_is_running() && !timer_is_set(&state.stop_tick))
		report_stop(&state.stop_tick);
}

/* Ctrl-C and similar events; in the system's thread. */
static BOOL WINAPI
on_event(DWORD event)
{
	static const char words[] = "Got second exit signal\n";
	DWORD n;

	if (count_event(SERVICE_END) > 1) {
		WriteFile(GetStdHandle(STD_ERROR_HANDLE), words,
		    sizeof(words) - 1, &n, NULL);
		TerminateProcess(GetCurrentProcess(), 1);
	}
	if (event == CTRL_CLOSE_EVENT || event == CTRL_SHUTDOWN_EVENT)
		Sleep(CLOSE_WAIT_MS);
	return TRUE;
}

/* Calls the hook of an event. */
static void
call_hook(enum service_event event)
{
	const struct daemon_hooks *h = &state.hooks;
	void (*hook)(void *) = NULL;

	switch (event) {
	case SERVICE_END:
		hook = h->on_stop;
		break;
	case SERVICE_DRAIN:
		hook = h->on_drain != NULL ? h->on_drain : h->on_stop;
		break;
	case SERVICE_RELOAD:
		hook = h->on_reload;
		break;
	case SERVICE_AGAIN:
		log_info("the machine has resumed");
		hook = h->on_again;
		break;
	case SERVICE_EVENTS:
		break;
	}
	if (hook != NULL)
		hook(h->arg);
}

/* In the loop, after it was woken. */
static void
on_wake(void *arg)
{
	LONG came;
	int i;

	(void)arg;
	for (i = 0; i < SERVICE_EVENTS; i++) {
		came = InterlockedCompareExchange(&state.came[i], 0, 0);
		if (came == state.seen[i])
			continue;
		state.seen[i] = came;
		call_hook((enum service_event)i);
	}
}

void
daemon_signals(struct loop *loop, const struct daemon_hooks *hooks)
{
	InitializeCriticalSection(&state.lock);
	state.loop = loop;
	state.hooks = *hooks;
	loop_on_wake(loop, on_wake, NULL);
	if (!service_is_running())
		SetConsoleCtrlHandler(on_event, TRUE);
	service_starting();
}

void
daemon_end(const struct daemon_settings *s)
{
	timer_stop(&state.stop_tick);
	EnterCriticalSection(&state.lock);
	state.loop = NULL;
	LeaveCriticalSection(&state.lock);
	if (s->pidfile != NULL)
		(void)file_remove(s->pidfile);
}
