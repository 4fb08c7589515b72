/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit help: lists the commands, and describes a command or an end.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"

#include "base/log.h"
#include "base/opt.h"
#include "tunnel/tunnel.h"

enum { HELP_KIND = 32 };	/* holds the KIND of an end */

static void
help_overview(FILE *out)
{
	bool with_ping = false;
	unsigned i;

	fputs("usage: adit COMMAND [ARGUMENT]...\n"
	    HELP("Carries UDP datagrams through networks that block or slow "
	    "them.\n"
	    "\n"), out);
	for (i = 0; cmd_list[i] != NULL; i++) {
		if (cmd_list[i]->brief != NULL)
			fprintf(out, "  %-14s %s\n", cmd_list[i]->name,
			    cmd_list[i]->brief);
		if (strcmp(cmd_list[i]->name, "ping") == 0)
			with_ping = true;
	}
	fputs("\n"
	    "`adit help COMMAND` or `adit COMMAND --help` shows its options,\n"
	    "`adit help KIND` the keys of an end of a tunnel (tls, udp-listen, "
	    "...),\n`adit --version` the version; the manual is adit(8).\n",
	    out);
	if (with_ping)
		fputs(HELP("\nTry it:\n"
		    "  adit echo 127.0.0.1:7007 &\n"
		    "  adit tunnel udp-listen:127.0.0.1:8911 "
		    "udp:127.0.0.1:7007 &\n"
		    "  adit ping 127.0.0.1:8911\n"), out);
}

/* Prints the address, the sides and the keys of an end. */
static void
help_end(FILE *out, const struct end_ops *ops)
{
	const struct opt *row;
	const char *arg, *preset;

	fprintf(out, "%s:%s[,KEY=VALUE]...  (%s)\n%s\n\n", ops->name,
	    ops->device ? "[NAME]" : ops->any_host ? "[HOST]:PORT" :
	    "HOST:PORT", ops->side == RIGHT ? "RIGHT" :
	    end_find_side(ops->name, RIGHT) == NULL ? "LEFT" :
	    "LEFT or RIGHT", ops->brief);
	for (row = ops->options; row->name != NULL; row++) {
		arg = opt_arg(row);
		preset = opt_default(row);
		fprintf(out, "  %s%s%s\n      %s", row->name,
		    arg == NULL ? "" : "=", arg == NULL ? "" : arg,
		    opt_about(row));
		if (preset != NULL)
			fprintf(out, " (default: %s)", preset);
		fputc('\n', out);
	}
}

/* Prints the help on a topic; returns 0, or 2 when it is unknown. */
static int
help_topic(const char *topic)
{
	size_t len = strcspn(topic, ":");
	const struct end_ops *end;
	char kind[HELP_KIND];
	unsigned i;

	/* A colon selects the end where a command has the same name: uott. */
	strlcpy(kind, topic, len < sizeof(kind) ? len + 1 : sizeof(kind));
	end = end_find(kind);
	for (i = 0; topic[len] == '\0' && cmd_list[i] != NULL; i++) {
		if (strcmp(cmd_list[i]->name, topic) == 0) {
			cmd_list[i]->help(stdout);
			return 0;
		}
	}
	if (end != NULL) {
		help_end(stdout, end);
		return 0;
	}
	fprintf(stderr, "adit help: \"%s\": no such command or end; `adit "
	    "help` lists the commands, `adit tunnel --help` the ends\n",
	    topic);
	return 2;
}

static int
help_main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "--version") == 0 ||
	    strcmp(argv[1], "-V") == 0)) {
		puts("adit " ADIT_VERSION);
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "--help") != 0 &&
	    strcmp(argv[1], "-h") != 0)
		return help_topic(argv[1]);
	help_overview(stdout);
	return 0;
}

const struct cmd cmd_help = {
	"help", help_main, "show this, or describe a command or an end",
	help_overview,
	NULL, NULL
};
