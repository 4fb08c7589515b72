/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices of Linux.
 *
 * NOTES.  The kernel's documentation: networking/tuntap.rst; netlink(7),
 * rtnetlink(7).  Its headers are missing from some toolchains, so the few
 * numbers and structs that are needed are defined here and in wire/netlink.h.
 * IFF_NO_PI: no header before a packet, or, with IFF_VNET_HDR, that of
 * super-packets (net/tun_super.h).  Addresses are set by netlink, the only
 * interface with several addresses, and with peers, for both families.
 */

#include "compat.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <net/if.h>

#include "net/rtnetlink.h"
#include "net/tun.h"
#include "wire/vnet.h"

#define TUN_DEVICE "/dev/net/tun"
#define TUN_SET_IFF _IOW('T', 202, int)
#define TUN_GET_FEATURES _IOR('T', 207, unsigned int)
#define TUN_SET_OFFLOAD _IOW('T', 208, unsigned int)
#define TUN_SET_VNET_SIZE _IOW('T', 216, int)
#define TUN_SET_VNET_LE _IOW('T', 220, int)

enum {
	TUN_IFF_TUN = 0x0001,
	TUN_IFF_NO_PI = 0x1000,
	TUN_IFF_VNET = 0x4000,	/* a header of wire/vnet.h */
	/* What the device may leave to us: checksums, TCP's segments, also of
	 * packets with CWR, and UDP's, since Linux 6.2. */
	TUN_OFFLOAD_TCP = 0x01 | 0x02 | 0x04 | 0x08,
	TUN_OFFLOAD_UDP = 0x20 | 0x40,
	TUN_LINK_64 = 1,	/* IFLA_STATS_LINK_64 */
	TUN_TX_DROPPED = 7,	/* place in struct rtnl_link_stats64 */
};

/* Asks for the counters of a device: struct if_stats_msg. */
struct tun_counters {
	uint8_t family, padding[3];
	uint32_t index, filter;
};

/* The reply, with one attribute: the beginning of struct rtnl_link_stats64. */
struct tun_counters_reply {
	struct netlink_head head;
	struct tun_counters of;
	uint16_t len, type;	/* of the attribute */
	uint64_t counter[TUN_TX_DROPPED + 1];
	uint8_t rest[512];
};

/* Gives the device an address; 0, or -1 and errno. */
static int
linux_set_address(const struct tun_address *a, unsigned index)
{
	struct netlink_address of = {
		.family = a->addr.family == 4 ? AF_INET : AF_INET6,
		.prefix = (uint8_t)a->prefix,
		.flags = a->addr.family == 4 ? 0 : NETLINK_NO_DAD,
		.index = index,
	};
	struct netlink_message m;
	int result, error;
	fd_t fd;

	netlink_begin(&m, NETLINK_NEW_ADDRESS, NETLINK_REQUEST | NETLINK_ACK |
	    NETLINK_CREATE | NETLINK_REPLACE, &of, sizeof(of));
	netlink_put_address(&m, NETLINK_LOCAL, &a->addr);
	netlink_put_address(&m, NETLINK_PEER, a->peer.family != 0 ? &a->peer :
	    &a->addr);
	fd = rtnetlink_open(0);
	if (fd == FD_NONE)
		return -1;
	result = rtnetlink_ask(fd, &m);
	error = errno;
	sock_close(fd);
	errno = error;
	return result;
}

/* Prepares a request about a device. */
static void
linux_name(struct ifreq *r, const char *name)
{
	memset(r, 0, sizeof(*r));
	strlcpy(r->ifr_name, name, sizeof(r->ifr_name));
}

/* Calls ioctl() for a device; 0, or -1 and errno. */
static int
linux_ioctl(unsigned long what, struct ifreq *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), result, error;

	if (fd < 0 && errno == EAFNOSUPPORT)
		fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0)
		return -1;
	result = ioctl(fd, what, r);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

int
tun_set_mtu(struct tun *t, int mtu)
{
	struct ifreq r;

	linux_name(&r, t->name);
	r.ifr_mtu = mtu;
	if (linux_ioctl(SIOCSIFMTU, &r) != 0)
		return -1;
	t->mtu = mtu;
	return 0;
}

bool
tun_dropped(const struct tun *t, uint64_t *n)
{
	/* Kernels before 4.7 do not know this message. */
	struct tun_counters of = {
		.index = if_nametoindex(t->name),
		.filter = 1 << (TUN_LINK_64 - 1),
	};
	struct tun_counters_reply reply = { .type = 0 };
	struct netlink_message m;
	ssize_t got = -1;
	fd_t fd;

	netlink_begin(&m, NETLINK_GET_COUNTERS, NETLINK_REQUEST, &of,
	    sizeof(of));
	fd = rtnetlink_open(0);
	if (fd == FD_NONE)
		return false;
	/* The reply is there when this returns. */
	if (of.index != 0 && sock_send(fd, &m, m.head.len) > 0)
		got = sock_recv(fd, &reply, sizeof(reply));
	sock_close(fd);
	if (got < (ssize_t)offsetof(struct tun_counters_reply, rest) ||
	    reply.head.type != NETLINK_NEW_COUNTERS ||
	    reply.type != TUN_LINK_64)
		return false;
	*n = reply.counter[TUN_TX_DROPPED];
	return true;
}

/* Raises it; 0, or -1 and errno. */
static int
linux_raise(const struct tun *t)
{
	struct ifreq r;

	linux_name(&r, t->name);
	if (linux_ioctl(SIOCGIFFLAGS, &r) != 0)
		return -1;
	if ((r.ifr_flags & IFF_UP) != 0)
		return 0;
	r.ifr_flags |= IFF_UP;
	return linux_ioctl(SIOCSIFFLAGS, &r);
}

/* Words for why the kernel's TUN driver cannot be opened. */
static void
linux_why_no_driver(int error, char *why)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		snprintf(why, TUN_WHY, "%s is not there: load the module (run: "
		    "modprobe tun), or use a kernel with CONFIG_TUN; in a "
		    "container, pass the device in", TUN_DEVICE);
		break;
	case EACCES:
	case EPERM:
		snprintf(why, TUN_WHY, "%s: no permission: run as root, or let "
		    "this user open it", TUN_DEVICE);
		break;
	default:
		snprintf(why, TUN_WHY, "%s: %s", TUN_DEVICE,
		    sock_strerror(error));
	}
}

/* Words for why the kernel gives us no device of that name. */
static void
linux_why_no_device(int error, const char *name, char *why)
{
	switch (error) {
	case EPERM:
	case EACCES:
		snprintf(why, TUN_WHY, "no permission to make or use it: run "
		    "as root or with CAP_NET_ADMIN (setcap cap_net_admin+ep, "
		    "AmbientCapabilities= of systemd), or make it for this "
		    "user: ip tuntap add %s mode tun user NAME",
		    *name == '\0' ? "adit0" : name);
		break;
	case EBUSY:
		snprintf(why, TUN_WHY, "it is in use: another program has the "
		    "device; end that, or take a different name");
		break;
	case EINVAL:
		snprintf(why, TUN_WHY, "there is a device of that name which "
		    "is no TUN device, or one with several queues or headers; "
		    "take a different name");
		break;
	default:
		snprintf(why, TUN_WHY, "the system makes no such device: %s",
		    sock_strerror(error));
	}
}

/* Gives it MTU, addresses and state; false and why when the system refuses. */
static bool
linux_set_up(struct tun *t, const struct tun_settings *s, char *why)
{
	char text[ADDR_TEXT];
	const char *hint = "";
	unsigned i;
	int error;

	if (s->mtu != 0 && tun_set_mtu(t, s->mtu) != 0) {
		snprintf(why, TUN_WHY, "an MTU of %d: %s", s->mtu,
		    sock_strerror(errno));
		return false;
	}
	if (tun_is_taken(s, t->name, why))
		return false;
	for (i = 0; i < s->n_addresses; i++) {
		if (linux_set_address(&s->address[i],
		    if_nametoindex(t->name)) == 0)
			continue;
		error = errno;
		if (error == EACCES && s->address[i].addr.family == 6)
			hint = "; IPv6 is switched off here: look at sysctl "
			    "net.ipv6.conf.default.disable_ipv6";
		else if (error == EPERM || error == EACCES)
			hint = "; run as root or with CAP_NET_ADMIN";
		snprintf(why, TUN_WHY, "the address %s: %s%s",
		    addr_ip_text(&s->address[i].addr, text),
		    sock_strerror(error), hint);
		return false;
	}
	if ((t->made || s->n_addresses > 0) && !s->leave_down &&
	    linux_raise(t) != 0) {
		snprintf(why, TUN_WHY, "it cannot be raised: %s",
		    sock_strerror(errno));
		return false;
	}
	return true;
}

/* Is the driver not there, rather than refused to us? */
static bool
linux_is_absent(int error)
{
	return error == ENOENT || error == ENODEV || error == ENXIO;
}

/* The flags that a device is to be opened with. */
static int
linux_flags(const struct tun *t, const struct tun_settings *s)
{
	int flags = TUN_IFF_TUN | TUN_IFF_NO_PI;
	unsigned known = 0;

	if (s->plain || ioctl(t->fd, TUN_GET_FEATURES, &known) != 0 ||
	    (known & TUN_IFF_VNET) == 0)
		return flags;
	return flags | TUN_IFF_VNET;
}

/* Has the device send super-packets, if it was opened for them; false if it
 * does not.  A device that was there may have been told so by its last user:
 * one that is opened without them is told not to. */
static bool
linux_offload(struct tun *t, int flags)
{
	int size = VNET_HEADER, yes = 1;

	t->vnet = (flags & TUN_IFF_VNET) != 0;
	if (!t->vnet) {
		(void)ioctl(t->fd, TUN_SET_OFFLOAD, 0ul);
		return true;
	}
	if (ioctl(t->fd, TUN_SET_VNET_SIZE, &size) != 0 ||
	    ioctl(t->fd, TUN_SET_VNET_LE, &yes) != 0)
		return false;
	t->joins_udp = ioctl(t->fd, TUN_SET_OFFLOAD,
	    (unsigned long)(TUN_OFFLOAD_TCP | TUN_OFFLOAD_UDP)) == 0;
	t->joins_tcp = t->joins_udp || ioctl(t->fd, TUN_SET_OFFLOAD,
	    (unsigned long)TUN_OFFLOAD_TCP) == 0;
	return t->joins_tcp;
}

/* Opens it again without super-packets, which the system has refused. */
static enum tun_result
linux_open_plain(struct tun *t, const struct tun_settings *s,
    char why[TUN_WHY])
{
	struct tun_settings plain = *s;

	tun_close(t);
	plain.plain = true;
	return tun_open(t, &plain, why);
}

enum tun_result
tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	const char *fault = tun_name_fault(s->name);
	struct ifreq r;
	int error, flags;

	memset(t, 0, sizeof(*t));
	t->fd = FD_NONE;
	if (fault != NULL) {
		snprintf(why, TUN_WHY, "\"%s\" %s", s->name, fault);
		return TUN_MISTAKE;
	}
	t->fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0) {
		error = errno;
		linux_why_no_driver(error, why);
		return linux_is_absent(error) ? TUN_ABSENT : TUN_REFUSED;
	}
	t->made = if_nametoindex(s->name) == 0;
	linux_name(&r, s->name);
	flags = linux_flags(t, s);
	r.ifr_flags = (short)flags;
	if (ioctl(t->fd, TUN_SET_IFF, &r) != 0) {
		linux_why_no_device(errno, s->name, why);
		tun_close(t);
		return TUN_REFUSED;
	}
	strlcpy(t->name, r.ifr_name, sizeof(t->name));
	if (!linux_offload(t, flags))
		return linux_open_plain(t, s, why);
	linux_name(&r, t->name);
	if (linux_ioctl(SIOCGIFMTU, &r) == 0)
		t->mtu = r.ifr_mtu;
	if (linux_set_up(t, s, why))
		return TUN_DONE;
	tun_close(t);
	return TUN_REFUSED;
}

void
tun_address_remedy(char why[TUN_WHY], const char *device,
    const struct addr *a)
{
	char text[ADDR_TEXT];

	snprintf(why, TUN_WHY, "ip address del %s dev %s",
	    addr_ip_text(a, text), device);
}

void
tun_close(struct tun *t)
{
	if (t->fd == FD_NONE)
		return;
	/* Its next user may not expect super-packets. */
	if (t->vnet)
		(void)ioctl(t->fd, TUN_SET_OFFLOAD, 0ul);
	(void)close(t->fd);
	t->fd = FD_NONE;
}
