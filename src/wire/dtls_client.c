/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The client's role in a DTLS handshake, up to its Finished.
 *
 * NOTES.  ClientHello; [HelloVerifyRequest; ClientHello with the cookie];
 * ServerHello, [ServerKeyExchange], ServerHelloDone; ClientKeyExchange,
 * ChangeCipherSpec, Finished.  Only the last ClientHello is in the transcript
 * (RFC 6347 4.2.1).
 *
 * A stateless server sends each HelloVerifyRequest with the message_seq of the
 * ClientHello that it answers, or with 0.  Its ServerHello has the message_seq
 * of the ClientHello with the good cookie.
 */

#include "compat.h"

#include "wire/dtls_client.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/dtls_handshake.h"

enum {
	CLIENT_COOKIES = 4,	/* HelloVerifyRequests that we reply to */
	CLIENT_COOKIE = DTLS_MESSAGE + 2 + DTLS_RANDOM + 1,	/* offset of the
				 * cookie's length in our ClientHello */
};

void
dtls_client_begin(struct dtls *d, const uint8_t *cookie, size_t cookie_len,
    uint64_t now_ms)
{
	const struct dtls_setup *setup = d->setup;
	struct dtls_handshake *h = d->handshake;
	struct dtls_offer offer;

	offer.random = d->client_random;
	offer.cookie = cookie;
	offer.cookie_len = cookie_len;
	offer.suites = setup->suites;
	offer.n_suites = setup->n_suites;
	offer.groups = setup->groups;
	offer.n_groups = setup->n_groups;
	offer.cid = setup->cid;
	offer.heartbeat = setup->heartbeat;
	dtls_pieces_restart(&h->pieces, h->flight.seq);
	br_sha256_init(&h->transcript);
	dtls_flight_begin(&h->flight);
	dtls_flight_add(&h->flight, &h->transcript, DTLS_CLIENT_HELLO,
	    dtls_client_hello_write(dtls_flight_body(&h->flight), &offer));
	dtls_flight_send_first(d, now_ms);
}

/* Reads a HelloVerifyRequest; false: it is malformed, or has the cookie that
 * our ClientHello has. */
static bool
read_new_cookie(const struct dtls *d, const uint8_t **cookie, size_t *n,
    const uint8_t *body, size_t len)
{
	const uint8_t *own = d->handshake->flight.bytes + CLIENT_COOKIE;

	return dtls_verify_parse(cookie, n, body, len) == 0 &&
	    (*n != own[0] || memcmp(*cookie, own + 1, *n) != 0);
}

void
dtls_client_doubt(struct dtls *d, const uint8_t *body, size_t len)
{
	const uint8_t *cookie;
	size_t n;

	if (read_new_cookie(d, &cookie, &n, body, len))
		d->handshake->forgotten = true;
}

void
dtls_client_verify(struct dtls *d, const uint8_t *body, size_t len,
    uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;
	uint8_t copy[DTLS_COOKIE_MAX];
	const uint8_t *cookie;
	size_t n;

	if (h->cookies < CLIENT_COOKIES &&
	    read_new_cookie(d, &cookie, &n, body, len)) {
		h->cookies++;
		memcpy(copy, cookie, n);
		dtls_client_begin(d, copy, n, now_ms);
		return;
	}
	/* A duplicate of a request that we replied to, malformed, or one too
	 * many. */
	dtls_pieces_restart(&h->pieces, h->pieces.next);
}

/* Takes the ServerHello. */
static void
client_take_hello(struct dtls *d, const uint8_t *body, size_t len)
{
	const struct dtls_setup *setup = d->setup;
	struct dtls_handshake *h = d->handshake;
	struct dtls_server_hello hello;
	int alert = dtls_server_hello_parse(&hello, body, len);

	if (alert != 0) {
		dtls_fail(d, alert, "the server's ServerHello is malformed");
		return;
	}
	if (hello.version != DTLS_1_2) {
		dtls_fail(d, DTLS_PROTOCOL_VERSION,
		    "the server does not speak DTLS 1.2");
		return;
	}
	h->suite = dtls_allowed_suite(setup, hello.suite);
	if (h->suite == NULL) {
		dtls_fail(d, DTLS_ILLEGAL_PARAMETER,
		    "the server chose a cipher suite that was not offered");
		return;
	}
	if (!hello.master && !setup->old_master) {
		dtls_fail(d, DTLS_INSUFFICIENT_SECURITY,
		    "the server lacks extended_master_secret (RFC 7627); "
		    "old-master accepts that");
		return;
	}
	if (hello.has_cid && (!setup->cid || hello.cid_len > DTLS_CID_MAX)) {
		dtls_fail(d, setup->cid ? DTLS_ILLEGAL_PARAMETER :
		    DTLS_UNSUPPORTED_EXTENSION, setup->cid ?
		    "the server's connection ID is too long" :
		    "the server uses connection IDs, which were not offered");
		return;
	}
	if (hello.heartbeat != DTLS_HEARTBEAT_NONE && !setup->heartbeat) {
		dtls_fail(d, DTLS_UNSUPPORTED_EXTENSION,
		    "the server sends heartbeats, which were not offered");
		return;
	}
	d->heartbeat = hello.heartbeat;
	h->extended = hello.master;
	h->session = hello.session_len > 0;
	memcpy(h->server_random, hello.random, DTLS_RANDOM);
	if (hello.has_cid && hello.cid_len > 0) {
		memcpy(d->write.cid, hello.cid, hello.cid_len);
		d->write.cid_len = (uint8_t)hello.cid_len;
	}
	d->state = DTLS_C_KX;
}

/* Takes the ServerKeyExchange. */
static void
client_take_kx(struct dtls *d, const uint8_t *body, size_t len)
{
	struct dtls_handshake *h = d->handshake;
	const struct dtls_group *group;
	const uint8_t *share;
	int alert = dtls_server_kx_parse(h->suite->ecdhe, &group, &share,
	    &h->bare, body, len);

	if (alert != 0) {
		dtls_fail(d, alert,
		    "the server's ServerKeyExchange is malformed");
		return;
	}
	h->got_kx = true;
	if (!h->suite->ecdhe)
		return;
	d->group = dtls_allowed_group(d->setup, group->id);
	if (d->group == NULL) {
		dtls_fail(d, DTLS_ILLEGAL_PARAMETER,
		    "the server chose a group that was not offered");
		return;
	}
	memcpy(h->share, share, d->group->share);
}

/* Guesses the MAC that the server expects under CBC with a connection ID.  pion
 * is recognized by a ServerKeyExchange without the field for a hint; or, with
 * plain PSK, by a missing ServerKeyExchange and an empty session id. */
static enum dtls_cbc_mac
client_cbc_mac(const struct dtls *d)
{
	const struct dtls_handshake *h = d->handshake;

	if (d->setup->cbc_mac != DTLS_MAC_AUTO)
		return d->setup->cbc_mac;
	return h->bare || (!h->got_kx && !h->session) ? DTLS_MAC_PION :
	    DTLS_MAC_RFC;
}

/* Writes the ClientKeyExchange and derives the keys.  z is the shared secret of
 * ECDHE, share our public value; NULL for plain PSK. */
static void
client_write_kx(struct dtls *d, const uint8_t *share, const uint8_t *z,
    size_t z_len, const uint8_t *psk, size_t psk_len)
{
	const struct dtls_setup *setup = d->setup;
	struct dtls_handshake *h = d->handshake;

	dtls_flight_begin(&h->flight);
	dtls_flight_add(&h->flight, &h->transcript, DTLS_CLIENT_KEY_EXCHANGE,
	    dtls_client_kx_write(dtls_flight_body(&h->flight),
	    setup->identity, setup->identity_len, d->group, share));
	dtls_make_keys(d, z, z_len, psk, psk_len);
	d->write.cbc_mac = client_cbc_mac(d);
}

/* Sends the client's last flight, in reply to the ServerHelloDone. */
static void
client_finish(struct dtls *d, uint64_t now_ms)
{
	const struct dtls_setup *setup = d->setup;
	struct dtls_handshake *h = d->handshake;
	uint8_t psk[DTLS_PSK_MAX], share[DTLS_SHARE_MAX];
	uint8_t scalar[DTLS_SCALAR_MAX], z[DTLS_SECRET_MAX];
	size_t psk_len, z_len = 0;

	psk_len = setup->psk(setup->psk_arg, setup->identity,
	    setup->identity_len, psk);
	if (psk_len == 0) {
		dtls_fail(d, DTLS_INTERNAL_ERROR, "there is no key to use");
		return;
	}
	if (d->group != NULL) {
		z_len = d->group->secret;
		dtls_kx_make(d->group, setup->spare, setup->random, scalar,
		    share);
		if (dtls_kx_shared(d->group, scalar, h->share,
		    d->group->share, z) != 0)
			dtls_fail(d, DTLS_ILLEGAL_PARAMETER,
			    "the server's share is not a point of its group");
	}
	if (d->state != DTLS_OVER) {
		client_write_kx(d, d->group == NULL ? NULL : share,
		    d->group == NULL ? NULL : z, z_len, psk, psk_len);
		dtls_make_verify(h, false, dtls_flight_body(&h->flight));
		dtls_flight_add(&h->flight, &h->transcript, DTLS_FINISHED,
		    DTLS_VERIFY);
		memcpy(d->last, h->flight.bytes + h->flight.len - DTLS_LAST,
		    DTLS_LAST);
		d->state = DTLS_C_FINISHED;
		dtls_flight_send_first(d, now_ms);
	}
	explicit_bzero(psk, sizeof(psk));
	explicit_bzero(scalar, sizeof(scalar));
	explicit_bzero(z, sizeof(z));
}

void
dtls_client_take(struct dtls *d, uint8_t type, const uint8_t *body,
    size_t len, uint64_t now_ms)
{
	struct dtls_handshake *h = d->handshake;

	if (d->state == DTLS_C_HELLO && type == DTLS_SERVER_HELLO)
		client_take_hello(d, body, len);
	else if (d->state == DTLS_C_KX && type == DTLS_SERVER_KEY_EXCHANGE &&
	    !h->got_kx)
		client_take_kx(d, body, len);
	else if (d->state == DTLS_C_KX && type == DTLS_SERVER_HELLO_DONE &&
	    len == 0 && (h->got_kx || !h->suite->ecdhe))
		client_finish(d, now_ms);
	else
		dtls_fail(d, DTLS_UNEXPECTED_MESSAGE,
		    "the server sent a message that a PSK handshake does not "
		    "have here");
}
