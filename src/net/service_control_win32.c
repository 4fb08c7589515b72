/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Starts, stops and looks at services of Windows.
 */

#include "compat.h"

#include <windows.h>

#include "net/service.h"
#include "net/service_manager.h"

enum {
	CONTROL_POLL_MS = 100,
	/* A start or stop in which nothing changes for so long has failed. */
	CONTROL_PATIENCE_MS = 60000,
};

int
service_fail(struct fault *f, const char *name, const char *done,
    unsigned long error)
{
	char words[SERVICE_ERROR];

	switch (error) {
	case ERROR_ACCESS_DENIED:
		return fault_system(f, NULL, "service %s: cannot be %s: "
		    "access is denied: run as administrator", name, done);
	case ERROR_SERVICE_DOES_NOT_EXIST:
		return fault_user(f, NULL, "service %s: there is none of "
		    "that name; `adit service install` makes one", name);
	case ERROR_SERVICE_EXISTS:
	case ERROR_DUPLICATE_SERVICE_NAME:
		return fault_user(f, NULL, "service %s: there is one of that "
		    "name; uninstall it, or give this one a name by --name",
		    name);
	case ERROR_SERVICE_MARKED_FOR_DELETE:
		return fault_system(f, NULL, "service %s: cannot be %s: it "
		    "is being removed: close what shows services", name,
		    done);
	case ERROR_INVALID_NAME:
		return fault_user(f, NULL, "service %s: a name has no slash "
		    "and no backslash, and at most 256 characters", name);
	case ERROR_SERVICE_ALREADY_RUNNING:
		return fault_user(f, NULL, "service %s: it runs", name);
	case ERROR_SERVICE_NOT_ACTIVE:
	case ERROR_SERVICE_CANNOT_ACCEPT_CTRL:
		return fault_user(f, NULL, "service %s: cannot be %s: it "
		    "does not run", name, done);
	}
	service_error(words, error);
	return fault_system(f, NULL, "service %s: cannot be %s: %s", name,
	    done, words);
}

int
service_open(struct service_handle *h, const char *name,
    unsigned long rights, const char *done, struct fault *f)
{
	wchar_t *wide = service_wide(name);
	DWORD error = 0;

	h->name = name;
	h->service = NULL;
	h->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	if (h->manager != NULL)
		h->service = OpenServiceW(h->manager, wide, rights);
	if (h->service == NULL)
		error = GetLastError();
	free(wide);
	if (h->service != NULL)
		return 0;
	service_close(h);
	return service_fail(f, name, done, error);
}

void
service_close(struct service_handle *h)
{
	if (h->service != NULL)
		CloseServiceHandle(h->service);
	if (h->manager != NULL)
		CloseServiceHandle(h->manager);
	h->service = h->manager = NULL;
}

/* Asks for the status; 0, or -1 and the fault. */
static int
ask_status(const struct service_handle *h, SERVICE_STATUS_PROCESS *s,
    struct fault *f)
{
	DWORD n = 0;

	if (QueryServiceStatusEx(h->service, SC_STATUS_PROCESS_INFO,
	    (BYTE *)s, sizeof(*s), &n))
		return 0;
	return service_fail(f, h->name, "asked", GetLastError());
}

/* Waits for the end of a pending state; 0, or -1 and the fault. */
static int
wait_pending(const struct service_handle *h, DWORD pending,
    SERVICE_STATUS_PROCESS *s, struct fault *f)
{
	uint64_t since_ms = clock_mono_ms();
	DWORD checkpoint = 0;

	for (;;) {
		if (ask_status(h, s, f) != 0)
			return -1;
		if (s->dwCurrentState != pending)
			return 0;
		if (s->dwCheckPoint != checkpoint) {
			checkpoint = s->dwCheckPoint;
			since_ms = clock_mono_ms();
		}
		if (clock_mono_ms() - since_ms > CONTROL_PATIENCE_MS)
			return fault_system(f, NULL, "service %s: nothing "
			    "has come of it for %d s", h->name,
			    CONTROL_PATIENCE_MS / 1000);
		Sleep(CONTROL_POLL_MS);
	}
}

/* Fills in why a service has not started; -1. */
static int
fail_start(const struct service_handle *h, const SERVICE_STATUS_PROCESS *s,
    struct fault *f)
{
	char words[SERVICE_ERROR];

	if (s->dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR)
		return fault_system(f, NULL, "service %s: it has ended with "
		    "status %lu: %s; its log, or the same command in a "
		    "console, says more", h->name,
		    s->dwServiceSpecificExitCode,
		    s->dwServiceSpecificExitCode == 2 ?
		    "its arguments, or a file that they name, are wrong" :
		    "the system has refused something");
	if (s->dwWin32ExitCode == NO_ERROR)
		return fault_user(f, NULL, "service %s: its command has done "
		    "its work and ended: a service is one that goes on",
		    h->name);
	service_error(words, s->dwWin32ExitCode);
	return fault_system(f, NULL, "service %s: it did not start: %s",
	    h->name, words);
}

int
service_start(const char *name, struct fault *f)
{
	struct service_handle h;
	SERVICE_STATUS_PROCESS s;
	int result;

	if (service_open(&h, name, SERVICE_START | SERVICE_QUERY_STATUS,
	    "started", f) != 0)
		return -1;
	if (!StartServiceW(h.service, 0, NULL))
		result = service_fail(f, name, "started", GetLastError());
	else
		result = wait_pending(&h, SERVICE_START_PENDING, &s, f);
	/* It may have run for a moment, and be ending. */
	if (result == 0)
		result = wait_pending(&h, SERVICE_STOP_PENDING, &s, f);
	if (result == 0 && s.dwCurrentState == SERVICE_STOPPED)
		result = fail_start(&h, &s, f);
	service_close(&h);
	return result;
}

int
service_stop(const char *name, struct fault *f)
{
	struct service_handle h;
	SERVICE_STATUS_PROCESS s;
	SERVICE_STATUS last;
	DWORD error;
	int result;

	if (service_open(&h, name, SERVICE_STOP | SERVICE_QUERY_STATUS,
	    "stopped", f) != 0)
		return -1;
	/* While it starts or stops it takes no controls. */
	result = wait_pending(&h, SERVICE_START_PENDING, &s, f);
	if (result == 0 && s.dwCurrentState == SERVICE_RUNNING &&
	    !ControlService(h.service, SERVICE_CONTROL_STOP, &last)) {
		/* Its process may have died, or may just stop. */
		error = GetLastError();
		result = ask_status(&h, &s, f);
		if (result == 0 && s.dwCurrentState == SERVICE_RUNNING)
			result = service_fail(f, name, "stopped", error);
	}
	if (result == 0)
		result = wait_pending(&h, SERVICE_STOP_PENDING, &s, f);
	/* Some report the state from before for a moment. */
	if (result == 0 && s.dwCurrentState == SERVICE_RUNNING)
		result = wait_pending(&h, SERVICE_RUNNING, &s, f);
	if (result == 0)
		result = wait_pending(&h, SERVICE_STOP_PENDING, &s, f);
	service_close(&h);
	return result;
}

int
service_reload(const char *name, struct fault *f)
{
	struct service_handle h;
	SERVICE_STATUS last;
	int result = 0;

	if (service_open(&h, name, SERVICE_PAUSE_CONTINUE, "reloaded", f) != 0)
		return -1;
	if (!ControlService(h.service, SERVICE_CONTROL_PARAMCHANGE, &last))
		result = service_fail(f, name, "reloaded", GetLastError());
	service_close(&h);
	return result;
}

int
service_look(const char *name, struct service_facts *facts, struct fault *f)
{
	static const char *const states[] = {
		"in an unknown state", "stopped", "starting", "stopping",
		"running", "continuing", "pausing", "paused",
	};
	struct service_handle h;
	SERVICE_STATUS_PROCESS s;

	if (service_open(&h, name, SERVICE_QUERY_STATUS, "looked at", f) != 0)
		return -1;
	if (ask_status(&h, &s, f) != 0) {
		service_close(&h);
		return -1;
	}
	service_close(&h);
	facts->state = states[s.dwCurrentState <= SERVICE_PAUSED ?
	    s.dwCurrentState : 0];
	facts->runs = s.dwCurrentState == SERVICE_RUNNING;
	facts->process = s.dwProcessId;
	facts->failed = s.dwCurrentState == SERVICE_STOPPED &&
	    s.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR;
	facts->status = s.dwServiceSpecificExitCode;
	return 0;
}
