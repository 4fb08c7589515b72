/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * All that a user can set for a tunnel and for each of its ends.
 *
 * NOTES.  The rows that name, check and explain these members are in
 * tunnel/settings.c (native names) and in cmd/ (names of the old tools).
 * Texts belong to the plan (tunnel/plan.h).
 */

#ifndef TUNNEL_SETTINGS_H
#define TUNNEL_SETTINGS_H

#include "compat.h"

#include "base/addr.h"
#include "base/opt.h"

struct addrgroup;

/* The two ends of a tunnel. */
enum side { LEFT, RIGHT };

enum {
	SETTINGS_ADDRESSES = 8,	/* of a device: TUN_ADDRESSES */
	SETTINGS_AUTO = -1,	/* in place of a number: the one that fits */
	SETTINGS_OFF = -2,	/* likewise: nothing is done */
};

/* Which silence ends a flow: of both sides, of either, of one. */
enum stale { STALE_BOTH, STALE_EITHER, STALE_LEFT, STALE_RIGHT };

/* A length of time, drawn anew for each flow: from low_ms up to, but without,
 * high_ms; just low_ms when both are the same. */
struct span {
	int64_t low_ms, high_ms;	/* low <= high; high_ms 0: none */
};

/* So many events in a window of time. */
struct rate {
	int64_t count;		/* 0: no limit */
	int64_t window_ms;	/* at least 1 */
};

/* Addresses of a device, or of their other sides. */
struct addresses {
	struct addr at[SETTINGS_ADDRESSES];
	int prefix[SETTINGS_ADDRESSES];	/* bits of the network */
	unsigned n;
};

/* Of the tunnel. */
struct tunnel_settings {
	int64_t idle_ms;	/* silence that ends a flow; 0: none does */
	int64_t stale;		/* enum stale */
	int64_t max_flows;	/* at the same time */
	struct span time_limit;	/* a flow ends that long after it began */
	struct rate rate_limit;	/* new flows of one address */
	const char *allowed_ports;	/* those that IP packets may have, as
				 * inspect_parse() reads them; NULL: any */
	bool packet_stats;	/* count IP packets and log that */
};

/* Of one end; each uses what it needs. */
struct settings {
	struct hostport at;	/* where it listens or goes to */
	const struct addrgroup *group;	/* RIGHT: or to one of these; borrowed
				 * as long as the end lives. NULL: none */
	int64_t receive_buffer, send_buffer;	/* bytes; 0: the system's */
	bool no_offload;	/* UDP: neither GSO nor GRO */
	int64_t mark;		/* Linux SO_MARK; -1: none */
	bool resolve_once;	/* look the name up at start only */

	int64_t pool;		/* connections for each flow */
	int64_t timeout_ms;	/* for resolving, connecting and handshake, as
				 * far as the end does them */
	int64_t backoff_ms;	/* longest pause before another attempt */
	int64_t grace_ms;	/* a session outlives its last connection */
	int64_t identify_ms;	/* from accept to the session identifier */
	int64_t max_pending;	/* connections without identifier, or flow */
	int64_t max_connections;	/* of all sessions together */

	bool tls;		/* uott: inside TLS */
	const char *cert, *key;	/* PEM files; NULL: none */
	const char *cafile;	/* PEM file; NULL: the system's (dialling), or
				 * no client certificates (listening) */
	const char *tls_name;	/* name to expect and to send; NULL: the host */
	bool no_name_check;	/* any name will do */

	const char *psk;	/* pre-shared key, hex; NULL: none */
	const char *psk_file;	/* lines IDENTITY:HEXKEY; NULL: none */
	const char *identity;	/* DTLS: ours; NULL: the file's only one */
	const char *ciphers;	/* names, a colon between; NULL, "": all */
	const char *groups;	/* the same, of groups for ECDHE */
	bool no_cid;		/* no connection IDs */
	int64_t cbc_mac;	/* enum dtls_cbc_mac */
	bool old_master;	/* peers without RFC 7627 are welcome, too */
	bool skip_verify;	/* no cookie while half_open is far away */
	int64_t half_open;	/* handshakes under way, at most */
	int64_t mtu;		/* bytes of a handshake datagram */

	const char *device;	/* name of a device, "": any; borrowed */
	struct addresses addresses;	/* of it */
	struct addresses peers;	/* each is that of the first address of its
				 * family that has none */
	int64_t inner_mtu;	/* of it; SETTINGS_AUTO; 0: that of a device
				 * which was there, else auto */
	int64_t mss;		/* most of TCP inside; SETTINGS_AUTO or _OFF */
	bool leave_down;	/* the user raises the device */
	const char *inner_file;	/* who may have which addresses; NULL: any */

	struct hostport local;	/* ip-udp: where it receives; "": everywhere */
	const char *hosts_file;	/* map of hosts, JSON; NULL: none */
	const char *hosts_url;	/* likewise; NULL: none */
	int64_t hosts_ms;	/* between two looks at the URL */
	const char *ca_path;	/* folder of PEM files, as cafile; NULL */
	const char *prefix;	/* the MD5 of this goes before each packet;
				 * NULL: nothing does */
	int64_t heartbeat_ms;	/* after that much silence; 0: none */
	int64_t path_mtu;	/* bytes, headers of IP and UDP included */
	bool no_ip6;		/* IPv6 packets are dropped */
};

/* Rows for the keys of the ends' specs. */
extern const struct opt settings_udp_listen[];
extern const struct opt settings_udp[];
extern const struct opt settings_tcp_listen[];
extern const struct opt settings_tcp[];
extern const struct opt settings_tls_listen[];
extern const struct opt settings_tls[];
extern const struct opt settings_uott_listen[];
extern const struct opt settings_uott[];
extern const struct opt settings_udp2tcp_listen[];
extern const struct opt settings_udp2tcp[];
extern const struct opt settings_dtls_listen[];
extern const struct opt settings_dtls[];
extern const struct opt settings_tun[];
extern const struct opt settings_ip_udp[];

/* Rows for the tunnel's long options (offsets into struct tunnel_settings). */
extern const struct opt settings_tunnel[];

#endif
