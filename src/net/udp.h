/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * UDP sockets in batches.
 *
 * NOTES.  A backend is a file: udp_mmsg.c (recvmmsg, sendmmsg, UDP_SEGMENT,
 * UDP_GRO, each given up silently when the kernel refuses it), udp_win32.c (the
 * same of Windows 10 2004) and udp_plain.c (one call a datagram, up to a batch
 * in a turn).  A sender
 * gathers datagrams in a udp_queue; a flush sends them in one call for each
 * socket.
 */

#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/addr.h"
#include "net/dgram.h"
#include "net/loop.h"

/* A datagram with its addresses. */
struct udp_msg {
	struct dgram d;
	struct addr peer;	/* from or to; family 0 on a connected socket */
	struct addr local;	/* our address (port 0); family 0: any */
};

struct udp_ops;

/* Do datagrams say "don't fragment"?  AUTO: as the system does. */
enum udp_df { UDP_DF_AUTO, UDP_DF_YES, UDP_DF_NO };

enum {
	UDP_MAX = 65507,	/* largest payload over IPv4 */
	UDP_SEGMENTS = 128,	/* most that a kernel joins (Linux 6.9; 64
				 * before) */
	UDP_JOINED = 8,		/* slots read at once that may hold segments */
	UDP_BATCH = UDP_JOINED * UDP_SEGMENTS,	/* messages to give room for
				 * where GRO is wanted */
};

/* What went wrong, counted. */
struct udp_losses {
	uint32_t truncated;	/* received, larger than its slot */
	uint32_t full;		/* not sent: no room in the socket */
	uint32_t refused;	/* ICMP: unreachable */
	uint32_t too_big;	/* not sent: over the MTU or 65507 */
	uint32_t failed;	/* not sent: any other error */
};

/* A socket. */
struct udp {
	const struct udp_ops *ops;
	struct udp *next_dirty;	/* for the udp_queue */
	fd_t fd;
	bool connected;		/* to one peer; none is reported */
	bool local_wanted;	/* bound to a wildcard: replies need `local` */
	bool gso, gro;		/* still believed to work */
	bool gro_on;		/* the kernel was asked to join datagrams */
	bool more;		/* more datagrams may be waiting */
	uint8_t df;		/* enum udp_df, of the options */
	uint8_t batch;		/* slots that the next read is prepared for */
	uint16_t gso_max;	/* largest segment not yet found too large */
	uint16_t first, last;	/* for the udp_queue; 0: nothing queued */
	int last_error;		/* errno of the newest loss, */
	int last_refusal;	/* and of the newest that is `refused` */
	struct udp_losses lost;
};

struct udp_options {
	int receive_buffer, send_buffer;	/* bytes, 0: the system's */
	bool mark_set;
	uint32_t mark;		/* Linux SO_MARK */
	enum udp_df df;		/* "don't fragment" */
	bool no_offload;	/* neither GSO nor GRO */
	bool freebind;		/* bind to an address that we lack, too */
	bool is_passed;		/* take over this socket, which is bound: */
	fd_t passed;
	const char *backend;	/* "mmsg", "win32", "plain"; NULL: the
				 * best */
	struct udp_found *found;	/* kept by the owner of many sockets,
				 * zeroed before the first; NULL: each
				 * asks the system */
};

/* What a first socket has found out of the system, so that those after it,
 * with the same options, need not ask. */
struct udp_found {
	bool asked;		/* the rest is known */
	bool gso, gro;		/* as in struct udp */
};

struct udp_ops {
	const char *name;
	/* 0, or -1 when it does not work here (the next one is tried). */
	int (*open)(struct udp *, int family, const struct udp_options *);
	/* Fills at most max messages; *n how many. As udp_receive(). */
	int (*receive)(struct udp *, struct arena *, struct udp_msg *,
	    unsigned max);
	/* Sends n messages, in order; counts losses. */
	void (*send)(struct udp *, struct udp_msg *const *, unsigned n);
};

/* For the backends: is that an ICMP error, of any datagram sent before? */
bool udp_is_refusal(int error);

/* For the backends: counts the loss of n datagrams. */
void udp_count(struct udp *, int error, unsigned n);

/* Counts n ICMP errors, of datagrams that may have been sent before. */
void udp_count_refusal(struct udp *, int error, unsigned n);

/* For the backends: how many slots to prepare next time (u->batch), after n of
 * those prepared were filled. */
void udp_adapt(struct udp *, unsigned n);

/* For the backends: how many slots to take for at most max datagrams. */
unsigned udp_slots(const struct udp *, const struct arena *, unsigned max);

/* For the backends: m->d, a slot, has received len bytes from that address to
 * that one of ours.  NULL: the socket is connected; the latter is not asked
 * for. */
void udp_received(struct udp_msg *m, size_t len, const union sock_addr *from,
    const union sock_addr *local);

/* For the backends: what receive() returns after n messages and an error (0:
 * none), which it counts. */
int udp_read_result(struct udp *, int error, unsigned n);

extern const struct udp_ops *const udp_list[];	/* made by configure */
extern const struct udp_ops udp_mmsg;
extern const struct udp_ops udp_plain;
extern const struct udp_ops udp_win32;

/* Opens a socket: bound when bind is not NULL, connected when peer is not
 * NULL. 0; -1 and errno, and *step names the call that failed ("bind"). */
int udp_open(struct udp *, const struct addr *bind, const struct addr *peer,
    const struct udp_options *, const char **step);

/* Opens a second descriptor of a socket that is bound to an address, and gives
 * it the options.  The old one must be closed before anything is received from
 * the new one.  0; -1 and errno, as above: also where it is connected, or has
 * an option that cannot be taken back. */
int udp_adopt(struct udp *, const struct udp *old, const struct addr *bind,
    const struct udp_options *, const char **step);

/* Connects a socket that is bound to one address: only that peer's datagrams
 * are received from now on, but for those that wait already. 0, or -1 and
 * errno. */
int udp_connect(struct udp *, const struct addr *peer);

/* Closes; what is queued for it must have been flushed or udp_forget()ed.  What
 * is queued from then on is a loss. */
void udp_close(struct udp *);

/* Receives what is there: up to max messages (max >= DGRAM_BATCH) from one
 * system call or a batch of them.  Returns how many; 0 when there is nothing;
 * -1 and errno (ECONNREFUSED: an ICMP error came back, and is counted; go on
 * reading).  Truncated datagrams are counted and left out.  Segments of a slot
 * (GRO, which is used when max >= UDP_BATCH) have no room of their own. */
int udp_receive(struct udp *, struct arena *, struct udp_msg *, unsigned max);

/* Logs, at level debug, what the system has of all that is tried. */
void udp_log_system(void);

/* Does the system report which address of ours a datagram was sent to, of a
 * family (4 or 6)? */
bool udp_reports_local(uint8_t family);

/* The socket's own address. */
void udp_local(const struct udp *, struct addr *);

enum { UDP_QUEUE = 256 };

/* Messages gathered for any number of sockets; one for each end. */
struct udp_queue {
	struct udp_msg msg[UDP_QUEUE];
	uint16_t next[UDP_QUEUE];	/* the socket's next message plus 1 */
	unsigned count;
	struct udp *dirty;	/* sockets with messages */
};

/* Queues a datagram (borrowed until the queue is flushed); peer and local may
 * be NULL. Flushes first when the queue is full. */
void udp_put(struct udp_queue *, struct udp *, const struct dgram *,
    const struct addr *peer, const struct addr *local);

/* Sends everything. */
void udp_flush(struct udp_queue *);

/* Sends what is queued for one socket, before that is closed. */
void udp_forget(struct udp_queue *, struct udp *);

#endif
