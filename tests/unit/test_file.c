/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/file.h: whole files.  Writes test_file.tmp in the current folder.
 */

#include "compat.h"

#include "base/file.h"
#include "tap.h"

#define PATH "test_file.tmp"

/* Writes n bytes that count up. */
static void
write_file(size_t n)
{
	FILE *f = fopen(PATH, "wb");
	size_t i;

	if (f == NULL) {
		perror(PATH);
		exit(1);
	}
	for (i = 0; i < n; i++)
		putc((int)(i % 251), f);
	fclose(f);
}

/* Is a file of n bytes read whole? */
static bool
reads(size_t n, size_t max)
{
	const char *why = NULL;
	size_t len = n + 1, i;
	char *data;
	bool same;

	write_file(n);
	data = file_read(PATH, max, &len, &why);
	if (data == NULL)
		return false;
	same = len == n && data[len] == '\0';
	for (i = 0; same && i < n; i++)
		same = (unsigned char)data[i] == i % 251;
	free(data);
	return same;
}

/* What tells that a file has changed. */
static void
test_look(void)
{
	struct file_stamp before, after;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	write_file(10);
	is_int(file_look(PATH, &before), 0, "a file can be looked at");
	is_int(before.size, 10, "it has its size");
	ok(before.changed_s > 1500000000, "and was changed lately");
	is_int(file_look(PATH, &after), 0, "and be looked at again");
	ok(memcmp(&before, &after, sizeof(before)) == 0, "it is the same");
	write_file(11);
	is_int(file_look(PATH, &after), 0, "after a change, too");
	is_int(after.size, 11, "which is seen");
	remove(PATH);
	is_int(file_look(PATH, &after), -1, "a file that is not there cannot");
	is_int(errno, ENOENT, "which is said");
}

/* A name that is good elsewhere. */
static void
test_absolute(void)
{
	struct file_stamp stamp;
	char *path, *again;

	write_file(1);
	path = path_absolute(PATH);
	ok(path != NULL && strlen(path) > strlen(PATH) + 1, "a path becomes "
	    "longer");
	is_int(file_look(path, &stamp), 0, "and is that of the same file");
	again = path_absolute(path);
	is_str(again, path, "what is absolute stays");
	free(again);
	free(path);
	remove(PATH);
}

int
main(void)
{
	const char *why = NULL;
	size_t len;

	test_look();
	test_absolute();

	ok(reads(0, 100), "an empty file");
	ok(reads(1, 100), "one byte, a NUL");
	ok(reads(100, 100), "as many bytes as may be");
	ok(reads(4094, 10000), "4094 bytes");
	ok(reads(4095, 10000), "4095 bytes");
	ok(reads(4096, 10000), "4096 bytes");
	ok(reads(4097, 10000), "4097 bytes");
	ok(reads(1000000, 1000000), "a million bytes");
	write_file(101);
	ok(file_read(PATH, 100, &len, &why) == NULL, "a byte too many");
	ok(why != NULL && strstr(why, "too large") != NULL, "which is said");
	remove(PATH);
	why = NULL;
	ok(file_read(PATH, 100, &len, &why) == NULL, "no file");
	is_str(why, strerror(ENOENT), "which is said");
	why = NULL;
	ok(file_read(".", 100, &len, &why) == NULL && why != NULL,
	    "a folder is no file");
	return done_testing();
}
