/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as metrics of Prometheus, in its text format 0.0.4.
 *
 * NOTES.  All samples of a metric follow each other, so the tunnels are gone
 * through once for each metric.  Peers are in no label: there may be many, and
 * strangers would choose the names.  Counters are those of struct totals, which
 * never go back.
 */

#include "compat.h"

#include "daemon/web_reply.h"

#include "base/escape.h"

enum metric_kind {
	METRIC_BUILD,
	METRIC_START,
	METRIC_UP,		/* from here on, of each tunnel */
	METRIC_SINCE,
	METRIC_INFO,
	METRIC_FLOWS,
	METRIC_PEERS,
	METRIC_FLOWS_TOTAL,
	METRIC_DATAGRAMS,
	METRIC_BYTES,
	METRIC_LOST,
	METRIC_REFUSED,
	METRIC_MARKED,
	METRIC_HOLES,
	METRIC_RTT,
	METRIC_LOSS,
	METRIC_CONNECTIONS,
	METRIC_CERT,
	METRIC_ERROR,
	METRICS,
};

/* The name of each, without "adit_", and what it is.  Those whose name ends
 * with "_total" are counters. */
static const char *const metrics[METRICS] = {
	[METRIC_BUILD] = "build_info Version.",
	[METRIC_START] = "start_time_seconds When the process was started.",
	[METRIC_UP] = "tunnel_up 1 if the tunnel runs, else 0.",
	[METRIC_SINCE] = "tunnel_state_time_seconds Since when it does, or "
	    "does not.",
	[METRIC_INFO] = "tunnel_info Both ends.",
	[METRIC_FLOWS] = "tunnel_flows Flows.",
	[METRIC_PEERS] = "tunnel_peers Peers that have flows.",
	[METRIC_FLOWS_TOTAL] = "tunnel_flows_begun_total Flows that have "
	    "begun.",
	[METRIC_DATAGRAMS] = "tunnel_datagrams_total Datagrams from the left "
	    "(up) and the right (down).",
	[METRIC_BYTES] = "tunnel_payload_bytes_total Their payload.",
	[METRIC_LOST] = "tunnel_lost_datagrams_total Datagrams lost here, by "
	    "cause.",
	[METRIC_REFUSED] = "tunnel_refused_connections_total Connections "
	    "refused or closed to make room.",
	[METRIC_MARKED] = "tunnel_marked_packets_total Packets marked so that "
	    "their senders slow down.",
	[METRIC_HOLES] = "tunnel_black_holes_total Paths found to swallow "
	    "long packets.",
	[METRIC_RTT] = "tunnel_rtt_seconds Smoothed round trip of a carrier.",
	[METRIC_LOSS] = "tunnel_carrier_loss_ratio Part of what a carrier "
	    "sent that was lost.",
	[METRIC_CONNECTIONS] = "tunnel_connections Connections that carry "
	    "datagrams.",
	[METRIC_CERT] = "tunnel_certificate_end_time_seconds When the "
	    "certificate of an end ends.",
	[METRIC_ERROR] = "tunnel_last_error_time_seconds When the last error "
	    "or warning was logged.",
};

/* Bytes of the name of the present metric. */
static int
name_len(const struct web_reply *r)
{
	return (int)strcspn(metrics[r->step], " ");
}

/* Begins a sample of a tunnel: all up to a further label. */
static void
sample_begin(const struct web_reply *r, struct text *t)
{
	text_add(t, "adit_%.*s{tunnel=\"", name_len(r), metrics[r->step]);
	escape_label(t, r->one.name);
	text_add(t, "\"");
}

/* A sample of a tunnel that is a whole number. */
static void
add_sample(const struct web_reply *r, struct text *t, uint64_t value)
{
	sample_begin(r, t);
	text_add(t, "} %llu\n", (unsigned long long)value);
}

/* One with a further label, whose value is one of our words. */
static void
add_labelled(const struct web_reply *r, struct text *t, const char *label,
    const char *word, uint64_t value)
{
	sample_begin(r, t);
	text_add(t, ",%s=\"", label);
	escape_label(t, word);
	text_add(t, "\"} %llu\n", (unsigned long long)value);
}

/* Samples of both directions. */
static void
add_directions(const struct web_reply *r, struct text *t,
    const uint64_t value[2])
{
	add_labelled(r, t, "direction", "up", value[LEFT]);
	add_labelled(r, t, "direction", "down", value[RIGHT]);
}

/* Samples of the ends that know the value; those of millionths are divided. */
static void
add_ends(const struct web_reply *r, struct text *t)
{
	static const char *const sides[] = { "left", "right" };
	const struct facts *f;
	int64_t value;
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++) {
		f = &r->one.end[i].facts;
		if (r->step == METRIC_RTT)
			value = f->rtt_us;
		else if (r->step == METRIC_LOSS)
			value = f->loss_ppm;
		else if (r->step == METRIC_CONNECTIONS)
			value = f->connections;
		else
			value = f->cert_end_s != 0 ? f->cert_end_s : -1;
		if (value < 0)
			continue;
		sample_begin(r, t);
		text_add(t, ",end=\"%s\"} ", sides[i]);
		if (r->step == METRIC_RTT || r->step == METRIC_LOSS)
			text_add(t, "%lld.%06lld\n",
			    (long long)(value / 1000000),
			    (long long)(value % 1000000));
		else
			text_add(t, "%lld\n", (long long)value);
	}
}

/* Names the ends. */
static void
add_info(const struct web_reply *r, struct text *t)
{
	const struct status_end *end = r->one.end;

	sample_begin(r, t);
	text_add(t, ",left=\"");
	escape_label(t, end[LEFT].kind);
	text_add(t, ":");
	escape_label(t, end[LEFT].address);
	text_add(t, "\",right=\"");
	escape_label(t, end[RIGHT].kind);
	text_add(t, ":");
	escape_label(t, end[RIGHT].address);
	text_add(t, "\"} 1\n");
}

/* The samples of a metric of the present tunnel. */
static void
add_tunnel(const struct web_reply *r, struct text *t)
{
	const struct status_tunnel *one = &r->one;
	unsigned i;

	switch ((enum metric_kind)r->step) {
	case METRIC_UP:
		add_sample(r, t, one->state == STATUS_RUNNING);
		break;
	case METRIC_SINCE:
		add_sample(r, t, (uint64_t)one->since_s);
		break;
	case METRIC_INFO:
		add_info(r, t);
		break;
	case METRIC_FLOWS:
		add_sample(r, t, one->flows);
		break;
	case METRIC_PEERS:
		add_sample(r, t, one->peers);
		break;
	case METRIC_FLOWS_TOTAL:
		add_sample(r, t, one->totals.flows);
		break;
	case METRIC_DATAGRAMS:
		add_directions(r, t, one->totals.datagrams);
		break;
	case METRIC_BYTES:
		add_directions(r, t, one->totals.bytes);
		break;
	case METRIC_LOST:
		for (i = 0; i < LOST_CAUSES; i++)
			add_labelled(r, t, "cause", cause_text((enum cause)i),
			    one->totals.lost[i]);
		break;
	case METRIC_REFUSED:
		add_sample(r, t, one->totals.refused);
		break;
	case METRIC_MARKED:
		add_sample(r, t, one->totals.marked);
		break;
	case METRIC_HOLES:
		add_sample(r, t, one->totals.black_holes);
		break;
	case METRIC_RTT:
	case METRIC_LOSS:
	case METRIC_CONNECTIONS:
	case METRIC_CERT:
		add_ends(r, t);
		break;
	case METRIC_ERROR:
		if (one->error_s != 0)
			add_sample(r, t, (uint64_t)one->error_s);
		break;
	case METRIC_BUILD:
	case METRIC_START:
	case METRICS:
		break;
	}
}

/* A metric of the process. */
static void
add_process(const struct web_reply *r, struct text *t)
{
	text_add(t, "adit_%.*s", name_len(r), metrics[r->step]);
	if (r->step == METRIC_BUILD)
		text_add(t, "{version=\"%s\"} 1\n", r->whole.version);
	else
		text_add(t, " %lld\n", (long long)r->whole.start_s);
}

/* The head of a metric, before the samples of its first tunnel. */
static void
add_types(const struct web_reply *r, struct text *t)
{
	const char *m = metrics[r->step];
	int n = name_len(r);

	text_add(t, "# HELP adit_%s\n# TYPE adit_%.*s %s\n", m, n, m,
	    strncmp(m + n - 6, "_total", 6) == 0 ? "counter" : "gauge");
}

bool
web_metrics_more(struct web_reply *r, struct text *t)
{
	struct text before = *t;

	/* A reload may have changed the tunnels since the last piece. */
	if (r->step >= METRIC_UP)
		(void)web_find_tunnel(r);
	for (; r->step < METRICS; before = *t) {
		if (r->index == 0)
			add_types(r, t);
		if (r->step < METRIC_UP) {
			status_process(r->process, &r->whole);
			add_process(r, t);
		} else if (r->tunnel < status_tunnels(r->process)) {
			status_tunnel(r->process, r->tunnel, &r->one);
			add_tunnel(r, t);
		}
		if (t->room <= 1) {
			*t = before;
			*t->at = '\0';
			return true;
		}
		r->index = 1;
		if (r->step < METRIC_UP ||
		    ++r->tunnel >= status_tunnels(r->process)) {
			r->step++;
			r->tunnel = r->index = 0;
		}
	}
	return false;
}
