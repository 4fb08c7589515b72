/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The table of options of tunnels and ends, and the parsers of their values.
 */

#include "compat.h"

#include "tunnel/settings.h"

#include "base/value.h"
#include "tunnel/inspect.h"

#define AT(member) offsetof(struct settings, member)

/* What UDP sockets can be told. */
#define UDP_ROWS \
	{ "rcvbuf", 0, OPT_BYTES, AT(receive_buffer), "1M", 0, 1 << 30, \
	  "BYTES", "receive buffer of the socket; 0: the system's", \
	  NULL, NULL }, \
	{ "sndbuf", 0, OPT_BYTES, AT(send_buffer), "1M", 0, 1 << 30, \
	  "BYTES", "send buffer of the socket; 0: the system's", \
	  NULL, NULL }, \
	{ "no-offload", 0, OPT_ON, AT(no_offload), NULL, 0, 0, \
	  NULL, "leave the kernel's UDP_SEGMENT and UDP_GRO unused", \
	  NULL, NULL }

/* What outgoing sockets can be told. */
#define OUT_ROWS \
	{ "mark", 0, OPT_INT, AT(mark), "-1", -1, 0xffffffff, \
	  "NUMBER", "Linux SO_MARK of outgoing packets; -1: none", \
	  NULL, NULL }, \
	{ "resolve-once", 0, OPT_ON, AT(resolve_once), NULL, 0, 0, \
	  NULL, "look the host up at start only, IPv4 preferred", \
	  NULL, NULL }

/* What TCP sockets can be told. */
#define TCP_ROWS \
	{ "rcvbuf", 0, OPT_BYTES, AT(receive_buffer), "0", 0, 1 << 30, \
	  "BYTES", "receive buffer of a connection; 0: the system's", \
	  NULL, NULL }, \
	{ "sndbuf", 0, OPT_BYTES, AT(send_buffer), "0", 0, 1 << 30, \
	  "BYTES", "send buffer of a connection; 0: the system's", \
	  NULL, NULL }

/* The accepting side of a pool. */
#define POOL_LISTEN_ROWS \
	{ "grace", 0, OPT_MS, AT(grace_ms), "15", 0, 86400000, \
	  "SECONDS", "how long a session outlives its last connection", \
	  NULL, NULL }, \
	{ "identify", 0, OPT_MS, AT(identify_ms), "10", 100, 3600000, \
	  "SECONDS", "from accept to the session identifier", \
	  NULL, NULL }, \
	{ "max-pending", 0, OPT_INT, AT(max_pending), "256", 1, 65535, \
	  "N", "connections that have not identified themselves", \
	  NULL, NULL }, \
	{ "max-connections", 0, OPT_INT, AT(max_connections), "16384", 1, \
	  1 << 20, "N", "connections of all sessions together", \
	  NULL, NULL }

/* How a connection is made. */
#define DIAL_ROWS \
	{ "timeout", 0, OPT_MS, AT(timeout_ms), "4", 100, 600000, \
	  "SECONDS", "for look-up, connecting and handshake", NULL, NULL }, \
	{ "backoff", 0, OPT_MS, AT(backoff_ms), "5", 1, 3600000, \
	  "SECONDS", "longest pause before another attempt", NULL, NULL }

/* The dialling side of a pool. */
#define POOL_DIAL_ROWS \
	{ "pool", 0, OPT_INT, AT(pool), "8", 1, 256, \
	  "N", "connections for each flow", NULL, NULL }, \
	DIAL_ROWS

/* TLS credentials. */
#define CERT_ROWS \
	{ "cert", 0, OPT_TEXT, AT(cert), NULL, 0, 0, \
	  "FILE", "our certificate and its chain (PEM)", NULL, NULL }, \
	{ "key", 0, OPT_TEXT, AT(key), NULL, 0, 0, \
	  "FILE", "its key (PEM), if it is not in that file", NULL, NULL }

/* Whom a server trusts. */
#define CLIENT_CA_ROWS \
	{ "cafile", 0, OPT_TEXT, AT(cafile), NULL, 0, 0, \
	  "FILE", "require client certificates from these CAs (PEM)", \
	  NULL, NULL }

/* Whom a client trusts. */
#define SERVER_CA_ROWS \
	{ "cafile", 0, OPT_TEXT, AT(cafile), NULL, 0, 0, \
	  "FILE", "trust these CAs (PEM) in place of the system's", \
	  NULL, NULL }, \
	{ "name", 0, OPT_TEXT, AT(tls_name), NULL, 0, 0, \
	  "NAME", "name to expect in the server's certificate", \
	  NULL, NULL }, \
	{ "no-name-check", 0, OPT_ON, AT(no_name_check), NULL, 0, 0, \
	  NULL, "take any name in it; only together with cafile", \
	  NULL, NULL }

/* Both sides of uott. */
#define UOTT_ROWS \
	{ "tls", 0, OPT_ON, AT(tls), NULL, 0, 0, \
	  NULL, "inside TLS; the other end needs it, too", NULL, NULL }

/* The accepting side of uott and of udp2tcp. */
#define MUX_LISTEN_ROWS \
	{ "max-pending", 0, OPT_INT, AT(max_pending), "256", 1, 65535, \
	  "N", "connections that have had no flow so far", NULL, NULL }, \
	{ "max-connections", 0, OPT_INT, AT(max_connections), "16384", 1, \
	  1 << 20, "N", "connections in all", NULL, NULL }

/* Both sides of DTLS. */
#define DTLS_ROWS \
	{ "psk-file", 0, OPT_TEXT, AT(psk_file), NULL, 0, 0, \
	  "FILE", "keys, a line each: IDENTITY:HEXKEY, or HEXKEY", \
	  NULL, NULL }, \
	{ "psk", 0, OPT_TEXT, AT(psk), NULL, 0, 0, \
	  "HEX", "or the key itself; overwritten in `ps` at the start", \
	  NULL, NULL }, \
	{ "ciphers", 0, OPT_TEXT, AT(ciphers), NULL, 0, 0, \
	  "LIST", "cipher suites, best first, a colon between", \
	  NULL, NULL }, \
	{ "groups", 0, OPT_TEXT, AT(groups), NULL, 0, 0, \
	  "LIST", "groups for ECDHE, best first, a colon between", \
	  NULL, NULL }, \
	{ "no-cid", 0, OPT_ON, AT(no_cid), NULL, 0, 0, \
	  NULL, "no connection IDs: a client may not roam", NULL, NULL }, \
	{ "cbc-mac", 0, OPT_CHOICE, AT(cbc_mac), "auto", 0, 0, \
	  "KIND", "of CBC with connection IDs: auto, rfc or pion", \
	  mac_words, NULL }, \
	{ "old-master", 0, OPT_ON, AT(old_master), NULL, 0, 0, \
	  NULL, "take peers without extended master secret", NULL, NULL }, \
	{ "mtu", 0, OPT_INT, AT(mtu), "1400", 60, 16384, \
	  "BYTES", "of a handshake datagram, at most", NULL, NULL }, \
	{ "timeout", 0, OPT_MS, AT(timeout_ms), "10", 100, 600000, \
	  "SECONDS", "for look-up and handshake", NULL, NULL }

#define END_OF_ROWS \
	{ NULL, 0, OPT_ON, 0, NULL, 0, 0, NULL, NULL, NULL, NULL }

static const char *const mac_words[] = { "auto", "rfc", "pion", NULL };

const struct opt settings_udp_listen[] = {
	UDP_ROWS,
	END_OF_ROWS
};

const struct opt settings_udp[] = {
	UDP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

const struct opt settings_tcp_listen[] = {
	TCP_ROWS,
	POOL_LISTEN_ROWS,
	END_OF_ROWS
};

const struct opt settings_tcp[] = {
	POOL_DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

const struct opt settings_tls_listen[] = {
	CERT_ROWS,
	CLIENT_CA_ROWS,
	TCP_ROWS,
	POOL_LISTEN_ROWS,
	END_OF_ROWS
};

const struct opt settings_tls[] = {
	CERT_ROWS,
	SERVER_CA_ROWS,
	POOL_DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

const struct opt settings_uott_listen[] = {
	UOTT_ROWS,
	CERT_ROWS,
	CLIENT_CA_ROWS,
	{ "timeout", 0, OPT_MS, AT(timeout_ms), "10", 100, 600000,
	  "SECONDS", "from accept to the end of the TLS handshake",
	  NULL, NULL },
	MUX_LISTEN_ROWS,
	TCP_ROWS,
	END_OF_ROWS
};

const struct opt settings_uott[] = {
	UOTT_ROWS,
	CERT_ROWS,
	SERVER_CA_ROWS,
	DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

const struct opt settings_udp2tcp_listen[] = {
	{ "timeout", 0, OPT_MS, AT(timeout_ms), "10", 100, 600000,
	  "SECONDS", "from accept to the first datagram", NULL, NULL },
	MUX_LISTEN_ROWS,
	TCP_ROWS,
	END_OF_ROWS
};

const struct opt settings_udp2tcp[] = {
	DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

const struct opt settings_dtls_listen[] = {
	DTLS_ROWS,
	{ "skip-verify", 0, OPT_ON, AT(skip_verify), NULL, 0, 0,
	  NULL, "ask for a cookie under load only", NULL, NULL },
	{ "half-open", 0, OPT_INT, AT(half_open), "256", 8, 65535,
	  "N", "handshakes under way at the same time", NULL, NULL },
	UDP_ROWS,
	END_OF_ROWS
};

const struct opt settings_dtls[] = {
	DTLS_ROWS,
	{ "identity", 0, OPT_TEXT, AT(identity), NULL, 0, 0,
	  "NAME", "our identity; default: the file's only one", NULL, NULL },
	UDP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

/* Takes ADDRESS or ADDRESS/BITS, again and again. */
static const char *
settings_set_address(void *member, const char *value)
{
	struct addresses *all = member;
	int64_t bits, most;
	char text[ADDR_TEXT];
	const char *slash = strchr(value, '/');
	size_t n = slash == NULL ? strlen(value) : (size_t)(slash - value);
	struct addr a;

	if (n >= sizeof(text))
		return "is no address";
	memcpy(text, value, n);
	text[n] = '\0';
	if (addr_parse_ip(&a, text) != 0 || a.scope != 0)
		return "is no address, like 10.0.0.2/24 or fd00::2/64";
	bits = most = a.family == 4 ? 32 : 128;
	if (slash != NULL && (value_parse_int(slash + 1, &bits) != 0 ||
	    bits < 1 || bits > most))
		return "has no number of bits behind its slash, like "
		    "10.0.0.2/24";
	if (all->n == TUN_ADDRESSES)
		return "is one address too many; 8 are the most";
	all->prefix[all->n] = (int)bits;
	all->at[all->n++] = a;
	return NULL;
}

/* Takes an MTU, or auto. */
static const char *
settings_set_inner_mtu(void *member, const char *value)
{
	int64_t *mtu = member;

	if (strcmp(value, "auto") == 0)
		*mtu = SETTINGS_AUTO;
	else if (value_parse_int(value, mtu) != 0 || *mtu < TUN_MTU_MIN ||
	    *mtu > TUN_MTU_MAX)
		return "is no MTU from 68 to 65535, and not auto";
	return NULL;
}

/* Takes an MSS, auto, or off. */
static const char *
settings_set_mss(void *member, const char *value)
{
	int64_t *mss = member;

	if (strcmp(value, "auto") == 0)
		*mss = SETTINGS_AUTO;
	else if (strcmp(value, "off") == 0)
		*mss = SETTINGS_OFF;
	else if (value_parse_int(value, mss) != 0 || *mss < 28 ||
	    *mss > TUN_MTU_MAX)
		return "is no MSS from 28 to 65535, and neither auto nor off";
	return NULL;
}

const struct opt settings_tun[] = {
	{ "addr", 0, OPT_OTHER, AT(addresses), NULL, 0, 0,
	  "ADDRESS[/BITS]", "address of the device; may be given again",
	  NULL, settings_set_address },
	{ "peer", 0, OPT_OTHER, AT(peers), NULL, 0, 0,
	  "ADDRESS", "the other side, where the device is point to point",
	  NULL, settings_set_address },
	{ "mtu", 0, OPT_OTHER, AT(inner_mtu), NULL, 0, 0,
	  "BYTES", "of the device, or auto: what fits; default: auto for a "
	  "new one", NULL, settings_set_inner_mtu },
	{ "mss", 0, OPT_OTHER, AT(mss), "auto", 0, 0,
	  "BYTES", "most for TCP inside; auto: what fits; off",
	  NULL, settings_set_mss },
	{ "no-up", 0, OPT_ON, AT(leave_down), NULL, 0, 0,
	  NULL, "do not raise the device", NULL, NULL },
	{ "inner-file", 0, OPT_TEXT, AT(inner_file), NULL, 0, 0,
	  "FILE", "who may use which addresses: NAME PREFIX... (RIGHT only)",
	  NULL, NULL },
	END_OF_ROWS
};

/* Takes PORT, :PORT or HOST:PORT. */
static const char *
settings_set_local(void *member, const char *value)
{
	struct hostport at;
	const char *why;
	int64_t port;

	memset(&at, 0, sizeof(at));
	if (value_parse_int(value, &port) == 0 && port >= 0 && port <= 65535)
		at.port = (uint16_t)port;
	else if (hostport_parse(&at, value, 0, &why) != 0)
		return why;
	*(struct hostport *)member = at;
	return NULL;
}

const struct opt settings_ip_udp[] = {
	{ "local", 0, OPT_OTHER, AT(local), NULL, 0, 0,
	  "[HOST]:PORT", "where packets are received and sent from; default: "
	  ":7777", NULL, settings_set_local },
	{ "hosts-file", 0, OPT_TEXT, AT(hosts_file), NULL, 0, 0,
	  "FILE", "which host is to have the packets for an address (JSON)",
	  NULL, NULL },
	{ "hosts-url", 0, OPT_TEXT, AT(hosts_url), NULL, 0, 0,
	  "URL", "the same from there, http or https", NULL, NULL },
	{ "hosts-interval", 0, OPT_MS, AT(hosts_ms), "300", 100, 0x7fffffff,
	  "SECONDS", "between two looks at the URL, or at the names",
	  NULL, NULL },
	{ "cafile", 0, OPT_TEXT, AT(cafile), NULL, 0, 0,
	  "FILE", "trust these CAs (PEM) in place of the system's",
	  NULL, NULL },
	{ "ca-path", 0, OPT_TEXT, AT(ca_path), NULL, 0, 0,
	  "FOLDER", "or those in the files of that folder", NULL, NULL },
	{ "no-name-check", 0, OPT_ON, AT(no_name_check), NULL, 0, 0,
	  NULL, "take any name in the certificate of the URL's server",
	  NULL, NULL },
	{ "timeout", 0, OPT_MS, AT(timeout_ms), "20", 100, 600000,
	  "SECONDS", "for all of a look at the URL", NULL, NULL },
	{ "prefix", 0, OPT_TEXT, AT(prefix), NULL, 0, 0,
	  "TEXT", "the MD5 of it stands before each packet, both ways",
	  NULL, NULL },
	{ "heartbeat", 0, OPT_MS, AT(heartbeat_ms), "0", 0, 86400000,
	  "SECONDS", "silence after which an empty packet is sent; 0: none",
	  NULL, NULL },
	{ "mtu", 0, OPT_INT, AT(path_mtu), "1500", 576, 65535,
	  "BYTES", "of the path, headers of IP and UDP included", NULL, NULL },
	{ "no-ipv6", 0, OPT_ON, AT(no_ip6), NULL, 0, 0,
	  NULL, "drop IPv6 packets, both ways", NULL, NULL },
	UDP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

static const char *const stale_words[] = {
	"both", "either", "left", "right", NULL
};

/* Takes SECONDS or SECONDS-SECONDS. */
static const char *
settings_set_span(void *member, const char *value)
{
	struct span *span = member;

	if (value_parse_ms_range(value, value_parse_ms, &span->low_ms,
	    &span->high_ms) != 0)
		return "is no time, like 600, and no two, like 300-900";
	return NULL;
}

/* Takes COUNT/SECONDS, or 0. */
static const char *
settings_set_rate(void *member, const char *value)
{
	struct rate *rate = member;

	if (strcmp(value, "0") == 0)
		rate->count = 0;
	else if (value_parse_rate(value, value_parse_ms, &rate->count,
	    &rate->window_ms) != 0)
		return "is no number of flows and no time, like 20/60";
	return NULL;
}

/* Takes PORT,PORT-PORT... */
static const char *
settings_set_ports(void *member, const char *value)
{
	if (!inspect_parse(NULL, value))
		return "is no list of ports, like 22,80,8000-8010";
	*(const char **)member = value;
	return NULL;
}

const struct opt settings_tunnel[] = {
	{ "idle", 0, OPT_MS, offsetof(struct tunnel_settings, idle_ms),
	  "120", 0, 0x7fffffff, "SECONDS",
	  "silence that ends a flow; 0: none does", NULL, NULL },
	{ "stale-mode", 0, OPT_CHOICE,
	  offsetof(struct tunnel_settings, stale), "both", 0, 0, "SIDES",
	  "whose silence that is: both, either, left, right",
	  stale_words, NULL },
	{ "max-flows", 0, OPT_INT,
	  offsetof(struct tunnel_settings, max_flows), "4096", 1, 1 << 20,
	  "N", "flows at the same time", NULL, NULL },
	{ "time-limit", 0, OPT_OTHER,
	  offsetof(struct tunnel_settings, time_limit), NULL, 0, 0,
	  "SECONDS[-SECONDS]", "end a flow after that time, whatever happens",
	  NULL, settings_set_span },
	{ "rate-limit", 0, OPT_OTHER,
	  offsetof(struct tunnel_settings, rate_limit), NULL, 0, 0,
	  "N/SECONDS", "new flows of one address in that time",
	  NULL, settings_set_rate },
	{ "allowed-ports", 0, OPT_OTHER,
	  offsetof(struct tunnel_settings, allowed_ports), NULL, 0, 0,
	  "PORTS", "drop IP packets with other ports",
	  NULL, settings_set_ports },
	{ "packet-stats", 0, OPT_ON,
	  offsetof(struct tunnel_settings, packet_stats), NULL, 0, 0,
	  NULL, "log how many IP packets went where",
	  NULL, NULL },
	END_OF_ROWS
};
