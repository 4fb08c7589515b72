/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <sys/kern_control.h> for tests on other systems: sockets to controls of
 * the kernel of macOS.
 */

#ifndef STAND_IN_SYS_KERN_CONTROL_H
#define STAND_IN_SYS_KERN_CONTROL_H

#include <stdint.h>

#define AF_SYSTEM	32
#define PF_SYSTEM	AF_SYSTEM
#define CTLIOCGINFO	_IOWR('N', 3, struct ctl_info)

struct ctl_info {
	uint32_t ctl_id;
	char ctl_name[96];
};

struct sockaddr_ctl {
	unsigned char sc_len, sc_family;
	uint16_t ss_sysaddr;
	uint32_t sc_id, sc_unit, sc_reserved[5];
};

#endif
