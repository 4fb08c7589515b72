/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Texts for the errors of getaddrinfo().
 */

#include "compat.h"
#include "os.h"
#include "sock.h"

#ifdef _WIN32

/* The gai_strerror() of Windows is for one thread, and writes in the language
 * and the code page of the user. */
const char *
os_gai_strerror(int error)
{
	switch (error) {
	case EAI_AGAIN:
		return "Temporary failure in name resolution";
	case EAI_FAIL:
		return "Failure in name resolution that is no temporary one";
	case EAI_FAMILY:
		return "Address family not supported";
	case EAI_MEMORY:
		return "No memory";
	case EAI_NONAME:
		return "Name is not known";
	case WSANO_DATA:
		return "No address for this name";
	case WSANOTINITIALISED:
		return "Sockets are not ready";
	}
	return "The system cannot resolve names";
}

#else

const char *
os_gai_strerror(int error)
{
#ifdef EAI_SYSTEM
	if (error == EAI_SYSTEM)
		return strerror(errno);
#endif
	return gai_strerror(error);
}

#endif
