/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A simulated world for the real code: hosts, links and a clock that jumps to
 * the next event.
 *
 * NOTES.  The files of this folder define the functions of compat/sock.h, the
 * clocks, poller_list, udp_list and the functions of net/resolve.h, and are
 * linked before the library.  A process of the program is a loop on a host; the
 * loops run in turn, and none of them sleeps.  The parts that a test itself
 * plays (applications, strangers) call the same socket functions after
 * sim_as(), or are called when a datagram comes.  All random numbers come from
 * one seed, so that a run can be repeated.
 *
 *	sim.c          clock, events, hosts, links, loops and their poller
 *	sim_sock.c     descriptors and their events
 *	sim_udp.c      datagrams: loss, duplicates, order, NAT, ICMP
 *	sim_tcp.c      streams: windows, stalls, resets, silence, accept queues
 *	sim_resolve.c  names
 *	sim_route.c    addresses that change, and who is told
 *	sim_tun.c      TUN devices
 *	sim_route_set.c routes into them
 *	sim_hook.c     programs that are run
 *	world.c        tunnels between hosts, applications, and what was logged
 */

#ifndef SIM_H
#define SIM_H

#include "sock.h"

#include "base/addr.h"
#include "base/list.h"
#include "net/loop.h"
#include "net/route_set.h"
#include "net/tun.h"
#include "wire/vnet.h"

#define SIM_MS UINT64_C(1000)			/* in microseconds */
#define SIM_S UINT64_C(1000000)

enum { SIM_HOSTS = 8 };

struct sim_sock;
struct sim_tcp;

/* A machine. */
struct sim_host {
	const char *name;
	struct addr addr[2];	/* port 0 */
	unsigned n_addr;
	unsigned index;
	bool down;		/* it is switched off: no packet in or out */
	bool may_mark;		/* SO_MARK is allowed */
	unsigned max_fds;	/* EMFILE from then on */
	unsigned n_fds;		/* open descriptors */
	uint16_t next_port;	/* for sockets that are not bound */
	uint64_t given[1024];	/* a bit for each port that one has had */
	uint16_t nat_inside, nat_outside;	/* what the NAT made of the port
				 * of a UDP socket that was closed */
	int udp_error;		/* what sends of datagrams fail with, */
	unsigned udp_errors;	/* so many times */
	struct list socks;	/* struct sim_sock */
};

/* The way from one host to another. */
struct sim_link {
	uint64_t latency_us, jitter_us;
	uint64_t bytes_per_s;	/* 0: no end of it */
	unsigned loss, duplicate;	/* of 10,000 datagrams or segments */
	bool cut;		/* nothing goes through, and nobody says so */
	size_t swallows;	/* IP packets of TCP that are longer get lost;
				 * 0: none is */
	size_t window;		/* bytes of one TCP connection under way */
	uint64_t slow_us;	/* so much later come the first bytes of each
				 * TCP connection */
	uint64_t free_us;	/* when what was sent so far has left */
	unsigned long packets;	/* that went this way */
};

/* A loop, which stands for a process. */
struct sim_loop {
	struct loop *loop;	/* NULL: no such */
	struct sim_host *host;
	struct poller *poller;
	unsigned long wakeups;	/* waits that ended by an event or a timer */
};

extern struct sim_host sim_hosts[SIM_HOSTS];
extern unsigned sim_n_hosts;

/* A datagram that is being sent. */
struct sim_passing {
	struct sim_host *from;
	struct sim_host *to;	/* NULL: its address is nobody's */
	struct addr source, target;	/* as the one that receives it sees */
	const uint8_t *data;
	size_t len;
	uint64_t late_us;	/* how much longer than others it takes; to be
				 * set at will */
};

/* Says how many copies of a datagram arrive; called on its sender's host. */
typedef unsigned sim_fate_fn(void *arg, struct sim_passing *);

/* How the world behaves as a whole. */
struct sim_rules {
	sim_fate_fn *fate;	/* of each datagram that its link lets through;
				 * NULL: one copy */
	void *fate_arg;
	bool nobody;		/* there are addresses of nobody, where
				 * datagrams can be sent */
	bool refuse_at_once;	/* the ICMP error of a port that nobody
				 * listens on is there before the send is
				 * over, as within one machine */
	bool tcp_untold;	/* the system reports nothing of connections */
	bool fixed_mss;		/* the MSS of TCP cannot be set */
	bool fixed_df;		/* "don't fragment" cannot be set */
	bool no_local_report;	/* the system does not report which address a
				 * datagram was sent to */
	bool untold;		/* changes of addresses are not reported */
	bool own_unknown;	/* the system cannot say which there are */
	bool unusable;		/* nothing can be bound to any of them */
	size_t segment;		/* most bytes of a stream that arrive, and are
				 * acknowledged, at once */
	bool chop;		/* streams take and give odd numbers of bytes */
	int64_t wall_s;		/* what the wall clock said at the start */
	uint64_t slept_ms;	/* all machines were suspended for so long */
};
extern struct sim_rules sim_rules;

/* How often systems were asked what a connection has not sent. */
extern unsigned long sim_asked_unsent;

/*
 * The world
 */

/* A new and empty world, at 0 s. */
void sim_begin(uint64_t seed);

/* The folder of the data of tests. */
const char *sim_data(void);

/* Its end; returns how many descriptors were still open. */
unsigned sim_end(void);

/* Chance: a number from 0 to n - 1. */
uint64_t sim_random(uint64_t n);

/* Microseconds since sim_begin(). */
uint64_t sim_now_us(void);

/* The process that runs now works for so long. */
void sim_work_us(uint64_t us);

/* It has no processor for so long. */
void sim_wait_us(uint64_t us);

/* A host with that address. */
struct sim_host *sim_host_add(const char *name, const char *ip);

/* Another address of it. */
void sim_host_address(struct sim_host *, const char *ip);

/* Its n-th address becomes that one, or its last one (n == n_addr - 1) goes
 * where ip is NULL; its processes are told. */
void sim_host_move(struct sim_host *, unsigned n, const char *ip);

/* Its processes are told that addresses or routes have changed. */
void sim_route_changed(struct sim_host *);

/* They are told that a look-up has failed, which is no change. */
void sim_route_missed(struct sim_host *);

/* The host of that address as seen from one of them; NULL for none. */
struct sim_host *sim_host_of(struct sim_host *from, const struct addr *);

/* The way from one to the other, to be changed at will. */
struct sim_link *sim_link(struct sim_host *from, struct sim_host *to);

/* Sets latency (of each way) and bandwidth between two. */
void sim_link_both(struct sim_host *, struct sim_host *, uint64_t latency_us,
    uint64_t bytes_per_s);

/* Cuts or mends both ways. */
void sim_cut(struct sim_host *, struct sim_host *, bool cut);

/* Does a packet get from one to the other now? */
bool sim_reaches(struct sim_host *from, struct sim_host *to);

/* When a packet of n bytes, sent now, arrives. */
uint64_t sim_arrival_us(struct sim_host *from, struct sim_host *to, size_t n);

/* What is called from now on is called on that host. */
void sim_as(struct sim_host *);
struct sim_host *sim_here(void);

/* Has fn called at that time; later is later, also within a microsecond. */
void sim_at(uint64_t at_us, void (*fn)(void *), void *arg);

/* A loop on that host. The caller ends it with sim_loop_free(). */
struct sim_loop *sim_loop_new(struct sim_host *);
void sim_loop_free(struct sim_loop *);

/* Lets so much time pass. */
void sim_run_us(uint64_t us);
void sim_run_ms(uint64_t ms);
void sim_run_s(uint64_t s);

/* Lets time pass until done(arg), at most so long; whether it came to that. */
bool sim_run_until(bool (*done)(void *), void *arg, uint64_t max_us);

/*
 * Datagrams
 */

/* Called when one comes to a socket of a test. */
typedef void sim_udp_fn(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from);

/* A UDP socket of the test on a host, bound to that port (0: any). */
fd_t sim_udp_open(struct sim_host *, uint16_t port, sim_udp_fn *, void *arg);

/* Sends from it. */
void sim_udp_send(fd_t fd, const struct addr *to, const uint8_t *data,
    size_t len);

/* A datagram arrives now that says it is from there, wherever that is. */
void sim_udp_forge(const struct addr *from, const struct addr *to,
    const void *data, size_t len);

/* The NAT before that socket forgets it and gives it another port. */
void sim_udp_rebind(fd_t fd);

/* The NAT before a host forgets all of its connected sockets; returns how many
 * there are. */
unsigned sim_udp_rebind_all(struct sim_host *);

/* Its port. */
uint16_t sim_udp_port(fd_t fd);

/* How many UDP sockets a host has whose "don't fragment" was set to that: 1, -1
 * for not, 0 for never set. */
unsigned sim_udp_count_df(const struct sim_host *, int df);

/*
 * Streams
 */

/* Sets how many bytes of a connection may be under way; 0 stalls all. */
void sim_tcp_window(struct sim_host *from, struct sim_host *to,
    size_t window);

/* What is between two hosts ends the connections from the first to the second
 * that have carried nothing for so long, towards both: by FIN, else by RST.
 * Returns how many. */
unsigned sim_tcp_cut(struct sim_host *, struct sim_host *, uint64_t idle_us,
    bool fin);

/* Resets all connections from one host to another; returns how many. */
static inline unsigned
sim_tcp_reset(struct sim_host *from, struct sim_host *to)
{
	return sim_tcp_cut(from, to, 0, false);
}

/* How many TCP connections the host was asked for so far. */
unsigned long sim_tcp_asked(const struct sim_host *);

/* How many of a host's are open. */
unsigned sim_tcp_count(const struct sim_host *);

/* The lowest MSS that was set for one of them; 0: for none. */
unsigned sim_tcp_lowest_mss(const struct sim_host *);

/* Resets the n-th of a host's open connections (0 is the oldest). */
void sim_tcp_reset_one(struct sim_host *, unsigned n);

/* What is between two hosts forgets all connections from the first to the
 * second, silently, or so that the first is reset when it sends; returns how
 * many. */
unsigned sim_tcp_forget(struct sim_host *, struct sim_host *, bool reset);

/* From now on, or no longer, all segments are lost that a host sends on the
 * n-th of its open connections; nothing else is. */
void sim_tcp_lose_one(struct sim_host *, unsigned n, bool on);

/*
 * Names
 */

/* A name is that address (several calls: several addresses) from now on. */
void sim_name_set(const char *name, const char *ip);

/* Each answer begins with the next of its addresses, as with many name
 * servers. */
void sim_name_turn(const char *name);

/* Look-ups of the name fail with those words; NULL: they work again. */
void sim_name_fail(const char *name, const char *why);

/* And take so long. */
void sim_name_delay(const char *name, uint64_t delay_ms);

/* Forgets its addresses. */
void sim_name_clear(const char *name);

/* How often it was looked up. */
unsigned sim_name_asked(const char *name);

/*
 * TUN devices
 */

enum { SIM_TUNS = 8, SIM_TUN_QUEUE = 500 };

/* Called with each packet that is written to a device. */
typedef void sim_tun_fn(void *arg, const uint8_t *packet, size_t n);

/* A device of a host, there from the first mention on. */
struct sim_tun {
	struct sim_host *host;	/* NULL: free */
	char name[TUN_NAME];
	bool there;		/* the user made it */
	bool may_not_set;	/* its MTU may not be changed */
	int mtu;
	fd_t fd;		/* that a process has; FD_NONE: none */
	unsigned waiting;	/* packets to be read */
	bool vnet;		/* it passes super-packets, */
	unsigned supers;	/* of which so many were written to it */
	unsigned long lost;	/* those that found the queue full */
	unsigned full;		/* writes that find no room from now on */
	const char *refuse;	/* opening fails with those words; NULL: not */
	bool gone;		/* reading it fails */
	bool up;		/* it was raised */
	struct tun_address address[TUN_ADDRESSES];
	unsigned n_addresses;
	sim_tun_fn *fn;		/* the test's, or NULL */
	void *arg;
};

/* Programs that were run, in all. */
enum { SIM_HOOKS = 100 };
extern struct sim_hooks {
	unsigned take_ms;	/* so long does each that begins now */
	bool refused;		/* none can be started */
	unsigned n;		/* started */
	char command[SIM_HOOKS][32];	/* with its first argument */
	char reason[SIM_HOOKS][16];	/* ADIT_REASON */
	unsigned running, most;	/* now, and at the same time */
	unsigned killed;
} sim_hooks;

/* Routes into devices, of all hosts together. */
extern struct sim_routes {
	unsigned n_open;	/* devices that are looked after */
	struct route_settings settings;	/* the newest that set something */
	bool on;		/* default routes are set */
	bool closed;		/* what lasted has left the machine closed */
	unsigned changes;	/* of that */
	unsigned n_restored;	/* devices that came back */
	bool refused;		/* nothing can be set */
	bool markless;		/* the system has no marks */
	unsigned n_followed;	/* looks for the ways to servers, */
	bool follow_fails;	/* none of which finds one */
} sim_routes;

/* The device of that name on a host. */
struct sim_tun *sim_tun(struct sim_host *, const char *name);

/* The host sends a packet into it; what nobody reads is lost. */
void sim_tun_send(struct sim_tun *, const uint8_t *packet, size_t n);

/* The same of a super-packet with such a header; the device passes them. */
void sim_tun_send_super(struct sim_tun *, const struct vnet *,
    const uint8_t *packet, size_t n);

#endif
