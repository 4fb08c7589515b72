/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as a table for people: lines for a terminal or for the log.
 */

#include "compat.h"

#include "daemon/status_table.h"

#include "base/human.h"

/* How a line, or a part of one, looks. */
#define LOOK_BOLD "1"
#define LOOK_TUNNEL "1;32"
#define LOOK_PEER "1;33"
#define LOOK_BAD "1;31"
#define LOOK_WARN "33"

/* A line that is being written. */
struct line {
	struct status_table *table;
	char bytes[STATUS_TABLE_LINE];
	struct text text;
};

/* Begins one. */
static void
line_begin(struct line *l, struct status_table *table)
{
	l->table = table;
	text_init(&l->text, l->bytes, sizeof(l->bytes));
}

/* Passes it on. */
static void
line_end(struct line *l)
{
	l->table->line(l->table->arg, l->bytes);
}

/* Appends a word that looks different on a terminal. */
static void
line_add_look(struct line *l, const char *look, const char *word)
{
	if (l->table->colour)
		text_add(&l->text, "\033[%sm%s\033[0m", look, word);
	else
		text_add(&l->text, "%s", word);
}

/* Appends a text of a stranger's choice. */
static void
line_add_safe(struct line *l, const char *s)
{
	for (; *s != '\0'; s++)
		text_add(&l->text, *s >= ' ' && *s < 0x7f ? "%c" : "\\x%02x",
		    (unsigned char)*s);
}

/* Appends such a one that looks different on a terminal. */
static void
line_add_name(struct line *l, const char *look, const char *name)
{
	if (l->table->colour)
		text_add(&l->text, "\033[%sm", look);
	line_add_safe(l, name);
	if (l->table->colour)
		text_add(&l->text, "\033[0m");
}

/* Begins a line "  label: ". */
static void
line_label(struct line *l, struct status_table *table, const char *indent,
    const char *label)
{
	line_begin(l, table);
	text_add(&l->text, "%s", indent);
	line_add_look(l, LOOK_BOLD, label);
	text_add(&l->text, ": ");
}

/* Appends an address, without a port where there is none. */
static void
line_add_address(struct line *l, const struct addr *a)
{
	char text[ADDR_TEXT];

	text_add(&l->text, "%s", a->port == 0 ? addr_ip_text(a, text) :
	    addr_text(a, text));
}

/* Appends parts per million as percent. */
static void
line_add_percent(struct line *l, int64_t ppm)
{
	text_add(&l->text, "%lld.%02lld %%", (long long)(ppm / 10000),
	    (long long)(ppm % 10000 / 100));
}

void
status_table_process(struct status_table *table,
    const struct status_process *p)
{
	struct line l;

	line_begin(&l, table);
	text_add(&l.text, "adit ");
	line_add_safe(&l, p->version);
	text_add(&l.text, ": ");
	if (p->running == p->tunnels)
		human_add_count(&l.text, p->tunnels, "tunnel");
	else
		text_add(&l.text, "%llu of %llu tunnels %s",
		    (unsigned long long)p->running,
		    (unsigned long long)p->tunnels,
		    p->running == 1 ? "runs" : "run");
	text_add(&l.text, ", up ");
	human_add_span(&l.text, p->now_s - p->start_s);
	text_add(&l.text, " (PID %lld%s", (long long)p->pid,
	    *p->config == '\0' ? "" : ", ");
	line_add_safe(&l, p->config);
	text_add(&l.text, ")");
	line_end(&l);
}

/* Writes what an end knows of its carrier, if it knows anything. */
static void
write_carrier(struct status_table *table, const char *indent,
    const struct facts *f)
{
	const char *comma = "";
	struct line l;

	if (*f->protocol == '\0' && f->connections < 0 && f->rtt_us < 0 &&
	    f->loss_ppm < 0)
		return;
	line_label(&l, table, indent, "carrier");
	if (*f->protocol != '\0') {
		line_add_safe(&l, f->protocol);
		text_add(&l.text, "%s", *f->suite == '\0' ? "" : " ");
		line_add_safe(&l, f->suite);
		text_add(&l.text, "%s", f->resumed == FACTS_RESUMED ?
		    " (session resumed)" : "");
		comma = ", ";
	}
	if (f->connections == 0) {
		text_add(&l.text, "%s", comma);
		line_add_look(&l, LOOK_WARN, "not connected");
		comma = ", ";
	} else if (f->connections > 0) {
		text_add(&l.text, "%s", comma);
		human_add_count(&l.text, (uint64_t)f->connections,
		    "connection");
		comma = ", ";
	}
	if (f->rtt_us >= 0) {
		text_add(&l.text, "%sround trip ", comma);
		human_add_us(&l.text, f->rtt_us);
		comma = ", ";
	}
	if (f->loss_ppm >= 0) {
		text_add(&l.text, "%s", comma);
		line_add_percent(&l, f->loss_ppm);
		text_add(&l.text, " lost");
	}
	line_end(&l);
}

/* Warns of a certificate that ends soon. */
static void
write_certificate(struct status_table *table, const struct facts *f)
{
	int64_t days = status_cert_days(f->cert_end_s, table->now_s);
	struct line l;
	char words[64];

	if (f->cert_end_s == 0)
		return;
	line_label(&l, table, "    ", "certificate");
	if (days < 0)
		snprintf(words, sizeof(words), "has ended: renew it");
	else
		snprintf(words, sizeof(words), "%lld day%s left%s",
		    (long long)days, days == 1 ? "" : "s",
		    days <= STATUS_CERT_DAYS ? ": renew it" : "");
	if (days <= STATUS_CERT_DAYS)
		line_add_look(&l, days < 0 ? LOOK_BAD : LOOK_WARN, words);
	else
		text_add(&l.text, "%s", words);
	line_end(&l);
}

/* Writes an end. */
static void
write_end(struct status_table *table, const char *label,
    const struct status_end *e)
{
	const struct facts *f = &e->facts;
	struct line l;

	line_label(&l, table, "  ", label);
	line_add_safe(&l, e->kind);
	text_add(&l.text, ":");
	line_add_safe(&l, e->address);
	line_end(&l);
	write_carrier(table, "    ", f);
	if (f->address.family != 0) {
		line_label(&l, table, "    ", "server");
		line_add_safe(&l, f->name);
		text_add(&l.text, *f->name == '\0' ? "" : " (");
		line_add_address(&l, &f->address);
		text_add(&l.text, *f->name == '\0' ? "" : ")");
		line_end(&l);
	}
	write_certificate(table, f);
}

/* Writes what went up and down. */
static void
write_transfer(struct status_table *table, const char *indent,
    const uint64_t datagrams[2], const uint64_t bytes[2],
    const struct status_rate *rate)
{
	struct line l;

	line_label(&l, table, indent, "transfer");
	human_add_bytes(&l.text, bytes[LEFT]);
	text_add(&l.text, " up, ");
	human_add_bytes(&l.text, bytes[RIGHT]);
	text_add(&l.text, " down (%llu and ",
	    (unsigned long long)datagrams[LEFT]);
	human_add_count(&l.text, datagrams[RIGHT], "datagram");
	text_add(&l.text, ")");
	if (rate != NULL) {
		text_add(&l.text, "; now ");
		human_add_bytes(&l.text, rate->up);
		text_add(&l.text, "/s up, ");
		human_add_bytes(&l.text, rate->down);
		text_add(&l.text, "/s down");
	}
	line_end(&l);
}

/* Writes the state of a tunnel. */
static void
write_state(struct status_table *table, const struct status_tunnel *t)
{
	struct line l;

	line_label(&l, table, "  ", "state");
	if (t->state == STATUS_RUNNING)
		text_add(&l.text, "%s", status_state_text(t->state));
	else
		line_add_look(&l, LOOK_BAD, status_state_text(t->state));
	text_add(&l.text, " for ");
	human_add_span(&l.text, table->now_s - t->since_s);
	text_add(&l.text, "; ");
	human_add_count(&l.text, t->flows, "flow");
	text_add(&l.text, " now, %llu in all",
	    (unsigned long long)t->totals.flows);
	line_end(&l);
}

/* Writes what went wrong. */
static void
write_troubles(struct status_table *table, const struct status_tunnel *t)
{
	char causes[LOSSES_TEXT];
	struct line l;

	losses_text(t->totals.lost, causes);
	if (*causes != '\0') {
		line_label(&l, table, "  ", "lost");
		text_add(&l.text, "%s", causes);
		line_end(&l);
	}
	if (t->totals.refused > 0) {
		line_label(&l, table, "  ", "refused");
		human_add_count(&l.text, t->totals.refused, "connection");
		line_end(&l);
	}
	if (t->totals.marked > 0) {
		line_label(&l, table, "  ", "marked");
		human_add_count(&l.text, t->totals.marked, "packet");
		line_end(&l);
	}
	if (t->totals.black_holes > 0) {
		line_label(&l, table, "  ", "long packets swallowed");
		human_add_count(&l.text, t->totals.black_holes, "time");
		line_end(&l);
	}
	if (t->error_s != 0) {
		line_label(&l, table, "  ", "last error");
		line_add_safe(&l, t->error);
		text_add(&l.text, " (");
		human_add_span(&l.text, table->now_s - t->error_s);
		text_add(&l.text, " ago)");
		line_end(&l);
	}
	if (t->retry_s >= 0) {
		line_label(&l, table, "  ", "next attempt");
		text_add(&l.text, "in ");
		human_add_span(&l.text, t->retry_s);
		line_end(&l);
	}
}

void
status_table_tunnel(struct status_table *table,
    const struct status_tunnel *t, const struct status_rate *rate)
{
	struct line l;

	table->line(table->arg, "");
	line_begin(&l, table);
	line_add_look(&l, LOOK_TUNNEL, "tunnel");
	if (*t->name != '\0') {
		text_add(&l.text, ": ");
		line_add_name(&l, LOOK_TUNNEL, t->name);
	}
	line_end(&l);
	write_state(table, t);
	write_end(table, "left", &t->end[LEFT]);
	write_end(table, "right", &t->end[RIGHT]);
	write_transfer(table, "  ", t->totals.datagrams, t->totals.bytes,
	    rate);
	write_troubles(table, t);
}

/* Writes the inner addresses of a peer. */
static void
write_inner(struct status_table *table, const struct facts *f)
{
	struct line l;
	unsigned i;

	if (f->inner[0].family == 0)
		return;
	line_label(&l, table, "    ", "inner addresses");
	for (i = 0; i < FACTS_INNER && f->inner[i].family != 0; i++) {
		text_add(&l.text, "%s", i == 0 ? "" : ", ");
		line_add_address(&l, &f->inner[i]);
	}
	if (i < f->n_inner)
		text_add(&l.text, " and %u more", f->n_inner - i);
	line_end(&l);
}

/* Writes when a peer came, and was heard last. */
static void
write_times(struct status_table *table, const struct status_peer *p)
{
	struct line l;

	line_label(&l, table, "    ", "last heard");
	if (p->heard_s < 0) {
		text_add(&l.text, "never");
	} else {
		human_add_span(&l.text, p->heard_s);
		text_add(&l.text, " ago");
	}
	text_add(&l.text, "; here for ");
	human_add_span(&l.text, table->now_s - p->since_s);
	text_add(&l.text, "; ");
	human_add_count(&l.text, p->flows, "flow");
	if (p->lost > 0) {
		text_add(&l.text, "; lost ");
		human_add_count(&l.text, p->lost, "datagram");
	}
	line_end(&l);
}

void
status_table_peer(struct status_table *table, const struct status_peer *p,
    const struct status_rate *rate)
{
	struct addr host = p->address;
	struct line l;

	table->line(table->arg, "");
	line_begin(&l, table);
	text_add(&l.text, "  ");
	line_add_look(&l, LOOK_PEER, "peer");
	text_add(&l.text, ": ");
	/* Without a name it is a host, with flows from several ports. */
	host.port = 0;
	if (*p->name != '\0')
		line_add_name(&l, LOOK_PEER, p->name);
	else
		line_add_address(&l, p->flows > 1 ? &host : &p->address);
	line_end(&l);
	if (*p->name != '\0' && p->address.family != 0) {
		line_label(&l, table, "    ", "address");
		line_add_address(&l, &p->address);
		line_end(&l);
	}
	write_inner(table, &p->facts);
	write_carrier(table, "    ", &p->facts);
	write_times(table, p);
	write_transfer(table, "    ", p->datagrams, p->bytes, rate);
}

void
status_table_rest(struct status_table *table, uint64_t n, const char *how)
{
	struct line l;

	if (n == 0)
		return;
	table->line(table->arg, "");
	line_begin(&l, table);
	text_add(&l.text, "  and ");
	human_add_count(&l.text, n, "more peer");
	text_add(&l.text, "%s", how);
	line_end(&l);
}
