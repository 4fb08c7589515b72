/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <sys/filio.h> for tests on other systems: FIONBIO, which is in
 * <sys/ioctl.h> here.
 */

#ifndef STAND_IN_SYS_FILIO_H
#define STAND_IN_SYS_FILIO_H

#include <sys/ioctl.h>

#endif
