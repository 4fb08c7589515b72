/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The option table: reading settings from command lines and specs.
 *
 * NOTES.  opt_lines.c writes settings as this file reads them; opt_help.c
 * writes the text of --help.
 */

#include "compat.h"

#include "base/opt.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/value.h"

enum {
	SHOWN_VALUE = 60,	/* bytes of a wrong value in a message */
	LISTED_NAMES = 160,	/* bytes of an error at which a list of names
				 * is cut */
	SPEC_ROWS = 128,	/* rows of which opt_spec() notes their use */
};

/* The name of a setting as the user wrote it or would write it. */
struct name {
	const char *dashes;	/* "--", "-" or "" */
	const char *text;	/* without dashes; not always ended by a NUL */
	size_t len;		/* bytes of text */
};

/* A command line that is being read. */
struct line {
	const struct opt *rows;	/* the options */
	void *base;		/* the struct that they set */
	int argc;		/* as of main() */
	char **argv;
	int at;			/* the next argument */
	struct opt_error *error;	/* set on failure */
};

/* Begins an error with the name of a setting: "--bind-port". */
static void
begin_error(struct text *t, struct opt_error *error, const struct name *name)
{
	snprintf(error->key, sizeof(error->key), "%.*s",
	    name->len < OPT_KEY_TEXT ? (int)name->len : OPT_KEY_TEXT - 1,
	    name->text);
	text_init(t, error->text, sizeof(error->text));
	text_add(t, "%s", name->dashes);
	text_add_quoted(t, name->text,
	    name->len < SHOWN_VALUE ? name->len : SHOWN_VALUE);
}

/* Begins an error about a value: `--bind-port: "99999"`. */
static void
begin_value_error(struct text *t, struct opt_error *error,
    const struct name *name, const char *value)
{
	size_t n = strlen(value);

	begin_error(t, error, name);
	text_add(t, ": \"");
	text_add_quoted(t, value, n < SHOWN_VALUE ? n : SHOWN_VALUE);
	text_add(t, "%s\"", n > SHOWN_VALUE ? "..." : "");
}

/* The name by which a row is shown. */
static struct name
row_name(const struct opt *row, const char *dashes)
{
	struct name name = { dashes, row->name, strlen(row->name) };

	return name;
}

/* Word number i of a row, from 0; NULL where it is OPT_NONE. */
static const char *
row_word(const struct opt *row, unsigned i)
{
	const char *word = row->name;

	for (; i > 0; i--)
		word += strlen(word) + 1;
	return *word == *OPT_NONE ? NULL : word;
}

const char *
opt_default(const struct opt *row)
{
	return row_word(row, 1);
}

const char *
opt_arg(const struct opt *row)
{
	return row_word(row, 2);
}

const char *
opt_about(const struct opt *row)
{
	return row_word(row, 3);
}

/* Is the member set or cleared by the flag alone? */
static bool
is_switch(const struct opt *row)
{
	return row->type == OPT_ON || row->type == OPT_OFF;
}

bool
opt_needs_value(const struct opt *row)
{
	switch ((enum opt_type)row->type) {
	case OPT_ON:
	case OPT_OFF:
	case OPT_WORD:
	case OPT_HELP:
	case OPT_VERSION:
		return false;
	case OPT_OTHER:
		return opt_arg(row) != NULL;
	case OPT_BOOL:
	case OPT_INT:
	case OPT_MS:
	case OPT_BYTES:
	case OPT_TEXT:
	case OPT_CHOICE:
		return true;
	}
	return true;
}

/* May a value follow the name, joined by "="? */
static bool
takes_value(const struct opt *row)
{
	return opt_needs_value(row) || row->type == OPT_WORD;
}

/* The index of a word in choices, or -1; an alias has that of its target. */
static int64_t
find_choice(const char *const *choices, const char *word)
{
	size_t n = strlen(word);
	const char *end;
	int64_t i;

	for (i = 0; choices[i] != NULL; i++) {
		end = text_after(choices[i], word);
		if (end == NULL || n == 0 || strchr(word, '=') != NULL)
			continue;
		if (*end == '\0')
			return i;
		if (*end == '=')
			return find_choice(choices, end + 1);
	}
	return -1;
}

/* Reads a number into *v; returns NULL, or what kind of number was
 * expected. */
static const char *
row_read_number(const struct opt *row, const char *value, int64_t *v)
{
	if (row->type == OPT_MS)
		return value_parse_ms(value, v) == 0 ? NULL :
		    "number of seconds";
	if (row->type == OPT_BYTES)
		return value_parse_bytes(value, v) == 0 ? NULL :
		    "number of bytes (such as 64k)";
	return value_parse_int(value, v) == 0 ? NULL : "integer";
}

/* Appends the range of a row: "1 to 65535". */
static void
add_range(struct text *t, const struct opt *row)
{
	char low[32], high[32];

	if (row->type == OPT_MS)
		text_add(t, "%s to %s seconds",
		    value_ms_text(row->of.range.min, low),
		    value_ms_text(row->of.range.max, high));
	else
		text_add(t, "%lld to %lld", (long long)row->of.range.min,
		    (long long)row->of.range.max);
}

/* Sets an int64_t member of type OPT_INT, OPT_MS or OPT_BYTES. */
static int
row_set_number(const struct opt *row, int64_t *member,
    const struct name *name, const char *value, struct opt_error *error)
{
	bool ranged = row->of.range.min != 0 || row->of.range.max != 0;
	const char *want;
	struct text t;
	int64_t v = 0;

	want = row_read_number(row, value, &v);
	if (want == NULL && (!ranged ||
	    (v >= row->of.range.min && v <= row->of.range.max))) {
		*member = v;
		return 0;
	}
	begin_value_error(&t, error, name, value);
	if (want != NULL)
		text_add(&t, " is no %s", want);
	else
		text_add(&t, " is not");
	if (ranged) {
		text_add(&t, " in ");
		add_range(&t, row);
	}
	return -1;
}

/* Sets an error that lists the words of a choice. */
static void
choice_error(const struct opt *row, const struct name *name,
    const char *value, struct opt_error *error)
{
	const char *const *word;
	struct text t;

	begin_value_error(&t, error, name, value);
	text_add(&t, " is not one of ");
	for (word = row->of.choices; *word != NULL; word++)
		if (strchr(*word, '=') == NULL)
			text_add(&t, "%s%s",
			    word == row->of.choices ? "" : ", ", *word);
}

/* Sets one member; value is NULL when none was given.  0, or -1 and error. */
static int
set_row(const struct opt *row, void *base, const struct name *name,
    const char *value, struct opt_error *error)
{
	void *member = (char *)base + row->at;
	const char *why;
	struct text t;
	int64_t choice;
	bool on = true;

	if (value == NULL && opt_needs_value(row)) {
		begin_error(&t, error, name);
		value = opt_arg(row);
		text_add(&t, " needs a value%s%s", value == NULL ? "" : ": ",
		    value == NULL ? "" : value);
		return -1;
	}
	switch ((enum opt_type)row->type) {
	case OPT_ON:
	case OPT_OFF:
	case OPT_BOOL:
		if (value != NULL && value_parse_bool(value, &on) != 0) {
			begin_value_error(&t, error, name, value);
			text_add(&t, " is neither yes nor no");
			return -1;
		}
		*(bool *)member = on != (row->type == OPT_OFF);
		return 0;
	case OPT_INT:
	case OPT_MS:
	case OPT_BYTES:
		return row_set_number(row, member, name, value, error);
	case OPT_TEXT:
	case OPT_WORD:
		*(const char **)member = value == NULL ? row->of.choices[0] :
		    value;
		return 0;
	case OPT_CHOICE:
		choice = find_choice(row->of.choices, value);
		if (choice < 0) {
			choice_error(row, name, value, error);
			return -1;
		}
		*(int64_t *)member = choice;
		return 0;
	case OPT_OTHER:
		why = row->of.other->set(member, value);
		if (why == NULL)
			return 0;
		if (value != NULL) {
			begin_value_error(&t, error, name, value);
			text_add(&t, ": %s", why);
		} else {
			begin_error(&t, error, name);
			text_add(&t, ": %s", why);
		}
		return -1;
	case OPT_HELP:
	case OPT_VERSION:
		return 0;
	}
	return 0;
}

void
opt_presets(const struct opt *rows, void *base)
{
	const struct opt *row;
	struct opt_error error;
	const char *preset;
	struct name name;

	for (row = rows; row->name != NULL; row++) {
		name = row_name(row, "");
		preset = opt_default(row);
		if (preset != NULL &&
		    set_row(row, base, &name, preset, &error) != 0)
			die_bug(__FILE__, __LINE__, error.text);
	}
}

/* May the name be that of this row?  Help and version have names only on a
 * command line, where names have dashes, not in a spec or a file. */
static bool
is_known(const struct opt *row, const struct name *name)
{
	return *name->dashes != '\0' ||
	    (row->type != OPT_HELP && row->type != OPT_VERSION);
}

/* The row that was probably meant by an unknown name, or NULL. */
static const struct opt *
guess(const struct opt *rows, const struct name *name)
{
	const struct opt *row, *found = NULL;
	struct nearest nearest;

	nearest_begin(&nearest, name->text, name->len);
	for (row = rows; row->name != NULL; row++) {
		if (!is_known(row, name))
			continue;
		nearest_try(&nearest, row->name);
		if (nearest.best == row->name)
			found = row;
	}
	return found;
}

/* Sets an error about an unknown name: suggests a name or, for a key, lists
 * all. */
static void
unknown_error(const struct opt *rows, const struct name *name,
    struct opt_error *error)
{
	bool flag = *name->dashes != '\0';
	const struct opt *row = NULL;
	const char *comma = "; there are ";
	struct text t;

	begin_error(&t, error, name);
	text_add(&t, ": no such %s", flag ? "option" : "key");
	if (strcmp(name->dashes, "-") != 0)
		row = guess(rows, name);
	if (row != NULL) {
		text_add(&t, "; did you mean %s%s?", name->dashes, row->name);
		return;
	}
	for (row = rows; !flag && row->name != NULL; row++) {
		if (!is_known(row, name))
			continue;
		if (t.room < sizeof(error->text) - LISTED_NAMES) {
			text_add(&t, "%s...", comma);
			return;
		}
		text_add(&t, "%s%s", comma, row->name);
		comma = ", ";
	}
}

/* The row of a long flag or of a unique prefix of one; NULL and error. */
static const struct opt *
find_long(const struct opt *rows, const struct name *name,
    struct opt_error *error)
{
	const struct opt *row, *found = NULL;
	const char *comma = ": ambiguous: ";
	struct text t;
	int n = 0;

	for (row = rows; row->name != NULL; row++) {
		if (strncmp(row->name, name->text, name->len) != 0)
			continue;
		if (row->name[name->len] == '\0')
			return row;
		found = row;
		n++;
	}
	if (n == 1 && name->len > 0)
		return found;
	if (n == 0 || name->len == 0) {
		unknown_error(rows, name, error);
		return NULL;
	}
	begin_error(&t, error, name);
	for (row = rows; row->name != NULL; row++) {
		if (strncmp(row->name, name->text, name->len) == 0) {
			text_add(&t, "%s--%s", comma, row->name);
			comma = ", ";
		}
	}
	return NULL;
}

/* The row of a letter, or NULL. */
static const struct opt *
find_letter(const struct opt *rows, char letter)
{
	const struct opt *row;

	for (row = rows; row->name != NULL; row++)
		if (row->letter == letter && letter != '\0')
			return row;
	return NULL;
}

/* Does an argument look like an option?  "-" does not, nor does a negative
 * number, unless the digit is the letter of a row. */
static bool
is_option(const struct line *l, const char *arg)
{
	if (arg[0] != '-' || arg[1] == '\0')
		return false;
	return arg[1] < '0' || arg[1] > '9' ||
	    find_letter(l->rows, arg[1]) != NULL;
}

/* Sets a row from a flag, taking its value from the next argument if it needs
 * one and has none. */
static enum opt_result
line_read_value(struct line *l, const struct opt *row,
    const struct name *name, const char *value)
{
	const char *next;
	struct text t;

	if (value == NULL && opt_needs_value(row) && l->at < l->argc) {
		next = l->argv[l->at];
		if (!is_option(l, next)) {
			value = next;
			l->at++;
		}
	} else if (value != NULL && !takes_value(row)) {
		begin_error(&t, l->error, name);
		text_add(&t, " takes no value");
		return OPT_BAD;
	}
	if (row->type == OPT_HELP)
		return OPT_DID_HELP;
	if (row->type == OPT_VERSION)
		return OPT_DID_VERSION;
	return set_row(row, l->base, name, value, l->error) == 0 ? OPT_DONE :
	    OPT_BAD;
}

/* Reads an argument that begins with two dashes. */
static enum opt_result
read_long(struct line *l, const char *arg)
{
	struct name name = { "--", arg + 2, strcspn(arg + 2, "=") };
	const char *value = arg + 2 + name.len;
	const struct opt *row = find_long(l->rows, &name, l->error);

	if (row == NULL)
		return OPT_BAD;
	name = row_name(row, "--");
	return line_read_value(l, row, &name, *value == '=' ? value + 1 : NULL);
}

/* Reads an argument of letters: -v, -vd, -p8443, -vp8443, and argparse's
 * -p=8443. */
static enum opt_result
read_letters(struct line *l, const char *arg)
{
	enum opt_result result = OPT_DONE;
	const struct opt *row;
	const char *value;
	struct name name = { "-", arg + 1, 1 };

	for (; result == OPT_DONE && *name.text != '\0'; name.text++) {
		row = find_letter(l->rows, *name.text);
		if (row == NULL) {
			unknown_error(l->rows, &name, l->error);
			return OPT_BAD;
		}
		value = name.text[1] == '=' ? name.text + 2 : name.text[1] !=
		    '\0' && opt_needs_value(row) ? name.text + 1 : NULL;
		result = line_read_value(l, row, &name, value);
		if (value != NULL)
			break;
	}
	return result;
}

/* Reads options up to a positional argument, the end or an error.  Sets *ended
 * after "--", which no more options follow. */
static enum opt_result
read_options(struct line *l, bool *ended)
{
	enum opt_result result = OPT_DONE;
	const char *arg;

	while (result == OPT_DONE && l->at < l->argc && !*ended) {
		arg = l->argv[l->at];
		if (!is_option(l, arg))
			break;
		l->at++;
		if (strcmp(arg, "--") == 0)
			*ended = true;
		else if (arg[1] == '-')
			result = read_long(l, arg);
		else
			result = read_letters(l, arg);
	}
	return result;
}

enum opt_result
opt_args(const struct opt *rows, void *base, int argc, char **argv,
    const char **positional, int max, int *n, struct opt_error *error)
{
	struct line l = { rows, base, argc, argv, 1, error };
	struct name name = { "", NULL, 0 };
	enum opt_result result;
	bool ended = false;
	struct text t;

	*n = 0;
	for (;;) {
		result = read_options(&l, &ended);
		if (result != OPT_DONE || l.at >= argc)
			return result;
		if (*n >= max)
			break;
		positional[(*n)++] = argv[l.at++];
	}
	name.text = argv[l.at];
	name.len = strlen(name.text);
	error->key[0] = '\0';
	text_init(&t, error->text, sizeof(error->text));
	text_add(&t, "\"");
	text_add_quoted(&t, name.text,
	    name.len < SHOWN_VALUE ? name.len : SHOWN_VALUE);
	if (max == 0)
		text_add(&t, "\": only options are expected");
	else
		text_add(&t, "\": one argument too many (%d expected)", max);
	return OPT_BAD;
}

int
opt_set(const struct opt *rows, void *base, const char *name,
    const char *value, struct opt_error *error)
{
	struct name shown = { "", name, strlen(name) };
	const struct opt *row;
	struct text t;

	for (row = rows; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0 && is_known(row, &shown))
			break;
	if (row->name == NULL) {
		unknown_error(rows, &shown, error);
		return -1;
	}
	if (value != NULL && !takes_value(row) && !is_switch(row)) {
		begin_error(&t, error, &shown);
		text_add(&t, " takes no value");
		return -1;
	}
	return set_row(row, base, &shown, value, error);
}

/* Ends the first item of a spec with a NUL: a doubled comma becomes one, a
 * single one ends the item.  Returns the next item, or NULL after the last. */
static char *
cut_item(char *spec)
{
	char *from, *to = spec;

	for (from = spec; *from != '\0'; *to++ = *from++) {
		if (*from != ',')
			continue;
		if (from[1] != ',') {
			*to = '\0';
			return from + 1;
		}
		from++;
	}
	*to = '\0';
	return NULL;
}

/* Marks the row of a key in seen, a set of SPEC_ROWS bits; returns whether it
 * was in it and may be given only once. */
static bool
note_key(const struct opt *rows, const char *key, uint32_t *seen)
{
	uint32_t bit;
	size_t i;

	for (i = 0; rows[i].name != NULL; i++)
		if (strcmp(rows[i].name, key) == 0)
			break;
	if (rows[i].name == NULL || rows[i].many || i >= SPEC_ROWS)
		return false;
	bit = (uint32_t)1 << i % 32;
	if ((seen[i / 32] & bit) != 0)
		return true;
	seen[i / 32] |= bit;
	return false;
}

/* Sets what an item of a spec, "key=value", says; 0, or -1 and error. */
static int
set_item(const struct opt *rows, void *base, char *item, uint32_t *seen,
    struct opt_error *error)
{
	struct name name = { "", NULL, 0 };
	char *value = strchr(item, '=');
	struct text t;

	if (value != NULL)
		*value++ = '\0';
	if (*item == '\0') {
		error->key[0] = '\0';
		text_init(&t, error->text, sizeof(error->text));
		text_add(&t, "a key is missing; write KEY=VALUE, and a comma "
		    "in a value twice");
		return -1;
	}
	if (note_key(rows, item, seen)) {
		name.text = item;
		name.len = strlen(item);
		begin_error(&t, error, &name);
		text_add(&t, " is given twice");
		return -1;
	}
	return opt_set(rows, base, item, value, error);
}

int
opt_spec(const struct opt *rows, void *base, char *spec,
    opt_error_fn *fn, void *arg)
{
	uint32_t seen[SPEC_ROWS / 32] = { 0 };
	struct opt_error error;
	char *item = spec, *next;
	int result = 0;

	if (*spec == '\0')
		return 0;
	for (; item != NULL; item = next) {
		next = cut_item(item);
		if (set_item(rows, base, item, seen, &error) == 0)
			continue;
		fn(arg, &error);
		result = -1;
	}
	return result;
}
