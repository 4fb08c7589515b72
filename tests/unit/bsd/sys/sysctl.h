/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <sys/sysctl.h> for tests on other systems: the list of routes.
 */

#ifndef STAND_IN_SYS_SYSCTL_H
#define STAND_IN_SYS_SYSCTL_H

#include <stddef.h>

#define CTL_NET		4
#define NET_RT_DUMP	1

int sysctl(int *name, unsigned n, void *old, size_t *old_len, void *fresh,
    size_t fresh_len);

#endif
