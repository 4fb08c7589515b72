/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS clients whose NAT gives them another port before the handshake is over:
 * at each of its datagrams, with and without cookie and connection IDs, in
 * fragments, on a long way, and on a way that loses datagrams.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "sim_sock.h"
#include "tape_world.h"
#include "wire/dtls.h"

enum {
	MANY = 100,		/* more datagrams than a handshake has */
	MOST_MS = 2000,		/* until the first answer */
	LOSSES = 1000,		/* of 10,000 datagrams */
	LOSSY_MS = 10000,	/* until the first answer with them */
	SEEDS = 20,		/* runs with losses */
};

/* Kinds of handshakes. */
static const struct mode {
	const char *name;
	const char *client, *server;	/* keys */
	unsigned datagrams;	/* of a handshake */
	unsigned slow;		/* of 100 with losses, at most */
} modes[] = {
	{ "cookie, CID", "", "", 6, 8 },
	{ "skip, CID", "", ",skip-verify", 4, 8 },
	{ "cookie, no CID", ",no-cid", "", 6, 8 },
	{ "cookie, a server without CID", "", ",no-cid", 6, 8 },
	{ "skip, no CID", ",no-cid", ",skip-verify", 4, 8 },
	{ "cookie, CID, fragments", ",mtu=60", ",mtu=60", 15, 15 },
	{ "skip, CID, fragments", ",mtu=60", ",mtu=60,skip-verify", 11, 15 },
	{ "cookie, no CID, fragments", ",mtu=60,no-cid", ",mtu=60", 16, 15 },
	{ "skip, no CID, fragments", ",mtu=60,no-cid", ",mtu=60,skip-verify",
	    12, 25 },
};

/* When the port changes. */
struct change {
	unsigned at;		/* at that datagram of the handshake, from 0: */
	bool before;		/* the client sends it from the new port; else
				 * it is on its way */
	unsigned seen;		/* datagrams of handshakes so far */
	bool due;		/* it was that one's turn */
	uint64_t us;		/* when the port changed; 0: not yet */
	unsigned loss;		/* of 10,000 datagrams, from then on */
};

/* The NAT forgets all ports. */
static void
forget_all(void *arg)
{
	struct change *c = arg;

	sim_udp_rebind_all(w.client);
	c->us = sim_now_us();
}

/* The NAT forgets the port from which this datagram is sent. */
static void
forget_one(struct change *c, struct sim_passing *p)
{
	struct list *link;
	struct sim_sock *s;

	for (link = w.client->socks.next; link != &w.client->socks;
	    link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type != SOCK_DGRAM || s->outside != p->source.port)
			continue;
		sim_udp_rebind(s->fd);
		p->source.port = s->outside;
		c->us = sim_now_us();
		return;
	}
}

static unsigned
change_port(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	struct change *c = arg;

	(void)number;
	c->seen += p->data[0] == DTLS_HANDSHAKE || p->data[0] == DTLS_CCS;
	if (c->seen > c->at && !c->due) {
		c->due = true;
		if (c->before && way == UP)
			forget_one(c, p);
		else
			sim_at(sim_now_us() + 5 * SIM_MS, forget_all, c);
		return 1;
	}
	return c->us == 0 || sim_random(10000) >= c->loss;
}

/* What became of a handshake during which the port changed. */
struct outcome {
	bool changed;		/* it has that datagram */
	unsigned ms;		/* from the change to the first answer */
	bool right;		/* nothing came twice or changed, in one flow of
				 * the client's */
};

static void
handshake(const struct mode *m, struct change *c, unsigned seed,
    uint64_t latency_us, struct outcome *o)
{
	unsigned i;

	world_begin(&w, seed);
	sim_link_both(w.client, w.server, latency_us, 0);
	world_dtls(&w, m->client, m->server);
	begin_tape();
	tape.fate = change_port;
	tape.arg = c;
	for (i = 0; i < 3000 && (c->us == 0 || app.last_us < c->us); i++) {
		app_send(&app, 100);
		sim_run_ms(10);
		if (c->us == 0 && app.received > 0)
			break;
	}
	o->changed = c->us > 0;
	o->ms = (unsigned)((app.last_us - c->us) / SIM_MS);
	o->right = app.bad + app.twice + w.echo.bad + w.echo.twice == 0 &&
	    w.left.tunnel->last_number == 1;
	app_close(&app);
	tape_end(&tape);
	if (world_end(&w) != 0)
		o->right = false;
}

/* At each datagram. */
static void
test_each(const struct mode *m, uint64_t latency_us)
{
	unsigned at, before, ms = (unsigned)(2 * latency_us / SIM_MS);
	unsigned n = 0, slow = 0, wrong = 0, most = 0;
	struct outcome o = { .changed = true };

	for (at = 0; at < MANY && o.changed; at++)
		for (before = 0; before < 2 && o.changed; before++) {
			struct change c = { .at = at, .before = before == 1 };

			handshake(m, &c, 1, latency_us, &o);
			if (!o.changed)
				continue;
			n++;
			slow += o.ms > MOST_MS;
			wrong += !o.right;
			if (o.ms > most)
				most = o.ms;
		}
	is_int(n, 2 * m->datagrams, "%s, %u ms: the port changes at each "
	    "datagram of the handshake", m->name, ms);
	is_int(slow, 0, "%s, %u ms: the first answer comes within %d ms (%u)",
	    m->name, ms, MOST_MS, most);
	is_int(wrong, 0, "%s, %u ms: in one flow of the client's, once",
	    m->name, ms);
}

/* 10 losses in 100 from the change on, both ways.  What is lost is repeated, so
 * that some handshakes take longer; the more datagrams, the more do. */
static void
test_lossy(const struct mode *m)
{
	unsigned at, seed, n = 0, slow = 0, wrong = 0, most = 0;
	struct outcome o;

	for (at = 0; at < m->datagrams; at++)
		for (seed = 1; seed <= SEEDS; seed++) {
			struct change c = { .at = at, .loss = LOSSES };

			handshake(m, &c, seed, 10 * SIM_MS, &o);
			n++;
			slow += o.ms > MOST_MS;
			wrong += !o.right;
			if (o.ms > most)
				most = o.ms;
		}
	ok(slow * 100 <= m->slow * n, "%s, losses: the first answer comes "
	    "within %d ms, but in %u of %u runs", m->name, MOST_MS, slow, n);
	ok(most <= LOSSY_MS, "%s, losses: and always within %d ms (%u)",
	    m->name, LOSSY_MS, most);
	is_int(wrong, 0, "%s, losses: in one flow of the client's, once",
	    m->name);
}

/* Somebody who knows the client's port says again and again that the server
 * does not know the handshake. */
static unsigned
doubt(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	static const uint8_t request[DTLS_HEADER + DTLS_MESSAGE] = {
		DTLS_HANDSHAKE, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0,
		DTLS_MESSAGE, DTLS_HELLO_REQUEST
	};
	unsigned i;

	(void)number;
	if (way != UP || p->data[0] != DTLS_HANDSHAKE)
		return 1;
	if (p->data[DTLS_HEADER] == DTLS_CLIENT_HELLO) {
		++*(unsigned *)arg;
	} else {
		for (i = 0; i < 50; i++)
			sim_udp_forge(&p->target, &p->source, request,
			    sizeof(request));
	}
	return 1;
}

static void
test_forged(void)
{
	unsigned hellos = 0;

	world_begin(&w, 1);
	world_dtls(&w, "", "");
	begin_tape();
	tape.fate = doubt;
	tape.arg = &hellos;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "a handshake goes on, of which somebody "
	    "says that it is not known");
	sim_run_s(1);
	ok(hellos >= 3 && hellos <= 4, "and one more is begun at most (%u)",
	    hellos);
	is_int(app.received + app.twice, 1, "what was sent is answered once");
	is_int(w.right.tunnel->last_number, 1, "the server sees one flow");
	app_send(&app, 100);
	ok(app_wait(&app, 2, 100), "which goes on");
	finish("forged");
}

/* The same of an association that takes the place of one whose server has been
 * started again. */
static void
test_forged_renewal(void)
{
	unsigned hellos = 0, i;

	world_begin(&w, 1);
	world_dtls(&w, "", "");
	begin_tape();
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "an association is up");
	w.server->down = true;
	proc_stop(&w.right);
	w.server->down = false;
	is_int(proc_start(&w.right), 0, "its server starts again");
	tape.fate = doubt;
	tape.arg = &hellos;
	for (i = 0; i < 120 && app.received < 3; i++) {
		app_send(&app, 100);
		sim_run_ms(500);
	}
	ok(app.received >= 3, "its server is started again, and the client "
	    "finds it although somebody interferes (%u ms)",
	    500 * i);
	ok(hellos >= 3 && hellos <= 4, "by one more handshake at most (%u)",
	    hellos);
	sim_run_s(30);
	ok(hellos <= 4, "and begins none after that (%u)", hellos);
	ok(w.right.tunnel->last_number <= 2, "the server sees no flow but "
	    "those (%lu)", (unsigned long)w.right.tunnel->last_number);
	finish("forged renewal");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		test_each(&modes[i], 10 * SIM_MS);
		test_each(&modes[i], 75 * SIM_MS);
		test_lossy(&modes[i]);
	}
	test_forged();
	test_forged_renewal();
	return done_testing();
}
