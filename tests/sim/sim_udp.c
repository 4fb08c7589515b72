/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Simulated datagrams.
 *
 * NOTES.  A datagram that would wait for the link for more than LINK_QUEUE_US
 * is dropped, as by a router.  A datagram to a port without a listener causes
 * an ICMP error at a connected socket: after a round trip, or at once if
 * sim_rules say so.
 */

#include "sim_sock.h"

#include "net/sockaddr.h"
#include "net/udp.h"

enum { LINK_QUEUE_US = 200000 };

/* The socket on a host that a datagram is for, or NULL. */
static struct sim_sock *
find(struct sim_host *h, const struct sim_packet *p)
{
	struct sim_sock *s, *found = NULL;
	struct list *link;

	for (link = h->socks.next; link != &h->socks; link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type != SOCK_DGRAM || s->outside != p->to.port ||
		    s->local.family != p->to.family)
			continue;
		if (s->peer.family != 0) {
			if (addr_same(&s->peer, &p->from))
				return s;
			continue;
		}
		/* One at that very address is before others. */
		if (found == NULL || memcmp(found->local.ip, p->to.ip,
		    sizeof(p->to.ip)) != 0)
			found = s;
	}
	return found;
}

/* The ICMP error for a datagram comes back. */
static void
refused(void *arg)
{
	struct sim_packet *p = arg;
	struct sim_packet back = *p;
	struct sim_sock *s;

	back.from = p->to;
	back.to = p->from;
	s = find(p->at, &back);
	if (s != NULL && s->peer.family != 0) {
		s->error = ECONNREFUSED;
		sim_sock_changed(s);
	}
	free(p);
}

/* A datagram has arrived. */
static void
arrive(void *arg)
{
	struct sim_packet *p = arg;
	struct sim_host *from = sim_host_of(p->at, &p->from);
	struct sim_sock *s = find(p->at, p);

	if (from == NULL ? p->at->down || s == NULL :
	    !sim_reaches(from, p->at)) {
		free(p);
		return;
	}
	if (s == NULL) {
		sim_at_owned(sim_now_us() + sim_link(p->at, from)->latency_us,
		    refused, p);
		p->at = from;
		return;
	}
	if (s->fn != NULL) {
		sim_as(s->host);
		s->fn(s->arg, s->fd, p->data, p->len, &p->from);
		free(p);
		return;
	}
	if (s->queued + p->len + 200 > s->receive_max) {
		free(p);
		return;
	}
	p->next = NULL;
	*s->last = p;
	s->last = &p->next;
	s->queued += p->len + 200;
	sim_sock_changed(s);
}

/* A datagram for a host. */
static struct sim_packet *
packet_new(struct sim_host *at, const struct addr *from,
    const struct addr *to, const void *data, size_t len)
{
	struct sim_packet *p = malloc(sizeof(*p) + len);

	if (p == NULL)
		abort();
	p->at = at;
	p->from = *from;
	p->to = *to;
	p->len = len;
	if (len > 0)
		memcpy(p->data, data, len);
	return p;
}

/* Sends one copy on its way. */
static void
launch(const struct sim_passing *d)
{
	struct sim_link *l = sim_link(d->from, d->to);

	if (l->bytes_per_s != 0 &&
	    l->free_us > sim_now_us() + LINK_QUEUE_US)
		return;
	sim_at_owned(sim_arrival_us(d->from, d->to, d->len) + d->late_us,
	    arrive, packet_new(d->to, &d->source, &d->target, d->data,
	    d->len));
}

/* Sends a datagram on its way, as often as it arrives. */
static void
pass(struct sim_passing *d)
{
	struct sim_link *l = d->to == NULL ? NULL : sim_link(d->from, d->to);
	unsigned copies = 1;

	if (l != NULL && (!sim_reaches(d->from, d->to) ||
	    sim_random(10000) < l->loss))
		return;
	if (sim_rules.fate != NULL)
		copies = sim_rules.fate(sim_rules.fate_arg, d);
	if (l == NULL || copies == 0)
		return;
	while (copies-- > 0)
		launch(d);
	if (sim_random(10000) < l->duplicate)
		launch(d);
}

/* Has the host lost the address that a socket is bound to? */
static bool
is_astray(const struct sim_sock *s)
{
	struct addr bare = s->local;
	unsigned i;

	bare.port = 0;
	if (addr_is_any(&bare) || addr_is_loopback(&bare))
		return false;
	for (i = 0; i < s->host->n_addr; i++)
		if (addr_same(&bare, &s->host->addr[i]))
			return false;
	return true;
}

/* Does ICMP say at once that nobody listens there? */
static bool
is_refused(const struct sim_passing *d)
{
	struct sim_packet p = { .from = d->source, .to = d->target };

	return sim_rules.refuse_at_once && d->to != NULL &&
	    sim_reaches(d->from, d->to) && find(d->to, &p) == NULL;
}

ssize_t
sim_udp_out(struct sim_sock *s, const void *data, size_t len,
    const struct addr *to, const struct addr *local)
{
	struct sim_passing d = { .from = s->host, .data = data, .len = len };

	if (s->error != 0) {
		errno = s->error;
		s->error = 0;
		return -1;
	}
	if (to == NULL)
		to = &s->peer;
	if (to->family == 0) {
		errno = EDESTADDRREQ;
		return -1;
	}
	if (len > UDP_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (s->host->udp_errors > 0) {
		s->host->udp_errors--;
		errno = s->host->udp_error;
		return -1;
	}
	if (s->local.port == 0)
		sim_sock_autobind(s, to);
	if (is_astray(s)) {
		errno = EINVAL;
		return -1;
	}
	d.target = *to;
	d.source = s->local;
	if (local != NULL)
		memcpy(d.source.ip, local->ip, sizeof(d.source.ip));
	else if (addr_is_any(&d.source))
		d.source = addr_is_loopback(to) ? *to : s->host->addr[0];
	d.source.port = s->outside;
	d.to = sim_host_of(s->host, to);
	if (d.to == NULL && !sim_rules.nobody) {
		errno = EHOSTUNREACH;
		return -1;
	}
	if (!is_refused(&d)) {
		pass(&d);
	} else if (s->peer.family != 0) {
		s->error = ECONNREFUSED;
		sim_sock_changed(s);
	}
	return (ssize_t)len;
}

ssize_t
sock_recv_from(fd_t fd, void *buf, size_t size, union sock_addr *from,
    union sock_addr *local, bool *truncated)
{
	struct sim_sock *s = sim_sock_of(fd);
	struct sim_packet *p = s->first;
	struct addr to;
	size_t n;

	if (s->error != 0) {
		errno = s->error;
		s->error = 0;
		return -1;
	}
	if (p == NULL) {
		errno = EAGAIN;
		return -1;
	}
	s->first = p->next;
	if (s->first == NULL)
		s->last = &s->first;
	s->queued -= p->len + 200;
	n = p->len < size ? p->len : size;
	if (n > 0)
		memcpy(buf, p->data, n);
	*truncated = p->len > size;
	if (from != NULL)
		sockaddr_from(from, &p->from);
	if (local != NULL) {
		memset(local, 0, sizeof(*local));
		to = p->to;
		to.port = 0;
		if (s->pktinfo)
			sockaddr_from(local, &to);
	}
	free(p);
	return (ssize_t)n;
}

void
sim_udp_close(struct sim_sock *s)
{
	struct sim_packet *p;

	while ((p = s->first) != NULL) {
		s->first = p->next;
		free(p);
	}
}

/*
 * For tests
 */

fd_t
sim_udp_open(struct sim_host *h, uint16_t port, sim_udp_fn *fn, void *arg)
{
	struct sim_sock *s = sim_sock_new(h, AF_INET, SOCK_DGRAM);

	if (s == NULL)
		abort();
	s->local.family = 4;
	s->local.port = port;
	s->outside = port;
	sim_sock_autobind(s, NULL);
	s->fn = fn;
	s->arg = arg;
	return s->fd;
}

void
sim_udp_send(fd_t fd, const struct addr *to, const uint8_t *data, size_t len)
{
	(void)sim_udp_out(sim_sock_of(fd), data, len, to, NULL);
}

void
sim_udp_forge(const struct addr *from, const struct addr *to,
    const void *data, size_t len)
{
	struct sim_host *h = sim_host_of(NULL, to);

	if (h == NULL)
		abort();
	sim_at_owned(sim_now_us(), arrive, packet_new(h, from, to, data, len));
}

void
sim_udp_rebind(fd_t fd)
{
	struct sim_sock *s = sim_sock_of(fd);

	s->outside = s->host->next_port++;
	sim_port_given(s->host, s->outside);
}

unsigned
sim_udp_rebind_all(struct sim_host *h)
{
	struct sim_sock *s;
	struct list *link;
	unsigned n = 0;

	for (link = h->socks.next; link != &h->socks; link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type != SOCK_DGRAM || s->peer.family == 0)
			continue;
		sim_udp_rebind(s->fd);
		n++;
	}
	return n;
}

uint16_t
sim_udp_port(fd_t fd)
{
	return sim_sock_of(fd)->outside;
}

unsigned
sim_udp_count_df(const struct sim_host *h, int df)
{
	const struct list *link;
	const struct sim_sock *s;
	unsigned n = 0;

	for (link = h->socks.next; link != &h->socks; link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		n += s->type == SOCK_DGRAM && s->df == df;
	}
	return n;
}
