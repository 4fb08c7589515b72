/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Replies without state: cookies, computed under a changing secret and
 * verified, and HelloRequests.
 */

#include "compat.h"

#include "wire/dtls_cookie.h"

#include "base/bytes.h"
#include "wire/random.h"
#include "wire/sha256_fast.h"

void
dtls_cookies_init(struct dtls_cookies *c, struct random *random,
    uint64_t now_ms)
{
	memset(c, 0, sizeof(*c));
	c->random = random;
	c->hash = sha256_fast();
	c->changed_ms = now_ms;
	random_bytes(random, c->secret[0], sizeof(c->secret[0]));
}

/* Replaces the secret when it is due.  The times of change stay multiples of
 * DTLS_COOKIE_MS apart, also when no datagram came in between: so no cookie is
 * valid for longer than twice that. */
static void
cookies_change(struct dtls_cookies *c, uint64_t now_ms)
{
	uint64_t steps;

	if (now_ms < c->changed_ms)
		return;
	steps = (now_ms - c->changed_ms) / DTLS_COOKIE_MS;
	if (steps == 0)
		return;
	c->before = steps == 1;
	if (c->before)
		memcpy(c->secret[1], c->secret[0], sizeof(c->secret[1]));
	else
		explicit_bzero(c->secret[1], sizeof(c->secret[1]));
	random_bytes(c->random, c->secret[0], sizeof(c->secret[0]));
	c->changed_ms += steps * DTLS_COOKIE_MS;
}

/* Reads the first fragment of a message that a datagram begins with, in the
 * clear, and the number of its record; false: there is none. */
static bool
read_first_fragment(struct dtls_fragment *f, uint64_t *record_seq,
    const uint8_t *datagram, size_t n)
{
	struct bytes in = { datagram, n, false };
	uint8_t type = bytes_u8(&in);
	uint16_t version = bytes_be16(&in);
	const uint8_t *body;
	size_t len;

	*record_seq = bytes_be64(&in);	/* the epoch is in front, and is 0 */
	len = bytes_be16(&in);
	body = bytes_take(&in, len);
	return !in.bad && type == DTLS_HANDSHAKE && *record_seq >> 48 == 0 &&
	    (version == DTLS_1_0 || version == DTLS_1_2) &&
	    dtls_fragment_parse(f, body, len) > 0 && f->offset == 0;
}

/* A ClientHello of a stranger, as far as its cookie. */
struct stranger_hello {
	struct dtls_client_hello hello;
	uint64_t record_seq;	/* of its record */
	uint16_t message_seq;	/* of the message */
};

/* Reads the ClientHello that a datagram begins with; false: there is none. */
static bool
cookies_read(struct stranger_hello *s, const uint8_t *datagram, size_t n)
{
	struct dtls_fragment fragment;
	size_t used;

	if (!read_first_fragment(&fragment, &s->record_seq, datagram, n))
		return false;
	s->message_seq = fragment.seq;
	return fragment.type == DTLS_CLIENT_HELLO &&
	    dtls_client_hello_begin(&s->hello, fragment.data, fragment.n,
	    &used) && s->hello.version >> 8 == DTLS_1_2 >> 8;
}

/* Computes the cookie of a ClientHello from a peer.  Each field that is hashed
 * before the address has a fixed length, or its length is hashed too: so
 * different inputs never hash the same bytes. */
static void
cookies_make(const struct dtls_cookies *c, uint8_t cookie[DTLS_COOKIE],
    const uint8_t secret[32], const struct dtls_client_hello *hello,
    const void *peer, size_t peer_len)
{
	uint8_t head[3];
	br_hmac_key_context key;
	br_hmac_context mac;

	put_be16(head, hello->version);
	head[2] = (uint8_t)hello->session_len;
	br_hmac_key_init(&key, c->hash, secret, 32);
	br_hmac_init(&mac, &key, DTLS_COOKIE);
	br_hmac_update(&mac, head, sizeof(head));
	br_hmac_update(&mac, hello->random, DTLS_RANDOM);
	br_hmac_update(&mac, hello->session, hello->session_len);
	br_hmac_update(&mac, peer, peer_len);
	br_hmac_out(&mac, cookie);
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(&mac, sizeof(mac));
}

/* Is the hello's cookie the one that this secret makes? */
static bool
cookies_is_good(const struct dtls_cookies *c, const uint8_t secret[32],
    const struct dtls_client_hello *hello, const void *peer, size_t peer_len)
{
	uint8_t cookie[DTLS_COOKIE];
	bool good;

	cookies_make(c, cookie, secret, hello, peer, peer_len);
	good = secret_equal(cookie, hello->cookie, DTLS_COOKIE);
	explicit_bzero(cookie, sizeof(cookie));
	return good;
}

enum dtls_greeting
dtls_cookies_check(struct dtls_cookies *c, const uint8_t *datagram, size_t n,
    const void *peer, size_t peer_len, uint64_t now_ms)
{
	struct stranger_hello s;

	if (!cookies_read(&s, datagram, n))
		return DTLS_NO_HELLO;
	if (s.hello.cookie_len != DTLS_COOKIE)
		return DTLS_HELLO;
	cookies_change(c, now_ms);
	if (cookies_is_good(c, c->secret[0], &s.hello, peer, peer_len) ||
	    (c->before && cookies_is_good(c, c->secret[1], &s.hello, peer,
	    peer_len)))
		return DTLS_HELLO_RETURNED;
	return DTLS_HELLO;
}

size_t
dtls_cookies_demand(struct dtls_cookies *c, const uint8_t *datagram, size_t n,
    const void *peer, size_t peer_len, uint64_t now_ms,
    uint8_t out[DTLS_VERIFY_DATAGRAM])
{
	struct stranger_hello s;
	uint8_t cookie[DTLS_COOKIE];
	size_t len = DTLS_VERIFY_DATAGRAM - DTLS_HEADER - DTLS_MESSAGE;

	if (!cookies_read(&s, datagram, n))
		return 0;
	cookies_change(c, now_ms);
	cookies_make(c, cookie, c->secret[0], &s.hello, peer, peer_len);
	out += dtls_header_write(out, DTLS_HANDSHAKE, s.record_seq,
	    DTLS_MESSAGE + len);
	dtls_fragment_write(out, DTLS_HELLO_VERIFY_REQUEST, len,
	    s.message_seq, 0, len);
	dtls_verify_write(out + DTLS_MESSAGE, cookie, DTLS_COOKIE);
	return DTLS_VERIFY_DATAGRAM;
}

size_t
dtls_request_hello(const uint8_t *datagram, size_t n,
    uint8_t out[DTLS_REQUEST_DATAGRAM])
{
	struct dtls_fragment fragment;
	uint64_t record_seq;

	if (!read_first_fragment(&fragment, &record_seq, datagram, n) ||
	    fragment.type != DTLS_CLIENT_KEY_EXCHANGE)
		return 0;
	out += dtls_header_write(out, DTLS_HANDSHAKE, record_seq,
	    DTLS_MESSAGE);
	dtls_fragment_write(out, DTLS_HELLO_REQUEST, 0, 0, 0, 0);
	return DTLS_REQUEST_DATAGRAM;
}

const uint8_t *
dtls_hello_random(const uint8_t *datagram, size_t n)
{
	struct stranger_hello s;

	return cookies_read(&s, datagram, n) ? s.hello.random : NULL;
}
