/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Does what a request on the control socket says.
 */

#include "compat.h"

#include <string.h>

#include "daemon/control_run.h"

#include "base/json_out.h"
#include "base/log.h"
#include "base/value.h"
#include "daemon/control_line.h"
#include "daemon/process.h"
#include "daemon/reload.h"
#include "daemon/status_json.h"
#include "net/local.h"
#include "tunnel/tunnel.h"

enum { CONTROL_TEXT = 4096 };	/* bytes of what a reload says, at most */

/* Writes an object of one member besides the schema. */
static size_t
write_answer(char *out, const char *name, const char *value)
{
	struct json_out o;
	struct text t;

	text_init(&t, out, STATUS_JSON_PART);
	json_out_init(&o, &t);
	json_out_open(&o, NULL, '{');
	json_out_int(&o, "schema", STATUS_SCHEMA);
	json_out_string(&o, name, value);
	json_out_close(&o, '}');
	text_add(&t, "\n");
	return (size_t)(t.at - out);
}

size_t
control_run_error(char *out, const char *why)
{
	return write_answer(out, "error", why);
}

/* The number of the tunnel that a word names, SIZE_MAX: there is none.  "-" is
 * the tunnel of a command line. */
static size_t
named_tunnel(const struct process *p, const char *word)
{
	return status_find(p, strcmp(word, "-") == 0 ? "" : word);
}

/* The answer for a word that names no tunnel. */
static size_t
no_tunnel(const struct process *p, const char *word, char *out)
{
	char text[200];

	snprintf(text, sizeof(text), "there is no tunnel \"%.64s\"%s", word,
	    status_tunnels(p) == 1 && *status_name(p, 0) == '\0' ? ": that "
	    "of a command line is -" : "");
	return control_run_error(out, text);
}

/* reload */
static size_t
run_reload(struct process *p, char *out)
{
	struct faults faults = { .n = 0 };
	struct reload_counts c;
	char text[CONTROL_TEXT];
	struct text t;
	size_t i;

	text_init(&t, text, sizeof(text));
	if (reload_run(p, &faults, &c) == 0) {
		text_add(&t, "%u as before, %u changed, %u started again, %u "
		    "added, %u removed", c.same, c.renewed, c.restarted,
		    c.added, c.removed);
		faults_free(&faults);
		return write_answer(out, "done", text);
	}
	for (i = 0; i < faults.n; i++)
		text_add(&t, "%s%s", i == 0 ? "" : "; ", faults.at[i].text);
	faults_free(&faults);
	return control_run_error(out, text);
}

/* reconnect [TUNNEL] */
static size_t
run_reconnect(struct process *p, const char *word, char *out)
{
	size_t i = word == NULL ? 0 : named_tunnel(p, word);
	size_t end = word == NULL ? status_tunnels(p) : i + 1;
	struct tunnel *t;
	unsigned n = 0;
	char text[80];

	if (i == SIZE_MAX)
		return no_tunnel(p, word, out);
	for (; i < end; i++) {
		t = status_enter(p, i);
		if (t == NULL)
			continue;
		tunnel_reconnect(t);
		(void)loop_set_subject(p->loop, NULL);
		n++;
	}
	if (n == 0)
		return control_run_error(out, "it does not run");
	snprintf(text, sizeof(text), "%u tunnel%s", n, n == 1 ? "" : "s");
	return write_answer(out, "done", text);
}

/* drop TUNNEL [PEER], a tunnel that runs */
static size_t
drop_flows(struct tunnel *t, const char *peer, char *out)
{
	struct peer_known *known = NULL;
	unsigned long n;
	char text[80];

	if (peer != NULL) {
		known = peer_set_find(&t->peers, peer);
		if (known == NULL)
			return control_run_error(out, "there is no such peer: "
			    "write its verified name, or if it has none its "
			    "address without a port");
	}
	n = tunnel_drop(t, known);
	snprintf(text, sizeof(text), "%lu flow%s", n, n == 1 ? "" : "s");
	return write_answer(out, "done", text);
}

static size_t
run_drop(struct process *p, const struct control_line *c, char *out)
{
	size_t i = named_tunnel(p, c->first), n;
	struct tunnel *t;

	if (i == SIZE_MAX)
		return no_tunnel(p, c->first, out);
	t = status_enter(p, i);
	if (t == NULL)
		return control_run_error(out, "it does not run");
	n = drop_flows(t, c->second, out);
	(void)loop_set_subject(p->loop, NULL);
	return n;
}

/* loglevel LEVEL */
static size_t
run_loglevel(const char *word, char *out)
{
	unsigned i;

	for (i = LEVEL_ERROR; i <= LEVEL_TRACE; i++)
		if (strcmp(word, process_levels[i]) == 0)
			break;
	if (i > LEVEL_TRACE)
		return control_run_error(out, "the level is one of error, "
		    "warn, info, debug and trace");
	log_set_level((enum log_level)i);
	return write_answer(out, "done", word);
}

/* Begins a document about one tunnel, or its peers behind a cursor. */
static size_t
run_document(struct process *p, const struct control_line *c,
    struct status_json *doc, char *out)
{
	size_t i = c->first == NULL ? 0 : named_tunnel(p, c->first);
	int64_t cursor = 0;

	if (i == SIZE_MAX)
		return no_tunnel(p, c->first, out);
	if (c->verb == CONTROL_PEERS && (value_parse_int(c->second,
	    &cursor) != 0 || cursor < 0))
		return control_run_error(out, "the cursor is a number that "
		    "an answer had");
	if (c->first == NULL)
		status_json_all(doc, p);
	else if (c->verb == CONTROL_STATUS)
		status_json_one(doc, p, i);
	else
		status_json_peers(doc, p, i, (uint64_t)cursor);
	return status_json_next(doc, out);
}

/* Logs a command that was done, and by whom. */
static void
log_command(const struct control_line *c, const struct local_peer *peer)
{
	static const char *const words[] = {
		[CONTROL_RELOAD] = "reload",
		[CONTROL_RECONNECT] = "reconnect", [CONTROL_DROP] = "drop",
		[CONTROL_LOGLEVEL] = "loglevel",
	};

	log_info("control: %s%s%s%s%s (user %s)", words[c->verb],
	    c->first == NULL ? "" : " ", c->first == NULL ? "" : c->first,
	    c->second == NULL ? "" : " ", c->second == NULL ? "" : c->second,
	    peer->user);
}

size_t
control_run(struct process *p, const struct local_peer *peer,
    const struct control_line *c, struct status_json *doc, char *out)
{
	if (control_verb_is_command(c->verb)) {
		if (!peer->may_command)
			return control_run_error(out, "only root and the user "
			    "of the daemon may do that, and on Windows "
			    "administrators");
		log_command(c, peer);
	}
	switch (c->verb) {
	case CONTROL_STATUS:
	case CONTROL_PEERS:
		return run_document(p, c, doc, out);
	case CONTROL_RELOAD:
		return run_reload(p, out);
	case CONTROL_RECONNECT:
		return run_reconnect(p, c->first, out);
	case CONTROL_DROP:
		return run_drop(p, c, out);
	case CONTROL_LOGLEVEL:
		return run_loglevel(c->first, out);
	}
	return 0;
}
