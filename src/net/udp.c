/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * UDP sockets: what all backends share, and the queue.
 */

#include "compat.h"

#include "net/udp.h"

#include "base/log.h"
#include "net/carrier.h"
#include "net/rights.h"
#include "net/sockaddr.h"

enum { UDP_BATCH_LEAST = 4 };	/* that times a power of 4 is DGRAM_BATCH */

bool
udp_is_refusal(int error)
{
	return error == ECONNREFUSED || error == ECONNRESET ||
	    error == EHOSTUNREACH || error == ENETUNREACH;
}

void
udp_count_refusal(struct udp *u, int error, unsigned n)
{
	u->last_refusal = error;
	u->lost.refused += n;
}

void
udp_count(struct udp *u, int error, unsigned n)
{
	u->last_error = error;
	if (error == EAGAIN || error == ENOBUFS)
		u->lost.full += n;
	else if (error == EMSGSIZE)
		u->lost.too_big += n;
	else if (udp_is_refusal(error))
		udp_count_refusal(u, error, n);
	else
		u->lost.failed += n;
}

/* Most sockets have one datagram at a time, and preparing a slot costs a tenth
 * of a system call: so the batch adapts to what was received. */
void
udp_adapt(struct udp *u, unsigned n)
{
	if (n >= u->batch && u->batch < DGRAM_BATCH)
		u->batch *= 4;
	else if (n < u->batch / 4u && u->batch > UDP_BATCH_LEAST)
		u->batch /= 4;
}

unsigned
udp_slots(const struct udp *u, const struct arena *arena, unsigned max)
{
	unsigned most = arena_batch(arena);

	if (max < most)
		most = max;
	return u->batch < most ? u->batch : most;
}

/* Chooses the backend; 0, or -1 and errno. */
static int
udp_choose(struct udp *u, int family, const struct udp_options *options)
{
	const struct udp_ops *const *ops;

	for (ops = udp_list; *ops != NULL; ops++) {
		if (options->backend != NULL &&
		    strcmp(options->backend, (*ops)->name) != 0)
			continue;
		u->gso = u->gro = !options->no_offload;
		u->gso_max = UDP_MAX;
		u->batch = UDP_BATCH_LEAST;
		u->ops = *ops;
		if (u->ops->open(u, family, options) == 0)
			return 0;
	}
	errno = EINVAL;
	return -1;
}

/* Sets the options of a new socket, which will be connected to peer, unless
 * that is NULL; 0, or -1, errno and *step. */
static int
udp_prepare(struct udp *u, int family, const struct addr *peer,
    const struct udp_options *options, const char **step)
{
	*step = "mark";
	if (options->mark_set &&
	    carrier_mark(u->fd, options->mark, peer) == -1)
		return -1;
	*step = "df";
	if (options->df != UDP_DF_AUTO &&
	    sock_opt_df(u->fd, family, options->df == UDP_DF_YES) == -1)
		return -1;
	u->df = (uint8_t)options->df;
	/* Best effort. */
	(void)sock_opt_udp_quiet(u->fd);
	(void)sock_opt_buffers(u->fd, options->receive_buffer, 0);
	(void)sock_opt_buffers(u->fd, 0, options->send_buffer);
	if (u->local_wanted)
		u->local_wanted = sock_opt_pktinfo(u->fd, family) == 0;
	return 0;
}

int
udp_open(struct udp *u, const struct addr *bind, const struct addr *peer,
    const struct udp_options *options, const char **step)
{
	int family;

	memset(u, 0, sizeof(*u));
	u->fd = FD_NONE;
	*step = "socket";
	if (bind == NULL && peer == NULL) {
		errno = EINVAL;
		return -1;
	}
	family = sockaddr_family(bind != NULL ? bind : peer);
	u->local_wanted = peer == NULL && addr_is_any(bind);
	u->fd = options->is_passed ? options->passed :
	    sock_open(family, SOCK_DGRAM);
	if (u->fd == FD_NONE)
		return -1;
	*step = "IPV6_V6ONLY";
	if (family == AF_INET6 && !options->is_passed &&
	    sock_opt_v6only(u->fd, true) == -1)
		goto out;
	if (udp_prepare(u, family, peer, options, step) == -1)
		goto out;
	*step = "freebind";
	if (options->freebind && sock_opt_freebind(u->fd) == -1)
		goto out;
	*step = "backend";
	if (udp_choose(u, family, options) == -1)
		goto out;
	*step = "bind";
	if (bind != NULL && !options->is_passed &&
	    rights_bind(u->fd, ALLOW_UDP, bind) == -1)
		goto out;
	*step = "connect";
	if (peer != NULL && udp_connect(u, peer) == -1)
		goto out;
	return 0;
out:
	sock_close(u->fd);
	u->fd = FD_NONE;
	return -1;
}

/* Chooses a backend for a socket that had one.  Datagrams that the kernel has
 * joined may wait in it: then it must be read as before. */
static int
udp_choose_again(struct udp *u, const struct udp *old, int family,
    const struct udp_options *options)
{
	if (!old->gro_on)
		return udp_choose(u, family, options);
	if (options->no_offload) {
		errno = EINVAL;
		return -1;
	}
	u->ops = old->ops;
	u->gso = old->gso;
	u->gro = old->gro;
	u->gro_on = old->gro_on;
	u->gso_max = old->gso_max;
	u->batch = old->batch;
	return 0;
}

int
udp_adopt(struct udp *u, const struct udp *old, const struct addr *bind,
    const struct udp_options *options, const char **step)
{
	int family = sockaddr_family(bind);

	memset(u, 0, sizeof(*u));
	u->local_wanted = addr_is_any(bind);
	*step = "dup";
	errno = EINVAL;
	u->fd = old->connected || (old->df != UDP_DF_AUTO &&
	    options->df == UDP_DF_AUTO) ? FD_NONE : sock_dup(old->fd);
	if (u->fd == FD_NONE)
		return -1;
	if (udp_prepare(u, family, NULL, options, step) == 0 &&
	    udp_choose_again(u, old, family, options) == 0)
		return 0;
	sock_close(u->fd);
	u->fd = FD_NONE;
	return -1;
}

int
udp_connect(struct udp *u, const struct addr *peer)
{
	union sock_addr sa;
	socklen_t len = sockaddr_from(&sa, peer);

	if (sock_connect(u->fd, &sa, len) == -1)
		return -1;
	u->connected = true;
	return 0;
}

void
udp_close(struct udp *u)
{
	sock_close(u->fd);
	u->fd = FD_NONE;
}

int
udp_receive(struct udp *u, struct arena *arena, struct udp_msg *msg,
    unsigned max)
{
	return u->ops->receive(u, arena, msg, max);
}

void
udp_received(struct udp_msg *m, size_t len, const union sock_addr *from,
    const union sock_addr *local)
{
	m->d.len = len;
	m->d.tail -= len;
	if (from != NULL)
		sockaddr_to(&m->peer, from);
	else
		memset(&m->peer, 0, sizeof(m->peer));
	if (local != NULL)
		sockaddr_to(&m->local, local);
	else
		memset(&m->local, 0, sizeof(m->local));
}

int
udp_read_result(struct udp *u, int error, unsigned n)
{
	if (error == 0 || error == EAGAIN || error == EWOULDBLOCK)
		return (int)n;
	udp_count(u, error, 1);
	errno = error;
	return n > 0 ? (int)n : -1;
}

bool
udp_reports_local(uint8_t family)
{
	int number = family == 4 ? AF_INET : AF_INET6;
	fd_t fd = sock_open(number, SOCK_DGRAM);
	bool reports;

	if (fd == FD_NONE)
		return true;	/* nothing is sent to an address of it */
	reports = sock_opt_pktinfo(fd, number) == 0;
	sock_close(fd);
	return reports;
}

void
udp_local(const struct udp *u, struct addr *a)
{
	union sock_addr sa;

	memset(a, 0, sizeof(*a));
	if (sock_local(u->fd, &sa) == 0)
		sockaddr_to(a, &sa);
}

/* Sends a socket's chain; it is no longer dirty then.  By one that is closed,
 * or could not be opened again, nothing is sent. */
static void
udp_send_chain(struct udp_queue *q, struct udp *u)
{
	struct udp_msg *chain[UDP_QUEUE];
	unsigned at, n = 0;

	for (at = u->first; at != 0; at = q->next[at - 1])
		chain[n++] = &q->msg[at - 1];
	u->first = u->last = 0;
	u->next_dirty = NULL;
	if (u->fd == FD_NONE)
		udp_count(u, EBADF, n);
	else
		u->ops->send(u, chain, n);
}

void
udp_put(struct udp_queue *q, struct udp *u, const struct dgram *d,
    const struct addr *peer, const struct addr *local)
{
	struct udp_msg *m;

	if (q->count == UDP_QUEUE)
		udp_flush(q);
	m = &q->msg[q->count];
	m->d = *d;
	m->peer.family = m->local.family = 0;
	if (peer != NULL)
		m->peer = *peer;
	if (local != NULL)
		m->local = *local;
	q->next[q->count++] = 0;
	if (u->first == 0) {
		u->first = (uint16_t)q->count;
		u->next_dirty = q->dirty;
		q->dirty = u;
	} else {
		q->next[u->last - 1] = (uint16_t)q->count;
	}
	u->last = (uint16_t)q->count;
}

void
udp_flush(struct udp_queue *q)
{
	struct udp *u;

	while ((u = q->dirty) != NULL) {
		q->dirty = u->next_dirty;
		udp_send_chain(q, u);
	}
	q->count = 0;
}

void
udp_forget(struct udp_queue *q, struct udp *u)
{
	struct udp **at;

	if (u->first == 0)
		return;
	for (at = &q->dirty; *at != u; at = &(*at)->next_dirty)
		;
	*at = u->next_dirty;
	udp_send_chain(q, u);
}

void
udp_log_system(void)
{
	struct udp_options options;
	struct addr any;
	struct udp u;
	const char *step;

	if (!log_wants(LEVEL_DEBUG))
		return;
	memset(&options, 0, sizeof(options));
	memset(&any, 0, sizeof(any));
	any.family = 4;
	if (udp_open(&u, &any, NULL, &options, &step) == -1)
		return;
	log_debug("datagrams pass by UDP's %s calls, %s UDP_SEGMENT, %s "
	    "UDP_GRO, %s their local address", u.ops->name,
	    u.gso ? "with" : "without", u.gro ? "with" : "without",
	    u.local_wanted ? "with" : "without");
	udp_close(&u);
}
