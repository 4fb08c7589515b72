/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whether a configuration may run programs: nobody else may have written them
 * into it.
 */

#include "compat.h"

#include <string.h>

#include "daemon/conf_owner.h"

#include "base/fault.h"
#include "daemon/setup.h"
#include "net/monitor.h"

/* The setting of a tunnel that runs a program, or NULL. */
static const char *
tunnel_program(const struct setup_tunnel *t)
{
	if (t->plan.tunnel.up != NULL)
		return "up";
	return t->plan.tunnel.down != NULL ? "down" : NULL;
}

/* May a file say what is run?  If not, *why has the cause. */
static bool
owner_trusts_file(const char *path, char why[FILE_WHY])
{
	int trusted;

	/* This process may not look at it. */
	if (monitor_has_given(path))
		return true;
	trusted = file_is_trusted(path, why);
	if (trusted < 0)
		snprintf(why, FILE_WHY, "%s: %s", path, strerror(errno));
	return trusted > 0;
}

/* May all files of the configuration? */
static bool
owner_trusts_all(const struct setup *s, const char *path, char why[FILE_WHY])
{
	const char *last = path;
	size_t i;

	if (!owner_trusts_file(path, why))
		return false;
	/* The sections of a file follow each other. */
	for (i = 0; i < s->conf.n_sections; i++) {
		if (strcmp(s->conf.sections[i].file, last) == 0)
			continue;
		last = s->conf.sections[i].file;
		if (!owner_trusts_file(last, why))
			return false;
	}
	return true;
}

void
conf_owner_check(struct setup *s, const char *path)
{
	struct setup_tunnel *t;
	char why[FILE_WHY];
	const char *key;
	struct fault f;
	bool looked = false;

	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++) {
		key = tunnel_program(t);
		if (t->faulty || key == NULL)
			continue;
		if (!looked && owner_trusts_all(s, path, why))
			return;
		looked = true;
		(void)fault_user(&f, key, "%s: no program is run for a file "
		    "that others than root and we can change: %s", key, why);
		setup_refuse(s, t, &f);
	}
}
