/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The probe of `tun`: is the device at the other end of the carrier there?
 *
 * NOTES.  A datagram of one byte PATH_PROBE_ASKS is answered by one of one
 * byte PATH_PROBE_ANSWERS, which is answered by nothing.  Neither is an IP
 * packet: an older peer counts a loss.  So a peer is known to answer only once
 * it has answered, and a server probes only a client that has asked: once after
 * its first question, to know that it answers, and then as below.
 *
 * Longer questions and answers find how long packets may be (tun_path.h).
 *
 * Probes keep an idle carrier alive as well: one is sent when nothing else was
 * sent for dev->keepalive_ms, on the RIGHT for a quarter more, so that clients
 * are the ones that ask.  Where that is 0 nothing is ever asked, but
 * probes of the peer are answered.  Over a carrier that is `steady` (ip-udp)
 * there are neither questions nor answers: its peers know no probes.
 *
 * Probes pass around the filter and the counters of the tunnel (flow_answer());
 * those that are received count as datagrams.
 */

#ifndef TUNNEL_TUN_PROBE_H
#define TUNNEL_TUN_PROBE_H

#include "tunnel/tun_dev.h"

enum {
	TUN_PROBE_FIRST_MS = 1000,	/* between the first questions */
};

/* Sends n bytes to the peer's device.  Afterwards flow->dead may be true. */
void tun_probe_send(struct tun_dev *, struct tun_leg *, uint8_t *bytes,
    size_t n);

/* Asks.  The carrier must be up.  Afterwards flow->dead may be true. */
void tun_probe_ask(struct tun_dev *, struct tun_leg *);

/* Takes a datagram that is no IP packet.  True: it was a question, which is
 * answered, or an answer.  Afterwards flow->dead may be true. */
bool tun_probe_take(struct tun_dev *, struct tun_leg *, const struct dgram *);

/* Begins to keep a leg alive whose carrier is up, by leg->beat, whose fn calls
 * tun_probe_beat().  The first n_first questions are asked at once and then in
 * turn, until one is answered. */
void tun_probe_start(struct tun_dev *, struct tun_leg *, unsigned n_first,
    timer_fn *fn);

/* leg->beat is due: asks when nothing was sent for long enough, and sets the
 * timer again.  True: it has asked, and the flow is alive. */
bool tun_probe_beat(struct tun_dev *, struct tun_leg *, timer_fn *fn);

#endif
