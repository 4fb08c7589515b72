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
	{ .name = OPT_WORDS("idle", "120", "SECONDS",
	  HELP("silence after which a flow ends; 0: never")), .letter = 'e',
	  .type = OPT_MS, .at = TUNNEL_AT(idle_ms),
	  .of.range = { 0, 0x7fffffff } },
	{ .name = OPT_WORDS("max-flows", "4096", "N",
	  HELP("flows at the same time")), .type = OPT_INT,
	  .at = TUNNEL_AT(max_flows), .of.range = { 1, 1 << 20 } },
	{ .name = OPT_WORDS("tls", OPT_NONE, OPT_NONE,
	  HELP("use TLS; the other side must, too")), .letter = 't',
	  .type = OPT_ON, .at = TCP_AT(tls) },
	{ .name = OPT_WORDS("cert", OPT_NONE, "FILE",
	  HELP("our certificate and its chain (PEM)")), .letter = 'c',
	  .type = OPT_TEXT, .at = TCP_AT(cert) },
	{ .name = OPT_WORDS("key", OPT_NONE, "FILE",
	  HELP("its key (PEM), if not in that file")), .letter = 'k',
	  .type = OPT_TEXT, .at = TCP_AT(key) },
	{ .name = OPT_WORDS("cafile", OPT_NONE, "FILE",
	  HELP("trusted CAs; proxy: require client certificates")),
	  .letter = 'C', .type = OPT_TEXT, .at = TCP_AT(cafile) },
	{ .name = OPT_WORDS("name", OPT_NONE, "NAME",
	  HELP("client: name to expect in the certificate")), .type = OPT_TEXT,
	  .at = TCP_AT(tls_name) },
	{ .name = OPT_WORDS("no-name-check", OPT_NONE, OPT_NONE,
	  HELP("client: accept any name; only with --cafile")), .type = OPT_ON,
	  .at = TCP_AT(no_name_check) },
	{ .name = OPT_WORDS("mark", OPT_NONE, "NUMBER",
	  HELP("client: Linux SO_MARK of the connection")), .letter = 'm',
	  .type = OPT_INT, .at = TCP_AT(mark), .of.range = { 0, 0xffffffff } },
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
	    HELP("Carries UDP datagrams of many sources over one TCP "
	    "connection.\n"), cmd_prefix, cmd_prefix);
	opt_help(rows, out);
	fputs("`adit help uott:` describes the end of that name.\n",
	    out);
}

/* 0; -1 and the fault when an option was given that is only for the client. */
static int
uott_check_proxy(const struct settings *s, struct fault *f)
{
	const char *option = s->tls_name != NULL ? "--name" :
	    s->no_name_check ? "--no-name-check" :
	    s->mark >= 0 ? "--mark" : NULL;

	return option == NULL ? 0 : fault_user(f, NULL, "%s is for the "
	    "client, not for the proxy", option);
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

static void
uott_begin(void *line)
{
	struct uott_line *u = line;

	u->tcp.mark = -1;
}

static int
uott_finish(void *line, const char *const *words, int n, struct fault *f)
{
	struct uott_line *u = line;
	struct plan *plan = &u->config.plan;
	bool proxy = n > 0 && strcmp(words[0], "proxy") == 0;

	if (n > 0 && !proxy && strcmp(words[0], "client") != 0)
		return fault_user(f, NULL, "the first argument must be proxy "
		    "or client");
	if (n != 3)
		return fault_user(f, NULL, "three arguments are expected: "
		    "proxy or client, the address to listen on, and that of "
		    "the other side");
	if (proxy && uott_check_proxy(&u->tcp, f) != 0)
		return -1;
	plan_set_kind(plan, LEFT, proxy ? &end_uott_listen : &end_udp_listen);
	plan_set_kind(plan, RIGHT, proxy ? &end_udp : &end_uott);
	uott_take(&plan->end[proxy ? LEFT : RIGHT].settings, &u->tcp);
	if (plan_set_address(plan, LEFT, words[1], f) != 0)
		return -1;
	return plan_set_address(plan, RIGHT, words[2], f);
}

const struct preset preset_uott = {
	"uott", rows, sizeof(struct uott_line), NULL, NULL, uott_begin,
	uott_finish
};

static int
uott_main(int argc, char **argv)
{
	static struct uott_line u;

	return run_preset(&cmd_uott, &preset_uott, &u.config, argc, argv, 3);
}

static const char *const uott_words[] = { "proxy", "client", NULL };

const struct cmd cmd_uott = {
	"uott", uott_main, "UDP over one TCP connection, as uott", uott_help,
	rows, uott_words
};
