/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS over bad links: every loss of one and of two datagrams of a handshake,
 * random losses, duplicates, another order, small fragments.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tape.h"
#include "wire/dtls.h"

#include "../unit/tap.h"

static struct app app;
static struct tape tape;
static struct world w;

/* Kinds of handshakes. */
/* Where no cookie was asked for the server repeats nothing by itself, so that
 * more pairs hit what its client repeats. */
static const struct mode {
	const char *name;
	const char *client, *server;
	unsigned datagrams;	/* of a handshake */
	unsigned slow;		/* pairs of losses that cost most, at most */
} modes[] = {
	{ "skip, PSK", ",ciphers=TLS_PSK_WITH_AES_128_CCM_8",
	  ",skip-verify", 4, 8 },
	{ "skip, ECDHE_PSK", ",groups=X25519", ",skip-verify", 4, 8 },
	{ "cookie, PSK", ",ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256", "", 6,
	  8 },
	{ "cookie, ECDHE_PSK", ",groups=X25519", "", 6, 8 },
	{ "cookie, ECDHE_PSK, no CID", ",groups=X25519,no-cid", "", 6, 8 },
};

#define GCM	",ciphers=TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"

enum {
	QUEUED = 20,		/* datagrams that wait for the handshake */
	ROUND_MS = 20,		/* there and back */
	RAINS = 60,		/* runs with random losses */
};

/* Is it one of the handshake's? */
static bool
is_handshake(const uint8_t *data)
{
	return data[0] == DTLS_HANDSHAKE || data[0] == DTLS_CCS;
}

/* Which of them are lost. */
struct losses {
	unsigned seen;		/* datagrams of handshakes so far */
	unsigned lost[2];	/* their numbers */
	unsigned data;		/* other datagrams, both ways */
};

static unsigned
lose_some(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	struct losses *l = arg;
	unsigned i = l->seen;

	(void)number;
	(void)way;
	if (!is_handshake(p->data)) {
		l->data++;
		return 1;
	}
	l->seen++;
	return i != l->lost[0] && i != l->lost[1];
}

/* What became of a handshake in which some datagrams were lost. */
struct outcome {
	uint64_t up_ms;		/* until the first answer was there; 0: none */
	bool right;		/* all data came, in order, once, unchanged */
	unsigned seen;		/* datagrams of handshakes */
};

static void
handshake_with(const struct mode *m, unsigned first, unsigned second,
    struct outcome *o)
{
	struct losses l = { .lost = { first, second } };
	unsigned i;

	world_begin(&w, 1);
	world_dtls(&w, m->client, m->server);
	tape_begin(&tape, &w);
	tape.fate = lose_some;
	tape.arg = &l;
	app_open(&app, &w, 1);
	for (i = 0; i < QUEUED; i++)
		app_send(&app, 100);
	app_wait(&app, 1, 9900);
	o->up_ms = app.received == 0 ? 0 : app.rtt_us / SIM_MS;
	sim_run_ms(5000);
	o->right = app.received == QUEUED && app.bad + app.twice == 0 &&
	    w.echo.received == QUEUED && w.echo.bad == 0 &&
	    w.echo.late + w.echo.twice == 0 && l.data == 2 * QUEUED &&
	    proc_flows(&w.left) == 1 && proc_flows(&w.right) == 1 &&
	    w.left.tunnel->last_number == 1 &&
	    w.right.tunnel->last_number == 1 && proc_lost(&w.left) == 0;
	o->seen = l.seen;
	app_close(&app);
	tape_end(&tape);
	world_end(&w);
}

/* Is it from that time to the other, but for the ways of a handshake? */
static bool
is_within(uint64_t ms, unsigned least_ms, unsigned most_ms,
    const struct mode *m)
{
	most_ms += (m->datagrams / 2 + 1) * ROUND_MS + 2;
	return ms >= least_ms && ms <= most_ms;
}

/* Every single loss, and every one of two. */
static void
test_losses(const struct mode *m)
{
	unsigned i, j, wrong = 0, dear = 0, many = 0, runs = 0;
	unsigned slow = 0, quick = 0, most = 0;
	struct outcome none, one, two;

	handshake_with(m, UINT_MAX, UINT_MAX, &none);
	is_int(none.seen, m->datagrams, "%s: a handshake is %u datagrams",
	    m->name, m->datagrams);
	is_int(none.up_ms, (m->datagrams / 2 + 1) * ROUND_MS,
	    "%s: and takes its round trips only", m->name);
	ok(none.right, "%s: what waited for it goes through in order, once",
	    m->name);
	for (i = 0; i < m->datagrams; i++) {
		handshake_with(m, i, UINT_MAX, &one);
		wrong += !one.right;
		dear += !is_within(one.up_ms, 250, 400, m);
		many += one.seen > m->datagrams + 4;
		for (j = i + 1; j < one.seen; j++) {
			handshake_with(m, i, j, &two);
			runs++;
			wrong += !two.right;
			slow += is_within(two.up_ms, 1200, 1200, m);
			quick += is_within(two.up_ms, 250, 800, m);
			if (!two.right ||
			    (!is_within(two.up_ms, 1200, 1200, m) &&
			    !is_within(two.up_ms, 250, 800, m)))
				printf("# %s: %u and %u lost: %u ms%s\n",
				    m->name, i, j, (unsigned)two.up_ms,
				    two.right ? "" : ", wrong data");
			if (two.seen > most)
				most = two.seen;
		}
	}
	is_int(wrong, 0, "%s: after no loss of one or two datagrams (%u) is "
	    "data missing, doubled or out of order", m->name,
	    m->datagrams + runs);
	is_int(dear, 0, "%s: any one loss costs 0.4 s at most", m->name);
	is_int(many, 0, "%s: and four datagrams at most", m->name);
	is_int(slow + quick, runs, "%s: any two cost 0.8 s or 1.2 s at most",
	    m->name);
	ok(most <= m->datagrams + 10, "%s: and ten datagrams at most (%u)",
	    m->name, most - m->datagrams);
	ok(slow >= 2 && slow <= m->slow, "%s: 1.2 s only when the first hello "
	    "or its answer was lost again (%u of %u)", m->name, slow, runs);
}

/* Loss of so many of 10,000, counted where it concerns data. */
struct rain {
	unsigned loss;
	unsigned data[2], lost[2];	/* datagrams with data, by way */
};

static unsigned
lose_at_random(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	struct rain *r = arg;
	bool lost = sim_random(10000) < r->loss;

	(void)number;
	if (!is_handshake(p->data)) {
		r->data[way]++;
		r->lost[way] += lost;
	}
	return !lost;
}

/* 30 losses in 100 both ways, from the first datagram on. */
static void
test_rain(const char *name, const char *server)
{
	unsigned seed, i, up = 0, wrong = 0, more = 0;
	struct rain r;

	for (seed = 1; seed <= RAINS; seed++) {
		world_begin(&w, seed);
		world_dtls(&w, "", server);
		tape_begin(&tape, &w);
		memset(&r, 0, sizeof(r));
		r.loss = 3000;
		tape.fate = lose_at_random;
		tape.arg = &r;
		app_open(&app, &w, 1);
		for (i = 0; i < QUEUED; i++)
			app_send(&app, 100);
		sim_run_ms(10100);
		up += proc_flows(&w.left) == 1 && r.data[UP] >= QUEUED;
		for (i = 0; i < 200; i++) {
			app_send(&app, 100 + i);
			sim_run_ms(5);
		}
		sim_run_ms(9000);
		/* One that was given up is dialled again with the next data. */
		more += w.left.tunnel->last_number - 1;
		wrong += w.echo.received != r.data[UP] - r.lost[UP] ||
		    app.received != r.data[DOWN] - r.lost[DOWN] ||
		    r.data[DOWN] != w.echo.received || w.echo.bad != 0 ||
		    app.bad + app.twice + w.echo.late + w.echo.twice != 0 ||
		    r.data[UP] + w.left.tunnel->lost[LOST_FLOW_ENDED] !=
		    app.sent;
		app_close(&app);
		tape_end(&tape);
		world_end(&w);
	}
	/* About 97 in 100 with a cookie, 99 without. */
	ok(up >= RAINS * 9 / 10, "%s: with 30 in 100 lost a flow is up within "
	    "the time-out nearly always (%u of %d)", name, up, RAINS);
	is_int(more, RAINS - up, "%s: and else with the next attempt", name);
	is_int(wrong, 0, "%s: then what is lost on the way is missing, nothing "
	    "else, nothing comes twice or late", name);
}

/* Everything comes two or three times, and overtakes what went before. */
static unsigned
shuffle(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	uint64_t *most_us = arg;

	(void)number;
	(void)way;
	p->late_us = sim_random(*most_us);
	return 2 + (unsigned)sim_random(2);
}

/* The same with each copy at a time of its own, by the link's jitter. */
static void
test_shuffle(const char *name, const char *keys, const char *server_keys,
    uint64_t most_us, unsigned most_ms)
{
	unsigned seed, i, slow = 0, wrong = 0, late = 0, repeated = 0;

	for (seed = 1; seed <= 10; seed++) {
		world_begin(&w, 100 + seed);
		world_dtls(&w, keys, server_keys);
		sim_link(w.client, w.server)->jitter_us = most_us;
		sim_link(w.server, w.client)->jitter_us = most_us;
		tape_begin(&tape, &w);
		tape.fate = shuffle;
		tape.arg = &most_us;
		app_open(&app, &w, 1);
		for (i = 0; i < QUEUED; i++)
			app_send(&app, 100);
		app_wait(&app, 1, 9000);
		slow += app.received == 0 || app.rtt_us > most_ms * SIM_MS;
		sim_run_ms(500);
		for (i = 0; i < 200; i++) {
			app_send(&app, 100 + i);
			sim_run_ms(1);
		}
		sim_run_ms(1000);
		late += w.echo.late;
		repeated += tape_count(&tape, UP, DTLS_CID_RECORD) +
		    tape_count(&tape, UP, DTLS_APPLICATION) > 2 + app.sent;
		wrong += w.echo.received != app.sent ||
		    app.received != app.sent || w.echo.bad + app.bad != 0 ||
		    w.echo.twice + app.twice != 0 ||
		    w.left.tunnel->last_number != 1 ||
		    w.right.tunnel->last_number != 1;
		app_close(&app);
		tape_end(&tape);
		is_int(world_end(&w), 0, "%s: nothing stays open", name);
	}
	is_int(slow, 0, "%s: the flow is there within %u ms", name, most_ms);
	is_int(wrong, 0, "%s: all data comes once and unchanged, both ways",
	    name);
	ok(late > 100, "%s: though in another order (%u)", name, late);
	is_int(repeated, 0, "%s: no data is sent twice", name);
}

/* Small fragments that come in the opposite order; but those of ClientHellos,
 * of which a server without state must see the first one first. */
static unsigned
turn_round(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	uint64_t *left_us = arg;

	(void)number;
	(void)way;
	if (p->data[DTLS_HEADER] == DTLS_CLIENT_HELLO)
		return 1;
	*left_us -= *left_us > 50 ? 50 : 0;
	p->late_us = *left_us;
	return 1;
}

static void
test_backwards(const char *keys)
{
	uint64_t left_us = 5000;
	unsigned small = 0, i;

	world_begin(&w, 7);
	world_dtls(&w, keys, keys);
	tape_begin(&tape, &w);
	tape.fate = turn_round;
	tape.arg = &left_us;
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "flights in fragments of 60 bytes that come "
	    "backwards need no repetition");
	for (i = 0; i < tape.n; i++)
		small += tape.d[i].len <= 60;
	ok(small >= 10, "there are many (%u)", small);
	/* The first fragment of a ClientHello goes as far as its cookie. */
	is_int(tape.n - small, 2 + 2 + 2, "and only two ClientHellos, two "
	    "Finished and the data are longer");
	app_close(&app);
	tape_end(&tape);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* The server's last flight is late, but comes. */
static unsigned
hold_finished(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	(void)arg;
	(void)number;
	if (way == DOWN && p->data[0] == DTLS_CCS)
		p->late_us = 200 * SIM_MS;
	return 1;
}

static void
test_late_finished(void)
{
	world_begin(&w, 8);
	world_dtls(&w, "", "");
	tape_begin(&tape, &w);
	tape.fate = hold_finished;
	app_open(&app, &w, 1);
	app_send(&app, 100);
	app_wait(&app, 1, 5000);
	ok(app.rtt_us < 300 * SIM_MS, "a last flight that is late costs the "
	    "time that it is late");
	is_int(tape_count(&tape, UP, DTLS_HANDSHAKE), 3, "and no repetition");
	app_close(&app);
	tape_end(&tape);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		test_losses(&modes[i]);
	test_rain("cookie", "");
	test_rain("skip", ",skip-verify");
	test_shuffle("doubled and reordered", "", "", 30 * SIM_MS, 300);
	test_shuffle("doubled and reordered, no CID", ",no-cid", "",
	    30 * SIM_MS, 300);
	test_shuffle("fragments of 60, doubled and reordered", ",mtu=60",
	    ",mtu=60", 20 * SIM_MS, 1300);
	test_shuffle("fragments of 60 without CID", ",mtu=60,no-cid",
	    ",mtu=60,skip-verify", 20 * SIM_MS, 1300);
	/* Of a fixed length: without instructions for AES, ChaCha20 is first. */
	test_backwards(GCM ",mtu=60");
	test_backwards(GCM ",mtu=60,groups=P-256");
	test_late_finished();
	return done_testing();
}
