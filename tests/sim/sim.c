/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Clock, events, hosts, links, and the loops with their poller.
 *
 * NOTES.  A loop runs a turn when one of its descriptors may be ready or its
 * first timer is due.  If its poller finds neither, the process would sleep:
 * the poller notes until when, and the turn ends without having done anything.
 * A poller looks only at watches that may have an event, since thousands may
 * have none: those of sockets that were ready when it looked last, or about
 * which something has changed since.
 */

#include "sim.h"

#include <sys/stat.h>

#include "net/poller.h"
#include "sim_sock.h"

enum {
	SIM_LOOPS = 8,
	SIM_SPIN = 200000,	/* turns in one moment, by which a loop spins */
};

struct event {
	uint64_t at_us, order;
	void (*fn)(void *);
	void *arg;
	bool owned;		/* arg is to be freed if it never happens */
};

/* What a loop waits with. */
struct poller {
	struct watch **watches;
	uint64_t *maybe;	/* a bit for each: it may have an event */
	unsigned n, max;
	struct sim_loop *owner;
	bool awake;		/* a turn may find something */
	uint64_t due_us;	/* else the first timer; UINT64_MAX: none */
};

struct sim_host sim_hosts[SIM_HOSTS];
unsigned sim_n_hosts;
struct sim_rules sim_rules;

static uint64_t now_us, worked_us, chance, last_order;
static struct event *events;
static size_t n_events, max_events;
static struct sim_link links[SIM_HOSTS][SIM_HOSTS];
static struct sim_loop loops[SIM_LOOPS];
static struct poller *newest_poller;
static struct sim_host *here;

/*
 * Clocks and chance
 */

uint64_t
clock_mono_us(void)
{
	return now_us;
}

uint64_t
clock_mono_ms(void)
{
	return now_us / 1000;
}

uint64_t
clock_cpu_us(void)
{
	return worked_us;
}

uint64_t
clock_slept_ms(void)
{
	return sim_rules.slept_ms;
}

int64_t
clock_wall_s(void)
{
	return sim_rules.wall_s + (int64_t)(now_us / SIM_S);
}

void
clock_wall_text(int64_t wall_s, char text[20])
{
	snprintf(text, 20, "%lld s", (long long)wall_s);
}

uint64_t
sim_now_us(void)
{
	return now_us;
}

/* Splitmix64 (Steele, Lea, Flood 2014). */
uint64_t
sim_random(uint64_t n)
{
	uint64_t z;

	chance += UINT64_C(0x9e3779b97f4a7c15);
	z = chance;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return n == 0 ? 0 : z % n;
}

/*
 * Events: a binary heap.
 */

/* Must a come before b? */
static bool
event_before(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us :
	    a->order < b->order;
}

/* Puts an event into the heap. */
static void
event_put(uint64_t at_us, void (*fn)(void *), void *arg, bool owned)
{
	struct event e;
	size_t i;

	if (n_events == max_events) {
		max_events = max_events == 0 ? 1024 : 2 * max_events;
		events = realloc(events, max_events * sizeof(*events));
		if (events == NULL)
			abort();
	}
	e.at_us = at_us < now_us ? now_us : at_us;
	e.order = ++last_order;
	e.fn = fn;
	e.arg = arg;
	e.owned = owned;
	for (i = n_events++; i > 0 && event_before(&e, &events[(i - 1) / 2]);
	    i = (i - 1) / 2)
		events[i] = events[(i - 1) / 2];
	events[i] = e;
}

void
sim_at(uint64_t at_us, void (*fn)(void *), void *arg)
{
	event_put(at_us, fn, arg, false);
}

void
sim_at_owned(uint64_t at_us, void (*fn)(void *), void *arg)
{
	event_put(at_us, fn, arg, true);
}

/* Takes the first event. */
static struct event
event_take(void)
{
	struct event first = events[0], last = events[--n_events];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < n_events) {
		if (child + 1 < n_events &&
		    event_before(&events[child + 1], &events[child]))
			child++;
		if (!event_before(&events[child], &last))
			break;
		events[i] = events[child];
		i = child;
	}
	events[i] = last;
	return first;
}

/*
 * Hosts and links
 */

void
sim_as(struct sim_host *h)
{
	here = h;
}

struct sim_host *
sim_here(void)
{
	return here;
}

struct sim_host *
sim_host_add(const char *name, const char *ip)
{
	struct sim_host *h = &sim_hosts[sim_n_hosts];
	unsigned i;

	if (sim_n_hosts == SIM_HOSTS)
		abort();
	memset(h, 0, sizeof(*h));
	h->name = name;
	h->index = sim_n_hosts++;
	h->max_fds = 100000;
	h->next_port = 30000;
	list_init(&h->socks);
	sim_host_address(h, ip);
	for (i = 0; i < sim_n_hosts; i++) {
		sim_link_both(h, &sim_hosts[i], i == h->index ? 20 :
		    10 * SIM_MS, 0);
		sim_link(h, &sim_hosts[i])->window = 128 * 1024;
		sim_link(&sim_hosts[i], h)->window = 128 * 1024;
	}
	return h;
}

void
sim_host_address(struct sim_host *h, const char *ip)
{
	if (h->n_addr == 2 || addr_parse_ip(&h->addr[h->n_addr++], ip) != 0)
		abort();
}

struct sim_host *
sim_host_of(struct sim_host *from, const struct addr *a)
{
	struct addr bare = *a;
	unsigned i, j;

	if (addr_is_loopback(a) || addr_is_any(a))
		return from;
	bare.port = 0;
	for (i = 0; i < sim_n_hosts; i++)
		for (j = 0; j < sim_hosts[i].n_addr; j++)
			if (addr_same(&sim_hosts[i].addr[j], &bare))
				return &sim_hosts[i];
	return NULL;
}

struct sim_link *
sim_link(struct sim_host *from, struct sim_host *to)
{
	return &links[from->index][to->index];
}

void
sim_link_both(struct sim_host *a, struct sim_host *b, uint64_t latency_us,
    uint64_t bytes_per_s)
{
	sim_link(a, b)->latency_us = latency_us;
	sim_link(a, b)->bytes_per_s = bytes_per_s;
	sim_link(b, a)->latency_us = latency_us;
	sim_link(b, a)->bytes_per_s = bytes_per_s;
}

void
sim_cut(struct sim_host *a, struct sim_host *b, bool cut)
{
	sim_link(a, b)->cut = cut;
	sim_link(b, a)->cut = cut;
}

bool
sim_reaches(struct sim_host *from, struct sim_host *to)
{
	return !from->down && !to->down && !sim_link(from, to)->cut;
}

uint64_t
sim_arrival_us(struct sim_host *from, struct sim_host *to, size_t n)
{
	struct sim_link *l = sim_link(from, to);
	uint64_t at_us = l->free_us > now_us ? l->free_us : now_us;

	l->packets++;
	if (l->bytes_per_s != 0) {
		at_us += (n + 40) * SIM_S / l->bytes_per_s;
		l->free_us = at_us;
	}
	return at_us + l->latency_us + sim_random(l->jitter_us + 1);
}

/*
 * The poller
 */

static struct poller *
poll_open(void)
{
	newest_poller = calloc(1, sizeof(*newest_poller));
	if (newest_poller != NULL)
		newest_poller->awake = true;
	return newest_poller;
}

/* Sets or clears the bit of a watch. */
static void
put_maybe(struct poller *p, unsigned slot, bool on)
{
	uint64_t bit = UINT64_C(1) << slot % 64;

	if (on)
		p->maybe[slot / 64] |= bit;
	else
		p->maybe[slot / 64] &= ~bit;
}

/* The first one from there to before the end whose bit is set, or the end. */
static unsigned
next_maybe(const struct poller *p, unsigned i, unsigned end)
{
	uint64_t rest;

	while (i < end) {
		rest = p->maybe[i / 64] >> i % 64;
		if (rest == 0)
			i = (i | 63) + 1;
		else if ((rest & 1) != 0)
			return i;
		else
			i++;
	}
	return end;
}

void
sim_watch_look(struct sim_sock *s)
{
	if (s->watch != NULL)
		put_maybe(s->poller, (unsigned)s->watch->slot, true);
}

static int
poll_add(struct poller *p, struct watch *w)
{
	struct sim_sock *s = sim_sock_of(w->fd);

	if (s->watch != NULL)
		abort();
	if (p->n == p->max) {
		p->max = p->max == 0 ? 64 : 2 * p->max;
		p->watches = realloc(p->watches,
		    p->max * sizeof(*p->watches));
		p->maybe = realloc(p->maybe, p->max / 64 * sizeof(*p->maybe));
		if (p->watches == NULL || p->maybe == NULL)
			abort();
	}
	s->watch = w;
	s->poller = p;
	w->slot = (int)p->n;
	p->watches[p->n++] = w;
	put_maybe(p, (unsigned)w->slot, true);
	p->awake = true;
	return 0;
}

static void
poll_change(struct poller *p, struct watch *w, unsigned had)
{
	(void)had;
	put_maybe(p, (unsigned)w->slot, true);
	p->awake = true;
}

static void
poll_remove(struct poller *p, struct watch *w)
{
	struct watch *last = p->watches[--p->n];
	unsigned slot = (unsigned)w->slot;

	sim_sock_of(w->fd)->watch = NULL;
	put_maybe(p, slot, next_maybe(p, p->n, p->n + 1) == p->n);
	p->watches[slot] = last;
	last->slot = (int)slot;
}

/* Looks at the watches from i to before the end; returns how many of ready, of
 * which n are taken, are. */
static int
poll_look(struct poller *p, unsigned i, unsigned end, struct ready *ready,
    int n, int max)
{
	struct watch *w;
	unsigned got;

	for (; n < max && (i = next_maybe(p, i, end)) < end; i++) {
		w = p->watches[i];
		got = w->want == 0 ? 0 :
		    sim_sock_events(sim_sock_of(w->fd)) & w->want;
		if (got == 0) {
			put_maybe(p, i, false);
			continue;
		}
		ready[n].watch = w;
		ready[n++].events = got;
	}
	return n;
}

static int
poll_wait(struct poller *p, struct ready *ready, int max, int64_t timeout_ms)
{
	unsigned first = (unsigned)sim_random(p->n);
	int n;

	n = poll_look(p, first, p->n, ready, 0, max);
	n = poll_look(p, 0, first, ready, n, max);
	p->awake = n > 0 || timeout_ms == 0;
	p->due_us = timeout_ms < 0 ? UINT64_MAX :
	    (now_us / 1000 + (uint64_t)timeout_ms) * 1000;
	if (p->awake && p->owner != NULL)
		p->owner->wakeups++;
	return n;
}

static void
poll_close(struct poller *p)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		sim_sock_of(p->watches[i]->fd)->watch = NULL;
	free(p->watches);
	free(p->maybe);
	free(p);
}

static const struct poller_ops poll_sim = {
	"sim", poll_open, poll_add, poll_change, poll_remove, poll_wait,
	poll_close,
};

const struct poller_ops *const poller_list[] = { &poll_sim, NULL };

/*
 * Loops
 */

void
sim_wake(struct sim_host *h)
{
	unsigned i;

	for (i = 0; i < SIM_LOOPS; i++)
		if (loops[i].loop != NULL && loops[i].host == h)
			loops[i].poller->awake = true;
}

struct sim_loop *
sim_loop_new(struct sim_host *h)
{
	struct sim_host *was = here;
	unsigned i = 0;

	while (loops[i].loop != NULL)
		if (++i == SIM_LOOPS)
			abort();
	memset(&loops[i], 0, sizeof(loops[i]));
	sim_as(h);
	loops[i].loop = loop_new(NULL);
	sim_as(was);
	if (loops[i].loop == NULL)
		abort();
	loops[i].host = h;
	loops[i].poller = newest_poller;
	newest_poller->owner = &loops[i];
	return &loops[i];
}

void
sim_loop_free(struct sim_loop *l)
{
	struct sim_host *was = here;

	sim_as(l->host);
	loop_free(l->loop);
	sim_as(was);
	l->loop = NULL;
}

/* Runs the loops until all sleep. */
static void
loops_run(void)
{
	struct sim_host *was = here;
	unsigned i, spins = 0;
	bool busy;

	do {
		busy = false;
		for (i = 0; i < SIM_LOOPS; i++) {
			if (loops[i].loop == NULL ||
			    (!loops[i].poller->awake &&
			    loops[i].poller->due_us > now_us))
				continue;
			busy = true;
			sim_as(loops[i].host);
			loop_turn(loops[i].loop, -1);
		}
		if (busy && ++spins == SIM_SPIN) {
			printf("Bail out! a loop spins at %llu us\n",
			    (unsigned long long)now_us);
			exit(1);
		}
	} while (busy);
	sim_as(was);
}

/* The next moment at which something happens. */
static uint64_t
next_us(void)
{
	uint64_t at_us = n_events > 0 ? events[0].at_us : UINT64_MAX;
	unsigned i;

	for (i = 0; i < SIM_LOOPS; i++)
		if (loops[i].loop != NULL &&
		    loops[i].poller->due_us < at_us)
			at_us = loops[i].poller->due_us;
	return at_us;
}

bool
sim_run_until(bool (*done)(void *), void *arg, uint64_t max_us)
{
	uint64_t end_us = now_us + max_us, at_us;
	struct sim_host *was = here;
	struct event e;
	unsigned i;

	/* The test may have called into them. */
	for (i = 0; i < SIM_LOOPS; i++)
		if (loops[i].loop != NULL)
			loops[i].poller->awake = true;
	for (;;) {
		loops_run();
		if (done != NULL && done(arg))
			return true;
		at_us = next_us();
		if (at_us > end_us)
			break;
		if (at_us > now_us)
			now_us = at_us;
		while (n_events > 0 && events[0].at_us <= now_us) {
			e = event_take();
			e.fn(e.arg);
		}
		sim_as(was);
	}
	if (end_us > now_us)
		now_us = end_us;
	return false;
}

void
sim_work_us(uint64_t us)
{
	now_us += us;
	worked_us += us;
}

void
sim_wait_us(uint64_t us)
{
	now_us += us;
}

void
sim_run_us(uint64_t us)
{
	sim_run_until(NULL, NULL, us);
}

void
sim_run_ms(uint64_t ms)
{
	sim_run_us(ms * SIM_MS);
}

void
sim_run_s(uint64_t s)
{
	sim_run_us(s * SIM_S);
}

/*
 * The world
 */

const char *
sim_data(void)
{
	const char *data = getenv("ADIT_TEST_DATA");

	return data == NULL ? "tests/data" : data;
}

/* Makes the keys of the tests private, as the program requires it. */
static void
hide_keys(void)
{
	static const char *const keys[] = { "client", "p256", "plain" };
	char path[600];
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(path, sizeof(path), "%s/tls/%s.key", sim_data(),
		    keys[i]);
		(void)chmod(path, 0600);
	}
}

void
sim_begin(uint64_t seed)
{
	hide_keys();
	setvbuf(stdout, NULL, _IOLBF, 4096);	/* it may abort */
	chance = seed;
	/* Not 0, which a forgotten timestamp would equal. */
	now_us = 1000 * SIM_S;
	memset(links, 0, sizeof(links));
	memset(&sim_rules, 0, sizeof(sim_rules));
	sim_rules.segment = 16 * 1024;
	sim_rules.wall_s = INT64_C(1798761600);	/* 2027-01-01 */
	sim_n_hosts = 0;
	here = NULL;
}

unsigned
sim_end(void)
{
	unsigned i, open = 0;

	for (i = 0; i < sim_n_hosts; i++)
		open += sim_hosts[i].n_fds;
	for (i = 0; i < sim_n_hosts; i++)
		while (!list_empty(&sim_hosts[i].socks))
			sock_close(LIST_ITEM(sim_hosts[i].socks.next,
			    struct sim_sock, link)->fd);
	while (n_events > 0)
		if (events[--n_events].owned)
			free(events[n_events].arg);
	free(events);
	events = NULL;
	max_events = 0;
	sim_tcp_reset_all();
	sim_names_reset();
	sim_tuns_reset();
	open += sim_routes.n_open;
	memset(&sim_routes, 0, sizeof(sim_routes));
	sim_n_hosts = 0;
	return open;
}
