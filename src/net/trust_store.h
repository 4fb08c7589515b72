/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where the system keeps the CAs that it trusts.
 *
 * NOTES.  A backend is a file that configure chooses: trust_store_posix.c knows
 * the usual files, trust_store_win32.c reads the certificate stores of Windows.
 */

#ifndef NET_TRUST_STORE_H
#define NET_TRUST_STORE_H

#include "compat.h"

/* What was found. */
struct trust_store {
	const char *name;	/* path of a file, or words for what was looked
				 * at; static */
	char *text;		/* the certificates (PEM), which the caller
				 * frees; NULL: the file has them */
	size_t len;		/* bytes of text */
	unsigned long malformed;	/* certificates that were left out since
				 * they cannot be read, */
	unsigned long refused;	/* and since the system does not trust them to
				 * vouch for servers */
};

/* Finds the system's trusted CAs.  0, or -1: there are none; then the caller
 * frees nothing, and only name is set, and what was left out. */
int trust_store_find(struct trust_store *);

#endif
