/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams that the benchmark sends at a rate, and what became of them.
 */

#ifndef LOAD_H
#define LOAD_H

#include "compat.h"

#include "batch.h"
#include "process.h"
#include "sink.h"

enum {
	FLOWS_MAX = 4096,
	VOICE_FLOWS = 10,	/* of a call: the first flows are those */
	VOICE_MS = 20,		/* from datagram to datagram of each */
	VOICE_BYTES = 200,
};

#define SECOND 1000000000ull	/* nanoseconds */
#define MS 1000000ull

/* The command line, and what it led to. */
struct bench {
	unsigned n_flows;
	size_t size;		/* bytes of a datagram */
	unsigned burst;		/* datagrams of a flow in a row */
	uint64_t rate;		/* datagrams a second; 0: as many as go */
	uint64_t time_ms;
	uint64_t hint;		/* a good rate, near the best; 0: none */
	unsigned times;
	bool join;		/* with one flow: send by UDP_SEGMENT */
	bool steady;		/* load: each datagram on a random flow */
	bool uott;		/* the sink is a server of uott */
	bool talk;		/* about each probe */
	unsigned first_port;	/* source ports, from here on */
	unsigned to, sink;	/* ports */
	struct processes tool;	/* n is 0 when they were not told */
	fd_t flow[FLOWS_MAX];
	struct tally *tally;
	struct batch *batch;
	uint32_t run;
	uint64_t serial;	/* of echoes */
	uint64_t dice;		/* state of the random numbers */
};

/* How datagrams are sent. */
enum manner {
	MANNER_BURSTS,		/* of one flow in a row, the flows in turn */
	MANNER_PROBES,		/* so, and the first of a burst may be a probe */
	MANNER_STEADY,		/* what is due, each on a random flow */
	MANNER_VOICE,		/* so, beside flows of voice */
};

/* What a run of load came to. */
struct result {
	uint64_t sent, delivered, rate;
	uint64_t offered;	/* datagrams a second that were sent */
	uint64_t cpu_us;	/* of the tool */
	bool good;
};

/* Sleeps until then, or turns round when that is near. */
void load_sleep_until(uint64_t then_ns);
void load_sleep_ms(uint64_t ms);

/* Sends one datagram that is to come back; returns its number. */
uint64_t load_send_echo(struct bench *, fd_t);

/* Waits for that echo, dropping others; false when it does not come. */
bool load_await_echo(fd_t, uint64_t number, int wait_ms);

/* Waits until the tool uses no CPU to speak of, 5 s at most. */
void load_await_calm(const struct bench *);

/* Sends n datagrams (at most BATCH) from that number on, each on a flow that is
 * drawn from the first given one on; returns how many their sockets took. */
unsigned load_send_due(struct bench *, uint64_t number, unsigned n,
    unsigned first);

/* Opens the sockets of the flows and sees to it that the tool knows each;
 * ends the process when one does not answer. */
void load_open_flows(struct bench *);

/* Sends load at a rate for a time, and waits for it. */
struct result load_run(struct bench *, uint64_t rate, uint64_t time_ms,
    enum manner);

/* The command "search": the highest good rate, in bursts, as far as it is
 * found in time. */
void search_bursts(struct bench *);

/* The command "closed": the highest good rate, between one that is good and
 * one that is not. */
void search_closed(struct bench *);

#endif
