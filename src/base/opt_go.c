/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The option table: reading a command line as Go's flag package does.
 */

#include "compat.h"

#include "base/opt.h"
#include "base/text.h"
#include "base/value.h"

enum {
	LONGEST_FLAG = 40,	/* bytes of a name, NUL included */
	SHOWN_ARG = 60,		/* bytes of a wrong argument in a message */
};

/* A flag that is being read. */
struct flag {
	char name[LONGEST_FLAG];	/* without dashes */
	const char *value;	/* after "=", or NULL */
};

/* Splits "-name", "--name" or "-name=value"; -1 when it is not a flag. */
static int
flag_split(const char *arg, struct flag *flag)
{
	const char *name = arg + (arg[1] == '-' ? 2 : 1);
	size_t n = strcspn(name, "=");

	if (n == 0 || *name == '-' || n >= sizeof(flag->name))
		return -1;
	memcpy(flag->name, name, n);
	flag->name[n] = '\0';
	flag->value = name[n] == '=' ? name + n + 1 : NULL;
	return 0;
}

/* The row of that name, or NULL. */
static const struct opt *
flag_row(const struct opt *rows, const char *name)
{
	const struct opt *row;

	for (row = rows; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* Sets an error from a text that begins with the name of a flag: puts the dash
 * before it, which opt_set() does not write. */
static enum opt_result
flag_wrong(struct opt_error *error, const char *text)
{
	char copy[OPT_ERROR_TEXT];

	strlcpy(copy, text, sizeof(copy));
	snprintf(error->text, sizeof(error->text), "-%.*s",
	    (int)sizeof(copy) - 2, copy);
	return OPT_BAD;
}

/* Appends an argument, or its beginning, in quotes. */
static void
flag_quote(struct text *t, const char *arg)
{
	size_t n = strlen(arg);

	text_add(t, "\"");
	text_add_quoted(t, arg, n < SHOWN_ARG ? n : SHOWN_ARG);
	text_add(t, "%s\"", n > SHOWN_ARG ? "..." : "");
}

/* Translates a boolean of Go into one that every row takes; NULL when it is
 * not one.  A flag without a value is true. */
static const char *
flag_truth(const char *value)
{
	bool on;

	if (value == NULL)
		return "yes";
	if (value_parse_go_bool(value, &on) != 0)
		return NULL;
	return on ? "yes" : "no";
}

/* Sets a row; *at is the next argument, which may be its value. */
static enum opt_result
flag_set(const struct opt *row, void *base, const struct flag *flag,
    int argc, char **argv, int *at, struct opt_error *error)
{
	const struct opt one[2] = { *row, { .name = NULL } };
	const char *value = flag->value, *truth;
	char text[OPT_ERROR_TEXT];
	struct text t;

	switch ((enum opt_type)row->type) {
	case OPT_HELP:
		return OPT_DID_HELP;
	case OPT_VERSION:
		return OPT_DID_VERSION;
	case OPT_ON:
	case OPT_OFF:
	case OPT_BOOL:
		truth = flag_truth(value);
		if (truth == NULL) {
			strlcpy(error->key, row->name, sizeof(error->key));
			text_init(&t, text, sizeof(text));
			text_add(&t, "%s: ", row->name);
			flag_quote(&t, value);
			text_add(&t, " is neither true nor false");
			return flag_wrong(error, text);
		}
		value = truth;
		break;
	case OPT_WORD:
		break;
	case OPT_INT:
	case OPT_MS:
	case OPT_BYTES:
	case OPT_TEXT:
	case OPT_CHOICE:
	case OPT_OTHER:
		if (value == NULL && opt_arg(row) != NULL && *at < argc)
			value = argv[(*at)++];
		break;
	}
	if (opt_set(one, base, row->name, value, error) == 0)
		return OPT_DONE;
	return flag_wrong(error, error->text);
}

/* Reads one argument that begins with a dash. */
static enum opt_result
flag_read(const struct opt *rows, void *base, int argc, char **argv, int *at,
    struct opt_error *error)
{
	const char *arg = argv[(*at)++];
	char text[OPT_ERROR_TEXT];
	const struct opt *row;
	struct flag flag;
	struct text t;

	if (flag_split(arg, &flag) != 0) {
		error->key[0] = '\0';
		text_init(&t, error->text, sizeof(error->text));
		flag_quote(&t, arg);
		text_add(&t, " is no option");
		return OPT_BAD;
	}
	row = flag_row(rows, flag.name);
	if (row != NULL)
		return flag_set(row, base, &flag, argc, argv, at, error);
	if (strcmp(flag.name, "h") == 0)
		return OPT_DID_HELP;
	strlcpy(error->key, flag.name, sizeof(error->key));
	text_init(&t, text, sizeof(text));
	text_add_quoted(&t, flag.name, strlen(flag.name));
	text_add(&t, ": no such option");
	return flag_wrong(error, text);
}

enum opt_result
opt_args_go(const struct opt *rows, void *base, int argc, char **argv,
    int *rest, struct opt_error *error)
{
	enum opt_result result = OPT_DONE;
	int at = 1;

	while (result == OPT_DONE && at < argc && argv[at][0] == '-' &&
	    argv[at][1] != '\0') {
		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		result = flag_read(rows, base, argc, argv, &at, error);
	}
	*rest = at;
	return result;
}
