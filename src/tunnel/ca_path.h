/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A folder of certificates to trust as one file.
 */

#ifndef TUNNEL_CA_PATH_H
#define TUNNEL_CA_PATH_H

#include "compat.h"

/* Copies the certificates of all files of a folder (but hidden ones, and
 * folders in it) into a temporary file without a name, which begins there; the
 * caller closes it.  max: bytes of each file.  NULL, and *why in words. */
FILE *ca_path_open(const char *folder, size_t max, const char **why);

#endif
