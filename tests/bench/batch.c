/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many datagrams in a system call; see batch.h.
 */

#include "compat.h"

#include <poll.h>
#include <sys/uio.h>

#include "batch.h"

#include "udp_offload.h"

enum {
	JOIN_MOST = 64,		/* datagrams in a message */
	JOIN_BYTES = 65000,
	COLOUR = 192,		/* between slots, so that their beginnings do
				 * not share cache sets */
};

#if HAVE_RECVMMSG && HAVE_SENDMMSG
#define MESSAGE struct mmsghdr
#else
#define MESSAGE struct message
struct message {
	struct msghdr msg_hdr;
	unsigned msg_len;
};
#endif

/* Room for the size of segments. */
union control {
	struct cmsghdr align;
	uint8_t space[64];
};

struct batch_system {
	MESSAGE in[BATCH], out[BATCH];
	struct iovec in_iov[BATCH], out_iov[BATCH];
	union control in_control[BATCH], out_control[BATCH];
	unsigned joined[BATCH];	/* datagrams in each message of out */
	unsigned dirty;		/* of in: to be prepared again */
	size_t slot;
};

/* Ends the process. */
static void
fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What stands for the loopback. */
static struct in_addr host;

bool
loopback_is(const char *address)
{
	return inet_pton(AF_INET, address, &host) == 1;
}

struct sockaddr_in
loopback(unsigned port)
{
	struct sockaddr_in a;

	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_port = htons((uint16_t)port);
	a.sin_addr = host;
	if (host.s_addr == 0)
		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/* As large a buffer for reading as the system gives. */
static void
enlarge(fd_t fd)
{
	int size;

#ifdef SO_RCVBUFFORCE
	size = 4 * 1024 * 1024;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == 0)
		return;
#endif
	for (size = 4 * 1024 * 1024; size >= 64 * 1024; size /= 2)
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size)) == 0)
			return;
}

fd_t
loopback_socket(int port, unsigned peer, bool large)
{
	struct sockaddr_in a;
	fd_t fd = sock_open(AF_INET, SOCK_DGRAM);

	if (fd == FD_NONE)
		fail("socket");
	if (large)
		enlarge(fd);
	if (port >= 0) {
		a = loopback((unsigned)port);
		if (host.s_addr != 0)
			a.sin_addr.s_addr = htonl(INADDR_ANY);
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
			fail("bind");
	}
	if (peer != 0) {
		a = loopback(peer);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
			fail("connect");
	}
	return fd;
}

bool
batch_join(fd_t fd)
{
	int one = 1;

	return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one)) == 0;
}

struct batch *
batch_new(size_t slot)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct batch_system *s = calloc(1, sizeof(*s));
	uint8_t *memory = malloc(BATCH * (slot + COLOUR));
	unsigned i;

	if (b == NULL || s == NULL || memory == NULL)
		fail("memory");
	b->system = s;
	s->slot = slot;
	s->dirty = BATCH;
	for (i = 0; i < BATCH; i++) {
		b->p[i].data = memory + i * (slot + COLOUR);
		s->in_iov[i].iov_base = b->p[i].data;
		s->in_iov[i].iov_len = slot;
		s->in[i].msg_hdr.msg_iov = &s->in_iov[i];
		s->in[i].msg_hdr.msg_iovlen = 1;
		s->in[i].msg_hdr.msg_name = &b->p[i].from;
		s->in[i].msg_hdr.msg_control = &s->in_control[i];
	}
	return b;
}

/* recvmmsg(), or as good as that. */
static int
receive_many(fd_t fd, MESSAGE *m, unsigned n)
{
#if HAVE_RECVMMSG && HAVE_SENDMMSG
	return recvmmsg(fd, m, n, MSG_DONTWAIT, NULL);
#else
	unsigned i;
	ssize_t got;

	for (i = 0; i < n; i++) {
		got = recvmsg(fd, &m[i].msg_hdr, MSG_DONTWAIT);
		if (got == -1)
			break;
		m[i].msg_len = (unsigned)got;
	}
	return i == 0 ? -1 : (int)i;
#endif
}

/* sendmmsg(), or as good as that. */
static int
send_many(fd_t fd, MESSAGE *m, unsigned n)
{
#if HAVE_RECVMMSG && HAVE_SENDMMSG
	return sendmmsg(fd, m, n, MSG_DONTWAIT);
#else
	unsigned i;

	for (i = 0; i < n; i++)
		if (sendmsg(fd, &m[i].msg_hdr, MSG_DONTWAIT) == -1)
			break;
	return i == 0 ? -1 : (int)i;
#endif
}

/* The size of the datagrams that a message joins; 0 when it does not. */
static size_t
segment_size(struct msghdr *h)
{
	struct cmsghdr *c;
	int size;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&size, CMSG_DATA(c), sizeof(size));
			return (size_t)size;
		}
	return 0;
}

unsigned
batch_receive(struct batch *b, fd_t fd, bool wait)
{
	struct batch_system *s = b->system;
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	unsigned i;
	int got;

	for (i = 0; i < s->dirty; i++) {
		s->in[i].msg_hdr.msg_namelen = sizeof(b->p[i].from);
		s->in[i].msg_hdr.msg_controllen = sizeof(s->in_control[i]);
	}
	s->dirty = 0;
	while ((got = receive_many(fd, s->in, BATCH)) == -1 && wait)
		(void)poll(&readable, 1, -1);
	if (got == -1)
		return 0;
	for (i = 0; i < (unsigned)got; i++) {
		b->p[i].len = s->in[i].msg_len;
		b->p[i].segment = s->in[i].msg_hdr.msg_controllen == 0 ? 0 :
		    segment_size(&s->in[i].msg_hdr);
		if (b->p[i].segment >= b->p[i].len)
			b->p[i].segment = 0;
	}
	s->dirty = (unsigned)got;
	return (unsigned)got;
}

/* How many from p on can be segments of one message. */
static unsigned
run_length(const struct packet *p, unsigned n)
{
	size_t total = p->len;
	unsigned i;

	if (p->segment != 0 || p->len == 0)
		return 1;
	for (i = 1; i < n && i < JOIN_MOST; i++) {
		total += p[i].len;
		if (p[i].segment != 0 || p[i].len != p->len ||
		    total > JOIN_BYTES)
			break;
	}
	return i;
}

/* Puts the size of segments into a message's control data. */
static void
put_segment(struct msghdr *h, union control *control, size_t segment)
{
	uint16_t size = (uint16_t)segment;
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(sizeof(size));
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
}

/* Makes a message of n datagrams from p on. */
static void
put_message(struct batch_system *s, unsigned at, unsigned iov,
    const struct packet *p, unsigned n, const struct sockaddr_in *to)
{
	struct msghdr *h = &s->out[at].msg_hdr;
	unsigned i;

	h->msg_iov = &s->out_iov[iov];
	h->msg_iovlen = n;
	h->msg_name = (void *)(uintptr_t)to;
	h->msg_namelen = to == NULL ? 0 : sizeof(*to);
	h->msg_control = NULL;
	h->msg_controllen = 0;
	for (i = 0; i < n; i++) {
		s->out_iov[iov + i].iov_base = p[i].data;
		s->out_iov[iov + i].iov_len = p[i].len;
	}
	s->joined[at] = p->segment != 0 ?
	    (unsigned)((p->len + p->segment - 1) / p->segment) : n;
	if (n > 1 || p->segment != 0)
		put_segment(h, &s->out_control[at],
		    n > 1 ? p->len : p->segment);
}

unsigned
batch_send(struct batch *b, fd_t fd, unsigned first, unsigned n,
    const struct sockaddr_in *to, bool join)
{
	struct batch_system *s = b->system;
	unsigned at, run, messages = 0, done = 0;
	int sent;

	for (at = 0; at < n; at += run) {
		run = join ? run_length(&b->p[first + at], n - at) : 1;
		put_message(s, messages++, at, &b->p[first + at], run, to);
	}
	for (at = 0; at < messages; ) {
		sent = send_many(fd, s->out + at, messages - at);
		if (sent == -1) {
			if (errno == EAGAIN || errno == ENOBUFS)
				break;
			at += errno != ECONNREFUSED && errno != EINTR;
			continue;
		}
		for (; sent > 0; sent--)
			done += s->joined[at++];
	}
	return done;
}
