/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Texts for the errors of getaddrinfo().
 */

#include "compat.h"
#include "os.h"
#include "sock.h"

const char *
os_gai_strerror(int error)
{
#ifdef EAI_SYSTEM
	if (error == EAI_SYSTEM)
		return strerror(errno);
#endif
	return gai_strerror(error);
}
