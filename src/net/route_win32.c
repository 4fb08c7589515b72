/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes on Windows, by the notifications of
 * iphlpapi.dll (Vista and later).
 *
 * NOTES.  The system calls route_changed() from a thread of its own, which
 * writes a byte to a pair of sockets.  There is one pair in a process.  The
 * functions are looked up at run time, since Windows XP has not all of them;
 * without them changes are not reported.
 */

#include "compat.h"

#include "sock.h"

#include <windows.h>

#include "net/route_backend.h"

/* NotifyIpInterfaceChange() and NotifyUnicastIpAddressChange(): what changed,
 * for which family, whom to call with what, whether once now, and a handle for
 * CancelMibChangeNotify2(); 0, or an error. */
typedef void WINAPI route_changed_fn(void *arg, void *row, int what);
typedef DWORD WINAPI route_notify_fn(USHORT family, route_changed_fn *fn,
    void *arg, BOOLEAN now, HANDLE *handle);
typedef DWORD WINAPI route_cancel_fn(HANDLE handle);

/* What the system reports by, by name. */
static const char *const route_names[] = {
	"NotifyIpInterfaceChange", "NotifyUnicastIpAddressChange",
	"NotifyRouteChange2",
};

enum { ROUTE_KINDS = sizeof(route_names) / sizeof(*route_names) };

static struct {
	fd_t pair[2];		/* read, written */
	HANDLE handle[ROUTE_KINDS];	/* NULL: not reported */
	route_cancel_fn *cancel;
} route_news;

/* In a thread of the system. */
static void WINAPI
route_changed(void *arg, void *row, int what)
{
	(void)arg;
	(void)row;
	(void)what;
	(void)sock_send(route_news.pair[1], "", 1);
}

/* A function of the library, or NULL; any type of function will do. */
static void (*
route_function(HMODULE library, const char *name))(void)
{
	return (void (*)(void))GetProcAddress(library, name);
}

/* The library of the system, by its path: an older Windows would look for a
 * name in the folder of the program first. */
static HMODULE
route_library(void)
{
	static const wchar_t name[] = L"\\iphlpapi.dll";
	wchar_t path[MAX_PATH + sizeof(name) / sizeof(*name)];
	UINT n = GetSystemDirectoryW(path, MAX_PATH);

	if (n == 0 || n >= MAX_PATH)
		return NULL;
	wcscpy(path + n, name);
	return LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
}

fd_t
route_backend_open(void)
{
	HMODULE library = route_library();
	route_notify_fn *notify;
	int i, n = 0;

	if (library == NULL)
		return FD_NONE;
	route_news.cancel = (route_cancel_fn *)route_function(library,
	    "CancelMibChangeNotify2");
	if (route_news.cancel == NULL || sock_pair(route_news.pair) != 0)
		return FD_NONE;
	for (i = 0; i < ROUTE_KINDS; i++) {
		route_news.handle[i] = NULL;
		notify = (route_notify_fn *)route_function(library,
		    route_names[i]);
		if (notify != NULL && notify(AF_UNSPEC, route_changed, NULL,
		    FALSE, &route_news.handle[i]) == 0)
			n++;
		else
			route_news.handle[i] = NULL;
	}
	if (n > 0)
		return route_news.pair[0];
	sock_close(route_news.pair[0]);
	sock_close(route_news.pair[1]);
	return FD_NONE;
}

bool
route_backend_drain(fd_t fd)
{
	uint8_t bytes[64];
	bool changed = false;

	while (sock_recv(fd, bytes, sizeof(bytes)) > 0)
		changed = true;
	return changed;
}

void
route_backend_close(fd_t fd)
{
	int i;

	/* Waits for calls that run. */
	for (i = 0; i < ROUTE_KINDS; i++)
		if (route_news.handle[i] != NULL)
			(void)route_news.cancel(route_news.handle[i]);
	sock_close(fd);
	sock_close(route_news.pair[1]);
}
