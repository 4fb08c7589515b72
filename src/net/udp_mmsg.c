/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * UDP with many datagrams in a system call: recvmmsg() and sendmmsg(), with
 * UDP_SEGMENT and UDP_GRO where the kernel has them.
 *
 * NOTES.  Sending (UDP_SEGMENT, Linux 4.18): a run of datagrams of one size
 * for one peer, the last of which may be shorter, is one message with an
 * iovec for each; the kernel splits it after routing.  It refuses
 * segments over the path's MTU, which alone would be fragmented: then a run
 * is sent singly, and if that works, no run of such size is tried again.
 *
 * Receiving (UDP_GRO, Linux 5.0): a slot may hold a run of up to 128
 * segments, and there must be room for all of them, so that only one slot is
 * read in a call.  That is good for bulk from one sender and bad for many, so
 * GRO is asked for when a whole batch came from one peer in one size.  It is
 * never switched off again: segments that are joined and waiting would then be
 * read as one datagram.
 */

#include "compat.h"

#include <sys/uio.h>

#include "sock_cmsg.h"
#include "udp_offload.h"

#include "net/udp.h"

#include "net/sockaddr.h"
#include "net/udp_joined.h"

enum { GSO_LEAST = 256 };	/* segments that must be possible */

/* What is handed to recvmmsg(). */
struct receive_batch {
	struct mmsghdr hdr[DGRAM_BATCH];
	struct iovec iov[DGRAM_BATCH];
	union sock_addr from[DGRAM_BATCH];
	union sock_control control[DGRAM_BATCH];
	struct dgram d[DGRAM_BATCH];
};

/* What is handed to sendmmsg(). */
struct send_batch {
	struct mmsghdr hdr[DGRAM_BATCH];
	struct iovec iov[UDP_QUEUE];
	union sock_addr to[DGRAM_BATCH];
	union sock_control control[DGRAM_BATCH];
	size_t local_len[DGRAM_BATCH];	/* of control: without UDP_SEGMENT */
	unsigned used;			/* messages */
	unsigned segments;		/* datagrams in them */
};

/* Sets an option of UDP; 0, or -1. */
static int
mmsg_option(struct udp *u, int name, int value)
{
	return setsockopt(u->fd, IPPROTO_UDP, name, &value, sizeof(value));
}

/* Probes which calls and options the kernel has. */
static int
mmsg_open(struct udp *u, int family, const struct udp_options *options)
{
	struct mmsghdr none;

	(void)family;
	if (options->found != NULL && options->found->asked) {
		u->gso = options->found->gso;
		u->gro = options->found->gro;
		return 0;
	}
	memset(&none, 0, sizeof(none));
	if (recvmmsg(u->fd, &none, 0, MSG_DONTWAIT, NULL) == -1 ||
	    sendmmsg(u->fd, &none, 0, MSG_DONTWAIT) == -1)
		return -1;
	if (u->gso && mmsg_option(u, UDP_SEGMENT, 0) == -1)
		u->gso = false;
	if (u->gro && mmsg_option(u, UDP_GRO, 0) == -1)
		u->gro = false;
	if (options->found != NULL) {
		options->found->asked = true;
		options->found->gso = u->gso;
		options->found->gro = u->gro;
	}
	return 0;
}

/* Reads into n slots from the given one on; returns how many were filled, or
 * -1 and errno. */
static int
mmsg_read(struct udp *u, size_t space, struct receive_batch *b,
    unsigned first, unsigned n)
{
	struct msghdr *h;
	unsigned i;
	int got;

	memset(b->hdr + first, 0, n * sizeof(b->hdr[0]));
	for (i = first; i < first + n; i++) {
		b->iov[i].iov_base = b->d[i].data;
		b->iov[i].iov_len = space;
		h = &b->hdr[i].msg_hdr;
		h->msg_iov = &b->iov[i];
		h->msg_iovlen = 1;
		if (!u->connected) {
			h->msg_name = &b->from[i];
			h->msg_namelen = sizeof(b->from[i]);
		}
		if (u->local_wanted || u->gro_on) {
			h->msg_control = &b->control[i];
			h->msg_controllen = sizeof(b->control[i]);
		}
	}
	do
		got = recvmmsg(u->fd, b->hdr + first, n, MSG_DONTWAIT, NULL);
	while (got == -1 && errno == EINTR);
	return got;
}

/* Makes a message of slot i; false when it was truncated. */
static bool
mmsg_take(struct udp *u, struct receive_batch *b, unsigned i,
    struct udp_msg *m)
{
	union sock_addr local;

	if (b->hdr[i].msg_hdr.msg_flags & MSG_TRUNC) {
		u->lost.truncated++;
		return false;
	}
	m->d = b->d[i];
	if (u->local_wanted)
		sock_cmsg_local(&b->hdr[i].msg_hdr, &local);
	udp_received(m, b->hdr[i].msg_len, u->connected ? NULL : &b->from[i],
	    u->local_wanted ? &local : NULL);
	return true;
}

/* The size of the segments that the kernel joined; 0: it did not. */
static size_t
mmsg_segment_size(struct msghdr *h)
{
	struct cmsghdr *c;
	int size;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO &&
		    c->cmsg_len >= CMSG_LEN(sizeof(size))) {
			memcpy(&size, CMSG_DATA(c), sizeof(size));
			return size > 0 ? (size_t)size : 0;
		}
	return 0;
}

/* Receives a few slots at a time, as long as there is room for the most
 * segments that they may hold, and not too much that would have to be kept in
 * the cache. */
static int
mmsg_receive_joined(struct udp *u, struct arena *arena,
    struct receive_batch *b, struct udp_msg *msg, unsigned max)
{
	size_t space = arena_space(arena);
	unsigned slots = udp_slots(u, arena, max), at = 0, n = 0, want, end;
	size_t filled = 0;
	int got = 1, error;

	arena_rewind(arena);
	arena_take(arena, b->d, slots);
	for (;;) {
		want = n == 0 && max < UDP_SEGMENTS ? 1 :
		    filled >= ARENA_FULL ? 0 : (max - n) / UDP_SEGMENTS;
		if (want > slots - at)
			want = slots - at;
		u->more = want == 0;
		if (want == 0)
			break;
		got = mmsg_read(u, space, b, at, want);
		if (got == -1)
			break;
		for (end = at + (unsigned)got; at < end; at++) {
			if (!mmsg_take(u, b, at, &msg[n]))
				continue;
			filled += msg[n].d.len;
			n += udp_split(u, &msg[n], mmsg_segment_size(
			    &b->hdr[at].msg_hdr), max - n);
		}
		if ((unsigned)got < want)
			break;
	}
	error = got == -1 ? errno : 0;
	arena_give_back(arena, slots - at);
	arena_filled(arena, filled);
	udp_adapt(u, at);
	return udp_read_result(u, error, n);
}

/* Receives a batch. */
static int
mmsg_receive(struct udp *u, struct arena *arena, struct udp_msg *msg,
    unsigned max)
{
	struct receive_batch b;
	unsigned slots = udp_slots(u, arena, max), n = 0;
	int i, got, error;

	if (u->gro_on)
		return mmsg_receive_joined(u, arena, &b, msg, max);
	arena_take(arena, b.d, slots);
	got = mmsg_read(u, arena_space(arena), &b, 0, slots);
	error = errno;
	arena_give_back(arena, got == -1 ? slots : slots - (unsigned)got);
	u->more = false;
	if (got == -1)
		return udp_read_result(u, error, 0);
	u->more = (unsigned)got == slots;
	udp_adapt(u, (unsigned)got);
	for (i = 0; i < got; i++)
		n += mmsg_take(u, &b, (unsigned)i, &msg[n]);
	if (u->gro && max >= UDP_BATCH &&
	    udp_is_bulk(msg, n, arena_batch(arena))) {
		u->gro_on = mmsg_option(u, UDP_GRO, 1) == 0;
		u->gro = u->gro_on;
	}
	return (int)n;
}

/* Adds a message of n datagrams to the batch. */
static void
mmsg_add(const struct udp *u, struct send_batch *b,
    struct udp_msg *const *msg, unsigned n)
{
	struct msghdr *h = &b->hdr[b->used].msg_hdr;
	union sock_control *control = &b->control[b->used];
	union sock_addr local;
	struct cmsghdr *c;
	uint16_t size;
	unsigned i;

	memset(&b->hdr[b->used], 0, sizeof(b->hdr[b->used]));
	h->msg_iov = &b->iov[b->segments];
	h->msg_iovlen = n;
	for (i = 0; i < n; i++) {
		h->msg_iov[i].iov_base = msg[i]->d.data;
		h->msg_iov[i].iov_len = msg[i]->d.len;
	}
	if (!u->connected) {
		h->msg_name = &b->to[b->used];
		h->msg_namelen = sockaddr_from(&b->to[b->used], &msg[0]->peer);
	}
	h->msg_controllen = 0;
	if (msg[0]->local.family != 0) {
		sockaddr_from(&local, &msg[0]->local);
		h->msg_controllen = sock_cmsg_put_local(control,
		    sizeof(*control), &local);
	}
	b->local_len[b->used] = h->msg_controllen;
	if (n > 1) {
		size = (uint16_t)msg[0]->d.len;
		c = (struct cmsghdr *)(void *)(control->space +
		    h->msg_controllen);
		memset(c, 0, CMSG_SPACE(sizeof(size)));
		c->cmsg_level = IPPROTO_UDP;
		c->cmsg_type = UDP_SEGMENT;
		c->cmsg_len = CMSG_LEN(sizeof(size));
		memcpy(CMSG_DATA(c), &size, sizeof(size));
		h->msg_controllen += CMSG_SPACE(sizeof(size));
	}
	h->msg_control = h->msg_controllen == 0 ? NULL : control;
	b->used++;
	b->segments += n;
}

/* Fills the batch; returns how many datagrams it took. */
static unsigned
mmsg_fill(const struct udp *u, struct send_batch *b,
    struct udp_msg *const *msg, unsigned n)
{
	unsigned at, run;

	b->used = b->segments = 0;
	for (at = 0; at < n && b->used < DGRAM_BATCH; at += run) {
		run = udp_run(u, msg + at, n - at);
		if (b->segments + run > UDP_QUEUE)
			break;
		mmsg_add(u, b, msg + at, run);
	}
	return at;
}

/* As sendmmsg(), but a pending ICMP error of an earlier datagram is counted and
 * the call repeated. */
static int
mmsg_write(struct udp *u, struct mmsghdr *hdr, unsigned n)
{
	int sent, refusal = 0;

	for (;;) {
		sent = sendmmsg(u->fd, hdr, n, MSG_DONTWAIT);
		if (sent != -1 || (errno != EINTR &&
		    (refusal != 0 || !udp_is_refusal(errno))))
			break;
		if (errno != EINTR)
			refusal = errno;
	}
	if (sent == -1 && errno == EWOULDBLOCK)
		errno = EAGAIN;
	if (refusal != 0 && (sent != -1 || !udp_is_refusal(errno)))
		udp_count_refusal(u, refusal, 1);
	return sent;
}

/* Sends message i of a batch as single datagrams, because its run failed with
 * that error; false when the socket is full. */
static bool
mmsg_send_singly(struct udp *u, struct send_batch *b, unsigned i, int error)
{
	struct mmsghdr one = b->hdr[i];
	size_t n = b->hdr[i].msg_hdr.msg_iovlen, size, at;

	one.msg_hdr.msg_iovlen = 1;
	one.msg_hdr.msg_controllen = b->local_len[i];
	if (b->local_len[i] == 0)
		one.msg_hdr.msg_control = NULL;
	for (at = 0; at < n; at++) {
		one.msg_hdr.msg_iov = b->hdr[i].msg_hdr.msg_iov + at;
		size = one.msg_hdr.msg_iov->iov_len;
		if (mmsg_write(u, &one, 1) == -1) {
			if (errno == EAGAIN) {
				udp_count(u, EAGAIN, (unsigned)(n - at));
				return false;
			}
			udp_count(u, errno, 1);
		} else if (at == 0) {
			/* So the kernel refused the run, not its datagrams. */
			if (error != EINVAL && error != EMSGSIZE)
				u->gso = false;
			else if (size <= u->gso_max)
				u->gso_max = (uint16_t)(size - 1);
			if (u->gso_max < GSO_LEAST)
				u->gso = false;
		}
	}
	return true;
}

/* Sends a batch; false, with what was lost counted, when the socket is full. */
static bool
mmsg_send_batch(struct udp *u, struct send_batch *b)
{
	unsigned at = 0, left = b->segments, n;
	int sent, error;

	while (at < b->used) {
		sent = mmsg_write(u, b->hdr + at, b->used - at);
		error = errno;
		for (; sent > 0; sent--)
			left -= (unsigned)b->hdr[at++].msg_hdr.msg_iovlen;
		if (sent != -1)
			continue;
		if (error == EAGAIN) {
			udp_count(u, EAGAIN, left);
			return false;
		}
		n = (unsigned)b->hdr[at].msg_hdr.msg_iovlen;
		left -= n;
		if (n == 1 || udp_is_refusal(error) || error == ENOBUFS) {
			udp_count(u, error, n);
		} else if (!mmsg_send_singly(u, b, at, error)) {
			udp_count(u, EAGAIN, left);
			return false;
		}
		at++;
	}
	return true;
}

/* Sends in order. */
static void
mmsg_send(struct udp *u, struct udp_msg *const *msg, unsigned n)
{
	struct send_batch b;
	unsigned at;

	for (at = 0; at < n; ) {
		at += mmsg_fill(u, &b, msg + at, n - at);
		if (!mmsg_send_batch(u, &b)) {
			if (at < n)
				udp_count(u, EAGAIN, n - at);
			return;
		}
	}
}

const struct udp_ops udp_mmsg = {
	"mmsg", mmsg_open, mmsg_receive, mmsg_send,
};
