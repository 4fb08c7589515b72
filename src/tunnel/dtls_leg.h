/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What `dtls-listen` and `dtls` share: the engine's setup from the settings of
 * an end, datagrams into records and back, and what the engine wants to say.
 */

#ifndef TUNNEL_DTLS_LEG_H
#define TUNNEL_DTLS_LEG_H

#include "net/udp.h"
#include "tunnel/dtls_psk.h"
#include "tunnel/tunnel.h"
#include "wire/dtls.h"

/* What both ends have; theirs begin with it. */
struct dtls_shared {
	struct end end;
	struct dtls_setup setup;
	struct dtls_cpu cpu;
	struct dtls_psk *keys;
	uint8_t identity[DTLS_IDENTITY_MAX];	/* a client's own */
	struct udp_options options;
	int64_t timeout_ms;	/* for look-up and handshake */
	struct flusher flusher;	/* its fn is the end's */
	struct udp_queue queue;
	uint8_t *out;		/* where the engine writes a datagram */
	size_t out_size;	/* bytes of it */
};

/* Datagrams of one association that were opened and not yet passed on. */
struct dtls_run {
	struct dgram d[DGRAM_BATCH];
	unsigned n;
};

/* A datagram that the engine reads. */
struct dtls_reading {
	struct dtls_input input;
	uint8_t *edge;		/* the bytes from here on belong to nobody */
	uint8_t *end;		/* up to here they may be written */
	bool forged;		/* it begins with a record of data, none of
				 * which was authentic and new so far */
};

/* Fills what is shared from the settings; 0, or -1 and the fault, with the
 * remedy, and nothing is held then. */
int dtls_leg_start(struct dtls_shared *, const struct settings *, bool server,
    struct fault *);

/* Frees and wipes it. */
void dtls_leg_stop(struct dtls_shared *);

/* Queues bytes for a socket, as a copy; peer and local as in udp_put(). */
void dtls_leg_put(struct dtls_shared *, struct udp *, uint8_t *bytes,
    size_t n, const struct addr *peer, const struct addr *local);

/* Queues all that an association has to say for itself. Was there anything? */
bool dtls_leg_output(struct dtls_shared *, struct dtls *, struct udp *,
    const struct addr *peer, const struct addr *local);

/* Seals and queues n datagrams of a leg; counts those that are too big.  When
 * the association cannot send any more the leg has failed, for the reason that
 * the association gives, and was closed. */
void dtls_leg_send(struct dtls_shared *, struct leg *, struct dtls *,
    struct udp *, struct dgram *d, unsigned n, const struct addr *peer,
    const struct addr *local);

/* Begins to read a datagram that was received. */
void dtls_leg_read(struct dtls_reading *, const struct dgram *);

/* Appends what DTLS_DATA found to a run that is not full.  Data that came
 * before its time is copied out of the handshake. */
void dtls_leg_take(struct dtls_shared *, struct dtls_run *,
    struct dtls_reading *);

/* Frees what only the handshake of an association needed that is up, when all
 * of a datagram was read. */
void dtls_leg_free_handshake(struct dtls *);

/* The largest payload for one packet to that peer; for an association that is
 * not up a length that will do. */
size_t dtls_leg_room(const struct dtls *, const struct addr *peer);

/* Sets a timer to when the association needs it, or to late_ms if that is
 * sooner. */
void dtls_leg_time(struct dtls_shared *, const struct dtls *, struct timer *,
    uint64_t late_ms, timer_fn *fn);

/* What was agreed on, for logs: suite, group, connection ID. */
const char *dtls_leg_text(const struct dtls *, char *text, size_t size);

#endif
