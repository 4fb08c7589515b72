/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <sys/sockio.h> for tests on other systems: requests for devices.
 */

#ifndef STAND_IN_SYS_SOCKIO_H
#define STAND_IN_SYS_SOCKIO_H

#include <sys/ioctl.h>

#define SIOCIFDESTROY	_IOW('i', 121, struct ifreq)
#define SIOCAIFADDR	_IOW('i', 43, struct ifaliasreq)

#endif
