/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * compat/compat.h: what some systems lack is the same everywhere.
 */

#include "compat.h"

#include "tap.h"

static void
test_strlcpy(void)
{
	char to[4] = "xyz";

	is_int(strlcpy(to, "ab", sizeof(to)), 2, "a string that fits");
	is_str(to, "ab", "is copied");
	is_int(strlcpy(to, "abcdef", sizeof(to)), 6, "a longer one");
	is_str(to, "abc", "is cut");
	is_int(strlcpy(to, "q", 0), 1, "no room");
	is_str(to, "abc", "is left alone");
}

static void
test_strndup(void)
{
	char *copy = strndup("abc", 2);

	is_str(copy, "ab", "strndup cuts");
	free(copy);
	copy = strndup("abc", 9);
	is_str(copy, "abc", "strndup ends with the string");
	free(copy);
}

static void
test_unsetenv(void)
{
	/* PATH is there on every system. */
	ok(getenv("PATH") != NULL, "a variable of the environment");
	is_int(unsetenv("PATH"), 0, "can be taken away");
	ok(getenv("PATH") == NULL || *getenv("PATH") == '\0',
	    "then it is not there");
	is_int(unsetenv("PATH"), 0, "which does no harm twice");
}

static void
test_wipe(void)
{
	char secret[] = "abc";

	explicit_bzero(secret, 2);
	is_mem(secret, "\0\0c", 3, "explicit_bzero wipes that much");
}

static void
test_clocks(void)
{
	uint64_t us = clock_mono_us(), ms = clock_mono_ms();
	char text[20];
	unsigned i;

	ok(ms >= us / 1000, "milliseconds and microseconds are of one clock");
	ok(clock_mono_us() >= us, "which does not go back");
	us = clock_cpu_us();
	for (i = 0; i < 100000000 && clock_cpu_us() == us; i++)
		;
	ok(clock_cpu_us() > us, "work takes processor time");
	ok(clock_wall_s() > 1700000000, "the wall clock is after 2023");
	clock_wall_text(1767225600, text);
	ok(strlen(text) == 19 && text[10] == ' ' && text[19 - 3] == ':' &&
	    (strncmp(text, "2026-01-01", 10) == 0 ||
	    strncmp(text, "2025-12-31", 10) == 0), "its text: %s", text);
}

static void
test_entropy(void)
{
	uint8_t a[1000], b[1000];
	unsigned bits = 0;
	size_t i;

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	ok(entropy(a, sizeof(a)) == 0 && entropy(b, sizeof(b)) == 0,
	    "there is entropy");
	ok(memcmp(a, b, sizeof(a)) != 0, "each time another");
	for (i = 0; i < sizeof(a); i++)
		bits += a[i] & 1U;
	/* More than 12 standard deviations off would be a wonder. */
	ok(bits > 300 && bits < 700, "%u of 1000 bits are set", bits);
	ok(a[999] != 0 || a[998] != 0 || a[997] != 0 || a[996] != 0,
	    "up to the end");
}

static void
test_private_file(void)
{
	const char *path = "test_compat.tmp";
	FILE *file = fopen(path, "w");

	/* One that anybody may read. */
	if (file != NULL)
		fclose(file);
	file = fopen_private(path);
	ok(file != NULL, "a file is made anew");
	if (file != NULL) {
		ok(!stream_is_terminal(file), "it is no terminal");
		is_int(fputs("secret", file) >= 0, 1, "it is written");
		fclose(file);
	}
	is_int(file_mode_private(path), 1, "only its owner may read it");
	is_int(remove(path), 0, "it is removed");
	ok(fopen_private("no-such-folder/file") == NULL,
	    "none is made in a folder that is not there");
}

static void
test_folder(void)
{
	is_int(make_dir("test_compat.dir"), 0, "a folder is made");
	is_int(make_dir("test_compat.dir"), -1, "not twice");
	is_int(errno, EEXIST, "since it is there");
	is_int(rmdir("test_compat.dir"), 0, "it is removed");
}

static void
test_error_words(void)
{
	static const int errors[] = { ENOENT, EACCES, EAGAIN, EMFILE, ENOMEM,
	    EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED, ECONNRESET, EHOSTUNREACH,
	    EMSGSIZE, ENETUNREACH, ENOBUFS, ENOPROTOOPT, ETIMEDOUT };
	unsigned i, known = 0;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		known += strncmp(strerror(errors[i]), "Unknown", 7) != 0;
	is_int(known, sizeof(errors) / sizeof(errors[0]),
	    "errors of files and sockets have words");
}

int
main(void)
{
	test_strlcpy();
	test_strndup();
	test_unsetenv();
	test_wipe();
	test_clocks();
	test_entropy();
	test_private_file();
	test_folder();
	test_error_words();
	return done_testing();
}
