/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Variables of the environment on Windows, in UTF-8.
 *
 * NOTES.  The C library has a copy in the user's code page, made at the start:
 * it is not used, but wiped with the variable.
 */

#include "compat.h"

#include <windows.h>

#include "wide.h"

/* A variable that was asked for. */
struct env_value {
	struct env_value *next;
	char *name, *text;
};

static struct env_value *env_values;

/* The value of a variable, in memory that is to be freed; NULL: there is none,
 * or it is not valid UTF-16. */
static char *
env_read(const wchar_t *name)
{
	DWORD size = GetEnvironmentVariableW(name, NULL, 0);
	wchar_t *wide = size == 0 ? NULL : calloc(size, sizeof(*wide));
	char *text = NULL;

	if (wide == NULL)
		return NULL;
	if (GetEnvironmentVariableW(name, wide, size) < size)
		text = wide_to_utf8(wide);
	explicit_bzero(wide, size * sizeof(*wide));
	free(wide);
	return text;
}

/* Takes a value out of the list; the caller owns it.  NULL: it is not there. */
static struct env_value *
env_take(const char *name)
{
	struct env_value **at, *v;

	for (at = &env_values; (v = *at) != NULL; at = &v->next)
		if (strcmp(v->name, name) == 0) {
			*at = v->next;
			return v;
		}
	return NULL;
}

/* Wipes and frees one. */
static void
env_free(struct env_value *v)
{
	if (v->text != NULL)
		explicit_bzero(v->text, strlen(v->text));
	free(v->text);
	free(v->name);
	free(v);
}

const char *
env_get(const char *name)
{
	struct env_value *v = env_take(name);
	wchar_t *wide;

	if (v == NULL) {
		v = calloc(1, sizeof(*v));
		wide = wide_from(name);
		if (v != NULL && wide != NULL) {
			v->name = strdup(name);
			v->text = env_read(wide);
		}
		free(wide);
		if (v == NULL)
			return NULL;
		if (v->name == NULL || v->text == NULL) {
			env_free(v);
			return NULL;
		}
	}
	v->next = env_values;
	env_values = v;
	return v->text;
}

void
env_forget(const char *name)
{
	volatile char *value = getenv(name);
	struct env_value *v = env_take(name);
	wchar_t *wide = wide_from(name);

	for (; value != NULL && *value != '\0'; value++)
		*value = '\0';
	(void)unsetenv(name);
	if (wide != NULL)
		(void)SetEnvironmentVariableW(wide, NULL);
	free(wide);
	if (v != NULL)
		env_free(v);
}
