/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How the dialling ends over TCP connect and reconnect.
 *
 * NOTES.  A connection that failed or was lost is dialled again after a pause
 * that doubles up to the back-off.  A failure is logged when its cause is new,
 * not with each attempt.
 */

#ifndef TUNNEL_REDIAL_H
#define TUNNEL_REDIAL_H

#include "net/tcp.h"
#include "tunnel/tunnel.h"

enum {
	REDIAL_RETRY_MS = 100,	/* pause before the first new attempt */
	REDIAL_HURRY_MS = 1000,	/* longest pause with traffic that waits */
	REDIAL_STEADY_MS = 5000,	/* a connection that lived so long was
					 * good: the pause is short again */
	REDIAL_SLEPT_MS = 5000,	/* a suspension that ends connections */
	REDIAL_TELL_MS = 60000,	/* between two lines about the same failure */
};

/* Of an end. */
struct redial {
	const struct end *end;
	const struct tcp_options *options;	/* the end's */
	int64_t timeout_ms, backoff_ms;	/* as in the settings */
	bool resolve_once;
	struct addr known[RESOLVE_MAX];	/* with resolve_once, once found */
	unsigned n_known;
	bool failing;		/* the newest attempt failed */
	uint64_t told_ms;	/* when that was logged last */
	char why[200];		/* and what was logged */
	struct log_limit limit;	/* of such lines */
};

/* Of a connection, up or not.  Zeroed, then redial_reset(). */
struct redial_try {
	struct tcp_dial dial;
	struct timer timer;	/* end of the handshake, or the next attempt */
	uint64_t began_ms, up_ms;	/* when dialled, when it was up */
	uint64_t pause_ms;	/* before the next attempt */
};

/* Initialises it; end and options are borrowed until the last redial_dial(). */
void redial_init(struct redial *, const struct end *, const struct settings *,
    const struct tcp_options *);

/* Checks that the settings of TLS make sense together; 0, perhaps after a
 * warning, or -1 and the fault.  name: the end's, for the words. */
int redial_check_tls(const char *name, const struct settings *,
    struct fault *);

/* Makes the next pause the first one, which is short. */
void redial_reset(const struct redial *, struct redial_try *);

/* Dials now: the known addresses, else the host; sets began_ms. */
void redial_dial(const struct redial *, struct redial_try *,
    const struct hostport *, tcp_dial_fn *);

/* With resolve_once: keeps n addresses (at most RESOLVE_MAX) of the first
 * look-up, those of IPv4 first. */
void redial_know(struct redial *, const struct addr *, unsigned n);

/* Calls again after the pause, and doubles the next, up to the back-off. */
void redial_again(const struct redial *, struct redial_try *,
    timer_fn *again);

/* Logs why an attempt failed: at error if the cause is new or a minute has
 * passed, else at debug.  when: "" or " when ...", the end of the line. */
void redial_tell(struct redial *, const char *why, const char *when);

#endif
