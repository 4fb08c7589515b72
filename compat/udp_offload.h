/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Options of UDP sockets that let the kernel cut and join datagrams, whether
 * the headers know them or not; no kernel but Linux takes them.
 */

#ifndef UDP_OFFLOAD_H
#define UDP_OFFLOAD_H

#include "sock.h"

#include <netinet/udp.h>

#ifndef UDP_SEGMENT	/* Linux 4.18: cut what is sent into such pieces */
#ifdef __linux__
#define UDP_SEGMENT 103
#else
#define UDP_SEGMENT (-1)
#endif
#endif

#ifndef UDP_GRO		/* Linux 5.0: tell the size of joined pieces */
#ifdef __linux__
#define UDP_GRO 104
#else
#define UDP_GRO (-1)
#endif
#endif

#endif
