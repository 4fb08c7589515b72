/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the files of adit ping share.
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
	int64_t count;		/* datagrams; 0: no end */
	int64_t window;		/* datagrams under way; 0: by their size */
	int64_t time_ms;	/* how long it sends; 0: no end */
	int64_t timeout_ms;	/* how long it waits for the last replies */
	bool flood, json, quiet;
};

struct ping;

/* One source port. */
struct ping_flow {
	struct ping *ping;
	struct udp udp;		/* its socket */
	struct watch watch;	/* reads it */
	uint64_t next;		/* sequence number to be sent */
	uint64_t given_up;	/* replies to older ones are not awaited */
	uint64_t under_way;	/* from there on, without a reply */
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
	uint64_t flow_window;	/* datagrams under way, of a flow */
	struct udp_queue queue;	/* gathered until the flush */
	struct flusher flusher;	/* sends them */
	struct udp_msg msg[UDP_BATCH];	/* of the current batch */
	struct timer pace;	/* sends, or empties full windows */
	struct timer show;	/* writes progress */
	struct timer limit;	/* set.time_ms is over */
	struct timer grace;	/* the wait for the last replies is over */
	struct timer retry;	/* begins with the next address */

	uint16_t run;		/* random: marks the datagrams of this run */
	uint64_t queued;	/* datagrams made */
	uint64_t start_us;	/* when the first was */
	uint64_t reply_us;	/* when the last reply came */
	uint64_t moved_us;	/* the same, or when the windows were emptied */
	uint64_t pace_us, paced;	/* datagrams sent since pace_us */
	bool ending;		/* sending has ended */
	bool told;		/* an ICMP error was logged */
	bool terminal;		/* progress is a line that is rewritten */
	uint64_t shown_us, shown;	/* replies when progress was shown */

	char to[HOST_TEXT + 16];	/* host and port, as typed */
	char address[ADDR_TEXT];	/* addr[at] */
	struct ping_sums sums;	/* what is summed up at the end */
};

#endif
