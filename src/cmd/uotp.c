/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit uotp-server, adit uotp-client: the command lines of udp-over-tls-pool.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/fault.h"
#include "base/value.h"
#include "tunnel/ends.h"

/* A command line: settings of the ends, and others. */
struct uotp {
	struct config config;	/* first, so that rows of both fit */
	bool tls;		/* no --no-tls */
	const char *bind_host;	/* the address to listen on */
	int64_t bind_port;
};

#define LEFT_AT(member) \
	offsetof(struct uotp, config.plan.end[LEFT].settings.member)
#define RIGHT_AT(member) \
	offsetof(struct uotp, config.plan.end[RIGHT].settings.member)
#define UOTP_AT(member) offsetof(struct uotp, member)

/* Reads a mark: 32 bits, decimal or with 0x, 0o or 0b. */
static const char *
uotp_set_mark(void *member, const char *value)
{
	int64_t mark;

	if (value_parse_int(value, &mark) != 0 || mark < 0 ||
	    mark > 0xffffffff)
		return "is no 32-bit number, like 51820 or 0xca6c";
	*(int64_t *)member = mark;
	return NULL;
}

static const struct opt_other uotp_mark_value = { uotp_set_mark, NULL };

/* Keeps a name; refuses the empty one, with which nothing would be checked. */
static const char *
uotp_set_name(void *member, const char *value)
{
	if (*value == '\0')
		return "is empty; --no-hostname-check accepts any "
		    "name";
	*(const char **)member = value;
	return NULL;
}

static const struct opt_other uotp_name_value = { uotp_set_name, NULL };

static const struct opt server_rows[] = {
	{ .name = OPT_WORDS("bind-address", "0.0.0.0", "HOST",
	  HELP("address to listen on")), .letter = 'a', .type = OPT_TEXT,
	  .at = UOTP_AT(bind_host) },
	{ .name = OPT_WORDS("bind-port", "8443", "PORT",
	  HELP("port to listen on")), .letter = 'p', .type = OPT_INT,
	  .at = UOTP_AT(bind_port), .of.range = { 1, 65535 } },
	{ .name = OPT_WORDS("no-tls", OPT_NONE, OPT_NONE, HELP("plain TCP")),
	  .type = OPT_OFF, .at = UOTP_AT(tls) },
	{ .name = OPT_WORDS("cert", OPT_NONE, "FILE",
	  HELP("certificate and chain (PEM)")), .letter = 'c', .type = OPT_TEXT,
	  .at = LEFT_AT(cert) },
	{ .name = OPT_WORDS("key", OPT_NONE, "FILE", HELP("its key (PEM)")),
	  .letter = 'k', .type = OPT_TEXT, .at = LEFT_AT(key) },
	{ .name = OPT_WORDS("cafile", OPT_NONE, "FILE",
	  HELP("require client certificates from these CAs")), .letter = 'C',
	  .type = OPT_TEXT, .at = LEFT_AT(cafile) },
	{ .name = OPT_WORDS("max-flows", "4096", "N",
	  HELP("sessions at the same time")), .type = OPT_INT,
	  .at = offsetof(struct uotp, config.plan.tunnel.max_flows),
	  .of.range = { 1, 1 << 20 } },
	{ .name = OPT_WORDS("source-share", "25", "PERCENT",
	  HELP("of these for one address, when half are in use")),
	  .type = OPT_INT, .at = offsetof(struct uotp,
	  config.plan.tunnel.source_share), .of.range = { 1, 100 } },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static const struct opt client_rows[] = {
	{ .name = OPT_WORDS("bind-address", "127.0.0.1", "HOST",
	  HELP("UDP address to listen on")), .letter = 'a', .type = OPT_TEXT,
	  .at = UOTP_AT(bind_host) },
	{ .name = OPT_WORDS("bind-port", "8911", "PORT",
	  HELP("UDP port to listen on")), .letter = 'p', .type = OPT_INT,
	  .at = UOTP_AT(bind_port), .of.range = { 1, 65535 } },
	{ .name = OPT_WORDS("expire", "120", "SECONDS",
	  HELP("silence after which a session ends")), .letter = 'e',
	  .type = OPT_MS, .at = offsetof(struct uotp,
	  config.plan.tunnel.idle_ms), .of.range = { 1, 0x7fffffff } },
	{ .name = OPT_WORDS("pool-size", "8", "N",
	  HELP("connections for each session")), .letter = 'n', .type = OPT_INT,
	  .at = RIGHT_AT(pool), .of.range = { 1, 256 } },
	{ .name = OPT_WORDS("backoff", "5", "SECONDS",
	  HELP("longest pause before a new attempt")), .letter = 'B',
	  .type = OPT_MS, .at = RIGHT_AT(backoff_ms),
	  .of.range = { 1, 3600000 } },
	{ .name = OPT_WORDS("timeout", "4", "SECONDS",
	  HELP("for look-up, connecting and TLS handshake")), .letter = 'w',
	  .type = OPT_MS, .at = RIGHT_AT(timeout_ms),
	  .of.range = { 1, 3600000 } },
	{ .name = OPT_WORDS("mark", OPT_NONE, "NUMBER",
	  HELP("Linux SO_MARK of the connections (0xca6c, ...)")),
	  .letter = 'm', .type = OPT_OTHER, .at = RIGHT_AT(mark),
	  .of.other = &uotp_mark_value },
	{ .name = OPT_WORDS("resolve-once", OPT_NONE, OPT_NONE,
	  HELP("look the server up at start only")), .letter = 'R',
	  .type = OPT_ON, .at = RIGHT_AT(resolve_once) },
	{ .name = OPT_WORDS("no-tls", OPT_NONE, OPT_NONE, HELP("plain TCP")),
	  .type = OPT_OFF, .at = UOTP_AT(tls) },
	{ .name = OPT_WORDS("cert", OPT_NONE, "FILE",
	  HELP("client certificate (PEM)")), .letter = 'c', .type = OPT_TEXT,
	  .at = RIGHT_AT(cert) },
	{ .name = OPT_WORDS("key", OPT_NONE, "FILE",
	  HELP("its key, if not in that file (PEM)")), .letter = 'k',
	  .type = OPT_TEXT, .at = RIGHT_AT(key) },
	{ .name = OPT_WORDS("cafile", OPT_NONE, "FILE",
	  HELP("trust these CAs, not the system's")), .letter = 'C',
	  .type = OPT_TEXT, .at = RIGHT_AT(cafile) },
	{ .name = OPT_WORDS("no-hostname-check", OPT_NONE, OPT_NONE,
	  HELP("accept any name; only with --cafile")), .type = OPT_ON,
	  .at = RIGHT_AT(no_name_check) },
	{ .name = OPT_WORDS("tls-servername", OPT_NONE, "NAME",
	  HELP("name to expect in the certificate")), .type = OPT_OTHER,
	  .at = RIGHT_AT(tls_name), .of.other = &uotp_name_value },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
server_help(FILE *out)
{
	fprintf(out, "usage: %suotp-server [OPTIONS] HOST PORT | "
	    "HOST:PORT\n"
	    HELP("Accepts pools of TLS connections and passes their datagrams "
	    "to "
	    "a UDP target\nat that host and port.\n"), cmd_prefix);
	opt_help(server_rows, out);
}

static void
client_help(FILE *out)
{
	fprintf(out, "usage: %suotp-client [OPTIONS] HOST PORT | "
	    "HOST:PORT\n"
	    HELP("Receives UDP datagrams and passes them to the uotp-server at "
	    "that host and port\nover a pool of TLS connections.\n"),
	    cmd_prefix);
	opt_help(client_rows, out);
}

/* Reads the port after a host; 0, or -1 and the fault. */
static int
uotp_port(const char *text, uint16_t *port, struct fault *f)
{
	int64_t number;

	if (value_parse_int(text, &number) != 0 || number < 1 ||
	    number > 65535)
		return fault_user(f, NULL, "the second argument must be a "
		    "port from 1 to 65535");
	*port = (uint16_t)number;
	return 0;
}

/* Sets host and port of an end; 0, or -1 and the fault when the host is empty
 * or too long. */
static int
uotp_set_host(struct plan *plan, enum side side, const char *host,
    uint16_t port, struct fault *f)
{
	struct hostport at = { .port = port };

	if (*host == '\0' || strlcpy(at.host, host, sizeof(at.host)) >=
	    sizeof(at.host))
		return fault_user(f, NULL, "a host name is empty or too "
		    "long");
	plan_set_host(plan, side, &at);
	return 0;
}

/* Sets the end on the RIGHT from two arguments, a host and a port, or from one,
 * HOST:PORT; 0, or -1 and the fault. */
static int
uotp_set_right(struct plan *plan, const char *const *to, int n,
    struct fault *f)
{
	struct hostport at;
	const char *why;
	uint16_t port = 0;

	if (n == 2) {
		if (uotp_port(to[1], &port, f) != 0)
			return -1;
		return uotp_set_host(plan, RIGHT, to[0], port, f);
	}
	if (n != 1)
		return fault_user(f, NULL, "a host and a port are expected");
	if (hostport_parse(&at, to[0], 0, &why) != 0)
		return fault_user(f, NULL, "\"%.*s\": %s; a host and a port "
		    "are expected", HOST_TEXT, to[0], why);
	if (at.port == 0)
		return fault_user(f, NULL, "the port must be from 1 to "
		    "65535");
	return uotp_set_host(plan, RIGHT, at.host, at.port, f);
}

/* Sets both addresses, and the kind of one end, with or without TLS; 0, or -1
 * and the fault. */
static int
uotp_finish(struct uotp *u, enum side side, const char *with,
    const char *without, const char *const *words, int n, struct fault *f)
{
	struct plan_end *e = &u->config.plan.end[side];
	const struct settings *s = &e->settings;

	if (uotp_set_right(&u->config.plan, words, n, f) != 0 ||
	    uotp_set_host(&u->config.plan, LEFT, u->bind_host,
	    (uint16_t)u->bind_port, f) != 0)
		return -1;
	if (!u->tls && (s->cert != NULL || s->key != NULL ||
	    s->cafile != NULL))
		log_warn("--no-tls: certificates and keys are not used");
	e->kind = end_find(u->tls ? with : without);
	return e->kind != NULL ? 0 : fault_user(f, NULL, "this build has no "
	    "TLS; use --no-tls");
}

/* Without --no-tls there is TLS. */
static void
uotp_begin(void *line)
{
	struct uotp *u = line;

	u->tls = true;
}

static int
uotp_finish_server(void *line, const char *const *words, int n, struct fault *f)
{
	struct uotp *u = line;
	const struct settings *s = &u->config.plan.end[LEFT].settings;

	if (u->tls && (s->cert == NULL || s->key == NULL))
		return fault_user(f, NULL, "TLS needs --cert and --key (`adit "
		    "gencert` makes both), or give --no-tls");
	/* A session ends with its connections, after a grace period. */
	u->config.plan.tunnel.idle_ms = 0;
	return uotp_finish(u, LEFT, "tls-listen", "tcp-listen", words, n, f);
}

static int
uotp_finish_client(void *line, const char *const *words, int n, struct fault *f)
{
	struct uotp *u = line;
	const struct settings *s = &u->config.plan.end[RIGHT].settings;

	if (s->no_name_check && s->cafile == NULL)
		return fault_user(f, NULL, "--no-hostname-check is only safe "
		    "together with --cafile");
	if (s->no_name_check && s->tls_name != NULL)
		return fault_user(f, NULL, "--no-hostname-check and "
		    "--tls-servername exclude each other");
	return uotp_finish(u, RIGHT, "tls", "tcp", words, n, f);
}

/* The ends without TLS have all presets of those with TLS. */
const struct preset preset_uotp_server = {
	"uotp-server", server_rows, sizeof(struct uotp), &end_tcp_listen,
	&end_udp, uotp_begin, uotp_finish_server
};

const struct preset preset_uotp_client = {
	"uotp-client", client_rows, sizeof(struct uotp), &end_udp_listen,
	&end_tcp, uotp_begin, uotp_finish_client
};

static int
server_main(int argc, char **argv)
{
	static struct uotp u;

	return run_preset(&cmd_uotp_server, &preset_uotp_server, &u.config,
	    argc, argv, 2);
}

static int
client_main(int argc, char **argv)
{
	static struct uotp u;

	return run_preset(&cmd_uotp_client, &preset_uotp_client, &u.config,
	    argc, argv, 2);
}

const struct cmd cmd_uotp_server = {
	"uotp-server", server_main,
	"UDP over a pool of TLS connections: the server", server_help,
	server_rows, NULL
};

const struct cmd cmd_uotp_client = {
	"uotp-client", client_main,
	"UDP over a pool of TLS connections: the client", client_help,
	client_rows, NULL
};
