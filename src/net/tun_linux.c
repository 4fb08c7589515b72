/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices of Linux.
 *
 * NOTES.  The kernel's documentation: networking/tuntap.rst; netlink(7),
 * rtnetlink(7).  Its headers are missing from some toolchains, so the few
 * numbers and structs that are needed are defined here.  IFF_NO_PI: no header
 * before a packet.  Addresses are set by netlink, the only interface with
 * several addresses, and with peers, for both families.
 */

#include "compat.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <net/if.h>

#include "net/tun.h"

#define TUN_DEVICE "/dev/net/tun"
#define TUN_SET_IFF _IOW('T', 202, int)

enum {
	TUN_IFF_TUN = 0x0001,
	TUN_IFF_NO_PI = 0x1000,
	FAMILY_NETLINK = 16,
	NL_ROUTE = 0,		/* NETLINK_ROUTE */
	NL_ERROR = 2,		/* NLMSG_ERROR */
	NL_NEW_ADDRESS = 20,	/* RTM_NEWADDR */
	NL_NEW_COUNTERS = 92,	/* RTM_NEWSTATS */
	NL_GET_COUNTERS = 94,	/* RTM_GETSTATS */
	NL_LINK_64 = 1,		/* IFLA_STATS_LINK_64 */
	NL_TX_DROPPED = 7,	/* place in struct rtnl_link_stats64 */
	NL_REQUEST = 0x01, NL_ACK = 0x04, NL_REPLACE = 0x100,
	NL_CREATE = 0x400,
	NL_PEER = 1,		/* IFA_ADDRESS */
	NL_LOCAL = 2,		/* IFA_LOCAL */
	NL_NO_DAD = 0x02,	/* IFA_F_NODAD */
};

/* struct nlmsghdr. */
struct nl_head {
	uint32_t len;
	uint16_t type, flags;
	uint32_t number, port;
};

/* struct rtattr, with an address. */
struct nl_attribute {
	uint16_t len, type;
	uint8_t ip[16];
};

/* A request for an address: struct ifaddrmsg and attributes. */
struct nl_address {
	struct nl_head head;
	uint8_t family, prefix, flags, scope;
	uint32_t index;
	uint8_t attributes[2 * sizeof(struct nl_attribute)];
};

/* A reply: struct nlmsgerr. */
struct nl_answer {
	struct nl_head head;
	int32_t error;		/* 0, or errno below 0 */
	uint8_t rest[256];
};

/* A message about the counters of a device: struct if_stats_msg. */
struct nl_counters {
	struct nl_head head;
	uint8_t family, padding[3];
	uint32_t index, filter;
};

/* The reply, with one attribute: the beginning of struct rtnl_link_stats64. */
struct nl_counters_answer {
	struct nl_counters of;
	uint16_t len, type;	/* of the attribute */
	uint64_t counter[NL_TX_DROPPED + 1];
	uint8_t rest[512];
};

/* Appends an attribute with an address. */
static void
nl_add(struct nl_address *request, uint16_t type, const struct addr *a)
{
	struct nl_attribute attribute;
	size_t n = a->family == 4 ? 4 : 16;

	attribute.len = (uint16_t)(4 + n);
	attribute.type = type;
	memcpy(attribute.ip, a->ip, n);
	memcpy((uint8_t *)request + request->head.len, &attribute, 4 + n);
	request->head.len += (uint32_t)(4 + n);
}

/* Gives the device an address; 0, or -1 and errno. */
static int
nl_set_address(const struct tun_address *a, unsigned index)
{
	struct nl_address request;
	struct nl_answer answer;
	int fd, error = 0;
	ssize_t n;

	memset(&request, 0, sizeof(request));
	request.head.len = offsetof(struct nl_address, attributes);
	request.head.type = NL_NEW_ADDRESS;
	request.head.flags = NL_REQUEST | NL_ACK | NL_CREATE | NL_REPLACE;
	request.family = a->addr.family == 4 ? AF_INET : AF_INET6;
	request.prefix = (uint8_t)a->prefix;
	request.flags = a->addr.family == 4 ? 0 : NL_NO_DAD;
	request.index = index;
	nl_add(&request, NL_LOCAL, &a->addr);
	nl_add(&request, NL_PEER, a->peer.family != 0 ? &a->peer : &a->addr);
	fd = socket(FAMILY_NETLINK, SOCK_RAW, NL_ROUTE);
	if (fd < 0)
		return -1;
	n = send(fd, &request, request.head.len, 0);
	if (n > 0)
		n = recv(fd, &answer, sizeof(answer), 0);
	if (n < 0)
		error = errno;
	else if (n < (ssize_t)offsetof(struct nl_answer, rest) ||
	    answer.head.type != NL_ERROR)
		error = EPROTO;
	else
		error = -answer.error;
	close(fd);
	errno = error;
	return error == 0 ? 0 : -1;
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
	struct nl_counters request = { 0 };
	struct nl_counters_answer answer = { 0 };
	ssize_t got = -1;
	int fd;

	request.head.len = sizeof(request);
	request.head.type = NL_GET_COUNTERS;
	request.head.flags = NL_REQUEST;
	request.index = if_nametoindex(t->name);
	request.filter = 1 << (NL_LINK_64 - 1);
	fd = socket(FAMILY_NETLINK, SOCK_RAW, NL_ROUTE);
	if (fd < 0)
		return false;
	if (request.index != 0 &&
	    send(fd, &request, sizeof(request), MSG_DONTWAIT) > 0)
		/* The answer is there when send() returns. */
		got = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	close(fd);
	if (got < (ssize_t)offsetof(struct nl_counters_answer, rest) ||
	    answer.of.head.type != NL_NEW_COUNTERS ||
	    answer.type != NL_LINK_64)
		return false;
	*n = answer.counter[NL_TX_DROPPED];
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
		if (nl_set_address(&s->address[i],
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

enum tun_result
tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	const char *fault = tun_name_fault(s->name);
	struct ifreq r;

	memset(t, 0, sizeof(*t));
	t->fd = FD_NONE;
	if (fault != NULL) {
		snprintf(why, TUN_WHY, "\"%s\" %s", s->name, fault);
		return TUN_MISTAKE;
	}
	t->fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0) {
		linux_why_no_driver(errno, why);
		return TUN_REFUSED;
	}
	t->made = if_nametoindex(s->name) == 0;
	linux_name(&r, s->name);
	r.ifr_flags = TUN_IFF_TUN | TUN_IFF_NO_PI;
	if (ioctl(t->fd, TUN_SET_IFF, &r) != 0) {
		linux_why_no_device(errno, s->name, why);
		tun_close(t);
		return TUN_REFUSED;
	}
	strlcpy(t->name, r.ifr_name, sizeof(t->name));
	linux_name(&r, t->name);
	if (linux_ioctl(SIOCGIFMTU, &r) == 0)
		t->mtu = r.ifr_mtu;
	if (linux_set_up(t, s, why))
		return TUN_DONE;
	tun_close(t);
	return TUN_REFUSED;
}

void
tun_close(struct tun *t)
{
	if (t->fd != FD_NONE)
		(void)close(t->fd);
	t->fd = FD_NONE;
}
