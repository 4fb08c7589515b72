/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What waits between a TUN device and a carrier of TCP: voice beside bulk,
 * marks, bounds, and the order of conversations on several connections.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#include "tunnel/framed.h"
#include "tunnel/pool.h"
#include "../unit/super_packets.h"

#define CLIENT "10.8.0.2"
#define SERVER "10.8.0.1"

enum {
	RATE = 2500000,		/* of the link, in bytes a second */
	VOICE = 7,		/* number of a conversation */
	CONVERSATIONS = 8,
};

/* What arrived, by the last byte of the source. */
static struct arrived {
	unsigned n, out_of_order, marked, bad_sums;
	uint32_t last;		/* number of the newest */
	uint64_t worst_us;	/* delay */
} arrived[CONVERSATIONS];

/* The last byte of the source is the conversation; bytes 28..31 are the number
 * of a packet, 32..39 when it was sent. */
static void
arrive(void *arg, const uint8_t *p, size_t n)
{
	struct arrived *c = &arrived[p[15] % CONVERSATIONS];
	uint64_t delay_us;

	(void)arg;
	if (n < 100 || p[12] != 10 || p[13] != 8 || p[15] < 16)
		return;
	delay_us = sim_now_us() - get_be64(p + 32);
	c->n++;
	c->out_of_order += get_be32(p + 28) <= c->last;
	c->last = get_be32(p + 28);
	c->marked += (p[1] & 3) == 3;
	c->bad_sums += ip_checksum(p, 20) != 0;
	if (delay_us > c->worst_us)
		c->worst_us = delay_us;
}

/* Sends the next packet of a conversation. */
static void
speak(unsigned conversation, uint32_t number, size_t n, uint8_t tos)
{
	char src[20];

	snprintf(src, sizeof(src), "10.8.0.%u", 16 + conversation);
	(void)make(src, SERVER, n);
	packet[1] = tos;
	put_be32(packet + 20, 0x1234abcd);	/* ports */
	put_be32(packet + 28, number);
	put_be64(packet + 32, sim_now_us());
	put_be16(packet + 10, ip_checksum(packet, 20));
	sim_tun_send(a.dev, packet, n);
}

/* A link of 20 Mbit/s and 20 ms. */
static void
begin_link(const char *listen, const char *dial)
{
	begin(listen, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", dial);
	client_start(&a);
	server_dev->fn = arrive;
	memset(arrived, 0, sizeof(arrived));
	say(a.dev, CLIENT, SERVER);
	sim_link_both(w.client, w.server, 10 * SIM_MS, RATE);
	sim_tcp_window(w.client, w.server, 64 * 1024);
}

/* Sends for so long packets of n bytes in that many conversations, each of as
 * much as the link takes if n is 1400, and a voice call. */
static void
overload(unsigned flows, size_t n, uint64_t for_us, uint8_t tos)
{
	uint64_t end_us = sim_now_us() + for_us, voice_us = sim_now_us();
	uint32_t number = 0, voice = 0;
	unsigned i;

	while (sim_now_us() < end_us) {
		number++;
		for (i = 0; i < flows; i++)
			speak(i, number, n, tos);
		if (sim_now_us() >= voice_us) {
			speak(VOICE, ++voice, 200, 0);
			voice_us += 20 * SIM_MS;
		}
		sim_run_us(1400 * SIM_S / RATE);
	}
}

static void
test_voice(const char *listen, const char *dial, const char *what)
{
	const struct arrived *voice = &arrived[VOICE];

	begin_link(listen, dial);
	overload(2, 1400, 3 * SIM_S, 0);
	ok(voice->worst_us < 60 * SIM_MS, "%s: a voice call beside twice of "
	    "what the link takes is delayed by %u ms at most", what,
	    (unsigned)(voice->worst_us / SIM_MS));
	is_int(a.dev->lost, 0, "  the device's queue drops nothing");
	ok(a.proc.tunnel->lost[LOST_EARLY] > 10, "  our queue does, early: "
	    "%u", (unsigned)a.proc.tunnel->lost[LOST_EARLY]);
	is_int(a.proc.tunnel->marked, 0, "  and marks nothing");
	sim_run_s(2);
	is_int(voice->n, 150, "  no packet of the call is lost");
	is_int(voice->out_of_order + arrived[0].out_of_order +
	    arrived[1].out_of_order, 0, "  and all conversations keep their "
	    "order");
	end(what);
}

/* A slow link, where what lies in a socket is a delay that nothing passes. */
static void
test_slow(const char *listen, const char *dial, const char *what)
{
	begin_link(listen, dial);
	sim_link_both(w.client, w.server, 10 * SIM_MS, RATE / 4);
	sim_tcp_window(w.client, w.server, 16 * 1024);
	sim_rules.segment = 2 * 1448;
	overload(1, 1400, SIM_S, 0);
	arrived[VOICE].worst_us = 0;
	overload(1, 1400, 3 * SIM_S, 0);
	ok(arrived[VOICE].worst_us < 60 * SIM_MS, "%s: beside a stream on a "
	    "link of 5 Mbit/s a voice call is delayed by %u ms at most", what,
	    (unsigned)(arrived[VOICE].worst_us / SIM_MS));
	sim_run_s(2);
	is_int(arrived[VOICE].n, 200, "  and loses nothing");
	end(what);
}

static void
test_marks(void)
{
	begin_link("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443");
	overload(1, 1200, SIM_S, 2);
	is_int(arrived[0].marked, 0, "what the link takes is not marked");
	overload(2, 1400, SIM_S, 2);
	sim_run_s(2);
	ok(arrived[0].marked > 5, "more is: %u packets", arrived[0].marked);
	ok(a.proc.tunnel->marked >= arrived[0].marked + arrived[1].marked,
	    "they are counted, and those of them that are lost later: %u",
	    (unsigned)a.proc.tunnel->marked);
	is_int(a.proc.tunnel->lost[LOST_EARLY], 0, "and not dropped");
	is_int(arrived[0].bad_sums + arrived[1].bad_sums, 0, "their checksums "
	    "are right");
	end("marks");
}

/* What a sender of gigabits has under way, all at once. */
static void
test_window(void)
{
	uint32_t n;

	begin_link("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443");
	sim_link_both(w.client, w.server, SIM_MS, 0);
	sim_tcp_window(w.client, w.server, 256 * 1024);
	for (n = 1; n <= 2000; n++) {
		speak(0, n, 1400, 0);
		if (n % 100 == 0)
			sim_run_us(50);
	}
	sim_run_s(1);
	is_int(arrived[0].n, 2000, "a window of 2.8 MB is queued whole");
	end("window");
}

/* Packets of super-packets are queued one by one. */
static void
test_super(void)
{
	struct wanted want = { .version = 4, .payload = 60000,
	    .sequence = 1000 };
	static uint8_t super[SUPER_ROOM];
	struct vnet v;
	unsigned i;
	size_t n;

	begin_link("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1");
	for (i = 0; i < 20 && a.dev->vnet; i++) {
		n = make_packet(super, &want);
		put_ip(super + 12, CLIENT);
		put_ip(super + 16, SERVER);
		put_be16(super + 6, 0x4000);
		sum_ip4(super);
		make_super(super, n, 1300, &v);
		sim_tun_send_super(a.dev, &v, super, n);
		sim_run_us(100);
	}
	sim_run_ms(5);
	speak(VOICE, 1, 200, 0);
	sim_run_s(1);
	ok(arrived[VOICE].n == 1 && arrived[VOICE].worst_us < 80 * SIM_MS,
	    "a packet behind a megabyte in super-packets waits for %u ms",
	    (unsigned)(arrived[VOICE].worst_us / SIM_MS));
	sim_run_s(2);
	end("super-packets");
}

/* A stall, and a flood all the while. */
static void
test_stall(void)
{
	const struct queue_pool *queues;
	unsigned sent;

	begin_link("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443");
	queues = &((const struct framed_end *)a.proc.tunnel->end[RIGHT])->queues;
	sim_tcp_window(w.client, w.server, 0);
	overload(6, 1400, 1500 * SIM_MS, 0);
	ok(queues->bytes > FAIR_MAX / 2 && queues->bytes < FAIR_MAX / 8 * 9,
	    "a carrier that stalls has 4 MiB wait for it: %lu",
	    (unsigned long)queues->bytes);
	is_int(a.dev->lost, 0, "the device is read on");
	ok(a.proc.tunnel->lost[LOST_QUEUE_FULL] > 1000, "what is beyond that is "
	    "counted: %u",
	    (unsigned)a.proc.tunnel->lost[LOST_QUEUE_FULL]);
	sim_tcp_window(w.client, w.server, 64 * 1024);
	sim_run_s(3);
	is_int(queues->bytes, 0, "it drains afterwards");
	sent = (unsigned)a.proc.tunnel->passed[LEFT];
	ok(arrived[VOICE].n > 0 && sent > 5000, "and the call goes on");
	sim_run_s(3600);
	memset(arrived, 0, sizeof(arrived));
	speak(VOICE, 1000, 200, 0);
	sim_run_ms(200);
	ok(arrived[VOICE].n == 1 && arrived[VOICE].worst_us < 12 * SIM_MS,
	    "after an idle hour there is no delay: %u ms",
	    (unsigned)(arrived[VOICE].worst_us / SIM_MS));
	end("stall");
}

/* The connection of a conversation is reset, or loses all that is on it, while
 * packets wait for it and no more come. */
static void
test_left(bool reset)
{
	const struct pool_leg *l;
	const struct list *at;
	uint32_t n;
	unsigned k = 0;

	begin_link("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=2");
	sim_link_both(w.client, w.server, 10 * SIM_MS, 0);
	sim_tcp_window(w.client, w.server, 16 * 1024);
	sim_run_s(5);
	for (n = 1; n < 600; n++) {
		speak(0, n, 1000, 2);
		sim_run_us(1000);
	}
	l = (const struct pool_leg *)flow_leg(proc_flow(&a.proc), RIGHT);
	ok(framed_leg_count(&l->framed) > 10, "packets wait");
	for (at = l->conns.next; at != &l->conns && LIST_ITEM(at,
	    struct pool_conn, link) != l->current; at = at->next)
		k++;
	if (reset) {
		/* Nor can a new one be made. */
		w.client->max_fds = w.client->n_fds - 1;
		sim_tcp_reset_one(w.client, k);
	} else
		sim_tcp_lose_one(w.client, k, true);
	sim_run_ms(reset ? 60 : 260);
	is_int(framed_leg_count(&l->framed), 0, "and leave by the other "
	    "connection after theirs %s", reset ? "was reset" : "fell silent");
	w.client->max_fds = 1000;
	end("left");
}

/* Steady conversations that are too much for one of the connections. */
static void
test_steady(void)
{
	unsigned i, late = 0, n = 0;
	uint32_t number;

	begin_link("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=4");
	sim_link_both(w.client, w.server, 10 * SIM_MS, 0);
	sim_tcp_window(w.client, w.server, 16 * 1024);
	sim_run_s(5);
	for (number = 1; number < 20000; number++) {
		for (i = 0; i < 3; i++)
			speak(i, number, 500, 0);
		sim_run_us(1000);
	}
	sim_run_s(3);
	for (i = 0; i < 3; i++) {
		late += arrived[i].out_of_order;
		n += arrived[i].n;
	}
	ok(n > 50000 && late < 100, "steady conversations stay on their "
	    "connections: %u of %u packets are late", late, n);
	end("steady");
}

int
main(void)
{
	test_voice("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1",
	    "one connection");
	test_voice("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=4",
	    "four connections");
	test_voice("uott-listen:0.0.0.0:8443", "uott:10.0.0.1:8443", "uott");
	test_slow("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1",
	    "one slow connection");
	test_slow("uott-listen:0.0.0.0:8443", "uott:10.0.0.1:8443",
	    "uott on a slow link");
	test_marks();
	test_window();
	test_super();
	test_stall();
	test_left(true);
	test_left(false);
	test_steady();
	return done_testing();
}
