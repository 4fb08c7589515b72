/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A plan: all that a user said about one tunnel, in memory of its own.
 *
 * NOTES.  Command lines, the options of the old tools and, later, the sections
 * of a file all become plans; a tunnel is made from a plan.  A plan points
 * neither into a command line nor into the environment: what is read there is
 * copied first (plan_keep(), plan_keep_args()), and the rows of options let
 * the settings point at the copies.
 *
 * Nothing here opens, looks up or loads anything.  Faults have the key of the
 * setting without dashes.  A text about a setting begins with its key where
 * nothing else stands first, so that cmd/ can put dashes before it.  There is
 * no way to run out of memory but to end the program: plans are made at the
 * start.
 */

#ifndef TUNNEL_PLAN_H
#define TUNNEL_PLAN_H

#include "compat.h"

#include "tunnel/settings.h"

struct end_ops;
struct fault;
struct plan_text;

enum {
	PLAN_UNSET = -1,	/* tunnel.idle_ms before plan_finish(): the
				 * default of these ends */
};

/* One end of a plan. */
struct plan_end {
	const struct end_ops *kind;	/* NULL: not known so far */
	const char *address;	/* what follows "KIND:", as written */
	struct addrgroup *group;	/* the same, where it is a group of
				 * endpoints; the plan's; else NULL */
	struct settings settings;	/* its group is the one above */
};

/* A plan; plan_init() first, plan_free() at last. */
struct plan {
	struct plan_end end[2];	/* by enum side */
	struct tunnel_settings tunnel;
	struct plan_text *texts;	/* all that the settings point to */
};

/* Makes an empty plan: presets of the tunnel, no ends. */
void plan_init(struct plan *);

/* Wipes all texts, which may be keys, and frees what the plan has; it is empty
 * afterwards and may be freed again. */
void plan_free(struct plan *);

/* Overwrites all texts with zeroes where they are, for a process that must
 * not have them. */
void plan_wipe(struct plan *);

/* A copy of a text that lives as long as the plan; NULL stays NULL. */
char *plan_keep(struct plan *, const char *text);

/* Makes each of the argc arguments in argv a copy that lives as long as the
 * plan. */
void plan_keep_args(struct plan *, int argc, char **argv);

/* Makes an end one of that kind, with the presets of its rows; what was set
 * for it before is lost. */
void plan_set_kind(struct plan *, enum side, const struct end_ops *kind);

/* Sets the address of an end whose kind is known: HOST:PORT, the name of a
 * device or, on the RIGHT, a group of endpoints.  0, or -1 and the fault. */
int plan_set_address(struct plan *, enum side, const char *address,
    struct fault *);

/* Sets the address of an end to a host ("": the wildcard address) and a port
 * that were read otherwise. */
void plan_set_host(struct plan *, enum side, const struct hostport *);

/* Sets one key of an end whose kind is known; value NULL: none was given.  0,
 * or -1 and the fault. */
int plan_set(struct plan *, enum side, const char *key, const char *value,
    struct fault *);

/* Sets one option of the tunnel, likewise. */
int plan_set_tunnel(struct plan *, const char *key, const char *value,
    struct fault *);

/* Reads "KIND:ADDRESS,KEY=VALUE..." as the end of that side.  0, or -1 and the
 * fault, which shows no values of keys but the wrong one. */
int plan_read_spec(struct plan *, enum side, const char *spec,
    struct fault *);

/* Reads a line of those that plan_print() writes: "left = KIND:ADDRESS" makes
 * the end, then "left.KEY = VALUE" sets a key of it; "KEY = VALUE" sets an
 * option of the tunnel.  Empty lines and comments ("#") are taken, too.  0, or
 * -1 and the fault. */
int plan_read_line(struct plan *, const char *line, struct fault *);

/* Once all is read: gives what depends on both ends its default and looks
 * whether the settings make sense together.  0, or -1 and the fault. */
int plan_finish(struct plan *, struct fault *);

/* Writes a finished plan in lines for plan_read_line(), secrets left out. */
void plan_print(const struct plan *, FILE *out);

/* Gets each setting that differs: owner is "left", "right" or "tunnel"; key is
 * NULL where it is the kind or the address of an end. */
typedef void plan_differs_fn(void *arg, const char *owner, const char *key);

/* Compares two finished plans and calls fn (NULL: nothing) for each setting
 * that differs; of ends of two kinds there is just that.  Returns how many
 * differ; 0: the plans are the same. */
unsigned plan_compare(const struct plan *, const struct plan *,
    plan_differs_fn *fn, void *arg);

#endif
