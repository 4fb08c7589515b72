/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides which strangers may begin a DTLS handshake, and which half-open one
 * is evicted for that.
 *
 * NOTES.  A stranger costs no memory until it has proved by a cookie that it
 * receives what is sent to its address.  With skip_verify a cookie is not
 * needed while fewer than half of the places are taken, and the address has
 * used less than half of its rate limit.  The address may then be forged, so
 * the caller must call dtls_distrust(), which limits what is sent to it.
 *
 * Half-open handshakes are limited in number; tunnel/pending.h says which one a
 * stranger with a good cookie evicts.
 *
 * One step of a handshake costs as much as hundreds of datagrams.  So
 * handshakes have a budget: half of the elapsed time, and a burst of
 * ADMIT_BURST_US.  It counts processor time: other processes on a busy machine
 * do not use it up.  A ClientHello beyond it is dropped; its client retransmits
 * it.
 */

#ifndef TUNNEL_DTLS_ADMIT_H
#define TUNNEL_DTLS_ADMIT_H

#include "net/udp.h"
#include "tunnel/pending.h"
#include "tunnel/tunnel.h"
#include "wire/dtls_cookie.h"

/* Admission for one end. */
struct dtls_admit {
	struct end *end;
	struct dtls_cookies cookies;
	struct pendings half_open;	/* handshakes, each entered and removed
				 * by the end */
	bool skip_verify;	/* strangers may begin without a cookie */
	uint64_t spent_us;	/* processor time of handshakes, less half of
				 * the time that has passed, at least 0 */
	uint64_t spent_at_us;	/* when that was computed */
	struct log_limit budget_limit, full_limit;
};

/* What the caller must do with a datagram of a stranger. */
enum dtls_admission {
	DTLS_ADMIT_DROP,	/* nothing: it was counted, and logged within
				 * limits */
	DTLS_ADMIT_DEMAND,	/* reply with dtls_admit_demand() */
	DTLS_ADMIT_PROVEN,	/* begin a handshake: the cookie is good */
	DTLS_ADMIT_UNPROVEN,	/* begin one with dtls_distrust() */
};

/* Begins with no half-open handshake; max are allowed.  The end is borrowed,
 * and its tunnel must be set. */
void dtls_admit_init(struct dtls_admit *, struct end *, unsigned max,
    bool skip_verify);

/* Goes on with other limits. */
void dtls_admit_renew(struct dtls_admit *, unsigned max, bool skip_verify);

/* Wipes the secrets of the cookies and frees; all places must be free. */
void dtls_admit_stop(struct dtls_admit *);

/* Decides about a datagram that belongs to no handshake.  Where one may begin
 * and all places are taken, the caller frees that of pendings_payer() first.
 * old is the place of the association at the same source, half-open or not,
 * which the new one would replace; NULL: there is none.  On DTLS_ADMIT_PROVEN
 * and _UNPROVEN the datagram also passed flow_admit_ask(). */
enum dtls_admission dtls_admit_decide(struct dtls_admit *,
    const struct udp_msg *, const struct pending *old);

/* Writes the HelloVerifyRequest that replies to a datagram.  Returns its
 * length; 0: the datagram is no ClientHello. */
size_t dtls_admit_demand(struct dtls_admit *, const struct udp_msg *,
    uint8_t out[DTLS_VERIFY_DATAGRAM]);

/* A step of a handshake took that much processor time: charges it to the
 * budget. */
void dtls_admit_spend(struct dtls_admit *, uint64_t us);

#endif
