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

#include "base/nets.h"
#include "base/opt.h"

struct addrgroup;

/* The two ends of a tunnel. */
enum side { LEFT, RIGHT };

enum {
	SETTINGS_ADDRESSES = 8,	/* of a device: TUN_ADDRESSES */
	SETTINGS_AUTO = -1,	/* for a number: computed */
	SETTINGS_OFF = -2,	/* for a number: off */
	SETTINGS_MSS_MIN = 88,	/* TCP segments that Linux can be told */
	SETTINGS_MSS_MAX = 32767,
};

/* The sides whose silence ends a flow: both at once, either, or one of them. */
enum stale { STALE_BOTH, STALE_EITHER, STALE_LEFT, STALE_RIGHT };

/* Does an end that listens wait for an address which the machine lacks?  AUTO:
 * in a daemon that waits for all else, too. */
enum bind_later_wish { BIND_LATER_AUTO, BIND_LATER_YES, BIND_LATER_NO };

/* Does a device pass super-packets, where the system has them? */
enum offload_wish { OFFLOAD_YES, OFFLOAD_NO };

/* A range of time, from which a random time is drawn for each flow: low_ms <=
 * time < high_ms, or low_ms where both are equal. */
struct span {
	int64_t low_ms, high_ms;	/* low <= high; high_ms 0: none */
};

/* A number of events in a window of time. */
struct rate {
	int64_t count;		/* 0: no limit */
	int64_t window_ms;	/* at least 1 */
};

/* Addresses of a device, or their peer addresses. */
struct addresses {
	struct addr at[SETTINGS_ADDRESSES];
	int prefix[SETTINGS_ADDRESSES];	/* prefix lengths, in bits */
	unsigned n;		/* entries in use */
};

/* Networks that a device has a route to. */
struct routes_wanted {
	struct nets nets;	/* with 0.0.0.0/0 or ::/0 for one family */
	bool all;		/* "default": both families */
};

/* Settings of a tunnel. */
struct tunnel_settings {
	int64_t idle_ms;	/* silence that ends a flow; 0: never */
	int64_t stale;		/* enum stale */
	int64_t max_flows;	/* at the same time */
	int64_t source_share;	/* percent of the flows, and of the connections,
				 * that one address may have while more than
				 * half are in use */
	int64_t name_share;	/* likewise one verified name, of the flows */
	struct span time_limit;	/* lifetime of a flow */
	struct rate rate_limit;	/* new flows of one address */
	const char *allowed_ports;	/* ports of IP packets that pass, for
				 * inspect_parse(); NULL: any */
	bool packet_stats;	/* count IP packets and log the counts */
	bool insecure;		/* strangers may come in */
	const char *up, *down;	/* programs that are run; NULL: none */
	int64_t hook_ms;	/* time that they have */
};

/* Settings of one end; each end uses the members that its rows name. */
struct settings {
	struct hostport at;	/* address to listen on or to connect to */
	const struct addrgroup *group;	/* RIGHT: endpoints in place of `at`;
				 * must outlive the end.  NULL: none */
	int64_t bind_later;	/* enum bind_later_wish */
	int64_t receive_buffer, send_buffer;	/* bytes; 0: the system's */
	int64_t df;		/* enum udp_df */
	bool no_offload;	/* UDP: neither GSO nor GRO */
	int64_t tcp_mss;	/* longest TCP segment; 0: the system's */
	int64_t mark;		/* Linux SO_MARK; -1: none */
	bool resolve_once;	/* look the name up at start only */

	int64_t pool;		/* connections for each flow */
	int64_t timeout_ms;	/* for resolving, connecting and handshake, as
				 * far as the end does them */
	int64_t backoff_ms;	/* longest pause before a new attempt */
	int64_t grace_ms;	/* time that a session without connections is
				 * kept */
	int64_t identify_ms;	/* from accept to the session identifier */
	int64_t max_pending;	/* connections without identifier, or flow */
	int64_t max_connections;	/* of all sessions together */
	struct nets proxies;	/* whose connections begin with a PROXY header;
				 * n 0: no connection does */

	bool tls;		/* uott: inside TLS */
	const char *cert, *key;	/* PEM files; NULL: none */
	const char *cafile;	/* PEM file; NULL: the system's (dialling), or
				 * no client certificates (listening) */
	const char *tls_name;	/* name to expect and to send; NULL: the host */
	bool no_name_check;	/* accept any name in the certificate */
	int64_t time_check;	/* enum tls_time_check */

	const char *psk;	/* pre-shared key, hex; NULL: none */
	const char *psk_file;	/* lines IDENTITY:HEXKEY; NULL: none */
	const char *identity;	/* DTLS: ours; NULL: the file's only one */
	const char *ciphers;	/* names separated by colons; NULL, "": all */
	const char *groups;	/* the same, of groups for ECDHE */
	bool no_cid;		/* no connection IDs */
	int64_t cbc_mac;	/* enum dtls_cbc_mac */
	bool old_master;	/* accept peers without RFC 7627 */
	bool skip_verify;	/* no cookie unless half_open is near */
	int64_t half_open;	/* half-open handshakes, at most */
	int64_t mtu;		/* bytes of a handshake datagram, at most */

	const char *device;	/* name of a device, "": any; borrowed */
	struct addresses addresses;	/* of the device */
	struct addresses peers;	/* peer addresses: each goes with the first
				 * address of its family that has none */
	int64_t inner_mtu;	/* of the device; SETTINGS_AUTO; 0: an existing
				 * device keeps its own, a new one has auto */
	int64_t keepalive_ms;	/* silence after which something is sent; 0:
				 * nothing is */
	int64_t mss;		/* largest MSS of TCP inside; SETTINGS_AUTO or
				 * _OFF */
	bool leave_down;	/* do not bring the device up */
	int64_t offload;	/* enum offload_wish: super-packets */
	struct routes_wanted routes;	/* into the device */
	bool killswitch;	/* its default routes last */
	const char *inner_file;	/* inner addresses by identity; NULL: any */

	struct hostport local;	/* ip-udp: local address; "": the wildcard */
	const char *hosts_file;	/* map of hosts, JSON; NULL: none */
	const char *hosts_url;	/* likewise; NULL: none */
	int64_t hosts_ms;	/* interval of fetching the URL and of
				 * resolving the names */
	const char *ca_path;	/* folder of PEM files, as cafile; NULL */
	const char *prefix;	/* its MD5 precedes each packet; NULL: no
				 * prefix */
	int64_t heartbeat_ms;	/* silence before a heartbeat; 0: none */
	int64_t path_mtu;	/* bytes, headers of IP and UDP included */
	bool no_ip6;		/* drop IPv6 packets */
};

/* Has a device with these settings a default route? */
bool settings_has_default(const struct settings *);

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
