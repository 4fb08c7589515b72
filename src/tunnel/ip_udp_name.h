/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The address of the one host of `ip-udp`, by its name, which is looked up
 * again while there is traffic.
 *
 * NOTES.  The address in use stays while it is one of the name's, and while a
 * look-up fails.  Without one, look-ups that fail are repeated by a timer,
 * with pauses of 1 s to 30 s.
 */

#ifndef TUNNEL_IP_UDP_NAME_H
#define TUNNEL_IP_UDP_NAME_H

#include "tunnel/tunnel.h"

enum { IP_UDP_FRESH_MS = 30000 };	/* how long a name's address is good */

/* What the end does for a look-up. */
struct ip_udp_name_ops {
	/* Can packets be sent to such addresses? */
	bool (*reaches)(struct end *, uint8_t family);
	/* Takes an address into use that it reaches. */
	void (*found)(struct end *, const struct addr *);
};

/* The look-ups of a name; a zeroed one does nothing. */
struct ip_udp_name {
	const struct ip_udp_name_ops *ops;
	struct end *end;
	struct hostport at;	/* what is looked up */
	const struct addr *remote;	/* the address in use; family 0: none */
	bool again;		/* repeatedly */
	struct lookup lookup;
	struct timer timer;	/* repeats a look-up that failed */
	uint64_t pause_ms;	/* before that */
	uint64_t looked_ms;	/* when it was looked up last */
	struct log_limit limit;
};

/* Looks up the host that the settings name; the settings say also whether that
 * is repeated.  remote and ops are borrowed; ops->found changes what is at
 * remote. */
void ip_udp_name_start(struct ip_udp_name *, struct end *,
    const struct settings *, const struct addr *remote,
    const struct ip_udp_name_ops *ops);

/* Looks it up again at once, if that is wanted and it is not under way. */
void ip_udp_name_renew(struct ip_udp_name *);

/* There is traffic: looks it up again if its address is no longer fresh. */
static inline void
ip_udp_name_look(struct ip_udp_name *n, uint64_t now_ms)
{
	if (n->again && now_ms - n->looked_ms >= IP_UDP_FRESH_MS)
		ip_udp_name_renew(n);
}

/* Ends the look-ups. */
void ip_udp_name_stop(struct ip_udp_name *);

#endif
