/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit ctl: has a running process do something.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/control_client.h"
#include "cmd/run.h"

#include "base/log.h"
#include "base/opt.h"
#include "base/text.h"
#include "daemon/control_line.h"
#include "daemon/status_read.h"

enum { CTL_WORDS = 3 };		/* of a command, at most */

static const struct opt rows[] = {
	CONTROL_CLIENT_ROW(offsetof(struct control_client, named)),
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
ctl_help(FILE *out)
{
	fputs("usage: adit ctl [OPTIONS] reload\n"
	    HELP("       adit ctl [OPTIONS] reconnect [TUNNEL]\n"
	    "       adit ctl [OPTIONS] drop TUNNEL [PEER]\n"
	    "       adit ctl [OPTIONS] loglevel LEVEL\n"
	    "Has a running `adit run` or `adit tunnel` read its files again, "
	    "connect its\ntunnels anew, end the flows of a tunnel or of one "
	    "of its peers, or write more or\nless to its log.  The tunnel of "
	    "a command line is -.\n"), out);
	opt_help(rows, out);
}

/* Sends a command of n words; returns the exit status. */
static int
ctl_run(struct control_client *c, const char *const *words, int n)
{
	struct status_read answer = { .n = 0 };
	char line[CONTROL_LINE];
	struct text t;
	int i, result;

	text_init(&t, line, sizeof(line));
	for (i = 0; i < n; i++)
		control_line_add(&t, words[i]);
	if (t.room <= 1) {
		log_error("the command is too long");
		return 2;
	}
	result = control_client_open(c);
	if (result == 0)
		result = control_client_ask(c, line, &answer);
	if (result == 0)
		printf("%s: %s\n", words[0], answer.done);
	else
		log_error("%s", c->why);
	control_client_close(c);
	status_read_free(&answer);
	return result == 0 ? 0 : 1;
}

/* Is the word one of those that change something? */
static bool
ctl_is_command(const char *word)
{
	char line[CONTROL_LINE];
	struct control_line request;
	const char *why;

	/* With a word behind it each other command is complete. */
	snprintf(line, sizeof(line), "%.40s%s", word,
	    strcmp(word, "reload") == 0 ? "" : " -");
	return control_line_read(&request, line, strlen(line), &why) == 0 &&
	    control_verb_is_command(request.verb);
}

static int
ctl_main(int argc, char **argv)
{
	struct control_client client;
	const char *words[CTL_WORDS];
	struct opt_error error;
	int n = 0;

	log_set_name("adit ctl");
	memset(&client, 0, sizeof(client));
	client.fd = FD_NONE;
	switch (opt_args(rows, &client, argc, argv, words, CTL_WORDS, &n,
	    &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		ctl_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		die_usage("%s (`adit ctl --help` tells more)", error.text);
	}
	if (n == 0)
		die_usage("a command is expected (`adit ctl --help` lists "
		    "them)");
	if (!ctl_is_command(words[0]))
		die_usage("\"%s\": there is no such command (`adit ctl "
		    "--help` lists them)", words[0]);
	return ctl_run(&client, words, n);
}

/* The commands, for completion. */
static const char *const ctl_words[] = {
	"reload", "reconnect", "drop", "loglevel", NULL
};

const struct cmd cmd_ctl = {
	"ctl", ctl_main, "have a running process do something", ctl_help,
	rows, ctl_words
};
