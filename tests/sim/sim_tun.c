/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices: the functions of net/tun.h on simulated hosts.
 *
 * NOTES.  Packets to be read are queued in a socket without an address.  Unless
 * the settings say otherwise, or the environment has SIM_PLAIN, a device passes
 * super-packets: those that are written are cut again, for the test to see each
 * packet.
 */

#include "sim_sock.h"

#include "net/tun_super.h"
#include "net/tun.h"

static struct sim_tun tuns[SIM_TUNS];

struct sim_tun *
sim_tun(struct sim_host *h, const char *name)
{
	unsigned i;

	for (i = 0; i < SIM_TUNS && tuns[i].host != NULL; i++)
		if (tuns[i].host == h && strcmp(tuns[i].name, name) == 0)
			return &tuns[i];
	if (i == SIM_TUNS)
		abort();
	tuns[i].host = h;
	strlcpy(tuns[i].name, name, sizeof(tuns[i].name));
	tuns[i].fd = FD_NONE;
	tuns[i].mtu = TUN_MTU_USUAL;
	return &tuns[i];
}

void
sim_tuns_reset(void)
{
	memset(tuns, 0, sizeof(tuns));
}

/* The device that a descriptor is open on. */
static struct sim_tun *
tun_of(const struct tun *t)
{
	unsigned i;

	for (i = 0; i < SIM_TUNS; i++)
		if (tuns[i].host != NULL && tuns[i].fd == t->fd)
			return &tuns[i];
	abort();
	return NULL;	/* not every compiler knows that it ends */
}

/* Queues a packet behind a header, where the device has one. */
static void
tun_queue(struct sim_tun *dev, const struct vnet *v, const uint8_t *packet,
    size_t n)
{
	size_t head = dev->vnet ? VNET_HEADER : 0;
	struct sim_packet *p;
	struct sim_sock *s;

	if (dev->fd == FD_NONE || dev->waiting == SIM_TUN_QUEUE) {
		dev->lost++;
		return;
	}
	s = sim_sock_of(dev->fd);
	p = calloc(1, sizeof(*p) + head + n);
	if (p == NULL)
		abort();
	p->at = dev->host;
	p->len = head + n;
	if (head > 0)
		vnet_put(v, p->data);
	if (n > 0)
		memcpy(p->data + head, packet, n);
	*s->last = p;
	s->last = &p->next;
	s->queued += n + 200;
	dev->waiting++;
	sim_sock_changed(s);
}

void
sim_tun_send(struct sim_tun *dev, const uint8_t *packet, size_t n)
{
	struct vnet v = { 0, 0, 0, 0, 0, 0 };

	tun_queue(dev, &v, packet, n);
}

void
sim_tun_send_super(struct sim_tun *dev, const struct vnet *v,
    const uint8_t *packet, size_t n)
{
	if (!dev->vnet)
		abort();
	tun_queue(dev, v, packet, n);
}

enum tun_result
tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	struct sim_tun *dev = sim_tun(sim_here(), *s->name == '\0' ? "tun0" :
	    s->name);
	struct sim_sock *sock;

	memset(t, 0, sizeof(*t));
	t->fd = FD_NONE;
	if (dev->refuse != NULL || dev->fd != FD_NONE) {
		snprintf(why, TUN_WHY, "%s", dev->refuse != NULL ?
		    dev->refuse : "it is in use");
		return TUN_REFUSED;
	}
	sock = sim_sock_new(dev->host, 0, SOCK_DGRAM);
	if (sock == NULL)
		abort();
	dev->fd = t->fd = sock->fd;
	dev->waiting = 0;
	if (s->mtu != 0)
		dev->mtu = s->mtu;
	if (s->n_addresses > 0) {
		memcpy(dev->address, s->address, sizeof(dev->address));
		dev->n_addresses = s->n_addresses;
	}
	t->made = !dev->there;
	if ((t->made || s->n_addresses > 0) && !s->leave_down)
		dev->up = true;
	t->mtu = dev->mtu;
	dev->vnet = t->vnet = t->joins_tcp = t->joins_udp = !s->plain &&
	    getenv("SIM_PLAIN") == NULL;
	strlcpy(t->name, dev->name, sizeof(t->name));
	return TUN_DONE;
}

void
tun_close(struct tun *t)
{
	struct sim_tun *dev;

	if (t->fd == FD_NONE)
		return;
	dev = tun_of(t);
	dev->fd = FD_NONE;
	if (t->made)
		dev->up = false;
	sock_close(t->fd);
	t->fd = FD_NONE;
}

int
tun_set_mtu(struct tun *t, int mtu)
{
	struct sim_tun *dev = tun_of(t);

	if (dev->may_not_set) {
		errno = EPERM;
		return -1;
	}
	t->mtu = dev->mtu = mtu;
	return 0;
}

bool
tun_dropped(const struct tun *t, uint64_t *n)
{
	*n = tun_of(t)->lost;
	return true;
}

unsigned
tun_addresses(const struct tun *t,
    struct tun_address address[TUN_ADDRESSES])
{
	struct sim_tun *dev = tun_of(t);

	memcpy(address, dev->address, sizeof(dev->address));
	return dev->n_addresses;
}

/* As tun_receive(), from a device that passes super-packets. */
static int
tun_receive_super(struct tun *t, struct sim_tun *dev, struct arena *arena,
    struct dgram *d, unsigned max)
{
	struct tun_super *s = t->super;
	unsigned got = 0;
	bool truncated;
	ssize_t len;

	arena_rewind(arena);
	t->more = true;
	for (;;) {
		got += tun_super_cut(s, arena, d + got, max - got);
		if (got == max)
			return (int)got;
		len = sock_recv_from(t->fd, s->bytes, sizeof(s->bytes), NULL,
		    NULL, &truncated);
		if (len < 0)
			break;
		dev->waiting--;
		tun_super_read(s, (size_t)len);
	}
	t->more = false;
	return (int)got;
}

int
tun_receive(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	struct sim_tun *dev = tun_of(t);
	unsigned got = 0;
	bool truncated;
	ssize_t len;

	if (dev->gone) {
		errno = ENXIO;
		return -1;
	}
	if (t->super != NULL)
		return tun_receive_super(t, dev, arena, d, max);
	if (max > arena_batch(arena))
		max = arena_batch(arena);
	arena_rewind(arena);
	arena_take(arena, d, max);
	while (got < max && (len = sock_recv_from(t->fd, d[got].data,
	    arena_space(arena), NULL, NULL, &truncated)) >= 0) {
		d[got].len = (size_t)len;
		d[got].tail -= (size_t)len;
		dev->waiting--;
		got++;
	}
	if (got < max)
		arena_give_back(arena, max - got);
	t->more = got == max;
	return (int)got;
}

unsigned
tun_receive_left(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	return t->super == NULL ? 0 : tun_super_cut(t->super, arena, d, max);
}

/* The device gets a packet, if it has room. */
static void
tun_take(struct tun *t, struct sim_tun *dev, const uint8_t *p, size_t n)
{
	if (dev->full > 0) {
		dev->full--;
		t->lost.full++;
		t->last_error = EAGAIN;
	} else if (dev->fn != NULL) {
		dev->fn(dev->arg, p, n);
	}
}

/* Writes run i: it is made one piece, and cut as a kernel does. */
static void
tun_write_run(struct tun *t, struct sim_tun *dev, unsigned i)
{
	static uint8_t whole[COALESCE_HEAD + DGRAM_MAX], packet[DGRAM_MAX];
	const struct coalesce *c = &t->super->join;
	struct coalesce_part part[COALESCE_RUN];
	struct segments s;
	unsigned at, n;
	struct vnet v;
	size_t len;

	len = coalesce_head(c, i, whole);
	n = coalesce_parts(c, i, part);
	for (at = 0; at < n; at++) {
		memcpy(whole + len, part[at].p, part[at].n);
		len += part[at].n;
	}
	vnet_get(&v, whole);
	dev->supers += v.type != VNET_WHOLE;
	if (segment_begin(&s, &v, whole + VNET_HEADER, len - VNET_HEADER) != 0)
		abort();
	while ((len = segment_next(&s)) > 0) {
		segment_cut(&s, packet);
		tun_take(t, dev, packet, len);
	}
}

void
tun_flush(struct tun *t)
{
	unsigned i;

	if (t->super == NULL)
		return;
	for (i = 0; i < t->super->join.n_runs; i++)
		tun_write_run(t, tun_of(t), i);
	coalesce_clear(&t->super->join);
}

void
tun_send(struct tun *t, struct dgram *d, unsigned n)
{
	struct sim_tun *dev = tun_of(t);
	unsigned i;

	for (i = 0; i < n; i++) {
		if (t->super != NULL) {
			if (coalesce_put(&t->super->join, d[i].data,
			    d[i].len))
				continue;
			tun_flush(t);
			if (!coalesce_put(&t->super->join, d[i].data,
			    d[i].len))
				abort();
			continue;
		}
		tun_take(t, dev, d[i].data, d[i].len);
		/* A backend may write there. */
		if (d[i].head >= TUN_HEAD)
			memset(d[i].data - TUN_HEAD, 0xee, TUN_HEAD);
	}
}
