/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs a fuzz target over the files that are named on the command line, one
 * TAP line for each: so its corpus is a test on machines without libFuzzer.
 */

#include "compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a file into memory of just its size, so that reads past the end are
 * found; NULL when that fails. */
static uint8_t *
read_input(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long end;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (end = ftell(f)) >= 0) {
		rewind(f);
		*size = (size_t)end;
		data = malloc(*size > 0 ? *size : 1);
		if (data != NULL && fread(data, 1, *size, f) != *size) {
			free(data);
			data = NULL;
		}
	}
	fclose(f);
	return data;
}

int
main(int argc, char **argv)
{
	const char *name;
	uint8_t *data;
	size_t size;
	int i, failed = 0;

	/* A target that crashes must not take these lines with it. */
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("1..%d%s\n", argc - 1, argc > 1 ? "" : " # SKIP no files");
	for (i = 1; i < argc; i++) {
		name = strrchr(argv[i], '/');
		name = name != NULL ? name + 1 : argv[i];
		data = read_input(argv[i], &size);
		if (data == NULL) {
			printf("not ok %d - %s\n# cannot be read: %s\n", i,
			    name, argv[i]);
			failed = 1;
			continue;
		}
		printf("# %s\n", argv[i]);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
		printf("ok %d - %s\n", i, name);
	}
	return failed;
}
