/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices of the BSDs and macOS: addresses, MTU and state by ioctl.
 *
 * NOTES.  netintro(4), inet(4), inet6(4).  Where the device is point to point,
 * an IPv4 address without peer has itself as the other side, and the system
 * makes no route to its network, so that one is added.  Elsewhere the address
 * has a broadcast address, which must not be its own: TCP refuses what is for
 * one.  Drivers raise a device when it is opened (OpenBSD), made (macOS), or
 * given an address (FreeBSD, NetBSD).
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <net/if.h>

#include "net/tun_bsd.h"

#include "base/log.h"
#include "net/rtsocket.h"
#include "net/sockaddr.h"

int
tun_bsd_ioctl(int family, unsigned long what, void *request)
{
	int fd = socket(family, SOCK_DGRAM, 0), result, error;

	if (fd < 0)
		return -1;
	result = ioctl(fd, what, request);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

int
tun_set_mtu(struct tun *t, int mtu)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifr_name, t->name, sizeof(r.ifr_name));
	r.ifr_mtu = mtu;
	if (tun_bsd_ioctl(AF_INET, SIOCSIFMTU, &r) != 0)
		return -1;
	t->mtu = mtu;
	return 0;
}

bool
tun_dropped(const struct tun *t, uint64_t *n)
{
	/* Not all of these systems count that, and none has it in one place. */
	(void)t;
	(void)n;
	return false;
}

/* Reads its MTU. */
static void
bsd_get_mtu(struct tun *t)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifr_name, t->name, sizeof(r.ifr_name));
	if (tun_bsd_ioctl(AF_INET, SIOCGIFMTU, &r) == 0)
		t->mtu = r.ifr_mtu;
}

/* Reads its flags; 0 when the system refuses. */
static int
bsd_flags(const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	if (tun_bsd_ioctl(AF_INET, SIOCGIFFLAGS, &r) != 0)
		return 0;
	return (uint16_t)r.ifr_flags;
}

/* Raises or lowers it; 0, or -1 and errno. */
static int
bsd_switch(const struct tun *t, bool up)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifr_name, t->name, sizeof(r.ifr_name));
	if (tun_bsd_ioctl(AF_INET, SIOCGIFFLAGS, &r) != 0)
		return -1;
	if (up)
		r.ifr_flags |= IFF_UP;
	else
		r.ifr_flags &= ~IFF_UP;
	return tun_bsd_ioctl(AF_INET, SIOCSIFFLAGS, &r);
}

/* Writes an IPv4 address with its length in front. */
static void
bsd_in(struct sockaddr *to, const uint8_t ip[4])
{
	struct sockaddr_in in;

	memset(&in, 0, sizeof(in));
	in.sin_len = sizeof(in);
	in.sin_family = AF_INET;
	memcpy(&in.sin_addr, ip, 4);
	memcpy(to, &in, sizeof(in));
}

/* Adds an IPv4 address; 0, or -1 and errno. */
static int
bsd_add_address4(const char *name, const struct tun_address *a,
    bool point_to_point)
{
	uint32_t mask = htonl(UINT32_C(0xffffffff) << (32 - a->prefix));
	uint8_t bytes[4], other[4];
	struct ifaliasreq r;
	unsigned i;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifra_name, name, sizeof(r.ifra_name));
	memcpy(bytes, &mask, 4);
	memcpy(other, a->peer.family == 4 ? a->peer.ip : a->addr.ip, 4);
	for (i = 0; i < 4 && !point_to_point; i++)
		other[i] = (uint8_t)(a->addr.ip[i] | (a->prefix == 31 ? 0xff :
		    ~bytes[i]));	/* RFC 3021 has 255.255.255.255 */
	bsd_in((struct sockaddr *)&r.ifra_addr, a->addr.ip);
	bsd_in((struct sockaddr *)&r.ifra_broadaddr, other);
	bsd_in((struct sockaddr *)&r.ifra_mask, bytes);
	return tun_bsd_ioctl(AF_INET, SIOCAIFADDR, &r);
}

void
tun_bsd_in6(struct sockaddr_in6 *in6, const struct addr *a)
{
	memset(in6, 0, sizeof(*in6));
	if (a->family != 6)
		return;
	in6->sin6_len = sizeof(*in6);
	in6->sin6_family = AF_INET6;
	memcpy(&in6->sin6_addr, a->ip, 16);
}

void
tun_bsd_mask6(struct sockaddr_in6 *in6, int prefix)
{
	struct addr mask = { 0 };
	int i;

	mask.family = 6;
	for (i = 0; i < prefix; i++)
		mask.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	tun_bsd_in6(in6, &mask);
}

/* Adds an address; false and why. */
static bool
bsd_add(struct tun *t, const struct tun_address *a, char *why)
{
	bool point_to_point = (bsd_flags(t->name) & IFF_POINTOPOINT) != 0;
	char text[ADDR_TEXT];
	int result;

	if (a->addr.family == 4)
		result = bsd_add_address4(t->name, a, point_to_point);
	else
		result = tun_bsd_add_address6(t->name, a);
	if (result == 0 || errno == EEXIST)
		return true;
	snprintf(why, TUN_WHY, "the address %s: %s%s",
	    addr_ip_text(&a->addr, text), sock_strerror(errno),
	    errno == EPERM ? "; run as root" : "");
	return false;
}

/* Adds the route to the network of an address, where there is none. */
static void
bsd_add_net(const struct tun *t, const struct tun_address *a)
{
	char text[ADDR_TEXT];

	if (a->peer.family != 0 || addr_is_link_local(&a->addr) ||
	    a->prefix == (a->addr.family == 4 ? 32 : 128) ||
	    (bsd_flags(t->name) & IFF_POINTOPOINT) == 0)
		return;
	if (rtsocket_change(true, &a->addr, (unsigned)a->prefix,
	    &a->addr) != 0 && errno != EEXIST)
		log_warn("%s: no route to the network of %s/%d could be set: "
		    "%s", t->name, addr_ip_text(&a->addr, text), a->prefix,
		    sock_strerror(errno));
}

bool
tun_bsd_set_up(struct tun *t, const struct tun_settings *s,
    char why[TUN_WHY])
{
	bool was_up = !t->made && (bsd_flags(t->name) & IFF_UP) != 0;
	bool wanted = !s->leave_down;
	unsigned i;

	bsd_get_mtu(t);
	if (s->mtu != 0 && tun_set_mtu(t, s->mtu) != 0) {
		snprintf(why, TUN_WHY, "an MTU of %d: %s", s->mtu,
		    sock_strerror(errno));
		return false;
	}
	if (tun_is_taken(s, t->name, why))
		return false;
	for (i = 0; i < s->n_addresses; i++)
		if (!bsd_add(t, &s->address[i], why))
			return false;
	if ((t->made || s->n_addresses > 0) && (wanted || !was_up) &&
	    bsd_switch(t, wanted) != 0) {
		snprintf(why, TUN_WHY, "it cannot be %s: %s",
		    wanted ? "raised" : "left down", sock_strerror(errno));
		return false;
	}
	for (i = 0; i < s->n_addresses && wanted; i++)
		bsd_add_net(t, &s->address[i]);
	return true;
}

void
tun_address_remedy(char why[TUN_WHY], const char *device,
    const struct addr *a)
{
	char text[ADDR_TEXT];

	snprintf(why, TUN_WHY, "ifconfig %s inet%s %s -alias", device,
	    a->family == 6 ? "6" : "", addr_ip_text(a, text));
}

void
tun_bsd_destroy(const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	(void)tun_bsd_ioctl(AF_INET, SIOCIFDESTROY, &r);
}
