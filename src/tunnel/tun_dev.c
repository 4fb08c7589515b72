/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The TUN device of an end: packets in and out, their MSS, fragments and ICMP
 * answers.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tun_dev.h"

#include "base/text.h"
#include "net/rights.h"
#include "tunnel/tun_drops.h"
#include "tunnel/tun_fit.h"
#include "tunnel/tun_path.h"
#include "tunnel/tun_probe.h"

enum {
	TUN_DEV_READS = 4,	/* batches in a turn */
	TUN_DEV_AGAIN_MS = 5000,	/* between attempts to open it again */
	TUN_DEV_FAILURES = 3,	/* of reads in a row: it is gone */
	TUN_DEV_RETRY_MS = 100,	/* before it is read again after the first */
	TCP_FLAGS = 13,		/* where they are in its header */
	TCP_SYN = 0x02,
};

/*
 * Losses
 */

/* Counts packets that the device refused, as losses of the leg, if any. */
static void
dev_count(struct tun_dev *dev, struct leg *leg)
{
	unsigned long full = dev->tun.lost.full - dev->told.full;
	unsigned long failed = dev->tun.lost.failed - dev->told.failed;

	dev->told = dev->tun.lost;
	if (failed > 0)
		log_limited(&dev->lost_limit,
		    loop_now(dev->end.tunnel->loop), LEVEL_WARN,
		    "%s: not written: %s%s", dev->end.name,
		    sock_strerror(dev->tun.last_error),
		    dev->tun.last_error == EIO ? ": is the device down?" :
		    "");
	if (leg == NULL)
		return;
	flow_drop(leg, LOST_SOCKET_FULL, full);
	flow_drop(leg, LOST_FAILED, failed);
}

/* Writes what is kept for the device, and counts what it refuses. */
static void
dev_write(struct tun_dev *dev)
{
	struct tun_leg *l = dev->put;

	if (l == NULL)
		return;
	dev->put = NULL;
	tun_flush(&dev->tun);
	dev_count(dev, &l->leg);
}

/* Before the loop sleeps. */
static void
dev_flush(struct flusher *f)
{
	dev_write(LIST_ITEM(f, struct tun_dev, flusher));
}

/*
 * Start
 */

/* Can a device have the i-th address? */
static int
check_address(const char *name, const struct settings *s, unsigned i,
    struct fault *f)
{
	const struct addr *a = &s->addresses.at[i];
	char text[ADDR_TEXT];
	unsigned j;

	if (!ip_is_host(a))
		return fault_user(f, "addr", "%s: addr=%s: no device can have "
		    "this address", name, addr_ip_text(a, text));
	for (j = 0; j < i; j++)
		if (addr_same(a, &s->addresses.at[j]))
			return fault_user(f, "addr", "%s: addr=%s is given "
			    "twice", name, addr_ip_text(a, text));
	if (a->family == 6 && s->inner_mtu > 0 && s->inner_mtu < TUN_MTU_IP6)
		return fault_user(f, "mtu", "%s: mtu=%lld is too small for "
		    "IPv6, which needs 1280", name,
		    (long long)s->inner_mtu);
	return 0;
}

/* How many of the first n are of that family? */
static unsigned
count_family(const struct addr *at, unsigned n, uint8_t family)
{
	unsigned i, count = 0;

	for (i = 0; i < n; i++)
		count += at[i].family == family;
	return count;
}

int
tun_dev_check(const char *name, const struct settings *s, struct fault *f)
{
	const struct addr *peer = s->peers.at;
	char text[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < s->addresses.n; i++)
		if (check_address(name, s, i, f) != 0)
			return -1;
	for (i = 0; i < s->peers.n; i++)
		if (count_family(peer, i + 1, peer[i].family) >
		    count_family(s->addresses.at, s->addresses.n,
		    peer[i].family))
			return fault_user(f, "peer", "%s: peer=%s: there is "
			    "no addr that it could be the other side of",
			    name, addr_ip_text(&peer[i], text));
	return tun_routes_check(name, s, f);
}

/* Gives the other side of an address to the first that has none. */
static void
dev_add_peer(struct tun_settings *to, const struct addr *peer)
{
	struct tun_address *a = to->address;
	unsigned i;

	for (i = 0; i < to->n_addresses; i++) {
		if (a[i].addr.family == peer->family &&
		    a[i].peer.family == 0) {
			a[i].peer = *peer;
			return;
		}
	}
}

void
tun_dev_settings(const struct settings *s, struct tun_settings *to)
{
	unsigned i;

	memset(to, 0, sizeof(*to));
	to->name = s->device;
	for (i = 0; i < s->addresses.n; i++) {
		to->address[i].addr = s->addresses.at[i];
		to->address[i].prefix = s->addresses.prefix[i];
	}
	to->n_addresses = s->addresses.n;
	for (i = 0; i < s->peers.n; i++)
		dev_add_peer(to, &s->peers.at[i]);
	to->mtu = s->inner_mtu > 0 ? (int)s->inner_mtu : 0;
	to->leave_down = s->leave_down;
	to->plain = s->offload == OFFLOAD_NO;
}

/* Logs the name, MTU and addresses of the device. */
static void
dev_tell(const struct tun_dev *dev)
{
	char addresses[300], text[ADDR_TEXT];
	struct text t;
	unsigned i;

	text_init(&t, addresses, sizeof(addresses));
	for (i = 0; i < dev->settings.n_addresses; i++)
		text_add(&t, ", %s/%d",
		    addr_ip_text(&dev->settings.address[i].addr, text),
		    dev->settings.address[i].prefix);
	log_info("%s: device %s%s, MTU %d%s", dev->end.name, dev->tun.name,
	    dev->tun.made ? "" : ", which was there", dev->tun.mtu,
	    addresses);
	log_debug("%s: it passes %s", dev->end.name, dev->tun.joins_udp ?
	    "super-packets of TCP and UDP" : dev->tun.joins_tcp ?
	    "super-packets of TCP" : "single packets");
}

static void dev_readable(struct watch *, unsigned events);

/* Opens the device and watches it. */
static enum tun_result
dev_open(struct tun_dev *dev, char why[TUN_WHY])
{
	enum tun_result result = rights_tun_open(&dev->tun, &dev->settings,
	    why);

	if (result != TUN_DONE)
		return result;
	memset(&dev->told, 0, sizeof(dev->told));
	tun_drops_begin(dev);
	if (tun_begin(&dev->tun, &dev->super) != 0) {
		strlcpy(why, "no memory for super-packets; it may work with "
		    "offload=no", TUN_WHY);
		tun_close(&dev->tun);
		return TUN_REFUSED;
	}
	if (watch_start(&dev->watch, dev->end.tunnel->loop, dev->tun.fd,
	    dev->held ? 0 : READABLE, dev_readable) == 0)
		return TUN_DONE;
	snprintf(why, TUN_WHY, "watch: %s", sock_strerror(errno));
	tun_close(&dev->tun);
	return TUN_REFUSED;
}

/* Opens it for the first time; -1 and the fault when that fails. */
static int
dev_open_first(struct tun_dev *dev, struct fault *f)
{
	char why[TUN_WHY];

	switch (dev_open(dev, why)) {
	case TUN_DONE:
		return 0;
	case TUN_MISTAKE:
		return fault_user(f, NULL, "%s: %s", dev->end.name, why);
	case TUN_REFUSED:
		return fault_system(f, NULL, "%s: %s", dev->end.name, why);
	case TUN_ABSENT:
		break;
	}
	(void)fault_system(f, NULL, "%s: %s", dev->end.name, why);
	f->passing = true;
	return -1;
}

/* Frees its memory. */
static void
dev_free(struct tun_dev *dev)
{
	free(dev->part);
	dev->part = NULL;
	free(dev->super);
	dev->super = dev->tun.super = NULL;
}

int
tun_dev_start(struct tun_dev *dev, const struct settings *s, tun_dev_fn *fn,
    struct fault *f)
{
	snprintf(dev->end.name, sizeof(dev->end.name), "tun:%.40s", s->device);
	list_init(&dev->legs);
	tun_dev_settings(s, &dev->settings);
	strlcpy(dev->name, s->device, sizeof(dev->name));
	dev->settings.name = strlen(s->device) < TUN_NAME ? dev->name :
	    s->device;
	dev->mss = s->mss;
	dev->deaf = tun_dev_other(dev)->ops->steady;
	if (!dev->deaf)
		dev->keepalive_ms = (uint64_t)s->keepalive_ms;
	dev->asks_path = tun_dev_other(dev)->ops->packets &&
	    dev->keepalive_ms > 0;
	/* So that a client asks first. */
	if (dev->end.side == RIGHT)
		dev->keepalive_ms += dev->keepalive_ms / 4;
	dev->packets = fn;
	dev->part = calloc(1, IP_MAX);
	if (dev->part == NULL)
		return fault_system(f, NULL, "%s: no memory", dev->end.name);
	dev->flusher.fn = dev_flush;
	if (dev_open_first(dev, f) != 0) {
		dev_free(dev);
		return -1;
	}
	dev->fits = s->inner_mtu == SETTINGS_AUTO ||
	    (s->inner_mtu == 0 && dev->tun.made);
	strlcpy(dev->name, dev->tun.name, sizeof(dev->name));
	dev->settings.name = dev->name;
	snprintf(dev->end.name, sizeof(dev->end.name), "tun:%s", dev->name);
	dev_tell(dev);
	if (tun_routes_start(dev, s, f) == 0)
		return 0;
	tun_dev_stop(dev);
	return -1;
}

void
tun_dev_stop(struct tun_dev *dev)
{
	tun_routes_stop(dev);
	tun_drops_end(dev);
	timer_stop(&dev->again);
	watch_stop(&dev->watch);
	dev_write(dev);
	loop_unmark(dev->end.tunnel->loop, &dev->flusher);
	tun_close(&dev->tun);
	dev_free(dev);
}

void
tun_dev_hold(struct tun_dev *dev, bool on)
{
	dev->held = on;
	/* The timer: a pause after a failed read, which ends by itself. */
	if (dev->watch.loop != NULL && !timer_is_set(&dev->again))
		watch_want(&dev->watch, on ? 0 : READABLE);
}

void
tun_dev_join(struct tun_dev *dev, struct tun_leg *l)
{
	list_add(&dev->legs, &l->link);
	dev->n_legs++;
	tun_path_init(dev, l);
}

void
tun_dev_leave(struct tun_dev *dev, struct tun_leg *l)
{
	if (l == dev->put)
		dev_write(dev);
	list_remove(&l->link);
	timer_stop(&l->beat);
	timer_stop(&l->path_timer);
	tun_path_forget(dev, l);
	dev->n_legs--;
	tun_fit_left(dev, l);
}

/*
 * A device that goes
 */

/* Tries to open it again. */
static void
dev_again(struct timer *timer)
{
	struct tun_dev *dev = LIST_ITEM(timer, struct tun_dev, again);
	struct loop *loop = dev->end.tunnel->loop;
	char why[TUN_WHY];

	if (dev_open(dev, why) == TUN_DONE) {
		tun_fit_set(dev);
		dev_tell(dev);
		tun_routes_restore(dev);
		return;
	}
	log_limited(&dev->lost_limit, loop_now(loop), LEVEL_WARN, "%s: %s",
	    dev->end.name, why);
	timer_set(timer, loop, loop_now(loop) + TUN_DEV_AGAIN_MS, dev_again);
}

/* It is read again after a failure. */
static void
dev_retry(struct timer *timer)
{
	struct tun_dev *dev = LIST_ITEM(timer, struct tun_dev, again);

	watch_want(&dev->watch, dev->held ? 0 : READABLE);
}

/* A read failed.  The system may have been short of something, and closing the
 * device would remove it with its addresses and routes: it is read again at
 * once and after a while, before it counts as gone. */
static void
dev_failed(struct tun_dev *dev)
{
	struct loop *loop = dev->end.tunnel->loop;

	if (++dev->failures < TUN_DEV_FAILURES) {
		if (dev->failures == 1)
			return;
		watch_want(&dev->watch, 0);
		timer_set(&dev->again, loop, loop_now(loop) +
		    TUN_DEV_RETRY_MS, dev_retry);
		return;
	}
	dev->failures = 0;
	log_error("%s: the device is gone: %s; it will be opened again as "
	    "soon as that works", dev->end.name, sock_strerror(errno));
	watch_stop(&dev->watch);
	dev_write(dev);
	tun_close(&dev->tun);
	timer_set(&dev->again, loop, loop_now(loop), dev_again);
}

/*
 * Packets
 */

unsigned
tun_dev_parse(struct tun_dev *dev, struct leg *leg, struct dgram *d,
    struct ip *ip, unsigned n)
{
	enum ip_fault fault;
	unsigned i, whole = 0, probes = 0;

	for (i = 0; i < n; i++) {
		fault = ip_parse(&ip[whole], d[i].data, d[i].len);
		if (fault == IP_WHOLE) {
			if (whole != i)
				d[whole] = d[i];
			whole++;
			continue;
		}
		if (leg != NULL && tun_probe_take(dev, tun_leg_of(leg),
		    &d[i])) {
			probes++;
			continue;
		}
		log_limited(&dev->gibberish_limit,
		    loop_now(dev->end.tunnel->loop), LEVEL_WARN,
		    "%s: %lu bytes are not a whole IP packet: %s (%s)",
		    dev->end.name, (unsigned long)d[i].len,
		    ip_fault_text(fault), leg == NULL ? "the device" :
		    leg_other(leg)->end->name);
	}
	if (leg != NULL)
		flow_drop(leg, LOST_NOT_IP, n - whole - probes);
	else
		end_drop(&dev->end, LOST_NOT_IP, n - whole);
	return whole;
}

/* The device has sent n datagrams. */
static void
dev_take(struct tun_dev *dev, struct dgram *d, unsigned n)
{
	struct ip ip[DGRAM_BATCH];
	unsigned whole = tun_dev_parse(dev, NULL, d, ip, n);

	if (whole > 0)
		dev->packets(dev, d, ip, whole);
}

/* The device has packets, or an error. */
static void
dev_readable(struct watch *w, unsigned events)
{
	struct tun_dev *dev = LIST_ITEM(w, struct tun_dev, watch);
	struct arena *arena = loop_arena(w->loop);
	struct dgram d[DGRAM_BATCH];
	unsigned i, left;
	int n;

	(void)events;
	if (!timer_is_set(&dev->drops))
		tun_drops_plan(dev);
	for (i = 0; i < TUN_DEV_READS && !dev->held; i++) {
		n = tun_receive(&dev->tun, arena, d, DGRAM_BATCH);
		if (n < 0) {
			dev_failed(dev);
			return;
		}
		dev->failures = 0;
		dev_take(dev, d, (unsigned)n);
		if (!dev->tun.more)
			return;
	}
	while ((left = tun_receive_left(&dev->tun, arena, d,
	    DGRAM_BATCH)) > 0)
		dev_take(dev, d, left);
}

void
tun_dev_answer(struct tun_dev *dev, enum ip_trouble trouble, size_t mtu,
    struct dgram *d)
{
	uint64_t now_ms = loop_now(dev->end.tunnel->loop);
	uint8_t *data;
	size_t before;

	if (!ip_answers_left(&dev->answers, now_ms) ||
	    dev->tun.fd == FD_NONE)
		return;
	dgram_room(loop_arena(dev->end.tunnel->loop), d, TUN_DEV_HEAD, 0);
	data = d->data;
	if (ip_answer(trouble, mtu, NULL, &d->data, &d->len) != 0)
		return;
	before = (size_t)(data - d->data);
	d->head -= before;
	ip_answers_count(&dev->answers, now_ms);
	dev_write(dev);
	tun_send(&dev->tun, d, 1);
	tun_flush(&dev->tun);
	dev_count(dev, NULL);
}

/*
 * Lengths
 */

/* The longest packet that fits on the way of a TCP connection. */
static size_t
dev_mss_mtu(const struct tun_dev *dev, const struct tun_leg *l)
{
	size_t mtu = dev->tun.mtu > 0 ? (size_t)dev->tun.mtu : TUN_MTU_MAX;

	return l->room != 0 && l->room < mtu ? l->room : mtu;
}

/* Lowers the MSS of a packet that begins a TCP connection. */
static void
dev_clamp(const struct tun_dev *dev, const struct tun_leg *l,
    const struct dgram *d, const struct ip *ip)
{
	size_t mtu;

	if (dev->mss == SETTINGS_OFF || ip->protocol != IP_TCP ||
	    ip->payload == 0 || ip->payload + TCP_FLAGS >= d->len ||
	    (d->data[ip->payload + TCP_FLAGS] & TCP_SYN) == 0)
		return;
	if (dev->mss == SETTINGS_AUTO)
		mtu = dev_mss_mtu(dev, l);
	else
		mtu = (size_t)dev->mss + (ip->version == 4 ? 40 : 60);
	(void)ip_clamp_mss(d->data, d->len, mtu);
}

/* Sends a packet that is too long in fragments; false where it must not be
 * fragmented. */
static bool
dev_fragment(struct tun_dev *dev, struct tun_leg *l, const struct dgram *d)
{
	struct arena *arena = loop_arena(dev->end.tunnel->loop);
	struct dgram part;
	bool any = false;
	size_t at = 0, n;

	while (!l->leg.flow->dead && (n = ip_fragment(d->data, d->len,
	    l->room, &at, dev->part)) > 0) {
		part.data = dev->part;
		part.len = n;
		part.head = part.tail = 0;
		dgram_room(arena, &part, TUN_DEV_HEAD, 0);
		flow_pass(&l->leg, &part, 1);
		any = true;
	}
	return any;
}

void
tun_dev_carry(struct tun_dev *dev, struct tun_leg *l, struct dgram *d,
    const struct ip *ip, unsigned n)
{
	unsigned i, first = 0;

	tun_fit_look(dev, l);
	l->sent_ms = loop_now(dev->end.tunnel->loop);
	for (i = 0; i < n; i++) {
		if (l->room == 0 || d[i].len <= l->room) {
			dev_clamp(dev, l, &d[i], &ip[i]);
			continue;
		}
		flow_pass(&l->leg, d + first, i - first);
		first = i + 1;
		if (l->leg.flow->dead)
			return;
		if (dev_fragment(dev, l, &d[i]))
			continue;
		flow_drop(&l->leg, LOST_TOO_BIG, 1);
		tun_dev_answer(dev, IP_TOO_BIG, l->room, &d[i]);
	}
	if (l->sent_ms >= l->path.look_ms)
		tun_path_sent(dev, l, d + first, n - first);
	flow_pass(&l->leg, d + first, n - first);
}

void
tun_dev_put(struct tun_dev *dev, struct tun_leg *l, struct dgram *d,
    const struct ip *ip, unsigned n)
{
	unsigned i;

	if (dev->tun.fd == FD_NONE) {
		flow_drop(&l->leg, LOST_FAILED, n);
		return;
	}
	tun_fit_look(dev, l);
	for (i = 0; i < n; i++)
		dev_clamp(dev, l, &d[i], &ip[i]);
	/* So that losses are those of one leg. */
	if (dev->put != l)
		dev_write(dev);
	dev->put = l;
	tun_send(&dev->tun, d, n);
	dev_count(dev, &l->leg);
	loop_mark(dev->end.tunnel->loop, &dev->flusher);
}

void
tun_dev_describe(struct end *end, struct updown_env *e)
{
	struct tun_dev *dev = (struct tun_dev *)end;
	struct tun_address address[TUN_ADDRESSES];
	unsigned i, n = tun_addresses(&dev->tun, address);
	char all[512], text[ADDR_TEXT];
	struct text t;

	text_init(&t, all, sizeof(all));
	for (i = 0; i < n; i++)
		if (!addr_is_link_local(&address[i].addr))
			text_add(&t, "%s%s/%d", *all == '\0' ? "" : " ",
			    addr_ip_text(&address[i].addr, text),
			    address[i].prefix);
	updown_add(e, "DEVICE", "%s", dev->tun.name);
	updown_add(e, "MTU", "%d", dev->tun.mtu);
	updown_add(e, "ADDRESSES", "%s", all);
}

size_t
tun_dev_room(struct leg *leg)
{
	(void)leg;
	return TUN_MTU_MAX;
}
