/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the associations of an end have in common: allowed suites and groups,
 * keys, the size of handshake datagrams.
 */

#ifndef WIRE_DTLS_SETUP_H
#define WIRE_DTLS_SETUP_H

#include "compat.h"

#include "wire/dtls_kx.h"
#include "wire/dtls_record.h"

enum { DTLS_MTU_MIN = 60 };	/* bytes of a datagram */

/* Finds the key of an identity of n bytes (n may be 0); returns the length of
 * the key, or 0: there is no key for that identity. */
typedef size_t dtls_psk_fn(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX]);

/* What many associations share; constant while one of them exists. */
struct dtls_setup {
	bool server;
	const struct dtls_suite *suites[DTLS_SUITES];	/* allowed; in order of
				 * preference on a client, whose order
				 * counts */
	size_t n_suites;	/* at least 1 */
	const struct dtls_group *groups[DTLS_GROUPS];
	size_t n_groups;
	bool cid;		/* offer connection IDs, or answer the offer */
	bool old_master;	/* take peers without RFC 7627 as well */
	enum dtls_cbc_mac cbc_mac;	/* DTLS_MAC_AUTO: as the peer does;
				 * where that is not seen, pion's from a client
				 * and RFC 9146's from a server */
	size_t mtu;		/* bytes of a handshake datagram, at least
				 * DTLS_MTU_MIN; bodies are cut into fragments
				 * so that each datagram fits, but for a
				 * Finished (at most 128 bytes), and a
				 * ClientHello up to its cookie (at most
				 * 256) */
	const uint8_t *identity;	/* a client's own */
	size_t identity_len;
	dtls_psk_fn *psk;	/* a client's key is that of its identity */
	void *psk_arg;
	const struct dtls_cpu *cpu;	/* NULL: each association asks */
	struct random *random;
};

#endif
