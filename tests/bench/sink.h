/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where the benchmark's datagrams go: a process of its own that counts them in
 * memory which it shares with the generator, or sends them back.
 */

#ifndef SINK_H
#define SINK_H

#include "compat.h"

#include "batch.h"

enum {
	HEAD_MAGIC = 0x62656e63,
	SIZE_LEAST = 32,	/* bytes of a datagram: its head */
	SIZE_MOST = BATCH_PLAIN,
	SEEN_MAX = 1 << 24,	/* datagrams of a run that are told apart */
	BUCKETS_FOR_2 = 32,	/* of a histogram, for each power of 2 */
	HISTOGRAM = 60 * BUCKETS_FOR_2,
};

/* What a datagram is for. */
enum kind {
	KIND_LOAD,		/* to be counted */
	KIND_PROBE,		/* counted, and its latency noted apart */
	KIND_ECHO,		/* to be sent back */
};

/* How each datagram begins; it stays on this machine. */
struct head {
	uint32_t magic;
	uint32_t run;		/* of the generator; others are strays */
	uint32_t kind;
	uint32_t flow;
	uint64_t number;	/* in the run */
	uint64_t sent_ns;	/* now_ns() */
};

/* Latencies in nanoseconds, to a thirty-second. */
struct histogram {
	uint32_t bucket[HISTOGRAM];
};

/* What sink and generator share.  The generator sets run and clears the rest
 * before that; the sink does all other writing. */
struct tally {
	volatile uint32_t run;	/* 0: nothing is counted */
	volatile uint64_t delivered;	/* each datagram once */
	volatile uint64_t doubled;	/* came again */
	volatile uint64_t overtaken;	/* came after a later one of its flow */
	volatile uint64_t strays;	/* of other runs; never cleared */
	volatile uint64_t last_ns;	/* when the newest came */
	struct histogram all, probes;
	uint64_t newest[4096];	/* number plus 1, of each flow */
	uint8_t seen[SEEN_MAX / 8];
};

/* Starts the sink on that port, as a child that ends with us: a socket of UDP,
 * or a server of uott. */
struct tally *sink_start(unsigned port, bool uott);

/* The latter's listening socket; ends the process when there is none.  And what
 * it does for ever. */
fd_t sink_uott_listen(unsigned port);
void sink_uott_run(struct tally *, fd_t listener);

/* Counts a datagram that came at that time; true: it is to be sent back. */
bool tally_count(struct tally *, const uint8_t *, size_t, uint64_t now);

/* Ends it. */
void sink_stop(void);

/* Begins a run, of which nothing was sent yet. */
void tally_begin(struct tally *, uint32_t run);

/* The value that that many in ten thousand do not exceed, in nanoseconds; 0
 * when there are none. */
uint64_t histogram_quantile(const struct histogram *, unsigned in_10000);

#endif
