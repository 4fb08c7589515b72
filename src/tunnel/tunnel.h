/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The one abstraction: a tunnel joins two ends; a flow is one conversation
 * through it, with a leg in each end.  LEFT starts flows, RIGHT is opened for
 * them.
 *
 * NOTES.  An end takes datagrams for a leg (send) and passes on datagrams of a
 * leg (flow_pass).  Nothing here knows which end is a local side and which a
 * carrier.  All that concerns conversations is here, once, for all pairs: idle
 * expiry, limits, counters.  What ends do with their legs is in flow.h, which
 * this header includes.
 */

#ifndef TUNNEL_TUNNEL_H
#define TUNNEL_TUNNEL_H

#include "base/addr.h"
#include "base/fault.h"
#include "base/list.h"
#include "net/dgram.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "tunnel/flow.h"
#include "tunnel/flow_admit.h"
#include "tunnel/flow_log.h"
#include "tunnel/losses.h"
#include "tunnel/peer_set.h"
#include "tunnel/settings.h"
#include "tunnel/updown.h"
#include "wire/random.h"

struct end;
struct facts;
struct inspect;
struct opt;
struct passed;
struct plan;
struct route_settings;
struct tun_settings;
struct tunnel;

/* What an end is: its row in the list of ends. */
struct end_ops {
	const char *name;	/* the KIND of a spec: "udp-listen" */
	const char *brief;	/* one line of help */
	enum side side;		/* where it is used */
	size_t end_size, leg_size;	/* the tunnel allocates both, zeroed;
				 * they begin with struct end, struct leg */
	size_t headroom, tailroom;	/* that send() writes into */
	bool any_host;		/* ":port" means the wildcard address */
	bool bare;		/* the address after "KIND:" may be empty */
	bool device;		/* the address is the name of a device, perhaps
				 * empty, and not HOST:PORT */
	bool lasting;		/* LEFT: its flow never expires */
	bool packets;		/* each datagram goes in a packet of its own,
				 * which the path may swallow */
	bool wide;		/* its path is the network: what seems to be
				 * swallowed there is logged */
	bool steady;		/* RIGHT: a silent leg is not replaced, as a
				 * new one would be no better */
	const struct opt *options;	/* its keys, into struct settings */

	/* A device: fills in what it and its routes are to be like, as
	 * tun_routes_wanted() does.  NULL: the end is none. */
	void (*tun)(const struct settings *, const struct settings *right,
	    struct tun_settings *, struct route_settings *);
	/* Do the settings make sense, as far as that can be known without
	 * opening anything?  0, or -1 and the fault, in which name stands for
	 * the end.  plan_check() calls it, so start() need not.  NULL: each of
	 * them does. */
	int (*check)(const char *name, const struct settings *,
	    struct fault *);
	/* Opens what the settings say, copying what it needs of them, and
	 * calls end_name().  0, or -1 and the fault; then it holds nothing, and
	 * stop() is not called. */
	int (*start)(struct end *, const struct settings *, struct fault *);
	/* For a change while it runs (tunnel/renew.h): loads the files that
	 * the settings name, beside what is in use.  The settings differ from
	 * those of start() in rows at most that are `live`.  0, or -1 and the
	 * fault; then it holds nothing new.  NULL: it has no files. */
	int (*prepare)(struct end *, const struct settings *,
	    struct fault *);
	/* Goes on with what prepare() has loaded, and with the settings,
	 * copied as start() does; may end flows, whose names have gone.
	 * Settings NULL: releases what was loaded.  NULL: it has neither files
	 * nor rows that are `live`. */
	void (*renew)(struct end *, const struct settings *);
	/* RIGHT only: opens a leg; returns at once, connects later, may call
	 * flow_up() or leg_failed().  -1: the flow is refused, and the cause
	 * was logged; close() is not called. */
	int (*open)(struct leg *);
	/* Sends n datagrams; never blocks, never fails upward: losses go to
	 * flow_drop(). May write into head and tail room. */
	void (*send)(struct leg *, struct dgram *, unsigned n);
	/* The largest payload that send() would take now, in bytes; 0: it
	 * knows no peer to send to, and would drop all. */
	size_t (*room)(struct leg *);
	/* Advice from the other leg: stop (true) or resume reading; NULL: this
	 * end takes no advice. */
	void (*hold)(struct leg *, bool);
	/* The other leg has called flow_up(), but not from within open().
	 * May pass datagrams; must not end the flow, since the other end goes
	 * on with its leg after flow_up().  NULL: not needed. */
	void (*other_up)(struct leg *);
	/* The other leg has called flow_searches(); must not end the flow.
	 * NULL: not needed. */
	void (*other_searches)(struct leg *);
	/* The other leg has called flow_up_again(), from its end.  May pass
	 * datagrams, and may end the flow.  NULL: not needed. */
	void (*other_again)(struct leg *);
	/* Has the leg's peer sent anything since it began, keep-alives
	 * included?  NULL: only datagrams count. */
	bool (*is_used)(const struct leg *);
	/* Counts losses that only the system knows, before a report.  NULL:
	 * not needed. */
	void (*count)(struct end *);
	/* Fills in what only the end knows (tunnel/facts.h), and what only a
	 * leg of it does.  NULL: nothing. */
	void (*tell)(const struct end *, struct facts *);
	void (*tell_leg)(const struct leg *, struct facts *);
	/* Connects anew at once, as after a change of the own address.  NULL:
	 * it makes no connections. */
	void (*reconnect)(struct end *);
	/* Adds what a program is told about the end.  NULL: nothing. */
	void (*describe)(struct end *, struct updown_env *);
	/* Frees the leg's sockets and queues.  May count losses by
	 * flow_drop(); calls no other function of the flow. */
	void (*close)(struct leg *);
	/* LEFT: no flow will begin any more, so connections that have none are
	 * closed, and none is accepted; legs go on.  NULL: nothing to do. */
	void (*drain)(struct end *);
	/* Ends everything; all its legs are closed. */
	void (*stop)(struct end *);
};

/* An end: the ops' own struct begins with it. */
struct end {
	const struct end_ops *ops;
	struct tunnel *tunnel;
	enum side side;
	char name[HOST_TEXT + 40];	/* for logs: "tls:example.com:443" */
	const struct nets *proxies;	/* whose addresses are no sources
				 * (tunnel/share.h); NULL: none */
};

/* Two ends joined. */
struct tunnel {
	struct loop *loop;
	struct resolver *resolver;
	struct random *random;
	const struct plan *plan;	/* borrowed as long as this lives; it
				 * changes in renew.c only */
	struct tunnel_settings settings;	/* the plan's */
	struct flow_admit admit;	/* limits of flows */
	struct inspect *inspect;	/* looks into packets; NULL: nobody */
	struct end *end[2];
	struct list bound;	/* struct bound: its listening sockets */
	const struct tunnel *was;	/* while it starts: the one that it
				 * replaces (tunnel/bound.h); or NULL */
	struct list flows;	/* those alive */
	unsigned n_flows;
	uint32_t last_number;	/* of the newest flow; 0: there was none */
	uint64_t passed[2], bytes[2];	/* as in a flow, of all flows */
	uint64_t lost[LOST_CAUSES];
	uint64_t refused;	/* connections that were refused, or closed to
				 * make room for others */
	uint64_t marked;	/* packets that were marked in a fair queue, so
				 * that their senders slow down */
	uint64_t black_holes;	/* endpoints that were found to be reached only
				 * with a lower MSS, and limits that were found
				 * to the datagrams of a direction of a flow */
	struct log_limit hole_limit;	/* of lines about the latter */
	struct losses_log losses_log;	/* of lost */
	struct flow_log flow_log;
	struct peer_set peers;	/* who has begun the flows */
	const char *name;	/* borrowed; NULL: none.  This one and the two
				 * below are set before tunnel_start() */
	struct passed *sockets;	/* to listen on; NULL: none */
	bool patient;		/* waits for what the machine has not got yet */
	struct addr carrier;	/* the peer of the RIGHT leg that was up last;
				 * family 0: none so far */
	struct updown updown;	/* programs that are run */
	bool started[2];	/* by enum side */
	bool stopping;
	bool draining;		/* no flow begins any more */
	bool stays_closed;	/* its killswitch does, when it stops: another
				 * tunnel sets one next */
	void (*drained)(void *);	/* called then when there are no flows,
				 * from anywhere */
	void *drained_arg;
};

/* Those of this build, NULL at the end (made by configure). */
extern const struct end_ops *const end_list[];

/* The end of that KIND, or NULL; of a KIND that has two ends the LEFT one. */
const struct end_ops *end_find(const char *kind);

/* The end of that KIND on that side, or NULL. */
const struct end_ops *end_find_side(const char *kind, enum side);

/* Raises *head and *tail to the room around datagrams that an end needs. */
void end_room(const struct end_ops *, size_t *head, size_t *tail);

/* The same for the ends of a plan. */
void tunnel_room(const struct plan *, size_t *head, size_t *tail);

/* Makes the loop's arena for tunnels that need that room.  0, or -1 when there
 * is no memory. */
int tunnel_make_arena(struct loop *, size_t head, size_t tail);

/* Allocates a tunnel of the two ends of a checked plan (plan_check()), and,
 * if the loop has none, an arena with the room that both need.  The plan is
 * borrowed: it must outlive the tunnel, and not change.  NULL when there is no
 * memory.  The caller frees with tunnel_free(). */
struct tunnel *tunnel_new(struct loop *, struct resolver *, struct random *,
    const struct plan *);

/* Starts RIGHT, then LEFT; 0, or -1 and the fault. */
int tunnel_start(struct tunnel *, struct fault *);

/* Changes its settings, of all flows that there are, too: the plan has others
 * now. */
void tunnel_set(struct tunnel *, const struct tunnel_settings *);

/* Lets no flow begin any more.  drained(arg) is called each time when there are
 * no flows; it may not stop the tunnel. */
void tunnel_drain(struct tunnel *, void (*drained)(void *), void *arg);

/* Ends all flows and both ends. */
void tunnel_stop(struct tunnel *);

/* Stops if need be and frees. */
void tunnel_free(struct tunnel *);

/* Has the ends count what only the system knows, for a report. */
void tunnel_count(struct tunnel *);

/* Logs flows, datagrams and losses, at info. */
void tunnel_report(struct tunnel *);

/* Has ends that dial connect anew at once, whatever they think of the
 * connections that they have. */
void tunnel_reconnect(struct tunnel *);

/* Ends the flows of a peer, or all for NULL; returns how many. */
unsigned long tunnel_drop(struct tunnel *, const struct peer_known *);

/* Gives the end its name for logs: KIND:HOST:PORT. */
void end_name(struct end *, const struct hostport *);

/*
 * What ends call, beside the functions of flow.h.
 */

/* Losses that belong to no flow. */
void end_drop(struct end *, enum cause, unsigned long n);

/* Counts a connection that is refused, or closed to make room for a new one;
 * the caller logs that within limits. */
void end_refuse_connection(struct end *);

#endif
