/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The set-up of most simulations: a client and a server with a tunnel each,
 * applications that use the client, and a target of the server.
 *
 * NOTES.  Each datagram of an application contains its sender and number, from
 * which its other bytes are computed, so that a receiver can check that it was
 * sent like this.  Datagrams of less than 16 bytes are only counted.
 */

#ifndef WORLD_H
#define WORLD_H

#include "sim.h"

#include "base/log.h"
#include "tunnel/plan.h"
#include "tunnel/tunnel.h"
#include "wire/random.h"

#define WORLD_PSK "00112233445566778899aabbccddeeff"

enum {
	WORLD_DTLS_PORT = 2815,
};

/* A process: a tunnel on a host. */
struct proc {
	struct sim_host *host;
	struct sim_loop *sim;	/* NULL: it does not run */
	struct resolver *resolver;
	struct random random;
	struct tunnel *tunnel;
	struct fault fault;	/* why proc_start() returned -1 */
	struct plan plan;
	const char *psk[2];	/* an end's pre-shared key; NULL: it has none,
				 * or in its spec */
};

enum {
	APP_SENT = 4096,	/* numbers kept */
	APP_HEAD = 16,		/* bytes that tell who and which */
};

/* One that sends from the left and counts what comes back. */
struct app {
	fd_t fd;
	uint32_t id;
	struct addr to;
	uint32_t sent, received;
	uint32_t bad;		/* was not sent by us, or was changed */
	uint32_t twice;		/* had come before */
	uint64_t rtt_us, worst_us;	/* of the newest, and of all */
	uint64_t last_us;	/* when the newest came */
	uint32_t newest;	/* its number */
	struct {
		uint64_t at_us;
		uint32_t number;
		uint32_t len;
		bool back;
	} log[APP_SENT];	/* by number, modulo */
};

/* The echo server on the right. */
struct target {
	fd_t fd;
	uint32_t received;	/* datagrams */
	uint32_t bad;		/* those that were changed on the way */
	uint64_t oldest_us;	/* age of the oldest on arrival */
	uint64_t late_us;	/* when that one came */
	uint16_t port;		/* source of the newest */
	size_t len;		/* its length */
	unsigned ports;		/* how often the port was another one */
	bool silent;		/* it does not answer */
	uint32_t newest;	/* of the first application: the highest number
				 * that came, plus 1 */
	uint32_t late;		/* its datagrams that came after newer ones */
	uint32_t twice;		/* and those that had come before */
	bool came[APP_SENT];	/* by number, as long as those are lower */
};

struct world {
	struct sim_host *app, *client, *server, *target;
	struct proc left, right;
	struct target echo;
};

/* Begins: hosts 10.0.3.1, 10.0.3.2 (client), 10.0.0.1 (server), 10.0.2.1, and
 * an echo server on the last, port 7; 10 ms from client to server. */
void world_begin(struct world *, uint64_t seed);

/* Ends it; returns how many descriptors and flows were left. */
unsigned world_end(struct world *);

/* Keys of ends with TLS, which begin with a comma: a server's certificate, a
 * client's, and what trusts both. */
const char *world_server_keys(void);
const char *world_client_keys(void);
const char *world_trust(void);

/* The two processes with those ends of the pool: "tcp" or "tls", and more
 * keys for each (begin with a comma), or "". Starts both. */
void world_pool(struct world *, const char *kind, const char *client_keys,
    const char *server_keys);

/* The same of "uott", inside TLS or not. */
void world_uott(struct world *, bool tls, const char *client_keys,
    const char *server_keys);

/* The two processes with `udp-listen` to `dtls`, and `dtls-listen` to `udp`,
 * both with WORLD_PSK, and more keys for each (begin with a comma), or "".
 * Starts none: proc_start(), or world_dtls(), which does both. */
void world_dtls_set(struct world *, const char *client_keys,
    const char *server_keys);
void world_dtls(struct world *, const char *client_keys,
    const char *server_keys);

/* Begins a world of which only the server runs, for a client that the test
 * plays; its address. */
struct addr world_dtls_server(struct world *, const char *server_keys);

/* A process with that pair of specs, KIND:HOST:PORT,KEY=VALUE. */
void proc_set(struct proc *, struct sim_host *, const char *left,
    const char *right);

/* Sets an option of its tunnel. */
void proc_option(struct proc *, const char *name, const char *value);

/* Starts it; 0, or -1. */
int proc_start(struct proc *);

/* Ends it: all that it had is closed. */
void proc_stop(struct proc *);

/* Ends it, sets an option, and starts it anew, which must succeed. */
void proc_restart(struct proc *, const char *name, const char *value);

/* Ends it and frees what proc_set() made. */
void proc_forget(struct proc *);

/* Flows, and losses of all causes. */
unsigned proc_flows(const struct proc *);
uint64_t proc_lost(const struct proc *);

/* Its first flow, or NULL. */
struct flow *proc_flow(const struct proc *);

/* Has the tunnel of that struct proc no flow?  For sim_run_until(). */
bool proc_has_no_flow(void *proc);

/* Lets time pass until its tunnel has no flow, at most 1000 s; milliseconds. */
uint64_t proc_until_end_ms(struct proc *);

/* An application on the client's neighbour that sends to the client. */
void app_open(struct app *, struct world *, uint32_t id);
void app_close(struct app *);

/* Sends a datagram of len bytes (len < APP_HEAD: zeroes). */
void app_send(struct app *, size_t len);

/* Lets time pass until n have come back in all, at most so long. */
bool app_wait(struct app *, uint32_t n, uint64_t max_ms);

/* Sends ten datagrams a second until one comes back, at most for a minute; how
 * long that took. */
unsigned app_until_answered_ms(struct app *);

/* Log lines so far of that level, or with that text in them. */
unsigned logged(enum log_level);
unsigned logged_text(const char *part);
void logged_reset(void);

#endif
