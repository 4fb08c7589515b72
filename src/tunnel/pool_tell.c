/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What ends with pools of connections report of these.
 */

#include "compat.h"

#include "tunnel/facts.h"
#include "tunnel/pool.h"

void
pool_tell(const struct end *end, struct facts *f)
{
	const struct pool *p = (const struct pool *)end;

	f->connections = p->n_up;
	facts_add_chain(f, p->framed.credentials);
}

void
pool_tell_leg(const struct leg *leg, struct facts *f)
{
	const struct pool_leg *l = (const struct pool_leg *)leg;

	f->connections = l->n;
	if (!list_empty(&l->conns))
		facts_add_stream(f, &LIST_ITEM(l->conns.prev, struct pool_conn,
		    link)->framed.stream);
}
