/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The option table: the text of --help.
 */

#include "compat.h"

#include "base/opt.h"
#include "base/text.h"

enum {
	WIDTH = 80,		/* columns of the whole */
	GAP = 2,		/* between the two columns */
	WIDEST_LEFT = 30,	/* wider flags have their help below them */
	HELP_TEXT = 1024,	/* bytes of the help of one row */
};

/* Writes a row's flags, "  -p, --bind-port PORT" or for Go "  -bind-port PORT",
 * into left[WIDTH]; returns their width. */
static size_t
left_column(const struct opt *row, bool go, char left[WIDTH])
{
	const char *arg = opt_arg(row);
	struct text t;

	text_init(&t, left, WIDTH);
	if (go)
		text_add(&t, "  -%s", row->name);
	else if (row->letter != '\0')
		text_add(&t, "  -%c, --%s", row->letter, row->name);
	else
		text_add(&t, "      --%s", row->name);
	if (arg != NULL)
		text_add(&t, row->type == OPT_WORD ? "[=%s]" : " %s", arg);
	return strlen(left);
}

/* Writes a row's help, its words and its default into right[HELP_TEXT]. */
static void
right_column(const struct opt *row, char right[HELP_TEXT])
{
	const char *const *word, *before = " (one of ";
	const char *preset = opt_default(row);
	struct text t;

	text_init(&t, right, HELP_TEXT);
	text_add(&t, "%s", opt_about(row));
	if (row->type == OPT_CHOICE) {
		for (word = row->of.choices; *word != NULL; word++) {
			if (strchr(*word, '=') != NULL)
				continue;
			text_add(&t, "%s%s", before, *word);
			before = ", ";
		}
		if (preset != NULL)
			text_add(&t, "; default: %s", preset);
		text_add(&t, ")");
	} else if (preset != NULL && *preset != '\0' &&
	    row->type != OPT_ON && row->type != OPT_OFF) {
		text_add(&t, " (default: %s)", preset);
	}
}

/* Writes text from column `from` on, wrapped between words, and a newline. */
static void
write_wrapped(FILE *out, const char *text, size_t from)
{
	size_t n, room = WIDTH - from;

	for (;;) {
		text += strspn(text, " ");
		n = strlen(text);
		if (n > room) {
			for (n = room; n > 0 && text[n] != ' '; n--)
				;
			if (n == 0)
				n = strcspn(text, " ");
		}
		fprintf(out, "%.*s\n", (int)n, text);
		text += n;
		if (*text == '\0')
			return;
		fprintf(out, "%*s", (int)from, "");
	}
}

/* Writes both columns of all rows. */
static void
help_rows(const struct opt *rows, bool go, FILE *out)
{
	char left[WIDTH], right[HELP_TEXT];
	const struct opt *row;
	size_t column = 0, n;

	for (row = rows; row->name != NULL; row++) {
		n = left_column(row, go, left);
		if (opt_about(row) != NULL && n <= WIDEST_LEFT && n > column)
			column = n;
	}
	column += GAP;
	for (row = rows; row->name != NULL; row++) {
		if (opt_about(row) == NULL)
			continue;
		n = left_column(row, go, left);
		right_column(row, right);
		if (n + GAP > column) {
			fprintf(out, "%s\n", left);
			n = 0;
			left[0] = '\0';
		}
		fprintf(out, "%s%*s", left, (int)(column - n), "");
		write_wrapped(out, right, column);
	}
}

void
opt_help(const struct opt *rows, FILE *out)
{
	help_rows(rows, false, out);
}

void
opt_help_go(const struct opt *rows, FILE *out)
{
	help_rows(rows, true, out);
}
