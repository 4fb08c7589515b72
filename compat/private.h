/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a user can do about a file that others can read: file_posix.c,
 * file_acl_win32.c.
 */

#ifndef PRIVATE_H
#define PRIVATE_H

#include "compat.h"

/* Writes the command that closes a file to others; it is cut when the path is
 * too long. */
void private_command(const char *path, char text[FILE_WHY]);

#endif
