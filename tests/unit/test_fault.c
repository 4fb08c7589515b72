/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/fault.h: errors as values.
 */

#include "compat.h"

#include <string.h>

#include "base/fault.h"
#include "tap.h"

static void
test_whose(void)
{
	struct fault f;

	memset(&f, 0xff, sizeof(f));
	is_int(fault_user(&f, "psk-file", "%s: no %d", "dtls", 7), -1,
	    "a fault is returned as -1");
	is_int(f.kind, FAULT_USER, "it is the user's");
	is_str(f.setting, "psk-file", "of a setting");
	is_str(f.text, "dtls: no 7", "in words");
	is_str(f.file, "", "and in no file");
	is_int(f.line, 0, "nor line");
	(void)fault_system(&f, NULL, "no");
	is_int(f.kind, FAULT_SYSTEM, "or the system's");
	is_str(f.setting, "", "of no setting");
}

static void
test_files(void)
{
	struct fault f;

	(void)fault_file(&f, "cert", "/etc/a.pem", 12, "no %s", "PEM");
	is_int(f.kind, FAULT_USER, "what is in a file is the user's fault");
	is_str(f.text, "/etc/a.pem: line 12: no PEM", "with file and line");
	is_int(f.line, 12, "the line as a number");
	is_str(f.file, "/etc/a.pem", "the file as a text");
	(void)fault_file(&f, "cert", "/etc/a.pem", 0, "is empty");
	is_str(f.text, "/etc/a.pem: is empty", "or the file alone");
	(void)fault_open(&f, "cert", "/a", ENOENT, "cannot read it: gone");
	is_int(f.kind, FAULT_USER, "a file that is not there is the user's");
	(void)fault_open(&f, "cert", "/a", EMFILE, "cannot read it");
	is_int(f.kind, FAULT_SYSTEM, "too many open files are not");
	(void)fault_open(&f, "cert", "/a", EIO, "cannot read it");
	is_int(f.kind, FAULT_SYSTEM, "nor is a bad disk");
}

static void
test_long(void)
{
	char path[2 * FAULT_TEXT];
	struct fault f;

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	(void)fault_file(&f, path, path, 1, "%s", path);
	is_int((long)strlen(f.text), FAULT_TEXT - 1, "long words are cut");
	is_int((long)strlen(f.file), FAULT_FILE - 1, "and long paths");
	is_int((long)strlen(f.setting), FAULT_SETTING - 1, "and long keys");
}

int
main(void)
{
	test_whose();
	test_files();
	test_long();
	return done_testing();
}
