/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Things about processes and names that systems have under different names or
 * not at all: gai.c, closefrom.c, caps.c.
 */

#ifndef OS_H
#define OS_H

#include "compat.h"

/* The words for a getaddrinfo() error, errno's where it says EAI_SYSTEM. */
const char *os_gai_strerror(int error);

/* Closes all descriptors from lowest on; nothing on Windows. */
void os_close_from(int lowest);

/* Before setuid(): the next one keeps the process's capabilities (Linux).
 * 0, or -1 and errno; 0 where there are none. */
int os_caps_keep(void);

/* After setuid(): gives up all capabilities but CAP_NET_ADMIN (Linux). 0, or
 * -1 and errno; 0 where there are none. */
int os_caps_only_net_admin(void);

#endif
