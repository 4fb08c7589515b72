/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Secrets that a configuration file names by where they are.
 *
 * NOTES.  The value of a secret key (struct opt, secret) is the secret itself,
 * or file:PATH, env:NAME or fd:NUMBER.  A line end after the secret is no part
 * of it.  text:SECRET is the secret itself, for one that begins like a
 * reference.
 */

#ifndef DAEMON_SECRET_H
#define DAEMON_SECRET_H

#include "compat.h"

struct fault;
struct plan;

/* Is the value of a secret key a reference? */
bool secret_is_reference(const char *value);

/* NULL if a value is a secret or a well-formed reference; else what is wrong
 * with it (static text). */
const char *secret_check(const char *value);

/* Has the plan a secret that is no reference? */
bool secret_is_in_plan(const struct plan *);

/* The secret that a value is, or refers to; NULL and *why in words.  A variable
 * leaves the environment.  The caller frees it, wiped. */
char *secret_read(const char *value, const char **why);

/* What references have named so far; zeroed: nothing.  Variables and
 * descriptors are read once, and kept. */
struct secrets {
	struct secret *first;	/* NULL: none */
};

/* Forgets what files had: they are read again. */
void secrets_begin(struct secrets *);

/* Replaces the references in a plan by what they name.  Each is read once, so
 * that several plans may have the same.  0, or -1 and the fault, whose setting
 * is the key, without "left." or "right.". */
int secrets_read(struct secrets *, struct plan *, struct fault *);

/* Makes references in a plan of secrets that are none: one that is the value of
 * an environment variable (NULL: there is none) becomes env:VARIABLE, one that
 * begins like a reference text:SECRET. */
void secrets_refer(struct plan *, const char *variable, const char *value);

/* Overwrites the secrets with zeroes in place, for a process that must not have
 * them. */
void secrets_wipe(struct secrets *);

/* Removes the variables that were read from the environment, where others might
 * see them. */
void secrets_end(struct secrets *);

/* Wipes and frees all.  May be called again. */
void secrets_free(struct secrets *);

#endif
