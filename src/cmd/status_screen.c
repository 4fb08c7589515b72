/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Draws the table of `adit status` on a terminal, once or each second, with
 * rates; where there is no terminal each one is appended.
 */

#include "compat.h"

#include <string.h>

#include "cmd/status_screen.h"

#include "terminal.h"

#include "daemon/status_table.h"

enum {
	SCREEN_PEERS = 20,	/* of a tunnel that are shown, if not all are */
	SCREEN_PAUSE_MS = 1000,	/* between tables */
	CONTROL_C = 3,
};

void
status_screen_init(struct status_screen *s, bool watch)
{
	const char *no_colour = env_get("NO_COLOR");
	bool terminal = terminal_prepare();

	memset(s, 0, sizeof(*s));
	s->watch = watch;
	s->redraws = watch && terminal;
	s->colour = terminal && (no_colour == NULL || *no_colour == '\0');
}

void
status_screen_free(struct status_screen *s)
{
	status_read_free(&s->before);
}

/* Bytes of a line that fit into the columns; escapes take none. */
static size_t
line_fits(const char *line, unsigned columns)
{
	const char *p = line;
	unsigned n = 0;

	while (*p != '\0' && n < columns) {
		if (*p == '\033')
			p += strcspn(p, "m");
		else
			n++;
		p += *p != '\0';
	}
	/* What follows at no width resets the colour. */
	while (*p == '\033')
		p += strcspn(p, "m") + 1;
	return (size_t)(p - line);
}

/* Draws a line. */
static void
draw_line(void *arg, const char *line)
{
	struct status_screen *s = arg;

	if (!s->redraws) {
		printf("%s\n", line);
		return;
	}
	s->line++;
	if (s->lines > 0 && s->line >= s->lines)
		return;
	printf("%.*s%s\033[K\n", (int)line_fits(line, s->columns > 0 ?
	    s->columns - 1 : 1000), line, s->colour ? "\033[0m" : "");
}

/* Begins a table: at the top, if it replaces one. */
static void
draw_begin(struct status_screen *s)
{
	s->line = 0;
	if (!s->redraws)
		return;
	if (terminal_size(&s->lines, &s->columns) != 0)
		s->lines = s->columns = 0;
	fputs(s->before_ms == 0 ? "\033[2J\033[H" : "\033[H", stdout);
}

/* Ends it. */
static void
draw_end(struct status_screen *s)
{
	if (s->redraws)
		fputs("\033[J", stdout);
	else if (s->watch)
		putchar('\n');
}

/* Bytes a second between two counters. */
static uint64_t
rate_of(uint64_t now, uint64_t before, uint64_t ms)
{
	return now < before || ms == 0 ? 0 : (now - before) * 1000 / ms;
}

/* Are both the same peer? */
static bool
peer_is(const struct status_peer *a, const struct status_peer *b)
{
	return strcmp(a->name, b->name) == 0 && (*a->name != '\0' ||
	    (a->address.family == b->address.family &&
	    memcmp(a->address.ip, b->address.ip, sizeof(a->address.ip)) == 0));
}

/* The tunnel of that name in the table before, or NULL. */
static const struct status_read_tunnel *
find_before(const struct status_screen *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->before.n; i++)
		if (strcmp(s->before.tunnels[i].tunnel.name, name) == 0)
			return &s->before.tunnels[i];
	return NULL;
}

/* Who was heard last comes first. */
static int
compare_heard(const void *one, const void *other)
{
	const struct status_peer *a = one, *b = other;
	uint64_t left = (uint64_t)a->heard_s, right = (uint64_t)b->heard_s;

	if (left != right)
		return left < right ? -1 : 1;
	return a->since_s < b->since_s ? -1 : a->since_s > b->since_s;
}

/* Draws a peer. */
static void
draw_peer(struct status_table *table, const struct status_peer *p,
    const struct status_read_tunnel *before, uint64_t ms)
{
	const struct status_peer *was = NULL;
	struct status_rate rate;
	size_t i;

	for (i = 0; before != NULL && i < before->n && was == NULL; i++)
		if (peer_is(&before->peers[i], p))
			was = &before->peers[i];
	if (was != NULL) {
		rate.up = rate_of(p->bytes[LEFT], was->bytes[LEFT], ms);
		rate.down = rate_of(p->bytes[RIGHT], was->bytes[RIGHT], ms);
	}
	status_table_peer(table, p, was == NULL ? NULL : &rate);
}

/* Draws a tunnel. */
static void
draw_tunnel(const struct status_screen *s, struct status_table *table,
    struct status_read_tunnel *t, bool all, uint64_t ms)
{
	const struct status_read_tunnel *before = find_before(s,
	    t->tunnel.name);
	const uint64_t *bytes = t->tunnel.totals.bytes, *was;
	struct status_rate rate;
	size_t i, n = t->n;

	if (before != NULL) {
		was = before->tunnel.totals.bytes;
		rate.up = rate_of(bytes[LEFT], was[LEFT], ms);
		rate.down = rate_of(bytes[RIGHT], was[RIGHT], ms);
	}
	status_table_tunnel(table, &t->tunnel, before == NULL ? NULL : &rate);
	if (t->n > 0)
		qsort(t->peers, t->n, sizeof(*t->peers), compare_heard);
	if (!all && n > SCREEN_PEERS)
		n = SCREEN_PEERS;
	for (i = 0; i < n; i++)
		draw_peer(table, &t->peers[i], before, ms);
	status_table_rest(table, t->tunnel.peers > n ? t->tunnel.peers - n : 0,
	    all ? "" : "; `adit status TUNNEL` shows all");
}

void
status_screen_draw(struct status_screen *s, struct status_read *doc, bool all)
{
	struct status_table table = {
		draw_line, s, s->colour, doc->process.now_s
	};
	uint64_t now_ms = clock_mono_ms();
	size_t i;

	draw_begin(s);
	status_table_process(&table, &doc->process);
	for (i = 0; i < doc->n; i++)
		draw_tunnel(s, &table, &doc->tunnels[i], all,
		    now_ms - s->before_ms);
	draw_end(s);
	if (!s->watch)
		return;
	status_read_free(&s->before);
	s->before = *doc;
	s->before_ms = now_ms;
	memset(doc, 0, sizeof(*doc));
}

bool
status_screen_say(struct status_screen *s, const char *why)
{
	draw_begin(s);
	draw_line(s, why);
	draw_end(s);
	return fflush(stdout) == 0;
}

void
status_screen_begin(struct status_screen *s)
{
	if (s->redraws)
		terminal_begin();
}

bool
status_screen_wait(struct status_screen *s)
{
	uint64_t now_ms = clock_mono_ms(), due_ms = now_ms + SCREEN_PAUSE_MS;
	int key = -1;

	(void)s;
	while (now_ms < due_ms && key != 'q' && key != CONTROL_C) {
		key = terminal_key((int)(due_ms - now_ms));
		now_ms = clock_mono_ms();
	}
	return key == 'q' || key == CONTROL_C;
}

void
status_screen_end(struct status_screen *s)
{
	if (s->redraws)
		terminal_end();
}
