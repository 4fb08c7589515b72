/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Connections that proxies forward: each begins with a header that has the
 * address of the client (wire/proxy_header.h).
 *
 * NOTES.  A connection is here until its header is complete; only then does the
 * end see it, with the client's address.  The header is read to its last byte
 * and no further, so that the first byte of TLS stays in the socket.  Waiting
 * connections are bounded in number and in time.  One that does not come from a
 * proxy is closed: it could claim any address.
 */

#ifndef TUNNEL_PROXIED_H
#define TUNNEL_PROXIED_H

#include "base/log.h"
#include "net/stream.h"
#include "tunnel/tunnel.h"

/* Takes over a connection of that client; false: it was refused, and is
 * closed. */
typedef bool proxied_fn(struct end *, fd_t fd, const struct addr *client);

/* The waiting connections of an end.  Zeroed: there are none. */
struct proxied {
	struct end *end;	/* it accepts connections of its proxies only */
	proxied_fn *fn;
	struct list waiting;	/* struct forwarded, the oldest first */
	unsigned n;		/* how many these are */
	unsigned max;		/* and may be, at least 1 */
	int64_t wait_ms;	/* from accept to the end of the header */
	struct log_limit limit;	/* of lines about those that are closed */
};

/* Begins without any; the settings are borrowed.  fn is called with each whose
 * header is complete. */
void proxied_init(struct proxied *, struct end *, const struct settings *,
    proxied_fn *fn);

/* Goes on with other limits; the networks of proxies are the end's. */
void proxied_renew(struct proxied *, const struct settings *);

/* Takes over a connection that was accepted from there; false: it was refused,
 * and is closed. */
bool proxied_accept(struct proxied *, fd_t fd, const struct addr *from);

/* Closes all that wait. */
void proxied_close(struct proxied *);

/* The level for a log line about the end of a connection of that end.  It is
 * LEVEL_DEBUG where the peer closed in good order; where an idle one was reset,
 * as middleboxes do; and for a proxy's check whether we are there: it has the
 * proxy's own address, carries nothing, and often ends by a reset. */
enum log_level proxied_end_level(const struct end *, const struct stream *,
    bool clean, bool idle);

#endif
