/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices: IP packets of this host as datagrams.
 *
 * NOTES.  Backends are whole files, chosen by configure: tun_linux.c; those of
 * the BSDs and macOS (tun_bsd.h); tun_none.c.  All but the last read and
 * write packets by tun_rw.c.  A header that the system puts before a packet is
 * removed and added there: callers see whole IP packets.
 *
 * Address, MTU and state of a device are set by system calls; no program is
 * run.  A device that exists already is used as it is, except for what the
 * settings name.  A device that was made here is removed when it is closed.
 */

#ifndef NET_TUN_H
#define NET_TUN_H

#include "sock.h"

#include "base/addr.h"
#include "net/dgram.h"

struct tun_super;

enum {
	TUN_NAME = 16,		/* holds the name of a device */
	TUN_ADDRESSES = 8,	/* of one device */
	TUN_HEAD = 4,		/* bytes that a backend may write before a
				 * packet: the address family of BSD */
	TUN_WHY = 400,		/* holds why a device was not opened */
	TUN_MTU_MIN = 68,	/* RFC 791 */
	TUN_MTU_MAX = 65535,
	TUN_MTU_IP6 = 1280,	/* RFC 8200 5 */
	TUN_MTU_USUAL = 1500,
};

/* An address of a device. */
struct tun_address {
	struct addr addr;	/* port 0 */
	int prefix;		/* bits of its network */
	struct addr peer;	/* the other side; family 0: none */
};

/* What a device is to be like. */
struct tun_settings {
	const char *name;	/* "adit0"; "tun%d", "": the system's choice */
	struct tun_address address[TUN_ADDRESSES];
	unsigned n_addresses;	/* 0: left to the user */
	int mtu;		/* 0: left as it is */
	bool leave_down;	/* the user raises it */
	bool plain;		/* no super-packets */
};

/* Packets that were not written. */
struct tun_losses {
	unsigned long full;	/* the system had no room */
	unsigned long failed;	/* any other refusal, as of a device that is
				 * down */
};

/* A device. */
struct tun {
	fd_t fd;		/* non-blocking; FD_NONE: closed */
	char name[TUN_NAME];	/* as the system calls it */
	size_t head;		/* bytes before a packet: 0 or TUN_HEAD */
	bool made;		/* by us: it was not there before */
	int mtu;		/* as far as we know */
	bool vnet;		/* a header of wire/vnet.h precedes packets: it
				 * may send super-packets, */
	bool joins_tcp, joins_udp;	/* and takes those */
	struct tun_super *super;	/* where vnet is so: their memory,
				 * which tun_begin() has set */
	bool more;		/* packets may wait that the last
				 * tun_receive() left */
	int last_error;		/* errno of the newest loss */
	struct tun_losses lost;
};

/* What tun_open() returns. */
enum tun_result {
	TUN_DONE,
	TUN_REFUSED,		/* by the system */
	TUN_ABSENT,		/* no driver so far; at boot it may come */
	TUN_MISTAKE,		/* of the user: a name that cannot be */
};

/* Opens, or makes, a device; why says in words what is wrong and what to do
 * about it. */
enum tun_result tun_open(struct tun *, const struct tun_settings *,
    char why[TUN_WHY]);

/* Has it ready to be read and written by this process: gives it memory for
 * super-packets, where it has them.  *super is NULL the first time, and is the
 * caller's, who frees it when the device is closed for good.  0, or -1 when
 * there is no memory. */
int tun_begin(struct tun *, struct tun_super **super);

/* Closes it; harmless when it is closed.  What tun_send() has kept is
 * forgotten. */
void tun_close(struct tun *);

/* Sets its MTU; 0, or -1 and errno. */
int tun_set_mtu(struct tun *, int mtu);

/* Reads how many packets the system has dropped since the device was made, as
 * its queue was full or nobody had the device open.  False: the system does not
 * report it.  It costs a few system calls. */
bool tun_dropped(const struct tun *, uint64_t *n);

/* Fills in the addresses that the device has now, as many as fit; returns how
 * many. */
unsigned tun_addresses(const struct tun *,
    struct tun_address address[TUN_ADDRESSES]);

/* Reads packets that wait, each into a slot of the arena with all its room, or
 * a copy of it; at most max <= DGRAM_BATCH.  Returns how many; 0 when there is
 * none; -1 and errno when the device is gone.  tun->more is set if more may
 * wait, of which some may have been read: it is to be called again. */
int tun_receive(struct tun *, struct arena *, struct dgram *d, unsigned max);

/* The same of what was read already, and was too much for the last batch: the
 * system does not report it again.  Nothing is read. */
unsigned tun_receive_left(struct tun *, struct arena *, struct dgram *d,
    unsigned max);

/* Writes n packets, before each of which TUN_HEAD bytes may be written (d->head
 * says so); counts those that the system does not take.  It may keep them,
 * borrowed, until tun_flush(), and write those that belong together at once. */
void tun_send(struct tun *, struct dgram *d, unsigned n);

/* Writes what was kept; losses are counted as above. */
void tun_flush(struct tun *);

/*
 * For the backends (tun_rw.c).
 */

/* What a read that ended like that (len < 0: errno) returns after so many
 * packets: see tun_receive(). */
int tun_read_end(unsigned got, ssize_t len);

/* Counts n packets that were not written for that error. */
void tun_lose(struct tun *, int error, unsigned n);

/* What is wrong with the name of a device; NULL: nothing. */
const char *tun_name_fault(const char *name);

/* Writes the command that takes an address from a device. */
void tun_address_remedy(char why[TUN_WHY], const char *device,
    const struct addr *);

/* Does a different device have one of the addresses?  Then why says so. */
bool tun_is_taken(const struct tun_settings *, const char *device,
    char why[TUN_WHY]);

#endif
