/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit udptunnel: the command line of udptunnel, a file of JSON.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "tunnel/ends.h"

enum {
	CONFIG_MAX = 1 << 20,	/* bytes of the file */
	CONFIG_PATH = 4096,	/* holds the name of a file */
	CONFIG_PORTS = 65536,	/* 0 to 65535 */
	CONFIG_PORTS_TEXT = CONFIG_PORTS / 2 * 6 + 1,	/* holds any list */
	CONFIG_HEARTBEAT_MAX = 86400,	/* seconds */
	DEVICE_MTU = 1300,
	DEVICE_BITS = 24,	/* prefix length of its network */
};

/* A command line, and the contents of its file. */
struct udptunnel {
	struct config config;	/* first */
	char log_file[CONFIG_PATH];	/* "": none */
	char device[64];	/* its name; "": the system's choice */
	char address[ADDR_TEXT], peer[ADDR_TEXT];	/* inner addresses */
	char network[HOST_TEXT + 16];	/* HOST:PORT */
	int64_t heartbeat_s;	/* interval */
	const char *magic;	/* of the plan; NULL: not given */
	bool *allowed;		/* by port, CONFIG_PORTS of them, while the
				 * file is read; then NULL */
	const char *ports;	/* the same as a text, of the plan */
	const char *path;	/* the file */
};

static const struct opt rows[] = {
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
udptunnel_help(FILE *out)
{
	fprintf(out, "usage: %sudptunnel CONFIG\n"
	    HELP("Carries the IPv4 packets of a TUN device between two hosts "
	    "in "
	    "UDP, if\ntheir TCP and UDP ports are allowed.  CONFIG is a file "
	    "of JSON:\n\n"
	    "  {\"TunnelAddress\": \"10.0.0.1\", \"NetworkAddress\": "
	    "\":8000\",\n   \"AllowedPorts\": [22]}\n\n"
	    "on the server; on the client\n\n"
	    "  {\"TunnelAddress\": \"10.0.0.2\", \"NetworkAddress\": "
	    "\"example.com:8000\",\n   \"AllowedPorts\": [22]}\n\n"
	    "Other keys: LogFile, TunnelDevice, TunnelPeerAddress, "
	    "HeartbeatInterval (30),\nPacketMagic.\n"), cmd_prefix);
	opt_help(rows, out);
}

/* Reads the list of ports. */
static void
config_read_ports(struct udptunnel *u, struct json *j)
{
	enum json_type type;
	int64_t port;

	if (j->type != JSON_ARRAY) {
		(void)json_fail(j, "a list of ports is wanted here, like "
		    "[22, 80]");
		return;
	}
	while ((type = json_next(j)) != JSON_ARRAY_END && type != JSON_BAD)
		if (json_int(j, 0, CONFIG_PORTS - 1, &port) == 0)
			u->allowed[port] = true;
}

/* Reads the secret, PacketMagic. */
static void
config_read_magic(struct udptunnel *u, struct json *j)
{
	size_t size = json_string_size(j);
	char *magic = xcalloc(size + 1, 1);

	if (json_string(j, magic, size + 1) == 0)
		u->magic = plan_keep(&u->config.plan, magic);
	explicit_bzero(magic, size + 1);
	free(magic);
}

/* Reads the value of a key; it is not null. */
static void
config_read_value(struct udptunnel *u, struct json *j, const char *key)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
		{ "LogFile", u->log_file, sizeof(u->log_file) },
		{ "TunnelDevice", u->device, sizeof(u->device) },
		{ "TunnelAddress", u->address, sizeof(u->address) },
		{ "TunnelPeerAddress", u->peer, sizeof(u->peer) },
		{ "NetworkAddress", u->network, sizeof(u->network) },
	};
	unsigned i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (text_same_nocase(key, texts[i].key)) {
			(void)json_string(j, texts[i].to, texts[i].size);
			return;
		}
	if (text_same_nocase(key, "AllowedPorts"))
		config_read_ports(u, j);
	else if (text_same_nocase(key, "HeartbeatInterval"))
		(void)json_int(j, 0, CONFIG_HEARTBEAT_MAX, &u->heartbeat_s);
	else if (text_same_nocase(key, "PacketMagic"))
		config_read_magic(u, j);
	else
		(void)json_skip(j);
}

/* Is the key known? */
static bool
config_knows(const char *key)
{
	static const char *const keys[] = {
		"LogFile", "TunnelDevice", "TunnelAddress",
		"TunnelPeerAddress", "NetworkAddress", "AllowedPorts",
		"HeartbeatInterval", "PacketMagic",
	};
	unsigned i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (text_same_nocase(key, keys[i]))
			return true;
	return false;
}

/* Fills in that the file is wrong; returns -1. */
static int PRINTF_LIKE(3, 4)
config_refuse(const struct udptunnel *u, struct fault *f, const char *fmt, ...)
{
	char why[FAULT_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fault_file(f, NULL, u->path, 0, "%s", why);
}

/* Reads the text of the file; 0, or -1 and the fault. */
static int
config_parse(struct udptunnel *u, const char *text, size_t len,
    struct fault *f)
{
	char key[64], shown[300];
	struct json j;
	struct text t;

	json_init(&j, text, len);
	if (json_next(&j) != JSON_OBJECT)
		(void)json_fail(&j, "an object is wanted here: {...}");
	while (json_next(&j) == JSON_KEY) {
		if (json_string_size(&j) > sizeof(key))
			key[0] = '\0';
		else
			(void)json_string(&j, key, sizeof(key));
		text_init(&t, shown, sizeof(shown));
		text_add_quoted(&t, key, strlen(key));
		if (!config_knows(key))
			log_warn("%s: line %lu: there is no setting \"%s\"",
			    u->path, j.token_line, shown);
		if (json_next(&j) != JSON_NULL && j.type != JSON_BAD)
			config_read_value(u, &j, key);
	}
	return json_end(&j) == 0 ? 0 : config_refuse(u, f, "%s", j.why);
}

/* Writes the ports in the format of settings: "22,8000-8010". */
static void
config_write_ports(struct udptunnel *u)
{
	char *ports = xcalloc(CONFIG_PORTS_TEXT, 1);
	unsigned low, high;
	struct text t;

	text_init(&t, ports, CONFIG_PORTS_TEXT);
	for (low = 0; low < CONFIG_PORTS; low = high + 1) {
		high = low;
		if (!u->allowed[low])
			continue;
		while (high + 1 < CONFIG_PORTS && u->allowed[high + 1])
			high++;
		text_add(&t, high > low ? "%s%u-%u" : "%s%u",
		    *ports == '\0' ? "" : ",", low, high);
	}
	u->ports = plan_keep(&u->config.plan, ports);
	free(ports);
}

/* Reads an inner address; 0, or -1 and the fault when the text is not one. */
static int
config_address(const struct udptunnel *u, const char *key, const char *text,
    struct addr *a, struct fault *f)
{
	if (addr_parse_ip(a, text) == 0 && a->family == 4)
		return 0;
	return config_refuse(u, f, "%s: \"%s\" is no IPv4 address, like "
	    "10.0.0.1", key, text);
}

/* Sets name and addresses of the device; 0, or -1 and the fault. */
static int
config_set_device(struct udptunnel *u, struct fault *f)
{
	struct plan *plan = &u->config.plan;
	struct settings *s = &plan->end[LEFT].settings;
	struct addr *own = &s->addresses.at[0], *peer = &s->peers.at[0];
	struct fault bad;

	if (*u->address == '\0')
		return config_refuse(u, f, "TunnelAddress is missing: the "
		    "inner address, like \"10.0.0.1\"");
	if (config_address(u, "TunnelAddress", u->address, own, f) != 0)
		return -1;
	s->addresses.prefix[0] = DEVICE_BITS;
	s->addresses.n = 1;
	if (*u->peer != '\0') {
		if (config_address(u, "TunnelPeerAddress", u->peer, peer,
		    f) != 0)
			return -1;
		if (addr_same(own, peer))
			return config_refuse(u, f, "TunnelAddress and "
			    "TunnelPeerAddress must not be the same");
		s->peers.prefix[0] = DEVICE_BITS;
		s->peers.n = 1;
	}
	if (plan_set_address(plan, LEFT, u->device, &bad) != 0)
		return config_refuse(u, f, "TunnelDevice: %s", bad.text);
	s->inner_mtu = DEVICE_MTU;
	s->mss = SETTINGS_OFF;
	s->keepalive_ms = 0;
	return 0;
}

/* Sets the network end; 0, or -1 and the fault when its address is wrong. */
static int
config_set_net(struct udptunnel *u, struct fault *f)
{
	struct plan *plan = &u->config.plan;
	struct settings *s = &plan->end[RIGHT].settings;
	struct hostport at;
	const char *why;

	if (hostport_parse(&at, u->network, 0, &why) != 0)
		return config_refuse(u, f, "NetworkAddress: \"%s\": %s; it is "
		    "HOST:PORT on a client, :PORT on a server", u->network,
		    why);
	if (at.port == 0)
		return config_refuse(u, f, "NetworkAddress: \"%s\": the port "
		    "is 0", u->network);
	plan_set_host(plan, RIGHT, &at);
	s->local.port = at.port;
	s->prefix = u->magic == NULL ? "" : u->magic;
	if (at.host[0] != '\0')
		s->heartbeat_ms = u->heartbeat_s * 1000;
	return 0;
}

/* Logs the whole configuration, without the secret. */
static void
udptunnel_opened(const struct config *c)
{
	const struct udptunnel *u = (const void *)c;

	log_info("configuration %s: LogFile \"%s\", TunnelDevice \"%s\", "
	    "TunnelAddress %s, TunnelPeerAddress \"%s\", NetworkAddress "
	    "\"%s\", HeartbeatInterval %lld, PacketMagic %s", u->path,
	    u->log_file, u->device, u->address, u->peer, u->network,
	    (long long)u->heartbeat_s, u->magic == NULL ||
	    *u->magic == '\0' ? "not set" : "set");
	log_info("AllowedPorts %s", u->ports);
	log_info("%s mode", *c->plan.end[RIGHT].settings.at.host == '\0' ?
	    "server" : "client");
}

/* Reads the file; 0, or -1 and the fault. */
static int
config_read(struct udptunnel *u, struct fault *f)
{
	const char *why;
	char *text;
	size_t len;
	int result;

	text = file_read(u->path, CONFIG_MAX, &len, &why);
	if (text == NULL)
		return config_refuse(u, f, "cannot read the configuration: "
		    "%s", why);
	result = config_parse(u, text, len, f);
	explicit_bzero(text, len);
	free(text);
	return result;
}

static int
udptunnel_finish(void *line, const char *const *words, int n,
    struct fault *f)
{
	struct udptunnel *u = line;
	struct config *c = &u->config;
	int result;

	if (n != 1)
		return fault_user(f, NULL, "one argument is expected: a file "
		    "of JSON");
	u->path = words[0];
	u->heartbeat_s = 30;
	u->allowed = xcalloc(CONFIG_PORTS, sizeof(*u->allowed));
	result = config_read(u, f);
	if (result == 0)
		config_write_ports(u);
	free(u->allowed);
	u->allowed = NULL;
	if (result != 0)
		return -1;
	if (config_set_device(u, f) != 0 || config_set_net(u, f) != 0)
		return -1;
	if (*u->ports == '\0')
		return config_refuse(u, f, "AllowedPorts is missing or empty: "
		    "nothing could pass");
	c->plan.tunnel.idle_ms = 0;
	c->plan.tunnel.allowed_ports = u->ports;
	c->plan.tunnel.packet_stats = true;
	c->process.log_level = LEVEL_INFO;
	c->process.logfile = *u->log_file == '\0' ? NULL : u->log_file;
	c->opened = udptunnel_opened;
	return 0;
}

const struct preset preset_udptunnel = {
	"udptunnel", rows, sizeof(struct udptunnel), &end_tun_left,
	&end_ip_udp, NULL, udptunnel_finish
};

static int
udptunnel_main(int argc, char **argv)
{
	static struct udptunnel u;
	struct opt_error error;
	const char *path;
	int n;

	die_usage_status(1);
	log_set_name("udptunnel");
	preset_begin(&preset_udptunnel, &u);
	switch (opt_args(rows, &u, argc, argv, &path, 1, &n, &error)) {
	case OPT_DONE:
		if (n == 1)
			break;
		/* FALLTHROUGH */
	case OPT_BAD:
		udptunnel_help(stderr);
		return 1;
	case OPT_DID_HELP:
		udptunnel_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	}
	run_finish(&cmd_udptunnel, &preset_udptunnel, &u.config, &path, 1);
	return run_tunnel("udptunnel", &u.config);
}

const struct cmd cmd_udptunnel = {
	"udptunnel", udptunnel_main,
	"IPv4 packets of a TUN device in UDP, for allowed ports",
	udptunnel_help, rows, NULL
};
