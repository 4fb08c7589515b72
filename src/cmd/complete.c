/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit complete: what may follow in a command line, for the completion of
 * shells (contrib/completion).
 *
 * NOTES.  The arguments are those after "adit", the last of which, perhaps "",
 * is to be completed.  Each line of the output is a candidate for all of that
 * argument and, after a tab, what it means.  One that ends in ":" or "=" goes
 * on.  A line ":files" and a prefix, also after a tab, stands for that prefix
 * and any path of a file.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"

#include "base/addrgroup.h"
#include "base/opt.h"
#include "base/text.h"
#include "cmd/run.h"
#include "daemon/conf.h"
#include "tunnel/tunnel.h"

/* The argument to be completed, and what was found before it. */
struct typed {
	const char *last;	/* the argument */
	const struct cmd *cmd;	/* whose arguments they are */
	const struct opt *awaits;	/* the option before it, whose value it
				 * is; NULL: none */
	const char *path;	/* of --config; NULL: the system's */
	const char *first;	/* the first argument that is no option; NULL:
				 * none so far */
	unsigned n;		/* of these */
};

/* Writes a candidate made of two parts, if it begins as the argument does. */
static void
typed_put(const struct typed *t, const char *prefix, size_t prefix_len,
    const char *rest, const char *suffix, const char *help)
{
	size_t len = strlen(t->last), n = strlen(rest);

	if (len > prefix_len && (strncmp(t->last, prefix, prefix_len) != 0 ||
	    strncmp(t->last + prefix_len, rest, len - prefix_len < n ?
	    len - prefix_len : n + 1) != 0))
		return;
	printf("%.*s%s%s\t%s\n", (int)prefix_len, prefix, rest, suffix,
	    help == NULL ? "" : help);
}

/* Writes a whole candidate. */
static void
typed_put_word(const struct typed *t, const char *word, const char *help)
{
	typed_put(t, "", 0, word, "", help);
}

/* Writes the values of an option or a key; the first bytes of the argument are
 * before the value. */
static void
typed_put_values(const struct typed *t, const struct opt *row, size_t before)
{
	const char *arg = opt_arg(row), *const *word;

	if (row->type == OPT_CHOICE || row->type == OPT_WORD)
		for (word = row->of.choices; *word != NULL; word++)
			if (strchr(*word, '=') == NULL)
				typed_put(t, t->last, before, *word, "",
				    opt_about(row));
	if (row->type == OPT_BOOL) {
		typed_put(t, t->last, before, "yes", "", opt_about(row));
		typed_put(t, t->last, before, "no", "", opt_about(row));
	}
	if (arg != NULL && (strcmp(arg, "FILE") == 0 ||
	    strcmp(arg, "DIR") == 0))
		printf(":files\t%.*s\n", (int)before, t->last);
}

/*
 * Ends
 */

/* Writes the kinds of ends of a side. */
static void
typed_put_kinds(const struct typed *t, enum side side)
{
	unsigned i;

	for (i = 0; end_list[i] != NULL; i++)
		if (end_list[i]->side == side)
			typed_put(t, "", 0, end_list[i]->name, ":",
			    end_list[i]->brief);
}

/* The text after the last comma that separates keys; keys begins after one. */
static const char *
keys_last(const char *keys)
{
	const char *at, *last = keys;

	for (at = keys; *at != '\0'; at++) {
		if (*at != ',')
			continue;
		if (at[1] == ',')
			at++;
		else
			last = at + 1;
	}
	return last;
}

/* Is the key among those before `end`? */
static bool
keys_have(const char *keys, const char *end, const char *name)
{
	size_t n = strlen(name);
	const char *at;

	for (at = keys; at < end; at++)
		if ((at == keys || at[-1] == ',') &&
		    strncmp(at, name, n) == 0 && strchr("=,", at[n]) != NULL)
			return true;
	return false;
}

/* Writes what may follow in a spec. */
static void
typed_put_spec(const struct typed *t, enum side side)
{
	const char *colon = strchr(t->last, ':'), *keys, *last, *equals;
	const struct end_ops *kind;
	const struct opt *row;
	char name[OPT_KEY_TEXT];

	if (colon == NULL) {
		typed_put_kinds(t, side);
		return;
	}
	strlcpy(name, t->last, (size_t)(colon - t->last) < sizeof(name) ?
	    (size_t)(colon - t->last) + 1 : sizeof(name));
	kind = end_find_side(name, side);
	keys = group_spec_end(colon + 1);
	if (kind == NULL || *keys++ != ',')
		return;
	last = keys_last(keys);
	equals = strchr(last, '=');
	for (row = kind->options; row->name != NULL; row++) {
		if (equals == NULL && (row->many ||
		    !keys_have(keys, last, row->name)))
			typed_put(t, t->last, (size_t)(last - t->last),
			    row->name, opt_needs_value(row) ? "=" : "",
			    opt_about(row));
		else if (equals != NULL &&
		    strlen(row->name) == (size_t)(equals - last) &&
		    strncmp(row->name, last, strlen(row->name)) == 0)
			typed_put_values(t, row,
			    (size_t)(equals + 1 - t->last));
	}
}

/*
 * Commands
 */

/* Writes the names of the tunnels in the configuration file. */
static void
typed_put_tunnels(const struct typed *t)
{
	char *path = run_config_path(t->path);
	struct conf c;
	size_t i;

	memset(&c, 0, sizeof(c));
	conf_read(&c, path);
	for (i = 0; i < c.n_sections; i++)
		if (c.sections[i].kind == CONF_TUNNEL)
			typed_put_word(t, c.sections[i].name, "tunnel");
	conf_free(&c);
	free(path);
}

/* The command of that name; NULL: there is none. */
static const struct cmd *
complete_find(const char *name)
{
	unsigned i;

	for (i = 0; cmd_list[i] != NULL; i++)
		if (strcmp(cmd_list[i]->name, name) == 0)
			return cmd_list[i];
	return NULL;
}

/* Writes the commands; with only_tunnels those that run one. */
static void
typed_put_commands(const struct typed *t, bool only_tunnels)
{
	unsigned i, j;
	bool runs;

	for (i = 0; cmd_list[i] != NULL; i++) {
		runs = strcmp(cmd_list[i]->name, "tunnel") == 0;
		for (j = 0; preset_list[j] != NULL; j++)
			runs |= strcmp(cmd_list[i]->name,
			    preset_list[j]->name) == 0;
		if (cmd_list[i]->brief != NULL && (runs || !only_tunnels))
			typed_put_word(t, cmd_list[i]->name,
			    cmd_list[i]->brief);
	}
}

/* Is it a command of that name? */
static bool
typed_is(const struct typed *t, const char *name)
{
	return strcmp(t->cmd->name, name) == 0;
}

/* What is before the name of an option of the command. */
static const char *
typed_dashes(const struct typed *t)
{
	return typed_is(t, "dtlspipe") ? "-" : "--";
}

/* Finds the option that an argument names, by its letter or by its name, which
 * ends at "=" or at the end. */
static const struct opt *
rows_find(const struct opt *rows, const char *arg)
{
	size_t dashes = strspn(arg, "-");
	const struct opt *row;
	size_t n = strcspn(arg + dashes, "=");

	for (row = rows; row != NULL && row->name != NULL; row++)
		if ((strlen(row->name) == n &&
		    strncmp(row->name, arg + dashes, n) == 0) ||
		    (dashes == 1 && n == 1 && row->letter == arg[1]))
			return row;
	return NULL;
}

/* The same among the options of the command. */
static const struct opt *
typed_find(const struct typed *t, const char *arg)
{
	const struct opt *row = rows_find(t->cmd->rows, arg);

	return row == NULL && typed_is(t, "tunnel") ?
	    rows_find(settings_tunnel, arg) : row;
}

/* Writes options of some rows. */
static void
typed_put_rows(const struct typed *t, const struct opt *rows)
{
	const char *dashes = typed_dashes(t);
	const struct opt *row;

	for (row = rows; row != NULL && row->name != NULL; row++)
		if (opt_about(row) != NULL)
			typed_put(t, dashes, strlen(dashes), row->name, "",
			    opt_about(row));
}

/* Writes options, or values of the one that the argument names. */
static void
typed_put_options(const struct typed *t)
{
	const char *equals = strchr(t->last, '=');
	const struct opt *row;

	if (equals != NULL) {
		row = typed_find(t, t->last);
		if (row != NULL)
			typed_put_values(t, row,
			    (size_t)(equals + 1 - t->last));
		return;
	}
	if (typed_is(t, "tunnel"))
		typed_put_rows(t, settings_tunnel);
	typed_put_rows(t, t->cmd->rows);
}

/* Writes what an argument that is no option may be. */
static void
typed_put_argument(const struct typed *t)
{
	const char *const *word = t->n == 0 ? t->cmd->words : NULL;
	unsigned i;

	for (; word != NULL && *word != NULL; word++)
		typed_put_word(t, *word, "");
	if (typed_is(t, "help") && t->n == 0) {
		typed_put_commands(t, false);
		for (i = 0; end_list[i] != NULL; i++)
			typed_put_word(t, end_list[i]->name,
			    end_list[i]->brief);
	} else if (typed_is(t, "convert") && t->n == 0) {
		typed_put_commands(t, true);
	} else if (typed_is(t, "udptunnel") && t->n == 0) {
		puts(":files\t");
	} else if ((typed_is(t, "tunnel") || typed_is(t, "doctor")) &&
	    t->n < 2 && (t->n == 0 || strchr(t->first, ':') != NULL)) {
		typed_put_spec(t, t->n == 0 ? LEFT : RIGHT);
	}
	if ((typed_is(t, "doctor") && (t->n == 0 ||
	    strchr(t->first, ':') == NULL)) || typed_is(t, "status") ||
	    (typed_is(t, "ctl") && t->n > 0))
		typed_put_tunnels(t);
}

/* Reads an argument before the last one. */
static void
typed_read(struct typed *t, const char *arg)
{
	const struct opt *row;

	if (t->awaits != NULL) {
		if (strcmp(t->awaits->name, "config") == 0)
			t->path = arg;
		t->awaits = NULL;
	} else if (*arg == '-' && arg[1] != '\0') {
		row = typed_find(t, arg);
		if (row == NULL)
			return;
		if (strchr(arg, '=') == NULL && opt_needs_value(row))
			t->awaits = row;
		else if (strcmp(row->name, "config") == 0)
			t->path = strchr(arg, '=') + 1;
	} else if (typed_is(t, "convert") && t->n == 0 &&
	    complete_find(arg) != NULL) {
		/* The rest is that command's line. */
		t->cmd = complete_find(arg);
	} else {
		if (t->n++ == 0)
			t->first = arg;
	}
}

static void
complete_help(FILE *out)
{
	fputs("usage: adit complete [WORD]...\n"
	    HELP("Prints what the last word of a command line may be, for the "
	    "completion of shells.\n"), out);
}

static int
complete_main(int argc, char **argv)
{
	struct typed t = { .last = argc < 2 ? "" : argv[argc - 1] };
	int i;

	if (argc <= 2) {
		typed_put_commands(&t, false);
		return 0;
	}
	t.cmd = complete_find(argv[1]);
	if (t.cmd == NULL)
		return 0;
	for (i = 2; i < argc - 1; i++)
		typed_read(&t, argv[i]);
	if (t.awaits != NULL)
		typed_put_values(&t, t.awaits, 0);
	else if (*t.last == '-')
		typed_put_options(&t);
	else
		typed_put_argument(&t);
	return 0;
}

const struct cmd cmd_complete = {
	"complete", complete_main, NULL, complete_help, NULL, NULL
};
