/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Losses of datagrams: their causes in words, and the log line about new ones.
 */

#include "compat.h"

#include "tunnel/losses.h"

#include "base/log.h"
#include "base/text.h"

enum { LOSSES_LINE_MS = 10000 };	/* between two lines */

static const char *const cause_texts[LOST_CAUSES] = {
	[LOST_QUEUE_FULL] = "queue full",
	[LOST_QUEUE_OLD] = "queued too long",
	[LOST_TOO_BIG] = "too big",
	[LOST_SOCKET_FULL] = "socket buffer full",
	[LOST_REFUSED] = "nobody listens there",
	[LOST_NO_MEMORY] = "no memory",
	[LOST_FAILED] = "refused by the system",
	[LOST_TRUNCATED] = "cut on arrival",
	[LOST_NO_FLOW] = "no flow for it",
	[LOST_RATE] = "over the rate limit",
	[LOST_FORGED] = "not authentic",
	[LOST_NOT_IP] = "not a whole IP packet",
	[LOST_SOURCE] = "inner address not allowed",
	[LOST_TAKEN] = "inner address in use",
	[LOST_NO_ROUTE] = "no flow for its destination",
	[LOST_MULTICAST] = "multicast",
	[LOST_FILTERED] = "port not allowed",
	[LOST_NO_PEER] = "nobody to send it to",
	[LOST_IP6] = "IPv6 where only IPv4 is carried",
	[LOST_DEVICE] = "device's queue full",
	[LOST_EARLY] = "dropped early",
	[LOST_FLOW_ENDED] = "flow ended",
};

const char *
cause_text(enum cause cause)
{
	return cause_texts[cause];
}

/* Is a loss of that cause worth a line?  Systems send multicast unasked on each
 * new device.  What a device's queue dropped, and what a flow still had at its
 * end, is in a line of its own. */
static bool
cause_is_told(enum cause cause)
{
	return cause != LOST_MULTICAST && cause != LOST_DEVICE &&
	    cause != LOST_FLOW_ENDED;
}

/* How many losses are worth a line. */
static uint64_t
sum_losses(const uint64_t *lost)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < LOST_CAUSES; i++)
		if (cause_is_told(i))
			sum += lost[i];
	return sum;
}

void
losses_text(const uint64_t *lost, char buf[LOSSES_TEXT])
{
	const char *comma = "";
	struct text text;
	unsigned i;

	text_init(&text, buf, LOSSES_TEXT);
	for (i = 0; i < LOST_CAUSES; i++) {
		if (lost[i] == 0)
			continue;
		text_add(&text, "%s%llu %s", comma,
		    (unsigned long long)lost[i], cause_text(i));
		comma = ", ";
	}
}

/* Logs the losses since the last such line. */
static void
losses_due(struct timer *timer)
{
	struct losses_log *l = LIST_ITEM(timer, struct losses_log, timer);
	uint64_t sum = sum_losses(l->lost);
	char causes[LOSSES_TEXT];

	losses_text(l->lost, causes);
	log_warn("%llu datagram%s lost; since the start: %s",
	    (unsigned long long)(sum - l->told),
	    sum - l->told == 1 ? "" : "s", causes);
	l->told = sum;
}

void
losses_log_start(struct losses_log *l, struct loop *loop,
    const uint64_t *lost)
{
	memset(l, 0, sizeof(*l));
	l->loop = loop;
	l->lost = lost;
}

void
losses_log_added(struct losses_log *l, enum cause cause)
{
	if (!timer_is_set(&l->timer) && cause_is_told(cause))
		timer_set(&l->timer, l->loop,
		    loop_now(l->loop) + LOSSES_LINE_MS, losses_due);
}

void
losses_log_stop(struct losses_log *l)
{
	timer_stop(&l->timer);
}
