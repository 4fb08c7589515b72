/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The configuration that the associations of an end share: allowed suites and
 * groups, keys, the size of handshake datagrams.
 */

#ifndef WIRE_DTLS_SETUP_H
#define WIRE_DTLS_SETUP_H

#include "compat.h"

#include "wire/dtls_kx.h"
#include "wire/dtls_suite.h"

struct cpu;
struct random;

enum { DTLS_MTU_MIN = 60 };	/* least size of handshake datagrams, bytes */

/* Finds the key of an identity of n bytes (n may be 0).  Returns the key's
 * length; 0: there is no key for that identity. */
typedef size_t dtls_psk_fn(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX]);

/* Shared by many associations; constant while one of them exists. */
struct dtls_setup {
	bool server;		/* the role */
	const struct dtls_suite *suites[DTLS_SUITES];	/* allowed; a client
				 * offers them in this order, which decides */
	size_t n_suites;	/* at least 1 */
	const struct dtls_group *groups[DTLS_GROUPS];	/* allowed; likewise */
	size_t n_groups;
	bool cid;		/* offer connection IDs, or accept the offer */
	bool heartbeat;		/* offer heartbeats, or accept the offer */
	bool old_master;	/* also accept peers without RFC 7627 */
	enum dtls_cbc_mac cbc_mac;	/* DTLS_MAC_AUTO: that of the peer, as a
				 * client guesses it by the server's messages
				 * and a server sees it in the client's
				 * Finished; else RFC 9146's */
	size_t mtu;		/* most bytes of a handshake datagram, at least
				 * DTLS_MTU_MIN.  Only a Finished (up to 128
				 * bytes) and a ClientHello up to its cookie (up
				 * to 256) may exceed it: neither is
				 * fragmented */
	const uint8_t *identity;	/* a client's own */
	size_t identity_len;
	dtls_psk_fn *psk;	/* a client calls it with its own identity */
	void *psk_arg;
	const struct cpu *cpu;	/* NULL: each association detects it */
	struct random *random;
	struct dtls_spare *spare;	/* its associations take from it; NULL:
				 * there is none */
};

#endif
