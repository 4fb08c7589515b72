/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A request on the control socket: a line of words.
 */

#include "compat.h"

#include <string.h>

#include "daemon/control_line.h"

#include "base/text.h"

/* The verbs, by enum control_verb. */
static const struct {
	const char *name;
	unsigned least, most;	/* words that follow */
	bool command;		/* it changes something */
	const char *usage;	/* when there are more or fewer */
} verbs[] = {
	[CONTROL_STATUS] = { "status", 0, 1, false, "status [TUNNEL]" },
	[CONTROL_PEERS] = { "peers", 2, 2, false, "peers TUNNEL CURSOR" },
	[CONTROL_RELOAD] = { "reload", 0, 0, true, "reload" },
	[CONTROL_RECONNECT] = { "reconnect", 0, 1, true,
	    "reconnect [TUNNEL]" },
	[CONTROL_DROP] = { "drop", 1, 2, true, "drop TUNNEL [PEER]" },
	[CONTROL_LOGLEVEL] = { "loglevel", 1, 1, true, "loglevel LEVEL" },
};

enum {
	N_VERBS = sizeof(verbs) / sizeof(verbs[0]),
	WORDS_MAX = 3,		/* verb included */
};

/* Decodes a word in place; 0, or -1 when a %XX in it is none, or a NUL. */
static int
decode_word(char *word)
{
	char *to = word;
	int high, low;

	for (; *word != '\0'; word++) {
		if (*word != '%') {
			*to++ = *word;
			continue;
		}
		high = text_hex_digit(word[1]);
		low = high < 0 ? -1 : text_hex_digit(word[2]);
		if (low < 0 || high + low == 0)
			return -1;
		*to++ = (char)(high * 16 + low);
		word += 2;
	}
	*to = '\0';
	return 0;
}

/* Divides a line into words, at most WORDS_MAX; returns how many, or
 * WORDS_MAX + 1 when there are more. */
static unsigned
split_words(char *line, char *words[WORDS_MAX])
{
	unsigned n = 0;

	for (;;) {
		line += strspn(line, " \t\r");
		if (*line == '\0')
			return n;
		if (n == WORDS_MAX)
			return n + 1;
		words[n++] = line;
		line += strcspn(line, " \t\r");
		if (*line != '\0')
			*line++ = '\0';
	}
}

int
control_line_read(struct control_line *c, char *line, size_t n,
    const char **why)
{
	char *words[WORDS_MAX] = { NULL };
	unsigned n_words, i;

	line[n] = '\0';
	if (strlen(line) != n) {
		*why = "a NUL is in the request";
		return -1;
	}
	n_words = split_words(line, words);
	for (i = 0; i < n_words && i < WORDS_MAX; i++)
		if (decode_word(words[i]) != 0) {
			*why = "a percent sign must be followed by two hex "
			    "digits, which are not 00";
			return -1;
		}
	for (i = 0; i < N_VERBS; i++)
		if (n_words > 0 && strcmp(words[0], verbs[i].name) == 0)
			break;
	if (i == N_VERBS) {
		*why = "there is no such request";
		return -1;
	}
	if (n_words - 1 < verbs[i].least || n_words - 1 > verbs[i].most) {
		*why = verbs[i].usage;
		return -1;
	}
	c->verb = (enum control_verb)i;
	c->first = words[1];
	c->second = words[2];
	return 0;
}

void
control_line_add(struct text *t, const char *word)
{
	text_add(t, " ");
	for (; *word != '\0'; word++)
		text_add(t, *word > ' ' && *word < 0x7f && *word != '%' ?
		    "%c" : "%%%02x", (unsigned char)*word);
}

bool
control_verb_is_command(enum control_verb verb)
{
	return verbs[verb].command;
}
