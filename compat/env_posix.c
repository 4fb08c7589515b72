/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Variables of the environment on POSIX.
 */

#include "compat.h"

const char *
env_get(const char *name)
{
	return getenv(name);
}

void
env_forget(const char *name)
{
	volatile char *value = getenv(name);

	for (; value != NULL && *value != '\0'; value++)
		*value = '\0';
	(void)unsetenv(name);
}
