/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets from and to the descriptor of a TUN device, on systems where it is
 * read and written one packet at a time.
 *
 * NOTES.  Linux has devices whose packets are many at once, too (tun_vnet.h).
 * BSD and macOS have the address family before each packet, four bytes
 * in network byte order.  It is read into the room before a slot, and written
 * there again.
 */

#include "compat.h"

#include <sys/uio.h>
#include <net/if.h>
#include <ifaddrs.h>

#include "net/tun.h"

#include "base/bytes.h"
#include "net/sockaddr.h"
#include "net/tun_super.h"
#include "net/tun_vnet.h"

int
tun_read_end(unsigned got, ssize_t len)
{
	if (got > 0 || (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == ENOBUFS)))
		return (int)got;
	if (len == 0)
		errno = ENXIO;
	return -1;
}

int
tun_receive(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	size_t space = arena_space(arena), bytes = 0;
	unsigned n, got = 0;
	ssize_t len = 0;

	if (t->super != NULL)
		return tun_vnet_receive(t, arena, d, max);
	if (max > arena_batch(arena))
		max = arena_batch(arena);
	arena_rewind(arena);
	arena_take(arena, d, max);
	while (got < max) {
		len = read(t->fd, d[got].data - t->head, space + t->head);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		if ((size_t)len < t->head)
			continue;
		d[got].len = (size_t)len - t->head;
		d[got].tail -= d[got].len;
		bytes += d[got].len;
		got++;
	}
	n = max - got;
	if (n > 0)
		arena_give_back(arena, n);
	arena_filled(arena, bytes);
	t->more = n == 0;
	return tun_read_end(got, len);
}

unsigned
tun_receive_left(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	return t->super == NULL ? 0 : tun_super_cut(t->super, arena, d, max);
}

/* Writes one packet; 0, or -1 and errno. */
static int
tun_write(const struct tun *t, struct dgram *d)
{
	uint8_t head[TUN_HEAD];
	struct iovec parts[2];
	ssize_t len;

	put_be32(head, d->len > 0 && d->data[0] >> 4 == 6 ? AF_INET6 :
	    AF_INET);
	parts[0].iov_base = head;
	parts[0].iov_len = sizeof(head);
	parts[1].iov_base = d->data;
	parts[1].iov_len = d->len;
	do {
		if (t->head == 0) {
			len = write(t->fd, d->data, d->len);
		} else if (d->head < t->head) {
			len = writev(t->fd, parts, 2);
		} else {
			memcpy(d->data - t->head, head, t->head);
			len = write(t->fd, d->data - t->head,
			    d->len + t->head);
		}
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -1 : 0;
}

void
tun_lose(struct tun *t, int error, unsigned n)
{
	t->last_error = error;
	if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS)
		t->lost.full += n;
	else
		t->lost.failed += n;
}

void
tun_send(struct tun *t, struct dgram *d, unsigned n)
{
	unsigned i;

	if (t->super != NULL) {
		tun_vnet_send(t, d, n);
		return;
	}
	for (i = 0; i < n; i++)
		if (tun_write(t, &d[i]) != 0)
			tun_lose(t, errno, 1);
}

void
tun_flush(struct tun *t)
{
	if (t->super != NULL)
		tun_vnet_flush(t);
}

const char *
tun_name_fault(const char *name)
{
	const char *percent = strchr(name, '%');
	size_t n = strlen(name);

	if (n >= TUN_NAME)
		return "is too long; 15 characters are the most";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strpbrk(name, "/: \t\r\n\"") != NULL)
		return "cannot be the name of a device";
	if (percent != NULL && (percent[1] != 'd' ||
	    strchr(percent + 1, '%') != NULL || n > TUN_NAME - 4))
		return "is no pattern; one is written tun%d";
	return NULL;
}

/* Reads an address of either family; false for any other. */
static bool
tun_read_address(struct addr *addr, const struct sockaddr *from, int family)
{
	union sock_addr sa;

	if (from == NULL || (family != AF_INET && family != AF_INET6))
		return false;
	memset(&sa, 0, sizeof(sa));
	memcpy(&sa, from, SOCK_ADDR_BYTES(from, family == AF_INET ?
	    sizeof(sa.in) : sizeof(sa.in6)));
	/* A mask may lack its family. */
	sa.sa.sa_family = (sa_family_t)family;
	sockaddr_to(addr, &sa);
	addr->port = 0;
	addr->scope = 0;
	return true;
}

/* How many bits a mask has. */
static int
tun_mask_bits(const struct addr *mask)
{
	int bits = 0, most = mask->family == 4 ? 32 : 128;

	while (bits < most && (mask->ip[bits / 8] & 0x80 >> bits % 8) != 0)
		bits++;
	return bits;
}

unsigned
tun_addresses(const struct tun *t,
    struct tun_address address[TUN_ADDRESSES])
{
	struct ifaddrs *all, *at;
	struct addr mask;
	unsigned n = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (at = all; at != NULL && n < TUN_ADDRESSES; at = at->ifa_next) {
		if (strcmp(at->ifa_name, t->name) != 0 ||
		    at->ifa_addr == NULL || !tun_read_address(
		    &address[n].addr, at->ifa_addr, at->ifa_addr->sa_family))
			continue;
		memset(&address[n].peer, 0, sizeof(address[n].peer));
		address[n].prefix = address[n].addr.family == 4 ? 32 : 128;
		if (tun_read_address(&mask, at->ifa_netmask,
		    at->ifa_addr->sa_family))
			address[n].prefix = tun_mask_bits(&mask);
		n++;
	}
	freeifaddrs(all);
	return n;
}

/* Does a device have one of the wanted addresses?  Fills in *addr. */
static bool
tun_same_address(const struct tun_settings *s, const struct ifaddrs *at,
    struct addr *addr)
{
	unsigned i;

	if (at->ifa_addr == NULL || !tun_read_address(addr, at->ifa_addr,
	    at->ifa_addr->sa_family))
		return false;
	/* Link-local ones may be those of several devices. */
	if (addr->family == 6 && addr_is_link_local(addr))
		return false;
	for (i = 0; i < s->n_addresses; i++)
		if (addr_same(&s->address[i].addr, addr))
			return true;
	return false;
}

bool
tun_is_taken(const struct tun_settings *s, const char *device,
    char why[TUN_WHY])
{
	char text[ADDR_TEXT], remedy[TUN_WHY];
	struct ifaddrs *all, *at;
	struct addr addr;

	if (s->n_addresses == 0 || getifaddrs(&all) != 0)
		return false;
	for (at = all; at != NULL; at = at->ifa_next)
		if (strcmp(at->ifa_name, device) != 0 &&
		    tun_same_address(s, at, &addr))
			break;
	if (at != NULL) {
		tun_address_remedy(remedy, at->ifa_name, &addr);
		snprintf(why, TUN_WHY, "the address %s is taken: the device %s "
		    "has it; give a different one, or run: %.200s",
		    addr_ip_text(&addr, text), at->ifa_name, remedy);
	}
	freeifaddrs(all);
	return at != NULL;
}
