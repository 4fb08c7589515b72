/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes of the BSDs and macOS, set by the routing socket.
 *
 * NOTES.  route(4): a message is a head, then destination, gateway and mask, as
 * far as rtm_addrs names them, in this order.  Without RTF_GATEWAY the gateway
 * is the address of this host that indicates the device (-interface of
 * route(8)).  write() returns what became of the request.  RTF_PROTO1 and
 * RTF_PROTO2 are the routing daemons'; both together mark what is ours.
 */

#include "compat.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/../net/route.h>	/* by its own path it is ours */
#include <netinet/in.h>
#include <unistd.h>

#include "route_compat.h"

#include "net/rtsocket.h"

#include "net/route_hosts.h"
#include "net/sockaddr.h"

enum {
	RTSOCKET_PARTS = 3,	/* addresses of a message that is sent */
	RTSOCKET_NAMED = 8,	/* of one that is read; more are not looked
				 * at */
	RTSOCKET_OURS = RTF_PROTO1 | RTF_PROTO2,
	RTSOCKET_LISTS = 10,	/* attempts, as the list may grow meanwhile */
};

/* A message; rest has room for padding. */
struct rtsocket_message {
	struct rt_msghdr head;
	uint8_t rest[RTSOCKET_PARTS * (sizeof(union sock_addr) + ROUTE_PAD)];
};

/* What padding makes of a length. */
static size_t
padded_size(size_t n)
{
	return (n + ROUTE_PAD - 1) / ROUTE_PAD * ROUTE_PAD;
}

/* Writes an address as the system has it; returns its length. */
static size_t
write_address(union sock_addr *sa, const struct addr *a)
{
	size_t len = sockaddr_from(sa, a);

	if (a->family == 4)
		sa->in.sin_len = (uint8_t)len;
	else
		sa->in6.sin6_len = (uint8_t)len;
	return len;
}

/* Appends bytes of an address; returns where the next one goes. */
static uint8_t *
append_bytes(uint8_t *at, const void *p, size_t len)
{
	memcpy(at, p, len);
	return at + padded_size(len);
}

/* Appends an address; the same. */
static uint8_t *
append_address(uint8_t *at, const struct addr *a)
{
	union sock_addr sa;
	size_t len = write_address(&sa, a);

	return append_bytes(at, &sa, len);
}

/* Sets all bits after the prefix to 0, or all of the prefix to 1. */
static struct addr
address_masked(const struct addr *a, unsigned bits, bool ones)
{
	struct addr masked = *a;
	unsigned i, full = a->family == 4 ? 32 : 128;

	masked.port = 0;
	masked.scope = 0;
	for (i = 0; i < full; i++)
		if (i >= bits)
			masked.ip[i / 8] &= (uint8_t)~(0x80 >> i % 8);
		else if (ones)
			masked.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return masked;
}

/* Sends a request; 0, or -1 and errno. */
static int
rtsocket_send(const struct rtsocket_message *m)
{
	int fd = socket(PF_ROUTE, SOCK_RAW, 0), error;
	ssize_t n;

	if (fd < 0)
		return -1;
	/* Nothing is read: neither replies nor what others do. */
	(void)shutdown(fd, SHUT_RD);
	n = write(fd, m, m->head.rtm_msglen);
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}

/* Adds or deletes a route whose gateway has len bytes; 0, or -1 and errno. */
static int
rtsocket_request(bool add, const struct addr *net, unsigned bits,
    const void *gateway, size_t len, int flags)
{
	bool host = bits == (net->family == 4 ? 32 : 128);
	struct addr part = address_masked(net, bits, false);
	struct rtsocket_message m;
	uint8_t *at = m.rest;

	memset(&m, 0, sizeof(m));
	ROUTE_SET_HEAD(&m.head);
	m.head.rtm_version = RTM_VERSION;
	m.head.rtm_type = add ? RTM_ADD : RTM_DELETE;
	m.head.rtm_flags = RTF_UP | RTF_STATIC | (host ? RTF_HOST : 0) | flags;
	m.head.rtm_addrs = RTA_DST | RTA_GATEWAY | (host ? 0 : RTA_NETMASK);
	m.head.rtm_seq = 1;
	at = append_address(at, &part);
	at = append_bytes(at, gateway, len);
	if (!host) {
		part = address_masked(net, bits, true);
		at = append_address(at, &part);
	}
	m.head.rtm_msglen = (uint16_t)(at - (uint8_t *)&m);
	return rtsocket_send(&m);
}

int
rtsocket_change(bool add, const struct addr *net, unsigned bits,
    const struct addr *own)
{
	union sock_addr sa;
	size_t len = write_address(&sa, own);

	return rtsocket_request(add, net, bits, &sa, len, 0);
}

/* The address of this host that packets are refused at. */
static struct addr
loopback_of(uint8_t family)
{
	struct addr a;

	memset(&a, 0, sizeof(a));
	a.family = family;
	if (family == 4)
		a.ip[0] = 127;
	a.ip[family == 4 ? 3 : 15] = 1;
	return a;
}

int
rtsocket_change_part(bool add, const struct addr *net, unsigned bits,
    const struct route_way *way)
{
	struct addr loopback = loopback_of(net->family);
	int flags = RTSOCKET_OURS;
	union sock_addr sa;
	size_t len;

	if (way->kind == ROUTE_WAY_NONE) {
		len = write_address(&sa, &loopback);
		return rtsocket_request(add, net, bits, &sa, len,
		    flags | RTF_GATEWAY | RTF_REJECT);
	}
	if (way->kind == ROUTE_WAY_ROUTER)
		flags |= RTF_GATEWAY;
	return rtsocket_request(add, net, bits, way->address, way->len, flags);
}

void
rtsocket_way(struct route_way *way, const struct addr *own)
{
	union sock_addr sa;

	memset(way, 0, sizeof(*way));
	way->kind = ROUTE_WAY_DEVICE;
	way->len = (uint8_t)write_address(&sa, own);
	memcpy(way->address, &sa, way->len);
}

/*
 * The list
 */

/* An address in a message: its bytes, len of them. */
struct listed_address {
	const uint8_t *at;
	size_t len;
};

/* Finds the addresses that a message of n bytes has after its head; false: it
 * is cut off. */
static bool
find_addresses(const struct rt_msghdr *head, const uint8_t *p, size_t n,
    struct listed_address found[RTSOCKET_NAMED])
{
	size_t at = ROUTE_HEAD_SIZE(head), size;
	unsigned i;

	memset(found, 0, RTSOCKET_NAMED * sizeof(*found));
	for (i = 0; i < RTSOCKET_NAMED; i++) {
		if ((head->rtm_addrs & 1 << i) == 0)
			continue;
		/* A mask of no bits has no length. */
		if (at >= n)
			return false;
		size = ROUTE_ADDRESS_SIZE(p + at);
		if (size > n - at)
			return false;
		found[i].at = p + at;
		found[i].len = size;
		at += padded_size(size == 0 ? 1 : size);
	}
	return true;
}

/* Reads the destination of a route; false: it is of a different family. */
static bool
read_net(struct addr *net, const struct listed_address *from, uint8_t family)
{
	size_t least = family == 4 ? offsetof(struct sockaddr_in, sin_zero) :
	    offsetof(struct sockaddr_in6, sin6_scope_id);
	union sock_addr sa;

	if (from->at == NULL || from->len < least ||
	    from->len > sizeof(sa))
		return false;
	memset(&sa, 0, sizeof(sa));
	memcpy(&sa, from->at, from->len);
	sockaddr_to(net, &sa);
	net->port = 0;
	net->scope = 0;
	return net->family == family;
}

/* Counts the bits of a mask, whose last bytes are missing if they are 0. */
static unsigned
read_mask(const struct listed_address *from, uint8_t family)
{
	size_t i = family == 4 ? offsetof(struct sockaddr_in, sin_addr) :
	    offsetof(struct sockaddr_in6, sin6_addr);
	size_t end = i + (family == 4 ? 4 : 16);
	unsigned bits = 0;
	uint8_t byte;

	for (; i < end && i < from->len; i++)
		for (byte = from->at[i]; (byte & 0x80) != 0;
		    byte = (uint8_t)(byte << 1))
			bits++;
	return bits;
}

/* The bits of the prefix of a route. */
static unsigned
read_bits(const struct rt_msghdr *head, const struct addr *net,
    const struct listed_address *mask)
{
	unsigned full = net->family == 4 ? 32 : 128;

	if ((head->rtm_flags & RTF_HOST) != 0)
		return full;
	if (mask->at != NULL)
		return read_mask(mask, net->family);
	/* The default route may have no mask at all. */
	return addr_is_any(net) ? 0 : full;
}

/* Reads one message of n bytes; false: it is no route of that family. */
static bool
read_entry(struct route_entry *e, uint8_t family, const struct rt_msghdr *head,
    const uint8_t *p, size_t n)
{
	static const int dead = RTF_REJECT | RTF_BLACKHOLE | RTF_DYNAMIC |
	    ROUTE_COPIES;
	struct listed_address found[RTSOCKET_NAMED];
	const struct listed_address *gateway = &found[1];
	int flags = head->rtm_flags;

	memset(e, 0, sizeof(*e));
	if (head->rtm_version != RTM_VERSION ||
	    !find_addresses(head, p, n, found) ||
	    !read_net(&e->net, &found[0], family))
		return false;
	e->bits = read_bits(head, &e->net, &found[2]);
	/* Copies have the flags of what they are copies of. */
	e->ours = (flags & RTSOCKET_OURS) == RTSOCKET_OURS &&
	    (flags & ROUTE_COPIES) == 0;
	if ((flags & RTF_REJECT) != 0 || gateway->len == 0 ||
	    gateway->len > ROUTE_WAY_MAX)
		return true;
	e->usable = (flags & RTF_UP) != 0 && (flags & dead) == 0;
	e->way.kind = (flags & RTF_GATEWAY) != 0 ? ROUTE_WAY_ROUTER :
	    ROUTE_WAY_DEVICE;
	e->way.len = (uint8_t)gateway->len;
	memcpy(e->way.address, gateway->at, gateway->len);
	return true;
}

/* Asks for the list; its bytes, which the caller frees, and how many.  NULL and
 * errno. */
static uint8_t *
list_read(int family, size_t *n)
{
	int what[6] = { CTL_NET, PF_ROUTE, 0, family, NET_RT_DUMP, 0 };
	uint8_t *list = NULL;
	unsigned i;

	for (i = 0; i < RTSOCKET_LISTS; i++) {
		if (sysctl(what, 6, NULL, n, NULL, 0) != 0)
			return NULL;
		/* Some more may be there when it is asked for. */
		*n += *n / 8 + 1;
		list = malloc(*n);
		if (list == NULL || sysctl(what, 6, list, n, NULL, 0) == 0)
			return list;
		free(list);
		if (errno != ENOMEM)
			return NULL;
	}
	return NULL;
}

int
rtsocket_list(uint8_t family, rtsocket_fn *fn, void *arg)
{
	struct rt_msghdr head;
	struct route_entry e;
	uint8_t *list;
	size_t n, at;

	list = list_read(family == 4 ? AF_INET : AF_INET6, &n);
	if (list == NULL)
		return -1;
	for (at = 0; n - at >= sizeof(head); at += head.rtm_msglen) {
		memcpy(&head, list + at, sizeof(head));
		if (head.rtm_msglen < sizeof(head) ||
		    head.rtm_msglen > n - at)
			break;
		if (read_entry(&e, family, &head, list + at, head.rtm_msglen))
			fn(arg, &e);
	}
	free(list);
	return 0;
}
