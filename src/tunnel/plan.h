/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A plan: the configuration of one tunnel, in memory of its own.
 *
 * NOTES.  Command lines and the options of the old tools become plans, as will
 * the sections of a configuration file; a tunnel is made from a plan.  A plan
 * does not point into a command line or the environment: texts are copied
 * first (plan_keep(), plan_keep_args()), and the settings point to the copies.
 *
 * Nothing here opens, resolves or loads anything.  A fault has the key of its
 * setting, without dashes.  The text of such a fault begins with the key,
 * unless it begins with the name of an end, so that cmd/ can put dashes before
 * it.  Running out of memory ends the program: plans are made at the start.
 */

#ifndef TUNNEL_PLAN_H
#define TUNNEL_PLAN_H

#include "compat.h"

#include "tunnel/settings.h"

struct end_ops;
struct fault;
struct plan_text;

enum {
	PLAN_UNSET = -1,	/* tunnel.idle_ms before plan_finish(): use
				 * the default for these ends */
	PLAN_SHOWN = 200,	/* bytes of a spec or a text in a fault */
};

/* One end of a plan. */
struct plan_end {
	const struct end_ops *kind;	/* NULL: not set so far */
	const char *address;	/* the text after "KIND:" */
	struct addrgroup *group;	/* the same if it is a group of
				 * endpoints, owned; else NULL */
	struct settings settings;	/* its group is the one above */
};

/*
 * A plan; plan_init() first, plan_free() at last.
 *
 *	state		by			may be
 *	empty		plan_init()		filled in
 *	filled in	plan_set...(),		filled in, finished
 *			plan_read...()
 *	finished	plan_finish()		checked, printed (plan_print.h),
 *						compared (plan_compare.h)
 *	checked		plan_check()		used
 */
struct plan {
	struct plan_end end[2];	/* by enum side */
	struct tunnel_settings tunnel;	/* settings of the tunnel */
	bool native;		/* its ends were named by the user, and not made
				 * by an old tool: it must be safe */
	struct plan_text *texts;	/* all texts that settings point to */
};

/* The names of the sides in lines and faults: "left", "right". */
extern const char *const plan_sides[];

/* Initialises an empty plan: presets of the tunnel, no ends. */
void plan_init(struct plan *);

/* Wipes all texts, which may be keys, and frees the plan's memory.  May be
 * called again. */
void plan_free(struct plan *);

/* Overwrites all texts with zeroes in place, for a process that must not have
 * them. */
void plan_wipe(struct plan *);

/* A copy of a text that lives as long as the plan; NULL stays NULL. */
char *plan_keep(struct plan *, const char *text);

/* Replaces each of the argc arguments in argv by a copy that lives as long as
 * the plan. */
void plan_keep_args(struct plan *, int argc, char **argv);

/* Sets the kind of an end, and its settings to the presets of that kind; all
 * earlier settings are lost. */
void plan_set_kind(struct plan *, enum side, const struct end_ops *kind);

/* Sets the address of an end whose kind is known: HOST:PORT, the name of a
 * device or, on the RIGHT, a group of endpoints.  0, or -1 and the fault. */
int plan_set_address(struct plan *, enum side, const char *address,
    struct fault *);

/* Sets the address of an end to a host ("": the wildcard address) and a port
 * that the caller has parsed. */
void plan_set_host(struct plan *, enum side, const struct hostport *);

/* Sets one key of an end whose kind is known; value NULL: a key without a
 * value.  0, or -1 and the fault. */
int plan_set(struct plan *, enum side, const char *key, const char *value,
    struct fault *);

/* Sets one option of the tunnel; like plan_set(). */
int plan_set_tunnel(struct plan *, const char *key, const char *value,
    struct fault *);

/* Reads "KIND:ADDRESS,KEY=VALUE..." as the end of that side.  0, or -1 and the
 * fault, which shows no value but the wrong one: others may be secret. */
int plan_read_spec(struct plan *, enum side, const char *spec,
    struct fault *);

/* Does the first part of that: sets the kind and the address, and *keys to the
 * text of the keys, in memory of the plan.  After -1 the kind is set unless it
 * was wrong. */
int plan_read_end(struct plan *, enum side, const char *spec, char **keys,
    struct fault *);

/* Takes a fault of a plan. */
typedef void plan_fault_fn(void *arg, const struct fault *);

/* Does the second part, and calls fn for each key that is wrong; the text of
 * the keys is modified, and must live as long as the plan.  0, or -1 when one
 * is wrong. */
int plan_read_keys(struct plan *, enum side, char *keys, plan_fault_fn *,
    void *arg);

/* Reads one line in the format of plan_print.h: "left = KIND:ADDRESS" sets
 * kind and address of an end, then "left.KEY = VALUE" sets a key of it; "KEY =
 * VALUE" sets an option of the tunnel.  Empty lines and comments ("#") are
 * ignored.  0, or -1 and the fault. */
int plan_read_line(struct plan *, const char *line, struct fault *);

/* Fills in the idle time, which depends on the kinds of both ends, if it is not
 * set. */
void plan_default_idle(struct plan *);

/* Finishes a plan: fills in defaults that depend on both ends, and checks that
 * they are there and fit the settings of the tunnel.  0, or -1 and the
 * fault. */
int plan_finish(struct plan *, struct fault *);

/* Checks the settings of both ends of a finished plan, and whether they are
 * safe together (tunnel/safe.h), as far as that is possible without reading a
 * file, opening a socket or asking the system.  0, or -1 and the first
 * fault. */
int plan_check(const struct plan *, struct fault *);

/* Does so with one end. */
int plan_check_end(const struct plan_end *, struct fault *);

/* The device that has a killswitch, or NULL: there is none. */
const char *plan_killswitch(const struct plan *);

#endif
