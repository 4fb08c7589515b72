/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For simulations of DTLS: a world whose datagrams are recorded, with one
 * application.
 */

#ifndef TAPE_WORLD_H
#define TAPE_WORLD_H

#include "tape.h"

#include "../unit/tap.h"

static struct app app;
static struct tape tape;
static struct world w;

/* Records from now on; the processes have been started. */
static inline void
begin_tape(void)
{
	tape_begin(&tape, &w);
	app_open(&app, &w, 1);
}

/* The same, and its flow is up. */
static inline void
begin_flow(void)
{
	begin_tape();
	app_send(&app, 100);
	if (!app_wait(&app, 1, 2000))
		printf("Bail out! the flow does not come up\n");
}

static inline void
finish(const char *what)
{
	app_close(&app);
	tape_end(&tape);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

#endif
