/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The trust anchors of a folder as one file.
 */

#ifndef TUNNEL_CA_PATH_H
#define TUNNEL_CA_PATH_H

#include "compat.h"

/* Copies the certificates of all files in a folder, without hidden files and
 * subfolders, into a temporary file.  Returns it, positioned at its beginning;
 * the caller closes it.  NULL, and *why in words.  max: bytes of the largest
 * file that is read. */
FILE *ca_path_open(const char *folder, size_t max, const char **why);

#endif
