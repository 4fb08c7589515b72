/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Facts: what an end, or a leg of it, knows of its carrier and nobody else
 * does, for reports.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/facts.h"

void
facts_clear(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->rtt_us = f->loss_ppm = -1;
	f->connections = f->retry_ms = -1;
}

void
facts_add_inner(struct facts *f, const struct addr *a)
{
	if (f->n_inner < FACTS_INNER)
		f->inner[f->n_inner] = *a;
	f->n_inner++;
}
