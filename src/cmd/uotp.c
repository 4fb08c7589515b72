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
	{ .name = "bind-address", .letter = 'a', .type = OPT_TEXT,
	  .at = UOTP_AT(bind_host), .preset = "0.0.0.0", .arg = "HOST",
	  .help = HELP("address to listen on") },
	{ .name = "bind-port", .letter = 'p', .type = OPT_INT,
	  .at = UOTP_AT(bind_port), .preset = "8443", .min = 1, .max = 65535,
	  .arg = "PORT", .help = HELP("port to listen on") },
	{ .name = "no-tls", .type = OPT_OFF, .at = UOTP_AT(tls),
	  .help = HELP("plain TCP") },
	{ .name = "cert", .letter = 'c', .type = OPT_TEXT,
	  .at = LEFT_AT(cert), .arg = "FILE",
	  .help = HELP("certificate and chain (PEM)") },
	{ .name = "key", .letter = 'k', .type = OPT_TEXT,
	  .at = LEFT_AT(key), .arg = "FILE",
	  .help = HELP("its key (PEM)") },
	{ .name = "cafile", .letter = 'C', .type = OPT_TEXT,
	  .at = LEFT_AT(cafile), .arg = "FILE",
	  .help = HELP("require client certificates from these CAs") },
	{ .name = "max-flows", .type = OPT_INT,
	  .at = offsetof(struct uotp, config.plan.tunnel.max_flows),
	  .preset = "4096", .min = 1, .max = 1 << 20, .arg = "N",
	  .help = HELP("sessions at the same time") },
	{ .name = "source-share", .type = OPT_INT,
	  .at = offsetof(struct uotp, config.plan.tunnel.source_share),
	  .preset = "25", .min = 1, .max = 100, .arg = "PERCENT",
	  .help = HELP("of these for one address, when half are in use") },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static const struct opt client_rows[] = {
	{ .name = "bind-address", .letter = 'a', .type = OPT_TEXT,
	  .at = UOTP_AT(bind_host), .preset = "127.0.0.1", .arg = "HOST",
	  .help = HELP("UDP address to listen on") },
	{ .name = "bind-port", .letter = 'p', .type = OPT_INT,
	  .at = UOTP_AT(bind_port), .preset = "8911", .min = 1, .max = 65535,
	  .arg = "PORT", .help = HELP("UDP port to listen on") },
	{ .name = "expire", .letter = 'e', .type = OPT_MS,
	  .at = offsetof(struct uotp, config.plan.tunnel.idle_ms),
	  .preset = "120", .min = 1, .max = 0x7fffffff, .arg = "SECONDS",
	  .help = HELP("silence after which a session ends") },
	{ .name = "pool-size", .letter = 'n', .type = OPT_INT,
	  .at = RIGHT_AT(pool), .preset = "8", .min = 1, .max = 256,
	  .arg = "N", .help = HELP("connections for each session") },
	{ .name = "backoff", .letter = 'B', .type = OPT_MS,
	  .at = RIGHT_AT(backoff_ms), .preset = "5", .min = 1,
	  .max = 3600000, .arg = "SECONDS",
	  .help = HELP("longest pause before a new attempt") },
	{ .name = "timeout", .letter = 'w', .type = OPT_MS,
	  .at = RIGHT_AT(timeout_ms), .preset = "4", .min = 1,
	  .max = 3600000, .arg = "SECONDS",
	  .help = HELP("for look-up, connecting and TLS handshake") },
	{ .name = "mark", .letter = 'm', .type = OPT_OTHER,
	  .at = RIGHT_AT(mark), .arg = "NUMBER",
	  .help = HELP("Linux SO_MARK of the connections (0xca6c, ...)"),
	  .of.other = &uotp_mark_value },
	{ .name = "resolve-once", .letter = 'R', .type = OPT_ON,
	  .at = RIGHT_AT(resolve_once),
	  .help = HELP("look the server up at start only") },
	{ .name = "no-tls", .type = OPT_OFF, .at = UOTP_AT(tls),
	  .help = HELP("plain TCP") },
	{ .name = "cert", .letter = 'c', .type = OPT_TEXT,
	  .at = RIGHT_AT(cert), .arg = "FILE",
	  .help = HELP("client certificate (PEM)") },
	{ .name = "key", .letter = 'k', .type = OPT_TEXT,
	  .at = RIGHT_AT(key), .arg = "FILE",
	  .help = HELP("its key, if not in that file (PEM)") },
	{ .name = "cafile", .letter = 'C', .type = OPT_TEXT,
	  .at = RIGHT_AT(cafile), .arg = "FILE",
	  .help = HELP("trust these CAs, not the system's") },
	{ .name = "no-hostname-check", .type = OPT_ON,
	  .at = RIGHT_AT(no_name_check),
	  .help = HELP("accept any name; only with --cafile") },
	{ .name = "tls-servername", .type = OPT_OTHER,
	  .at = RIGHT_AT(tls_name), .arg = "NAME",
	  .help = HELP("name to expect in the certificate"),
	  .of.other = &uotp_name_value },
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
