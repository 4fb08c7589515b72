/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Replaces the association of a flow of the `dtls` end when the server is
 * silent, or when our address has changed.
 *
 * NOTES.  Nothing comes from a server that has lost its state or has moved to a
 * different address, nor through a NAT that has lost the mapping.  So when the
 * silence is too long (dtls_silence.h), or our address has changed, the name is
 * looked up again and a new association is begun beside the old one, which
 * stays in use; at most RENEWAL_TRIES flows do that at the same time.  When the
 * new one is up it is used for sending.  The old one is still received from,
 * until RENEWAL_HEARD_MS after the first data on the new one, at most for
 * RENEWAL_OLD_MS.
 *
 * If an endpoint of a group does not reply, the next attempt takes a different
 * one.  Of a name with several addresses, which may be those of several
 * servers, the next one is tried when nothing was heard from one for
 * RENEWAL_NEXT_MS, or when it refuses.  For a device, which looks for silence
 * itself and tries a second flow, silence changes nothing here.
 */

#ifndef TUNNEL_DTLS_RENEWAL_H
#define TUNNEL_DTLS_RENEWAL_H

#include "net/route.h"
#include "tunnel/dtls_address.h"
#include "tunnel/dtls_call.h"
#include "tunnel/dtls_silence.h"
#include "tunnel/dues.h"
#include "tunnel/turns.h"

enum {
	RENEWAL_ASK_MS = 600,	/* for the answer to a heartbeat */
	RENEWAL_TRIES = 32,	/* associations that are being replaced */
	RENEWAL_TRY_MS = 5000,	/* longest handshake of a replacement, but on a
				 * slow path: the next one says hello more
				 * often */
	RENEWAL_NEXT_MS = 700,	/* until the next address of the name */
	RENEWAL_OLD_MS = 5000,	/* the old one is read, */
	RENEWAL_HEARD_MS = 1000,	/* and after the new one was heard */
};

/* Of an end. */
struct renewals {
	struct calls *calls;
	struct turns turns;	/* of flows that get a new association */
};

/*
 * Of a leg.  Its states, by its members ("up": its handshake is done):
 *
 *	state			call		next		due, or lookup
 *	not begun		NULL		NULL		-
 *	up			up		NULL		silence, if a
 *								wait runs
 *	up, in line		up		NULL		silence
 *	up, looking up again	up		NULL		silence, lookup
 *	up, being replaced	up		not up		silence
 *
 * A datagram from the server leads back to "up" from the three states after it.
 * When `next` is up it becomes `call`, and `call` becomes `old`, which is read
 * until RENEWAL_OLD is due.
 */
enum renewal_due {
	RENEWAL_OLD,		/* the end of `old` */
	RENEWAL_NEXT,		/* the next address is tried */
	RENEWAL_SILENCE,	/* no later than silence is; see
				 * renewal_watch_silence() */
	RENEWAL_ASKED,		/* the heartbeat must be answered */
};

struct renewal {
	struct renewals *end;
	struct call_owner owner;	/* of its associations */
	struct dtls_address address;	/* where the leg goes */
	struct call *call;	/* the association in use, or NULL */
	struct call *next;	/* the one that may replace it, or NULL */
	struct call *old;	/* the one that it has replaced, or NULL */
	bool heard, old_heard;	/* data came on `call` or `old` since the
				 * replacement */
	bool moved;		/* our address has changed, which is why a
				 * replacement is tried */
	bool again;		/* `next` is in place of one that the server
				 * did not know any more */
	unsigned failures;	/* attempts that were in vain since one was not,
				 * or data came */
	struct turn turn;	/* to try a replacement */
	struct dtls_silence silence;
	struct dues dues;	/* its times, by enum renewal_due */
	uint64_t asked_ms;	/* when the heartbeat was sent */
};

/* Begins and ends for an end; all renewals have ended before the end. */
void renewals_init(struct renewals *, struct calls *);
void renewals_stop(struct renewals *);

/* Prepares a leg, whose struct is zeroed, without an association; chooses the
 * endpoint that it goes to. */
void renewal_init(struct renewal *, struct renewals *,
    struct dtls_addresses *, struct leg *);

/* Takes an association that is up, and from then on owns it: passes on its
 * data, replaces it when that is necessary, and calls leg_failed() when it
 * ends. */
void renewal_begin(struct renewal *, struct call *);

/* Sends n datagrams; it must have begun. */
void renewal_send(struct renewal *, struct dgram *, unsigned n);

/* Our addresses or routes have changed: what came from an address that is not
 * used any more gets no answers.  It must have begun. */
void renewal_reroute(struct renewal *, struct route_watch *);

/* Gets a new association, whatever the old one does.  It must have begun. */
void renewal_anew(struct renewal *);

/* The machine was suspended: the server may have dropped the association. */
void renewal_wake(struct renewal *);

/* Frees the associations, and looks nothing up any more. */
void renewal_end(struct renewal *);

#endif
