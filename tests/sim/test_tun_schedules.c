/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Devices over networks that break at random: cuts, loss, NATs that forget,
 * connections that are reset, servers that are stopped and started.  Once the
 * network is well packets pass both ways within 10 s, in one flow, and none
 * ever arrives twice.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#define PSK "psk=" WORLD_PSK

static const struct carrier {
	const char *kind, *listen, *dial;
} carriers[] = {
	{ "udp", "udp-listen:0.0.0.0:9000", "udp:10.0.0.1:9000" },
	{ "tcp", "tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=2" },
	{ "uott", "uott-listen:0.0.0.0:8443", "uott:10.0.0.1:8443" },
	{ "dtls", "dtls-listen:0.0.0.0:2815," PSK, "dtls:10.0.0.1:2815," PSK },
	{ "dtls", "dtls-listen:0.0.0.0:2815,no-cid," PSK,
	    "dtls:10.0.0.1:2815,no-cid," PSK },
};

enum {
	CARRIERS = sizeof(carriers) / sizeof(carriers[0]),
	RUNS = 30,		/* of each */
	EVENTS = 6,		/* of a run, at most */
	NUMBERS = 20000,	/* packets of a run, at most */
	WELL_MS = 10000,	/* from when the network is well */
};

/* What one side has sent and received. */
struct count {
	uint32_t sent, received;
	uint8_t came[NUMBERS];	/* how often, by number */
	unsigned twice;
};

static struct count up, down;

static void
count_packet(void *arg, const uint8_t *p, size_t n)
{
	struct count *c = arg;
	uint32_t number;

	if (n != 84 || p[9] != IP_ICMP || p[20] != 8)
		return;
	number = get_be32(p + 28);
	c->received++;
	if (number < NUMBERS)
		c->twice += ++c->came[number] > 1;
}

/* Sends an echo request with a number. */
static void
send_number(struct sim_tun *dev, const char *src, const char *dst,
    struct count *c)
{
	size_t n = make(src, dst, 84);

	packet[9] = IP_ICMP;
	packet[20] = 8;
	put_be32(packet + 28, c->sent++ % NUMBERS);
	sim_tun_send(dev, packet, n);
}

/* Both sides speak for a while; at times only one does. */
static void
both_speak(uint64_t ms, unsigned who)
{
	uint64_t until_us = sim_now_us() + ms * SIM_MS;

	while (sim_now_us() < until_us) {
		if (who & 1)
			send_number(a.dev, "10.8.0.2", "10.8.0.1", &up);
		if (who & 2)
			send_number(server_dev, "10.8.0.1", "10.8.0.2", &down);
		sim_run_ms(100);
	}
}

/* Something happens. */
static void
break_something(void)
{
	struct sim_link *there = sim_link(w.client, w.server);
	struct sim_link *back = sim_link(w.server, w.client);

	switch (sim_random(6)) {
	case 0:
		sim_cut(w.client, w.server, true);
		break;
	case 1:
		there->cut = true;
		break;
	case 2:
		back->cut = true;
		break;
	case 3:
		(void)sim_udp_rebind_all(w.client);
		break;
	case 4:
		(void)sim_tcp_reset(w.client, w.server);
		break;
	case 5:
		there->loss = back->loss = (unsigned)sim_random(6000);
		break;
	}
}

static void
mend(void)
{
	struct sim_link *there = sim_link(w.client, w.server);
	struct sim_link *back = sim_link(w.server, w.client);

	sim_cut(w.client, w.server, false);
	there->loss = back->loss = 0;
}

/* Do packets pass both ways, at last? */
static uint64_t
well_again_ms(void)
{
	uint32_t up_before = up.received, down_before = down.received;
	uint64_t since_us = sim_now_us();

	while ((up.received == up_before || down.received == down_before) &&
	    sim_now_us() - since_us < 60 * SIM_S)
		both_speak(100, 3);
	return (sim_now_us() - since_us) / SIM_MS;
}

/* One run; how long it took in the end. */
static uint64_t
run(const struct carrier *c, uint64_t seed)
{
	unsigned i, n;

	world_begin(&w, seed);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(&up, 0, sizeof(up));
	memset(&down, 0, sizeof(down));
	server_dev = sim_tun(w.server, "tuns");
	server_dev->fn = count_packet;
	server_dev->arg = &up;
	proc_set(&w.right, w.server, c->listen, "tun:tuns,addr=10.8.0.1/24");
	proc_option(&w.right, "idle", "0");
	if (proc_start(&w.right) != 0)
		abort();
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", c->dial);
	a.dev->fn = count_packet;
	a.dev->arg = &down;
	client_start(&a);
	both_speak(1000, 3);
	n = 1 + (unsigned)sim_random(EVENTS);
	for (i = 0; i < n; i++) {
		if (sim_random(8) == 0) {
			proc_stop(&w.right);
			sim_run_ms(sim_random(5000));
			if (proc_start(&w.right) != 0)
				abort();
		} else {
			break_something();
		}
		both_speak(sim_random(20000), (unsigned)sim_random(4));
		if (sim_random(2) == 0)
			mend();
	}
	mend();
	return well_again_ms();
}

static void
test_carrier(const struct carrier *c)
{
	uint64_t ms, worst = 0, worst_seed = 0;
	unsigned i, twice = 0, left = 0, flows = 0;

	for (i = 0; i < RUNS; i++) {
		ms = run(c, 1000 + i);
		if (ms > worst) {
			worst = ms;
			worst_seed = 1000 + i;
		}
		twice += up.twice + down.twice;
		both_speak(30000, 3);
		flows += proc_flows(&a.proc) != 1;
		client_end(&a);
		left += world_end(&w);
	}
	ok(worst <= WELL_MS, "%s: once the network is well packets pass within "
	    "10 s: %u ms (seed %u)", c->dial, (unsigned)worst,
	    (unsigned)worst_seed);
	is_int(twice, 0, "none arrives twice");
	is_int(flows, 0, "in one flow in the end");
	is_int(left, 0, "and nothing stays open");
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < CARRIERS; i++)
		if (end_find(carriers[i].kind) != NULL)
			test_carrier(&carriers[i]);
	return done_testing();
}
