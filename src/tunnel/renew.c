/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The change of a running tunnel, in two steps: loading and going on.
 */

#include "compat.h"

#include "tunnel/renew.h"

#include "tunnel/plan.h"
#include "tunnel/tunnel.h"

/* Has the end of one side load what its settings name; 0, or -1 and the
 * fault. */
static int
prepare_end(struct end *end, const struct plan_end *to, struct fault *f)
{
	return end->ops->prepare == NULL ? 0 :
	    end->ops->prepare(end, &to->settings, f);
}

int
renew_prepare(struct tunnel *t, const struct plan *to, struct fault *f)
{
	struct end *right = t->end[RIGHT];

	if (prepare_end(right, &to->end[RIGHT], f) != 0)
		return -1;
	if (prepare_end(t->end[LEFT], &to->end[LEFT], f) == 0)
		return 0;
	if (right->ops->renew != NULL)
		right->ops->renew(right, NULL);
	return -1;
}

void
renew_commit(struct tunnel *t)
{
	const struct plan *plan = t->plan;
	unsigned i;

	tunnel_set(t, &plan->tunnel);
	for (i = LEFT; i <= RIGHT; i++)
		if (t->end[i]->ops->renew != NULL)
			t->end[i]->ops->renew(t->end[i],
			    &plan->end[i].settings);
}
