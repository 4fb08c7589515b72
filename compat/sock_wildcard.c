/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whether a port on the wildcard address is taken on each address.
 *
 * NOTES.  Without SO_REUSEADDR, which UDP sockets do not set, all systems
 * refuse the second.  With it, which listening sockets set, BSD lets both have
 * the port; Linux does not while one listens, and Windows has
 * SO_EXCLUSIVEADDRUSE.
 */

#include "compat.h"
#include "sock.h"

bool
sock_wildcard_excludes(int type)
{
#if defined(__linux__) || defined(_WIN32)
	(void)type;
	return true;
#else
	return type == SOCK_DGRAM;
#endif
}
