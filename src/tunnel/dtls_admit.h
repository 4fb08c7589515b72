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
 * Half-open handshakes are limited in number.  When all places are taken, a
 * stranger with a good cookie evicts the oldest, unless that is younger than
 * ADMIT_YOUNG_MS.  A younger client may not have had the time to reply, and
 * many clients that come at once, as after our restart, would evict each other
 * again and again.  But the oldest is evicted at any age where its address has
 * more than one in ADMIT_SHARE of the places, and the stranger has a different
 * address.
 *
 * One step of a handshake costs as much as hundreds of datagrams.  So
 * handshakes have a budget: half of the elapsed time, and a burst of
 * ADMIT_BURST_US.  A ClientHello beyond it is dropped; its client retransmits
 * it.
 */

#ifndef TUNNEL_DTLS_ADMIT_H
#define TUNNEL_DTLS_ADMIT_H

#include "base/list.h"
#include "net/udp.h"
#include "tunnel/tunnel.h"
#include "wire/dtls_cookie.h"

/* The place of a handshake among the half-open ones; a member of the caller's
 * struct of the handshake.  Zeroed: not ready, see dtls_half_open_init(). */
struct dtls_half_open {
	struct list link;	/* in struct dtls_admit, or in no list */
	struct addr peer;	/* its client */
	uint64_t began_ms;	/* when it took the place */
};

/* Admission for one end. */
struct dtls_admit {
	struct end *end;
	struct dtls_cookies cookies;
	struct list half_open;	/* struct dtls_half_open, the oldest first */
	unsigned n;		/* length of half_open */
	unsigned max;		/* limit of n, at least 1 */
	bool skip_verify;	/* strangers may begin without a cookie */
	uint64_t spent_us;	/* time that handshakes took, less half of the
				 * time that has passed, at least 0 */
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

/* Wipes the secrets of the cookies; all places must be free. */
void dtls_admit_stop(struct dtls_admit *);

/* Decides about a datagram that belongs to no handshake.  old is the place of
 * the association at the same source, half-open or not, which the new one would
 * replace; NULL: there is none.  On DTLS_ADMIT_PROVEN and _UNPROVEN the
 * datagram also passed the end's rate limit (end_admit()). */
enum dtls_admission dtls_admit_decide(struct dtls_admit *,
    const struct udp_msg *, const struct dtls_half_open *old);

/* Writes the HelloVerifyRequest that replies to a datagram.  Returns its
 * length; 0: the datagram is no ClientHello. */
size_t dtls_admit_demand(struct dtls_admit *, const struct udp_msg *,
    uint8_t out[DTLS_VERIFY_DATAGRAM]);

/* Initializes a place: not taken. */
void dtls_half_open_init(struct dtls_half_open *);

/* A handshake with that peer begins: takes a place.  Where
 * dtls_admit_is_full(), the caller must have evicted dtls_admit_oldest(). */
void dtls_admit_enter(struct dtls_admit *, struct dtls_half_open *,
    const struct addr *peer);

/* The handshake is done or over: frees its place, if it has one. */
void dtls_admit_leave(struct dtls_admit *, struct dtls_half_open *);

/* Are all places taken? */
bool dtls_admit_is_full(const struct dtls_admit *);

/* The oldest half-open handshake, or NULL. */
struct dtls_half_open *dtls_admit_oldest(const struct dtls_admit *);

/* A step of a handshake took that long: charges it to the budget. */
void dtls_admit_spend(struct dtls_admit *, uint64_t us);

#endif
