/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which strangers may begin a DTLS handshake, and which half-open one is
 * evicted for that.
 *
 * NOTES.  A stranger costs no memory until it has shown by a cookie that it
 * receives what is sent to its address.  With skip_verify a cookie is not
 * needed while fewer than half of the half-open handshakes are in use, and the
 * address has used less than half of its rate limit: the address may be
 * forged.  The caller then sends one datagram for each one that it receives
 * (dtls_distrust()).
 *
 * Half-open handshakes are limited in number.  A stranger with a good cookie
 * evicts the oldest, unless that is younger than ADMIT_YOUNG_MS: its client may
 * not have had the time to answer, and many clients that come at once, as after
 * a restart of ours, would evict each other for ever.  That age does not count
 * where more than one in ADMIT_SHARE are of the oldest one's address, and the
 * stranger is not.
 *
 * One step of a handshake costs as much as hundreds of datagrams.  So
 * handshakes have a budget: half of the time, and ADMIT_BURST_US at once.  A
 * hello beyond it is dropped; its client sends it again.
 */

#ifndef TUNNEL_DTLS_ADMIT_H
#define TUNNEL_DTLS_ADMIT_H

#include "base/list.h"
#include "net/udp.h"
#include "tunnel/tunnel.h"
#include "wire/dtls_cookie.h"

/* The place of a handshake among the half-open ones; a member of what it is
 * about.  Zeroed: not ready, see dtls_half_open_init(). */
struct dtls_half_open {
	struct list link;	/* in struct dtls_admit, or in no list */
	struct addr peer;	/* its client */
	uint64_t began_ms;
};

/* Admission for one end. */
struct dtls_admit {
	struct end *end;
	struct dtls_cookies cookies;
	struct list half_open;	/* struct dtls_half_open, the oldest first */
	unsigned n;		/* how many these are */
	unsigned max;		/* and may be, at least 1 */
	bool skip_verify;	/* strangers may begin without a cookie */
	uint64_t spent_us;	/* time that handshakes took, less half of the
				 * time that went by */
	uint64_t spent_at_us;	/* when that was computed */
	struct log_limit budget_limit, full_limit;
};

/* What is to be done with a datagram of a stranger. */
enum dtls_admission {
	DTLS_ADMIT_DROP,	/* nothing: it was counted, and logged within
				 * limits */
	DTLS_ADMIT_DEMAND,	/* answer by dtls_admit_demand() */
	DTLS_ADMIT_PROVEN,	/* begin a handshake: its cookie is good */
	DTLS_ADMIT_UNPROVEN,	/* begin one with dtls_distrust() */
};

/* Begins without half-open handshakes; the end is borrowed, and must have its
 * tunnel. */
void dtls_admit_init(struct dtls_admit *, struct end *, unsigned max,
    bool skip_verify);

/* Wipes the secrets; no half-open handshake is left. */
void dtls_admit_stop(struct dtls_admit *);

/* Decides about a datagram that belongs to no handshake.  old is the place of
 * the association at the same source, half-open or not, which the new one would
 * replace; NULL: there is none. */
enum dtls_admission dtls_admit_decide(struct dtls_admit *,
    const struct udp_msg *, const struct dtls_half_open *old);

/* Writes the demand for a cookie that answers a datagram; its length, or 0. */
size_t dtls_admit_demand(struct dtls_admit *, const struct udp_msg *,
    uint8_t out[DTLS_VERIFY_DATAGRAM]);

/* Prepares a place, which is in no list. */
void dtls_half_open_init(struct dtls_half_open *);

/* A handshake with that peer begins: it takes a place.  There is one, once the
 * caller has freed the oldest where dtls_admit_is_full(). */
void dtls_admit_enter(struct dtls_admit *, struct dtls_half_open *,
    const struct addr *peer);

/* It is done, or over: it gives up its place, if it has one. */
void dtls_admit_leave(struct dtls_admit *, struct dtls_half_open *);

/* Are all places taken? */
bool dtls_admit_is_full(const struct dtls_admit *);

/* The oldest half-open handshake, or NULL. */
struct dtls_half_open *dtls_admit_oldest(const struct dtls_admit *);

/* A step of a handshake took that long. */
void dtls_admit_spend(struct dtls_admit *, uint64_t us);

#endif
