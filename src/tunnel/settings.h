/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * All that a user can set for a tunnel and for each of its ends.
 *
 * NOTES.  The rows that name, check and explain these members are in
 * tunnel/settings.c (native names) and in cmd/ (names of the old tools).
 * Texts point into the command line or the configuration.
 */

#ifndef TUNNEL_SETTINGS_H
#define TUNNEL_SETTINGS_H

#include "compat.h"

#include "base/addr.h"
#include "base/opt.h"

struct addrgroup;

/* Which silence ends a flow: of both sides, of either, of one. */
enum stale { STALE_BOTH, STALE_EITHER, STALE_LEFT, STALE_RIGHT };

/* Of the tunnel. */
struct tunnel_settings {
	int64_t idle_ms;	/* silence that ends a flow; 0: none does */
	int64_t stale;		/* enum stale */
	int64_t max_flows;	/* at the same time */
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
	int64_t timeout_ms;	/* for resolving, connecting and handshake */
	int64_t backoff_ms;	/* longest pause before another attempt */
	int64_t grace_ms;	/* a session outlives its last connection */
	int64_t identify_ms;	/* from accept to the session identifier */
	int64_t max_pending;	/* connections without identifier */
	int64_t max_connections;	/* of all sessions together */

	const char *cert, *key;	/* PEM files; NULL: none */
	const char *cafile;	/* PEM file; NULL: the system's (dialling), or
				 * no client certificates (listening) */
	const char *tls_name;	/* name to expect and to send; NULL: the host */
	bool no_name_check;	/* any name will do */
};

/* Rows for the keys of the ends' specs. */
extern const struct opt settings_udp_listen[];
extern const struct opt settings_udp[];
extern const struct opt settings_tcp_listen[];
extern const struct opt settings_tcp[];
extern const struct opt settings_tls_listen[];
extern const struct opt settings_tls[];

/* Rows for the tunnel's long options (offsets into struct tunnel_settings). */
extern const struct opt settings_tunnel[];

#endif
