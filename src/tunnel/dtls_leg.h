/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What `dtls-listen` and `dtls` share: the engine's setup from the settings of
 * an end, datagrams to records and back, and the engine's output.
 */

#ifndef TUNNEL_DTLS_LEG_H
#define TUNNEL_DTLS_LEG_H

#include "base/reuse.h"
#include "net/udp.h"
#include "tunnel/dtls_psk.h"
#include "tunnel/facts.h"
#include "tunnel/tunnel.h"
#include "wire/dtls.h"

enum {
	DTLS_LEG_KEPT = 32,	/* handshakes whose memory is kept */
};

/* State common to both ends; the first member of each. */
struct dtls_shared {
	struct end end;
	struct dtls_setup setup;
	struct cpu cpu;
	struct dtls_spare spare;	/* for the next handshake, */
	struct timer spare_timer;	/* and when it is made */
	struct reuse handshakes;	/* memory of those that are over */
	struct dtls_psk *keys;	/* for setup.psk */
	struct dtls_psk *fresh;	/* loaded by dtls_leg_prepare(), for
				 * dtls_leg_renew(); else NULL */
	uint8_t identity[DTLS_IDENTITY_MAX];	/* a client's own */
	struct udp_options options;
	struct udp_found found;	/* by a client's first socket */
	int64_t timeout_ms;	/* for look-up and handshake */
	struct flusher flusher;	/* the end sets its fn */
	struct udp_queue queue;
	uint8_t *out;		/* buffer for a datagram of the engine */
	size_t out_size;	/* its size in bytes */
};

/* Datagrams of one association, decrypted and not yet passed on. */
struct dtls_run {
	struct dgram d[DGRAM_BATCH];
	unsigned n;		/* used entries of d */
};

/* A received datagram while it is read.  It may hold several records of data;
 * each becomes a dgram in place, whose head and tail room reach from `edge` to
 * the next record. */
struct dtls_reading {
	struct dtls_input input;
	uint8_t *edge;		/* start of the bytes that no dgram uses */
	uint8_t *end;		/* end of the writable bytes */
	bool forged;		/* it begins with a record of data, and no data
				 * in it was authentic and new so far */
};

/* The check() of both ends (tunnel/tunnel.h). */
int dtls_leg_check(const char *name, const struct settings *, struct fault *);

/* Initializes the common state from the settings.  Returns 0; -1: the fault is
 * set, with the remedy, and nothing is held. */
int dtls_leg_start(struct dtls_shared *, const struct settings *, bool server,
    struct fault *);

/* Wipes the keys and frees the common state. */
void dtls_leg_stop(struct dtls_shared *);

/* For end_ops.prepare(): loads the keys again.  0, or -1 and the fault. */
int dtls_leg_prepare(struct dtls_shared *, const struct settings *,
    struct fault *);

/* For end_ops.renew(): new handshakes use the keys that were loaded, and the
 * lists and times of the settings; or releases the keys, if the settings are
 * NULL. */
void dtls_leg_renew(struct dtls_shared *, const struct settings *);

/* Queues a copy of n bytes for a socket; peer and local as in udp_put(). */
void dtls_leg_put(struct dtls_shared *, struct udp *, uint8_t *bytes,
    size_t n, const struct addr *peer, const struct addr *local);

/* Queues all datagrams of dtls_output().  True: there was one. */
bool dtls_leg_output(struct dtls_shared *, struct dtls *, struct udp *,
    const struct addr *peer, const struct addr *local);

/* Seals and queues n datagrams of a leg; counts those that are too big.  When
 * the association can no longer send, calls leg_failed() with its dtls_why():
 * the leg is closed when this returns. */
void dtls_leg_send(struct dtls_shared *, struct leg *, struct dtls *,
    struct udp *, struct dgram *d, unsigned n, const struct addr *peer,
    const struct addr *local);

/* Begins to read a received datagram. */
void dtls_leg_read(struct dtls_reading *, const struct dgram *);

/* Appends the data of a DTLS_DATA event to a run that is not full.  Data that
 * was received before the peer's Finished is copied out of the handshake. */
void dtls_leg_take(struct dtls_shared *, struct dtls_run *,
    struct dtls_reading *);

/* When the engine is due next or, unless it is up, its handshake times out at
 * late_ms; UINT64_MAX: never. */
uint64_t dtls_leg_deadline(const struct dtls *, bool up, uint64_t late_ms);

/* A handshake is done: makes the key pair for the next one, once there has been
 * time for the datagrams that waited for this one. */
void dtls_leg_make_spare(struct dtls_shared *);

/* Memory for a handshake, zeroed: that of one which is over, or allocated now;
 * `size` bytes, which are the same for all of an end.  The caller owns it, and
 * may free() it.  NULL: there is no memory. */
void *dtls_leg_new_handshake(struct dtls_shared *, size_t size);

/* Wipes the handshake of an association that is up, and frees it or keeps its
 * memory; harmless when it has none.  To be called after DTLS_END only, since
 * data may still be in it before. */
void dtls_leg_free_handshake(struct dtls_shared *, struct dtls *);

/* The largest payload for one packet to that peer, over a path of the usual
 * MTU (1500); while the association is not up (or NULL), a length that fits
 * with every suite. */
size_t dtls_leg_room(const struct dtls *, const struct addr *peer);

/* Fills in the protocol and the suite of an association that is up. */
void dtls_leg_tell(const struct dtls *, struct facts *);

/* Logs that a leg is up, of which nothing was logged before: by what, and after
 * how long since since_ms.  The peer, and its verified name or "". */
void dtls_leg_log_up(const struct leg *, const struct dtls *,
    uint64_t since_ms, const struct addr *peer, const char *name);

/* What was negotiated, for logs: suite, group, connection ID. */
const char *dtls_leg_text(const struct dtls *, char *text, size_t size);

#endif
