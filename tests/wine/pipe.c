/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Clients of a named pipe that behave badly, and a pipe of a different owner.
 *
 *	pipe.exe PIPE silent N	N clients at once that say nothing, until they
 *				are ended
 *	pipe.exe PIPE flood	one that asks and reads nothing, until it is
 *				ended
 *	pipe.exe PIPE many N	N clients, one after the other, that ask and
 *				read the answer
 *	pipe.exe PIPE owner SID	a pipe that belongs to this one, until its first
 *				client has gone
 */

#include <windows.h>
#include <sddl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name;

static void
fail(const char *what)
{
	printf("%s: error %lu\n", what, (unsigned long)GetLastError());
	exit(1);
}

static void
say(const char *what, unsigned long n)
{
	printf("%s %lu\n", what, n);
	fflush(stdout);
}

/* Connects; waits while all instances have clients. */
static HANDLE
come(void)
{
	HANDLE pipe;

	for (;;) {
		pipe = CreateFileA(name, GENERIC_READ | FILE_WRITE_DATA, 0,
		    NULL, OPEN_EXISTING, SECURITY_SQOS_PRESENT |
		    SECURITY_IDENTIFICATION, NULL);
		if (pipe != INVALID_HANDLE_VALUE)
			return pipe;
		if (GetLastError() != ERROR_PIPE_BUSY)
			fail("open");
		WaitNamedPipeA(name, 1000);
	}
}

static void
silent(unsigned long n)
{
	HANDLE pipes[32];
	unsigned long i;
	char buf[64];
	DWORD got;

	for (i = 0; i < n && i < 32; i++)
		pipes[i] = come();
	say("open", n);
	for (i = 0; i < n && i < 32; i++)
		while (ReadFile(pipes[i], buf, sizeof(buf), &got, NULL))
			continue;
	say("ended", n);
}

static void
flood(void)
{
	HANDLE pipe = come();
	unsigned long lines = 0;
	DWORD got;

	while (WriteFile(pipe, "status\n", 7, &got, NULL))
		lines++;
	say("ended after", lines);
}

static void
many(unsigned long n)
{
	unsigned long i, good = 0;
	char buf[16384];
	HANDLE pipe;
	DWORD got;

	for (i = 0; i < n; i++) {
		pipe = come();
		if (!WriteFile(pipe, "status\n", 7, &got, NULL))
			fail("write");
		got = 0;
		while (ReadFile(pipe, buf, sizeof(buf), &got, NULL) &&
		    got > 0 && buf[got - 1] != '\n')
			continue;
		good += got > 0 && buf[got - 1] == '\n';
		CloseHandle(pipe);
	}
	say("answered", good);
}

static void
owner(const char *sid)
{
	SECURITY_ATTRIBUTES rights = { sizeof(rights), NULL, FALSE };
	unsigned long heard = 0;
	char text[300], buf[64];
	HANDLE pipe;
	DWORD got;

	snprintf(text, sizeof(text), "O:%sD:P(A;;GA;;;WD)", sid);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, 1,
	    &rights.lpSecurityDescriptor, NULL))
		fail("descriptor");
	pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX |
	    FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 1, 64, 64, 0,
	    &rights);
	if (pipe == INVALID_HANDLE_VALUE)
		fail("pipe");
	say("waits", 0);
	if (!ConnectNamedPipe(pipe, NULL) &&
	    GetLastError() != ERROR_PIPE_CONNECTED)
		fail("connect");
	while (ReadFile(pipe, buf, sizeof(buf), &got, NULL)) {
		heard += got;
		say("first", heard);
	}
	say("heard", heard);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	const char *more = argc > 3 ? argv[3] : "";

	name = argc > 1 ? argv[1] : "";
	if (strcmp(what, "silent") == 0)
		silent(strtoul(more, NULL, 10));
	else if (strcmp(what, "flood") == 0)
		flood();
	else if (strcmp(what, "many") == 0)
		many(strtoul(more, NULL, 10));
	else if (strcmp(what, "owner") == 0)
		owner(more);
	else
		return 2;
	return 0;
}
