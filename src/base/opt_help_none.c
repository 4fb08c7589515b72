/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The option table: what --help says in a build that has no help texts.
 */

#include "compat.h"

#include "base/opt.h"

void
opt_help(const struct opt *rows, FILE *out)
{
	(void)rows;
	fputs("This build has no help texts; the options are described in its "
	    "manual, adit(8).\n", out);
}

void
opt_help_go(const struct opt *rows, FILE *out)
{
	opt_help(rows, out);
}
