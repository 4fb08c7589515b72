/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TCP connections: listening, and dialling a name, with staggered attempts to
 * its addresses (RFC 8305).
 *
 * NOTES.  Our ends leave a silent connection within seconds themselves, and
 * need no short time-out of TCP for that.  Other peers keep theirs: a time-out
 * during an outage would leave them with a dead connection, of which some learn
 * only by a reset, and some not before the system gives up after 15 minutes.
 */

#ifndef NET_TCP_H
#define NET_TCP_H

#include "base/addr.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/route.h"

/* How connections are set up. Options that a system lacks are left out. */
struct tcp_options {
	int receive_buffer, send_buffer;	/* bytes; 0: the system's */
	int mss;		/* longest segment, in bytes; 0: the system's */
	int keepalive_s;	/* silence before TCP's keep-alive; 0:
				 * TCP_KEEPALIVE_IDLE_S */
	int timeout_ms;		/* for unacknowledged data; 0:
				 * TCP_USER_TIMEOUT_MS */
	bool mark_set;
	uint32_t mark;		/* Linux SO_MARK */
	bool freebind;		/* listen at an address that we lack, too */
	bool is_passed;		/* take over this socket, which listens: */
	fd_t passed;
};

enum {
	TCP_KEEPALIVE_IDLE_S = 15,	/* silence before the first probe */
	TCP_KEEPALIVE_INTERVAL_S = 5,
	TCP_KEEPALIVE_LEAST = 3,	/* probes without an answer */
	TCP_USER_TIMEOUT_MS = 60000,	/* for unacknowledged data, and about
					 * that for probes */
	TCP_BACKLOG = 256,
	TCP_STAGGER_MS = 250,		/* between attempts, RFC 8305 5 */
};

struct tcp_listener;

/* Called with each connection; takes over fd.  False: it was refused, and is
 * closed. */
typedef bool tcp_accept_fn(struct tcp_listener *, fd_t fd,
    const struct addr *from);

/* A listening socket. */
struct tcp_listener {
	struct watch watch;
	struct timer pause;	/* ends the pause after descriptors ran out */
	struct timer take_over;	/* gives the socket of a replaced one the
				 * options */
	struct tcp_options options;
	tcp_accept_fn *fn;
	fd_t fd;
	void *arg;		/* the owner's */
	bool paused;
	unsigned long refused;	/* accept() failed for want of descriptors */
	bool given;		/* the listening socket has the options, too */
	bool inherits;		/* and those accepted from it */
	bool judged;		/* whether they do is known */
	unsigned long after;	/* turn of the loop after that in which it had
				 * a connection; 0: none yet */
};

/* Listens; 0, or -1 and errno, and *step names the call that failed. */
int tcp_listen(struct tcp_listener *, struct loop *, const struct addr *at,
    const struct tcp_options *, tcp_accept_fn *, const char **step);

/* Listens on a second descriptor of a listening socket; as above.  The options
 * of the socket are the old one's until the next turn of the loop: by then one
 * of both has been stopped. */
int tcp_listen_too(struct tcp_listener *, struct loop *,
    const struct tcp_listener *old, const struct tcp_options *,
    tcp_accept_fn *, const char **step);

/* Closes the listener; harmless when it never listened. */
void tcp_listen_stop(struct tcp_listener *);

struct tcp_dial;

/* Called once, never from within tcp_dial_start().  fd is connected to *to, and
 * the callee takes it over; or fd is FD_NONE, and why says the reason (valid
 * during the call). */
typedef void tcp_dial_fn(struct tcp_dial *, fd_t fd, const struct addr *to,
    const char *why);

/* What only a dial under way needs; of tcp.c. */
struct tcp_dialling;

/* Dialling, from the name to a connection. Zeroed is ready to use. */
struct tcp_dial {
	struct loop *loop;	/* NULL when it is not under way */
	struct tcp_dialling *state;	/* NULL: as above, or no memory */
	struct timer deadline;
	tcp_dial_fn *fn;
	const struct addr *addr;	/* what is to be tried, in this order;
				 * valid until fn returns */
	unsigned n_addr;
	int error;		/* errno of the newest failure; 0: none, or it
				 * is no error of the system; ETIMEDOUT also
				 * when the time was over */
};

/* Looks the host up and connects; fails timeout_ms from now. */
void tcp_dial_start(struct tcp_dial *, struct loop *, struct resolver *,
    const struct hostport *, const struct tcp_options *, int64_t timeout_ms,
    tcp_dial_fn *);

/* The same with addresses that are known already. */
void tcp_dial_known(struct tcp_dial *, struct loop *, const struct addr *,
    unsigned n, const struct tcp_options *, int64_t timeout_ms,
    tcp_dial_fn *);

/* Gives up; fn is not called. Harmless when it is not under way. */
void tcp_dial_stop(struct tcp_dial *);

/* Does any attempt come from an address of ours that a new one to the same peer
 * would not come from?  False when none is under way. */
bool tcp_dial_moved(const struct tcp_dial *, struct route_watch *);

/* Gives a connected socket its options: no delay, keep-alive, time-outs,
 * little unsent data. */
void tcp_set_options(fd_t fd, const struct tcp_options *);

#endif
