/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads the secrets that a configuration file names by where they are.
 */

#include "compat.h"

#include "daemon/secret.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "base/value.h"
#include "tunnel/plan.h"
#include "tunnel/tunnel.h"

enum {
	SECRET_MAX = 4096,	/* bytes of a secret */
	SECRET_FD_MAX = 65535,
};

enum source { SOURCE_NONE, SOURCE_FILE, SOURCE_ENV, SOURCE_FD, SOURCE_TEXT };

/* A reference, and what it names. */
struct secret {
	struct secret *next;	/* NULL: the last one */
	char *reference;	/* allocated */
	char *text;		/* the secret, allocated */
};

/* Which kind of reference it is; *rest is what follows the colon. */
static enum source
reference_source(const char *value, const char **rest)
{
	static const char *const prefixes[] = {
		"file:", "env:", "fd:", "text:"
	};
	unsigned i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		*rest = text_after(value, prefixes[i]);
		if (*rest != NULL)
			return (enum source)(SOURCE_FILE + i);
	}
	return SOURCE_NONE;
}

bool
secret_is_reference(const char *value)
{
	const char *rest;

	return reference_source(value, &rest) != SOURCE_NONE;
}

const char *
secret_check(const char *value)
{
	const char *rest;
	int64_t fd;

	switch (reference_source(value, &rest)) {
	case SOURCE_FILE:
		return *rest != '\0' ? NULL : "file: is followed by the path "
		    "of a file that has the secret";
	case SOURCE_ENV:
		return *rest != '\0' && strchr(rest, '=') == NULL ? NULL :
		    "env: is followed by the name of an environment variable "
		    "that has the secret";
	case SOURCE_FD:
		return value_parse_int(rest, &fd) == 0 && fd >= 0 &&
		    fd <= SECRET_FD_MAX ? NULL : "fd: is followed by the "
		    "number of an open descriptor, such as 3";
	case SOURCE_NONE:
	case SOURCE_TEXT:
		break;
	}
	return NULL;
}

/* Reads a secret from a stream and closes it; NULL and why. */
static char *
read_stream(FILE *f, const char **why)
{
	char *text;
	size_t len;

	text = file_read_rest(f, SECRET_MAX, &len, why);
	fclose(f);
	if (text == NULL)
		return NULL;
	while (len > 0 && strchr("\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	if (len > 0 && strlen(text) == len)
		return text;
	*why = len == 0 ? "it is empty" : "it has a zero byte";
	explicit_bzero(text, len);
	free(text);
	return NULL;
}

/* Reads what a reference names; NULL and why.  The caller frees it, wiped. */
static char *
read_secret(const char *reference, const char **why)
{
	const char *rest, *value;
	int64_t fd = -1;
	FILE *f = NULL;

	*why = secret_check(reference);
	if (*why != NULL)
		return NULL;
	switch (reference_source(reference, &rest)) {
	case SOURCE_FILE:
		f = file_open(rest, why);
		break;
	case SOURCE_ENV:
		value = env_get(rest);
		if (value != NULL && *value != '\0')
			return xstrdup(value);
		*why = "there is no such variable in the environment, or it "
		    "is empty";
		break;
	case SOURCE_FD:
		(void)value_parse_int(rest, &fd);
		f = fdopen((int)fd, "rb");
		*why = strerror(errno);
		if (f != NULL)
			setvbuf(f, NULL, _IONBF, 0);
		break;
	case SOURCE_NONE:
	case SOURCE_TEXT:
		return xstrdup(rest);
	}
	return f == NULL ? NULL : read_stream(f, why);
}

/* The secret that a reference names, read now or before; NULL and why. */
static const char *
secrets_find(struct secrets *all, const char *reference, const char **why)
{
	struct secret *s;
	char *text;

	for (s = all->first; s != NULL; s = s->next)
		if (strcmp(s->reference, reference) == 0)
			return s->text;
	text = read_secret(reference, why);
	if (text == NULL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->reference = xstrdup(reference);
	s->text = text;
	s->next = all->first;
	all->first = s;
	return text;
}

/* The member of the next secret that is set in a plan, from row *i of both ends
 * together on; NULL when there is none.  Sets *key to its name. */
static const char **
plan_next_secret(const struct plan *p, unsigned *i, const char **key)
{
	const struct opt *rows;
	const char **member;
	unsigned side, n = 0;

	for (side = LEFT; side <= RIGHT; side++) {
		rows = p->end[side].kind->options;
		for (; rows->name != NULL; rows++) {
			if (n++ < *i || !rows->secret)
				continue;
			member = (const char **)((uintptr_t)
			    &p->end[side].settings + rows->at);
			if (*member == NULL)
				continue;
			*i = n;
			*key = rows->name;
			return member;
		}
	}
	return NULL;
}

bool
secret_is_in_plan(const struct plan *p)
{
	const char **member, *key;
	unsigned i = 0;

	while ((member = plan_next_secret(p, &i, &key)) != NULL)
		if (**member != '\0' && !secret_is_reference(*member))
			return true;
	return false;
}

int
secrets_read(struct secrets *all, struct plan *p, struct fault *f)
{
	const char **member, *key, *text, *why;
	unsigned i = 0;

	while ((member = plan_next_secret(p, &i, &key)) != NULL) {
		if (!secret_is_reference(*member))
			continue;
		text = secrets_find(all, *member, &why);
		/* With text: that cannot fail, so no secret is shown. */
		if (text == NULL)
			return fault_user(f, key, "%s: %.200s: %s", key,
			    *member, why);
		*member = plan_keep(p, text);
	}
	return 0;
}

void
secrets_refer(struct plan *p, const char *variable, const char *value)
{
	const char **member, *key, *prefix, *rest;
	unsigned i = 0;
	size_t size;
	char *text;

	while ((member = plan_next_secret(p, &i, &key)) != NULL) {
		if (value != NULL && strcmp(*member, value) == 0) {
			prefix = "env:";
			rest = variable;
		} else if (secret_is_reference(*member)) {
			prefix = "text:";
			rest = *member;
		} else {
			continue;
		}
		size = strlen(prefix) + strlen(rest) + 1;
		text = xcalloc(size, 1);
		snprintf(text, size, "%s%s", prefix, rest);
		*member = plan_keep(p, text);
		explicit_bzero(text, size);
		free(text);
	}
}

void
secrets_wipe(struct secrets *all)
{
	struct secret *s;

	for (s = all->first; s != NULL; s = s->next)
		explicit_bzero(s->text, strlen(s->text));
}

/* Wipes and frees one. */
static void
free_secret(struct secret *s)
{
	explicit_bzero(s->text, strlen(s->text));
	/* After text: it has the secret. */
	explicit_bzero(s->reference, strlen(s->reference));
	free(s->reference);
	free(s->text);
	free(s);
}

void
secrets_begin(struct secrets *all)
{
	struct secret **at = &all->first, *s;
	const char *rest;

	while ((s = *at) != NULL) {
		if (reference_source(s->reference, &rest) == SOURCE_ENV ||
		    reference_source(s->reference, &rest) == SOURCE_FD) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		free_secret(s);
	}
}

void
secrets_end(struct secrets *all)
{
	const struct secret *s;
	const char *rest;

	for (s = all->first; s != NULL; s = s->next)
		if (reference_source(s->reference, &rest) == SOURCE_ENV)
			env_forget(rest);
}

char *
secret_read(const char *value, const char **why)
{
	const char *rest;
	char *text;

	if (!secret_is_reference(value))
		return xstrdup(value);
	text = read_secret(value, why);
	if (text != NULL && reference_source(value, &rest) == SOURCE_ENV)
		env_forget(rest);
	return text;
}

void
secrets_free(struct secrets *all)
{
	struct secret *s, *next;

	for (s = all->first; s != NULL; s = next) {
		next = s->next;
		free_secret(s);
	}
	all->first = NULL;
}
