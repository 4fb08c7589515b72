/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Simulated TCP.
 *
 * NOTES.  An endpoint has bytes that were not sent (out), segments in flight
 * (flying, delivered in order), and bytes that its owner has not read (in).
 * Bytes in flight, and delivered but not read, are at most the link's window.
 * A lost segment is retransmitted at growing intervals until TCP_USER_TIMEOUT;
 * keep-alive detects an idle peer that is gone.  Segments that are too long for
 * the link are lost each time.  Endpoints are freed when the world ends, since
 * events point at them.
 */

#include "sim_bytes.h"
#include "sim_sock.h"

enum {
	FILLED = 64 * 1024,	/* unsent segment that Linux adds nothing to */
	RTO_US = 200000,	/* of a lost segment */
	SYN_TRIES = 6,
	MSS = 1460,
	HEADERS = 40,		/* of IPv4 and TCP */
	TIMEOUT_MS = 900000,	/* where no TCP_USER_TIMEOUT is set */
};

struct segment {
	struct list link;	/* in flying */
	uint64_t at_us;		/* when it arrives */
	size_t len;
	bool fin;
	uint8_t data[1];
};

struct sim_tcp {
	struct sim_tcp *all;	/* the one made before */
	struct sim_host *host, *dst;	/* dst: NULL when there is none */
	struct sim_tcp *peer;	/* NULL: it knows nothing of us */
	struct sim_sock *sock;	/* NULL: not accepted yet, or closed */
	struct sim_sock *listener;	/* waits for accept there */
	struct list waiting;
	struct addr local, remote;
	enum { CONNECTING, UP, DEAD } state;
	bool closed;		/* its owner has closed it */
	uint8_t *out, *in;
	size_t out_len, out_size, in_len, in_size;
	size_t unacked;
	struct list flying;
	uint64_t arrival_us;	/* of the last of them */
	bool ticking;		/* an event will deliver the first */
	unsigned mss;		/* that its owner set; 0: none */
	bool lossy;		/* none of its segments gets through, */
	bool resets;		/* and the first one resets it */
	bool fin_wanted, fin_sent, fin_got;
	unsigned tries;
	uint64_t progress_us;	/* newest acknowledgement */
	uint64_t heard_us;	/* newest one of all, also of a probe */
	uint64_t carried_us;	/* when it was up, or bytes came, last */
	bool watched;		/* an event will look at that */
	uint64_t probe_us;	/* when an event will probe; 0: none will */
	int probes;
	int timeout_ms, keep_idle_s, keep_interval_s, keep_count;
};

/* n bytes were acknowledged. */
struct ack {
	struct sim_tcp *to;
	size_t n;
};

static struct sim_tcp *all, *buried;
static unsigned long asked[SIM_HOSTS];

/* The newest endpoint.  Those that died leave the list, being thousands. */
static struct sim_tcp *
living(void)
{
	struct sim_tcp *t, **at = &all;

	while ((t = *at) != NULL) {
		if (t->state != DEAD) {
			at = &t->all;
			continue;
		}
		*at = t->all;
		t->all = buried;
		buried = t;
	}
	return all;
}

static struct sim_tcp *
tcp_new(struct sim_host *host, struct sim_host *dst)
{
	struct sim_tcp *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->all = all;
	all = t;
	t->host = host;
	t->dst = dst;
	t->timeout_ms = TIMEOUT_MS;
	list_init(&t->waiting);
	list_init(&t->flying);
	return t;
}

/* Do segments get from an endpoint to the other one, or (back) from there?
 * None does when an address is gone. */
static bool
passes(const struct sim_tcp *t, bool back)
{
	if (!sim_reaches(back ? t->dst : t->host, back ? t->host : t->dst))
		return false;
	return t->host == t->dst || (sim_host_of(NULL, &t->local) == t->host &&
	    sim_host_of(NULL, &t->remote) == t->dst);
}

/* Is a segment too long for the way?  The shorter of both sides' MSS counts. */
static bool
is_swallowed(const struct sim_tcp *t, size_t n)
{
	size_t most = sim_link(t->host, t->dst)->swallows;
	size_t peer = t->peer == NULL || t->peer->mss == 0 ? MSS : t->peer->mss;
	size_t own = t->mss == 0 ? MSS : t->mss, mss = own < peer ? own : peer;

	return most != 0 && (n < mss ? n : mss) + HEADERS > most;
}

/* Whoever holds the endpoint looks. */
static void
changed(struct sim_tcp *t)
{
	if (t->sock != NULL)
		sim_sock_changed(t->sock);
}

/* Ends an endpoint; the other one is not told. */
static void
die(struct sim_tcp *t, int error)
{
	struct list *link;

	if (t->state == DEAD)
		return;
	t->state = DEAD;
	if (t->listener != NULL) {
		list_remove(&t->waiting);
		t->listener->n_waiting--;
		t->listener = NULL;
	}
	while ((link = t->flying.next) != &t->flying) {
		list_remove(link);
		free(LIST_ITEM(link, struct segment, link));
	}
	free(t->out);
	t->out = NULL;
	t->out_len = t->out_size = t->unacked = 0;
	if (t->peer != NULL)
		t->peer->peer = NULL;
	t->peer = NULL;
	if (t->sock != NULL) {
		t->sock->error = error;
	} else {
		free(t->in);
		t->in = NULL;
		t->in_len = t->in_size = 0;
	}
	changed(t);
}

/* A reset came. */
static void
reset(void *arg)
{
	struct sim_tcp *t = arg;

	if (t->peer == NULL)
		die(t, t->state == CONNECTING ? ECONNREFUSED : ECONNRESET);
}

/* Tells the peer by a reset, and ends. */
static void
abandon(struct sim_tcp *t, int error)
{
	struct sim_tcp *peer = t->peer;
	bool told = peer != NULL && !t->lossy && passes(t, false);

	die(t, error);
	if (told)
		sim_at(sim_now_us() +
		    sim_link(t->host, peer->host)->latency_us, reset, peer);
}

/* Has everything been said? Then an endpoint without owner goes. */
static void
finish(struct sim_tcp *t)
{
	if (t->closed && t->fin_sent && t->unacked == 0 && t->out_len == 0 &&
	    list_empty(&t->flying) && t->fin_got)
		die(t, 0);
}

/*
 * Sending
 */

static void deliver(void *);

/* Looks whether what was sent was acknowledged in time. */
static void
look(void *arg)
{
	struct sim_tcp *t = arg;
	uint64_t due_us = t->progress_us + (uint64_t)t->timeout_ms * SIM_MS;

	t->watched = false;
	if (t->state != UP || t->unacked + t->out_len == 0)
		return;
	if (due_us <= sim_now_us()) {
		abandon(t, ETIMEDOUT);
		return;
	}
	t->watched = true;
	sim_at(due_us, look, t);
}

/* Has the first segment under way delivered. */
static void
tick(struct sim_tcp *t)
{
	struct segment *g;

	if (t->ticking || list_empty(&t->flying))
		return;
	g = LIST_ITEM(t->flying.next, struct segment, link);
	t->ticking = true;
	sim_at(g->at_us, deliver, t);
}

/* Sends a segment on its way. */
static void
launch(struct sim_tcp *t, size_t n, bool fin)
{
	struct segment *g = calloc(1, sizeof(*g) + n);

	if (g == NULL)
		abort();
	g->at_us = sim_arrival_us(t->host, t->dst, n);
	if (sim_random(10000) < sim_link(t->host, t->dst)->loss)
		g->at_us += RTO_US;
	if (t->arrival_us == 0)
		g->at_us += sim_link(t->host, t->dst)->slow_us;
	if (g->at_us < t->arrival_us)
		g->at_us = t->arrival_us;
	t->arrival_us = g->at_us;
	g->len = n;
	g->fin = fin;
	if (n > 0) {
		memcpy(g->data, t->out, n);
		consume(t->out, &t->out_len, n);
	}
	t->unacked += n;
	list_add(&t->flying, &g->link);
	tick(t);
}

/* Sends as much as the window allows. */
static void
pump(void *arg)
{
	struct sim_tcp *t = arg;
	size_t window, used, n, most = sim_rules.segment;

	if (t->state != UP)
		return;
	window = sim_link(t->host, t->dst)->window;
	while (t->out_len > 0) {
		used = t->unacked + (t->peer == NULL ? 0 : t->peer->in_len);
		if (used >= window)
			break;
		n = t->out_len < most ? t->out_len : most;
		if (n > window - used)
			n = window - used;
		if (sim_rules.chop && sim_random(4) == 0)
			n = 1 + sim_random(n);
		launch(t, n, false);
	}
	if (t->sock != NULL)
		sim_watch_look(t->sock);
	if (t->out_len == 0 && t->fin_wanted && !t->fin_sent) {
		t->fin_sent = true;
		launch(t, 0, true);
	}
	if (t->unacked + t->out_len > 0 && !t->watched) {
		t->watched = true;
		t->progress_us = sim_now_us();
		sim_at(sim_now_us() + (uint64_t)t->timeout_ms * SIM_MS, look,
		    t);
	}
}

/* An acknowledgement came. */
static void
acked(void *arg)
{
	struct ack *a = arg;
	struct sim_tcp *t = a->to;

	if (t->state == UP && !passes(t, true)) {
		sim_at_owned(sim_now_us() + RTO_US, acked, a);
		return;
	}
	if (t->state == UP) {
		t->unacked -= a->n;
		t->progress_us = t->heard_us = sim_now_us();
		pump(t);
		finish(t);
		changed(t);
	}
	free(a);
}

/* Gives the peer what a segment holds. */
static void
receive(struct sim_tcp *t, const struct segment *g)
{
	struct sim_tcp *to = t->peer;
	uint64_t back_us = sim_now_us() +
	    sim_link(t->dst, t->host)->latency_us;
	struct ack *a;

	if (to == NULL || to->state == DEAD || (to->closed && g->len > 0)) {
		if (to != NULL)
			die(to, 0);
		t->peer = NULL;
		sim_at(back_us, reset, t);
		return;
	}
	append(&to->in, &to->in_len, &to->in_size, g->data, g->len);
	to->heard_us = to->carried_us = t->carried_us = sim_now_us();
	if (g->fin)
		to->fin_got = true;
	changed(to);
	finish(to);
	if (g->len == 0)
		return;
	a = malloc(sizeof(*a));
	if (a == NULL)
		abort();
	a->to = t;
	a->n = g->len;
	sim_at_owned(back_us, acked, a);
}

/* The first segment under way arrives, or does not get through. */
static void
deliver(void *arg)
{
	struct sim_tcp *t = arg;
	struct segment *g;

	t->ticking = false;
	if (t->state != UP || list_empty(&t->flying))
		return;
	g = LIST_ITEM(t->flying.next, struct segment, link);
	if (t->resets) {
		die(t, ECONNRESET);
		return;
	}
	if (t->lossy || !passes(t, false) || is_swallowed(t, g->len)) {
		g->at_us = sim_now_us() + ((uint64_t)RTO_US << t->tries);
		if (t->tries < 6)
			t->tries++;
		/* Nobody waits for ever for a goodbye. */
		if (t->closed && t->tries == 6)
			die(t, 0);
		tick(t);
		return;
	}
	t->tries = 0;
	list_remove(&g->link);
	receive(t, g);
	free(g);
	finish(t);
	tick(t);
}

/*
 * Connecting
 */

/* The listener of that address, or NULL. */
static struct sim_sock *
listener_of(struct sim_host *h, const struct addr *to)
{
	struct sim_sock *s;
	struct list *link;

	for (link = h->socks.next; link != &h->socks; link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->listening && s->local.port == to->port &&
		    s->local.family == to->family &&
		    (addr_is_any(&s->local) || addr_same(&s->local, to)))
			return s;
	}
	return NULL;
}

/* The answer to a SYN has come. */
static void
established(void *arg)
{
	struct sim_tcp *t = arg;

	if (t->state != CONNECTING)
		return;
	if (t->peer == NULL) {
		die(t, ECONNREFUSED);
		return;
	}
	t->state = UP;
	t->heard_us = t->carried_us = sim_now_us();
	changed(t);
}

/* The host is not there, and routers have noticed. */
static void
unreachable(void *arg)
{
	struct sim_tcp *t = arg;

	if (t->state == CONNECTING)
		die(t, EHOSTUNREACH);
}

/* A SYN arrives. */
static void
syn(void *arg)
{
	struct sim_tcp *t = arg, *p;
	struct sim_sock *s;

	if (t->state != CONNECTING)
		return;
	s = listener_of(t->dst, &t->remote);
	if (!passes(t, false) ||
	    (s != NULL && s->n_waiting > s->backlog)) {
		if (t->tries == SYN_TRIES)
			die(t, ETIMEDOUT);
		else
			sim_at(sim_now_us() + (SIM_S << t->tries++), syn, t);
		return;
	}
	t->tries = 0;
	if (s != NULL) {
		p = tcp_new(t->dst, t->host);
		p->state = UP;
		p->heard_us = sim_now_us();
		p->peer = t;
		t->peer = p;
		p->mss = s->mss;
		p->local = t->remote;
		p->remote = t->local;
		p->listener = s;
		list_add(&s->waiting, &p->waiting);
		s->n_waiting++;
		sim_sock_changed(s);
	}
	sim_at(sim_now_us() + sim_link(t->dst, t->host)->latency_us,
	    established, t);
}

int
sim_tcp_connect(struct sim_sock *s, const struct addr *to)
{
	struct sim_host *dst = sim_host_of(s->host, to);
	struct sim_tcp *t = tcp_new(s->host, dst);
	uint64_t at_us;

	t->sock = s;
	s->tcp = t;
	t->mss = s->mss;
	t->local = s->local;
	t->remote = *to;
	if (dst == NULL) {
		sim_at(sim_now_us() + 3 * SIM_S, unreachable, t);
	} else {
		asked[dst->index]++;
		at_us = sim_now_us() + sim_link(s->host, dst)->latency_us;
		if (sim_random(10000) < sim_link(s->host, dst)->loss)
			at_us += SIM_S;
		sim_at(at_us, syn, t);
	}
	errno = EINPROGRESS;
	return -1;
}

struct sim_tcp *
sim_tcp_take(struct sim_sock *listener)
{
	struct sim_tcp *t = LIST_ITEM(listener->waiting.next, struct sim_tcp,
	    waiting);

	list_remove(&t->waiting);
	t->listener = NULL;
	listener->n_waiting--;
	return t;
}

void
sim_tcp_attach(struct sim_tcp *t, struct sim_sock *s)
{
	t->sock = s;
	s->tcp = t;
	s->local = t->local;
	s->peer = t->remote;
}

bool
sim_tcp_up(const struct sim_sock *s)
{
	return s->tcp != NULL && s->tcp->state == UP;
}

/* Says that it has nothing more to say. */
void
sim_tcp_shutdown(struct sim_sock *s)
{
	if (s->tcp != NULL && s->tcp->state == UP) {
		s->tcp->fin_wanted = true;
		pump(s->tcp);
	}
}

void
sim_tcp_close(struct sim_sock *s)
{
	struct sim_tcp *t = s->tcp;

	while (!list_empty(&s->waiting))
		abandon(LIST_ITEM(s->waiting.next, struct sim_tcp, waiting),
		    0);
	if (t == NULL)
		return;
	t->sock = NULL;
	t->closed = true;
	s->tcp = NULL;
	if (t->state == DEAD || t->host->down) {
		die(t, 0);
		free(t->in);
		t->in = NULL;
	} else if (t->state == CONNECTING || t->in_len > 0 ||
	    t->peer == NULL) {
		abandon(t, 0);
	} else {
		t->fin_wanted = true;
		pump(t);
		finish(t);
	}
}

/*
 * Keep-alive
 */

static void probe(void *);

/* Plans the next probe, unless one is planned that is not later. */
static void
plan_probe(struct sim_tcp *t, int pause_s)
{
	uint64_t at_us = sim_now_us() + (uint64_t)pause_s * SIM_S;

	if (t->probe_us != 0 && t->probe_us <= at_us)
		return;
	t->probe_us = at_us;
	sim_at(at_us, probe, t);
}

/* Does nothing get from it to its peer, or back? */
static bool
is_cut_off(const struct sim_tcp *t)
{
	return t->lossy || (t->peer != NULL && t->peer->lossy) ||
	    !passes(t, false) || !passes(t, true);
}

/* The answer to a probe came. */
static void
probed(void *arg)
{
	struct sim_tcp *t = arg;

	if (t->state == UP)
		t->heard_us = sim_now_us();
}

/* Time for a probe. */
static void
probe(void *arg)
{
	struct sim_tcp *t = arg;
	int pause_s = t->keep_idle_s;

	/* One that was replaced by an earlier one comes to nothing. */
	if (t->probe_us != sim_now_us())
		return;
	t->probe_us = 0;
	if (t->state != UP || t->closed)
		return;
	if (t->resets) {
		die(t, ECONNRESET);
		return;
	}
	if (is_cut_off(t)) {
		if (++t->probes > t->keep_count) {
			abandon(t, ETIMEDOUT);
			return;
		}
		pause_s = t->keep_interval_s;
	} else if (t->peer == NULL) {
		reset(t);
		return;
	} else {
		t->probes = 0;
		/* What is not acknowledged is sent again instead. */
		if (list_empty(&t->flying) || !is_swallowed(t,
		    LIST_ITEM(t->flying.next, struct segment, link)->len))
			sim_at(sim_now_us() + 2 * sim_link(t->host,
			    t->dst)->latency_us, probed, t);
	}
	plan_probe(t, pause_s);
}

void
sim_tcp_keep(struct sim_sock *s)
{
	struct sim_tcp *t = s->tcp;

	if (t == NULL)
		return;
	t->keep_idle_s = s->keep_idle_s;
	t->keep_interval_s = s->keep_interval_s;
	t->keep_count = s->keep_count;
	plan_probe(t, t->keep_idle_s);
}

/*
 * Bytes
 */

unsigned
sim_tcp_events(const struct sim_sock *s)
{
	const struct sim_tcp *t = s->tcp;
	unsigned events = 0;
	size_t used;

	if (t == NULL || t->state == CONNECTING)
		return 0;
	if (t->in_len > 0 || t->fin_got || t->state == DEAD)
		events |= READABLE;
	used = t->out_len + t->unacked;
	if (t->state == DEAD || (used <= s->send_max * 2 / 3 &&
	    (s->lowat == 0 || t->out_len < s->lowat / 2)))
		events |= WRITABLE;
	return events;
}

ssize_t
sim_tcp_in(struct sim_sock *s, void *buf, size_t size)
{
	struct sim_tcp *t = s->tcp;

	if (t == NULL || t->state == CONNECTING) {
		errno = t == NULL ? ENOTCONN : EAGAIN;
		return -1;
	}
	if (t->in_len > 0) {
		if (size > t->in_len)
			size = t->in_len;
		if (sim_rules.chop && sim_random(4) == 0)
			size = 1 + sim_random(size);
		memcpy(buf, t->in, size);
		consume(t->in, &t->in_len, size);
		if (t->peer != NULL && t->peer->out_len > 0)
			sim_at(sim_now_us() + sim_link(t->host,
			    t->dst)->latency_us, pump, t->peer);
		return (ssize_t)size;
	}
	if (s->error != 0) {
		errno = s->error;
		s->error = 0;
		return -1;
	}
	if (t->fin_got || t->state == DEAD)
		return 0;
	errno = EAGAIN;
	return -1;
}

ssize_t
sim_tcp_out(struct sim_sock *s, const void *buf, size_t len)
{
	struct sim_tcp *t = s->tcp;
	size_t used;

	if (s->error != 0) {
		errno = s->error;
		s->error = 0;
		return -1;
	}
	if (t == NULL || t->state != UP || t->fin_wanted) {
		errno = t != NULL && t->state == CONNECTING ? EAGAIN : EPIPE;
		return -1;
	}
	used = t->out_len + t->unacked;
	if (used >= s->send_max || (s->lowat != 0 && t->out_len >= FILLED)) {
		errno = EAGAIN;
		return -1;
	}
	if (len > s->send_max - used)
		len = s->send_max - used;
	if (sim_rules.chop && len > 0 && sim_random(4) == 0)
		len = 1 + sim_random(len);
	append(&t->out, &t->out_len, &t->out_size, buf, len);
	if (s->user_timeout_ms != 0)
		t->timeout_ms = s->user_timeout_ms;
	pump(t);
	return (ssize_t)len;
}

long
sim_tcp_unsent(const struct sim_sock *s, bool sent)
{
	return s->tcp == NULL || sim_rules.tcp_untold ? -1 :
	    (long)(s->tcp->out_len + (sent ? s->tcp->unacked : 0));
}

int
sim_tcp_info(const struct sim_sock *s, struct sock_tcp *t)
{
	if (sim_rules.tcp_untold || s->tcp == NULL) {
		errno = ENOPROTOOPT;
		return -1;
	}
	t->on_way = s->tcp->unacked > 0;
	t->rtt_ms = (uint32_t)((sim_link(s->tcp->host,
	    s->tcp->dst)->latency_us + sim_link(s->tcp->dst,
	    s->tcp->host)->latency_us) / SIM_MS);
	t->heard_ms = (uint32_t)((sim_now_us() - s->tcp->heard_us) / SIM_MS);
	return 0;
}

/*
 * For tests
 */

void
sim_tcp_window(struct sim_host *from, struct sim_host *to, size_t window)
{
	struct sim_tcp *t;

	sim_link(from, to)->window = window;
	for (t = living(); t != NULL; t = t->all)
		if (t->host == from && t->dst == to)
			pump(t);
}

unsigned
sim_tcp_cut(struct sim_host *a, struct sim_host *b, uint64_t idle_us,
    bool fin)
{
	struct sim_tcp *t, *peer;
	unsigned n = 0;

	for (t = living(); t != NULL; t = t->all) {
		if (t->state != UP || t->host != a || t->dst != b ||
		    (peer = t->peer) == NULL || (fin && t->fin_got) ||
		    sim_now_us() - t->carried_us < idle_us)
			continue;
		n++;
		if (fin) {
			t->fin_got = peer->fin_got = true;
			changed(t);
			changed(peer);
			continue;
		}
		die(t, ECONNRESET);
		die(peer, ECONNRESET);
	}
	return n;
}

unsigned long
sim_tcp_asked(const struct sim_host *h)
{
	return asked[h->index];
}

unsigned
sim_tcp_count(const struct sim_host *h)
{
	const struct sim_tcp *t;
	unsigned n = 0;

	for (t = living(); t != NULL; t = t->all)
		n += t->host == h && t->state == UP && !t->closed;
	return n;
}

unsigned
sim_tcp_lowest_mss(const struct sim_host *h)
{
	const struct sim_tcp *t;
	unsigned lowest = 0;

	for (t = living(); t != NULL; t = t->all)
		if (t->host == h && t->state == UP && !t->closed &&
		    t->mss != 0 && (lowest == 0 || t->mss < lowest))
			lowest = t->mss;
	return lowest;
}

/* The n-th of a host's open connections (0 is the oldest); NULL: it has not so
 * many. */
static struct sim_tcp *
nth(const struct sim_host *h, unsigned n)
{
	unsigned skip = sim_tcp_count(h);
	struct sim_tcp *t;

	if (n >= skip)
		return NULL;
	skip -= n + 1;		/* the newest comes first */
	for (t = living(); t != NULL; t = t->all)
		if (t->host == h && t->state == UP && !t->closed && skip-- == 0)
			break;
	return t;
}

void
sim_tcp_reset_one(struct sim_host *h, unsigned n)
{
	struct sim_tcp *t = nth(h, n), *peer = t == NULL ? NULL : t->peer;

	if (t != NULL)
		die(t, ECONNRESET);
	if (peer != NULL)
		die(peer, ECONNRESET);
}

unsigned
sim_tcp_forget(struct sim_host *a, struct sim_host *b, bool reset_a)
{
	struct sim_tcp *t;
	unsigned n = 0;

	for (t = living(); t != NULL; t = t->all) {
		if (t->state != UP || t->host != a || t->dst != b || t->lossy)
			continue;
		t->lossy = true;
		t->resets = reset_a;
		if (t->peer != NULL)
			t->peer->lossy = true;
		n++;
	}
	return n;
}

void
sim_tcp_lose_one(struct sim_host *h, unsigned n, bool on)
{
	struct sim_tcp *t = nth(h, n);

	if (t != NULL)
		t->lossy = on;
}

void
sim_tcp_reset_all(void)
{
	struct sim_tcp *t;

	for (t = all; t != NULL; t = t->all) {
		t->sock = NULL;
		t->peer = NULL;
		die(t, 0);
	}
	(void)living();
	while ((t = buried) != NULL) {
		buried = t->all;
		free(t->in);
		free(t);
	}
	memset(asked, 0, sizeof(asked));
}
