/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tunnel/settings.h"

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

/* The dialling side of a pool. */
#define POOL_DIAL_ROWS \
	{ "pool", 0, OPT_INT, AT(pool), "8", 1, 256, \
	  "N", "connections for each flow", NULL, NULL }, \
	{ "timeout", 0, OPT_MS, AT(timeout_ms), "4", 100, 600000, \
	  "SECONDS", "for look-up, connecting and handshake", NULL, NULL }, \
	{ "backoff", 0, OPT_MS, AT(backoff_ms), "5", 1, 3600000, \
	  "SECONDS", "longest pause before another attempt", NULL, NULL }

/* TLS credentials. */
#define CERT_ROWS \
	{ "cert", 0, OPT_TEXT, AT(cert), NULL, 0, 0, \
	  "FILE", "our certificate and its chain (PEM)", NULL, NULL }, \
	{ "key", 0, OPT_TEXT, AT(key), NULL, 0, 0, \
	  "FILE", "its key (PEM), if it is not in that file", NULL, NULL }

#define END_OF_ROWS \
	{ NULL, 0, OPT_ON, 0, NULL, 0, 0, NULL, NULL, NULL, NULL }

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
	{ "cafile", 0, OPT_TEXT, AT(cafile), NULL, 0, 0,
	  "FILE", "require client certificates from these CAs (PEM)",
	  NULL, NULL },
	TCP_ROWS,
	POOL_LISTEN_ROWS,
	END_OF_ROWS
};

const struct opt settings_tls[] = {
	CERT_ROWS,
	{ "cafile", 0, OPT_TEXT, AT(cafile), NULL, 0, 0,
	  "FILE", "trust these CAs (PEM) in place of the system's",
	  NULL, NULL },
	{ "name", 0, OPT_TEXT, AT(tls_name), NULL, 0, 0,
	  "NAME", "name to expect in the server's certificate",
	  NULL, NULL },
	{ "no-name-check", 0, OPT_ON, AT(no_name_check), NULL, 0, 0,
	  NULL, "take any name in it; only together with cafile",
	  NULL, NULL },
	POOL_DIAL_ROWS,
	TCP_ROWS,
	OUT_ROWS,
	END_OF_ROWS
};

static const char *const stale_words[] = {
	"both", "either", "left", "right", NULL
};

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
	END_OF_ROWS
};
