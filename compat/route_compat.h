/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What differs between the routing sockets of the BSDs and macOS: route(4).
 *
 * NOTES.  Addresses follow the head of a message, each padded to a multiple of
 * ROUTE_PAD: RT_ROUNDUP() of NetBSD, SA_SIZE() of FreeBSD, ROUNDUP() of
 * route(8) of OpenBSD, ROUNDUP32() of macOS.  Only OpenBSD has the length of
 * the head in it.  Lists have copies of routes that the system makes for hosts,
 * and on macOS default routes for one device each: ROUTE_COPIES are the flags
 * of these.
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
#define ROUTE_HEAD_SIZE(m) ((size_t)(m)->rtm_hdrlen)
#else
#define ROUTE_SET_HEAD(m) ((void)(m))
#define ROUTE_HEAD_SIZE(m) sizeof(*(m))
#endif

/* The length of a struct sockaddr, sa_len, as the first byte of each. */
#ifndef ROUTE_ADDRESS_SIZE
#define ROUTE_ADDRESS_SIZE(p) ((size_t)(p)[0])
#endif

#if defined(RTF_WASCLONED)
#define ROUTE_COPY_CLONED RTF_WASCLONED
#elif defined(RTF_CLONED)
#define ROUTE_COPY_CLONED RTF_CLONED
#else
#define ROUTE_COPY_CLONED 0
#endif

#if defined(RTF_LLINFO)
#define ROUTE_COPY_LINK RTF_LLINFO
#elif defined(RTF_LLDATA)
#define ROUTE_COPY_LINK RTF_LLDATA
#else
#define ROUTE_COPY_LINK 0
#endif

#if defined(RTF_IFSCOPE)
#define ROUTE_COPY_SCOPED RTF_IFSCOPE
#else
#define ROUTE_COPY_SCOPED 0
#endif

#define ROUTE_COPIES (ROUTE_COPY_CLONED | ROUTE_COPY_LINK | ROUTE_COPY_SCOPED)

#endif
