/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For simulations of framings: datagrams of every kind of size.
 */

#ifndef SIZES_H
#define SIZES_H

#include "world.h"

#include "../unit/tap.h"

/* Sends them through a world that has begun, one by one and all at once, from
 * an application that has sent nothing yet. */
static inline void
pass_sizes(struct world *w, struct app *a, const char *what)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 1400, 2040, 2046, 2048,
	    4088, 4089, 4094, 4096, 4097, 9000, 16376, 16377, 16382, 16383,
	    16384, 16385, 32766, 32768, 65507 };
	unsigned i, n = sizeof(sizes) / sizeof(sizes[0]);

	for (i = 0; i < n; i++) {
		app_send(a, sizes[i]);
		if (!app_wait(a, i + 1, 20000) || w->echo.len != sizes[i])
			break;
	}
	is_int(i, n, "%s: datagrams of 0 to 65507 bytes pass, one by one",
	    what);
	for (i = 0; i < n; i++) {
		app_send(a, sizes[i]);
		sim_run_us(100);	/* or the socket's buffer is full */
	}
	app_wait(a, 2 * n, 20000);
	is_int(a->received, 2 * n, "%s: and all at once", what);
	is_int(a->bad + w->echo.bad + a->twice, 0, "%s: unchanged, each once",
	    what);
	is_int(proc_lost(&w->left) + proc_lost(&w->right), 0,
	    "%s: no loss is counted", what);
}

#endif
