/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The resolver's threads on Windows: one for each look-up.
 *
 * NOTES.  A thread owns its job from CreateThread() until it sets `done`;
 * then it writes a byte to wake the loop, which scans all jobs and reads the
 * bytes only when no job is done.  A thread cannot be ended from outside, so if
 * look-ups are running at the end, the memory is left to the system.
 */

#include "compat.h"

#include "sock.h"

#include <windows.h>

#include "net/resolve_backend.h"

#include "base/alloc.h"
#include "base/log.h"

/* A look-up and its thread. */
struct job {
	struct resolve_backend *backend;
	bool taken;		/* in use until it was reported */
	volatile LONG done;	/* set by the thread */
	struct resolve_request request;
	struct resolve_answer answer;
};

struct resolve_backend {
	struct resolve_hooks hooks;
	struct watch watch;	/* on pair[0] */
	fd_t pair[2];
	volatile LONG threads;	/* that still use this struct */
	struct job job[RESOLVE_WORKERS];
};

/* The thread of a look-up. */
static DWORD WINAPI
job_run(void *arg)
{
	struct job *job = arg;
	struct resolve_backend *b = job->backend;

	b->hooks.query(&job->request, &job->answer);
	InterlockedExchange(&job->done, 1);
	sock_send(b->pair[1], "", 1);
	InterlockedDecrement(&b->threads);
	return 0;
}

/* The first job that is done; NULL when there is none. */
static struct job *
job_done(struct resolve_backend *b)
{
	int i;

	for (i = 0; i < RESOLVE_WORKERS; i++)
		if (b->job[i].taken &&
		    InterlockedCompareExchange(&b->job[i].done, 0, 1) == 1)
			return &b->job[i];
	return NULL;
}

/* Reports the answer of one job.  The byte that woke us is read only when no
 * job is done: the callback may free the resolver, so a call reports one. */
static void
helper_readable(struct watch *w, unsigned events)
{
	struct resolve_backend *b = LIST_ITEM(w, struct resolve_backend,
	    watch);
	struct resolve_answer answer;
	struct job *job = job_done(b);
	char bytes[64];

	(void)events;
	if (job == NULL) {
		while (sock_recv(b->pair[0], bytes, sizeof(bytes)) > 0)
			;
		job = job_done(b);
		if (job == NULL)
			return;
		/* It was done meanwhile; there may be more. */
		sock_send(b->pair[1], "", 1);
	}
	answer = job->answer;
	job->taken = false;
	b->hooks.answered(b->hooks.arg, &answer);
}

struct resolve_backend *
resolve_backend_new(const struct resolve_hooks *hooks, struct fault *f)
{
	struct resolve_backend *b = xcalloc(1, sizeof(*b));

	b->hooks = *hooks;
	if (sock_pair(b->pair) != 0) {
		(void)fault_system(f, NULL, "name resolver: "
		    "cannot make a pair of sockets: %s", sock_strerror(errno));
		free(b);
		return NULL;
	}
	return b;
}

int
resolve_backend_attach(struct resolve_backend *b, struct loop *loop,
    struct fault *f)
{
	if (watch_start(&b->watch, loop, b->pair[0], READABLE,
	    helper_readable) != 0)
		return fault_system(f, NULL, "name resolver: "
		    "cannot watch its socket: %s", sock_strerror(errno));
	return 0;
}

int
resolve_backend_ask(struct resolve_backend *b,
    const struct resolve_request *request)
{
	HANDLE thread;
	struct job *job;
	int i;

	for (i = 0; i < RESOLVE_WORKERS && b->job[i].taken; i++)
		;
	if (i == RESOLVE_WORKERS)
		return -1;
	job = &b->job[i];
	job->backend = b;
	job->request = *request;
	job->done = 0;
	job->taken = true;
	InterlockedIncrement(&b->threads);
	thread = CreateThread(NULL, 0, job_run, job, 0, NULL);
	if (thread != NULL) {
		CloseHandle(thread);
		return 0;
	}
	InterlockedDecrement(&b->threads);
	memset(&job->answer, 0, sizeof(job->answer));
	job->answer.id = request->id;
	strlcpy(job->answer.why, "no thread for the look-up",
	    sizeof(job->answer.why));
	InterlockedExchange(&job->done, 1);
	sock_send(b->pair[1], "", 1);
	return 0;
}

void
resolve_backend_forget(struct resolve_backend *b, uint32_t id)
{
	(void)b;
	(void)id;
}

void
resolve_backend_free(struct resolve_backend *b)
{
	watch_stop(&b->watch);
	if (InterlockedCompareExchange(&b->threads, 0, 0) != 0)
		return;
	sock_close(b->pair[0]);
	sock_close(b->pair[1]);
	free(b);
}
