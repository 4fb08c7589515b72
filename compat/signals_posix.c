/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a new process does with the signals that it has inherited, on POSIX.
 */

#include "compat.h"
#include "os.h"

#include <signal.h>

enum { SIGNALS = 32 };		/* the highest that POSIX knows, plus 1 */

void
os_reset_signals(const int *ignored, size_t n)
{
	size_t i;
	int signo;

	for (signo = 1; signo < SIGNALS; signo++)
		(void)signal(signo, SIG_DFL);
	for (i = 0; i < n; i++)
		(void)signal(ignored[i], SIG_IGN);
}

void
os_unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
