/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Local sockets: AF_UNIX, and the named pipe of Windows, which has promises of
 * its own.
 *
 * NOTES.  A build without CONTROL leaves this out.
 */

#include "compat.h"

#include "begin.h"

#include "net/local.h"

#include <string.h>
#ifdef _WIN32
#include <windows.h>
#include <sddl.h>
#endif

#include "base/log.h"
#include "net/loop.h"

#include "tap.h"

enum {
	ANSWER = 300000,	/* bytes: more than any buffer takes */
	MANY = 1000,		/* clients, one after the other */
};

static char path[LOCAL_PATH];
static struct loop *loop;
static struct local l;
static struct local_peer peer;

static void
ignore(struct watch *w, unsigned events)
{
	(void)w;
	(void)events;
}

/* Waits until a descriptor can be read. */
static void
wait_readable(fd_t fd)
{
	struct watch w = { .loop = NULL };

	must(watch_start(&w, loop, fd, READABLE, ignore) == 0);
	loop_turn(loop, -1);
	watch_stop(&w);
}

/* Waits for a client. */
static fd_t
next_client(void)
{
	fd_t fd;

	while ((fd = local_accept(&l, &peer)) == FD_NONE) {
		must(errno == EAGAIN);
		wait_readable(l.fd);
	}
	return fd;
}

/* Waits for bytes from a client, or its end. */
static ssize_t
next_bytes(fd_t fd, char *buf, size_t size)
{
	ssize_t n;

	while ((n = sock_recv(fd, buf, size)) < 0 && errno == EAGAIN)
		wait_readable(fd);
	return n;
}

static bool
listens(void)
{
	struct fault f;
	bool taken;

	if (local_listen(&l, path, false, &taken, &f) == 0)
		return true;
	printf("# %s\n", f.text);
	return false;
}

/* A client comes, asks, is answered and goes; is all as it must be? */
static bool
is_served(void)
{
	fd_t client = local_connect(path), fd;
	char buf[16];
	bool good;

	if (client == FD_NONE || local_send(client, "ask\n", 4) != 4)
		return false;
	fd = next_client();
	good = next_bytes(fd, buf, sizeof(buf)) == 4 &&
	    memcmp(buf, "ask\n", 4) == 0 && sock_send(fd, "so\n", 3) == 3 &&
	    local_recv(client, buf, sizeof(buf)) == 3 &&
	    memcmp(buf, "so\n", 3) == 0;
	local_disconnect(client);
	good = good && next_bytes(fd, buf, sizeof(buf)) == 0;
	sock_close(fd);
	return good;
}

static void
a_client_is_served(void)
{
	ok(is_served(), "a client asks, is answered, and its end is seen");
	ok(peer.may_command, "our own user may command");
	ok(strcmp(peer.user, "unknown") != 0, "and is known: %s", peer.user);
}

/* What the server sends is no more than the client has asked for, and the
 * client is as slow as this loop. */
static void
long_answers_arrive(void)
{
	static char out[4096], in[4096];
	fd_t client = local_connect(path), fd;
	size_t sent = 0, got = 0, i;
	bool same = true;
	ssize_t n;

	must(client != FD_NONE && local_send(client, "x\n", 2) == 2);
	fd = next_client();
	for (i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7);
	while (got < ANSWER && same) {
		n = sent >= ANSWER ? 0 : sock_send(fd, out + sent %
		    sizeof(out), sizeof(out) - sent % sizeof(out));
		must(n >= 0 || errno == EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		n = local_recv(client, in, sizeof(in));
		for (i = 0; n > 0 && i < (size_t)n; i++)
			same = same && in[i] == out[(got + i) % sizeof(out)];
		same = same && n > 0;
		got += n > 0 ? (size_t)n : 0;
	}
	ok(same, "%lu bytes arrive in order", (unsigned long)got);
	sock_close(fd);
	local_disconnect(client);
}

static void
last_words_arrive(void)
{
	fd_t client = local_connect(path), fd;
	size_t got = 0;
	char buf[3000];
	ssize_t n;

	must(client != FD_NONE && local_send(client, "x\n", 2) == 2);
	fd = next_client();
	must(next_bytes(fd, buf, sizeof(buf)) == 2);
	memset(buf, 'a', sizeof(buf));
	must(sock_send(fd, buf, sizeof(buf)) == (ssize_t)sizeof(buf));
	sock_close(fd);
	while ((n = local_recv(client, buf, sizeof(buf))) > 0)
		got += (size_t)n;
	is_int(got, sizeof(buf), "what was sent before the end is read");
	is_int(n, 0, "then comes the end");
	local_disconnect(client);
}

#ifdef _WIN32

enum { PLACES = 8 };	/* for clients */

/* How many handles there are, or, where that is not told (wine), could have
 * been: numbers are in steps of four, and the lowest free one is given. */
static unsigned long
handles(void)
{
	DWORD n = 0;
	HANDLE one;

	if (GetProcessHandleCount(GetCurrentProcess(), &n) && n > 0)
		return n;
	one = CreateEventA(NULL, TRUE, FALSE, NULL);
	must(one != NULL);
	CloseHandle(one);
	return (unsigned long)((uintptr_t)one / 4);
}

static void
nobody_is_left_behind(void)
{
	unsigned i, good = 0;
	unsigned long before, after;

	for (i = 0; i < 20; i++)
		(void)is_served();
	before = handles();
	for (i = 0; i < MANY; i++)
		good += is_served();
	is_int(good, MANY, "clients one after the other are served");
	after = handles();
	ok(after <= before + 4, "and leave no handle: %lu, then %lu", before,
	    after);
}

static void
gone_unseen_leaves_nothing(void)
{
	unsigned long before = handles();
	unsigned i;
	fd_t fd;

	for (i = 0; i < 100; i++) {
		fd = local_connect(path);
		must(fd != FD_NONE);
		if (i % 2 == 0)
			must(local_send(fd, "x", 1) == 1);
		local_disconnect(fd);
		/* The loop sees those that have said something. */
		if (i % 2 == 0)
			sock_close(next_client());
	}
	ok(is_served(), "after clients that did not wait one is served");
	ok(handles() <= before + 4, "and they leave no handle");
}

/* Takes a while: their patience. */
static void
silent_clients_are_ended(void)
{
	fd_t silent[PLACES], late;
	unsigned i, ended = 0;
	char buf[16];

	for (i = 0; i < PLACES; i++)
		must((silent[i] = local_connect(path)) != FD_NONE);
	late = local_connect(path);
	ok(late != FD_NONE, "one more than there are places waits for one");
	local_disconnect(late);
	for (i = 0; i < PLACES; i++) {
		ended += local_recv(silent[i], buf, sizeof(buf)) == 0;
		local_disconnect(silent[i]);
	}
	is_int(ended, PLACES, "those that say nothing are ended");
	ok(is_served(), "and then the next one is served");
}

static void
name_is_taken_once(void)
{
	struct local second;
	struct fault f;
	bool taken;

	is_int(local_listen(&second, path, false, &taken, &f), -1,
	    "a second one cannot have the name");
	ok(taken && f.kind == FAULT_SYSTEM, "and is told why: %s", f.text);
	local_close(&second);
}

/* A pipe of that owner; NULL: the system lets us make none. */
static HANDLE
foreign_pipe(const char *name, const char *owner)
{
	SECURITY_ATTRIBUTES rights = { sizeof(rights), NULL, FALSE };
	char text[200];
	HANDLE pipe;

	snprintf(text, sizeof(text), "O:%sD:P(A;;GA;;;WD)", owner);
	must(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, 1,
	    &rights.lpSecurityDescriptor, NULL));
	pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX |
	    FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 1, 64, 64, 0,
	    &rights);
	LocalFree(rights.lpSecurityDescriptor);
	return pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
}

static void
owner_is_judged(const char *owner, bool trusted)
{
	char name[LOCAL_PATH];
	HANDLE pipe;
	fd_t fd;

	snprintf(name, sizeof(name), "\\\\.\\pipe\\adit\\owner-%lu",
	    (unsigned long)GetCurrentProcessId());
	pipe = foreign_pipe(name, owner);
	if (pipe == NULL) {
		ok(true, "# SKIP this user makes no pipe for %s", owner);
		return;
	}
	fd = local_connect(name);
	ok((fd != FD_NONE) == trusted && (trusted || errno == EPERM),
	    "the pipe of %s is %s", owner, trusted ? "asked" : "not asked");
	local_disconnect(fd);
	CloseHandle(pipe);
}

static void
names_are_checked(void)
{
	static const char *const wrong[] = { "", "a/b", "a\\b", "C:x",
	    "\\\\.\\pipe\\", "\\\\server\\pipe\\x" };
	struct local other;
	struct fault f;
	bool taken;
	unsigned i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		is_int(local_listen(&other, wrong[i], false, &taken, &f), -1,
		    "\"%s\" is no name of a pipe", wrong[i]);
		ok(f.kind == FAULT_USER && !taken, "which is the user's "
		    "fault");
		is_int(local_connect(wrong[i]), FD_NONE, "nor to connect to");
	}
}

static void
on_windows(void)
{
	name_is_taken_once();
	gone_unseen_leaves_nothing();
	nobody_is_left_behind();
	silent_clients_are_ended();
	owner_is_judged("SY", true);
	owner_is_judged("BA", true);
	owner_is_judged("LS", true);
	owner_is_judged("S-1-5-80-1-2-3-4-5", true);
	owner_is_judged("S-1-5-80-0", false);
	owner_is_judged("S-1-5-21-1-2-3-1001", false);
	owner_is_judged("WD", false);
	names_are_checked();
}

static void
make_path(void)
{
	snprintf(path, sizeof(path), "test-%lu",
	    (unsigned long)GetCurrentProcessId());
}

#else

static void
on_windows(void)
{
	unsigned i, good = 0;

	for (i = 0; i < MANY; i++)
		good += is_served();
	is_int(good, MANY, "clients one after the other are served");
}

static void
make_path(void)
{
	snprintf(path, sizeof(path), "/tmp/adit-test-%ld", (long)getpid());
}

#endif

int
main(int argc, char **argv)
{
	static char lock[LOCAL_PATH + 8];
	const char *why;
	fd_t fd;

	must(begin_process(&argc, &argv, &why) == 0 && sock_init() == 0);
	loop = loop_new(NULL);
	must(loop != NULL);
	make_path();
	fd = local_connect(path);
	ok(fd == FD_NONE && errno == ENOENT, "nobody is there at first");
	if (!ok(listens(), "it listens on %s", path))
		return done_testing();
	a_client_is_served();
	long_answers_arrive();
	last_words_arrive();
	on_windows();
	local_close(&l);
	fd = local_connect(path);
	ok(fd == FD_NONE && errno == ENOENT, "nobody is there at the end");
	ok(listens(), "the name can be had again");
	local_close(&l);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)remove(lock);
	loop_free(loop);
	return done_testing();
}
