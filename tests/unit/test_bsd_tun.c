/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The TUN devices of the BSDs and macOS, with system calls of this file that
 * do what their drivers do.
 *
 * NOTES.  Compiled with the headers of tests/unit/bsd.  What the drivers do is
 * in compat/NOTES.  A build without TUN leaves this out.
 */

#include "compat.h"

#if defined(__linux__)

#include <sys/filio.h>
#include <sys/ioctl.h>
#include <sys/kern_control.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <sys/../net/route.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_tun.h>
#include <netinet/in.h>
#include <netinet6/in6_var.h>
#include <unistd.h>

#include "base/log.h"
#include "net/dgram.h"
#include "net/tun_bsd.h"

#include "tap.h"

enum system { FREEBSD, NETBSD, OPENBSD, MACOS };

/* The only device. */
static struct {
	enum system system;
	bool there, stays;	/* stays: somebody has made it */
	int flags;
	int busy, absent;	/* how many nodes are in use, how many are
				 * there; 0: all */
	bool nonblocking, head;
	struct ifaliasreq v4;
	struct in6_aliasreq v6;
	unsigned added;		/* addresses */
	int fd_of_node, open;	/* open: descriptors that are */
	int refuse_route;	/* errno */
	uint8_t route[256];	/* the last message */
	size_t route_len;
	unsigned routes;
	uint32_t unit;		/* that macOS was asked for */
	int refuse_connect;	/* errno */
} dev;

static char reason[TUN_WHY];

/* Fails. */
static int
fail(int error)
{
	errno = error;
	return -1;
}

static unsigned
fake_index(const char *name)
{
	(void)name;
	return dev.there;
}

static int
fake_open(const char *path, int flags)
{
	int n = atoi(path + strlen("/dev/tun"));

	if (dev.absent > 0 && n >= dev.absent)
		return fail(ENOENT);
	if (n < dev.busy)
		return fail(EBUSY);
	if (!dev.there)
		dev.flags = IFF_POINTOPOINT | IFF_MULTICAST;
	if (dev.system == OPENBSD)
		dev.flags |= IFF_UP;
	dev.there = true;
	dev.nonblocking = dev.system != NETBSD && (flags & O_NONBLOCK) != 0;
	dev.fd_of_node = 100;
	dev.open++;
	return dev.fd_of_node;
}

static int
fake_socket(int family, int type, int protocol)
{
	(void)type;
	dev.open++;
	if (family == PF_SYSTEM) {
		dev.there = true;
		dev.flags = IFF_UP | IFF_POINTOPOINT | IFF_MULTICAST;
		dev.head = true;
		is_int(protocol, 2, "macOS: the protocol is SYSPROTO_CONTROL");
		return 101;
	}
	return family == PF_ROUTE ? 103 : 102;
}

static int
fake_close(int fd)
{
	dev.open--;
	if (fd == 101)
		dev.there = false;
	if (fd == dev.fd_of_node && dev.system == OPENBSD && !dev.stays)
		dev.there = false;
	return 0;
}

/* Requests for the device by its node. */
static int
node_ioctl(unsigned long what, void *arg)
{
	int value = *(int *)arg;

	switch (what) {
	case FIONBIO:
		if (dev.system == OPENBSD)
			return fail(ENOTTY);
		dev.nonblocking = value != 0;
		return 0;
	case TUNSIFHEAD:
		dev.head = value != 0;
		return 0;
	case TUNSIFMODE:
		if (dev.system == OPENBSD)
			return fail(EINVAL);
		if (dev.flags & IFF_UP)
			return fail(EBUSY);
		dev.flags &= ~(IFF_POINTOPOINT | IFF_BROADCAST);
		dev.flags |= value;
		return 0;
	default:
		return fail(ENOTTY);
	}
}

static int
fake_ioctl(int fd, unsigned long what, void *arg)
{
	struct ifreq *r = arg;

	if (fd == 100)
		return node_ioctl(what, arg);
	switch (what) {
	case CTLIOCGINFO:
		((struct ctl_info *)arg)->ctl_id = 7;
		return 0;
	case SIOCGIFMTU:
		r->ifr_mtu = 1500;
		return 0;
	case SIOCSIFMTU:
		return r->ifr_mtu > 1500 ? fail(EINVAL) : 0;
	case SIOCGIFFLAGS:
		r->ifr_flags = (short)dev.flags;
		return 0;
	case SIOCSIFFLAGS:
		dev.flags = (uint16_t)r->ifr_flags;
		return 0;
	case SIOCAIFADDR:
		dev.v4 = *(struct ifaliasreq *)arg;
		break;
	case SIOCAIFADDR_IN6:
		dev.v6 = *(struct in6_aliasreq *)arg;
		break;
	case SIOCIFDESTROY:
		if (!dev.there)
			return fail(ENXIO);
		dev.there = false;
		return 0;
	default:
		return fail(EINVAL);
	}
	dev.added++;
	dev.flags |= IFF_UP;
	return 0;
}

static int
fake_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	struct sockaddr_ctl ctl;

	(void)fd;
	memcpy(&ctl, to, sizeof(ctl));
	is_int(len, 32, "macOS: struct sockaddr_ctl has its length");
	ok(ctl.sc_len == 32 && ctl.sc_family == AF_SYSTEM &&
	    ctl.ss_sysaddr == 2 && ctl.sc_id == 7, "macOS: and its members");
	dev.unit = ctl.sc_unit;
	return dev.refuse_connect != 0 ? fail(dev.refuse_connect) : 0;
}

static int
fake_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	(void)fd;
	ok(level == 2 && name == 2 && *len >= 16, "macOS: its name is asked");
	strlcpy(value, "utun5", *len);
	*len = 6;
	return 0;
}

static int
fake_fcntl(int fd, int what, int value)
{
	(void)fd;
	if (what == F_SETFL)
		dev.nonblocking = (value & O_NONBLOCK) != 0;
	return 0;
}

static int
fake_shutdown(int fd, int how)
{
	(void)fd;
	(void)how;
	return 0;
}

static ssize_t
fake_write(int fd, const void *p, size_t n)
{
	(void)fd;
	must(n <= sizeof(dev.route));
	if (dev.refuse_route != 0)
		return fail(dev.refuse_route);
	memcpy(dev.route, p, n);
	dev.route_len = n;
	dev.routes++;
	return (ssize_t)n;
}

size_t
stand_in_size(const unsigned char *p)
{
	return *p;
}

int
sysctl(int *name, unsigned n, void *old, size_t *old_len, void *fresh,
    size_t fresh_len)
{
	(void)name;
	(void)n;
	(void)old;
	(void)old_len;
	(void)fresh;
	(void)fresh_len;
	return fail(ENOENT);
}

#define if_nametoindex fake_index
#define open fake_open
#define socket fake_socket
#define close fake_close
#define ioctl fake_ioctl
#define connect fake_connect
#define getsockopt fake_getsockopt
#define fcntl fake_fcntl
#define shutdown fake_shutdown
#define write fake_write

#include "net/rtsocket.c"
#include "net/tun_bsd.c"
#include "net/tun_nodes.c"

int freebsd_prepare(int fd, int mode);
int netbsd_prepare(int fd, int mode);
int openbsd_prepare(int fd, int mode);
extern const char freebsd_hint[], netbsd_hint[], openbsd_hint[];

#define tun_bsd_prepare freebsd_prepare
#define tun_bsd_hint freebsd_hint
#include "net/tun_freebsd.c"
#undef tun_bsd_prepare
#undef tun_bsd_hint
#define tun_bsd_prepare netbsd_prepare
#define tun_bsd_hint netbsd_hint
#include "net/tun_netbsd.c"
#undef tun_bsd_prepare
#undef tun_bsd_hint
#define tun_bsd_prepare openbsd_prepare
#define tun_bsd_hint openbsd_hint
#include "net/tun_openbsd.c"
#undef tun_bsd_prepare
#undef tun_bsd_hint

int utun_prepare(int fd, int mode);
int utun_add_address6(const char *name, const struct tun_address *);
enum tun_result utun_open(struct tun *, const struct tun_settings *,
    char text[TUN_WHY]);
void utun_close(struct tun *);

#define tun_bsd_prepare utun_prepare
#define tun_bsd_add_address6 utun_add_address6
#define tun_open utun_open
#define tun_close utun_close
#include "net/tun_utun.c"
#undef tun_bsd_prepare
#undef tun_bsd_add_address6
#undef tun_open
#undef tun_close
#undef open
#undef socket
#undef close
#undef write

const char tun_bsd_hint[] = "make it";

int
tun_bsd_prepare(int fd, int mode)
{
	return dev.system == FREEBSD ? freebsd_prepare(fd, mode) :
	    dev.system == NETBSD ? netbsd_prepare(fd, mode) :
	    openbsd_prepare(fd, mode);
}

/* Begins with a system that has no device. */
static void
begin(enum system system)
{
	memset(&dev, 0, sizeof(dev));
	dev.system = system;
	*reason = '\0';
}

/* Settings with up to one address; peer NULL: none. */
static struct tun_settings
settings(const char *name, const char *address, int prefix, const char *peer)
{
	struct tun_settings s;

	memset(&s, 0, sizeof(s));
	s.name = name;
	if (address == NULL)
		return s;
	s.n_addresses = 1;
	s.address[0].prefix = prefix;
	if (addr_parse_ip(&s.address[0].addr, address) != 0 ||
	    (peer != NULL && addr_parse_ip(&s.address[0].peer, peer) != 0))
		must(false);
	return s;
}

/* The address in a sockaddr of a request. */
static const char *
text4(const struct sockaddr *sa)
{
	static char text[4][40];
	static unsigned at;
	struct sockaddr_in in;
	uint8_t ip[4];

	memcpy(&in, sa, sizeof(in));
	memcpy(ip, &in.sin_addr, 4);
	at = (at + 1) % 4;
	snprintf(text[at], sizeof(text[at]), "%d.%d.%d.%d%s", ip[0], ip[1],
	    ip[2], ip[3], in.sin_len == 16 && in.sin_family == AF_INET ? "" :
	    " without length");
	return text[at];
}

static void
test_broadcast(enum system system, const char *name)
{
	struct tun_settings s = settings("tun%d", "192.0.2.7", 24, NULL);
	struct tun t;

	begin(system);
	is_int(tun_open(&t, &s, reason), TUN_DONE, "%s: a device opens", name);
	is_str(t.name, "tun0", "%s: the first one", name);
	ok(dev.nonblocking, "%s: it does not block", name);
	ok(dev.head, "%s: families precede packets", name);
	ok((dev.flags & IFF_BROADCAST) != 0 &&
	    (dev.flags & IFF_POINTOPOINT) == 0,
	    "%s: without peer it is no point to point device", name);
	ok((dev.flags & IFF_UP) != 0, "%s: it is up", name);
	is_str(text4(&dev.v4.ifra_addr), "192.0.2.7", "%s: the address",
	    name);
	is_str(text4(&dev.v4.ifra_mask), "255.255.255.0", "%s: the mask",
	    name);
	is_str(text4(&dev.v4.ifra_broadaddr), "192.0.2.255",
	    "%s: the broadcast address is not its own", name);
	is_int(dev.routes, 0, "%s: the system makes the route", name);
	tun_close(&t);
	ok(!dev.there && dev.open == 0, "%s: it goes with its closing", name);
	tun_close(&t);
	is_int(dev.open, 0, "%s: once", name);
	s.address[0].prefix = 31;
	(void)tun_open(&t, &s, reason);
	is_str(text4(&dev.v4.ifra_broadaddr), "255.255.255.255",
	    "%s: that of two hosts is RFC 3021's", name);
	tun_close(&t);
	s.address[0].prefix = 32;
	(void)tun_open(&t, &s, reason);
	is_str(text4(&dev.v4.ifra_broadaddr), "192.0.2.7",
	    "%s: that of one host is its own", name);
	tun_close(&t);
}

static void
test_peer(enum system system, const char *name)
{
	struct tun_settings s = settings("tun3", "192.0.2.7", 32,
	    "192.0.2.9");
	struct tun t;

	begin(system);
	is_int(tun_open(&t, &s, reason), TUN_DONE, "%s: a named device opens",
	    name);
	is_str(t.name, "tun3", "%s: by its name", name);
	ok((dev.flags & IFF_POINTOPOINT) != 0, "%s: with peer it is point to "
	    "point", name);
	is_str(text4(&dev.v4.ifra_broadaddr), "192.0.2.9",
	    "%s: with the peer on its other side", name);
	is_int(dev.routes, 0, "%s: and no route to a network", name);
	tun_close(&t);
	s = settings("tun3", "2001:db8::7", 64, "2001:db8::9");
	(void)tun_open(&t, &s, reason);
	is_int(dev.v6.ifra_dstaddr.sin6_addr.s6_addr[15], 9,
	    "%s: the same of IPv6", name);
	is_int(dev.v6.ifra_prefixmask.sin6_addr.s6_addr[15], 0xff,
	    "%s: whose prefix is whole", name);
	tun_close(&t);
}

/* What a message of the routing socket has after its head. */
static void
is_route(const char *want, const char *name)
{
	struct rt_msghdr m;
	char got[128] = "";
	struct sockaddr_in in;
	size_t at = sizeof(m);
	unsigned i;

	memcpy(&m, dev.route, sizeof(m));
	ok(m.rtm_msglen == dev.route_len && m.rtm_version == RTM_VERSION &&
	    m.rtm_type == RTM_ADD && (m.rtm_flags & RTF_UP) != 0,
	    "%s: the head of a message", name);
	for (i = 0; i < 3 && at + 16 <= dev.route_len; i++, at += 16) {
		memcpy(&in, dev.route + at, sizeof(in));
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s", i == 0 ? "" : " ",
		    text4((const struct sockaddr *)(void *)&in));
	}
	is_int(at, dev.route_len, "%s: nothing else follows", name);
	is_str(got, want, "%s: the route", name);
}

static void
test_openbsd(void)
{
	struct tun_settings s = settings("", "192.0.2.71", 28, NULL);
	struct addr own;
	struct tun t;

	begin(OPENBSD);
	is_int(tun_open(&t, &s, reason), TUN_DONE, "OpenBSD: a device opens");
	ok(dev.nonblocking, "OpenBSD: it does not block");
	is_str(text4(&dev.v4.ifra_broadaddr), "192.0.2.71",
	    "OpenBSD: its other side is itself");
	is_int(dev.routes, 1, "OpenBSD: its network gets a route");
	is_route("192.0.2.64 192.0.2.71 255.255.255.240", "OpenBSD");
	dev.refuse_route = EEXIST;
	tun_close(&t);
	ok(!dev.there && dev.open == 0, "OpenBSD: it goes");
	is_int(tun_open(&t, &s, reason), TUN_DONE,
	    "OpenBSD: a route that is there is none that fails");
	tun_close(&t);
	dev.refuse_route = 0;
	s = settings("", "2001:db8:0:12::7", 60, NULL);
	(void)tun_open(&t, &s, reason);
	is_int(dev.routes, 2, "OpenBSD: so does one of IPv6");
	is_int(dev.route_len, sizeof(struct rt_msghdr) + 3 *
	    (sizeof(long) == 8 ? 32 : 28), "OpenBSD: addresses are padded");
	is_int(dev.route[sizeof(struct rt_msghdr) + 8 + 7], 0x10,
	    "OpenBSD: the network is cut at its prefix");
	is_int(dev.v6.ifra_lifetime.ia6t_vltime, 0xffffffff,
	    "OpenBSD: addresses live for ever");
	tun_close(&t);
	own = s.address[0].addr;
	(void)rtsocket_change(false, &own, 128, &own);
	is_int(dev.route[3], RTM_DELETE, "a route is deleted");
	is_int(dev.route_len, sizeof(struct rt_msghdr) + 2 *
	    (sizeof(long) == 8 ? 32 : 28),
	    "that of a host has no mask");
}

static void
test_left(enum system system, const char *name)
{
	struct tun_settings s = settings("tun0", NULL, 0, NULL);
	struct tun t;
	int before;

	begin(system);
	dev.there = dev.stays = true;
	dev.flags = before = IFF_POINTOPOINT | IFF_MULTICAST;
	if (system == OPENBSD)
		before |= IFF_UP;
	is_int(tun_open(&t, &s, reason), TUN_DONE,
	    "%s: a device that is there opens", name);
	is_int(dev.flags, before, "%s: and stays as it is", name);
	tun_close(&t);
	ok(dev.there, "%s: when it is closed, too", name);
	s = settings("tun0", "192.0.2.7", 24, NULL);
	s.leave_down = true;
	dev.flags = IFF_POINTOPOINT;
	(void)tun_open(&t, &s, reason);
	is_int(dev.flags & IFF_UP, system == OPENBSD ? IFF_UP : 0,
	    "%s: with no-up an address does not raise it", name);
	is_int(dev.routes, 0, "%s: and it has no route", name);
	tun_close(&t);
	dev.flags = IFF_POINTOPOINT | IFF_UP;
	(void)tun_open(&t, &s, reason);
	ok((dev.flags & IFF_UP) != 0, "%s: one that was up stays up", name);
	tun_close(&t);
	dev.there = dev.stays = false;
	(void)tun_open(&t, &s, reason);
	ok((dev.flags & IFF_UP) == 0, "%s: one that is made stays down",
	    name);
	tun_close(&t);
}

static void
test_names(void)
{
	struct tun_settings s = settings("adit0", NULL, 0, NULL);
	struct tun t;

	begin(FREEBSD);
	is_int(tun_open(&t, &s, reason), TUN_MISTAKE, "a name that cannot be");
	s.name = "tun%d";
	dev.busy = 2;
	(void)tun_open(&t, &s, reason);
	is_str(t.name, "tun2", "the first one that is free");
	tun_close(&t);
	dev.busy = dev.absent = 2;
	is_int(tun_open(&t, &s, reason), TUN_REFUSED, "all are in use");
	ok(strstr(reason, "in use") != NULL, "is said: %s", reason);
	dev.busy = 0;
	s.name = "tun7";
	is_int(tun_open(&t, &s, reason), TUN_REFUSED, "one that is absent");
	ok(strstr(reason, "make it") != NULL, "says what to do: %s", reason);
	is_int(dev.open, 0, "nothing is left open");
	s = settings("tun0", "192.0.2.7", 24, NULL);
	s.mtu = 9000;
	is_int(tun_open(&t, &s, reason), TUN_REFUSED, "an MTU that is too big");
	is_int(dev.added, 0, "comes before addresses");
	ok(!dev.there && dev.open == 0, "and leaves no device");
}

static void
test_utun(void)
{
	struct tun_settings s = settings("", "192.0.2.7", 24, NULL);
	struct tun t;

	begin(MACOS);
	is_int(utun_open(&t, &s, reason), TUN_DONE, "macOS: a device opens");
	is_int(dev.unit, 0, "macOS: any");
	is_str(t.name, "utun5", "macOS: with the system's name");
	ok(dev.nonblocking, "macOS: it does not block");
	is_str(text4(&dev.v4.ifra_broadaddr), "192.0.2.7",
	    "macOS: its other side is itself");
	is_route("192.0.2.0 192.0.2.7 255.255.255.0", "macOS");
	utun_close(&t);
	ok(!dev.there && dev.open == 0, "macOS: it goes");
	s.name = "utun9";
	(void)utun_open(&t, &s, reason);
	is_int(dev.unit, 10, "macOS: the unit of a name");
	utun_close(&t);
	dev.refuse_connect = EBUSY;
	is_int(utun_open(&t, &s, reason), TUN_REFUSED, "macOS: it is in use");
	ok(strstr(reason, "in use") != NULL && dev.open == 0, "macOS: %s", reason);
	s.name = "tun0";
	is_int(utun_open(&t, &s, reason), TUN_MISTAKE, "macOS: tun0 is no name");
	s = settings("", "2001:db8::7", 64, NULL);
	(void)utun_add_address6("utun5", &s.address[0]);
}

/* A device of two ends of a socket, whose packets have a head. */
static void
test_packets(void)
{
	static const uint8_t v4[] = { 0, 0, 0, AF_INET, 0x45, 1, 2 };
	static const uint8_t v6[] = { 0, 0, 0, AF_INET6, 0x60, 3 };
	struct loop *loop = loop_new(NULL);
	struct arena *arena;
	struct dgram d[4];
	uint8_t buf[64], space[16];
	struct tun t;
	int pair[2];
	ssize_t n;

	memset(&t, 0, sizeof(t));
	if (loop == NULL || arena_open(loop, 2 * DGRAM_BATCH, 8, 8) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) != 0)
		must(false);
	arena = loop_arena(loop);
	t.fd = pair[0];
	t.head = TUN_HEAD;
	n = write(pair[1], v4, sizeof(v4));
	n += write(pair[1], v6, 3);
	n += write(pair[1], v6, sizeof(v6));
	is_int(n, sizeof(v4) + 3 + sizeof(v6), "three packets wait");
	is_int(tun_receive(&t, arena, d, 4), 2,
	    "one shorter than its head is none");
	ok(d[0].len == 3 && d[0].data[0] == 0x45 && d[1].len == 2 &&
	    d[1].data[0] == 0x60, "heads are removed");
	is_int(tun_receive(&t, arena, d + 2, 2), 0, "then there is none");
	tun_send(&t, d, 2);
	n = read(pair[1], buf, sizeof(buf));
	ok(n == sizeof(v4) && memcmp(buf, v4, sizeof(v4)) == 0,
	    "IPv4 gets its family");
	n = read(pair[1], buf, sizeof(buf));
	ok(n == sizeof(v6) && memcmp(buf, v6, sizeof(v6)) == 0,
	    "IPv6 gets its own");
	memcpy(space, v6 + 4, 2);
	memset(&d[0], 0, sizeof(d[0]));
	d[0].data = space;
	d[0].len = 2;
	tun_send(&t, d, 1);
	n = read(pair[1], buf, sizeof(buf));
	ok(n == sizeof(v6) && memcmp(buf, v6, sizeof(v6)) == 0,
	    "so does one without room before it");
	close(pair[1]);
	is_int(tun_receive(&t, arena, d, 4), -1, "the device is gone");
	tun_send(&t, d, 1);
	is_int(t.lost.failed, 1, "a packet for it is lost");
	close(pair[0]);
	loop_free(loop);
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	/* tests/portability/run.sh knows. */
	if (getenv("ADIT_NO_ADDRESSES") != NULL) {
		ok(true, "# SKIP getifaddrs() hangs in this emulator");
		return done_testing();
	}
	test_broadcast(FREEBSD, "FreeBSD");
	test_broadcast(NETBSD, "NetBSD");
	test_peer(FREEBSD, "FreeBSD");
	test_peer(NETBSD, "NetBSD");
	test_peer(OPENBSD, "OpenBSD");
	test_openbsd();
	test_left(FREEBSD, "FreeBSD");
	test_left(NETBSD, "NetBSD");
	test_left(OPENBSD, "OpenBSD");
	test_names();
	test_utun();
	test_packets();
	return done_testing();
}

#else

#include "tap.h"

int
main(void)
{
	ok(true, "# SKIP the stand-ins of the system calls are for Linux");
	return done_testing();
}

#endif
