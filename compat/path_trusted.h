/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens files by paths that only root, or the user of this process, can change.
 *
 * NOTES.  A process with more rights than its client opens a file by a path
 * that the client knows.  If the client could change a folder on the way, it
 * could put a symbolic link there, or a hard link, to any file.  So each folder
 * must belong to root or us, and nobody else may write to it.  In a folder with
 * the sticky bit, such as /tmp, others cannot replace what is ours: such a
 * folder may lead to one of ours, but not to a file, which could be a hard
 * link.  Symbolic links are followed where they are ours, as those of certbot
 * are.  POSIX only.
 */

#ifndef PATH_TRUSTED_H
#define PATH_TRUSTED_H

#include "compat.h"

enum path_trust {
	PATH_READ,		/* to read; the file itself may be anybody's */
	PATH_OWNED,		/* to read; it must be ours, and nobody else may
				 * write to it */
	PATH_CONF,		/* as PATH_OWNED, but also in a folder with the
				 * sticky bit, if it has one name there */
	PATH_LOG,		/* to append, made if missing; a group may write
				 * to its folder, and it must have one name */
};

/* Opens a regular file, or a FIFO that is not a log.  Reads from a FIFO do not
 * wait.  A relative path begins in the present folder.  Returns a descriptor
 * that programs do not inherit, or -1, errno, and *why in words (static text,
 * or strerror). */
int path_open_trusted(const char *path, enum path_trust, const char **why);

#endif
