/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit doctor: says at which step a tunnel fails, and what to do.
 *
 * NOTES.  The exit status is that of the step that fails, DOCTOR_STATUS and its
 * number; 2 where the command line or the file is wrong, 1 where the system
 * refuses what no tunnel can do without.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/json_string.h"
#include "base/log.h"
#include "daemon/doctor.h"
#include "daemon/secret.h"
#include "daemon/setup.h"
#include "tunnel/tunnel.h"

enum {
	DOCTOR_STATUS = 10,	/* of the first step */
	DOCTOR_WIDTH = 79,	/* columns of a line of text */
	DOCTOR_INDENT = 14,	/* of remedies */
};

/* A command line, and what was found so far. */
struct consult {
	struct config config;	/* first; its plan is that of LEFT and RIGHT */
	const char *path;	/* of the file; NULL: the system's */
	bool json;
	bool verbose;		/* --verbosity was given */

	struct doctor *doctor;
	bool colour;		/* stdout is a terminal that has colours */
	unsigned n_tunnels;	/* that were looked at */
	unsigned n_steps;	/* of this one */
};

static const struct opt rows[] = {
	{ .name = OPT_WORDS("config", OPT_NONE, "FILE",
	  HELP("configuration file, not the system's")), .letter = 'c',
	  .type = OPT_TEXT, .at = offsetof(struct consult, path) },
	{ .name = OPT_WORDS("json", OPT_NONE, OPT_NONE, HELP("write JSON")),
	  .letter = 'j', .type = OPT_ON, .at = offsetof(struct consult, json) },
	{ .name = OPT_WORDS("verbosity", OPT_NONE, "LEVEL",
	  HELP("what is logged to stderr meanwhile")), .letter = 'v',
	  .type = OPT_CHOICE, .at = RUN_PROCESS + offsetof(struct
	  process_settings, log_level), .of.choices = process_levels },
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
consult_help(FILE *out)
{
	fputs("usage: adit doctor [OPTIONS] LEFT RIGHT\n"
	    HELP("       adit doctor [OPTIONS] [-c FILE] [TUNNEL]...\n"
	    "Goes through what a tunnel needs, step by step: clock, identity, "
	    "resolution,\ntcp, tls, dtls, target, path-mtu, listen; stops at "
	    "the step that fails and says\nwhat to do.  Without a name it "
	    "looks at each tunnel of the configuration file.\n"), out);
	opt_help(rows, out);
}

/*
 * Output
 */

/* Writes a string of JSON. */
static void
json_put(const char *text)
{
	const char *end = text + strlen(text);
	size_t n;

	putchar('"');
	for (; text < end; text += n) {
		n = json_utf8_len(text, end);
		if (n == 0) {
			fputs("\\ufffd", stdout);
			n = 1;
		} else if (*text == '"' || *text == '\\') {
			printf("\\%c", *text);
		} else if ((unsigned char)*text < ' ' || *text == 0x7f) {
			printf("\\u%04x", (unsigned char)*text);
		} else {
			fwrite(text, 1, n, stdout);
		}
	}
	putchar('"');
}

/* Writes words in lines, the first of which begins at a column; those after it
 * are indented. */
static void
text_put(const char *text, size_t column)
{
	size_t n;

	for (; *text != '\0'; text += n + strspn(text + n, " ")) {
		n = strcspn(text, " ");
		if (column > DOCTOR_INDENT && column + 1 + n > DOCTOR_WIDTH) {
			printf("\n%*s", DOCTOR_INDENT, "");
			column = DOCTOR_INDENT;
		} else if (column > DOCTOR_INDENT) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)n, text);
		column += n;
	}
	putchar('\n');
}

/* Writes the line of a step, and its remedy. */
static void
consult_put_text(const struct consult *c, const struct doctor_found *found)
{
	static const char *const colours[] = {
		[DOCTOR_OK] = "\x1b[32m", [DOCTOR_FAILED] = "\x1b[1;31m",
		[DOCTOR_SKIPPED] = "\x1b[2m",
	};
	char ms[24];

	snprintf(ms, sizeof(ms), "%llu.%llu ms",
	    (unsigned long long)found->time_us / 1000,
	    (unsigned long long)found->time_us / 100 % 10);
	printf("  %-11s %s%-7s%s %11s ", doctor_step_name(found->step),
	    c->colour ? colours[found->result] : "",
	    doctor_result_word(found->result), c->colour ? "\x1b[0m" : "", ms);
	text_put(found->text, 34);
	if (*found->remedy == '\0')
		return;
	printf("  what to do: ");
	text_put(found->remedy, DOCTOR_INDENT);
}

/* Writes a step as JSON. */
static void
consult_put_json(const struct consult *c, const struct doctor_found *found)
{
	printf("%s{\"step\":\"%s\",\"result\":\"%s\",\"time_us\":%llu,"
	    "\"text\":", c->n_steps == 0 ? "" : ",",
	    doctor_step_name(found->step), doctor_result_word(found->result),
	    (unsigned long long)found->time_us);
	json_put(found->text);
	fputs(",\"remedy\":", stdout);
	if (*found->remedy == '\0')
		fputs("null", stdout);
	else
		json_put(found->remedy);
	putchar('}');
}

/* A step is over. */
static void
consult_found(void *arg, const struct doctor_found *found)
{
	struct consult *c = arg;

	/* Faults of carriers are what the steps are about. */
	if (found->step == DOCTOR_IDENTITY && !c->verbose)
		log_set_level(LEVEL_FATAL);
	if (c->json)
		consult_put_json(c, found);
	else
		consult_put_text(c, found);
	fflush(stdout);
	c->n_steps++;
}

/* Writes kind and address of an end; its keys may be secret. */
static void
consult_put_end(const struct consult *c, const struct plan_end *e)
{
	size_t size = strlen(e->kind->name) + strlen(e->address) + 2;
	char *spec = xcalloc(size, 1);

	snprintf(spec, size, "%s:%s", e->kind->name, e->address);
	if (c->json)
		json_put(spec);
	else
		fputs(spec, stdout);
	free(spec);
}

/* Writes which tunnel is looked at; name NULL: that of the command line. */
static void
consult_put_head(const struct consult *c, const char *name,
    const struct plan *plan)
{
	if (c->json) {
		printf("%s{\"tunnel\":", c->n_tunnels == 0 ? "" : ",");
		if (name == NULL)
			fputs("null", stdout);
		else
			json_put(name);
		fputs(",\"left\":", stdout);
		consult_put_end(c, &plan->end[LEFT]);
		fputs(",\"right\":", stdout);
		consult_put_end(c, &plan->end[RIGHT]);
		fputs(",\"steps\":[", stdout);
		return;
	}
	if (name != NULL)
		printf("%stunnel %s: ", c->n_tunnels == 0 ? "" : "\n", name);
	consult_put_end(c, &plan->end[LEFT]);
	fputs(" to ", stdout);
	consult_put_end(c, &plan->end[RIGHT]);
	putchar('\n');
}

/*
 * Tunnels
 */

/* Looks at a tunnel; returns the exit status. */
static int
consult_tunnel(struct consult *c, const char *name, const struct plan *plan)
{
	enum doctor_step failed;

	log_set_level(c->verbose ?
	    (enum log_level)c->config.process.log_level : LEVEL_WARN);
	c->n_steps = 0;
	consult_put_head(c, name, plan);
	failed = doctor_run(c->doctor, plan, consult_found, c);
	c->n_tunnels++;
	if (c->json) {
		fputs("],\"failed\":", stdout);
		if (failed == DOCTOR_STEPS)
			fputs("null}", stdout);
		else
			printf("\"%s\"}", doctor_step_name(failed));
	}
	return failed == DOCTOR_STEPS ? 0 : DOCTOR_STATUS + (int)failed;
}

/* Begins the output. */
static void
consult_begin(const struct consult *c)
{
	if (c->json)
		fputs("{\"version\":1,\"tunnels\":[", stdout);
}

/* Looks at the two ends of the command line. */
static int
consult_ends(struct consult *c, const char *const *spec)
{
	struct plan *plan = &c->config.plan;
	struct fault f;

	if (plan_read_spec(plan, LEFT, spec[LEFT], &f) != 0 ||
	    plan_read_spec(plan, RIGHT, spec[RIGHT], &f) != 0 ||
	    plan_finish(plan, &f) != 0 || plan_check(plan, &f) != 0)
		run_usage(&cmd_doctor, f.text);
	consult_begin(c);
	return consult_tunnel(c, NULL, plan);
}

/* Looks at the tunnel of a section, unless that is faulty. */
static int
consult_section(struct consult *c, struct setup *s, struct setup_tunnel *t)
{
	struct secrets secrets = { NULL };
	struct fault f;
	int status = 2;

	if (!t->faulty && secrets_read(&secrets, &t->plan, &f) != 0)
		setup_refuse(s, t, &f);
	if (!t->faulty)
		status = consult_tunnel(c, t->section->name, &t->plan);
	secrets_free(&secrets);
	return status;
}

/* Is the tunnel among the n names, or are there none? */
static bool
names_have(const char *const *names, int n, const char *name)
{
	int i;

	for (i = 0; i < n && strcmp(names[i], name) != 0; i++)
		;
	return n == 0 || i < n;
}

/* Has the file tunnels of all these names?  Else ends the program. */
static void
names_check(const struct setup *s, const char *path,
    const char *const *names, int n)
{
	size_t at;
	int i;

	for (i = 0; i < n; i++) {
		for (at = 0; at < s->n_tunnels && strcmp(names[i],
		    s->tunnels[at].section->name) != 0; at++)
			;
		if (at == s->n_tunnels)
			die_usage("%s: there is no tunnel \"%.60s\"", path,
			    names[i]);
	}
}

/* Looks at tunnels of the file; returns the first status that is not 0. */
static int
consult_file(struct consult *c, struct setup *s, const char *const *names,
    int n)
{
	int status = 0, found;
	size_t i;

	for (i = 0; i < s->n_tunnels; i++) {
		if (!names_have(names, n, s->tunnels[i].section->name))
			continue;
		found = consult_section(c, s, &s->tunnels[i]);
		if (status == 0)
			status = found;
	}
	return s->n_tunnels == 0 || s->process_faulty ? 2 : status;
}

/* Reads the file, and looks at its tunnels. */
static int
consult_config(struct consult *c, const char *const *names, int n)
{
	struct setup s = { .n_tunnels = 0 };
	char *path = run_config_path(c->path);
	int status;

	(void)setup_read(&s, path);
	names_check(&s, path, names, n);
	consult_begin(c);
	status = consult_file(c, &s, names, n);
	run_print_faults("adit doctor", &s.conf.faults);
	setup_free(&s);
	free(path);
	return status;
}

/* May colours be written to stdout? */
static bool
consult_may_colour(void)
{
	const char *term = env_get("TERM"), *no = env_get("NO_COLOR");

	return stream_is_terminal(stdout) && term != NULL &&
	    strcmp(term, "dumb") != 0 && (no == NULL || *no == '\0');
}

/* Looks at what the command line says. */
static int
consult_run(struct consult *c, const char *const *words, int n)
{
	struct fault f;
	int status;

	c->colour = !c->json && consult_may_colour();
	c->doctor = doctor_new(&f);
	if (c->doctor == NULL)
		run_fault(&c->config, &f);
	if (n == 2 && c->path == NULL && strchr(words[0], ':') != NULL)
		status = consult_ends(c, words);
	else
		status = consult_config(c, words, n);
	if (c->json)
		fputs("]}\n", stdout);
	doctor_free(c->doctor);
	return status;
}

static int
consult_main(int argc, char **argv)
{
	const char **words = xcalloc((size_t)argc, sizeof(*words));
	struct consult c;
	int n, status;

	log_set_name("doctor");
	memset(&c, 0, sizeof(c));
	plan_init(&c.config.plan);
	c.config.plan.tunnel.idle_ms = PLAN_UNSET;
	c.config.process.log_level = -1;
	status = run_args(&cmd_doctor, rows, &c.config, argc, argv, words,
	    argc, &n);
	c.verbose = c.config.process.log_level >= 0;
	if (status < 0)
		status = consult_run(&c, words, n);
	plan_free(&c.config.plan);
	free(words);
	return status;
}

const struct cmd cmd_doctor = {
	"doctor", consult_main, "find out why a tunnel does not work",
	consult_help,
	rows, NULL
};
