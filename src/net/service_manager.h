/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Handles of the service manager of Windows, for the files that ask it.
 */

#ifndef NET_SERVICE_MANAGER_H
#define NET_SERVICE_MANAGER_H

#include "compat.h"

#include "base/fault.h"

/* A service that is open, and the manager that it was opened by. */
struct service_handle {
	void *manager, *service;	/* SC_HANDLE; NULL: not open */
	const char *name;
};

/* Fills in that a service cannot be DONE ("started"), for an error of the
 * system (GetLastError()); returns -1. */
int service_fail(struct fault *f, const char *name, const char *done,
    unsigned long error);

/* Opens a service for these rights, to have it DONE; 0, or -1 and the fault,
 * with nothing open.  The name is borrowed. */
int service_open(struct service_handle *, const char *name,
    unsigned long rights, const char *done, struct fault *);

/* Closes what service_open() has opened. */
void service_close(struct service_handle *);

#endif
