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
	{ .name = OPT_WORDS("bind-later", "auto", "yes|no", \
	  HELP("wait for an address not here yet; auto: in `adit run`")), \
	  .type = OPT_CHOICE, .at = AT(bind_later), \
	  .of.choices = later_words }

/* Options of UDP sockets. */
#define UDP_ROWS \
	{ .name = OPT_WORDS("rcvbuf", "1M", "BYTES", \
	  HELP("receive buffer of the socket; 0: the system's")), \
	  .type = OPT_BYTES, .at = AT(receive_buffer), \
	  .of.range = { 0, 1 << 30 } }, \
	{ .name = OPT_WORDS("sndbuf", "1M", "BYTES", \
	  HELP("send buffer of the socket; 0: the system's")), \
	  .type = OPT_BYTES, .at = AT(send_buffer), \
	  .of.range = { 0, 1 << 30 } }, \
	{ .name = OPT_WORDS("df", "auto", "yes|no", \
	  HELP("set \"don't fragment\"; auto: as the system does")), \
	  .type = OPT_CHOICE, .at = AT(df), .of.choices = df_words }, \
	{ .name = OPT_WORDS("no-offload", OPT_NONE, OPT_NONE, \
	  HELP("do not use the kernel's UDP_SEGMENT and UDP_GRO")), \
	  .type = OPT_ON, .at = AT(no_offload) }

/* Options of outgoing sockets. */
#define OUT_ROWS \
	{ .name = OPT_WORDS("mark", "none", "NUMBER", \
	  HELP("Linux SO_MARK of outgoing packets")), .type = OPT_OTHER, \
	  .at = AT(mark), .of.other = &settings_mark_value }, \
	{ .name = OPT_WORDS("resolve-once", OPT_NONE, OPT_NONE, \
	  HELP("look the host up at start only, IPv4 preferred")), \
	  .type = OPT_ON, .at = AT(resolve_once) }

/* Options of TCP sockets. */
#define TCP_ROWS \
	{ .name = OPT_WORDS("rcvbuf", "0", "BYTES", \
	  HELP("receive buffer of a connection; 0: the system's")), \
	  .type = OPT_BYTES, .at = AT(receive_buffer), \
	  .of.range = { 0, 1 << 30 } }, \
	{ .name = OPT_WORDS("sndbuf", "0", "BYTES", \
	  HELP("send buffer of a connection; 0: the system's")), \
	  .type = OPT_BYTES, .at = AT(send_buffer), \
	  .of.range = { 0, 1 << 30 } }, \
	{ .name = OPT_WORDS("mss", OPT_NONE, "BYTES", \
	  HELP("longest TCP segment; 0: the system's")), .type = OPT_OTHER, \
	  .at = AT(tcp_mss), .of.other = &settings_tcp_mss_value }

/* Connections that proxies forward. */
#define PROXY_ROWS \
	{ .name = OPT_WORDS("proxy-protocol", OPT_NONE, "NETWORKS", \
	  HELP("proxies, whose connections begin with a PROXY header")), \
	  .type = OPT_OTHER, .at = AT(proxies), .live = true, .many = true, \
	  .of.other = &settings_proxies_value }

/* The accepting side of a pool. */
#define POOL_LISTEN_ROWS \
	{ .name = OPT_WORDS("grace", "15", "SECONDS", \
	  HELP("how long a session outlives its last connection")), \
	  .type = OPT_MS, .at = AT(grace_ms), .of.range = { 0, 86400000 }, \
	  .live = true }, \
	{ .name = OPT_WORDS("identify", "10", "SECONDS", \
	  HELP("from accept to the session identifier")), .type = OPT_MS, \
	  .at = AT(identify_ms), .of.range = { 100, 3600000 }, .live = true }, \
	{ .name = OPT_WORDS("max-pending", "256", "N", \
	  HELP("connections that have not identified themselves")), \
	  .type = OPT_INT, .at = AT(max_pending), .of.range = { 1, 65535 }, \
	  .live = true }, \
	{ .name = OPT_WORDS("max-connections", "16384", "N", \
	  HELP("connections of all sessions together")), .type = OPT_INT, \
	  .at = AT(max_connections), .of.range = { 1, 1 << 20 }, \
	  .live = true }

/* How a connection is made. */
#define DIAL_ROWS \
	{ .name = OPT_WORDS("timeout", "4", "SECONDS", \
	  HELP("for look-up, connecting and handshake")), .type = OPT_MS, \
	  .at = AT(timeout_ms), .of.range = { 1, 3600000 }, .live = true }, \
	{ .name = OPT_WORDS("backoff", "5", "SECONDS", \
	  HELP("longest pause before a new attempt")), .type = OPT_MS, \
	  .at = AT(backoff_ms), .of.range = { 1, 3600000 }, .live = true }

/* TCP's own keep-alive of outgoing connections. */
#define KEEPALIVE_ROWS \
	{ .name = OPT_WORDS("keepalive", "0", "SECONDS", \
	  HELP("silence before TCP's keep-alive; 0: 15 seconds")), \
	  .type = OPT_MS, .at = AT(keepalive_ms), \
	  .of.range = { 0, 32767000 } }

/* The dialling side of a pool. */
#define POOL_DIAL_ROWS \
	{ .name = OPT_WORDS("pool", "8", "N", \
	  HELP("connections for each flow")), .type = OPT_INT, .at = AT(pool), \
	  .of.range = { 1, 256 } }, \
	DIAL_ROWS

/* TLS credentials. */
#define CERT_ROWS \
	{ .name = OPT_WORDS("cert", OPT_NONE, "FILE", \
	  HELP("our certificate and its chain (PEM)")), .type = OPT_TEXT, \
	  .at = AT(cert), .live = true, .file = true }, \
	{ .name = OPT_WORDS("key", OPT_NONE, "FILE", \
	  HELP("its key (PEM), if it is not in that file")), .type = OPT_TEXT, \
	  .at = AT(key), .live = true, .file = true }

/* How the dates in certificates are judged. */
#define TIME_ROWS \
	{ .name = OPT_WORDS("time-check", "floor", "floor|strict|no", \
	  HELP("how the dates in certificates are judged")), \
	  .type = OPT_CHOICE, .at = AT(time_check), \
	  .of.choices = time_words }

/* Trust anchors of a server. */
#define CLIENT_CA_ROWS \
	{ .name = OPT_WORDS("cafile", OPT_NONE, "FILE", \
	  HELP("require client certificates from these CAs (PEM)")), \
	  .type = OPT_TEXT, .at = AT(cafile), .live = true, .file = true }, \
	TIME_ROWS

/* Trust anchors of a client, and the name that it expects. */
#define SERVER_CA_ROWS \
	{ .name = OPT_WORDS("cafile", OPT_NONE, "FILE", \
	  HELP("trust these CAs (PEM) instead of the system's")), \
	  .type = OPT_TEXT, .at = AT(cafile), .live = true, .file = true }, \
	{ .name = OPT_WORDS("name", OPT_NONE, "NAME", \
	  HELP("name to expect in the server's certificate")), \
	  .type = OPT_TEXT, .at = AT(tls_name) }, \
	{ .name = OPT_WORDS("no-name-check", OPT_NONE, OPT_NONE, \
	  HELP("accept any name in it; only together with cafile")), \
	  .type = OPT_ON, .at = AT(no_name_check), .live = true }, \
	TIME_ROWS

/* Both sides of uott. */
#define UOTT_ROWS \
	{ .name = OPT_WORDS("tls", OPT_NONE, OPT_NONE, \
	  HELP("inside TLS; the other end needs it, too")), .type = OPT_ON, \
	  .at = AT(tls) }

/* The accepting side of uott and of udp2tcp. */
#define MUX_LISTEN_ROWS \
	{ .name = OPT_WORDS("max-pending", "256", "N", \
	  HELP("connections that have had no flow so far")), .type = OPT_INT, \
	  .at = AT(max_pending), .of.range = { 1, 65535 }, .live = true }, \
	{ .name = OPT_WORDS("max-connections", "16384", "N", \
	  HELP("connections in all")), .type = OPT_INT, \
	  .at = AT(max_connections), .of.range = { 1, 1 << 20 }, \
	  .live = true }

/* Both sides of DTLS. */
#define DTLS_ROWS \
	{ .name = OPT_WORDS("psk-file", OPT_NONE, "FILE", \
	  HELP("keys, a line each: IDENTITY:HEXKEY, or HEXKEY")), \
	  .type = OPT_TEXT, .at = AT(psk_file), .live = true, .file = true }, \
	{ .name = OPT_WORDS("psk", OPT_NONE, "HEX", \
	  HELP("or the key itself; overwritten in `ps` at the start")), \
	  .type = OPT_TEXT, .at = AT(psk), .live = true, .secret = true }, \
	{ .name = OPT_WORDS("ciphers", OPT_NONE, "LIST", \
	  HELP("cipher suites, best first, separated by colons")), \
	  .type = OPT_TEXT, .at = AT(ciphers), .live = true }, \
	{ .name = OPT_WORDS("groups", OPT_NONE, "LIST", \
	  HELP("groups for ECDHE, best first, separated by colons")), \
	  .type = OPT_TEXT, .at = AT(groups), .live = true }, \
	{ .name = OPT_WORDS("no-cid", OPT_NONE, OPT_NONE, \
	  HELP("no connection IDs: a client may not roam")), .type = OPT_ON, \
	  .at = AT(no_cid) }, \
	{ .name = OPT_WORDS("cbc-mac", "auto", "KIND", \
	  HELP("of CBC with connection IDs: auto, rfc or pion")), \
	  .type = OPT_CHOICE, .at = AT(cbc_mac), .of.choices = mac_words }, \
	{ .name = OPT_WORDS("old-master", OPT_NONE, OPT_NONE, \
	  HELP("accept peers without extended master secret")), \
	  .type = OPT_ON, .at = AT(old_master), .live = true }, \
	{ .name = OPT_WORDS("mtu", "1400", "BYTES", \
	  HELP("largest handshake datagram")), .type = OPT_INT, .at = AT(mtu), \
	  .of.range = { 60, 16384 } }, \
	{ .name = OPT_WORDS("timeout", "10", "SECONDS", \
	  HELP("for look-up and handshake")), .type = OPT_MS, \
	  .at = AT(timeout_ms), .of.range = { 1, 3600000 }, .live = true }

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
	{ .name = OPT_WORDS("keepalive", "0", "SECONDS",
	  HELP("silence before an empty TLS record; 0: none is sent")),
	  .type = OPT_MS, .at = AT(keepalive_ms), .of.range = { 0, 32767000 } },
	END_OF_ROWS
};

const struct opt settings_uott_listen[] = {
	UOTT_ROWS,
	CERT_ROWS,
	CLIENT_CA_ROWS,
	{ .name = OPT_WORDS("timeout", "10", "SECONDS",
	  HELP("from accept to the end of the TLS handshake")), .type = OPT_MS,
	  .at = AT(timeout_ms), .of.range = { 1, 3600000 }, .live = true },
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
	{ .name = OPT_WORDS("timeout", "10", "SECONDS",
	  HELP("from accept to the first datagram")), .type = OPT_MS,
	  .at = AT(timeout_ms), .of.range = { 1, 3600000 }, .live = true },
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
	{ .name = OPT_WORDS("skip-verify", OPT_NONE, OPT_NONE,
	  HELP("require a cookie only under load")), .type = OPT_ON,
	  .at = AT(skip_verify), .live = true },
	{ .name = OPT_WORDS("half-open", "256", "N",
	  HELP("half-open handshakes at the same time")), .type = OPT_INT,
	  .at = AT(half_open), .of.range = { 8, 65535 }, .live = true },
	UDP_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

const struct opt settings_dtls[] = {
	DTLS_ROWS,
	{ .name = OPT_WORDS("identity", OPT_NONE, "NAME",
	  HELP("our identity; default: the file's only one")), .type = OPT_TEXT,
	  .at = AT(identity), .live = true },
	UDP_ROWS,
	OUT_ROWS,
	{ .name = OPT_WORDS("keepalive", "0", "SECONDS",
	  HELP("silence before a heartbeat (RFC 6520); 0: none is sent")),
	  .type = OPT_MS, .at = AT(keepalive_ms), .of.range = { 0, 32767000 } },
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
	{ .name = OPT_WORDS("addr", OPT_NONE, "ADDRESS[/BITS]",
	  HELP("address of the device; may be given again")), .type = OPT_OTHER,
	  .at = AT(addresses), .many = true,
	  .of.other = &settings_address_value },
	{ .name = OPT_WORDS("peer", OPT_NONE, "ADDRESS",
	  HELP("peer address, for a point-to-point device")), .type = OPT_OTHER,
	  .at = AT(peers), .many = true, .of.other = &settings_address_value },
	{ .name = OPT_WORDS("mtu", OPT_NONE, "BYTES",
	  HELP("of the device; auto: what fits; default: auto for a "
	  "new one")), .type = OPT_OTHER, .at = AT(inner_mtu),
	  .of.other = &settings_inner_mtu_value },
	{ .name = OPT_WORDS("mss", "auto", "BYTES",
	  HELP("largest MSS of TCP inside; auto: what fits; off")),
	  .type = OPT_OTHER, .at = AT(mss), .of.other = &settings_mss_value },
	{ .name = OPT_WORDS("keepalive", "25", "SECONDS",
	  HELP("ask the other device after that silence; 0: never")),
	  .type = OPT_MS, .at = AT(keepalive_ms), .of.range = { 0, 32767000 } },
	{ .name = OPT_WORDS("no-up", OPT_NONE, OPT_NONE,
	  HELP("do not bring the device up")), .type = OPT_ON,
	  .at = AT(leave_down) },
	{ .name = OPT_WORDS("offload", "yes", "yes|no",
	  HELP("pass many packets at once, where the system has it")),
	  .type = OPT_CHOICE, .at = AT(offload), .of.choices = offload_words },
	{ .name = OPT_WORDS("route", OPT_NONE, "NETWORK",
	  HELP("route to it through the device, or default: everything")),
	  .type = OPT_OTHER, .at = AT(routes), .many = true,
	  .of.other = &settings_route_value },
	{ .name = OPT_WORDS("killswitch", OPT_NONE, OPT_NONE,
	  HELP("with a default route: nothing goes around the tunnel")),
	  .type = OPT_ON, .at = AT(killswitch) },
	{ .name = OPT_WORDS("inner-file", OPT_NONE, "FILE",
	  HELP("who may use which addresses: NAME PREFIX... (RIGHT only)")),
	  .type = OPT_TEXT, .at = AT(inner_file), .live = true, .file = true },
	END_OF_ROWS
};

const struct opt settings_ip_udp[] = {
	{ .name = OPT_WORDS("local", OPT_NONE, "[HOST]:PORT",
	  HELP("where packets are received and sent from; default: :7777")),
	  .type = OPT_OTHER, .at = AT(local),
	  .of.other = &settings_local_value },
	{ .name = OPT_WORDS("hosts-file", OPT_NONE, "FILE",
	  HELP("which host gets the packets for an address (JSON)")),
	  .type = OPT_TEXT, .at = AT(hosts_file), .file = true },
	{ .name = OPT_WORDS("hosts-url", OPT_NONE, "URL",
	  HELP("the same map from a URL, http or https")), .type = OPT_TEXT,
	  .at = AT(hosts_url) },
	{ .name = OPT_WORDS("hosts-interval", "300", "SECONDS",
	  HELP("interval of fetching the URL, or resolving the names")),
	  .type = OPT_MS, .at = AT(hosts_ms), .of.range = { 100, 0x7fffffff } },
	{ .name = OPT_WORDS("cafile", OPT_NONE, "FILE",
	  HELP("trust these CAs (PEM) instead of the system's")),
	  .type = OPT_TEXT, .at = AT(cafile), .file = true },
	{ .name = OPT_WORDS("ca-path", OPT_NONE, "FOLDER",
	  HELP("or those in the files of that folder")), .type = OPT_TEXT,
	  .at = AT(ca_path) },
	{ .name = OPT_WORDS("no-name-check", OPT_NONE, OPT_NONE,
	  HELP("accept any name in the certificate of the URL's server")),
	  .type = OPT_ON, .at = AT(no_name_check) },
	TIME_ROWS,
	{ .name = OPT_WORDS("timeout", "20", "SECONDS",
	  HELP("for fetching the URL, from start to end")), .type = OPT_MS,
	  .at = AT(timeout_ms), .of.range = { 1, 3600000 } },
	{ .name = OPT_WORDS("prefix", OPT_NONE, "TEXT",
	  HELP("its MD5 precedes each packet, in both directions")),
	  .type = OPT_TEXT, .at = AT(prefix), .secret = true },
	{ .name = OPT_WORDS("heartbeat", "0", "SECONDS",
	  HELP("silence after which an empty packet is sent; 0: none")),
	  .type = OPT_MS, .at = AT(heartbeat_ms), .of.range = { 0, 86400000 } },
	{ .name = OPT_WORDS("mtu", "1500", "BYTES",
	  HELP("of the path, headers of IP and UDP included")), .type = OPT_INT,
	  .at = AT(path_mtu), .of.range = { 576, 65535 } },
	{ .name = OPT_WORDS("no-ipv6", OPT_NONE, OPT_NONE,
	  HELP("drop IPv6 packets, in both directions")), .type = OPT_ON,
	  .at = AT(no_ip6) },
	UDP_ROWS,
	OUT_ROWS,
	BIND_ROWS,
	END_OF_ROWS
};

static const char *const stale_words[] = {
	"both", "either", "left", "right", NULL
};

const struct opt settings_tunnel[] = {
	{ .name = OPT_WORDS("idle", "120", "SECONDS",
	  HELP("silence that ends a flow; 0: never")), .type = OPT_MS,
	  .at = offsetof(struct tunnel_settings, idle_ms),
	  .of.range = { 0, 0x7fffffff }, .live = true },
	{ .name = OPT_WORDS("stale-mode", "both", "SIDES",
	  HELP("sides whose silence ends a flow")), .type = OPT_CHOICE,
	  .at = offsetof(struct tunnel_settings, stale), .live = true,
	  .of.choices = stale_words },
	{ .name = OPT_WORDS("max-flows", "4096", "N",
	  HELP("flows at the same time")), .type = OPT_INT,
	  .at = offsetof(struct tunnel_settings, max_flows),
	  .of.range = { 1, 1 << 20 }, .live = true },
	{ .name = OPT_WORDS("source-share", "25", "PERCENT",
	  HELP("for one address, when half are used")), .type = OPT_INT,
	  .at = offsetof(struct tunnel_settings, source_share),
	  .of.range = { 1, 100 }, .live = true },
	{ .name = OPT_WORDS("name-share", "100", "PERCENT",
	  HELP("likewise for one verified name")), .type = OPT_INT,
	  .at = offsetof(struct tunnel_settings, name_share),
	  .of.range = { 1, 100 }, .live = true },
	{ .name = OPT_WORDS("time-limit", OPT_NONE, "S[-S]",
	  HELP("end a flow after that time, even a busy one")),
	  .type = OPT_OTHER, .at = offsetof(struct tunnel_settings, time_limit),
	  .live = true, .of.other = &settings_span_value },
	{ .name = OPT_WORDS("rate-limit", OPT_NONE, "N/SECONDS",
	  HELP("new flows of an address in that time")), .type = OPT_OTHER,
	  .at = offsetof(struct tunnel_settings, rate_limit), .live = true,
	  .of.other = &settings_rate_value },
	{ .name = OPT_WORDS("allowed-ports", OPT_NONE, "PORTS",
	  HELP("drop IP packets with other ports")), .type = OPT_OTHER,
	  .at = offsetof(struct tunnel_settings, allowed_ports), .live = true,
	  .of.other = &settings_ports_value },
	{ .name = OPT_WORDS("packet-stats", OPT_NONE, OPT_NONE,
	  HELP("log counts of IP packets")), .type = OPT_ON,
	  .at = offsetof(struct tunnel_settings, packet_stats), .live = true },
	{ .name = OPT_WORDS("insecure", OPT_NONE, OPT_NONE,
	  HELP("allow a tun open to strangers, and do not warn")),
	  .type = OPT_ON, .at = offsetof(struct tunnel_settings, insecure),
	  .live = true },
	{ .name = OPT_WORDS("up", OPT_NONE, "PROGRAM",
	  HELP("run it when the tunnel is up")), .type = OPT_TEXT,
	  .at = offsetof(struct tunnel_settings, up), .live = true },
	{ .name = OPT_WORDS("down", OPT_NONE, "PROGRAM",
	  HELP("run it when the tunnel is down again")), .type = OPT_TEXT,
	  .at = offsetof(struct tunnel_settings, down), .live = true },
	{ .name = OPT_WORDS("hook-timeout", "30", "SECONDS",
	  HELP("kill such a program then")), .type = OPT_MS,
	  .at = offsetof(struct tunnel_settings, hook_ms),
	  .of.range = { 100, 3600000 }, .live = true },
	END_OF_ROWS
};
