/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The TCP ports that an end listens on: one for each address of its host.
 */

#ifndef TUNNEL_TCP_PORTS_H
#define TUNNEL_TCP_PORTS_H

#include "net/tcp.h"
#include "tunnel/bind_later.h"
#include "tunnel/bound.h"
#include "tunnel/proxied.h"
#include "tunnel/tunnel.h"

/* Zeroed is ready to use. */
struct tcp_ports {
	struct tcp_listener listener[RESOLVE_MAX];
	struct bound bound[RESOLVE_MAX];	/* the same */
	unsigned n;
	struct tcp_options options;	/* of their connections */
	struct bind_later later;	/* when they are opened */
	struct proxied proxied;	/* connections whose client is not known yet;
				 * its fn gets all connections */
};

/* Listens on every address that the settings name; fn is called with each
 * connection and its client's address, which a proxy's header may have told.
 * The settings are borrowed.  0, and then they are open, or will be once the
 * machine has the address (bind_later.h); or -1 and the fault. */
int tcp_ports_open(struct tcp_ports *, struct end *, const struct settings *,
    const struct tcp_options *, proxied_fn *fn, struct fault *);

/* Closes them; harmless when there are none.  Connections that fn has got
 * stay. */
void tcp_ports_close(struct tcp_ports *);

#endif
