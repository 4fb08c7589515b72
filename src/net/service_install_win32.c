/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Installs and removes services of Windows.
 *
 * NOTES.  A service has the account LocalService, which owns nothing and may do
 * little; of its privileges it keeps the one to pass through folders.  It has a
 * name of its own in access lists, "NT SERVICE\NAME".  When it fails, also by
 * ending with a status of its own, it is started again after 1, 5 and 60
 * seconds, and then after each 60.  Not all Windows know all of these: XP has
 * description and recovery only.
 */

#include "compat.h"

#include <windows.h>
#include <sddl.h>

#include "net/service.h"
#include "net/service_manager.h"

#include "base/alloc.h"
#include "net/eventlog.h"

enum {				/* levels in headers for Vista and later, and */
	CONFIG_DELAYED = 3,	/* what they take: BOOL */
	CONFIG_RECOVER_STATUS = 4,	/* BOOL */
	CONFIG_SID = 5,		/* DWORD */
	CONFIG_PRIVILEGES = 6,	/* wchar_t *, names, an empty one last */
	CONFIG_PRESHUTDOWN = 7,	/* DWORD, milliseconds */
	SID_UNRESTRICTED = 1,
};

enum {
	RECOVER_FORGET_S = 600,	/* of no failure: the next counts as first */
	DRAIN_MS = 60000,	/* of a drain while the machine shuts down */
	PROGRAM_PATH = 1024,	/* characters */
	ACCOUNT_SID = 68,	/* SECURITY_MAX_SID_SIZE */
	ACCOUNT_NAME = 512,	/* characters */
};

/* Sets one part; 0, or -1 and the fault.  One that this Windows does not know
 * is warned about. */
static int
set_part(SC_HANDLE service, const char *name, DWORD level, void *value,
    const char *what, void (*warn)(const char *), struct fault *f)
{
	DWORD error;

	if (ChangeServiceConfig2W(service, level, value))
		return 0;
	error = GetLastError();
	if (error != ERROR_INVALID_LEVEL && error != ERROR_INVALID_PARAMETER &&
	    error != ERROR_CALL_NOT_IMPLEMENTED)
		return service_fail(f, name, "installed", error);
	warn(what);
	return 0;
}

/* Sets when and how often it is started again. */
static int
set_recovery(SC_HANDLE service, const char *name, void (*warn)(const char *),
    struct fault *f)
{
	SC_ACTION actions[] = {
		{ SC_ACTION_RESTART, 1000 },
		{ SC_ACTION_RESTART, 5000 },
		{ SC_ACTION_RESTART, 60000 },
	};
	SERVICE_FAILURE_ACTIONSW failures = {
		.dwResetPeriod = RECOVER_FORGET_S, .cActions = 3,
		.lpsaActions = actions,
	};
	BOOL also_status = TRUE;

	if (set_part(service, name, SERVICE_CONFIG_FAILURE_ACTIONS, &failures,
	    "restarts after a failure", warn, f) != 0)
		return -1;
	return set_part(service, name, CONFIG_RECOVER_STATUS, &also_status,
	    "restarts after an exit status", warn, f);
}

/* Sets all that CreateServiceW() does not. */
static int
set_parts(SC_HANDLE service, const struct service_plan *plan,
    void (*warn)(const char *), struct fault *f)
{
	wchar_t privileges[] = L"SeChangeNotifyPrivilege\0";
	wchar_t *about = service_wide(plan->about), *kept = privileges;
	SERVICE_DESCRIPTIONW description = { .lpDescription = about };
	DWORD sid = SID_UNRESTRICTED, drain_ms = DRAIN_MS;
	BOOL delayed = TRUE;
	int result;

	result = set_part(service, plan->name, SERVICE_CONFIG_DESCRIPTION,
	    &description, "a description", warn, f);
	free(about);
	if (result != 0 || set_recovery(service, plan->name, warn, f) != 0 ||
	    set_part(service, plan->name, CONFIG_SID, &sid,
	    "a name of its own in access lists", warn, f) != 0 ||
	    set_part(service, plan->name, CONFIG_PRIVILEGES, &kept,
	    "fewer privileges", warn, f) != 0 ||
	    set_part(service, plan->name, CONFIG_PRESHUTDOWN, &drain_ms,
	    "time before a shutdown", warn, f) != 0)
		return -1;
	return plan->begin != SERVICE_DELAYED ? 0 : set_part(service,
	    plan->name, CONFIG_DELAYED, &delayed, "a delayed start", warn, f);
}

int
service_install(const struct service_plan *plan,
    void (*warn)(const char *what), struct fault *f)
{
	wchar_t *name = service_wide(plan->name);
	wchar_t *title = service_wide(plan->title);
	wchar_t *command = service_wide(plan->command);
	SC_HANDLE manager, service = NULL;
	DWORD error = 0;
	int result;

	manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
	if (manager != NULL)
		service = CreateServiceW(manager, name, title,
		    SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
		    plan->begin == SERVICE_DEMAND ? SERVICE_DEMAND_START :
		    SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, command, NULL,
		    NULL, NULL, L"NT AUTHORITY\\LocalService", NULL);
	if (service == NULL)
		error = GetLastError();
	free(name);
	free(title);
	free(command);
	if (service == NULL) {
		if (manager != NULL)
			CloseServiceHandle(manager);
		return service_fail(f, plan->name, "installed", error);
	}
	result = set_parts(service, plan, warn, f);
	if (result == 0)
		result = service_make_folders(plan->name, warn, f);
	if (result == 0)
		result = eventlog_register(plan->name, f);
	if (result != 0)
		DeleteService(service);
	CloseServiceHandle(service);
	CloseServiceHandle(manager);
	return result;
}

/* The settings of a service, in memory that the caller frees; NULL and the
 * fault. */
static QUERY_SERVICE_CONFIGW *
ask_config(const struct service_handle *h, struct fault *f)
{
	QUERY_SERVICE_CONFIGW *config;
	DWORD n = 0, error;

	(void)QueryServiceConfigW(h->service, NULL, 0, &n);
	config = xcalloc(1, (size_t)n + 1);
	if (QueryServiceConfigW(h->service, config, n, &n))
		return config;
	error = GetLastError();
	free(config);
	(void)service_fail(f, h->name, "looked at", error);
	return NULL;
}

/* Is it a command line that adit has made for a service? */
static bool
command_is_ours(const wchar_t *command)
{
	return wcsstr(command, L" service run ") != NULL;
}

/* 0 if a service was installed by adit; else -1 and the fault. */
static int
judge_command(const struct service_handle *h, struct fault *f)
{
	QUERY_SERVICE_CONFIGW *config = ask_config(h, f);
	bool ours;

	if (config == NULL)
		return -1;
	ours = command_is_ours(config->lpBinaryPathName);
	free(config);
	return ours ? 0 : fault_user(f, NULL, "service %s: it is none of "
	    "adit's", h->name);
}

int
service_uninstall(const char *name, struct fault *f)
{
	struct service_handle h;
	int result = 0;

	if (service_open(&h, name, DELETE | SERVICE_QUERY_CONFIG,
	    "uninstalled", f) != 0)
		return -1;
	if (judge_command(&h, f) != 0 || service_stop(name, f) != 0)
		result = -1;
	else if (!DeleteService(h.service))
		result = service_fail(f, name, "uninstalled", GetLastError());
	if (result == 0)
		result = eventlog_unregister(name, f);
	service_close(&h);
	return result;
}

/* Looks up the SID of an account as services name it; false: nobody knows
 * it. */
static bool
find_account(const wchar_t *account, BYTE sid[ACCOUNT_SID])
{
	wchar_t whole[ACCOUNT_NAME], machine[MAX_COMPUTERNAME_LENGTH + 1];
	DWORD n = MAX_COMPUTERNAME_LENGTH + 1, size = ACCOUNT_SID;
	wchar_t domain[ACCOUNT_NAME];
	DWORD d = ACCOUNT_NAME;
	SID_NAME_USE use;

	/* ".\USER" is one of this machine. */
	if (account[0] == L'.' && account[1] == L'\\') {
		if (!GetComputerNameW(machine, &n) ||
		    n + wcslen(account) >= ACCOUNT_NAME)
			return false;
		wcscpy(whole, machine);
		wcscat(whole, account + 1);
		account = whole;
	}
	return LookupAccountNameW(NULL, account, sid, &size, domain, &d, &use);
}

bool
service_has_account(const char *name, const char *sid)
{
	QUERY_SERVICE_CONFIGW *config = NULL;
	struct service_handle h;
	BYTE is[ACCOUNT_SID];
	struct fault f;
	PSID wanted;
	bool has;

	if (service_open(&h, name, SERVICE_QUERY_CONFIG, "looked at", &f) != 0)
		return false;
	has = ConvertStringSidToSidA(sid, &wanted);
	if (has) {
		config = ask_config(&h, &f);
		has = config != NULL &&
		    command_is_ours(config->lpBinaryPathName) &&
		    config->lpServiceStartName != NULL &&
		    find_account(config->lpServiceStartName, is) &&
		    EqualSid(is, wanted);
		LocalFree(wanted);
	}
	free(config);
	service_close(&h);
	return has;
}

char *
service_program(struct fault *f)
{
	wchar_t path[PROGRAM_PATH];
	char words[SERVICE_ERROR];
	DWORD n = GetModuleFileNameW(NULL, path, PROGRAM_PATH);

	if (n > 0 && n < PROGRAM_PATH)
		return service_utf8(path);
	service_error(words, n == 0 ? GetLastError() : ERROR_BUFFER_OVERFLOW);
	fault_system(f, NULL, "this program's path: %s", words);
	return NULL;
}
