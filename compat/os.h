/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Functions on processes and names that systems lack or name differently:
 * gai.c, closefrom.c, caps.c, peer_uid.c, monotonic.c, signals_posix.c,
 * wake_timer.c.
 */

#ifndef OS_H
#define OS_H

#include "compat.h"

/* The text of a getaddrinfo() error; that of errno for EAI_SYSTEM. */
const char *os_gai_strerror(int error);

/* Closes all descriptors from lowest on; does nothing on Windows. */
void os_close_from(int lowest);

/* For use before setuid(), which then keeps the permitted capabilities (Linux).
 * 0, or -1 and errno; 0 on systems without capabilities. */
int os_caps_keep(void);

/* For use after setuid(): drops all capabilities but CAP_NET_ADMIN (Linux).  0,
 * or -1 and errno; 0 on systems without capabilities. */
int os_caps_only_net_admin(void);

/* Drops all capabilities (Linux), those that a program would inherit, too.  0,
 * or -1 and errno; 0 on systems without capabilities. */
int os_caps_none(void);

/* Divides n by d, which is not 0; *rest is what remains.  For compilers, where
 * the CPU cannot (divide.c). */
uint64_t os_divide(uint64_t n, uint64_t d, uint64_t *rest);

/* The same with signs, by the rules of C99 6.5.5. */
int64_t os_divide_signed(int64_t n, int64_t d, int64_t *rest);

/* The user at the other end of a local socket.  0, or -1 and errno: ENOSYS, the
 * system does not report it.  Not on Windows. */
int os_peer_uid(int fd, int64_t *uid);

/* Microseconds of CLOCK_MONOTONIC, or else of clock_mono_us(). */
uint64_t os_monotonic_us(void);

/* A descriptor that becomes readable when its time is over, by the clock of
 * clock_mono_ms(); -1 and errno: the system has none.  It is set to a time from
 * now, more than 0: 0, or -1 and errno. */
int os_wake_timer(void);
int os_wake_timer_set(int fd, uint64_t wait_ms);

/* Names this process in `ps`, where the system has a call for that.  Of a
 * longer name Linux shows 15 bytes. */
void os_name_process(const char *name);

/* Lets no process of the same user read the memory of this one, and makes no
 * core dumps of it, where the system has a call for that. */
void os_forbid_dumps(void);

/* In a new process: all signals have their defaults but those of a list of n,
 * which are ignored.  Not on Windows. */
void os_reset_signals(const int *ignored, size_t n);

/* No signal is blocked any more.  Not on Windows. */
void os_unblock_signals(void);

/* From now on no program that this process or its children start has more
 * rights than they have, where the system has a call for that. */
void os_forbid_new_rights(void);

#endif
