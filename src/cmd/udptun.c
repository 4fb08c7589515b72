/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit udptun: the command line of udptun.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/fault.h"
#include "base/text.h"
#include "tunnel/ends.h"

enum {
	UDPTUN_MTU = 65535,	/* the system fragments what is too long for
				 * the path, as it does for the original */
};

/* A command line. */
struct udptun {
	struct config config;	/* first, so that rows of both fit */
	const char *local_host;
	int64_t local_port;
	const char *remote_host;	/* NULL: none */
	int64_t remote_port;
	const char *interval;	/* seconds, as typed; NULL: not given */
};

/* The address that packets are received on, for udptun_ready(). */
static struct hostport udptun_local;

#define LINE_AT(member) offsetof(struct udptun, member)
#define LEFT_AT(member) \
	offsetof(struct udptun, config.plan.end[LEFT].settings.member)
#define RIGHT_AT(member) \
	offsetof(struct udptun, config.plan.end[RIGHT].settings.member)

static const struct opt rows[] = {
	{ .name = OPT_WORDS("local-address", "0.0.0.0", "ADDRESS",
	  HELP("address to receive packets on")), .letter = 'a',
	  .type = OPT_TEXT, .at = LINE_AT(local_host) },
	{ .name = OPT_WORDS("local-port", "7777", "PORT", HELP("its port")),
	  .letter = 'p', .type = OPT_INT, .at = LINE_AT(local_port),
	  .of.range = { 1, 65535 } },
	{ .name = OPT_WORDS("remote-address", OPT_NONE, "HOST",
	  HELP("send all packets there")), .letter = 'A', .type = OPT_TEXT,
	  .at = LINE_AT(remote_host) },
	{ .name = OPT_WORDS("remote-port", "7777", "PORT",
	  HELP("to that port")), .letter = 'P', .type = OPT_INT,
	  .at = LINE_AT(remote_port), .of.range = { 1, 65535 } },
	{ .name = OPT_WORDS("hosts-file", OPT_NONE, "FILE",
	  HELP("send by this map of hosts (JSON)")), .type = OPT_TEXT,
	  .at = RIGHT_AT(hosts_file) },
	{ .name = OPT_WORDS("hosts-url", OPT_NONE, "URL",
	  HELP("send by the map at this URL, http or https")), .type = OPT_TEXT,
	  .at = RIGHT_AT(hosts_url) },
	{ .name = OPT_WORDS("hosts-url-interval", OPT_NONE, "SECONDS",
	  HELP("between fetches (default: HOSTS_URL_INTERVAL, 300)")),
	  .type = OPT_TEXT, .at = LINE_AT(interval) },
	{ .name = OPT_WORDS("ca-file", OPT_NONE, "FILE",
	  HELP("trust these CAs (default: CA_FILE, the system's)")),
	  .type = OPT_TEXT, .at = RIGHT_AT(cafile) },
	{ .name = OPT_WORDS("ca-path", OPT_NONE, "FOLDER",
	  HELP("or those in its files (default: CA_PATH)")), .type = OPT_TEXT,
	  .at = RIGHT_AT(ca_path) },
	{ .name = OPT_WORDS("no-name-check", OPT_NONE, OPT_NONE,
	  HELP("accept any name in the server's certificate")), .type = OPT_ON,
	  .at = RIGHT_AT(no_name_check) },
	{ .name = OPT_WORDS("device", "tun%d", "NAME",
	  HELP("name of the TUN device")), .letter = 'd', .type = OPT_TEXT,
	  .at = LEFT_AT(device) },
	/* --daemon is new; without this row --d would be ambiguous. */
	{ .name = OPT_WORDS("d", OPT_NONE, "NAME", OPT_NONE), .type = OPT_TEXT,
	  .at = LEFT_AT(device) },
	RUN_LOG_ROWS,
	{ .name = OPT_WORDS("daemon", OPT_NONE, OPT_NONE,
	  HELP("run in the background")), .type = OPT_ON,
	  .at = PROCESS_AT(RUN_PROCESS, daemon.background) },
	RUN_MORE_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
udptun_help(FILE *out)
{
	fprintf(out, "usage: %sudptun [OPTIONS]\n"
	    HELP("Carries the IPv4 packets of a TUN device in UDP.\n"),
	    cmd_prefix);
	opt_help(rows, out);
}

/* Reads a default from the environment, unless the command line has a value. */
static void
udptun_env(struct plan *plan, const char **value, const char *name)
{
	const char *text = env_get(name);

	if (*value == NULL && text != NULL && *text != '\0')
		*value = plan_keep(plan, text);
}

/* Reads all defaults from the environment. */
static void
udptun_read_env(struct udptun *u)
{
	struct plan *plan = &u->config.plan;
	struct settings *right = &plan->end[RIGHT].settings;

	udptun_env(plan, &u->interval, "HOSTS_URL_INTERVAL");
	if (right->cafile == NULL && right->ca_path == NULL) {
		udptun_env(plan, &right->cafile, "CA_FILE");
		if (right->cafile == NULL)
			udptun_env(plan, &right->ca_path, "CA_PATH");
	}
}

/* Sets the interval of fetching; 0, or -1 and the fault. */
static int
udptun_set_interval(struct udptun *u, struct fault *f)
{
	struct fault bad;

	if (u->interval == NULL || plan_set(&u->config.plan, RIGHT,
	    "hosts-interval", u->interval, &bad) == 0)
		return 0;
	return fault_user(f, "hosts-url-interval", "--hosts-url-interval, or "
	    "HOSTS_URL_INTERVAL%s", bad.text + strcspn(bad.text, ":"));
}

/* 0 if there is exactly one source of hosts and the local address is one; else
 * -1 and the fault. */
static int
udptun_check(const struct udptun *u, struct fault *f)
{
	const struct settings *s = &u->config.plan.end[RIGHT].settings;
	struct addr literal;

	if ((u->remote_host != NULL) + (s->hosts_file != NULL) +
	    (s->hosts_url != NULL) != 1)
		return fault_user(f, NULL, "exactly one is needed of "
		    "--remote-address, --hosts-file and --hosts-url");
	if (addr_parse_ip(&literal, u->local_host) == 0)
		return 0;
	return fault_user(f, "local-address", "--local-address: \"%.60s\" is "
	    "no address, like 0.0.0.0", u->local_host);
}

/* Fills in a host and a port; 0, or -1 and the fault when the host is wrong. */
static int
udptun_host(struct hostport *at, const char *host, int64_t port,
    struct fault *f)
{
	if (*host == '\0' || strlcpy(at->host, host, sizeof(at->host)) >=
	    sizeof(at->host))
		return fault_user(f, NULL, "a host name is empty or too "
		    "long");
	at->port = (uint16_t)port;
	return 0;
}

/* Prints what the original prints at its start. */
static void
udptun_ready(const struct tunnel *t)
{
	const char *name = text_after(t->end[LEFT]->name, "tun:");
	char text[HOST_TEXT + 16];

	printf("Created device %s\nStarted listening on %s\n",
	    name == NULL ? t->end[LEFT]->name : name,
	    hostport_text(&udptun_local, text));
	fflush(stdout);
}

/* Completes the plan with what the option rows do not set. */
static int
udptun_finish(void *line, const char *const *words, int n, struct fault *f)
{
	struct udptun *u = line;
	struct plan *plan = &u->config.plan;
	struct settings *left = &plan->end[LEFT].settings;
	struct settings *right = &plan->end[RIGHT].settings;
	struct hostport at = { .port = 0 };

	(void)words;
	if (n > 0)
		return fault_user(f, NULL, "only options are expected");
	if (udptun_set_interval(u, f) != 0 || udptun_check(u, f) != 0 ||
	    udptun_host(&right->local, u->local_host, u->local_port, f) != 0)
		return -1;
	if (u->remote_host != NULL &&
	    udptun_host(&at, u->remote_host, u->remote_port, f) != 0)
		return -1;
	if (plan_set_address(plan, LEFT, left->device, f) != 0 ||
	    plan_set_address(plan, RIGHT, "", f) != 0)
		return -1;
	if (u->remote_host != NULL)
		plan_set_host(plan, RIGHT, &at);
	right->no_ip6 = true;
	right->path_mtu = UDPTUN_MTU;
	left->leave_down = true;
	left->mss = SETTINGS_OFF;
	left->keepalive_ms = 0;
	plan->tunnel.idle_ms = 0;
	return 0;
}

const struct preset preset_udptun = {
	"udptun", rows, sizeof(struct udptun), &end_tun_left, &end_ip_udp,
	NULL, udptun_finish
};

static int
udptun_main(int argc, char **argv)
{
	static struct udptun u;
	int n, status;

	die_usage_status(1);
	log_set_name("udptun");
	preset_begin(&preset_udptun, &u);
	status = run_args(&cmd_udptun, rows, &u.config, argc, argv, NULL, 0,
	    &n);
	if (status >= 0)
		return status;
	udptun_read_env(&u);
	run_finish(&cmd_udptun, &preset_udptun, &u.config, NULL, 0);
	udptun_local = u.config.plan.end[RIGHT].settings.local;
	u.config.ready = udptun_ready;
	return run_tunnel("udptun", &u.config);
}

const struct cmd cmd_udptun = {
	"udptun", udptun_main, "IPv4 packets of a TUN device in UDP",
	udptun_help,
	rows, NULL
};
