/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Applies the port filter to the packets of a tunnel and counts them.
 *
 * NOTES.  The timer of the report runs only while packets have been counted
 * since the last report, so that an idle tunnel does not wake up.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/inspect.h"

#include "base/alloc.h"
#include "base/log.h"
#include "net/loop.h"
#include "wire/ip_ask.h"
#include "wire/packets.h"
#include "wire/path_mtu.h"
#include "wire/portfilter.h"
#include "wire/random.h"

/* Inspection of a tunnel. */
struct inspect {
	struct loop *loop;	/* borrowed */
	struct portfilter *filter;	/* NULL: all packets pass */
	struct packets *packets;	/* NULL: no statistics */
	struct timer report;	/* next report */
};

/* Parses a port; returns the text after it, or NULL: not a port. */
static const char *
inspect_parse_port(const char *p, unsigned *port)
{
	*port = 0;
	if (*p < '0' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++) {
		*port = *port * 10 + (unsigned)(*p - '0');
		if (*port >= PORTFILTER_PORTS)
			return NULL;
	}
	return p;
}

bool
inspect_parse(struct portfilter *f, const char *ports)
{
	unsigned low, high;

	for (;;) {
		ports = inspect_parse_port(ports, &low);
		if (ports == NULL)
			return false;
		high = low;
		if (*ports == '-')
			ports = inspect_parse_port(ports + 1, &high);
		if (ports == NULL || high < low)
			return false;
		for (; f != NULL && low <= high; low++)
			portfilter_allow(f, (uint16_t)low);
		if (*ports == '\0')
			return true;
		if (*ports++ != ',')
			return false;
	}
}

struct inspect *
inspect_new(const char *ports, bool stats, struct loop *loop,
    struct random *random)
{
	uint8_t seed[TABLE_SEED];
	struct inspect *in;

	if (ports == NULL && !stats)
		return NULL;
	in = xcalloc(1, sizeof(*in));
	in->loop = loop;
	if (ports != NULL) {
		in->filter = xcalloc(1, sizeof(*in->filter));
		portfilter_init(in->filter, loop_now(loop));
		must(inspect_parse(in->filter, ports));
	}
	if (stats) {
		in->packets = xcalloc(1, sizeof(*in->packets));
		random_bytes(random, seed, sizeof(seed));
		packets_init(in->packets, seed, loop_now(loop));
	}
	return in;
}

/* Logs the statistics since the last report, and resets them. */
static void
inspect_log_report(struct inspect *in)
{
	struct packets *p = in->packets;
	uint64_t now_ms = loop_now(in->loop);
	char text[PACKETS_TEXT];
	size_t n, i;

	log_info("packet statistics of %llu s:",
	    (unsigned long long)((now_ms - p->since_ms + 500) / 1000));
	log_info("%s", packets_total_text(p, PORTFILTER_IN, text));
	log_info("%s", packets_total_text(p, PORTFILTER_OUT, text));
	n = packets_sort(p);
	for (i = 0; i < n; i++)
		log_info("%s", packets_row_text(p, i, text));
	packets_reset(p, now_ms);
}

/* The timer: reports, or waits on if the report is due later by now. */
static void
inspect_check_due(struct timer *timer)
{
	struct inspect *in = LIST_ITEM(timer, struct inspect, report);
	struct loop *loop = in->loop;
	uint64_t due_ms = packets_due_ms(in->packets);

	if (due_ms <= loop_now(loop))
		inspect_log_report(in);
	else if (due_ms != UINT64_MAX)
		timer_set(timer, loop, due_ms, inspect_check_due);
}

/* Schedules the report, or brings it forward. */
static void
inspect_schedule(struct inspect *in)
{
	uint64_t due_ms = packets_due_ms(in->packets);

	if (due_ms != UINT64_MAX && (!timer_is_set(&in->report) ||
	    in->report.due_ms > due_ms))
		timer_set(&in->report, in->loop, due_ms, inspect_check_due);
}

void
inspect_free(struct inspect *in)
{
	if (in == NULL)
		return;
	timer_stop(&in->report);
	if (in->packets != NULL && in->packets->period.packets > 0)
		inspect_log_report(in);
	free(in->filter);
	free(in->packets);
	free(in);
}

/* Is it a probe of the other device (tun_probe.h)?  That end takes it, and
 * drops it if it knows no probes. */
static bool
is_probe(bool out, const struct dgram *d)
{
	uint32_t number;
	uint16_t size;

	return !out && path_probe_parse(d->data, d->len, &number, &size) != -1;
}

unsigned
inspect_pass(struct inspect *in, bool out, bool open, struct dgram *d,
    unsigned n, unsigned *filtered, unsigned *many)
{
	enum portfilter_way way = out ? PORTFILTER_OUT : PORTFILTER_IN;
	uint64_t now_ms = loop_now(in->loop);
	bool is_ip, passes, to_many;
	unsigned i, left = 0;
	struct ip ip;

	*filtered = *many = 0;
	for (i = 0; i < n; i++) {
		is_ip = ip_parse(&ip, d[i].data, d[i].len) == IP_WHOLE;
		passes = in->filter == NULL || (is_ip ?
		    portfilter_pass(in->filter, way, &ip, now_ms) :
		    is_probe(out, &d[i]));
		to_many = !(passes && open) &&
		    ip_is_to_many(d[i].data, d[i].len);
		*many += to_many;
		*filtered += !passes && !to_many;
		if (in->packets != NULL)
			packets_add(in->packets, way, passes && open,
			    is_ip ? &ip : NULL, d[i].len);
		if (passes && open) {
			if (left != i)
				d[left] = d[i];
			left++;
		}
	}
	if (in->packets != NULL)
		inspect_schedule(in);
	return left;
}
