/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Options of UDP sockets for segmentation and coalescing by the kernel, also
 * where the headers lack them; only Linux has them.
 */

#ifndef UDP_OFFLOAD_H
#define UDP_OFFLOAD_H

#include "sock.h"

#include <netinet/udp.h>

#ifndef UDP_SEGMENT	/* Linux 4.18: splits a send into datagrams */
#ifdef __linux__
#define UDP_SEGMENT 103
#else
#define UDP_SEGMENT (-1)
#endif
#endif

#ifndef UDP_GRO		/* Linux 5.0: coalesces what is received */
#ifdef __linux__
#define UDP_GRO 104
#else
#define UDP_GRO (-1)
#endif
#endif

#endif
