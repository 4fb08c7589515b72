/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Facts: what an end, or a leg of it, knows of its carrier and nobody else
 * does, for reports.
 *
 * NOTES.  Ends fill them in when they are asked (end_ops.tell), and do nothing
 * for them in between.  A dialling end reports its peer, a listening one that
 * of the leg it is asked about.
 */

#ifndef TUNNEL_FACTS_H
#define TUNNEL_FACTS_H

#include "base/addr.h"

enum {
	FACTS_INNER = 8,	/* inner addresses that are named */
	FACTS_PROTOCOL = 16,	/* bytes of the name of a protocol */
	FACTS_SUITE = 64,	/* bytes of the name of a suite */
	FACTS_NAME = 516,	/* bytes of a verified name: DTLS_PEER_TEXT */
};

/* Was the handshake short? */
enum facts_resumed {
	FACTS_UNKNOWN,		/* there was none */
	FACTS_FULL,		/* it was a full one */
	FACTS_RESUMED,		/* an earlier session was resumed */
};

/* facts_clear() first. */
struct facts {
	char protocol[FACTS_PROTOCOL];	/* "TLS 1.2"; "": none, or not up */
	char suite[FACTS_SUITE];	/* of the newest connection; "" */
	enum facts_resumed resumed;	/* and its handshake */
	struct addr address;	/* the peer's, which is in use; family 0: it is
				 * not known */
	char name[FACTS_NAME];	/* the peer's verified name, or "" */
	int64_t rtt_us;		/* the smoothed round trip; -1: not known */
	int64_t loss_ppm;	/* of a million that were sent so many were
				 * lost or sent again; -1: not known */
	int64_t connections;	/* that carry datagrams now; -1: the end has
				 * no connections */
	int64_t retry_ms;	/* until the next attempt; -1: none is due */
	int64_t cert_end_s;	/* Unix seconds: when the first certificate of
				 * our own chain ends; 0: there is none */
	struct addr inner[FACTS_INNER];	/* inner addresses of a leg of a TUN
				 * device, port 0 */
	unsigned n_inner;	/* how many it has, named or not */
};

struct credentials;
struct stream;

/* Nothing is known. */
void facts_clear(struct facts *);

/* Adds an inner address: it counts, and is named if there is room. */
void facts_add_inner(struct facts *, const struct addr *);

/* Adds what a stream knows, if it is up. */
void facts_add_stream(struct facts *, const struct stream *);

/* Adds when our own certificates end, if there are some; NULL: there are
 * none. */
void facts_add_chain(struct facts *, const struct credentials *);

#endif
