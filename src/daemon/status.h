/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status of the process: one snapshot, which is rendered as a table, as
 * JSON, as metrics and as a page.
 *
 * NOTES.  A snapshot is taken in parts, each a struct without pointers, so that
 * a renderer needs memory for one part at a time, and a reader of the JSON has
 * the same structs.  The parts are the process, each tunnel, and pages of the
 * peers of a tunnel:
 *
 *	status_process(p, &process);
 *	for (i = 0; i < status_tunnels(p); i++) {
 *		status_tunnel(p, i, &tunnel);
 *		cursor = 0;
 *		while ((n = status_peers(p, i, &cursor, peers, max)) > 0)
 *			... n of them ...
 *	}
 *
 * All but the peers is cheap: it costs the same with 10,000 flows.  A page of
 * peers costs what its peers have in flows, and a walk over those before it; so
 * a caller takes one page in a turn of the loop, and the next one in the next
 * turn.  The cursor is valid whatever comes and goes in between: peers that are
 * there all the time are seen once.
 *
 * A peer is who begins flows through a LEFT end: a verified name, wherever it
 * comes from, or without one an address of a host, whatever its ports.  It is
 * known while it has a flow.  Local programs are peers, too, those of the LEFT
 * end of a client.  The peer of a dialling carrier, which is the server, is in
 * the facts of that end.
 *
 * All texts are UTF-8 or bytes of a stranger's choice: each renderer escapes
 * them by its own rules.
 */

#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include "compat.h"

#include "tunnel/facts.h"
#include "tunnel/settings.h"
#include "tunnel/totals.h"

enum {
	STATUS_SCHEMA = 1,	/* version of the JSON; grows when a member
				 * changes or goes, not when one is added */
	STATUS_NAME = 64,	/* bytes of the name of a tunnel */
	STATUS_ERROR = 400,	/* bytes of an error; a longer one is cut */
	STATUS_PATH = 256,	/* bytes of a path; likewise */
	STATUS_CERT_DAYS = 21,	/* days left of a certificate, from which on it
				 * is warned of */
};

struct process;
struct tunnel;

/* What is kept of a tunnel for its status, as long as there is one of its name.
 * Zeroed: it was not started. */
struct status_kept {
	struct totals before;	/* of tunnels of this name that have gone */
	uint64_t since_ms;	/* when its state began */
	bool failed;		/* that state */
	uint64_t error_ms;	/* when that was; 0: never */
	char error[STATUS_ERROR];	/* the last error or warning */
};

/* The process. */
struct status_process {
	char version[32];	/* of the program */
	int64_t pid;
	int64_t now_s;		/* Unix seconds of the snapshot, */
	int64_t start_s;	/* and of the start, by today's clock */
	char log_level[16];
	char config[STATUS_PATH];	/* the configuration file; "": none */
	uint64_t tunnels;	/* how many there are, */
	uint64_t running;	/* and run */
};

/* What a tunnel does. */
enum status_state {
	STATUS_RUNNING,		/* both ends are open */
	STATUS_FAILED,		/* it could not start: see error */
	STATUS_STOPPED,		/* it was told to end */
};

/* An end of a tunnel. */
struct status_end {
	char kind[24];		/* "tls-listen" */
	char address[HOST_TEXT + 40];	/* of the spec, without the kind */
	struct facts facts;	/* for RIGHT, those of its newest leg, too */
};

/* A tunnel. */
struct status_tunnel {
	char name[STATUS_NAME];	/* of its section; "": that of a command line */
	enum status_state state;
	int64_t since_s;	/* Unix seconds: when that state began */
	int64_t retry_s;	/* seconds to the next attempt of what failed;
				 * -1: none is due */
	struct status_end end[2];	/* by enum side */
	uint64_t flows;		/* now */
	uint64_t peers;		/* now */
	struct totals totals;	/* never go back */
	char error[STATUS_ERROR];	/* the last error or warning; "" */
	int64_t error_s;	/* Unix seconds: when that was; 0: never */
};

/* A peer of a tunnel. */
struct status_peer {
	char name[FACTS_NAME];	/* verified; "": it has none */
	struct addr address;	/* where its newest flow comes from; family 0:
				 * nowhere, as from a device */
	int64_t since_s;	/* Unix seconds: when it came */
	int64_t heard_s;	/* seconds since its newest datagram; -1: there
				 * was none */
	uint64_t flows;		/* now */
	uint64_t datagrams[2], bytes[2];	/* since it came, by side as
				 * in struct totals: [LEFT] from the peer */
	uint64_t lost;		/* datagrams, of either direction */
	struct facts facts;	/* of its newest flow's LEFT leg, with the inner
				 * addresses of both legs */
};

/*
 * What the process reports as it runs
 */

/* Begins, before the first tunnel is started: what is logged from now on as a
 * warning or an error is kept as the last error of the tunnel that it is about.
 * There is one process. */
void status_start(struct process *);

/* Ends that. */
void status_stop(void);

/* A tunnel runs from now on, or it could not start, perhaps once more. */
void status_begin(struct status_kept *, bool runs, uint64_t now_ms);

/* Keeps its last error. */
void status_error(struct status_kept *, const char *why, uint64_t now_ms);

/* A tunnel is about to be freed, and perhaps replaced: keeps what it has
 * counted. */
void status_keep(struct status_kept *, struct tunnel *);

/*
 * Snapshots
 */

/* The state in a word: "running". */
const char *status_state_text(enum status_state);

/* Days that a certificate has left at that time; negative when it has ended. */
int64_t status_cert_days(int64_t cert_end_s, int64_t now_s);

void status_process(const struct process *, struct status_process *);

/* How many tunnels there are; they have the numbers from 0 on until something
 * is added or removed. */
size_t status_tunnels(const struct process *);

/* The name of one; "": it is that of a command line. */
const char *status_name(const struct process *, size_t i);

/* A tunnel for a command about it: NULL, if it does not run; else what is
 * logged from now on is about it, and loop_set_subject() ends that. */
struct tunnel *status_enter(const struct process *, size_t i);

/* The tunnel of that number. */
void status_tunnel(const struct process *, size_t i, struct status_tunnel *);

/* The number of the tunnel of that name, or SIZE_MAX. */
size_t status_find(const struct process *, const char *name);

/* Takes the next page of at most max peers of a tunnel, the oldest first.
 * *cursor is 0 at first.  Returns how many; 0: there are no more. */
size_t status_peers(const struct process *, size_t i, uint64_t *cursor,
    struct status_peer *, size_t max);

/* Are there more behind the cursor? */
bool status_peers_more(const struct process *, size_t i, uint64_t cursor);

#endif
