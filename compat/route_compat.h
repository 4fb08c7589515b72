/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What differs between the routing sockets of the BSDs and macOS: route(4).
 *
 * NOTES.  Addresses follow the head of a message, each padded to a multiple of
 * ROUTE_PAD: RT_ROUNDUP() of NetBSD, SA_SIZE() of FreeBSD, ROUNDUP() of
 * route(8) of OpenBSD, ROUNDUP32() of macOS.  Only OpenBSD has the length of
 * the head in it.
 */

#ifndef ROUTE_COMPAT_H
#define ROUTE_COMPAT_H

#if defined(__APPLE__)
#define ROUTE_PAD 4
#elif defined(__NetBSD__)
#define ROUTE_PAD 8
#else
#define ROUTE_PAD sizeof(long)
#endif

#if defined(__OpenBSD__)
#define ROUTE_SET_HEAD(m) ((m)->rtm_hdrlen = sizeof(*(m)))
#else
#define ROUTE_SET_HEAD(m) ((void)(m))
#endif

#endif
