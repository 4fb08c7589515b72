/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as JSON, in parts of bounded size.
 *
 *	step	part				next step
 *	HEAD	the process			TUNNEL
 *	TUNNEL	a tunnel, up to its peers	PEER
 *		the end				DONE
 *	PEER	peers				PEER
 *		the end of the tunnel		TUNNEL
 */

#include "compat.h"

#include <string.h>

#include "daemon/status_json.h"

#include "base/json_out.h"

enum {
	PART_PEERS = 5,		/* peers that always fit in a part */
};

void
status_json_all(struct status_json *j, const struct process *p)
{
	memset(j, 0, sizeof(*j));
	j->process = p;
	j->left = STATUS_JSON_PEERS;
}

void
status_json_one(struct status_json *j, const struct process *p,
    size_t tunnel)
{
	status_json_all(j, p);
	j->tunnel = tunnel;
	j->one = true;
	strlcpy(j->name, status_name(p, tunnel), sizeof(j->name));
}

void
status_json_peers(struct status_json *j, const struct process *p,
    size_t tunnel, uint64_t cursor)
{
	status_json_one(j, p, tunnel);
	j->bare = true;
	j->cursor = cursor;
}

/* A text that is null where it is empty. */
static void
add_text(struct json_out *o, const char *name, const char *value)
{
	json_out_string(o, name, *value == '\0' ? NULL : value);
}

/* An address with its port, or null. */
static void
add_address(struct json_out *o, const char *name, const struct addr *a)
{
	char text[ADDR_TEXT];

	if (a->family == 0)
		json_out_null(o, name);
	else if (a->port == 0)
		json_out_string(o, name, addr_ip_text(a, text));
	else
		json_out_string(o, name, addr_text(a, text));
}

/* What the carrier knows. */
static void
add_carrier(struct json_out *o, const struct facts *f)
{
	add_text(o, "protocol", f->protocol);
	add_text(o, "suite", f->suite);
	if (f->resumed == FACTS_UNKNOWN)
		json_out_null(o, "resumed");
	else
		json_out_bool(o, "resumed", f->resumed == FACTS_RESUMED);
	json_out_known(o, "rtt_us", f->rtt_us);
	json_out_known(o, "loss_ppm", f->loss_ppm);
	json_out_known(o, "connections", f->connections);
}

/* An end. */
static void
add_end(struct json_out *o, const char *name, const struct status_end *e,
    int64_t now_s)
{
	const struct facts *f = &e->facts;

	json_out_open(o, name, '{');
	json_out_string(o, "kind", e->kind);
	json_out_string(o, "address", e->address);
	add_carrier(o, f);
	add_address(o, "peer_address", &f->address);
	add_text(o, "peer_name", f->name);
	json_out_known(o, "retry_ms", f->retry_ms);
	if (f->cert_end_s != 0) {
		json_out_int(o, "certificate_end_s", f->cert_end_s);
		json_out_int(o, "certificate_days", status_cert_days(
		    f->cert_end_s, now_s));
	} else {
		json_out_null(o, "certificate_end_s");
		json_out_null(o, "certificate_days");
	}
	json_out_close(o, '}');
}

/* Datagrams and bytes of a direction. */
static void
add_way(struct json_out *o, const char *name, uint64_t datagrams,
    uint64_t bytes)
{
	json_out_open(o, name, '{');
	json_out_uint(o, "datagrams", datagrams);
	json_out_uint(o, "bytes", bytes);
	json_out_close(o, '}');
}

/* Totals, as members. */
static void
add_totals(struct json_out *o, const struct totals *t)
{
	unsigned i;

	json_out_uint(o, "flows_total", t->flows);
	add_way(o, "up", t->datagrams[LEFT], t->bytes[LEFT]);
	add_way(o, "down", t->datagrams[RIGHT], t->bytes[RIGHT]);
	json_out_open(o, "lost", '{');
	for (i = 0; i < LOST_CAUSES; i++)
		json_out_uint(o, cause_text(i), t->lost[i]);
	json_out_close(o, '}');
	json_out_uint(o, "refused", t->refused);
	json_out_uint(o, "marked", t->marked);
	json_out_uint(o, "black_holes", t->black_holes);
}

void
status_json_add_head(struct json_out *o, const struct status_process *p)
{
	json_out_open(o, NULL, '{');
	json_out_int(o, "schema", STATUS_SCHEMA);
	json_out_open(o, "process", '{');
	json_out_string(o, "version", p->version);
	json_out_int(o, "pid", p->pid);
	json_out_int(o, "now_s", p->now_s);
	json_out_int(o, "start_s", p->start_s);
	json_out_string(o, "log_level", p->log_level);
	add_text(o, "config", p->config);
	json_out_uint(o, "tunnels", p->tunnels);
	json_out_uint(o, "running", p->running);
	json_out_close(o, '}');
	json_out_open(o, "tunnels", '[');
}

void
status_json_add_tunnel(struct json_out *o, const struct status_tunnel *t,
    int64_t now_s)
{
	json_out_open(o, NULL, '{');
	json_out_string(o, "name", t->name);
	json_out_string(o, "state", status_state_text(t->state));
	json_out_int(o, "since_s", t->since_s);
	json_out_known(o, "retry_s", t->retry_s);
	add_end(o, "left", &t->end[LEFT], now_s);
	add_end(o, "right", &t->end[RIGHT], now_s);
	json_out_uint(o, "flows", t->flows);
	add_totals(o, &t->totals);
	if (t->error_s != 0) {
		json_out_open(o, "last_error", '{');
		json_out_string(o, "text", t->error);
		json_out_int(o, "time_s", t->error_s);
		json_out_close(o, '}');
	} else {
		json_out_null(o, "last_error");
	}
	json_out_uint(o, "peers_total", t->peers);
	json_out_open(o, "peers", '[');
}

void
status_json_add_peer(struct json_out *o, const struct status_peer *p)
{
	const struct facts *f = &p->facts;
	char text[ADDR_TEXT];
	unsigned i;

	json_out_open(o, NULL, '{');
	add_text(o, "name", p->name);
	add_address(o, "address", &p->address);
	json_out_int(o, "since_s", p->since_s);
	json_out_known(o, "heard_s", p->heard_s);
	json_out_uint(o, "flows", p->flows);
	add_way(o, "up", p->datagrams[LEFT], p->bytes[LEFT]);
	add_way(o, "down", p->datagrams[RIGHT], p->bytes[RIGHT]);
	json_out_uint(o, "lost", p->lost);
	add_carrier(o, f);
	json_out_open(o, "inner", '[');
	for (i = 0; i < FACTS_INNER && f->inner[i].family != 0; i++)
		json_out_string(o, NULL, addr_ip_text(&f->inner[i], text));
	json_out_close(o, ']');
	json_out_uint(o, "inner_total", f->n_inner);
	json_out_close(o, '}');
}

/* The first part. */
static void
walk_head(struct status_json *j, struct json_out *o)
{
	struct status_process process;

	if (j->bare) {
		json_out_open(o, NULL, '{');
		json_out_int(o, "schema", STATUS_SCHEMA);
		json_out_open(o, "peers", '[');
	} else {
		status_process(j->process, &process);
		status_json_add_head(o, &process);
	}
	j->step = j->bare ? STATUS_JSON_PEER : STATUS_JSON_TUNNEL;
}

/* The next tunnel, or the end of the document. */
static void
walk_tunnel(struct status_json *j, struct json_out *o)
{
	struct status_tunnel t;

	if (j->bare || j->tunnel >= status_tunnels(j->process)) {
		if (!j->bare)
			json_out_close(o, ']');
		json_out_close(o, '}');
		text_add(o->text, "\n");
		j->step = STATUS_JSON_DONE;
		return;
	}
	status_tunnel(j->process, j->tunnel, &t);
	strlcpy(j->name, t.name, sizeof(j->name));
	status_json_add_tunnel(o, &t, clock_wall_s());
	j->cursor = 0;
	j->step = STATUS_JSON_PEER;
	j->more = false;
}

/* The end of the present tunnel's peers, of which there are more or not. */
static void
walk_end_peers(struct status_json *j, struct json_out *o, bool more)
{
	size_t tunnel = status_find(j->process, j->name);

	json_out_close(o, ']');
	if (more)
		json_out_uint(o, "peers_next", j->cursor);
	else
		json_out_null(o, "peers_next");
	if (!j->bare)
		json_out_close(o, '}');
	j->step = STATUS_JSON_TUNNEL;
	j->more = true;
	/* Tunnels before it may have gone meanwhile. */
	j->tunnel = j->one ? SIZE_MAX : tunnel != SIZE_MAX ? tunnel + 1 :
	    j->tunnel;
}

/* Some more peers of the present tunnel. */
static void
walk_peers(struct status_json *j, struct json_out *o)
{
	size_t tunnel = status_find(j->process, j->name), i, n = 0;
	struct status_peer peers[PART_PEERS];

	if (tunnel != SIZE_MAX && j->left > 0)
		n = status_peers(j->process, tunnel, &j->cursor, peers,
		    j->left < PART_PEERS ? j->left : PART_PEERS);
	for (i = 0; i < n; i++)
		status_json_add_peer(o, &peers[i]);
	j->left -= (unsigned)n;
	j->more = o->more;
	if (n == 0)
		walk_end_peers(j, o, tunnel != SIZE_MAX &&
		    status_peers_more(j->process, tunnel, j->cursor));
}

size_t
status_json_next(struct status_json *j, char buf[STATUS_JSON_PART])
{
	struct json_out o;
	struct text t;

	text_init(&t, buf, STATUS_JSON_PART);
	json_out_init(&o, &t);
	o.more = j->more;
	switch (j->step) {
	case STATUS_JSON_HEAD:
		walk_head(j, &o);
		break;
	case STATUS_JSON_TUNNEL:
		walk_tunnel(j, &o);
		break;
	case STATUS_JSON_PEER:
		walk_peers(j, &o);
		break;
	case STATUS_JSON_DONE:
		break;
	}
	return (size_t)(t.at - buf);
}
