/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit status: what the tunnels of a running process do, and who is connected.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/control_client.h"
#include "cmd/run.h"
#include "cmd/status_screen.h"

#include "base/json_out.h"
#include "base/log.h"
#include "base/opt.h"
#include "daemon/status_json.h"
#include "daemon/status_read.h"

/* A command line. */
struct status_line {
	struct control_client client;	/* connected when it is needed */
	const char *tunnel;	/* only that one; NULL: all */
	bool json, watch;
	struct status_screen screen;
};

#define ROW_AT(member) offsetof(struct status_line, member)

static const struct opt rows[] = {
	CONTROL_CLIENT_ROW(ROW_AT(client.named)),
	{ .name = OPT_WORDS("json", OPT_NONE, OPT_NONE,
	  HELP("print JSON, adit-status(5)")), .letter = 'j', .type = OPT_ON,
	  .at = ROW_AT(json) },
	{ .name = OPT_WORDS("watch", OPT_NONE, OPT_NONE,
	  HELP("print it each second, with rates, until q is pressed")),
	  .letter = 'w', .type = OPT_ON, .at = ROW_AT(watch) },
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
status_help(FILE *out)
{
	fputs("usage: adit status [OPTIONS] [TUNNEL]\n"
	    HELP("Shows what the tunnels of a running `adit run` or `adit "
	    "tunnel` "
	    "do, and who is\nconnected to them; with TUNNEL all peers of that "
	    "one.\n"), out);
	opt_help(rows, out);
}

/* Writes what was added to a text, which is empty then. */
static void
flush_text(struct text *t, char buf[STATUS_JSON_PART])
{
	fwrite(buf, 1, (size_t)(t->at - buf), stdout);
	text_init(t, buf, STATUS_JSON_PART);
}

/* Prints a document as JSON. */
static void
print_json(const struct status_read *s)
{
	static char buf[STATUS_JSON_PART];
	struct json_out o;
	struct text t;
	size_t i, k;

	text_init(&t, buf, sizeof(buf));
	json_out_init(&o, &t);
	status_json_add_head(&o, &s->process);
	for (i = 0; i < s->n; i++) {
		status_json_add_tunnel(&o, &s->tunnels[i].tunnel,
		    s->process.now_s);
		flush_text(&t, buf);
		for (k = 0; k < s->tunnels[i].n; k++) {
			status_json_add_peer(&o, &s->tunnels[i].peers[k]);
			flush_text(&t, buf);
		}
		json_out_close(&o, ']');
		json_out_null(&o, "peers_next");
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	text_add(&t, "\n");
	flush_text(&t, buf);
}

/* Takes a snapshot.  All peers are read where all are shown.  0, or -1 and
 * why. */
static int
take_snapshot(struct status_line *l, struct status_read *s)
{
	if (l->client.fd == FD_NONE &&
	    control_client_open(&l->client) != 0)
		return -1;
	if (control_client_status(&l->client, l->tunnel,
	    l->json || l->tunnel != NULL, s) == 0)
		return 0;
	control_client_close(&l->client);
	return -1;
}

/* Prints a snapshot; false: nobody reads it any more. */
static bool
print_snapshot(struct status_line *l, struct status_read *s)
{
	if (l->json)
		print_json(s);
	else
		status_screen_draw(&l->screen, s, l->tunnel != NULL);
	return fflush(stdout) == 0;
}

/* Prints one. */
static int
print_once(struct status_line *l)
{
	struct status_read s = { .n = 0 };
	int result = take_snapshot(l, &s);

	if (result == 0)
		(void)print_snapshot(l, &s);
	else
		log_error("%s", l->client.why);
	status_read_free(&s);
	return result == 0 ? 0 : 1;
}

/* Prints one each second.  A process that has gone may come again. */
static int
print_always(struct status_line *l)
{
	struct status_read s;
	bool goes_on = true;

	if (print_once(l) != 0)
		return 1;
	status_screen_begin(&l->screen);
	while (goes_on && !status_screen_wait(&l->screen)) {
		memset(&s, 0, sizeof(s));
		if (take_snapshot(l, &s) == 0)
			goes_on = print_snapshot(l, &s);
		else if (!l->json)
			goes_on = status_screen_say(&l->screen,
			    l->client.why);
		status_read_free(&s);
	}
	status_screen_end(&l->screen);
	return 0;
}

static int
status_main(int argc, char **argv)
{
	struct status_line line;
	struct opt_error error;
	const char *word;
	int n = 0, status = 2;

	log_set_name("adit status");
	memset(&line, 0, sizeof(line));
	line.client.fd = FD_NONE;
	switch (opt_args(rows, &line, argc, argv, &word, 1, &n, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		status_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		die_usage("%s (`adit status --help` tells more)", error.text);
	}
	line.tunnel = n > 0 ? word : NULL;
	status_screen_init(&line.screen, line.watch && !line.json);
	status = line.watch ? print_always(&line) : print_once(&line);
	status_screen_free(&line.screen);
	control_client_close(&line.client);
	return status;
}

const struct cmd cmd_status = {
	"status", status_main, "show tunnels and who is connected", status_help,
	rows, NULL
};
