/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <sys/event.h> for tests on other systems: kqueue(2), as far as
 * src/net/poll_kqueue.c uses it.  The test defines the functions.
 */

#ifndef STAND_IN_SYS_EVENT_H
#define STAND_IN_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

#define EVFILT_READ	(-1)
#define EVFILT_WRITE	(-2)

#define EV_ADD		0x0001
#define EV_DELETE	0x0002
#define EV_ERROR	0x4000
#define EV_EOF		0x8000

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned fflags;
	int64_t data;
	void *udata;
};

int kqueue(void);
int kevent(int fd, const struct kevent *changes, int n_changes,
    struct kevent *events, int n_events, const struct timespec *timeout);

#endif
