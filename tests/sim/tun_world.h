/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For simulations of TUN devices: packets, a server with a device and up to two
 * clients.
 */

#ifndef TUN_WORLD_H
#define TUN_WORLD_H

#include "world.h"

#include "../unit/tap.h"

#include "base/bytes.h"
#include "wire/ip.h"

enum { PACKET = 65536 };

/* What a device got. */
struct got {
	unsigned n;		/* packets */
	size_t len;		/* of the newest */
	uint8_t packet[PACKET];	/* the newest */
	size_t payload;		/* bytes behind the IPv4 header, of all */
};

/* A client with a device. */
struct client {
	struct proc proc;
	struct sim_tun *dev;
	struct got got;
};

static struct world w;
static struct client a, b;
static struct sim_tun *server_dev;
static struct got server_got;
static uint8_t packet[PACKET];

/*
 * Packets
 */

/* Writes an address. */
static inline void
put_ip(uint8_t *to, const char *text)
{
	struct addr addr;

	if (addr_parse_ip(&addr, text) != 0)
		abort();
	memcpy(to, addr.ip, addr.family == 4 ? 4 : 16);
}

/* Makes an IPv4 or IPv6 packet of n bytes with a UDP header; returns n. */
static inline size_t
make(const char *src, const char *dst, size_t n)
{
	memset(packet, 0, n);
	if (strchr(src, ':') == NULL) {
		packet[0] = 0x45;
		put_be16(packet + 2, (uint16_t)n);
		packet[6] = 0x40;	/* do not fragment */
		packet[8] = 64;
		packet[9] = IP_UDP;
		put_ip(packet + 12, src);
		put_ip(packet + 16, dst);
	} else {
		packet[0] = 0x60;
		put_be16(packet + 4, (uint16_t)(n - 40));
		packet[6] = IP_UDP;
		packet[7] = 64;
		put_ip(packet + 8, src);
		put_ip(packet + 24, dst);
	}
	return n;
}

/* Sends a small packet into a device and lets it arrive. */
static inline void
say(struct sim_tun *dev, const char *src, const char *dst)
{
	sim_tun_send(dev, packet, make(src, dst, 100));
	sim_run_ms(100);
}

/*
 * The world
 */

static inline void
note(void *arg, const uint8_t *p, size_t n)
{
	struct got *got = arg;

	got->n++;
	got->len = n;
	got->payload += n - 20;
	memcpy(got->packet, p, n);
}

/* The device of a host, whose packets are noted. */
static inline struct sim_tun *
device(struct sim_host *h, const char *name, struct got *got)
{
	struct sim_tun *dev = sim_tun(h, name);

	memset(got, 0, sizeof(*got));
	dev->fn = note;
	dev->arg = got;
	return dev;
}

/* An empty world. */
static inline void
begin_empty(void)
{
	world_begin(&w, 1);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
}

/* Begins with a server. */
static inline void
begin(const char *listen, const char *tun)
{
	begin_empty();
	server_dev = device(w.server, "tuns", &server_got);
	proc_set(&w.right, w.server, listen, tun);
	proc_option(&w.right, "idle", "0");
	if (proc_start(&w.right) != 0)
		abort();
}

/* Gets a client ready. */
static inline void
client_set(struct client *c, struct sim_host *h, const char *tun,
    const char *dial)
{
	c->dev = device(h, "tunc", &c->got);
	proc_set(&c->proc, h, tun, dial);
}

static inline void
client_start(struct client *c)
{
	if (proc_start(&c->proc) != 0)
		abort();
	sim_run_ms(1000);
}

/* Does a small packet from the server's device get to a client? */
static inline bool
reaches(const struct client *c, const char *dst)
{
	unsigned n = c->got.n;

	say(server_dev, "10.8.0.1", dst);
	return c->got.n > n;
}

/* Another host, as far away as the first client. */
static inline struct sim_host *
other_host(void)
{
	struct sim_host *h = sim_host_add("other", "10.0.4.1");

	sim_link_both(h, w.server, 10 * SIM_MS, 0);
	return h;
}

static inline void
client_end(struct client *c)
{
	proc_forget(&c->proc);
}

static inline void
end(const char *what)
{
	client_end(&a);
	client_end(&b);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

#endif
