/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the files of the simulated network know of each other's sockets.
 */

#ifndef SIM_SOCK_H
#define SIM_SOCK_H

#include "sim.h"

/* A datagram that waits in a socket. */
struct sim_packet {
	struct sim_packet *next;
	struct sim_host *at;	/* where it goes */
	struct addr from, to;
	size_t len;
	uint8_t data[1];
};

/* A descriptor. */
struct sim_sock {
	struct list link;	/* in host->socks */
	struct sim_host *host;
	fd_t fd;
	int type;		/* SOCK_DGRAM, SOCK_STREAM, or 0: of a pair */
	int family;
	struct addr local;	/* family 0: not bound */
	struct addr peer;	/* family 0: not connected */
	int error;		/* pending */
	struct watch *watch;	/* NULL: nobody watches it, else in that */
	struct poller *poller;

	uint16_t outside;	/* UDP: the port that others see */
	struct sim_packet *first, **last;	/* datagrams that wait */
	size_t queued;		/* bytes of them */
	size_t receive_max;
	bool pktinfo;
	sim_udp_fn *fn;		/* a test's */
	void *arg;

	struct sim_tcp *tcp;	/* a connection */
	size_t send_max, lowat;
	int user_timeout_ms, keep_idle_s, keep_interval_s, keep_count;
	int df;			/* "don't fragment": 1, -1 not, 0 was not set */
	unsigned mss;		/* that was set; 0: none was */
	bool listening;
	unsigned backlog, n_waiting;
	struct list waiting;	/* struct sim_tcp, to be accepted */

	struct sim_sock *other;	/* of a pair */
	size_t bytes;		/* written to it */
	bool route;		/* of no pair: it reports changes of addresses, */
	bool route_changed;	/* and one is among what can be read */
};

/* The socket of a descriptor; dies when there is none. */
struct sim_sock *sim_sock_of(fd_t fd);

/* A new descriptor on a host; NULL and errno. */
struct sim_sock *sim_sock_new(struct sim_host *, int family, int type);

/* Gives it an address: any port when it has none yet. */
void sim_sock_autobind(struct sim_sock *, const struct addr *to);

/* Notes that a socket of the host has that port. */
void sim_port_given(struct sim_host *, uint16_t port);

/* Something about the socket changed: whoever watches it looks. */
void sim_sock_changed(struct sim_sock *);

/* Whoever watches it looks, too, when he looks at all. */
void sim_watch_look(struct sim_sock *);

/* The events that the socket has now. */
unsigned sim_sock_events(const struct sim_sock *);

/* Lets loops of that host look at their watches. */
void sim_wake(struct sim_host *);

/* As sim_at(); arg is from malloc() and is freed if the world ends before. */
void sim_at_owned(uint64_t at_us, void (*fn)(void *), void *arg);

/* The parts of sim_udp.c and sim_tcp.c. */
void sim_udp_close(struct sim_sock *);
ssize_t sim_udp_out(struct sim_sock *, const void *, size_t,
    const struct addr *to, const struct addr *local);

int sim_tcp_connect(struct sim_sock *, const struct addr *to);
void sim_tcp_close(struct sim_sock *);
ssize_t sim_tcp_in(struct sim_sock *, void *, size_t);
ssize_t sim_tcp_out(struct sim_sock *, const void *, size_t);
unsigned sim_tcp_events(const struct sim_sock *);
struct sim_tcp *sim_tcp_take(struct sim_sock *listener);
void sim_tcp_attach(struct sim_tcp *, struct sim_sock *);
bool sim_tcp_up(const struct sim_sock *);
void sim_tcp_shutdown(struct sim_sock *);
void sim_tcp_keep(struct sim_sock *);
long sim_tcp_unsent(const struct sim_sock *, bool sent);
int sim_tcp_info(const struct sim_sock *, struct sock_tcp *);
void sim_tcp_reset_all(void);

void sim_names_reset(void);
void sim_tuns_reset(void);

#endif
