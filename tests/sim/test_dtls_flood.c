/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A flood of ClientHellos to a DTLS server: what it costs, and whether a client
 * with a key can connect meanwhile.
 *
 * NOTES.  The server's end is compiled into this test, so that its allocations
 * can be counted.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "base/bytes.h"
#include "dtls_peer.h"
#include "tape.h"
#include "tunnel/dtls_leg.h"

static unsigned long allocations;	/* by the server's end */

static void *
counted_calloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	allocations++;
	return p;
}

static void *
counted_handshake(struct dtls_shared *e, size_t size)
{
	allocations++;
	return dtls_leg_new_handshake(e, size);
}

static uint64_t work_us;	/* that a new handshake takes */
static uint64_t wait_us;	/* and while other processes run */

static enum dtls_event
working_next(struct dtls *d, struct dtls_input *in, uint64_t now_ms)
{
	bool begins = d->state == DTLS_S_HELLO;
	enum dtls_event event = dtls_next(d, in, now_ms);

	if (begins && d->state == DTLS_S_KX) {
		sim_work_us(work_us);
		sim_wait_us(wait_us);
	}
	return event;
}

#define calloc counted_calloc
#define dtls_leg_new_handshake counted_handshake
#define dtls_next working_next
#include "tunnel/dtls_admit.c"
#include "tunnel/dtls_assoc.c"
#include "tunnel/end_dtls_listen.c"
#undef dtls_next
#undef dtls_leg_new_handshake
#undef calloc

#include "../unit/tap.h"

enum {
	CROWD = 50000,
	IN_A_MS = 50,		/* of them */
};

static struct app app;
static struct tape tape;
static struct world w;
static uint8_t hello[DTLS_HEADER + DTLS_MESSAGE + DTLS_BODY_MAX];
static size_t hello_len;
static uint64_t hello_bytes;	/* that strangers sent */
static struct addr server;
static bool return_cookies;	/* the crowd's addresses are its own */
static unsigned peak;		/* handshakes under way */

static struct dtls_assocs *
the_end(void)
{
	return (struct dtls_assocs *)w.right.tunnel->end[LEFT];
}

/* Writes a hello, with a cookie or without. */
static void
make_hello(const uint8_t random[DTLS_RANDOM], const uint8_t *cookie,
    size_t cookie_len)
{
	static const struct dtls_suite *suites[DTLS_SUITES];
	static const struct dtls_group *groups[1];
	struct dtls_offer offer = { random, cookie, cookie_len, suites,
	    DTLS_SUITES, groups, 1, true, false };
	size_t n;

	groups[0] = &dtls_groups[0];
	if (suites[0] == NULL)
		dtls_suites_preset(suites);
	n = dtls_client_hello_write(hello + DTLS_HEADER + DTLS_MESSAGE,
	    &offer);
	dtls_fragment_write(hello + DTLS_HEADER, DTLS_CLIENT_HELLO, n,
	    cookie == NULL ? 0 : 1, 0, n);
	hello_len = dtls_header_write(hello, DTLS_HANDSHAKE,
	    cookie == NULL ? 0 : 1, DTLS_MESSAGE + n) + DTLS_MESSAGE + n;
	hello_bytes += hello_len;
}

/* The address of stranger i; his random is made of it. */
static void
stranger(unsigned i, struct addr *a, uint8_t random[DTLS_RANDOM])
{
	memset(a, 0, sizeof(*a));
	a->family = 4;
	put_be32(a->ip, 0x64000000 + i);
	a->port = (uint16_t)(1024 + i % 60000);
	memset(random, 0, DTLS_RANDOM);
	put_be32(random, i);
}

/* What the server says to strangers. */
static unsigned
answer_stranger(void *arg, struct sim_passing *p)
{
	uint8_t random[DTLS_RANDOM];
	struct addr a;

	if (p->to == NULL && return_cookies &&
	    p->data[DTLS_HEADER] == DTLS_HELLO_VERIFY_REQUEST) {
		stranger(get_be32(p->target.ip) - 0x64000000, &a, random);
		make_hello(random, p->data + DTLS_HEADER + DTLS_MESSAGE + 3,
		    p->data[DTLS_HEADER + DTLS_MESSAGE + 2]);
		sim_udp_forge(&a, &server, hello, hello_len);
	}
	if (p->to == NULL) {
		tape.nobody++;
		tape.nobody_bytes += p->len;
		return 0;
	}
	(void)arg;
	return 1;
}

/* The crowd's next ones come, in a millisecond. */
static void
crowd(unsigned from)
{
	uint8_t random[DTLS_RANDOM];
	struct addr a;
	unsigned i;

	for (i = from; i < from + IN_A_MS; i++) {
		stranger(i, &a, random);
		make_hello(random, NULL, 0);
		sim_udp_forge(&a, &server, hello, hello_len);
	}
	sim_run_ms(1);
	if (the_end()->admit.half_open.n > peak)
		peak = the_end()->admit.half_open.n;
}

static void
begin(const char *server_keys)
{
	world_begin(&w, 1);
	world_dtls_set(&w, "", server_keys);
	proc_option(&w.right, "rate-limit", "20/60");
	proc_start(&w.right);
	proc_start(&w.left);
	memset(&tape, 0, sizeof(tape));
	sim_rules.nobody = true;
	sim_rules.fate = answer_stranger;
	server = w.server->addr[0];
	server.port = WORLD_DTLS_PORT;
	return_cookies = false;
	allocations = 0;
	hello_bytes = 0;
	peak = 0;
	app_open(&app, &w, 1);
}

static void
finish(const char *what)
{
	app_close(&app);
	sim_rules.fate = NULL;
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* With a cookie strangers cost nothing. */
static void
test_cookie(void)
{
	unsigned i, entries;

	begin("");
	for (i = 0; i < CROWD / 2; i += IN_A_MS)
		crowd(i);
	is_int(allocations, 0, "25,000 spoofed ClientHellos cost no "
	    "allocation");
	is_int(the_end()->sources.sources.count +
	    the_end()->sources.cids.count, 0, "and no place in a table");
	app_send(&app, 100);
	for (; i < CROWD; i += IN_A_MS)
		crowd(i);
	ok(app.received == 1 && app.rtt_us < 100 * SIM_MS, "an honest client "
	    "gets in while as many come (%u ms)",
	    (unsigned)(app.rtt_us / SIM_MS));
	is_int(allocations, 2, "whose association is all that is allocated");
	ok(peak <= 1, "and was the only one under way");
	is_int(tape.nobody, CROWD, "each stranger is answered once");
	ok(tape.nobody_bytes < hello_bytes / 2, "in fewer than half of its "
	    "bytes (%llu of %llu)", (unsigned long long)tape.nobody_bytes,
	    (unsigned long long)hello_bytes);
	entries = (unsigned)w.right.tunnel->admit.limit.entries.count;
	is_int(entries, 1, "the rate limit has heard of the honest one only");
	ok(logged(LEVEL_WARN) == 0, "and nobody is told of it");
	sim_run_s(60);
	is_int(tape.nobody, CROWD, "nothing is sent to strangers later on");
	finish("cookie");
}

/* Without a cookie they cost a bounded number of associations. */
static void
test_skip(void)
{
	unsigned i;

	begin(",skip-verify,half-open=200");
	for (i = 0; i < CROWD / 2; i += IN_A_MS)
		crowd(i);
	is_int(peak, 100, "without cookies half of the handshakes allowed are "
	    "under way with strangers");
	app_send(&app, 100);
	for (; i < CROWD; i += IN_A_MS)
		crowd(i);
	ok(app.received == 1 && app.rtt_us < 100 * SIM_MS, "skip: an honest "
	    "client gets in (%u ms)", (unsigned)(app.rtt_us / SIM_MS));
	is_int(peak, 101, "skip: there are never more");
	is_int(allocations, 2 * 101, "skip: and nothing else is allocated");
	printf("# %u bytes for each half-open one\n", (unsigned)
	    (sizeof(struct assoc) + sizeof(struct dtls_handshake)));
	sim_run_s(20);
	is_int(the_end()->admit.half_open.n, 0, "skip: after the time-out none is "
	    "left");
	is_int(the_end()->sources.sources.count, 1, "skip: but the honest one");
	is_int(tape.nobody, CROWD, "skip: each stranger had one datagram for "
	    "his, and no other by time");
	ok(tape.nobody_bytes < hello_bytes / 2 + 100 * 300, "skip: all but "
	    "those a short one (%llu of %llu bytes)",
	    (unsigned long long)tape.nobody_bytes,
	    (unsigned long long)hello_bytes);
	finish("skip");
}

/* A crowd that does receive what is sent to it, and never goes on: the oldest
 * make way. */
static void
test_returned(const char *keys, unsigned each_ms, unsigned least)
{
	unsigned i, from = 0, got = 0, n;
	uint64_t end_us;

	begin(keys);
	return_cookies = true;
	for (i = 0; i < 10; i++) {
		crowd(from);
		from += IN_A_MS;
		sim_run_ms(sim_random(2 * each_ms));
	}
	/* Honest clients one after the other. */
	for (n = 0; n < 10; n++) {
		app_close(&app);
		app_open(&app, &w, n + 1);
		app_send(&app, 100);
		end_us = sim_now_us() + 9900 * SIM_MS;
		while (sim_now_us() < end_us && app.received == 0) {
			crowd(from);
			from += IN_A_MS;
			sim_run_ms(sim_random(2 * each_ms));
		}
		got += app.received;
	}
	is_int(peak, 64, "%u strangers a second who return their cookies: as "
	    "many as are allowed are under way", 1000 * IN_A_MS / each_ms);
	ok(got >= least, "and %u of ten honest clients get in", got);
	ok(the_end()->admit.half_open.n >= 63, "strangers stay until their time is "
	    "over");
	sim_run_s(20);
	is_int(the_end()->admit.half_open.n, 0, "and not longer");
	ok(logged(LEVEL_WARN) <= 120, "without a flood of lines (%u)",
	    logged(LEVEL_WARN));
	finish("returned");
}

/* Somebody greets in the name of an honest client: that must not use up what
 * the client may do. dtlspipe counts before it looks (wire page 9.3). */
static void
test_blamed(const char *server_keys, unsigned most)
{
	uint8_t random[DTLS_RANDOM];
	struct addr a;
	unsigned i;

	begin(server_keys);
	for (i = 0; i < 5000; i++) {
		stranger(i, &a, random);
		memcpy(a.ip, w.client->addr[0].ip, sizeof(a.ip));
		make_hello(random, NULL, 0);
		sim_udp_forge(&a, &server, hello, hello_len);
		if (i % 50 == 0)
			sim_run_ms(1);
	}
	ok(allocations <= 2 * most, "5,000 hellos in the name of a client cost "
	    "%lu associations at most", allocations / 2);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 100), "and use up nothing that it needs");
	finish("blamed");
}

/* The cookie that is sent to a source. */
static unsigned
keep_cookie(void *arg, struct sim_passing *p)
{
	uint8_t *cookie = arg;

	if (p->to != NULL)
		return 1;
	if (p->data[DTLS_HEADER] == DTLS_HELLO_VERIFY_REQUEST)
		memcpy(cookie, p->data + DTLS_HEADER + DTLS_MESSAGE + 2,
		    1 + p->data[DTLS_HEADER + DTLS_MESSAGE + 2]);
	return 0;
}

/* One who has cookies for two hellos greets with the one and the other, and
 * each time the server has a key to make: others are served all the same. */
static void
test_budget(void)
{
	uint8_t cookie[256], random[DTLS_RANDOM], packet[2][sizeof(hello)];
	uint64_t from_us, worst_us = 0;
	size_t len[2] = { 0 };
	struct addr a;
	unsigned i, k;

	begin("");
	proc_stop(&w.right);
	proc_option(&w.right, "rate-limit", "0");
	proc_start(&w.right);
	sim_rules.fate = keep_cookie;
	sim_rules.fate_arg = cookie;
	for (k = 0; k < 2; k++) {
		stranger(k, &a, random);
		stranger(0, &a, cookie);
		make_hello(random, NULL, 0);
		sim_udp_forge(&a, &server, hello, hello_len);
		sim_run_ms(10);
		make_hello(random, cookie + 1, cookie[0]);
		memcpy(packet[k], hello, hello_len);
		len[k] = hello_len;
	}
	app_send(&app, 100);
	ok(app_wait(&app, 1, 100), "a client is there");
	work_us = 2 * SIM_MS;
	from_us = sim_now_us();
	allocations = 0;
	for (i = 0; i < 100; i++) {
		for (k = 0; k < 60; k++)
			sim_udp_forge(&a, &server, packet[k % 2], len[k % 2]);
		app_send(&app, 100);
		sim_run_ms(20);
		if (app.rtt_us > worst_us)
			worst_us = app.rtt_us;
	}
	sim_run_ms(1000);
	work_us = 0;
	ok(allocations > 100, "%lu handshakes of 2 ms each were begun",
	    allocations / 2);
	ok(allocations / 2 * 2 * SIM_MS < (sim_now_us() - from_us) / 2 +
	    ADMIT_BURST_US + 2 * SIM_MS, "in half of the time");
	is_int(app.received, app.sent, "the client's datagrams are answered");
	ok(worst_us < 100 * SIM_MS, "and in time (%u ms)",
	    (unsigned)(worst_us / SIM_MS));
	is_int(logged_text("take half of the time") > 0 &&
	    logged(LEVEL_WARN) < 20, 1, "that is told, in few lines");
	finish("budget");
}

/* On a machine where others have the processor most of the time handshakes are
 * slow, but cost no more. */
static void
test_busy(void)
{
	static struct app many[32];
	unsigned i, up = 0;

	begin("");
	proc_stop(&w.right);
	proc_option(&w.right, "rate-limit", "0");
	proc_start(&w.right);
	work_us = SIM_MS / 10;
	wait_us = 20 * SIM_MS;
	for (i = 0; i < 32; i++) {
		app_open(&many[i], &w, i + 1);
		app_send(&many[i], 100);
	}
	sim_run_ms(900);
	work_us = wait_us = 0;
	for (i = 0; i < 32; i++) {
		up += many[i].received;
		app_close(&many[i]);
	}
	is_int(up, 32, "32 clients get in within 0.9 s on a busy machine");
	is_int(logged_text("take half of the time"), 0, "and use up no "
	    "budget");
	finish("busy");
}

/* Many clients at once, as after a restart of the server: those under way are
 * not driven out by the next, who come again a second later. */
static void
test_at_once(const char *server_keys)
{
	static struct app many[96];
	unsigned i, up = 0;

	begin(server_keys);
	proc_stop(&w.right);
	proc_option(&w.right, "rate-limit", "0");
	proc_start(&w.right);
	for (i = 0; i < 96; i++) {
		app_open(&many[i], &w, i + 1);
		app_send(&many[i], 100);
		sim_run_us(10);
	}
	sim_run_ms(8000);
	for (i = 0; i < 96; i++) {
		up += many[i].received;
		app_close(&many[i]);
	}
	is_int(up, 96, "96 clients who come at once get in within 8 s, where "
	    "32 handshakes may be under way");
	is_int(w.left.tunnel->last_number, 96, "each with its first flow");
	finish("at once");
}

int
main(void)
{
	test_cookie();
	test_skip();
	test_returned(",half-open=64", 500, 10);
	test_returned(",half-open=64,skip-verify", 500, 10);
	test_returned(",half-open=64", 250, 5);
	test_blamed("", 0);
	test_blamed(",skip-verify", 10);
	test_budget();
	test_busy();
	test_at_once(",half-open=32");
	test_at_once(",half-open=32,skip-verify");
	return done_testing();
}
