/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The tables of options of tunnels and ends.
 */

#include "compat.h"

#include "tunnel/settings.h"

#include "tunnel/settings_values.h"

#define AT(member) offsetof(struct settings, member)

/* Options of ends that listen. */
#define BIND_ROWS \
	{ .name = "bind-later", .type = OPT_CHOICE, .at = AT(bind_later), \
	  .preset = "auto", .arg = "yes|no", \
	  .help = HELP("wait for an address not here yet; auto: in `adit " \
	  "run`"), \
	  .of.choices = later_words }

/* Options of UDP sockets. */
#define UDP_ROWS \
	{ .name = "rcvbuf", .type = OPT_BYTES, .at = AT(receive_buffer), \
	  .preset = "1M", .max = 1 << 30, .arg = "BYTES", \
	  .help = HELP("receive buffer of the socket; 0: the system's") }, \
	{ .name = "sndbuf", .type = OPT_BYTES, .at = AT(send_buffer), \
	  .preset = "1M", .max = 1 << 30, .arg = "BYTES", \
	  .help = HELP("send buffer of the socket; 0: the system's") }, \
	{ .name = "df", .type = OPT_CHOICE, .at = AT(df), .preset = "auto", \
	  .arg = "yes|no", \
	  .help = HELP("set \"don't fragment\"; auto: as the system does"), \
	  .of.choices = df_words }, \
	{ .name = "no-offload", .type = OPT_ON, .at = AT(no_offload), \
	  .help = HELP("do not use the kernel's UDP_SEGMENT and UDP_GRO") }

/* Options of outgoing sockets. */
#define OUT_ROWS \
	{ .name = "mark", .type = OPT_OTHER, .at = AT(mark), \
	  .preset = "none", .arg = "NUMBER", \
	  .help = HELP("Linux SO_MARK of outgoing packets"), \
	  .of.other = &settings_mark_value }, \
	{ .name = "resolve-once", .type = OPT_ON, .at = AT(resolve_once), \
	  .help = HELP("look the host up at start only, IPv4 preferred") }

/* Options of TCP sockets. */
#define TCP_ROWS \
	{ .name = "rcvbuf", .type = OPT_BYTES, .at = AT(receive_buffer), \
	  .preset = "0", .max = 1 << 30, .arg = "BYTES", \
	  .help = HELP("receive buffer of a connection; 0: the system's") }, \
	{ .name = "sndbuf", .type = OPT_BYTES, .at = AT(send_buffer), \
	  .preset = "0", .max = 1 << 30, .arg = "BYTES", \
	  .help = HELP("send buffer of a connection; 0: the system's") }, \
	{ .name = "mss", .type = OPT_OTHER, .at = AT(tcp_mss), \
	  .arg = "BYTES", \
	  .help = HELP("longest TCP segment; 0: the system's"), \
	  .of.other = &settings_tcp_mss_value }

/* Connections that proxies forward. */
#define PROXY_ROWS \
	{ .name = "proxy-protocol", .live = true, \
	  .many = true, .type = OPT_OTHER, \
	  .at = AT(proxies), .arg = "NETWORKS", \
	  .help = HELP("proxies, whose connections begin with a PROXY " \
	  "header"), \
	  .of.other = &settings_proxies_value }

/* The accepting side of a pool. */
#define POOL_LISTEN_ROWS \
	{ .name = "grace", .live = true, \
	  .type = OPT_MS, .at = AT(grace_ms), \
	  .preset = "15", .max = 86400000, .arg = "SECONDS", \
	  .help = HELP("how long a session outlives its last connection") }, \
	{ .name = "identify", .live = true, \
	  .type = OPT_MS, .at = AT(identify_ms), \
	  .preset = "10", .min = 100, .max = 3600000, .arg = "SECONDS", \
	  .help = HELP("from accept to the session identifier") }, \
	{ .name = "max-pending", .live = true, \
	  .type = OPT_INT, .at = AT(max_pending), \
	  .preset = "256", .min = 1, .max = 65535, .arg = "N", \
	  .help = HELP("connections that have not identified themselves") }, \
	{ .name = "max-connections", .live = true, \
	  .type = OPT_INT, \
	  .at = AT(max_connections), .preset = "16384", .min = 1, \
	  .max = 1 << 20, .arg = "N", \
	  .help = HELP("connections of all sessions together") }

/* How a connection is made. */
#define DIAL_ROWS \
	{ .name = "timeout", .live = true, \
	  .type = OPT_MS, .at = AT(timeout_ms), \
	  .preset = "4", .min = 1, .max = 3600000, .arg = "SECONDS", \
	  .help = HELP("for look-up, connecting and handshake") }, \
	{ .name = "backoff", .live = true, \
	  .type = OPT_MS, .at = AT(backoff_ms), \
	  .preset = "5", .min = 1, .max = 3600000, .arg = "SECONDS", \
	  .help = HELP("longest pause before a new attempt") }

/* TCP's own keep-alive of outgoing connections. */
#define KEEPALIVE_ROWS \
	{ .name = "keepalive", .type = OPT_MS, .at = AT(keepalive_ms), \
	  .preset = "0", .max = 32767000, .arg = "SECONDS", \
	  .help = HELP("silence before TCP's keep-alive; 0: 15 seconds") }

/* The dialling side of a pool. */
#define POOL_DIAL_ROWS \
	{ .name = "pool", .type = OPT_INT, .at = AT(pool), .preset = "8", \
	  .min = 1, .max = 256, .arg = "N", \
	  .help = HELP("connections for each flow") }, \
	DIAL_ROWS

/* TLS credentials. */
#define CERT_ROWS \
	{ .name = "cert", .live = true, \
	  .type = OPT_TEXT, .at = AT(cert), .arg = "FILE", .file = true, \
	  .help = HELP("our certificate and its chain (PEM)") }, \
	{ .name = "key", .live = true, \
	  .type = OPT_TEXT, .at = AT(key), .arg = "FILE", .file = true, \
	  .help = HELP("its key (PEM), if it is not in that file") }

/* How the dates in certificates are judged. */
#define TIME_ROWS \
	{ .name = "time-check", .type = OPT_CHOICE, .at = AT(time_check), \
	  .preset = "floor", .arg = "floor|strict|no", \
	  .help = HELP("how the dates in certificates are judged"), \
	  .of.choices = time_words }

/* Trust anchors of a server. */
#define CLIENT_CA_ROWS \
	{ .name = "cafile", .live = true, \
	  .type = OPT_TEXT, .at = AT(cafile), \
	  .arg = "FILE", .file = true, \
	  .help = HELP("require client certificates from these CAs (PEM)") }, \
	TIME_ROWS

/* Trust anchors of a client, and the name that it expects. */
#define SERVER_CA_ROWS \
	{ .name = "cafile", .live = true, \
	  .type = OPT_TEXT, .at = AT(cafile), \
	  .arg = "FILE", .file = true, \
	  .help = HELP("trust these CAs (PEM) instead of the system's") }, \
	{ .name = "name", .type = OPT_TEXT, .at = AT(tls_name), \
	  .arg = "NAME", \
	  .help = HELP("name to expect in the server's certificate") }, \
	{ .name = "no-name-check", .live = true, \
	  .type = OPT_ON, .at = AT(no_name_check), \
	  .help = HELP("accept any name in it; only together with cafile") }, \
	TIME_ROWS

/* Both sides of uott. */
#define UOTT_ROWS \
	{ .name = "tls", .type = OPT_ON, .at = AT(tls), \
	  .help = HELP("inside TLS; the other end needs it, too") }

/* The accepting side of uott and of udp2tcp. */
#define MUX_LISTEN_ROWS \
	{ .name = "max-pending", .live = true, \
	  .type = OPT_INT, .at = AT(max_pending), \
	  .preset = "256", .min = 1, .max = 65535, .arg = "N", \
	  .help = HELP("connections that have had no flow so far") }, \
	{ .name = "max-connections", .live = true, \
	  .type = OPT_INT, \
	  .at = AT(max_connections), .preset = "16384", .min = 1, \
	  .max = 1 << 20, .arg = "N", .help = HELP("connections in all") }

/* Both sides of DTLS. */
#define DTLS_ROWS \
	{ .name = "psk-file", .live = true, \
	  .type = OPT_TEXT, .at = AT(psk_file), \
	  .arg = "FILE", .file = true, \
	  .help = HELP("keys, a line each: IDENTITY:HEXKEY, or HEXKEY") }, \
	{ .name = "psk", .live = true, \
	  .type = OPT_TEXT, .at = AT(psk), .arg = "HEX", \
	  .help = HELP("or the key itself; overwritten in `ps` at the " \
	  "start"), \
	  .secret = true }, \
	{ .name = "ciphers", .live = true, \
	  .type = OPT_TEXT, .at = AT(ciphers), \
	  .arg = "LIST", \
	  .help = HELP("cipher suites, best first, separated by colons") }, \
	{ .name = "groups", .live = true, \
	  .type = OPT_TEXT, .at = AT(groups), \
	  .arg = "LIST", \
	  .help = HELP("groups for ECDHE, best first, separated by " \
	  "colons") }, \
	{ .name = "no-cid", .type = OPT_ON, .at = AT(no_cid), \
	  .help = HELP("no connection IDs: a client may not roam") }, \
	{ .name = "cbc-mac", .type = OPT_CHOICE, .at = AT(cbc_mac), \
	  .preset = "auto", .arg = "KIND", \
	  .help = HELP("of CBC with connection IDs: auto, rfc or pion"), \
	  .of.choices = mac_words }, \
	{ .name = "old-master", .live = true, \
	  .type = OPT_ON, .at = AT(old_master), \
	  .help = HELP("accept peers without extended master secret") }, \
	{ .name = "mtu", .type = OPT_INT, .at = AT(mtu), .preset = "1400", \
	  .min = 60, .max = 16384, .arg = "BYTES", \
	  .help = HELP("largest handshake datagram") }, \
	{ .name = "timeout", .live = true, \
	  .type = OPT_MS, .at = AT(timeout_ms), \
	  .preset = "10", .min = 1, .max = 3600000, .arg = "SECONDS", \
	  .help = HELP("for look-up and handshake") }

#define END_OF_ROWS \
	{ .name = NULL }

static const char *const mac_words[] = { "auto", "rfc", "pion", NULL };
static const char *const later_words[] = { "auto", "yes", "no", NULL };
static const char *const time_words[] = { "floor", "strict", "no", NULL };
static const char *const offload_words[] = { "yes", "no", NULL };
static const char *const df_words[] = { "auto", "yes", "no", NULL };

const struct opt settings_udp_listen[] = {
	UDP_ROWS,
	BIND_ROWS,
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
	PROXY_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

const struct opt settings_tcp[] = {
	POOL_DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	KEEPALIVE_ROWS,
	END_OF_ROWS
};

const struct opt settings_tls_listen[] = {
	CERT_ROWS,
	CLIENT_CA_ROWS,
	TCP_ROWS,
	POOL_LISTEN_ROWS,
	PROXY_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

const struct opt settings_tls[] = {
	CERT_ROWS,
	SERVER_CA_ROWS,
	POOL_DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	{ .name = "keepalive", .type = OPT_MS, .at = AT(keepalive_ms),
	  .preset = "0", .max = 32767000, .arg = "SECONDS",
	  .help = HELP("silence before an empty TLS record; 0: none is "
	  "sent") },
	END_OF_ROWS
};

const struct opt settings_uott_listen[] = {
	UOTT_ROWS,
	CERT_ROWS,
	CLIENT_CA_ROWS,
	{ .name = "timeout", .live = true,
	  .type = OPT_MS, .at = AT(timeout_ms),
	  .preset = "10", .min = 1, .max = 3600000, .arg = "SECONDS",
	  .help = HELP("from accept to the end of the TLS handshake") },
	MUX_LISTEN_ROWS,
	TCP_ROWS,
	PROXY_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

const struct opt settings_uott[] = {
	UOTT_ROWS,
	CERT_ROWS,
	SERVER_CA_ROWS,
	DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	KEEPALIVE_ROWS,
	END_OF_ROWS
};

const struct opt settings_udp2tcp_listen[] = {
	{ .name = "timeout", .live = true,
	  .type = OPT_MS, .at = AT(timeout_ms),
	  .preset = "10", .min = 1, .max = 3600000, .arg = "SECONDS",
	  .help = HELP("from accept to the first datagram") },
	MUX_LISTEN_ROWS,
	TCP_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

const struct opt settings_udp2tcp[] = {
	DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	KEEPALIVE_ROWS,
	END_OF_ROWS
};

const struct opt settings_dtls_listen[] = {
	DTLS_ROWS,
	{ .name = "skip-verify", .live = true,
	  .type = OPT_ON, .at = AT(skip_verify),
	  .help = HELP("require a cookie only under load") },
	{ .name = "half-open", .live = true,
	  .type = OPT_INT, .at = AT(half_open),
	  .preset = "256", .min = 8, .max = 65535, .arg = "N",
	  .help = HELP("half-open handshakes at the same time") },
	UDP_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

const struct opt settings_dtls[] = {
	DTLS_ROWS,
	{ .name = "identity", .live = true,
	  .type = OPT_TEXT, .at = AT(identity),
	  .arg = "NAME",
	  .help = HELP("our identity; default: the file's only one") },
	UDP_ROWS,
	OUT_ROWS,
	{ .name = "keepalive", .type = OPT_MS, .at = AT(keepalive_ms),
	  .preset = "0", .max = 32767000, .arg = "SECONDS",
	  .help = HELP("silence before a heartbeat (RFC 6520); 0: none is "
	  "sent") },
	END_OF_ROWS
};

bool
settings_has_default(const struct settings *s)
{
	unsigned i;

	for (i = 0; i < s->routes.nets.n; i++)
		if (s->routes.nets.bits[i] == 0)
			return true;
	return s->routes.all;
}

const struct opt settings_tun[] = {
	{ .name = "addr", .many = true, .type = OPT_OTHER, .at = AT(addresses),
	  .arg = "ADDRESS[/BITS]",
	  .help = HELP("address of the device; may be given again"),
	  .of.other = &settings_address_value },
	{ .name = "peer", .many = true, .type = OPT_OTHER, .at = AT(peers),
	  .arg = "ADDRESS",
	  .help = HELP("peer address, for a point-to-point device"),
	  .of.other = &settings_address_value },
	{ .name = "mtu", .type = OPT_OTHER, .at = AT(inner_mtu),
	  .arg = "BYTES",
	  .help = HELP("of the device; auto: what fits; default: auto for a "
	  "new one"), .of.other = &settings_inner_mtu_value },
	{ .name = "mss", .type = OPT_OTHER, .at = AT(mss), .preset = "auto",
	  .arg = "BYTES",
	  .help = HELP("largest MSS of TCP inside; auto: what fits; off"),
	  .of.other = &settings_mss_value },
	{ .name = "keepalive", .type = OPT_MS, .at = AT(keepalive_ms),
	  .preset = "25", .max = 32767000, .arg = "SECONDS",
	  .help = HELP("ask the other device after that silence; 0: never") },
	{ .name = "no-up", .type = OPT_ON, .at = AT(leave_down),
	  .help = HELP("do not bring the device up") },
	{ .name = "offload", .type = OPT_CHOICE, .at = AT(offload),
	  .preset = "yes", .arg = "yes|no",
	  .help = HELP("pass many packets at once, where the system has it"),
	  .of.choices = offload_words },
	{ .name = "route", .many = true, .type = OPT_OTHER, .at = AT(routes),
	  .arg = "NETWORK",
	  .help = HELP("route to it through the device, or default: "
	  "everything"),
	  .of.other = &settings_route_value },
	{ .name = "killswitch", .type = OPT_ON, .at = AT(killswitch),
	  .help = HELP("with a default route: nothing goes around the "
	  "tunnel") },
	{ .name = "inner-file", .live = true,
	  .type = OPT_TEXT, .at = AT(inner_file),
	  .arg = "FILE", .file = true,
	  .help = HELP("who may use which addresses: NAME PREFIX... (RIGHT "
	  "only)") },
	END_OF_ROWS
};

const struct opt settings_ip_udp[] = {
	{ .name = "local", .type = OPT_OTHER, .at = AT(local),
	  .arg = "[HOST]:PORT",
	  .help = HELP("where packets are received and sent from; default: "
	  ":7777"),
	  .of.other = &settings_local_value },
	{ .name = "hosts-file", .type = OPT_TEXT, .at = AT(hosts_file),
	  .arg = "FILE", .file = true,
	  .help = HELP("which host gets the packets for an address (JSON)") },
	{ .name = "hosts-url", .type = OPT_TEXT, .at = AT(hosts_url),
	  .arg = "URL",
	  .help = HELP("the same map from a URL, http or https") },
	{ .name = "hosts-interval", .type = OPT_MS, .at = AT(hosts_ms),
	  .preset = "300", .min = 100, .max = 0x7fffffff, .arg = "SECONDS",
	  .help = HELP("interval of fetching the URL, or resolving the "
	  "names") },
	{ .name = "cafile", .type = OPT_TEXT, .at = AT(cafile), .arg = "FILE",
	  .file = true,
	  .help = HELP("trust these CAs (PEM) instead of the system's") },
	{ .name = "ca-path", .type = OPT_TEXT, .at = AT(ca_path),
	  .arg = "FOLDER",
	  .help = HELP("or those in the files of that folder") },
	{ .name = "no-name-check", .type = OPT_ON, .at = AT(no_name_check),
	  .help = HELP("accept any name in the certificate of the URL's "
	  "server") },
	TIME_ROWS,
	{ .name = "timeout", .type = OPT_MS, .at = AT(timeout_ms),
	  .preset = "20", .min = 1, .max = 3600000, .arg = "SECONDS",
	  .help = HELP("for fetching the URL, from start to end") },
	{ .name = "prefix", .type = OPT_TEXT, .at = AT(prefix), .arg = "TEXT",
	  .help = HELP("its MD5 precedes each packet, in both directions"),
	  .secret = true },
	{ .name = "heartbeat", .type = OPT_MS, .at = AT(heartbeat_ms),
	  .preset = "0", .max = 86400000, .arg = "SECONDS",
	  .help = HELP("silence after which an empty packet is sent; 0: "
	  "none") },
	{ .name = "mtu", .type = OPT_INT, .at = AT(path_mtu), .preset = "1500",
	  .min = 576, .max = 65535, .arg = "BYTES",
	  .help = HELP("of the path, headers of IP and UDP included") },
	{ .name = "no-ipv6", .type = OPT_ON, .at = AT(no_ip6),
	  .help = HELP("drop IPv6 packets, in both directions") },
	UDP_ROWS,
	OUT_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

static const char *const stale_words[] = {
	"both", "either", "left", "right", NULL
};

const struct opt settings_tunnel[] = {
	{ .name = "idle", .live = true, .type = OPT_MS,
	  .at = offsetof(struct tunnel_settings, idle_ms), .preset = "120",
	  .max = 0x7fffffff, .arg = "SECONDS",
	  .help = HELP("silence that ends a flow; 0: never") },
	{ .name = "stale-mode", .live = true, .type = OPT_CHOICE,
	  .at = offsetof(struct tunnel_settings, stale), .preset = "both",
	  .arg = "SIDES",
	  .help = HELP("sides whose silence ends a flow"),
	  .of.choices = stale_words },
	{ .name = "max-flows", .live = true, .type = OPT_INT,
	  .at = offsetof(struct tunnel_settings, max_flows), .preset = "4096",
	  .min = 1, .max = 1 << 20, .arg = "N",
	  .help = HELP("flows at the same time") },
	{ .name = "source-share", .live = true, .type = OPT_INT,
	  .at = offsetof(struct tunnel_settings, source_share), .preset = "25",
	  .min = 1, .max = 100, .arg = "PERCENT",
	  .help = HELP("for one address, when half are used") },
	{ .name = "name-share", .live = true, .type = OPT_INT,
	  .at = offsetof(struct tunnel_settings, name_share), .preset = "100",
	  .min = 1, .max = 100, .arg = "PERCENT",
	  .help = HELP("likewise for one verified name") },
	{ .name = "time-limit", .live = true, .type = OPT_OTHER,
	  .at = offsetof(struct tunnel_settings, time_limit),
	  .arg = "S[-S]",
	  .help = HELP("end a flow after that time, even a busy one"),
	  .of.other = &settings_span_value },
	{ .name = "rate-limit", .live = true, .type = OPT_OTHER,
	  .at = offsetof(struct tunnel_settings, rate_limit),
	  .arg = "N/SECONDS",
	  .help = HELP("new flows of an address in that time"),
	  .of.other = &settings_rate_value },
	{ .name = "allowed-ports", .live = true, .type = OPT_OTHER,
	  .at = offsetof(struct tunnel_settings, allowed_ports),
	  .arg = "PORTS", .help = HELP("drop IP packets with other ports"),
	  .of.other = &settings_ports_value },
	{ .name = "packet-stats", .live = true, .type = OPT_ON,
	  .at = offsetof(struct tunnel_settings, packet_stats),
	  .help = HELP("log counts of IP packets") },
	{ .name = "insecure", .live = true, .type = OPT_ON,
	  .at = offsetof(struct tunnel_settings, insecure),
	  .help = HELP("allow a tun open to strangers, and do not warn") },
	{ .name = "up", .live = true, .type = OPT_TEXT,
	  .at = offsetof(struct tunnel_settings, up), .arg = "PROGRAM",
	  .help = HELP("run it when the tunnel is up") },
	{ .name = "down", .live = true, .type = OPT_TEXT,
	  .at = offsetof(struct tunnel_settings, down), .arg = "PROGRAM",
	  .help = HELP("run it when the tunnel is down again") },
	{ .name = "hook-timeout", .live = true, .type = OPT_MS,
	  .at = offsetof(struct tunnel_settings, hook_ms), .preset = "30",
	  .min = 100, .max = 3600000, .arg = "SECONDS",
	  .help = HELP("kill such a program then") },
	END_OF_ROWS
};
