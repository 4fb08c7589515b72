/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The names of `tun` on the RIGHT: those of the inner-file and those of the
 * table are connected, at the start and whenever the file is read again.
 */

#include "compat.h"

#include "tunnel/tun_right.h"

/* Connects the names of an inner-file (NULL: none) with those of the table; -1:
 * no memory. */
static int
right_pin(struct right *e, struct tun_inner *inner)
{
	struct tun_inner_entry *entry = inner == NULL ? NULL : inner->last;

	for (; entry != NULL; entry = entry->next) {
		entry->whose = tun_table_pin(&e->table, entry->name);
		if (entry->whose == NULL)
			return -1;
	}
	return 0;
}

int
tun_right_start_table(struct right *e, struct fault *f)
{
	const struct tun_settings *s = &e->dev.settings;
	uint8_t seed[TABLE_SEED];
	unsigned i;

	random_bytes(e->dev.end.tunnel->random, seed, sizeof(seed));
	tun_table_init(&e->table, seed);
	if (right_pin(e, e->inner) != 0)
		return fault_system(f, NULL, "%s: no memory",
		    e->dev.end.name);
	for (i = 0; i < s->n_addresses; i++)
		if (s->address[i].prefix <
		    (s->address[i].addr.family == 4 ? 32 : 128))
			e->nets[s->address[i].addr.family == 6] = true;
	return 0;
}

int
tun_right_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	struct right *e = right_of(end);

	if (s->inner_file == NULL)
		return 0;
	e->fresh = tun_inner_load(end, s->inner_file, f);
	if (e->fresh == NULL)
		return -1;
	/* Now, since this may fail.  Names that are not used after all are
	 * unpinned by the next change. */
	if (right_pin(e, e->fresh) == 0)
		return 0;
	tun_inner_free(e->fresh);
	e->fresh = NULL;
	return fault_system(f, NULL, "%s: no memory", end->name);
}

/* Does the inner-file give a name this address? */
static bool
right_may_have(void *arg, const struct tun_name *name, const struct addr *a)
{
	const struct right *e = arg;
	const struct tun_inner_entry *entry = tun_inner_find(e->inner, a);

	return name != NULL && entry != NULL && entry->whose == name;
}

/* Ends the flows whose names have gone from the inner-file. */
static void
right_end_lost(struct right *e)
{
	struct list *at, *next, *legs = &e->dev.legs;
	struct right_leg *l;

	for (at = legs->next; at != legs; at = next) {
		next = at->next;
		l = right_leg_of(&LIST_ITEM(at, struct tun_leg, link)->leg);
		if (l->owner.name != NULL && l->owner.name->lost)
			leg_failed(&l->base.leg, "its name is gone from the "
			    "inner-file");
	}
}

void
tun_right_renew(struct end *end, const struct settings *s)
{
	struct right *e = right_of(end);
	struct tun_inner *fresh = e->fresh;

	e->fresh = NULL;
	if (s == NULL) {
		tun_inner_free(fresh);
		return;
	}
	tun_table_unpin(&e->table);
	(void)right_pin(e, fresh);
	tun_inner_free(e->inner);
	e->inner = fresh;
	if (fresh == NULL)
		return;
	right_end_lost(e);
	tun_table_sift(&e->table, right_may_have, e);
}
