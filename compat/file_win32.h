/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Files that are written, on Windows.
 */

#ifndef FILE_WIN32_H
#define FILE_WIN32_H

#include "compat.h"

struct _SECURITY_ATTRIBUTES;

/* Opens a file, which it makes if need be, with that access (that of
 * CreateFileW()), but none that is a reparse point: EACCES.  Programs do not
 * inherit it, and others may rename it.  security: of a new file, or NULL.
 * Says in *made whether it is new.  Returns a descriptor, whose bytes are not
 * changed, or -1 and errno. */
int file_open_handle(const char *path, unsigned long access,
    struct _SECURITY_ATTRIBUTES *security, bool *made);

#endif
