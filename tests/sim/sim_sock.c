/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The functions of compat/sock.h on simulated hosts.
 */

#include "sim_sock.h"

#include "net/sockaddr.h"
#include "net/udp.h"

enum {
	FIRST_FD = 1000,	/* not to be taken for a real one */
	LAST_FD = 65536,
};

static struct sim_sock *socks[LAST_FD];
static unsigned lowest;		/* no free place before it */

const struct udp_ops *const udp_list[] = { &udp_plain, NULL };

/*
 * Descriptors
 */

struct sim_sock *
sim_sock_of(fd_t fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + LAST_FD ||
	    socks[fd - FIRST_FD] == NULL) {
		printf("Bail out! descriptor %ld is not open\n", (long)fd);
		abort();
	}
	return socks[fd - FIRST_FD];
}

struct sim_sock *
sim_sock_new(struct sim_host *h, int family, int type)
{
	struct sim_sock *s;

	if (h->n_fds >= h->max_fds) {
		errno = EMFILE;
		return NULL;
	}
	while (socks[lowest] != NULL)
		if (++lowest == LAST_FD)
			abort();
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	socks[lowest] = s;
	s->fd = (fd_t)(FIRST_FD + lowest);
	s->host = h;
	s->family = family;
	s->type = type;
	s->last = &s->first;
	s->receive_max = 212992;
	s->send_max = 128 * 1024;
	list_init(&s->waiting);
	list_add(&h->socks, &s->link);
	h->n_fds++;
	return s;
}

void
sim_sock_changed(struct sim_sock *s)
{
	sim_watch_look(s);
	sim_wake(s->host);
}

unsigned
sim_sock_events(const struct sim_sock *s)
{
	unsigned events = 0;

	if (s->type == 0)
		return (s->bytes > 0 ? READABLE : 0u) | WRITABLE;
	if (s->type == SOCK_STREAM && !s->listening) {
		events = sim_tcp_events(s);
	} else if (s->listening) {
		events = list_empty(&s->waiting) ? 0 : READABLE;
	} else {
		events = WRITABLE;
		if (s->first != NULL)
			events |= READABLE;
	}
	if (s->error != 0)
		events |= READABLE | WRITABLE;
	return events;
}

void
sim_port_given(struct sim_host *h, uint16_t port)
{
	h->given[port / 64] |= UINT64_C(1) << port % 64;
}

/* Is the port taken on that host? */
static bool
port_taken(const struct sim_host *h, int type, const struct addr *at)
{
	const struct list *link;
	const struct sim_sock *s;

	if ((h->given[at->port / 64] >> at->port % 64 & 1) == 0)
		return false;
	for (link = h->socks.next; link != &h->socks; link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type == type && s->local.family == at->family &&
		    (s->local.port == at->port || s->outside == at->port) &&
		    (s->tcp == NULL) &&
		    (addr_is_any(&s->local) || addr_is_any(at) ||
		    addr_same(&s->local, at)))
			return true;
	}
	return false;
}

void
sim_sock_autobind(struct sim_sock *s, const struct addr *to)
{
	struct addr at = { 0 };
	unsigned i;

	if (s->local.family == 0 || addr_is_any(&s->local)) {
		at.family = s->family == AF_INET6 ? 6 : 4;
		at.port = s->local.port;
		if (to != NULL && addr_is_loopback(to)) {
			at = *to;
			at.port = s->local.port;
		} else if (to != NULL) {
			for (i = 0; i < s->host->n_addr; i++)
				if (s->host->addr[i].family == at.family)
					memcpy(at.ip, s->host->addr[i].ip,
					    sizeof(at.ip));
		}
		s->local = at;
	}
	while (s->local.port == 0) {
		at.port = s->host->next_port++;
		if (s->host->next_port == 65000)
			s->host->next_port = 30000;
		if (!port_taken(s->host, s->type, &at))
			s->local.port = at.port;
	}
	sim_port_given(s->host, s->local.port);
	if (s->outside == 0)
		s->outside = s->local.port;
}

/*
 * compat/sock.h
 */

int
sock_init(void)
{
	return 0;
}

unsigned long
sock_raise_limit(void)
{
	return 0;
}

const char *
sock_strerror(int error)
{
	return strerror(error);
}

fd_t
sock_open(int family, int type)
{
	struct sim_sock *s = sim_sock_new(sim_here(), family, type);

	return s == NULL ? FD_NONE : s->fd;
}

fd_t
sock_dup(fd_t fd)
{
	(void)fd;
	errno = ENOSYS;
	return FD_NONE;
}

void
sock_close(fd_t fd)
{
	struct sim_sock *s;

	if (fd == FD_NONE)
		return;
	s = sim_sock_of(fd);
	if (s->watch != NULL) {
		printf("Bail out! descriptor %ld is closed and watched\n",
		    (long)fd);
		abort();
	}
	if (s->type == SOCK_DGRAM && s->outside != s->local.port) {
		s->host->nat_inside = s->local.port;
		s->host->nat_outside = s->outside;
	}
	if (s->type == SOCK_DGRAM)
		sim_udp_close(s);
	else if (s->type == SOCK_STREAM)
		sim_tcp_close(s);
	else if (s->other != NULL)
		s->other->other = NULL;
	list_remove(&s->link);
	s->host->n_fds--;
	socks[fd - FIRST_FD] = NULL;
	if ((unsigned)(fd - FIRST_FD) < lowest)
		lowest = (unsigned)(fd - FIRST_FD);
	free(s);
}

int
sock_pair(fd_t pair[2])
{
	struct sim_sock *a = sim_sock_new(sim_here(), 0, 0), *b;

	if (a == NULL)
		return -1;
	b = sim_sock_new(sim_here(), 0, 0);
	if (b == NULL) {
		sock_close(a->fd);
		return -1;
	}
	a->other = b;
	b->other = a;
	pair[0] = a->fd;
	pair[1] = b->fd;
	return 0;
}

int
sock_bind(fd_t fd, const union sock_addr *addr, socklen_t len)
{
	struct sim_sock *s = sim_sock_of(fd);
	struct addr at;

	(void)len;
	sockaddr_to(&at, addr);
	if (sim_host_of(s->host, &at) != s->host ||
	    (sim_rules.unusable && !addr_is_any(&at))) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	if (at.port != 0 && port_taken(s->host, s->type, &at)) {
		errno = EADDRINUSE;
		return -1;
	}
	s->local = at;
	s->outside = at.port;
	sim_port_given(s->host, at.port);
	if (at.port == 0)
		sim_sock_autobind(s, NULL);
	else if (s->type == SOCK_DGRAM && at.port == s->host->nat_inside)
		s->outside = s->host->nat_outside;
	return 0;
}

int
sock_listen(fd_t fd, int backlog)
{
	struct sim_sock *s = sim_sock_of(fd);

	s->listening = true;
	s->backlog = (unsigned)backlog;
	return 0;
}

int
sock_connect(fd_t fd, const union sock_addr *addr, socklen_t len)
{
	struct sim_sock *s = sim_sock_of(fd);
	struct addr to;
	unsigned i;

	(void)len;
	sockaddr_to(&to, addr);
	for (i = 0; i < s->host->n_addr; i++)
		if (s->host->addr[i].family == to.family)
			break;
	if (i == s->host->n_addr && !addr_is_loopback(&to)) {
		errno = ENETUNREACH;
		return -1;
	}
	sim_sock_autobind(s, &to);
	s->peer = to;
	return s->type == SOCK_STREAM ? sim_tcp_connect(s, &to) : 0;
}

int
sock_shutdown(fd_t fd)
{
	sim_tcp_shutdown(sim_sock_of(fd));
	return 0;
}

fd_t
sock_accept(fd_t fd, union sock_addr *from, socklen_t *len)
{
	struct sim_sock *s = sim_sock_of(fd), *taken;
	struct sim_tcp *t;
	socklen_t size;

	if (list_empty(&s->waiting)) {
		errno = EAGAIN;
		return FD_NONE;
	}
	taken = sim_sock_new(s->host, s->family, SOCK_STREAM);
	if (taken == NULL)
		return FD_NONE;
	t = sim_tcp_take(s);
	sim_tcp_attach(t, taken);
	if (from != NULL) {
		size = sockaddr_from(from, &taken->peer);
		if (len != NULL)
			*len = size;
	}
	return taken->fd;
}

ssize_t
sock_recv(fd_t fd, void *buf, size_t size)
{
	struct sim_sock *s = sim_sock_of(fd);
	bool truncated;

	if (s->type == SOCK_DGRAM)
		return sock_recv_from(fd, buf, size, NULL, NULL, &truncated);
	if (s->type == SOCK_STREAM)
		return sim_tcp_in(s, buf, size);
	if (s->bytes == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (size > s->bytes)
		size = s->bytes;
	s->bytes -= size;
	memset(buf, 0, size);
	return (ssize_t)size;
}

ssize_t
sock_send(fd_t fd, const void *buf, size_t len)
{
	struct sim_sock *s = sim_sock_of(fd);

	if (s->type == SOCK_DGRAM)
		return sim_udp_out(s, buf, len, NULL, NULL);
	if (s->type == SOCK_STREAM)
		return sim_tcp_out(s, buf, len);
	if (s->other == NULL) {
		errno = EPIPE;
		return -1;
	}
	s->other->bytes += len;
	sim_sock_changed(s->other);
	return (ssize_t)len;
}

ssize_t
sock_send_more(fd_t fd, const void *buf, size_t len)
{
	return sock_send(fd, buf, len);
}

ssize_t
sock_send_to(fd_t fd, const void *buf, size_t len, const union sock_addr *to,
    socklen_t to_len, const union sock_addr *local)
{
	struct addr to_addr, local_addr = { 0 };

	(void)to_len;
	if (to != NULL)
		sockaddr_to(&to_addr, to);
	if (local != NULL)
		sockaddr_to(&local_addr, local);
	return sim_udp_out(sim_sock_of(fd), buf, len,
	    to == NULL ? NULL : &to_addr,
	    local_addr.family == 0 ? NULL : &local_addr);
}

int
sock_local(fd_t fd, union sock_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	sockaddr_from(addr, &sim_sock_of(fd)->local);
	return 0;
}

int
sock_peer(fd_t fd, union sock_addr *addr)
{
	struct sim_sock *s = sim_sock_of(fd);

	memset(addr, 0, sizeof(*addr));
	if (s->peer.family == 0 ||
	    (s->type == SOCK_STREAM && !sim_tcp_up(s))) {
		errno = ENOTCONN;
		return -1;
	}
	sockaddr_from(addr, &s->peer);
	return 0;
}

int
sock_error(fd_t fd)
{
	struct sim_sock *s = sim_sock_of(fd);
	int error = s->error;

	s->error = 0;
	return error;
}

unsigned long sim_asked_unsent;

long
sock_unsent(fd_t fd)
{
	sim_asked_unsent++;
	return sim_tcp_unsent(sim_sock_of(fd), true);
}

long
sock_notsent(fd_t fd)
{
	return sim_tcp_unsent(sim_sock_of(fd), false);
}

int
sock_tcp(fd_t fd, struct sock_tcp *t)
{
	return sim_tcp_info(sim_sock_of(fd), t);
}

/*
 * Options
 */

int
sock_opt_reuseaddr(fd_t fd)
{
	(void)sim_sock_of(fd);
	return 0;
}

int
sock_opt_v6only(fd_t fd, bool on)
{
	(void)sim_sock_of(fd);
	(void)on;
	return 0;
}

int
sock_opt_nodelay(fd_t fd)
{
	(void)sim_sock_of(fd);
	return 0;
}

int
sock_opt_keepalive(fd_t fd, int idle_s, int interval_s, int count)
{
	struct sim_sock *s = sim_sock_of(fd);

	s->keep_idle_s = idle_s;
	s->keep_interval_s = interval_s;
	s->keep_count = count;
	sim_tcp_keep(s);
	return 0;
}

int
sock_opt_user_timeout(fd_t fd, int timeout_ms)
{
	sim_sock_of(fd)->user_timeout_ms = timeout_ms;
	return 0;
}

int
sock_opt_notsent_lowat(fd_t fd, int bytes)
{
	struct sim_sock *s = sim_sock_of(fd);

	s->lowat = (size_t)bytes;
	sim_watch_look(s);
	return 0;
}

/* Nothing is copied from a socket that listens. */
bool
sock_opt_has_same(fd_t fd, fd_t other)
{
	(void)fd;
	(void)other;
	return false;
}

int
sock_opt_mss(fd_t fd, int bytes)
{
	if (sim_rules.fixed_mss) {
		errno = ENOPROTOOPT;
		return -1;
	}
	sim_sock_of(fd)->mss = (unsigned)bytes;
	return 0;
}

int
sock_opt_df(fd_t fd, int family, bool on)
{
	(void)family;
	if (sim_rules.fixed_df) {
		errno = ENOPROTOOPT;
		return -1;
	}
	sim_sock_of(fd)->df = on ? 1 : -1;
	return 0;
}

/* As on systems other than Linux. */
int
sock_opt_freebind(fd_t fd)
{
	(void)fd;
	errno = ENOPROTOOPT;
	return -1;
}

int
sock_opt_mark(fd_t fd, uint32_t mark)
{
	(void)mark;
	if (sim_sock_of(fd)->host->may_mark)
		return 0;
	errno = EPERM;
	return -1;
}

int
sock_opt_buffers(fd_t fd, int receive, int send)
{
	struct sim_sock *s = sim_sock_of(fd);

	if (receive != 0)
		s->receive_max = (size_t)receive;
	if (send != 0)
		s->send_max = (size_t)send;
	sim_watch_look(s);
	return 0;
}

int
sock_opt_pktinfo(fd_t fd, int family)
{
	(void)family;
	errno = ENOPROTOOPT;
	if (sim_rules.no_local_report)
		return -1;
	sim_sock_of(fd)->pktinfo = true;
	return 0;
}

int
sock_opt_udp_quiet(fd_t fd)
{
	(void)sim_sock_of(fd);
	return 0;
}
