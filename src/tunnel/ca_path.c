/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Copies the trust anchors of a folder into one file.
 *
 * NOTES.  It is a temporary file and not memory, so that a client can read
 * from it just the few anchors that it needs (net/anchors.h).  Only
 * certificates are copied, never a private key in one of the files.
 */

#include "compat.h"

#include "tunnel/ca_path.h"

#include "folder.h"

#include "base/file.h"
#include "wire/tls_pem.h"

enum { CA_PATH_NAME = 4096 };	/* bytes of a file's path */

/* Copies the certificates of a text; false when they cannot be written. */
static bool
ca_path_copy(FILE *to, const char *text, size_t len)
{
	size_t n, from;

	while (len > 0 && (n = pem_cut_cert(text, len, &from)) > 0) {
		if (fwrite(text + from, 1, n - from, to) != n - from)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* Copies the certificates of a file.  A file that cannot be read is skipped,
 * as is one without certificates.  False when they cannot be written. */
static bool
ca_path_add(FILE *to, const char *folder, const char *name, size_t max)
{
	char path[CA_PATH_NAME];
	const char *why;
	char *text;
	bool good;
	size_t len;
	int n;

	n = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return true;
	text = file_read(path, max, &len, &why);
	if (text == NULL)
		return true;
	text[len++] = '\n';	/* the last line may lack it; replaces NUL */
	good = ca_path_copy(to, text, len);
	explicit_bzero(text, len);
	free(text);
	return good;
}

FILE *
ca_path_open(const char *folder, size_t max, const char **why)
{
	struct folder *dir;
	const char *name;
	FILE *to = NULL;

	errno = 0;
	*why = "a temporary file for them cannot be written";
	dir = folder_open(folder);
	if (dir == NULL) {
		*why = strerror(errno);
		return NULL;
	}
	to = fopen_nameless();
	if (to != NULL)
		setvbuf(to, NULL, _IONBF, 0);
	while (to != NULL && (name = folder_next(dir)) != NULL) {
		if (*name == '.')
			continue;
		if (!ca_path_add(to, folder, name, max)) {
			fclose(to);
			to = NULL;
		}
	}
	folder_close(dir);
	if (to == NULL)
		return NULL;
	if (ftell(to) == 0) {
		*why = "no file in that folder has a certificate (PEM)";
		fclose(to);
		return NULL;
	}
	rewind(to);
	return to;
}
