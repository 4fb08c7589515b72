/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The names in a folder: folder_posix.c, folder_win32.c.
 */

#ifndef FOLDER_H
#define FOLDER_H

#include "compat.h"

struct folder;

/* Opens a folder; NULL and errno on failure. */
struct folder *folder_open(const char *path);

/* The next name, in no order, "." and ".." among them, valid until the next
 * call; NULL at the end. */
const char *folder_next(struct folder *);

/* Closes it. */
void folder_close(struct folder *);

#endif
