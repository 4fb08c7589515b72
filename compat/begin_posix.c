/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The beginning of a program on POSIX.
 *
 * NOTES.  A static program of glibc loads modules of the system for users,
 * groups and hosts, as nsswitch.conf(5) says; some of them, libnss_systemd for
 * one, end such a program.  It looks into files instead, and asks name servers.
 */

#include "compat.h"

#include "begin.h"

#if HAVE_NSS_CONFIGURE

#include <nss.h>

static void
use_files_for_names(void)
{
	(void)__nss_configure_lookup("passwd", "files");
	(void)__nss_configure_lookup("group", "files");
	(void)__nss_configure_lookup("hosts", "files dns");
}

#else

static void
use_files_for_names(void)
{
}

#endif

int
begin_process(int *argc, char ***argv, const char **why)
{
	use_files_for_names();
	(void)argc;
	(void)argv;
	(void)why;
	return 0;
}
