/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit tunnel: joins any LEFT end with any RIGHT end.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/addrgroup.h"
#include "base/alloc.h"

static const struct opt rows[] = {
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

/* The rows of this command: the tunnel's own, which point into the first
 * member of struct config, then the others. */
static struct opt *
native_rows(void)
{
	size_t n_tunnel = 0, n_rest = 0;
	struct opt *all;

	while (settings_tunnel[n_tunnel].name != NULL)
		n_tunnel++;
	while (rows[n_rest].name != NULL)
		n_rest++;
	all = xcalloc(n_tunnel + n_rest + 1, sizeof(*all));
	memcpy(all, settings_tunnel, n_tunnel * sizeof(*all));
	memcpy(all + n_tunnel, rows, n_rest * sizeof(*all));
	return all;
}

/* Lists the ends that stand on one side. */
static void
native_list_ends(FILE *out, enum side side)
{
	unsigned i;

	for (i = 0; end_list[i] != NULL; i++)
		if (end_list[i]->side == side)
			fprintf(out, "  %-12s %s\n", end_list[i]->name,
			    end_list[i]->brief);
}

static void
native_help(FILE *out)
{
	struct opt *all = native_rows();

	fputs("usage: adit tunnel [OPTIONS] LEFT RIGHT\n"
	    "Joins two ends, each KIND:HOST:PORT[,KEY=VALUE]... or, of a "
	    "device,\nKIND:[NAME][,KEY=VALUE]...\n"
	    "LEFT, where flows begin:\n", out);
	native_list_ends(out, LEFT);
	fputs("RIGHT, where they go:\n", out);
	native_list_ends(out, RIGHT);
	fputs("Options (`adit help KIND` shows the keys of an end):\n", out);
	opt_help(all, out);
	free(all);
}

/* Writes the words for a spec that is wrong, and ends the program. */
NORETURN static void
native_bad(const char *spec, const char *why)
{
	char text[700];

	snprintf(text, sizeof(text), "\"%s\": %s", spec, why);
	run_usage(&cmd_tunnel, text);
}

/* Reads the address of a spec: the name of a device, HOST:PORT or, on the
 * RIGHT, a group of endpoints, which lives as long as the program. */
static void
native_address(const char *spec, const char *at, const struct end_ops *ops,
    struct settings *s)
{
	struct addrgroup *group = NULL;
	char why[GROUP_WHY];
	const char *bad;

	if (ops->device) {
		s->device = at;
		return;
	}
	if (ops->bare && *at == '\0')
		return;
	if (ops->side == RIGHT && strpbrk(at, "{+") != NULL) {
		if (group_parse(&group, at, why) != 0)
			native_bad(spec, why);
		s->group = group;
		return;
	}
	if (hostport_parse(&s->at, at, 0, &bad) != 0)
		native_bad(spec, bad);
	if (s->at.host[0] == '\0' && !ops->any_host)
		native_bad(spec, "a host is missing before the port");
}

/* Reads KIND:ADDRESS,KEY=VALUE into settings, which then point into copy;
 * returns the end. */
static const struct end_ops *
native_spec(const char *spec, char *copy, enum side side, struct settings *s)
{
	const struct end_ops *ops;
	struct opt_error error;
	char *at, *keys;

	at = strchr(copy, ':');
	if (at == NULL)
		native_bad(spec, "an end is written KIND:HOST:PORT, for "
		    "example udp-listen:127.0.0.1:8911");
	*at++ = '\0';
	ops = end_find_side(copy, side);
	if (ops == NULL && end_find(copy) == NULL)
		native_bad(spec, "there is no end of this kind");
	if (ops == NULL)
		native_bad(spec, side == LEFT ?
		    "this end stands RIGHT; flows begin in LEFT, the first" :
		    "this end stands LEFT, the first of the two");
	opt_presets(ops->options, s);
	keys = at + (group_spec_end(at) - at);
	if (*keys == ',')
		*keys++ = '\0';
	native_address(spec, at, ops, s);
	if (*keys != '\0' && opt_spec(ops->options, s, keys, &error) != 0)
		native_bad(spec, error.text);
	return ops;
}

/* Overwrites the keys in a spec of the command line, which others see. */
static void
native_wipe(char *spec)
{
	char *key = spec;

	while ((key = strstr(key, ",psk=")) != NULL)
		for (key += 5; *key != '\0' && *key != ','; key++)
			*key = 'x';
}

static int
native_main(int argc, char **argv)
{
	const struct end_ops *left, *right;
	struct opt *all = native_rows();
	const char *spec[2];
	char *copy[2];
	struct config c;
	int64_t idle_ms;
	int n, status;

	log_set_name("adit");
	run_presets(&c, NULL, NULL);
	opt_presets(all, &c);
	idle_ms = c.tunnel.idle_ms;
	c.tunnel.idle_ms = -1;
	status = run_args(&cmd_tunnel, all, &c, argc, argv, spec, 2, &n);
	free(all);
	if (status >= 0)
		return status;
	if (n != 2)
		run_usage(&cmd_tunnel, "two ends are expected, LEFT and "
		    "RIGHT");
	for (n = 0; n < 2; n++)
		copy[n] = xstrdup(spec[n]);
	for (n = 1; n < argc; n++)
		native_wipe(argv[n]);
	left = native_spec(spec[0], copy[0], LEFT, &c.end[LEFT]);
	right = native_spec(spec[1], copy[1], RIGHT, &c.end[RIGHT]);
	/* What comes out of a device is not one conversation. */
	if (c.tunnel.idle_ms < 0)
		c.tunnel.idle_ms = left->device || right->device ? 0 : idle_ms;
	status = run_tunnel("adit", &c, left, right);
	group_free((struct addrgroup *)(uintptr_t)c.end[RIGHT].group);
	free(copy[0]);
	free(copy[1]);
	return status;
}

const struct cmd cmd_tunnel = {
	"tunnel", native_main, "join any two ends", native_help
};
