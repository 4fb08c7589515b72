/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The server's role in a DTLS handshake.
 *
 * NOTES.  Suite and group are the first of the client's list that we allow, as
 * dtlspipe chooses them.  X25519 is used with a client that lists no groups.
 *
 * For an unknown identity the handshake continues with a random key, so that
 * the client cannot distinguish this from a wrong key (RFC 4279 2 allows both).
 */

#include "compat.h"

#include "wire/dtls_server.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/dtls_handshake.h"

enum {
	SERVER_X25519 = 0x001d,
	SERVER_RANDOM_KEY = 32,	/* bytes of an unknown identity's random key */
};

/* Chooses the group for ECDHE; NULL: none in common. */
static const struct dtls_group *
server_choose_group(const struct dtls_setup *setup,
    const struct dtls_client_hello *hello)
{
	struct bytes list = { hello->groups, 2 * hello->n_groups, false };
	const struct dtls_group *group = NULL;

	if (!hello->has_groups) {
		group = dtls_allowed_group(setup, SERVER_X25519);
		return group == NULL && setup->n_groups > 0 ?
		    setup->groups[0] : group;
	}
	while (group == NULL && list.len > 0)
		group = dtls_allowed_group(setup, bytes_be16(&list));
	return group;
}

/* Chooses the suite; NULL: none in common, and the offer is kept for
 * dtls_why(). */
static const struct dtls_suite *
server_choose_suite(struct dtls *d, const struct dtls_client_hello *hello,
    const struct dtls_group *group)
{
	struct bytes list = { hello->suites, 2 * hello->n_suites, false };
	struct dtls_handshake *h = d->handshake;
	const struct dtls_suite *suite;
	uint16_t id;

	while (list.len > 0) {
		id = bytes_be16(&list);
		suite = dtls_allowed_suite(d->setup, id);
		if (suite != NULL && (group != NULL || !suite->ecdhe))
			return suite;
		if (h->n_offered < DTLS_OFFERED)
			h->offered[h->n_offered++] = id;
	}
	return NULL;
}

/* Sends ServerHello, ServerKeyExchange (with ECDHE), ServerHelloDone. */
static void
server_answer(struct dtls *d, const struct dtls_client_hello *hello,
    uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	bool cid = hello->has_cid && (d->read.cid_len > 0 ||
	    d->write.cid_len > 0);
	uint8_t share[DTLS_SHARE_MAX];

	random_bytes(d->setup->random, h->server_random, DTLS_RANDOM);
	dtls_flight_begin(&h->flight);
	dtls_flight_add(&h->flight, &h->transcript, DTLS_SERVER_HELLO,
	    dtls_server_hello_write(dtls_flight_body(&h->flight),
	    h->server_random, h->suite->id,
	    hello->renegotiation || hello->scsv, h->extended,
	    cid ? d->read.cid : NULL, d->read.cid_len,
	    d->heartbeat != DTLS_HEARTBEAT_NONE));
	if (d->group != NULL) {
		dtls_kx_make(d->group, d->setup->spare, d->setup->random,
		    h->scalar, share);
		dtls_flight_add(&h->flight, &h->transcript,
		    DTLS_SERVER_KEY_EXCHANGE, dtls_server_kx_write(
		    dtls_flight_body(&h->flight), d->group, share));
	}
	dtls_flight_add(&h->flight, &h->transcript, DTLS_SERVER_HELLO_DONE,
	    0);
	d->state = DTLS_S_KX;
	dtls_flight_send_first(d, now_ms);
}

/* Takes the ClientHello. */
static void
server_take_hello(struct dtls *d, const uint8_t *body, size_t len,
    uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	struct dtls_client_hello hello;
	const struct dtls_group *group;
	int alert = dtls_client_hello_parse(&hello, body, len);

	if (alert != 0) {
		dtls_fail(d, alert, "the client's ClientHello is malformed");
		return;
	}
	/* DTLS versions are in ones' complement: a later one is a smaller
	 * number. */
	if (hello.version >> 8 != DTLS_1_2 >> 8 || hello.version > DTLS_1_2) {
		dtls_fail(d, DTLS_PROTOCOL_VERSION,
		    "the client does not speak DTLS 1.2");
		return;
	}
	if (!hello.master && !d->setup->old_master) {
		dtls_fail(d, DTLS_INSUFFICIENT_SECURITY,
		    "the client lacks extended_master_secret (RFC 7627); "
		    "old-master accepts that");
		return;
	}
	group = server_choose_group(d->setup, &hello);
	h->suite = server_choose_suite(d, &hello, group);
	if (h->suite == NULL) {
		dtls_fail(d, DTLS_INSUFFICIENT_SECURITY, group == NULL ?
		    "no cipher suite in common that does without a group in "
		    "common" : "no cipher suite in common");
		return;
	}
	d->group = h->suite->ecdhe ? group : NULL;
	h->extended = hello.master;
	h->n_offered = 0;
	d->heartbeat = d->setup->heartbeat ? hello.heartbeat :
	    DTLS_HEARTBEAT_NONE;
	memcpy(d->client_random, hello.random, DTLS_RANDOM);
	/* A longer one does not fit into struct dtls_half: no connection IDs
	 * are used then. */
	if (!d->setup->cid || hello.cid_len > DTLS_CID_MAX)
		hello.has_cid = false;
	if (!hello.has_cid)
		d->read.cid_len = 0;
	else if (hello.cid_len > 0) {
		memcpy(d->write.cid, hello.cid, hello.cid_len);
		d->write.cid_len = (uint8_t)hello.cid_len;
	}
	server_answer(d, &hello, now_ms);
}

/* Takes the ClientKeyExchange. */
static void
server_take_kx(struct dtls *d, const uint8_t *body, size_t len)
{
	const struct dtls_setup *setup = d->setup;
	struct dtls_handshake *h = d->handshake;
	uint8_t psk[DTLS_PSK_MAX], z[DTLS_SECRET_MAX];
	const uint8_t *identity, *share;
	size_t identity_len, share_len, psk_len;
	int alert = dtls_client_kx_parse(d->group != NULL, &identity,
	    &identity_len, &share, &share_len, body, len);

	if (alert != 0 || identity_len > DTLS_IDENTITY_MAX) {
		dtls_fail(d, alert != 0 ? alert : DTLS_ILLEGAL_PARAMETER,
		    "the client's ClientKeyExchange is malformed");
		return;
	}
	if (d->group != NULL && dtls_kx_shared(d->group, h->scalar, share,
	    share_len, z) != 0) {
		dtls_fail(d, DTLS_ILLEGAL_PARAMETER,
		    "the client's share is not a point of its group");
		return;
	}
	memcpy(h->identity, identity, identity_len);
	h->identity_len = (uint8_t)identity_len;
	psk_len = setup->psk(setup->psk_arg, identity, identity_len, psk);
	if (psk_len == 0) {
		h->unknown = true;
		psk_len = SERVER_RANDOM_KEY;
		random_bytes(setup->random, psk, psk_len);
	}
	dtls_make_keys(d, d->group == NULL ? NULL : z,
	    d->group == NULL ? 0 : d->group->secret, psk, psk_len);
	d->peer_last = h->pieces.next;
	d->state = DTLS_S_FINISHED;
	d->out_due = false;
	explicit_bzero(psk, sizeof(psk));
	explicit_bzero(z, sizeof(z));
}

void
dtls_server_take(struct dtls *d, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms)
{
	if (d->state == DTLS_S_HELLO && type == DTLS_CLIENT_HELLO)
		server_take_hello(d, body, len, now_ms);
	else if (d->state == DTLS_S_KX && type == DTLS_CLIENT_KEY_EXCHANGE)
		server_take_kx(d, body, len);
	else
		dtls_fail(d, DTLS_UNEXPECTED_MESSAGE,
		    "the client sent a message that a PSK handshake does not "
		    "have here");
}

void
dtls_server_finish(struct dtls *d, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;

	dtls_fragment_write(d->last, DTLS_FINISHED, DTLS_VERIFY,
	    h->flight.seq, 0, DTLS_VERIFY);
	dtls_make_verify(h, true, d->last + DTLS_MESSAGE);
	/* dtls_open() has found out the client's MAC by its Finished, but only
	 * under CBC with a cid; else RFC 9146's. */
	d->write.cbc_mac = d->setup->cbc_mac;
	if (d->write.cbc_mac == DTLS_MAC_AUTO)
		d->write.cbc_mac = d->read.cbc_mac;
	if (d->write.cbc_mac == DTLS_MAC_AUTO)
		d->write.cbc_mac = DTLS_MAC_RFC;
	d->state = DTLS_DONE;
	dtls_flight_send(d, now_ms);
}
