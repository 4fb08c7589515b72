/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whole lines for a descriptor whose reader may be slow, or be gone.
 */

#include "compat.h"

#include <string.h>

#include "base/log_output.h"

#include "output.h"

void
log_output_init(struct log_output *o, int fd)
{
	o->fd = fd;
	o->n_rest = 0;
	o->lost = 0;
}

/* Writes what is left of a line; true when nothing is left. */
static bool
log_output_rest(struct log_output *o)
{
	int done;

	if (o->n_rest == 0)
		return true;
	done = output_write(o->fd, o->rest, o->n_rest);
	if (done <= 0)
		return false;
	o->n_rest -= (size_t)done;
	memmove(o->rest, o->rest + done, o->n_rest);
	return o->n_rest == 0;
}

bool
log_output_line(struct log_output *o, const char *line, size_t n)
{
	int done = -1;

	if (log_output_rest(o))
		done = output_write(o->fd, line, n);
	if (done <= 0) {
		o->lost++;
		return false;
	}
	o->n_rest = n - (size_t)done;
	memcpy(o->rest, line + done, o->n_rest);
	return true;
}
