/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices over TCP carriers whose path begins to swallow long packets: how
 * long nothing gets through, and how many connections and flows that takes.
 *
 * A build without TUN leaves this out.  A build without TLS leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#define CLIENT "10.8.0.2"
#define SERVER "10.8.0.1"

enum { KINDS = 5 };

static const struct {
	const char *listen, *dial;
	bool tls;
} kinds[KINDS] = {
	{ "tls-listen:0.0.0.0:443", "tls:10.0.0.1:443", true },
	{ "tls-listen:0.0.0.0:443", "tls:10.0.0.1:443,pool=1", true },
	{ "tcp-listen:0.0.0.0:443", "tcp:10.0.0.1:443", false },
	{ "uott-listen:0.0.0.0:443", "uott:10.0.0.1:443", false },
	{ "uott-listen:0.0.0.0:443,tls", "uott:10.0.0.1:443,tls", true },
};

/* The server's host answers echo requests. */
static void
reply(void *arg, const uint8_t *p, size_t n)
{
	static uint8_t copy[PACKET];

	note(arg, p, n);
	if (p[9] != IP_ICMP || p[20] != 8)
		return;
	memcpy(copy, p, n);
	memcpy(copy + 12, p + 16, 4);
	memcpy(copy + 16, p + 12, 4);
	copy[20] = 0;
	sim_tun_send(server_dev, copy, n);
}

/* An echo request of n bytes each 50 ms, until one is answered that was sent
 * now or later; milliseconds, at most that. */
static unsigned
answer_ms(size_t n, unsigned most_ms)
{
	unsigned ms;
	size_t len;

	/* What is on its way arrives. */
	sim_run_ms(100);
	a.got.n = 0;
	for (ms = 0; ms < most_ms && a.got.n == 0; ms += 50) {
		len = make(CLIENT, SERVER, n);
		packet[9] = IP_ICMP;
		packet[20] = 8;
		sim_tun_send(a.dev, packet, len);
		sim_run_ms(50);
	}
	return ms;
}

/* The same for so long. */
static void
talk(size_t n, unsigned ms)
{
	uint64_t end_us = sim_now_us() + ms * SIM_MS;

	while (sim_now_us() < end_us)
		(void)answer_ms(n, 100);
}

static void
begin_kind(unsigned kind)
{
	const char *data = getenv("ADIT_TEST_DATA");
	char listen[900], dial[900];

	if (data == NULL)
		data = "tests/data";
	strlcpy(listen, kinds[kind].listen, sizeof(listen));
	strlcpy(dial, kinds[kind].dial, sizeof(dial));
	if (kinds[kind].tls) {
		snprintf(listen, sizeof(listen), "%s,cert=%s/tls/p256.pem,"
		    "key=%s/tls/p256.key", kinds[kind].listen, data, data);
		snprintf(dial, sizeof(dial), "%s,cafile=%s/tls/ca.pem",
		    kinds[kind].dial, data);
	}
	begin(listen, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", dial);
	client_start(&a);
	server_dev->fn = reply;
}

static void
swallow(size_t bytes)
{
	sim_link(w.client, w.server)->swallows = bytes;
	sim_link(w.server, w.client)->swallows = bytes;
}

/* The hole is there from some time on. */
static void
test_later(unsigned kind, size_t n, size_t hole, unsigned most_ms)
{
	unsigned long asked;
	unsigned ms, flows;

	begin_kind(kind);
	talk(n, 8000);
	asked = sim_tcp_asked(w.server);
	flows = (unsigned)a.proc.tunnel->last_number;
	swallow(hole);
	ms = answer_ms(n, 60000);
	asked = sim_tcp_asked(w.server) - asked;
	flows = (unsigned)a.proc.tunnel->last_number - flows;
	ok(ms <= most_ms, "%s, a hole of %zu bytes: packets of %zu bytes get "
	    "through after %u ms, by %lu connections and %u flows",
	    kinds[kind].dial, hole, n, ms, asked, flows);
	talk(n, 20000);
	ok(answer_ms(n, 60000) <= 50, "%s: and then at once",
	    kinds[kind].dial);
	end(kinds[kind].dial);
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < KINDS; i++) {
		test_later(i, 1200, 1000, 7000);
		test_later(i, 1300, 1300, 7000);
		test_later(i, 800, 700, 7000);
	}
	return done_testing();
}
