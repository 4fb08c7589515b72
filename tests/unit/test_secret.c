/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Secrets that are named by where they are: in a file, the environment, or an
 * open descriptor.
 *
 * NOTES.  A build without DTLS leaves this out: no other end has a psk.
 */

#include "compat.h"

#include <fcntl.h>

#include "base/fault.h"
#include "base/log.h"
#include "daemon/secret.h"
#include "tunnel/ends.h"
#include "tunnel/plan.h"

#include "tap.h"

#define PATH "test_secret.tmp"

static struct secrets secrets;
static struct plan plan;
static struct fault fault;

/* Makes a plan whose RIGHT end has that psk. */
static void
make(const char *psk)
{
	plan_free(&plan);
	plan_init(&plan);
	must(plan_read_spec(&plan, LEFT, "udp-listen:127.0.0.1:1",
	    &fault) == 0);
	must(plan_read_spec(&plan, RIGHT, "dtls:h:2", &fault) == 0);
	must(plan_set(&plan, RIGHT, "psk", psk, &fault) == 0);
}

/* Reads the secrets of such a plan; what its psk is then, or "". */
static const char *
becomes(const char *psk)
{
	make(psk);
	if (secrets_read(&secrets, &plan, &fault) != 0)
		return "";
	return plan.end[RIGHT].settings.psk;
}

static void
write_file(const char *text, size_t n)
{
	FILE *f = fopen(PATH, "wb");

	must(f != NULL);
	fwrite(text, 1, n, f);
	fclose(f);
}

/* Is the reference refused, with these words? */
static void
refused(const char *psk, const char *words)
{
	is_str(becomes(psk), "", "%s is refused", psk);
	is_int(fault.kind, FAULT_USER, "  it is the user's fault");
	is_str(fault.setting, "psk", "  of that key");
	ok(strstr(fault.text, words) != NULL, "  %s", fault.text);
	secrets_free(&secrets);
}

static void
test_sources(void)
{
	static char variable[] = "TEST_SECRET=beef";
	char reference[40];
	int fd;

	is_str(becomes("00ff"), "00ff", "a secret is itself");
	is_str(becomes("text:env:X"), "env:X", "so is one after text:");
	write_file("abcd\r\n", 6);
	is_str(becomes("file:" PATH), "abcd", "a file, without its line end");
	remove(PATH);
	is_str(becomes("file:" PATH), "abcd", "it is read once");
	write_file("ef01", 4);
	secrets_begin(&secrets);
	is_str(becomes("file:" PATH), "ef01", "and again at a reload");
	remove(PATH);
	secrets_free(&secrets);

	must(putenv(variable) == 0);
	is_str(becomes("env:TEST_SECRET"), "beef", "a variable");
	is_str(becomes("env:TEST_SECRET"), "beef", "  for two plans");
	secrets_end(&secrets);
	ok(getenv("TEST_SECRET") == NULL, "it leaves the environment");
	secrets_begin(&secrets);
	is_str(becomes("env:TEST_SECRET"), "beef", "  and is kept for a reload");
	secrets_free(&secrets);

	write_file("1234\n", 5);
	fd = open(PATH, O_RDONLY);
	must(fd >= 0);
	snprintf(reference, sizeof(reference), "fd:%d", fd);
	is_str(becomes(reference), "1234", "a descriptor");
	is_str(becomes(reference), "1234", "  for two plans");
	secrets_begin(&secrets);
	is_str(becomes(reference), "1234", "  and is kept for a reload");
	secrets_free(&secrets);
	ok(read(fd, reference, 1) < 0, "  it is closed");
	remove(PATH);
}

static void
test_refused(void)
{
	refused("file:", "path of a file");
	refused("file:/no/such/file", "No such file");
	refused("env:", "name of an environment variable");
	refused("env:A=B", "name of an environment variable");
	refused("env:NO_SUCH_VARIABLE", "no such variable");
	refused("fd:x", "number of an open descriptor");
	refused("fd:-1", "number of an open descriptor");
	refused("fd:60000", "descriptor");
	write_file("\n", 1);
	refused("file:" PATH, "it is empty");
	write_file("a\0b", 3);
	refused("file:" PATH, "zero byte");
	remove(PATH);
}

static void
test_refer(void)
{
	make("00ff");
	secrets_refer(&plan, "KEY", NULL);
	is_str(plan.end[RIGHT].settings.psk, "00ff", "a secret stays");
	secrets_refer(&plan, "KEY", "00ff");
	is_str(plan.end[RIGHT].settings.psk, "env:KEY", "that of the "
	    "environment becomes a reference");
	make("file:x");
	secrets_refer(&plan, "KEY", "00ff");
	is_str(plan.end[RIGHT].settings.psk, "text:file:x", "one that looks "
	    "like a reference is marked as a secret");
	ok(secret_check("file:x") == NULL, "a reference is well-formed");
}

int
main(void)
{
	test_sources();
	test_refused();
	test_refer();
	plan_free(&plan);
	return done_testing();
}
