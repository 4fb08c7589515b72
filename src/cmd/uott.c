/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit uott: the command line of uott.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/fault.h"
#include "tunnel/ends.h"

/* A command line. */
struct uott_line {
	struct config config;	/* first, so that rows of both fit */
	struct settings tcp;	/* of the end that speaks uott */
};

#define TCP_AT(member) offsetof(struct uott_line, tcp.member)
#define TUNNEL_AT(member) offsetof(struct uott_line, config.plan.tunnel.member)

static const struct opt rows[] = {
	{ .name = "idle", .letter = 'e', .type = OPT_MS,
	  .at = TUNNEL_AT(idle_ms), .preset = "120", .min = 0,
	  .max = 0x7fffffff, .arg = "SECONDS",
	  .help = "silence after which a flow ends; 0: never" },
	{ .name = "max-flows", .type = OPT_INT, .at = TUNNEL_AT(max_flows),
	  .preset = "4096", .min = 1, .max = 1 << 20, .arg = "N",
	  .help = "flows at the same time" },
	{ .name = "tls", .letter = 't', .type = OPT_ON, .at = TCP_AT(tls),
	  .help = "use TLS; the other side must, too" },
	{ .name = "cert", .letter = 'c', .type = OPT_TEXT, .at = TCP_AT(cert),
	  .arg = "FILE", .help = "our certificate and its chain (PEM)" },
	{ .name = "key", .letter = 'k', .type = OPT_TEXT, .at = TCP_AT(key),
	  .arg = "FILE", .help = "its key (PEM), if not in that file" },
	{ .name = "cafile", .letter = 'C', .type = OPT_TEXT,
	  .at = TCP_AT(cafile), .arg = "FILE",
	  .help = "trusted CAs; proxy: require client certificates" },
	{ .name = "name", .type = OPT_TEXT, .at = TCP_AT(tls_name),
	  .arg = "NAME", .help = "client: name to expect in the certificate" },
	{ .name = "no-name-check", .type = OPT_ON,
	  .at = TCP_AT(no_name_check),
	  .help = "client: accept any name; only with --cafile" },
	{ .name = "mark", .letter = 'm', .type = OPT_INT, .at = TCP_AT(mark),
	  .max = 0xffffffff, .arg = "NUMBER",
	  .help = "client: Linux SO_MARK of the connection" },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
uott_help(FILE *out)
{
	fprintf(out, "usage: %suott [OPTIONS] proxy TCP-LISTEN-HOST:PORT "
	    "UDP-REMOTE-HOST:PORT\n"
	    "       %suott [OPTIONS] client UDP-LISTEN-HOST:PORT "
	    "TCP-PROXY-HOST:PORT\n"
	    "Carries UDP datagrams of many sources over one TCP "
	    "connection.\n", cmd_prefix, cmd_prefix);
	opt_help(rows, out);
	fputs("`adit help uott:` describes the end of that name.\n",
	    out);
}

/* Reads HOST:PORT as the address of an end; ends the program when it is
 * wrong. */
static void
uott_endpoint(struct plan *plan, enum side side, const char *text)
{
	struct fault fault;

	if (plan_set_address(plan, side, text, &fault) != 0)
		run_usage(&cmd_uott, fault.text);
}

/* Ends the program when an option was given that is only for the client. */
static void
uott_check_proxy(const struct settings *s)
{
	const char *option = s->tls_name != NULL ? "--name" :
	    s->no_name_check ? "--no-name-check" :
	    s->mark >= 0 ? "--mark" : NULL;
	char why[80];

	if (option == NULL)
		return;
	snprintf(why, sizeof(why), "%s is for the client, not for the proxy",
	    option);
	run_usage(&cmd_uott, why);
}

/* Copies the settings of the command line to the uott end. */
static void
uott_take(struct settings *to, const struct settings *from)
{
	to->tls = from->tls;
	to->cert = from->cert;
	to->key = from->key;
	to->cafile = from->cafile;
	to->tls_name = from->tls_name;
	to->no_name_check = from->no_name_check;
	to->mark = from->mark;
}

static int
uott_main(int argc, char **argv)
{
	struct uott_line u;
	struct plan *plan;
	const char *word[3];
	bool proxy;
	int n, status;

	log_set_name("uott");
	memset(&u, 0, sizeof(u));
	run_presets(&u.config, NULL, NULL);
	opt_presets(rows, &u);
	u.tcp.mark = -1;
	status = run_args(&cmd_uott, rows, &u.config, argc, argv, word, 3,
	    &n);
	if (status >= 0)
		return status;
	proxy = n > 0 && strcmp(word[0], "proxy") == 0;
	if (n > 0 && !proxy && strcmp(word[0], "client") != 0)
		run_usage(&cmd_uott, "the first argument must be proxy or "
		    "client");
	if (n != 3)
		run_usage(&cmd_uott, "three arguments are expected: proxy or "
		    "client, the address to listen on, and that of the other "
		    "side");
	if (proxy)
		uott_check_proxy(&u.tcp);
	plan = &u.config.plan;
	plan_set_kind(plan, LEFT, proxy ? &end_uott_listen : &end_udp_listen);
	plan_set_kind(plan, RIGHT, proxy ? &end_udp : &end_uott);
	uott_take(&plan->end[proxy ? LEFT : RIGHT].settings, &u.tcp);
	uott_endpoint(plan, LEFT, word[1]);
	uott_endpoint(plan, RIGHT, word[2]);
	return run_tunnel("uott", &u.config);
}

const struct cmd cmd_uott = {
	"uott", uott_main, "UDP over one TCP connection, as uott", uott_help
};
