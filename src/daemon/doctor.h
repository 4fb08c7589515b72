/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor: goes through what a tunnel needs, step by step, with the code
 * that runs tunnels, and says at which step it fails and what to do.
 *
 * NOTES.  Nothing is sent to the target of a server that is dialled.  What is
 * opened here on the LEFT, in the last step, is closed at once.
 */

#ifndef DAEMON_DOCTOR_H
#define DAEMON_DOCTOR_H

#include "compat.h"

struct fault;
struct plan;

/* The steps, in their order. */
enum doctor_step {
	DOCTOR_CLOCK,		/* can certificates be judged by it? */
	DOCTOR_IDENTITY,	/* our certificates, keys, CAs, pre-shared
				 * keys */
	DOCTOR_RESOLUTION,	/* the name of the RIGHT end */
	DOCTOR_TCP,
	DOCTOR_TLS,
	DOCTOR_DTLS,
	DOCTOR_TARGET,		/* what is behind: a UDP port, a device here or
				 * behind the server */
	DOCTOR_PATH,		/* how long datagrams may be */
	DOCTOR_LISTEN,		/* the LEFT end opens */
	DOCTOR_STEPS,
};

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_FAILED,
	DOCTOR_SKIPPED,		/* the tunnel does not have it, or nothing can
				 * be found out about it from here */
};

enum { DOCTOR_TEXT = 1200 };	/* bytes of what is found, and of a remedy */

/* The result of a step. */
struct doctor_found {
	enum doctor_step step;
	enum doctor_result result;
	uint64_t time_us;	/* that it took */
	const char *text;	/* what was found */
	const char *remedy;	/* what to do; "": nothing */
};

/* Called at the end of each step; the texts are valid during the call. */
typedef void doctor_fn(void *arg, const struct doctor_found *);

struct doctor;

/* The name of a step, and the word for a result. */
const char *doctor_step_name(enum doctor_step);
const char *doctor_result_word(enum doctor_result);

/* Starts what all tunnels need: resolver, loop, random numbers.  To be called
 * before keys are read.  NULL and the fault when the system refuses.  The
 * caller frees it by doctor_free(). */
struct doctor *doctor_new(struct fault *);

/* Frees it; NULL is harmless. */
void doctor_free(struct doctor *);

/* Goes through the steps for a checked plan, up to the first that fails.
 * Returns that step, or DOCTOR_STEPS when none does. */
enum doctor_step doctor_run(struct doctor *, const struct plan *, doctor_fn *,
    void *arg);

#endif
