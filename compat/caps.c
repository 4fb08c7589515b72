/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a process may do, and its name: keeps one capability of Linux when root
 * privileges are dropped, without libcap and without the kernel's headers,
 * which a musl toolchain may lack.
 */

#include "compat.h"
#include "os.h"

#ifdef __linux__

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From capset(2) and linux/capability.h. */
#define CAPABILITY_VERSION_3 0x20080522
enum { NET_ADMIN = 12 };

#ifndef PR_SET_NO_NEW_PRIVS	/* Linux 3.5 */
#define PR_SET_NO_NEW_PRIVS 38
#endif

struct cap_header {
	uint32_t version;	/* CAPABILITY_VERSION_3 */
	int pid;		/* 0: this process */
};

struct cap_data {
	uint32_t effective, permitted, inheritable;	/* a bit for each */
};

int
os_caps_keep(void)
{
	return prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L);
}

/* Has only those of the capabilities 0 to 31; 0, or -1 and errno. */
static int
caps_set(uint32_t bits)
{
	struct cap_header head;
	struct cap_data data[2];	/* capabilities 0 to 31, 32 to 63 */

	memset(&head, 0, sizeof(head));
	memset(data, 0, sizeof(data));
	head.version = CAPABILITY_VERSION_3;
	data[0].effective = bits;
	data[0].permitted = bits;
	return (int)syscall(SYS_capset, &head, data);
}

int
os_caps_only_net_admin(void)
{
	return caps_set((uint32_t)1 << NET_ADMIN);
}

/* Is there none?  Then there is nothing that a sandbox could refuse to drop. */
static bool
caps_are_none(void)
{
	struct cap_header head;
	struct cap_data data[2];

	memset(&head, 0, sizeof(head));
	memset(data, 0, sizeof(data));
	head.version = CAPABILITY_VERSION_3;
	return syscall(SYS_capget, &head, data) == 0 &&
	    (data[0].effective | data[0].permitted | data[0].inheritable |
	    data[1].effective | data[1].permitted | data[1].inheritable) == 0;
}

int
os_caps_none(void)
{
	return caps_are_none() ? 0 : caps_set(0);
}

void
os_name_process(const char *name)
{
	(void)prctl(PR_SET_NAME, name, 0L, 0L, 0L);
}

void
os_forbid_dumps(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

void
os_forbid_new_rights(void)
{
	/* Kernels that do not know it refuse. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
}

#else

#ifdef __FreeBSD__
#include <sys/procctl.h>
#endif

int
os_caps_keep(void)
{
	return 0;
}

int
os_caps_only_net_admin(void)
{
	return 0;
}

int
os_caps_none(void)
{
	return 0;
}

void
os_name_process(const char *name)
{
#if defined(__FreeBSD__) || defined(__DragonFly__) || \
    defined(__NetBSD__) || defined(__OpenBSD__)
	setproctitle("%s", name);
#else
	(void)name;
#endif
}

/* The BSDs and macOS do this for a process that has changed its user. */
void
os_forbid_dumps(void)
{
}

void
os_forbid_new_rights(void)
{
#ifdef PROC_NO_NEW_PRIVS_CTL	/* FreeBSD 14 */
	int on = PROC_NO_NEW_PRIVS_ENABLE;

	(void)procctl(P_PID, (id_t)getpid(), PROC_NO_NEW_PRIVS_CTL, &on);
#endif
}

#endif
