/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the tests of TLS: the files of tests/data/tls, read and parsed.
 */

#ifndef TLS_DATA_H
#define TLS_DATA_H

#include "compat.h"

#include "base/file.h"
#include "wire/tls_pem.h"

enum { DATA_MAX = 1 << 20 };

/* 2027-01-01 00:00:00 UTC, when nearly all of them are valid. */
#define DATA_NOW_S INT64_C(1798761600)

/* Reads a file, or ends the test. */
static inline char *
data_read(const char *name, size_t *len)
{
	const char *folder = getenv("ADIT_TEST_DATA"), *why = NULL;
	char path[600], *text;

	snprintf(path, sizeof(path), "%s/tls/%s",
	    folder == NULL ? "tests/data" : folder, name);
	text = file_read(path, DATA_MAX, len, &why);
	if (text == NULL) {
		printf("Bail out! %s: %s\n", path, why);
		exit(1);
	}
	return text;
}

static void *data_kept[512];
static unsigned data_kept_num;

static inline void
data_free_all(void)
{
	while (data_kept_num > 0)
		free(data_kept[--data_kept_num]);
}

/* A space with room for len bytes of text; stays until the end. */
static inline struct pem_space
data_space(size_t len)
{
	struct pem_space space;

	space.size = pem_space_for(len);
	space.used = 0;
	space.base = malloc(space.size);
	if (space.base == NULL || data_kept_num == 512)
		exit(1);
	if (data_kept_num == 0)
		atexit(data_free_all);
	data_kept[data_kept_num++] = space.base;
	return space;
}

static inline int
data_chain(const char *name, struct pem_chain *chain,
    struct pem_trouble *trouble)
{
	size_t len;
	char *text = data_read(name, &len);
	struct pem_space space = data_space(len);
	int r = pem_read_chain(&space, text, len, chain, trouble);

	free(text);
	return r;
}

static inline int
data_key(const char *name, struct pem_key *key, struct pem_trouble *trouble)
{
	size_t len;
	char *text = data_read(name, &len);
	struct pem_space space = data_space(len);
	int r = pem_read_key(&space, text, len, key, trouble);

	free(text);
	return r;
}

static inline int
data_anchors(const char *name, struct pem_anchors *anchors,
    struct pem_trouble *trouble)
{
	size_t len;
	char *text = data_read(name, &len);
	struct pem_space space = data_space(len);
	int r = pem_read_anchors(&space, text, len, anchors, trouble);

	free(text);
	return r;
}

#endif
