/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The defaults of presets.
 */

#include "compat.h"

#include "daemon/preset.h"

void
preset_begin(const struct preset *p, void *line)
{
	struct plan *plan = line;

	memset(line, 0, p->size);
	plan_init(plan);
	if (p->left != NULL)
		plan_set_kind(plan, LEFT, p->left);
	if (p->right != NULL)
		plan_set_kind(plan, RIGHT, p->right);
	if (p->begin != NULL)
		p->begin(line);
	opt_presets(p->rows, line);
}
