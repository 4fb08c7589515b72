/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The thread that moves bytes between the clients of a named pipe and sockets
 * that the loop watches.
 *
 * A client's states, by its members; up and down are what its two ways do:
 *
 *	state		fd	up		down		due_ms
 *	nobody		none	CONNECT		IDLE		0
 *	silent		none	READ		IDLE		patience
 *	served		open	READ, SEND	RECV		0
 *	not reading	open	READ, SEND	WRITE		patience
 *	gone		open	IDLE		RECV, WRITE	patience
 *	told all	open	READ, SEND	IDLE		patience
 *	ending		none	until both are IDLE		0
 *	no pipe		none	IDLE		IDLE		next attempt
 *
 * "gone" has hung up, and the loop is still to notice; "told all" was closed by
 * the loop, and is still to read the rest.
 */

#include "compat.h"

#include "net/local_relay.h"

#include <process.h>
#include <sddl.h>

#include "net/local_sid.h"

enum { RELAY_REJECT_REMOTE = 8 };	/* PIPE_REJECT_REMOTE_CLIENTS, Vista */

enum relay_op {
	RELAY_IDLE,		/* nothing */
	RELAY_CONNECT,		/* waits for a client */
	RELAY_READ, RELAY_WRITE,	/* from and to the pipe */
	RELAY_RECV, RELAY_SEND,		/* from and to the socket */
};

/* A direction. */
struct relay_way {
	OVERLAPPED o;		/* of the operation that goes on */
	enum relay_op op;
	char data[RELAY_PART];
};

/* An instance of the pipe, and its client. */
struct relay_client {
	HANDLE pipe;
	fd_t fd;		/* our end of its pair of sockets */
	fd_t offered;		/* the loop's, until it takes it; locked */
	struct local_peer peer;	/* locked while it is offered */
	struct relay_way up, down;	/* from and to the client */
	bool gone, told_all, ending;
	uint64_t due_ms;	/* when it is ended; 0: never */
};

struct local_relay {
	HANDLE port;		/* of completions; a key is a client, NULL: to
				 * stop */
	HANDLE thread;
	CRITICAL_SECTION lock;	/* of what is offered */
	fd_t news[2];		/* sock_pair() */
	bool stopping;
	struct relay_client clients[RELAY_CLIENTS];
};

/* Begins an operation; buffers and sockets are at hand. */
static BOOL
begin_op(struct relay_client *c, struct relay_way *w, DWORD n)
{
	DWORD bytes = 0, flags = 0;
	WSABUF piece;

	piece.buf = w->data;
	piece.len = n;
	memset(&w->o, 0, sizeof(w->o));
	switch (w->op) {
	case RELAY_CONNECT:
		return ConnectNamedPipe(c->pipe, &w->o);
	case RELAY_READ:
		return ReadFile(c->pipe, w->data, n, NULL, &w->o);
	case RELAY_WRITE:
		return WriteFile(c->pipe, w->data, n, NULL, &w->o);
	case RELAY_RECV:
		return WSARecv(c->fd, &piece, 1, &bytes, &flags, &w->o,
		    NULL) == 0;
	case RELAY_SEND:
		return WSASend(c->fd, &piece, 1, &bytes, 0, &w->o, NULL) == 0;
	case RELAY_IDLE:
		break;
	}
	return FALSE;
}

/* Begins an operation of n bytes; false, and GetLastError(): it failed at once,
 * and the way is idle. */
static bool
way_begin(struct relay_client *c, struct relay_way *w, enum relay_op op,
    DWORD n)
{
	w->op = op;
	/* Also one that is done at once comes by the port. */
	if (begin_op(c, w, n) || GetLastError() == ERROR_IO_PENDING)
		return true;
	w->op = RELAY_IDLE;
	return false;
}

/* It is to do something now. */
static void
client_wait(struct relay_client *c)
{
	c->due_ms = clock_mono_ms() + RELAY_PATIENCE_MS;
}

/* Reads what the client sends; false: it has gone. */
static bool
client_read(struct relay_client *c)
{
	return way_begin(c, &c->up, RELAY_READ, RELAY_PART);
}

/* Waits for the next client. */
static void
client_await(struct relay_client *c)
{
	unsigned attempt;

	for (attempt = 0; attempt < 100; attempt++) {
		if (way_begin(c, &c->up, RELAY_CONNECT, 0))
			return;
		if (GetLastError() == ERROR_PIPE_CONNECTED && client_read(c)) {
			client_wait(c);
			return;
		}
		/* It came and has gone. */
		DisconnectNamedPipe(c->pipe);
	}
	client_wait(c);
}

/* Nothing goes on any more: the instance is for the next client. */
static void
client_recycle(struct local_relay *r, struct relay_client *c)
{
	EnterCriticalSection(&r->lock);
	sock_close(c->offered);
	c->offered = FD_NONE;
	LeaveCriticalSection(&r->lock);
	c->gone = c->told_all = c->ending = false;
	c->due_ms = 0;
	if (r->stopping)
		return;
	DisconnectNamedPipe(c->pipe);
	client_await(c);
}

/* Ends a client, as soon as its operations are over. */
static void
client_end(struct local_relay *r, struct relay_client *c)
{
	if (!c->ending) {
		c->ending = true;
		c->due_ms = 0;
		(void)CancelIo(c->pipe);
		sock_close(c->fd);
		c->fd = FD_NONE;
	}
	if (c->up.op == RELAY_IDLE && c->down.op == RELAY_IDLE)
		client_recycle(r, c);
}

/* The client has hung up, or sends nothing that can be read. */
static void
client_gone(struct local_relay *r, struct relay_client *c)
{
	if (c->fd == FD_NONE || c->told_all ||
	    (!c->gone && sock_shutdown(c->fd) != 0)) {
		client_end(r, c);
		return;
	}
	/* The loop reads the end, and closes its socket. */
	if (!c->gone)
		client_wait(c);
	c->gone = true;
}

/* The loop has closed its socket. */
static void
client_told_all(struct local_relay *r, struct relay_client *c)
{
	if (c->gone) {
		client_end(r, c);
		return;
	}
	/* What was written is lost when the pipe is disconnected before the
	 * client has read it. */
	c->told_all = true;
	client_wait(c);
}

/* Receives what the loop sends. */
static void
client_receive(struct local_relay *r, struct relay_client *c)
{
	if (!c->gone)
		c->due_ms = 0;
	if (!way_begin(c, &c->down, RELAY_RECV, RELAY_PART))
		client_told_all(r, c);
}

/* The first bytes came: who is it?  A pair of sockets, of which the loop gets
 * one; false: there is none. */
static bool
client_join(struct local_relay *r, struct relay_client *c)
{
	struct local_peer peer;
	fd_t pair[2];

	local_sid_peer(c->pipe, &peer);
	if (sock_pair(pair) != 0)
		return false;
	if (CreateIoCompletionPort((HANDLE)pair[1], r->port, (ULONG_PTR)c,
	    0) == NULL) {
		sock_close(pair[0]);
		sock_close(pair[1]);
		return false;
	}
	(void)sock_opt_nodelay(pair[0]);
	(void)sock_opt_nodelay(pair[1]);
	c->fd = pair[1];
	c->due_ms = 0;
	EnterCriticalSection(&r->lock);
	c->offered = pair[0];
	c->peer = peer;
	LeaveCriticalSection(&r->lock);
	/* If the buffer is full, what is in it wakes the loop. */
	(void)sock_send(r->news[1], "", 1);
	return way_begin(c, &c->down, RELAY_RECV, RELAY_PART);
}

/* n bytes of the client came. */
static void
client_came(struct local_relay *r, struct relay_client *c, DWORD n)
{
	if (c->told_all) {
		if (!client_read(c))
			client_end(r, c);
		return;
	}
	if (c->fd == FD_NONE && !client_join(r, c)) {
		client_end(r, c);
		return;
	}
	if (!way_begin(c, &c->up, RELAY_SEND, n))
		client_end(r, c);
}

/* n bytes for the client came; 0: no more do. */
static void
client_answer(struct local_relay *r, struct relay_client *c, DWORD n)
{
	if (n == 0) {
		client_told_all(r, c);
		return;
	}
	if (c->gone) {
		client_receive(r, c);
		return;
	}
	client_wait(c);
	if (!way_begin(c, &c->down, RELAY_WRITE, n)) {
		client_gone(r, c);
		if (!c->ending && c->fd != FD_NONE)
			client_receive(r, c);
	}
}

/* An operation is over: with n bytes, or it failed. */
static void
client_done(struct local_relay *r, struct relay_client *c,
    struct relay_way *w, bool good, DWORD n)
{
	enum relay_op op = w->op;

	w->op = RELAY_IDLE;
	if (c->ending) {
		client_end(r, c);
		return;
	}
	switch (op) {
	case RELAY_CONNECT:
		client_wait(c);
		if (!good || !client_read(c))
			client_end(r, c);
		break;
	case RELAY_READ:
		if (good && n > 0)
			client_came(r, c, n);
		else
			client_gone(r, c);
		break;
	case RELAY_SEND:
		/* If the loop has closed its socket, the receiving side sees
		 * that. */
		if (!client_read(c))
			client_gone(r, c);
		break;
	case RELAY_RECV:
		client_answer(r, c, good ? n : 0);
		break;
	case RELAY_WRITE:
		if (!good)
			client_gone(r, c);
		if (!c->ending && c->fd != FD_NONE)
			client_receive(r, c);
		break;
	case RELAY_IDLE:
		break;
	}
}

/* Ends clients whose time is over; returns how long the rest may wait, in
 * milliseconds. */
static DWORD
relay_late(struct local_relay *r)
{
	uint64_t now = clock_mono_ms();
	struct relay_client *c;
	DWORD wait = INFINITE;
	unsigned i;

	for (i = 0; i < RELAY_CLIENTS; i++) {
		c = &r->clients[i];
		if (c->due_ms != 0 && c->due_ms <= now)
			client_end(r, c);
		if (c->due_ms != 0 && c->due_ms - now < wait)
			wait = (DWORD)(c->due_ms - now);
	}
	return wait;
}

/* Has no client an operation that goes on? */
static bool
relay_is_idle(const struct local_relay *r)
{
	unsigned i;

	for (i = 0; i < RELAY_CLIENTS; i++)
		if (r->clients[i].up.op != RELAY_IDLE ||
		    r->clients[i].down.op != RELAY_IDLE)
			return false;
	return true;
}

/* Takes a completion. */
static void
relay_turn(struct local_relay *r)
{
	struct relay_client *c;
	OVERLAPPED *o = NULL;
	ULONG_PTR key = 0;
	DWORD n = 0, wait = relay_late(r);
	unsigned i;
	BOOL good = GetQueuedCompletionStatus(r->port, &n, &key, &o, wait);

	if (o == NULL && !good)
		return;
	c = (struct relay_client *)key;
	if (c != NULL) {
		client_done(r, c, o == &c->up.o ? &c->up : &c->down, good, n);
		return;
	}
	r->stopping = true;
	for (i = 0; i < RELAY_CLIENTS; i++)
		client_end(r, &r->clients[i]);
}

/* The thread. */
static unsigned __stdcall
relay_run(void *arg)
{
	struct local_relay *r = arg;
	unsigned i;

	for (i = 0; i < RELAY_CLIENTS; i++)
		client_await(&r->clients[i]);
	while (!r->stopping || !relay_is_idle(r))
		relay_turn(r);
	return 0;
}

/* Makes an instance, the first one or not; false and GetLastError(). */
static bool
make_instance(struct local_relay *r, struct relay_client *c, const char *name,
    DWORD mode, SECURITY_ATTRIBUTES *rights)
{
	DWORD open = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
	    (c == r->clients ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);

	c->pipe = CreateNamedPipeA(name, open, mode, RELAY_CLIENTS, RELAY_PART,
	    RELAY_PART, 0, rights);
	return c->pipe != INVALID_HANDLE_VALUE && CreateIoCompletionPort(
	    c->pipe, r->port, (ULONG_PTR)c, 0) != NULL;
}

/* Makes the pipe, with all its instances; false and GetLastError(). */
static bool
make_pipe(struct local_relay *r, const char *name, DWORD mode,
    const char *access)
{
	SECURITY_ATTRIBUTES rights = { sizeof(rights), NULL, FALSE };
	bool good = true;
	unsigned i;
	DWORD error;

	if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(access,
	    SDDL_REVISION_1, &rights.lpSecurityDescriptor, NULL))
		return false;
	for (i = 0; i < RELAY_CLIENTS && good; i++)
		good = make_instance(r, &r->clients[i], name, mode, &rights);
	error = GetLastError();
	LocalFree(rights.lpSecurityDescriptor);
	SetLastError(error);
	return good;
}

/* The same for this Windows: of the two access lists it is the one for what it
 * can do. */
static bool
make_local_pipe(struct local_relay *r, const char *name, const char *access,
    const char *access_xp)
{
	if (make_pipe(r, name, PIPE_TYPE_BYTE | RELAY_REJECT_REMOTE, access))
		return true;
	return r->clients[0].pipe == INVALID_HANDLE_VALUE &&
	    GetLastError() == ERROR_INVALID_PARAMETER &&
	    make_pipe(r, name, PIPE_TYPE_BYTE, access_xp);
}

/* Frees what there is; the thread has ended. */
static void
relay_free(struct local_relay *r)
{
	unsigned i;

	for (i = 0; i < RELAY_CLIENTS; i++) {
		sock_close(r->clients[i].offered);
		if (r->clients[i].pipe != INVALID_HANDLE_VALUE)
			CloseHandle(r->clients[i].pipe);
	}
	if (r->port != NULL)
		CloseHandle(r->port);
	sock_close(r->news[0]);
	sock_close(r->news[1]);
	DeleteCriticalSection(&r->lock);
	free(r);
}

/* Makes a relay without pipe or thread; NULL: no memory. */
static struct local_relay *
relay_new(void)
{
	struct local_relay *r = calloc(1, sizeof(*r));
	unsigned i;

	if (r == NULL)
		return NULL;
	InitializeCriticalSection(&r->lock);
	r->news[0] = r->news[1] = FD_NONE;
	for (i = 0; i < RELAY_CLIENTS; i++) {
		r->clients[i].pipe = INVALID_HANDLE_VALUE;
		r->clients[i].fd = r->clients[i].offered = FD_NONE;
	}
	return r;
}

struct local_relay *
local_relay_start(const char *name, const char *access, const char *access_xp,
    unsigned long *error)
{
	struct local_relay *r = relay_new();
	uintptr_t thread = 0;

	*error = ERROR_NOT_ENOUGH_MEMORY;
	if (r == NULL)
		return NULL;
	r->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	if (r->port == NULL || !make_local_pipe(r, name, access, access_xp)) {
		*error = GetLastError();
	} else if (sock_pair(r->news) != 0) {
		*error = (unsigned long)WSAGetLastError();
	} else {
		thread = _beginthreadex(NULL, 0, relay_run, r, 0, NULL);
		r->thread = (HANDLE)thread;
	}
	if (thread != 0)
		return r;
	relay_free(r);
	return NULL;
}

fd_t
local_relay_fd(const struct local_relay *r)
{
	return r->news[0];
}

fd_t
local_relay_accept(struct local_relay *r, struct local_peer *peer)
{
	struct relay_client *c;
	fd_t fd = FD_NONE;
	char news[64];
	ssize_t n;
	unsigned i;

	/* First, since what is offered from now on is news again. */
	do
		n = sock_recv(r->news[0], news, sizeof(news));
	while (n > 0);
	EnterCriticalSection(&r->lock);
	for (i = 0; i < RELAY_CLIENTS && fd == FD_NONE; i++) {
		c = &r->clients[i];
		if (c->offered == FD_NONE)
			continue;
		fd = c->offered;
		*peer = c->peer;
		c->offered = FD_NONE;
	}
	LeaveCriticalSection(&r->lock);
	return fd;
}

void
local_relay_stop(struct local_relay *r)
{
	if (r == NULL)
		return;
	/* Without memory for that the thread is left alone, with all that it
	 * uses. */
	if (!PostQueuedCompletionStatus(r->port, 0, 0, NULL))
		return;
	WaitForSingleObject(r->thread, INFINITE);
	CloseHandle(r->thread);
	relay_free(r);
}
