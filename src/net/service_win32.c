/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs as a service of Windows.
 *
 * NOTES.  The main thread gives itself to the service manager
 * (StartServiceCtrlDispatcherW) within the 30 seconds that it is allowed, since
 * it does nothing before.  The service has a thread, in which the command runs
 * as it would in main(); what the manager wants comes in the main thread
 * (on_control).  A service is in these states:
 *
 *	START_PENDING	from the beginning; each report has a new checkpoint
 *	RUNNING		after service_ready(); only now controls are accepted
 *	STOP_PENDING	after a stop control or service_stopping()
 *	STOPPED		after the command has returned, or ended the program;
 *			nothing is reported after it
 *
 * A command that never becomes ready goes from the first state to the last.
 * Its status becomes the service's own code (ERROR_SERVICE_SPECIFIC_ERROR); a
 * process that ended without that report would be error 1067 only.  A crash is
 * without report on purpose.
 */

#include "compat.h"

#include <windows.h>

#include "net/service.h"

#include "base/alloc.h"
#include "base/log.h"
#include "net/eventlog.h"

enum {				/* of headers for Vista and later */
	CONTROL_PRESHUTDOWN = 0x0f,
	ACCEPT_PRESHUTDOWN = 0x100,
	POWER_RESUMES_CRITICAL = 0x06,	/* after an emergency suspend */
	POWER_RESUMES = 0x12,
};

enum { REPORT_HINT_MS = 30000 };	/* longest between two checkpoints */

static struct {
	wchar_t *name;		/* NULL: this process is no service */
	const char *source;	/* the same, for the event log */
	int (*fn)(void *);
	void *arg;
	SERVICE_STATUS_HANDLE handle;
	CRITICAL_SECTION lock;	/* of the status, which two threads report */
	SERVICE_STATUS status;	/* as it was reported last */
	void (*on_event)(enum service_event);	/* set before RUNNING */
} service;

/* Reports a state; code: the exit status at the end. */
static void
report_state(DWORD state, DWORD code)
{
	SERVICE_STATUS *s = &service.status;
	bool pending = state == SERVICE_START_PENDING ||
	    state == SERVICE_STOP_PENDING;

	EnterCriticalSection(&service.lock);
	/* The thread of a stop control may be later than the end. */
	if (s->dwCurrentState != SERVICE_STOPPED) {
		s->dwCheckPoint = !pending ? 0 :
		    s->dwCurrentState == state ? s->dwCheckPoint + 1 : 1;
		s->dwCurrentState = state;
		s->dwWaitHint = pending ? REPORT_HINT_MS : 0;
		s->dwWin32ExitCode = code == 0 ? NO_ERROR :
		    ERROR_SERVICE_SPECIFIC_ERROR;
		s->dwServiceSpecificExitCode = code;
		s->dwControlsAccepted = state != SERVICE_RUNNING ? 0 :
		    SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN |
		    SERVICE_ACCEPT_PARAMCHANGE | SERVICE_ACCEPT_POWEREVENT |
		    ACCEPT_PRESHUTDOWN;
		if (!SetServiceStatus(service.handle, s)) {
			/* Windows XP has no such control. */
			s->dwControlsAccepted &= ~(DWORD)ACCEPT_PRESHUTDOWN;
			SetServiceStatus(service.handle, s);
		}
	}
	LeaveCriticalSection(&service.lock);
}

/* Before the program ends, by whatever. */
static void
report_end(int status)
{
	report_state(SERVICE_STOPPED, (DWORD)status);
}

/* In the main thread, while the service runs in its own. */
static DWORD WINAPI
on_control(DWORD control, DWORD type, void *data, void *context)
{
	(void)data;
	(void)context;
	switch (control) {
	case SERVICE_CONTROL_STOP:
	case CONTROL_PRESHUTDOWN:
		report_state(SERVICE_STOP_PENDING, 0);
		service.on_event(SERVICE_DRAIN);
		return NO_ERROR;
	case SERVICE_CONTROL_SHUTDOWN:
		report_state(SERVICE_STOP_PENDING, 0);
		service.on_event(SERVICE_END);
		return NO_ERROR;
	case SERVICE_CONTROL_PARAMCHANGE:
		service.on_event(SERVICE_RELOAD);
		return NO_ERROR;
	case SERVICE_CONTROL_POWEREVENT:
		if (type == POWER_RESUMES || type == POWER_RESUMES_CRITICAL)
			service.on_event(SERVICE_AGAIN);
		return NO_ERROR;
	case SERVICE_CONTROL_INTERROGATE:
		return NO_ERROR;
	default:
		return ERROR_CALL_NOT_IMPLEMENTED;
	}
}

/* The service, in a thread of its own. */
static void WINAPI
manager_main(DWORD argc, wchar_t **argv)
{
	struct fault f;

	(void)argc;
	(void)argv;
	service.handle = RegisterServiceCtrlHandlerExW(service.name,
	    on_control, NULL);
	if (service.handle == NULL)
		return;
	report_state(SERVICE_START_PENDING, 0);
	die_set_last(report_end);
	/* It has no stderr.  A log file takes the lines when it is open. */
	(void)eventlog_begin(service.source, NULL, &f);
	report_end(service.fn(service.arg));
}

int
service_run(const char *name, int (*fn)(void *), void *arg, struct fault *f)
{
	SERVICE_TABLE_ENTRYW table[2];
	char words[SERVICE_ERROR];
	DWORD error;

	service.name = service_wide(name);
	service.source = name;
	service.fn = fn;
	service.arg = arg;
	service.status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
	InitializeCriticalSection(&service.lock);
	memset(table, 0, sizeof(table));
	table[0].lpServiceName = service.name;
	table[0].lpServiceProc = manager_main;
	if (StartServiceCtrlDispatcherW(table))
		return 0;
	error = GetLastError();
	free(service.name);
	service.name = NULL;
	if (error == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
		return fault_user(f, NULL, "service %s: only the service "
		    "manager runs this; `adit service start` has it do so",
		    name);
	service_error(words, error);
	return fault_system(f, NULL, "service %s: the service manager does "
	    "not run it: %s", name, words);
}

bool
service_is_running(void)
{
	return service.name != NULL;
}

const char *
service_name(void)
{
	return service.name == NULL ? NULL : service.source;
}

void
service_starting(void)
{
	if (service_is_running())
		report_state(SERVICE_START_PENDING, 0);
}

void
service_stopping(void)
{
	if (service_is_running())
		report_state(SERVICE_STOP_PENDING, 0);
}

void
service_ready(void (*fn)(enum service_event))
{
	if (!service_is_running())
		return;
	service.on_event = fn;
	report_state(SERVICE_RUNNING, 0);
}
