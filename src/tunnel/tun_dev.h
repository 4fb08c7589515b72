/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What `tun` on the LEFT and on the RIGHT share: the device, reading and
 * writing of whole packets, MSS clamping, and ICMP replies.  Its MTU is in
 * tun_fit.h, its addresses are in tun_own.h.
 */

#ifndef TUNNEL_TUN_DEV_H
#define TUNNEL_TUN_DEV_H

#include "net/tun.h"
#include "tunnel/tun_routes.h"
#include "tunnel/tunnel.h"
#include "wire/ip.h"
#include "wire/path_mtu.h"

enum {
	TUN_DEV_KEPT = 8,	/* packets that may not get through */
	/* Headroom of a packet: an ICMP reply and the header of a backend. */
	TUN_DEV_HEAD = IP_ANSWER_HEAD + TUN_HEAD,
};

struct tun_dev;

/* Takes n whole packets of the device and their parsed headers. */
typedef void tun_dev_fn(struct tun_dev *, struct dgram *, struct ip *,
    unsigned n);

/* A packet that was sent while it is searched what gets through. */
struct tun_kept {
	const struct tun_leg *leg;	/* only compared; NULL: it is free */
	size_t len;
	uint8_t bytes[TUN_MTU_USUAL];
};

/* An end with a device; both begin with it. */
struct tun_dev {
	struct end end;
	struct tun tun;
	struct tun_super *super;	/* the memory of tun_begin() */
	struct flusher flusher;	/* writes what was put to the device, */
	struct tun_leg *put;	/* by that leg; NULL: nothing was */
	struct tun_settings settings;	/* to open it again if it goes */
	char name[TUN_NAME];	/* settings.name */
	struct watch watch;
	tun_dev_fn *packets;
	int64_t mss;		/* as in struct settings */
	uint64_t keepalive_ms;	/* see tun_probe.h; 0: nothing is asked */
	bool asks_path;		/* its carrier may swallow long packets */
	unsigned searches;	/* of paths, begun since searches_ms */
	uint64_t searches_ms;
	struct tun_kept kept[TUN_DEV_KEPT];	/* the newest of some
				 * conversations */
	unsigned last_kept;	/* the newest of them */
	bool deaf;		/* the carrier's peers know no probes */
	bool fits;		/* its MTU follows the carrier */
	bool fitted;		/* it did so once */
	int fit;		/* the MTU that fits; 0: not yet known */
	const struct tun_leg *least;	/* the leg with the smallest room, which
				 * the MTU fits; only compared.  NULL: it
				 * has gone, or there was none */
	bool held;		/* nothing is read from it */
	struct list legs;	/* struct tun_leg, those that are open */
	unsigned n_legs;	/* of them */
	struct timer again;	/* opens it, or reads it, again */
	unsigned failures;	/* of reads since the last one that worked */
	struct tun_losses told;	/* losses of the device counted so far */
	uint64_t dropped;	/* by the system's queue, as counted so far */
	uint64_t dropped_new;	/* those counted that were not logged, */
	uint64_t dropped_ms;	/* and when others were; 0: never */
	struct timer drops;	/* when they are counted (tun_drops.h) */
	struct tun_address own[TUN_ADDRESSES];	/* its addresses */
	unsigned n_own;
	uint64_t own_ms;	/* when they were asked for; 0: never */
	struct tun_routes routes;	/* into it */
	struct ip_answers answers;	/* budget of ICMP replies */
	uint8_t *part;		/* where fragments are made */
	struct log_limit gibberish_limit, lost_limit, mtu_limit, path_limit;
};

/* A leg; both begin with it. */
struct tun_leg {
	struct leg leg;
	struct list link;	/* in tun_dev->legs */
	size_t carrier;		/* the room of the other one; 0: not yet
				 * known */
	size_t room;		/* what gets through of that; 0: likewise */
	struct path_mtu path;	/* see tun_path.h */
	struct timer path_timer;	/* for its next step */
	uint16_t path_told;	/* the size that was logged; 0: none */
	struct timer beat;	/* keeps it alive (tun_probe.h) */
	uint64_t sent_ms;	/* when something was sent last */
	uint64_t heard_ms;	/* when something was received last */
	unsigned n_first;	/* first questions that are left */
	bool asks;		/* the peer has sent probes, */
	bool answers;		/* and has answered some */
};

/* The other end of the tunnel. */
static inline const struct end *
tun_dev_other(const struct tun_dev *dev)
{
	return dev->end.tunnel->end[dev->end.side == LEFT ? RIGHT : LEFT];
}

/* The leg of an end that is a device. */
static inline struct tun_leg *
tun_leg_of(struct leg *leg)
{
	return (struct tun_leg *)leg;
}

/* What settings say that a device is to be like. */
void tun_dev_settings(const struct settings *, struct tun_settings *);

/* Can a device have these addresses?  0, or -1 and the fault. */
int tun_dev_check(const char *name, const struct settings *, struct fault *);

/* Opens the device as the settings say, and calls fn with what it sends.  0,
 * or -1 and the fault. */
int tun_dev_start(struct tun_dev *, const struct settings *, tun_dev_fn *fn,
    struct fault *);

/* Closes it. */
void tun_dev_stop(struct tun_dev *);

/* Takes a leg among those of the device, whose MTU is to fit all of them. */
void tun_dev_join(struct tun_dev *, struct tun_leg *);

/* That leg closes. */
void tun_dev_leave(struct tun_dev *, struct tun_leg *);

/* Stops (true) or resumes reading. */
void tun_dev_hold(struct tun_dev *, bool);

/* Removes datagrams that are not whole packets, and takes the probes among
 * them where they are those of a leg; fills ip[] for the others.  Returns how
 * many are left; afterwards flow->dead may be true.  The losses are those of
 * the leg, or of the end where it is NULL. */
unsigned tun_dev_parse(struct tun_dev *, struct leg *, struct dgram *,
    struct ip *, unsigned n);

/* Passes n packets of the device to the other leg.  A packet that does not fit
 * is sent in fragments, or replied to by ICMP.  Afterwards flow->dead may be
 * true. */
void tun_dev_carry(struct tun_dev *, struct tun_leg *, struct dgram *,
    const struct ip *, unsigned n);

/* Writes n packets of a leg to the device. */
void tun_dev_put(struct tun_dev *, struct tun_leg *, struct dgram *,
    const struct ip *, unsigned n);

/* Replies to a packet of the device by ICMP, within the budget and where ICMP
 * allows a reply (RFC 1122 3.2.2, RFC 4443 2.4). */
void tun_dev_answer(struct tun_dev *, enum ip_trouble, size_t mtu,
    struct dgram *);

/* end_ops.describe: its name, MTU and addresses. */
void tun_dev_describe(struct end *, struct updown_env *);

/* end_ops.room: packets of any length may be written to a device. */
size_t tun_dev_room(struct leg *);

#endif
