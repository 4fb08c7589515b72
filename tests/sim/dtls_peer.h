/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A DTLS client or server that a test plays itself, with the engine on a
 * socket of its own: it has the keys, so it can say what no tunnel would.
 */

#ifndef DTLS_PEER_H
#define DTLS_PEER_H

#include "sim.h"

#include "wire/dtls.h"

enum { DTLS_PEER_ROOM = 2048 };	/* bytes of a datagram */

/* Anything may be changed after dtls_peer_init(). It must stay where it is
 * until the world ends. */
struct dtls_peer {
	struct sim_host *host;
	fd_t fd;		/* FD_NONE: closed */
	struct addr to;		/* the other side; a server's: whoever came
				 * last */
	struct random random;
	struct dtls_setup setup;
	struct dtls_handshake handshake;
	struct dtls dtls;
	bool begun;		/* there is an association */
	bool mute;		/* it says nothing by itself */
	bool echo;		/* it sends data back */
	const char *psk;	/* key, in hexadecimal */
	uint8_t cid[DTLS_CID];	/* a server's, when setup.cid */
	uint64_t armed_ms;	/* when it is called next; 0: not */
	/* Changes the flight that goes out next; NULL: none. */
	void (*edit)(struct dtls_peer *);
	enum dtls_state edited;	/* its state then: once for each */
	/* Sees a datagram first; true: it is not for the engine. */
	bool (*see)(struct dtls_peer *, const uint8_t *data, size_t len);
	unsigned came, went;	/* datagrams */
	unsigned up, closed;	/* events */
	unsigned got_n;		/* data */
	uint8_t got[DTLS_PEER_ROOM];	/* the last */
	size_t got_len;
};

/* One with the key of the worlds, all suites and groups and connection IDs, on
 * a port of a host (0: any). */
void dtls_peer_init(struct dtls_peer *, struct sim_host *, uint16_t port,
    bool server);

/* Closes its socket, without a word. */
void dtls_peer_end(struct dtls_peer *);

/* A client calls that server; a second time: it begins anew. */
void dtls_peer_call(struct dtls_peer *, const struct addr *to);

/* Sends what the engine has to say. */
void dtls_peer_output(struct dtls_peer *);

/* Sends those bytes. */
void dtls_peer_raw(struct dtls_peer *, const uint8_t *data, size_t len);

/* Sends a record of that type with that content. */
void dtls_peer_send(struct dtls_peer *, uint8_t type, const void *data,
    size_t len);

/* Writes that record into out (DTLS_PEER_ROOM bytes), with its own record
 * number (UINT64_MAX: the next) and explicit IV (NULL: as usual); its
 * length. */
size_t dtls_peer_seal(struct dtls_peer *, uint8_t type, uint64_t seq,
    const uint8_t *iv, const void *data, size_t len, uint8_t *out);

/* For edit: the body of the message of that type in the flight becomes another
 * of at most as many bytes, which is not put into the transcript; dies when
 * there is none. */
void dtls_peer_replace(struct dtls_peer *, uint8_t type, const uint8_t *body,
    size_t len);

/* Lets time pass until it is up, at most so long. */
bool dtls_peer_wait(struct dtls_peer *, uint64_t max_ms);

/* The same until so many datagrams with data came in all. */
bool dtls_peer_wait_data(struct dtls_peer *, unsigned n, uint64_t max_ms);

#endif
