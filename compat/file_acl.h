/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Access lists of files and folders on Windows.
 */

#ifndef FILE_ACL_H
#define FILE_ACL_H

#include "compat.h"

struct _SECURITY_ATTRIBUTES;

/* Fills in what makes a new file readable and writable by the user of this
 * process, administrators and the system only, whatever its folder says; it is
 * to be freed.  0, or -1 and errno. */
int file_acl_private(struct _SECURITY_ATTRIBUTES *);
void file_acl_free(struct _SECURITY_ATTRIBUTES *);

/* Gives an open file these access rights; it was opened with WRITE_DAC.  0, or
 * -1 and errno. */
int file_acl_set(int fd, const struct _SECURITY_ATTRIBUTES *);

#endif
