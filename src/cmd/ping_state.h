/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The state of adit ping, shared by its files.
 */

#ifndef CMD_PING_STATE_H
#define CMD_PING_STATE_H

#include "cmd/ping_stats.h"

#include "base/addr.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/udp.h"

enum {
	PING_BATCHES = 4,	/* received or sent before other events are
				 * handled */
};

/* The command line. */
struct ping_settings {
	int64_t size;		/* bytes of a datagram's payload */
	int64_t rate;		/* datagrams a second */
	int64_t flows;		/* source ports */
	int64_t count;		/* datagrams; 0: no limit */
	int64_t window;		/* unanswered datagrams; 0: by their size */
	int64_t time_ms;	/* how long it sends; 0: no limit */
	int64_t timeout_ms;	/* how long it waits for the last replies */
	bool flood, json, quiet;
};

struct ping;

/* One source port. */
struct ping_flow {
	struct ping *ping;	/* the run it belongs to */
	struct udp udp;		/* its socket */
	struct watch watch;	/* reads it */
	uint64_t next;		/* sequence number to be sent */
	uint64_t given_up;	/* below it no reply is waited for */
	uint64_t under_way;	/* unanswered, from given_up to next */
	struct ping_window window;	/* which replies came */
};

/* One run of the command. */
struct ping {
	struct ping_settings set;
	struct loop *loop;
	struct addr addr[RESOLVE_MAX];	/* of the host */
	unsigned n_addr, at;	/* how many, and the one in use */
	struct ping_flow *flow;	/* set.flows of them */
	unsigned next_flow;	/* the flow that sends next */
	uint64_t flow_window;	/* limit of under_way in a flow */
	struct udp_queue queue;	/* gathered until the flush */
	struct flusher flusher;	/* sends them */
	struct udp_msg msg[UDP_BATCH];	/* of the current batch */
	struct timer pace;	/* sends, or empties full windows */
	struct timer show;	/* writes progress */
	struct timer limit;	/* ends sending after set.time_ms */
	struct timer grace;	/* ends the wait for the last replies */
	struct timer retry;	/* starts again with the next address */

	uint16_t run;		/* random: marks the datagrams of this run */
	uint64_t queued;	/* datagrams made */
	uint64_t start_us;	/* when the first was made */
	uint64_t reply_us;	/* when the last reply came */
	uint64_t moved_us;	/* the same, or when the windows were emptied */
	uint64_t pace_us, paced;	/* datagrams sent since pace_us */
	bool ending;		/* sending has ended */
	bool told;		/* an ICMP error was logged */
	bool terminal;		/* progress is a line that is rewritten */
	uint64_t shown_us, shown;	/* when progress was last shown, and
					 * the replies received by then */

	char to[HOST_TEXT + 16];	/* host and port, as typed */
	char address[ADDR_TEXT];	/* addr[at] */
	struct ping_sums sums;	/* for the summary */
};

#endif
