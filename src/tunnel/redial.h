/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Connecting and reconnecting, for the dialling ends over TCP.
 *
 * NOTES.  A connection that failed or was lost is dialled again after a
 * back-off: a pause that doubles with each attempt, up to the setting
 * "backoff".  A failure is logged as an error when its cause is new, and once
 * a minute.  Connections that stall are followed by ones with a lower MSS
 * (tunnel/mss.h).
 */

#ifndef TUNNEL_REDIAL_H
#define TUNNEL_REDIAL_H

#include "net/stream.h"
#include "net/tcp.h"
#include "tunnel/mss.h"
#include "tunnel/tunnel.h"

enum {
	REDIAL_RETRY_MS = 100,	/* first pause of the back-off */
	REDIAL_HURRY_MS = 1000,	/* longest pause while there is traffic */
	REDIAL_STEADY_MS = 5000,	/* a connection that was up for so long
					 * resets the back-off */
	REDIAL_SLEPT_MS = 5000,	/* shortest suspension of the machine after
				 * which all connections are dialled again */
	REDIAL_LOG_MS = 60000,	/* interval of errors about the same failure */
	REDIAL_FAILURES = 16,	/* attempts that failed in a row, after which */
	REDIAL_PACE_MS = 50,	/* one begins in so long to twice as long */
};

/* What the connections of an end share. */
struct redial {
	const struct end *end;
	const struct tcp_options *options;	/* the end's */
	int64_t timeout_ms, backoff_ms;	/* as in the settings */
	bool resolve_once;	/* as in the settings */
	struct addr known[RESOLVE_MAX];	/* with resolve_once: addresses of the
				 * first look-up */
	unsigned n_known;	/* entries in use; 0: resolve */
	bool failing;		/* the newest attempt failed */
	unsigned failures;	/* since one succeeded; the end clears it */
	uint64_t logged_ms;	/* when that was last logged as an error */
	char why[200];		/* the cause that was logged */
	struct log_limit limit;	/* of these lines */
	struct mss mss;		/* of connections, by endpoint */
	struct log_limit mss_limit;	/* of lines about that */
};

/* The attempts of one connection.  Zeroed, then redial_reset(). */
struct redial_try {
	struct tcp_dial dial;	/* connecting */
	struct timer timer;	/* end of the handshake, or next attempt */
	uint64_t began_ms, up_ms;	/* when it was dialled; when up */
	uint64_t pause_ms;	/* next pause of the back-off */
	int mss;		/* that was chosen for it; 0: none */
	bool slow;		/* its handshake stalled */
};

/* Initialises it; end and options are borrowed until the last redial_dial(). */
void redial_init(struct redial *, const struct end *, const struct settings *,
    const struct tcp_options *);

/* Goes on with other times, from the next attempts on. */
void redial_renew(struct redial *, const struct settings *);

/* Checks that the settings of TLS are consistent.  0, perhaps after a warning,
 * or -1 and the fault.  name: of the end, for the texts. */
int redial_check_tls(const char *name, const struct settings *,
    struct fault *);

/* Resets the back-off to its first pause. */
void redial_reset(const struct redial *, struct redial_try *);

/* Dials the known addresses, else the host, which is resolved; sets began_ms
 * and mss.  only: nothing but that address; NULL: any. */
void redial_dial(struct redial *, struct redial_try *,
    const struct hostport *, const struct addr *only, tcp_dial_fn *);

/* Logs that the machine was suspended; false: not for so long that NATs and
 * peers have probably dropped the connections, which we would notice only by a
 * time-out. */
bool redial_note_sleep(const struct redial *, uint64_t slept_ms);

/* With resolve_once: keeps the n addresses (at most RESOLVE_MAX) of the first
 * look-up, IPv4 first.  Otherwise does nothing. */
void redial_keep(struct redial *, const struct addr *, unsigned n);

/* Calls again() that pause after began_ms, when the newest attempt began, or
 * now if that is over; doubles the next pause, up to the setting. */
void redial_later(const struct redial *, struct redial_try *,
    uint64_t began_ms, timer_fn *again);

/* The same with the pause from now on. */
void redial_again(const struct redial *, struct redial_try *,
    timer_fn *again);

/* An attempt begins: sets the timer for the time before which no other is to
 * begin, if many have failed, so that an outage with many flows is no storm. */
void redial_pace(const struct redial *, struct timer *, timer_fn *);

/* Counts a failed attempt, and logs why: as an error if the cause is new or a
 * minute has passed, else at debug level.  when: "" or " when ...", the end of
 * the line. */
void redial_log_failure(struct redial *, const char *why, const char *when);

/* A connection to the endpoint stalls; its stream is open.  Returns whether the
 * next one has a lower MSS. */
bool redial_stalled(struct redial *, struct redial_try *,
    const struct hostport *, const struct stream *, enum mss_sign);

/* Its stream is up.  If its handshake shows that a lower MSS helps, and that is
 * new, logs it and returns true. */
bool redial_is_done(struct redial *, const struct redial_try *,
    const struct hostport *, const struct stream *);

/* The same: a segment of that length was acknowledged. */
void redial_carried(struct redial *, const struct redial_try *,
    const struct hostport *, size_t len);

/* Is the MSS of a connection right (mss_is_right())?  seen: the target of a
 * flow would see the change, so that a little is not worth it. */
bool redial_mss_is_right(const struct redial *, const struct redial_try *,
    const struct hostport *, bool seen);

/* Is it still open whether the lowered MSS of a connection lets long segments
 * through: has it sent one, and none is acknowledged? */
bool redial_is_tried(const struct redial_try *, const struct stream *);

/* The long_enough of its stream: what shows that the MSS is not too high. */
size_t redial_long_enough(const struct redial_try *);

#endif
