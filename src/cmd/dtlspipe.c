/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit dtlspipe: the command line of dtlspipe, a program in Go.
 */

#include "compat.h"

#include "sock.h"

#include "cmd/cmd.h"
#include "cmd/genpsk.h"
#include "cmd/run.h"

#include "base/addrgroup.h"
#include "base/alloc.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/value.h"
#include "daemon/secret.h"
#include "tunnel/dtls_psk.h"
#include "tunnel/tunnel.h"
#include "wire/dtls.h"

enum {
	PIPE_IDLE_MS = 90000,	/* what an idle time of 0 means */
	PIPE_MTU = 1200,	/* what an mtu of 0 or less means */
	PIPE_MTU_MAX = 16384,
	PIPE_KEY_MAX = 64,	/* bytes of a key that genpsk prints */
	PIPE_ADDRESS = HOST_TEXT + 16,	/* holds HOST:PORT */
};

/* The environment variable that may contain the key. */
#define PIPE_ENV "DTLSPIPE_PSK"

/* A command line. */
struct pipe {
	struct config config;	/* first, so that rows of both fit */
	struct settings dtls;	/* of the end that speaks DTLS */
	const char *psk;	/* hex; NULL: none */
	bool cid, skip_verify;
	int64_t mtu;
	int64_t key_length;	/* bytes */
	const char *profile;	/* never written; NULL: not given */
};

#define PIPE_AT(member) offsetof(struct pipe, member)
#define DTLS_AT(member) offsetof(struct pipe, dtls.member)
#define TUNNEL_AT(member) offsetof(struct pipe, config.plan.tunnel.member)

/* Reads a duration above zero. */
static const char *
pipe_set_ms(void *member, const char *value)
{
	int64_t ms;

	if (value_parse_go_ms(value, &ms) != 0 || ms <= 0)
		return "is not a time above 0, like 10s or 1m30s";
	*(int64_t *)member = ms;
	return NULL;
}

static const struct opt_other pipe_ms_value = { pipe_set_ms, NULL };

/* Reads the idle time. */
static const char *
pipe_set_idle(void *member, const char *value)
{
	int64_t ms;

	if (value_parse_go_ms(value, &ms) != 0 || ms < 0)
		return "is not a time, like 30s or 15m";
	*(int64_t *)member = ms == 0 ? PIPE_IDLE_MS : ms;
	return NULL;
}

static const struct opt_other pipe_idle_value = { pipe_set_idle, NULL };

/* Reads a time, or a range of times. */
static const char *
pipe_set_span(void *member, const char *value)
{
	struct span *span = member;

	if (value_parse_ms_range(value, value_parse_go_ms, &span->low_ms,
	    &span->high_ms) != 0 || span->low_ms < 0)
		return "is not a time, like 10m, or a range, like 5m-10m";
	return NULL;
}

static const struct opt_other pipe_span_value = { pipe_set_span, NULL };

/* Reads COUNT/TIME; the empty text is no limit. */
static const char *
pipe_set_rate(void *member, const char *value)
{
	struct rate *rate = member;

	if (*value == '\0')
		rate->count = 0;
	else if (value_parse_rate(value, value_parse_go_ms, &rate->count,
	    &rate->window_ms) != 0)
		return "is not a number of sessions in a time, like 20/1m";
	return NULL;
}

static const struct opt_other pipe_rate_value = { pipe_set_rate, NULL };

/* Reads an integer. */
static const char *
pipe_set_int(void *member, const char *value)
{
	if (value_parse_go_int(value, member) != 0)
		return "is no integer";
	return NULL;
}

static const struct opt_other pipe_int_value = { pipe_set_int, NULL };

/* Checks names of suites, separated by colons, and keeps the text. */
static const char *
pipe_set_ciphers(void *member, const char *value)
{
	const char *p = value;
	size_t n;

	for (; *value != '\0'; p += n + 1) {
		n = strcspn(p, ":");
		if (dtls_suite_by_name(p, n) == NULL)
			return "has a name that the subcommand ciphers does "
			    "not list";
		if (p[n] == '\0')
			break;
	}
	*(const char **)member = value;
	return NULL;
}

static const struct opt_other pipe_ciphers_value = { pipe_set_ciphers, NULL };

/* Checks names of groups, separated by colons, and keeps the text. */
static const char *
pipe_set_curves(void *member, const char *value)
{
	const char *p = value;
	size_t n;

	for (; *value != '\0'; p += n + 1) {
		n = strcspn(p, ":");
		if (dtls_group_by_name(p, n) == NULL)
			return "has a name that the subcommand curves does "
			    "not list";
		if (p[n] == '\0')
			break;
	}
	*(const char **)member = value;
	return NULL;
}

static const struct opt_other pipe_curves_value = { pipe_set_curves, NULL };

static const char *const pipe_sides[] = {
	"both", "either", "left", "right", NULL
};

static const struct opt rows[] = {
	{ .name = OPT_WORDS("psk", OPT_NONE, "HEX",
	  HELP("the key (default: DTLSPIPE_PSK)")), .type = OPT_TEXT,
	  .at = PIPE_AT(psk), .secret = true },
	{ .name = OPT_WORDS("psk-file", OPT_NONE, "FILE",
	  HELP("lines of keys: IDENTITY:HEX, or HEX")), .type = OPT_TEXT,
	  .at = DTLS_AT(psk_file) },
	{ .name = OPT_WORDS("identity", OPT_NONE, "NAME",
	  HELP("identity that a client sends")), .type = OPT_TEXT,
	  .at = DTLS_AT(identity) },
	{ .name = OPT_WORDS("ciphers", OPT_NONE, "LIST",
	  HELP("suites, best first, separated by colons")), .type = OPT_OTHER,
	  .at = DTLS_AT(ciphers), .of.other = &pipe_ciphers_value },
	{ .name = OPT_WORDS("curves", OPT_NONE, "LIST",
	  HELP("curves, best first, separated by colons")), .type = OPT_OTHER,
	  .at = DTLS_AT(groups), .of.other = &pipe_curves_value },
	{ .name = OPT_WORDS("timeout", "10s", "TIME",
	  HELP("of look-up and handshake")), .type = OPT_OTHER,
	  .at = DTLS_AT(timeout_ms), .of.other = &pipe_ms_value },
	{ .name = OPT_WORDS("idle-time", "30s", "TIME",
	  HELP("silence that ends a session")), .type = OPT_OTHER,
	  .at = TUNNEL_AT(idle_ms), .of.other = &pipe_idle_value },
	{ .name = OPT_WORDS("stale-mode", "either", "SIDES",
	  HELP("whose silence")), .type = OPT_CHOICE, .at = TUNNEL_AT(stale),
	  .of.choices = pipe_sides },
	{ .name = OPT_WORDS("time-limit", "0s", "TIME[-TIME]",
	  HELP("age that ends it; 0s: none")), .type = OPT_OTHER,
	  .at = TUNNEL_AT(time_limit), .of.other = &pipe_span_value },
	{ .name = OPT_WORDS("rate-limit", "20/1m0s", "N/TIME",
	  HELP("new sessions per address")), .type = OPT_OTHER,
	  .at = TUNNEL_AT(rate_limit), .of.other = &pipe_rate_value },
	{ .name = OPT_WORDS("max-flows", "4096", "N",
	  HELP("sessions at the same time")), .type = OPT_INT,
	  .at = TUNNEL_AT(max_flows), .of.range = { 1, 1 << 20 } },
	{ .name = OPT_WORDS("mtu", "1400", "BYTES",
	  HELP("of a handshake datagram")), .type = OPT_OTHER,
	  .at = PIPE_AT(mtu), .of.other = &pipe_int_value },
	{ .name = OPT_WORDS("cid", "true", OPT_NONE,
	  HELP("use connection IDs")), .type = OPT_BOOL, .at = PIPE_AT(cid) },
	{ .name = OPT_WORDS("skip-hello-verify", "true", OPT_NONE,
	  HELP("demand cookies only under load")), .type = OPT_BOOL,
	  .at = PIPE_AT(skip_verify) },
	{ .name = OPT_WORDS("key-length", "16", "BYTES",
	  HELP("of genpsk's key")), .type = OPT_OTHER,
	  .at = PIPE_AT(key_length), .of.other = &pipe_int_value },
	{ .name = OPT_WORDS("cpuprofile", OPT_NONE, "FILE", OPT_NONE),
	  .type = OPT_TEXT, .at = PIPE_AT(profile) },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
pipe_help(FILE *out)
{
	fprintf(out, "usage: %sdtlspipe [OPTION]... SUBCOMMAND\n"
	    HELP("  server BIND REMOTE           accept DTLS, forward "
	    "datagrams\n"
	    "  client BIND REMOTE           forward datagrams to a server\n"
	    "  hoppingclient BIND GROUP...  to a server in "
	    "ITEM[,ITEM]...:PORT[-PORT];\n"
	    "                               ITEM: HOST, ADDRESS/BITS, "
	    "ADDRESS..ADDRESS\n"
	    "  genpsk | ciphers | curves | version\n"), cmd_prefix);
	opt_help_go(rows, out);
}

/* Gives the plan an end of that kind; 0, or -1 and the fault when this build
 * lacks it. */
static int
pipe_set_kind(struct pipe *p, enum side side, const char *kind,
    struct fault *f)
{
	const struct end_ops *end = end_find(kind);

	if (end == NULL)
		return fault_user(f, NULL, "this build has no end \"%s\"",
		    kind);
	plan_set_kind(&p->config.plan, side, end);
	return 0;
}

/* Finds the key; 0, or -1 and the fault when there is none. */
static int
pipe_find_psk(struct pipe *p, struct fault *f)
{
	uint8_t key[DTLS_PSK_MAX];
	enum dtls_psk_error error;
	size_t n;

	if (p->psk == NULL || *p->psk == '\0')
		return p->dtls.psk_file != NULL ? 0 : fault_user(f, NULL,
		    "can't get PSK: a key is needed: -psk-file FILE, or "
		    PIPE_ENV " in the environment, or -psk HEX");
	if (p->dtls.psk_file != NULL)
		return fault_user(f, NULL, "-psk and -psk-file exclude each "
		    "other");
	p->dtls.psk = p->psk;
	if (secret_is_reference(p->psk))
		return 0;
	error = dtls_psk_parse_hex(p->psk, strlen(p->psk), key, &n);
	explicit_bzero(key, sizeof(key));
	return error == PSK_OK ? 0 : fault_user(f, NULL, "can't get PSK: %s",
	    dtls_psk_strerror(error));
}

/* Reads HOST:PORT.  The port may have leading zeros; with service it may be the
 * name of a service.  Returns 0, or -1 and sets *why. */
static int
pipe_address(struct hostport *at, const char *text, bool service,
    const char **why)
{
	const char *colon = strrchr(text, ':'), *port;
	char plain[PIPE_ADDRESS];
	uint16_t number = 0;
	struct text t;

	if (colon == NULL || strchr(colon, ']') != NULL)
		return hostport_parse(at, text, 0, why);
	for (port = colon + 1; port[0] == '0' && port[1] != '\0'; port++)
		;
	if (service && port[strspn(port, "0123456789")] != '\0') {
		number = resolve_service(port);
		*why = "the port is neither a number nor a service's name";
		if (number == 0)
			return -1;
	}
	text_init(&t, plain, sizeof(plain));
	text_add(&t, "%.*s", (int)(colon - text), text);
	if (number != 0)
		text_add(&t, ":%u", (unsigned)number);
	else
		text_add(&t, ":%s", port);
	if (t.room <= 1) {
		*why = "it is too long";
		return -1;
	}
	return hostport_parse(at, plain, 0, why);
}

/* Fills in that an address is wrong; returns -1. */
static int
pipe_refuse(struct fault *f, const char *text, const char *why)
{
	return fault_user(f, NULL, "\"%.200s\": %s", text, why);
}

/* Reads the address of the remote side; no_host replaces an empty host, if it
 * is not NULL.  0, or -1 and the fault. */
static int
pipe_remote(struct plan *plan, const char *text, const char *no_host,
    struct fault *f)
{
	struct hostport at;
	const char *why;

	if (pipe_address(&at, text, true, &why) != 0)
		return pipe_refuse(f, text, why);
	if (at.host[0] == '\0' && no_host == NULL)
		return pipe_refuse(f, text, "a host is missing before the "
		    "port");
	if (at.host[0] == '\0')
		strlcpy(at.host, no_host, sizeof(at.host));
	if (at.port == 0)
		return pipe_refuse(f, text, "nothing can be sent to port 0");
	plan_set_host(plan, RIGHT, &at);
	return 0;
}

/* Removes the zone of an address that is not link-local, like ::1%lo. */
static void
pipe_drop_zone(char *host)
{
	char *zone = strchr(host, '%');
	struct addr a;

	if (zone == NULL)
		return;
	*zone = '\0';
	if (addr_parse_ip(&a, host) != 0 || a.family != 6 ||
	    addr_is_link_local(&a))
		*zone = '%';
}

/* Reads the address to listen on; 0, or -1 and the fault: to the original this
 * is no error of its command line. */
static int
pipe_bind(struct plan *plan, const char *text, struct fault *f)
{
	struct hostport at;
	const char *why;

	if (pipe_address(&at, text, false, &why) != 0)
		return fault_system(f, NULL, "cannot listen on \"%.200s\": %s",
		    text, why);
	pipe_drop_zone(at.host);
	/* Go listens on both families for either's wildcard address. */
	if (strcmp(at.host, "0.0.0.0") == 0 || strcmp(at.host, "::") == 0)
		at.host[0] = '\0';
	plan_set_host(plan, LEFT, &at);
	return 0;
}

/* Sets kind and settings of the DTLS end, but not its address; 0, or -1 and the
 * fault. */
static int
pipe_set_dtls(struct pipe *p, enum side side, const char *kind,
    struct fault *f)
{
	struct settings *s = &p->config.plan.end[side].settings;

	if (pipe_find_psk(p, f) != 0 || pipe_set_kind(p, side, kind, f) != 0)
		return -1;
	*s = p->dtls;
	s->no_cid = !p->cid;
	s->skip_verify = p->skip_verify;
	s->mtu = p->mtu <= 0 ? PIPE_MTU : p->mtu;
	if (s->mtu < DTLS_MTU_MIN)
		s->mtu = DTLS_MTU_MIN;
	if (s->mtu > PIPE_MTU_MAX)
		s->mtu = PIPE_MTU_MAX;
	return 0;
}

static int
pipe_server(struct pipe *p, const char *const *args, int n, struct fault *f)
{
	struct plan *plan = &p->config.plan;

	(void)n;
	if (pipe_set_dtls(p, LEFT, "dtls-listen", f) != 0 ||
	    pipe_set_kind(p, RIGHT, "udp", f) != 0 ||
	    pipe_bind(plan, args[0], f) != 0)
		return -1;
	return pipe_remote(plan, args[1], "127.0.0.1", f);
}

/* Sets the LEFT end of a client whose RIGHT end has its address already. */
static int
pipe_set_left(struct pipe *p, const char *bind, struct fault *f)
{
	if (pipe_set_kind(p, LEFT, "udp-listen", f) != 0)
		return -1;
	return pipe_bind(&p->config.plan, bind, f);
}

static int
pipe_client(struct pipe *p, const char *const *args, int n, struct fault *f)
{
	(void)n;
	if (pipe_set_dtls(p, RIGHT, "dtls", f) != 0 ||
	    pipe_remote(&p->config.plan, args[1], NULL, f) != 0)
		return -1;
	return pipe_set_left(p, args[0], f);
}

/* Writes groups as the address of an end: "{GROUP}+{GROUP}".  NULL and the
 * fault when one is wrong.  The caller frees the text. */
static char *
pipe_groups(const char *const *args, int n, struct fault *f)
{
	struct addrgroup *group = NULL;
	char why[GROUP_WHY], *groups;
	size_t size = 1;
	struct text t;
	int i, result = 0;

	for (i = 0; i < n && result == 0; i++) {
		if (group_add(&group, args[i], why) != 0)
			result = pipe_refuse(f, args[i], why);
		size += strlen(args[i]) + strlen("{}+");
	}
	group_free(group);
	if (result != 0)
		return NULL;
	groups = xcalloc(size, 1);
	text_init(&t, groups, size);
	for (i = 0; i < n; i++)
		text_add(&t, "%s{%s}", i > 0 ? "+" : "", args[i]);
	return groups;
}

static int
pipe_hopping(struct pipe *p, const char *const *args, int n, struct fault *f)
{
	char *groups;
	int result;

	if (pipe_set_dtls(p, RIGHT, "dtls", f) != 0)
		return -1;
	groups = pipe_groups(args + 1, n - 1, f);
	if (groups == NULL)
		return -1;
	result = plan_set_address(&p->config.plan, RIGHT, groups, f);
	free(groups);
	return result != 0 ? -1 : pipe_set_left(p, args[0], f);
}

static int
pipe_genpsk(const struct pipe *p)
{
	if (p->key_length > PIPE_KEY_MAX) {
		log_error("key length is too big: %lld bytes; the maximum is "
		    "%d", (long long)p->key_length, PIPE_KEY_MAX);
		return 1;
	}
	if (p->key_length < 0)
		run_usage(&cmd_dtlspipe, "-key-length: must not be "
		    "negative");
	genpsk_print((size_t)p->key_length);
	return 0;
}

static int
pipe_ciphers(const struct pipe *p)
{
	unsigned i;

	(void)p;
	for (i = 0; i < DTLS_SUITES; i++)
		puts(dtls_suites[i].name);
	return 0;
}

static int
pipe_curves(const struct pipe *p)
{
	unsigned i;

	(void)p;
	for (i = 0; i < DTLS_GROUPS; i++)
		puts(dtls_groups[i].name);
	return 0;
}

static int
pipe_version(const struct pipe *p)
{
	(void)p;
	puts("v1.8.3 (adit " ADIT_VERSION ")");
	return 0;
}

/* The subcommands: those that make a plan, and those that print something. */
static const struct subcommand {
	const char *name;
	int min, max;		/* arguments */
	int (*plan)(struct pipe *, const char *const *args, int n,
	    struct fault *);	/* 0, or -1 and the fault; or NULL */
	int (*print)(const struct pipe *);	/* an exit status; or NULL */
} subcommands[] = {
	{ "server", 2, 2, pipe_server, NULL },
	{ "client", 2, 2, pipe_client, NULL },
	{ "hoppingclient", 2, INT_MAX, pipe_hopping, NULL },
	{ "genpsk", 0, 0, NULL, pipe_genpsk },
	{ "ciphers", 0, 0, NULL, pipe_ciphers },
	{ "curves", 0, 0, NULL, pipe_curves },
	{ "version", 0, 0, NULL, pipe_version },
};

/* Finds a subcommand, its name being words[0], that has the arguments that it
 * needs; NULL and the fault. */
static const struct subcommand *
pipe_find(const char *const *words, int n, struct fault *f)
{
	const struct subcommand *sub;
	unsigned i;

	for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		sub = &subcommands[i];
		if (strcmp(words[0], sub->name) != 0)
			continue;
		if (n - 1 >= sub->min && n - 1 <= sub->max)
			return sub;
		(void)fault_user(f, NULL, "%s: %d arguments%s are expected "
		    "after it; options come before it", sub->name, sub->min,
		    sub->max == INT_MAX ? " or more" : "");
		return NULL;
	}
	(void)fault_user(f, NULL, "\"%.40s\": no such subcommand", words[0]);
	return NULL;
}

static int
pipe_finish(void *line, const char *const *words, int n, struct fault *f)
{
	const struct subcommand *sub;

	if (n == 0)
		return fault_user(f, NULL, "the arguments are missing: client "
		    "or server, the address to listen on, and that of the "
		    "other side");
	sub = pipe_find(words, n, f);
	if (sub == NULL)
		return -1;
	if (sub->plan == NULL)
		return fault_user(f, NULL, "%s makes no tunnel", sub->name);
	return sub->plan(line, words + 1, n - 1, f);
}

/* Sets the defaults that the options do not. */
static void
pipe_begin(void *line)
{
	struct pipe *p = line;

	p->dtls.mark = -1;
	opt_presets(settings_dtls_listen, &p->dtls);
}

const struct preset preset_dtlspipe = {
	"dtlspipe", rows, sizeof(struct pipe), NULL, NULL, pipe_begin,
	pipe_finish
};

/* Removes the key from the environment, and uses it if the command line has
 * none. */
static void
pipe_read_env(struct pipe *p)
{
	const char *value = env_get(PIPE_ENV);

	if (value == NULL)
		return;
	if (p->dtls.psk_file == NULL && (p->psk == NULL || *p->psk == '\0'))
		p->psk = plan_keep(&p->config.plan, value);
	env_forget(PIPE_ENV);
}

/* Runs the subcommand of a command line; returns its exit status. */
static int
pipe_run(struct pipe *p, int argc, char **argv)
{
	const char *const *words = (const char *const *)argv;
	const struct subcommand *sub;
	struct fault f;

	if (argc == 0) {
		pipe_help(stderr);
		return 2;
	}
	sub = pipe_find(words, argc, &f);
	if (sub == NULL)
		run_usage(&cmd_dtlspipe, f.text);
	if (sub->print != NULL)
		return sub->print(p);
	run_finish(&cmd_dtlspipe, &preset_dtlspipe, &p->config, words, argc);
	return run_tunnel("dtlspipe", &p->config);
}

static int
pipe_main(int argc, char **argv)
{
	static struct pipe p;
	struct opt_error error;
	enum opt_result result;
	int rest, status;

	log_set_name("dtlspipe");
	preset_begin(&preset_dtlspipe, &p);
	p.config.rows = rows;
	p.config.dashes = "-";
	run_keep_args(&p.config, argc, argv);
	result = opt_args_go(rows, &p, argc, argv, &rest, &error);
	pipe_read_env(&p);
	switch (result) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		pipe_help(stderr);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(&cmd_dtlspipe, error.text);
	}
	if (p.profile != NULL)
		log_warn("-cpuprofile: no profile is written to \"%s\"",
		    p.profile);
	status = pipe_run(&p, argc - rest, argv + rest);
	plan_free(&p.config.plan);
	return status;
}

/* The names of the subcommands. */
static const char *const pipe_words[] = {
	"server", "client", "hoppingclient", "genpsk", "ciphers", "curves",
	"version", NULL
};

const struct cmd cmd_dtlspipe = {
	"dtlspipe", pipe_main, "UDP over DTLS with a pre-shared key",
	pipe_help,
	rows, pipe_words
};
