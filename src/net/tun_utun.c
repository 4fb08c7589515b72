/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices of macOS: utun, a socket to a control of the kernel.
 *
 * NOTES.  sys/kern_control.h; related headers are not installed everywhere, so
 * the few numbers and structs from them are defined here.  A device exists as
 * long as its socket.  The number in its name is the unit of the control minus
 * 1; unit 0 means any.  It is always point to point.
 */

#include "compat.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/kern_control.h>
#include <net/if.h>

#include "net/tun_bsd.h"

#include "base/value.h"

#define UTUN_CONTROL "com.apple.net.utun_control"

enum {
	UTUN_PROTOCOL = 2,	/* SYSPROTO_CONTROL */
	UTUN_ADDRESS = 2,	/* AF_SYS_CONTROL */
	UTUN_OPT_IFNAME = 2,
};

/* struct in6_aliasreq and struct in6_addrlifetime of netinet6/in6_var.h. */
struct utun_address6 {
	char name[IFNAMSIZ];
	struct sockaddr_in6 addr, peer, mask;
	int flags;
	struct {
		time_t expires, preferred;
		uint32_t valid_s, preferred_s;
	} lifetime;
};

#define UTUN_ADD_ADDRESS6 _IOW('i', 26, struct utun_address6)

int
tun_bsd_add_address6(const char *name, const struct tun_address *a)
{
	struct utun_address6 r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.name, name, sizeof(r.name));
	tun_bsd_in6(&r.addr, &a->addr);
	tun_bsd_in6(&r.peer, &a->peer);
	tun_bsd_mask6(&r.mask, a->peer.family != 0 ? 128 : a->prefix);
	r.lifetime.valid_s = (uint32_t)TUN_BSD_FOREVER;
	r.lifetime.preferred_s = (uint32_t)TUN_BSD_FOREVER;
	return tun_bsd_ioctl(AF_INET6, UTUN_ADD_ADDRESS6, &r);
}

/* The unit that a name asks for: 0 for any, -1 when it is no name of one. */
static int
utun_unit(const char *name)
{
	int64_t number;

	if (*name == '\0' || strcmp(name, "tun%d") == 0 ||
	    strcmp(name, "utun%d") == 0 || strcmp(name, "utun") == 0)
		return 0;
	if (strncmp(name, "utun", 4) != 0 || name[4] < '0' ||
	    name[4] > '9' || value_parse_int(name + 4, &number) != 0 ||
	    number > 65534)
		return -1;
	return (int)number + 1;
}

/* Connects to the control; 0, or -1 and errno. */
static int
utun_connect(int fd, int unit)
{
	struct sockaddr_ctl to;
	struct ctl_info info;

	memset(&info, 0, sizeof(info));
	strlcpy(info.ctl_name, UTUN_CONTROL, sizeof(info.ctl_name));
	if (ioctl(fd, CTLIOCGINFO, &info) != 0)
		return -1;
	memset(&to, 0, sizeof(to));
	to.sc_len = sizeof(to);
	to.sc_family = AF_SYSTEM;
	to.ss_sysaddr = UTUN_ADDRESS;
	to.sc_id = info.ctl_id;
	to.sc_unit = (uint32_t)unit;
	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

/* Words for why there is no device. */
static void
utun_why(int error, char *why)
{
	switch (error) {
	case EPERM:
	case EACCES:
		snprintf(why, TUN_WHY, "no permission to make it: run as "
		    "root");
		break;
	case EBUSY:
		snprintf(why, TUN_WHY, "it is in use: another program has the "
		    "device; take a different name, or utun%%d");
		break;
	default:
		snprintf(why, TUN_WHY, "the system makes no such device: %s",
		    sock_strerror(error));
	}
}

enum tun_result
tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	int unit = utun_unit(s->name);
	socklen_t len = sizeof(t->name);

	memset(t, 0, sizeof(*t));
	t->fd = FD_NONE;
	if (unit < 0) {
		snprintf(why, TUN_WHY, "\"%s\" cannot be the name of a device "
		    "here: they are utun0, utun1 and so on", s->name);
		return TUN_MISTAKE;
	}
	t->fd = socket(PF_SYSTEM, SOCK_DGRAM, UTUN_PROTOCOL);
	if (t->fd < 0 || utun_connect(t->fd, unit) != 0 ||
	    getsockopt(t->fd, UTUN_PROTOCOL, UTUN_OPT_IFNAME, t->name,
	    &len) != 0 || fcntl(t->fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(t->fd, F_SETFD, FD_CLOEXEC) != 0) {
		utun_why(errno, why);
		tun_close(t);
		return TUN_REFUSED;
	}
	t->head = TUN_HEAD;
	t->made = true;
	if (tun_bsd_set_up(t, s, why))
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
