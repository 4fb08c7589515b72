/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * compat/folder.h, compat/compat.h: files and folders whose names have
 * characters of all scripts, which are UTF-8 here on every system.
 */

#include "compat.h"

#include "folder.h"
#ifdef _WIN32
#include <windows.h>

#include "wide.h"
#endif

#include "tap.h"

/* Polish, Russian, Chinese, and a character beyond 16 bits. */
#define NAME "za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 \xd0\xbf\xd0\xb0\xd0\xbf" \
	"\xd0\xba\xd0\xb0 \xe7\x9b\xae \xf0\x9f\x94\x91"
#define FOLDER "test_folder " NAME
#define FILE_IN FOLDER "/" NAME ".pem"

/* Is the file among the names of the folder? */
static bool
is_listed(void)
{
	struct folder *f = folder_open(FOLDER);
	const char *name;
	bool found = false;
	int dots = 0, all = 0;

	if (f == NULL)
		return false;
	while ((name = folder_next(f)) != NULL) {
		all++;
		dots += strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
		found |= strcmp(name, NAME ".pem") == 0;
	}
	folder_close(f);
	is_int(all, dots + 1, "there is one file in the folder");
	return found;
}

static void
test_names(void)
{
	struct file_facts facts, again;
	char text[8] = "";
	FILE *file;

	is_int(make_dir(FOLDER), 0, "a folder is made");
	file = fopen_output(FILE_IN);
	ok(file != NULL && fputs("text", file) >= 0 && fclose(file) == 0,
	    "a file is written in it");
	ok(is_listed(), "it has its name there");
	is_int(file_facts(FILE_IN, &facts), 0, "it can be looked at");
	ok(facts.regular && facts.size == 4, "it has its size");
	is_int(file_facts(FOLDER, &again), 0, "so can the folder");
	ok(!again.regular, "which is no file");
	ok(again.number != facts.number, "and has a number of its own");
	file = fopen_reader(FILE_IN, 0);
	ok(file != NULL && fgets(text, sizeof(text), file) != NULL,
	    "it can be read");
	if (file != NULL)
		fclose(file);
	is_str(text, "text", "and has what was written");
	file = fopen_output(FILE_IN);
	ok(file != NULL && fputs("t", file) >= 0 && fclose(file) == 0,
	    "written again");
	(void)file_facts(FILE_IN, &again);
	is_int(again.size, 1, "it has nothing of what was there");
	is_int(again.number, facts.number, "it is the same file");
	is_int(file_remove(FILE_IN), 0, "it is removed");
	is_int(file_remove(FILE_IN), -1, "once");
	is_int(errno, ENOENT, "since it is gone");
}

static void
test_no_folder(void)
{
	struct file_facts facts;

	ok(folder_open(FOLDER " not") == NULL, "a folder that is not there");
	is_int(errno, ENOENT, "is not");
	is_int(file_facts(FOLDER " not", &facts), -1, "nor is a file");
	is_int(errno, ENOENT, "which is said");
}

static void
test_nameless(void)
{
	FILE *file = fopen_nameless();
	char text[8] = "";

	ok(file != NULL, "a file without a name");
	if (file == NULL)
		return;
	fputs("kept", file);
	rewind(file);
	ok(fgets(text, sizeof(text), file) != NULL, "can be read again");
	is_str(text, "kept", "and has what was written");
	fclose(file);
}

static void
test_variables(void)
{
	ok(env_get("PATH") != NULL, "a variable of the environment");
	is_str(env_get("PATH"), env_get("PATH"), "is the same again");
	env_forget("PATH");
	ok(env_get("PATH") == NULL, "when it is forgotten it is gone");
	env_forget("PATH");
	ok(env_get("PATH") == NULL, "which does no harm twice");
}

/* Removes the folder, also that of a run that was ended. */
static void
clean_up(void)
{
#ifdef _WIN32
	wchar_t *path = wide_path(FOLDER);

	(void)file_remove(FILE_IN);
	if (path != NULL)
		(void)RemoveDirectoryW(path);
	free(path);
#else
	(void)file_remove(FILE_IN);
	(void)rmdir(FOLDER);
#endif
}

int
main(void)
{
	clean_up();
	test_names();
	test_no_folder();
	test_nameless();
	test_variables();
	clean_up();
	return done_testing();
}
