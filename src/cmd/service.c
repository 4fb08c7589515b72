/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit service: installs commands of this program as services of Windows, and
 * controls them.
 *
 * NOTES.  The service manager runs `adit service run NAME -- COMMAND...`, where
 * COMMAND... is what was given to `adit service install`.  The service runs in
 * the system's folder, so the path of a configuration file is made absolute
 * when it is installed; other paths are as they were given, since nothing here
 * knows which words are paths.
 */

#include "compat.h"

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/command_line.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/opt.h"
#include "daemon/secret.h"
#include "net/service.h"

enum {
	SERVICE_LINE = 32000,	/* bytes; Windows takes 32767 characters */
	SERVICE_STOPPED_STATUS = 3,	/* of `status`: it does not run */
	SERVICE_RUN_WORDS = 5,	/* service run NAME -- COMMAND */
};

struct service_line {
	const char *name;
	int64_t begin;		/* enum service_begin */
	const char *config;	/* NULL: words are what to run */
	const char **words;	/* all but the first, which is the verb */
	int n;
};

struct verb {
	const char *name;
	int (*run)(const struct service_line *);	/* the exit status */
};

static const char *const begins[] = { "auto", "delayed", "demand", NULL };

static const struct opt rows[] = {
	{ .name = OPT_WORDS("name", "adit", "NAME",
	  "name of the service, one of several"), .letter = 'n',
	  .type = OPT_TEXT, .at = offsetof(struct service_line, name) },
	{ .name = OPT_WORDS("start", "auto", "WHEN", "when it starts: auto "
	  "(with the machine), delayed (some minutes later), demand (by "
	  "command)"), .type = OPT_CHOICE, .at = offsetof(struct service_line,
	  begin), .of.choices = begins },
	{ .name = OPT_WORDS("config", OPT_NONE, "FILE",
	  "install `adit run` with this configuration file"), .letter = 'c',
	  .type = OPT_TEXT, .at = offsetof(struct service_line, config) },
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
service_help(FILE *out)
{
	fputs("usage: adit service install [OPTIONS] -c FILE\n"
	    "       adit service install [OPTIONS] -- COMMAND [ARGUMENT]...\n"
	    "       adit service start | stop | restart | reload | status | "
	    "uninstall\n"
	    "                    [--name NAME]\n"
	    "Installs a command of adit as a service of Windows, and controls "
	    "it.\n", out);
	opt_help(rows, out);
}

/* Ends the program for a fault. */
NORETURN static void
service_die(const struct fault *f)
{
	log_error("%s", f->text);
	die_status(f->kind == FAULT_USER ? 2 : 1);
}

/* About a part that this Windows has not got. */
static void
warn_missing(const char *what)
{
	log_warn("this Windows cannot give a service %s", what);
}

/* Dies of what must not be in the command line of a service. */
static void
check_word(const char *word)
{
	if (command_line_has_variable(word))
		die_usage("\"%s\": Windows replaces what is between two "
		    "percent signs: put it into a configuration file",
		    word);
	/* dtlspipe has the key in the next argument. */
	if (strstr(word, "psk=") != NULL || strcmp(word, "-psk") == 0 ||
	    strcmp(word, "--psk") == 0)
		die_usage("a key in the arguments of a service is shown to "
		    "every user: give it in a file (psk-file)");
	if (strstr(word, ",prefix=") != NULL)
		die_usage("a prefix in the arguments of a service is shown "
		    "to every user: put it into a configuration file");
}

/* Dies of a token of the status that every user could read there; next: the
 * argument behind it, or NULL. */
static void
check_token(const char *word, const char *next)
{
	const char *equals = strchr(word, '=');
	const char *value = equals != NULL ? equals + 1 : next;

	if (run_arg_is_token(word) && value != NULL &&
	    (!secret_is_reference(value) ||
	    strncmp(value, "text:", strlen("text:")) == 0))
		die_usage("a status-token in the arguments of a service is "
		    "shown to every user: give it as file:PATH");
}

/* Writes the command line of the service into memory that the caller frees. */
static char *
make_command(const struct service_line *line, const char *program)
{
	char *command = xcalloc(SERVICE_LINE, 1), *whole;
	struct text t;
	int i;

	text_init(&t, command, SERVICE_LINE);
	command_line_begin(&t, program);
	command_line_add(&t, "service");
	command_line_add(&t, "run");
	command_line_add(&t, line->name);
	command_line_add(&t, "--");
	if (line->config != NULL) {
		whole = path_absolute(line->config);
		if (whole == NULL)
			die_system("--config: \"%s\"", line->config);
		command_line_add(&t, "run");
		command_line_add(&t, "--config");
		command_line_add(&t, whole);
		free(whole);
	}
	for (i = 0; i < line->n; i++)
		command_line_add(&t, line->words[i]);
	if (t.room <= 1)
		die_usage("the arguments are too long for a service: put "
		    "them into a configuration file");
	if (command_line_has_variable(command))
		die_usage("Windows replaces what is between two percent "
		    "signs: put it into a configuration file");
	return command;
}

/* Dies unless the words are a command with arguments. */
static void
check_words(const struct service_line *line)
{
	const struct cmd *cmd;
	int i;

	if (line->config != NULL && line->n == 0)
		return;
	if (line->config != NULL)
		die_usage("-c FILE or -- COMMAND is expected, not both");
	if (line->n == 0)
		die_usage("what to run is expected: -c FILE or -- COMMAND");
	cmd = command_find(line->words[0], strlen(line->words[0]));
	if (cmd == NULL || cmd == &cmd_service)
		die_usage("\"%s\": no command that can be a service (`adit "
		    "help` lists the commands)", line->words[0]);
	for (i = 1; i < line->n; i++) {
		check_word(line->words[i]);
		check_token(line->words[i], i + 1 < line->n ?
		    line->words[i + 1] : NULL);
	}
}

static int
verb_install(const struct service_line *line)
{
	struct service_plan plan = {
		.name = line->name, .about = "Carries UDP datagrams through "
		"networks that block or slow them.",
		.begin = (enum service_begin)line->begin,
	};
	char title[OPT_SHOWN], *program, *command;
	struct fault f;

	check_words(line);
	program = service_program(&f);
	if (program == NULL || service_is_safe(program, &f) != 0)
		service_die(&f);
	command = make_command(line, program);
	if (strcmp(line->name, "adit") == 0)
		strlcpy(title, "Adit", sizeof(title));
	else
		snprintf(title, sizeof(title), "Adit (%s)", line->name);
	plan.title = title;
	plan.command = command;
	if (service_install(&plan, warn_missing, &f) != 0)
		service_die(&f);
	printf("service %s: installed: %s\n", line->name, command);
	free(program);
	free(command);
	return 0;
}

/* Dies of words behind one that needs none: a name, for example, without
 * --name. */
static void
check_no_words(const struct service_line *line)
{
	if (line->n > 0)
		die_usage("\"%s\": nothing is expected here (--name NAME "
		    "chooses a service)", line->words[0]);
}

/* Does something with a service that needs no more than its name, and says that
 * it was DONE. */
static int
run_simple(const struct service_line *line,
    int (*fn)(const char *, struct fault *), const char *done)
{
	struct fault f;

	check_no_words(line);
	if (fn(line->name, &f) != 0)
		service_die(&f);
	printf("service %s: %s\n", line->name, done);
	return 0;
}

static int
verb_uninstall(const struct service_line *line)
{
	return run_simple(line, service_uninstall, "uninstalled");
}

static int
verb_start(const struct service_line *line)
{
	return run_simple(line, service_start, "started");
}

static int
verb_stop(const struct service_line *line)
{
	return run_simple(line, service_stop, "stopped");
}

static int
verb_restart(const struct service_line *line)
{
	struct fault f;

	check_no_words(line);
	if (service_stop(line->name, &f) != 0)
		service_die(&f);
	return run_simple(line, service_start, "started");
}

static int
verb_reload(const struct service_line *line)
{
	return run_simple(line, service_reload, "reads its files again");
}

static int
verb_status(const struct service_line *line)
{
	struct service_facts facts;
	struct fault f;

	check_no_words(line);
	if (service_look(line->name, &facts, &f) != 0)
		service_die(&f);
	printf("service %s: %s", line->name, facts.state);
	if (facts.process != 0)
		printf(", process %lu", facts.process);
	if (facts.failed)
		printf(", ended with status %lu", facts.status);
	putchar('\n');
	return facts.runs ? 0 : SERVICE_STOPPED_STATUS;
}

static const struct verb verbs[] = {
	{ "install", verb_install },
	{ "reload", verb_reload },
	{ "restart", verb_restart },
	{ "start", verb_start },
	{ "status", verb_status },
	{ "stop", verb_stop },
	{ "uninstall", verb_uninstall },
	{ NULL, NULL }
};

/* For completion. */
static const char *const verb_names[] = {
	"install", "reload", "restart", "start", "status", "stop", "uninstall",
	NULL
};

/* The command line of a service that the service manager has started. */
struct service_words {
	int argc;
	char **argv;
};

/* In the service's thread. */
static int
run_command(void *arg)
{
	const struct service_words *words = arg;

	return command_run(words->argc, words->argv);
}

/* service run NAME -- COMMAND... */
static int
service_serve(int argc, char **argv)
{
	struct service_words words = {
		.argc = argc - (SERVICE_RUN_WORDS - 1),
		.argv = argv + SERVICE_RUN_WORDS - 1,
	};
	struct fault f;

	if (argc < SERVICE_RUN_WORDS || strcmp(argv[3], "--") != 0)
		die_usage("run is for the service manager only");
	if (service_run(argv[2], run_command, &words, &f) != 0)
		service_die(&f);
	return 0;
}

/* Reads and runs a command line with room for all of its words. */
static int
service_read(const char **words, int argc, char **argv)
{
	struct service_line line = { .n = 0 };
	struct opt_error error;
	const struct verb *verb;
	int n;

	opt_presets(rows, &line);
	switch (opt_args(rows, &line, argc, argv, words, argc, &n, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		service_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(&cmd_service, error.text);
	}
	if (n == 0)
		run_usage(&cmd_service, "what to do is expected");
	line.words = words + 1;
	line.n = n - 1;
	for (verb = verbs; verb->name != NULL; verb++)
		if (strcmp(verb->name, words[0]) == 0)
			return verb->run(&line);
	die_usage("\"%s\": there is no such thing to do (`adit service "
	    "--help` lists them)", words[0]);
}

static int
service_command(int argc, char **argv)
{
	const char **words;
	int status;

	log_set_name("adit service");
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return service_serve(argc, argv);
	words = xcalloc((size_t)argc, sizeof(*words));
	status = service_read(words, argc, argv);
	free(words);
	return status;
}

const struct cmd cmd_service = {
	"service", service_command, "install and control a service of Windows",
	service_help, rows, verb_names
};
