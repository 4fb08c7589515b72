/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many DTLS flows whose path dies at the same time: the handshakes, sockets and
 * time that this costs.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "wire/dtls.h"

#include "../unit/tap.h"

enum { FLOWS = 300, TRIES = 32 };

/* An application. */
struct sender {
	fd_t fd;
	unsigned got;		/* answers in this round */
};

static struct world w;
static struct sender sender[FLOWS];
static struct addr to;
static unsigned hellos;		/* from the client since the last look */
static bool lost;		/* nothing gets from the client to the server */

/* An answer comes. */
static void
note_answer(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from)
{
	struct sender *s = arg;

	(void)fd;
	(void)data;
	(void)len;
	(void)from;
	s->got++;
}

/* Counts handshakes of the client, and loses all while the path is dead. */
static unsigned
count_hellos(void *arg, struct sim_passing *p)
{
	(void)arg;
	if (p->from != w.client || p->to != w.server)
		return 1;
	if (p->len > 14 && p->data[0] == DTLS_HANDSHAKE && p->data[13] == 1)
		hellos++;
	return lost ? 0 : 1;
}

/* All applications send twice, over 30 ms. */
static void
all_send(void)
{
	static const uint8_t data[40];
	unsigned i;

	for (i = 0; i < FLOWS; i++) {
		sim_udp_send(sender[i].fd, &to, data, sizeof(data));
		sim_udp_send(sender[i].fd, &to, data, sizeof(data));
		if (i % 10 == 9)
			sim_run_ms(1);
	}
}

/* How many have had an answer since all_forget(). */
static unsigned
answered(void)
{
	unsigned i, n = 0;

	for (i = 0; i < FLOWS; i++)
		n += sender[i].got > 0;
	return n;
}

static void
all_forget(void)
{
	unsigned i;

	for (i = 0; i < FLOWS; i++)
		sender[i].got = 0;
}

/* All flows are up and have answers. */
static void
begin(const char *keys)
{
	unsigned i;

	world_begin(&w, 1);
	sim_host_address(w.client, "10.0.4.2");
	sim_rules.nobody = true;
	sim_rules.fate = count_hellos;
	lost = false;
	hellos = 0;
	world_dtls_set(&w, keys, ",half-open=10000");
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	to = w.client->addr[0];
	to.port = 8911;
	for (i = 0; i < FLOWS; i++) {
		sender[i].fd = sim_udp_open(w.app, 0, note_answer, &sender[i]);
		sender[i].got = 0;
	}
	for (i = 0; i < 10; i++) {
		all_send();
		sim_run_ms(470);
	}
	is_int(answered(), FLOWS, "%s: all flows are up", keys);
}

static void
finish(const char *keys)
{
	unsigned i;

	for (i = 0; i < FLOWS; i++)
		sock_close(sender[i].fd);
	is_int(world_end(&w), 0, "%s: nothing stays open", keys);
}

/* Sends each second for so long; the most hellos of a second, and the most
 * sockets beside those of the flows. */
static void
watch(unsigned s, unsigned *worst, unsigned *sockets)
{
	unsigned i, k, most;

	*worst = *sockets = 0;
	for (i = 0; i < s; i++) {
		hellos = 0;
		all_send();
		for (k = 0; k < 20; k++) {
			sim_run_ms(50);
			most = w.client->n_fds - FLOWS;
			if (most > *sockets)
				*sockets = most;
		}
		if (hellos > *worst)
			*worst = hellos;
	}
}

/* Milliseconds until all have answers again. */
static unsigned
until_all_ms(unsigned most_ms)
{
	uint64_t from_us = sim_now_us();

	all_forget();
	while (answered() < FLOWS &&
	    sim_now_us() < from_us + most_ms * SIM_MS) {
		all_send();
		sim_run_ms(500);
	}
	return (unsigned)((sim_now_us() - from_us) / SIM_MS);
}

/* Nothing gets through for a minute, and then everything does. */
static void
test_outage(const char *keys)
{
	unsigned worst, sockets, ms;

	begin(keys);
	lost = true;
	watch(60, &worst, &sockets);
	ok(worst <= 3 * TRIES, "%s: an outage of %u flows costs %u hellos a "
	    "second at most", keys, FLOWS, worst);
	ok(sockets <= 2 * TRIES + 20, "%s: and %u sockets", keys, sockets);
	lost = false;
	ms = until_all_ms(60000);
	ok(ms <= 2000, "%s: all are there %u ms after it", keys, ms);
	is_int(w.left.tunnel->last_number, FLOWS, "%s: as the same flows",
	    keys);
	finish(keys);
}

/* The client's address changes. */
static void
test_move(const char *keys, unsigned most_ms)
{
	unsigned ms, before;

	begin(keys);
	before = w.right.tunnel->last_number;
	sim_host_move(w.client, 1, "10.0.5.2");
	ms = until_all_ms(60000);
	ok(ms <= most_ms, "%s: a change of address of %u flows is over after "
	    "%u ms", keys, FLOWS, ms);
	ok(w.right.tunnel->last_number - before <= FLOWS, "%s: by one "
	    "association of each at most", keys);
	is_int(w.left.tunnel->last_number, FLOWS, "%s: as the same flows",
	    keys);
	finish(keys);
}

int
main(void)
{
	test_outage("");
	test_outage(",no-cid");
	test_move("", 2000);
	test_move(",no-cid", 3000);
	return done_testing();
}
