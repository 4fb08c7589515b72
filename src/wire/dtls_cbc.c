/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The receiving side of MAC-then-encrypt in constant time.
 *
 * NOTES.  The length of the content is secret until the MAC has been verified;
 * an attacker who could derive it from our timing could decrypt records
 * (Lucky 13, 2013).  It is one of at most 256 lengths: `least`, which is
 * public, plus `extra`, which is secret.  No branch and no index depends on a
 * secret.  Masks of all ones or all zeroes select values; the sign bit of a
 * difference is the result of a comparison.
 *
 * The MAC is computed over all blocks that the longest content would need.  A
 * mask keeps the state after the block that is the real last one.
 *
 * pion's MAC covers the content twice.  The second copy begins at a secret
 * offset, right after the first.  It is shifted there piece by piece, by four
 * masked moves: 0, 1, 2 or 3 times 64, 16, 4 and 1 bytes.
 */

#include "compat.h"

#include "wire/dtls_cbc.h"
#include "base/bytes.h"

enum {
	CBC_MAC = 32,		/* bytes of HMAC-SHA256 */
	CBC_PAD = 255,		/* the most that padding varies by */
	CBC_BLOCK = 64,		/* of SHA-256 */
	CBC_PIECE = 512,	/* bytes that are moved at once */
	CBC_WINDOW = CBC_PIECE + 256,	/* a piece, and the bytes before it
				 * that may move into it */
	CBC_ZEROES = 192,	/* before a window: 3 * 64, the longest move */
	CBC_TAIL = 2 * CBC_PAD,	/* bytes of secret length, content twice */
};

/* A MAC computation; the data of secret length comes last, in `tail`. */
struct cbc_mac {
	br_hmac_context hmac;	/* over the data before the tail */
	uint8_t tail[CBC_TAIL];
	size_t n;		/* public: most bytes that the tail can have */
	uint32_t len;		/* secret: bytes that it has */
};

/* Returns x, hidden from the optimizer: a compiler that knows that a mask has
 * only two values may turn its use into a branch. */
static uint32_t
cbc_hide(uint32_t x)
{
	volatile uint32_t hidden = x;

	return hidden;
}

/* All ones when a < b, else 0; both under 2^31. */
static uint32_t
cbc_less(uint32_t a, uint32_t b)
{
	return cbc_hide(0 - ((a - b) >> 31));
}

/* All ones when x is 0, else 0; x is under 2^31. */
static uint32_t
cbc_zero(uint32_t x)
{
	return cbc_hide(0 - ((x - 1) >> 31));
}

/* Clamps x to 0 .. CBC_BLOCK.  x is less than 2^30, or negative modulo 2^32. */
static uint8_t
cbc_clamp(uint32_t x)
{
	uint32_t large;

	x &= (x >> 31) - 1;
	large = cbc_less(CBC_BLOCK, x);
	return (uint8_t)((x & ~large) | (CBC_BLOCK & large));
}

/* Sets mask[from] .. mask[to - 1] to all ones, and the other bytes to zero.
 * Both bounds may be outside of the block, on either side. */
static void
cbc_span(uint8_t mask[CBC_BLOCK], uint32_t from, uint32_t to)
{
	uint8_t first = cbc_clamp(from), end = cbc_clamp(to);
	unsigned i;

	for (i = 0; i < CBC_BLOCK; i++)
		mask[i] = (uint8_t)(((uint8_t)(i - first) >> 7) - 1) &
		    (uint8_t)(0 - ((uint8_t)(i - end) >> 7));
}

/* Checks the padding.  Returns all ones when it is right, else 0; *extra is the
 * content's length minus the least. */
static uint32_t
cbc_padding(const uint8_t *data, size_t len, uint32_t *extra)
{
	uint8_t end[CBC_PAD + 1] = { 0 }, mask[CBC_BLOCK], wrong = 0;
	size_t most = len - CBC_MAC - 1, n = len, i, j;
	uint8_t pad = data[len - 1];
	uint32_t good;

	if (most > CBC_PAD)
		most = CBC_PAD;
	if (n > sizeof(end))
		n = sizeof(end);
	memcpy(end + sizeof(end) - n, data + len - n, n);
	for (i = 0; i < sizeof(end); i += CBC_BLOCK) {
		cbc_span(mask, CBC_PAD - pad - (uint32_t)i, CBC_BLOCK);
		for (j = 0; j < CBC_BLOCK; j++)
			wrong |= (uint8_t)((end[i + j] ^ pad) & mask[j]);
	}
	good = cbc_zero(wrong) & ~cbc_less((uint32_t)most, pad);
	/* Wrong padding counts as a single byte of it, so that the MAC is
	 * computed in that case too. */
	*extra = (uint32_t)most - (pad & good);
	return good;
}

/* Copies the MAC out of data, where it begins at the secret offset `extra` (at
 * most CBC_PAD). */
static void
cbc_take_mac(const uint8_t *data, size_t n, uint32_t extra,
    uint8_t mac[CBC_MAC])
{
	uint8_t text[CBC_PAD + CBC_MAC + CBC_BLOCK] = { 0 };
	uint8_t mask[CBC_BLOCK], ring[CBC_BLOCK] = { 0 };
	uint32_t bit;
	size_t i, j;
	uint8_t turn;

	/* Byte k of the MAC goes to (extra + k) mod 32: the MAC, rotated. */
	memcpy(text, data, n);
	for (i = 0; i < n; i += CBC_BLOCK) {
		cbc_span(mask, extra - (uint32_t)i,
		    extra + CBC_MAC - (uint32_t)i);
		for (j = 0; j < CBC_BLOCK; j++)
			ring[j] |= text[i + j] & mask[j];
	}
	for (i = 0; i < CBC_MAC; i++)
		mac[i] = ring[i] | ring[CBC_MAC + i];
	/* Rotates it back, one bit of `extra` at a time. */
	for (bit = 1; bit < CBC_MAC; bit <<= 1) {
		turn = (uint8_t)~cbc_zero(extra & bit);
		memcpy(ring, mac, CBC_MAC);
		memcpy(ring + CBC_MAC, mac, CBC_MAC);
		for (i = 0; i < CBC_MAC; i++)
			mac[i] ^= (uint8_t)((mac[i] ^ ring[i + bit]) & turn);
	}
}

/* Reads eight bytes in native byte order. */
static uint64_t
cbc_load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Copies a window, shifted to the right by `step` times the low two bits of
 * `by`.  Three steps of zeroes are before it. */
static void
cbc_move_by(uint8_t *restrict to, const uint8_t *restrict from, size_t step,
    uint32_t by)
{
	uint64_t choice[4], v;
	uint32_t i, mask;
	size_t at;

	for (i = 0; i < 4; i++) {
		mask = cbc_zero((by & 3) ^ i);
		choice[i] = (uint64_t)mask << 32 | mask;
	}
	for (at = 0; at < CBC_WINDOW; at += sizeof(v)) {
		v = (cbc_load(from + at) & choice[0]) |
		    (cbc_load(from + at - step) & choice[1]) |
		    (cbc_load(from + at - 2 * step) & choice[2]) |
		    (cbc_load(from + at - 3 * step) & choice[3]);
		memcpy(to + at, &v, sizeof(v));
	}
}

/* Shifts a window to the right by `by`, less than 256, and fills with zeroes.
 * CBC_ZEROES bytes before the window are overwritten. */
static void
cbc_move(uint8_t *window, uint32_t by)
{
	uint8_t other[CBC_ZEROES + CBC_WINDOW];
	uint8_t *to = other + CBC_ZEROES;

	memset(other, 0, CBC_ZEROES);
	memset(window - CBC_ZEROES, 0, CBC_ZEROES);
	cbc_move_by(to, window, 64, by >> 6);
	cbc_move_by(window, to, 16, by >> 4);
	cbc_move_by(to, window, 4, by >> 2);
	cbc_move_by(window, to, 1, by);
}

/* Makes CBC_PIECE bytes, from byte `at` on, of what follows the first `least`
 * bytes of content that is covered twice: `extra` more bytes of the first copy,
 * then the second copy.  The piece is at the end of the window.  data has n
 * bytes. */
static void
cbc_second(uint8_t *window, const uint8_t *data, size_t n,
    size_t least, uint32_t extra, size_t at)
{
	size_t before = at < 256 ? at : 256, i, j;
	size_t have = n - (at - before);
	uint8_t *piece = window + 256, mask[CBC_BLOCK];

	if (at - before > n)
		have = 0;
	if (have > CBC_PIECE + before)
		have = CBC_PIECE + before;
	memset(window, 0, CBC_WINDOW);
	memcpy(piece - before, data + (have > 0 ? at - before : 0), have);
	cbc_move(window, extra);
	if (at > 0)
		return;
	for (i = 0; i < n - least; i += CBC_BLOCK) {
		cbc_span(mask, 0, extra - (uint32_t)i);
		for (j = 0; j < CBC_BLOCK && i + j < n - least; j++)
			piece[i + j] |= data[least + i + j] & mask[j];
	}
}

/* Adds to the MAC what follows the first `least` bytes of content that is
 * covered twice: the part of public length to the HMAC, the rest to the tail.
 * data has n bytes. */
static void
cbc_feed_second(struct cbc_mac *m, const uint8_t *data, size_t n,
    size_t least, uint32_t extra)
{
	uint8_t space[CBC_ZEROES + CBC_WINDOW], *window = space + CBC_ZEROES;
	size_t most = least + 2 * (n - least), at, piece, sure;

	for (at = 0; at < most; at += CBC_PIECE) {
		cbc_second(window, data, n, least, extra, at);
		piece = most - at < CBC_PIECE ? most - at : CBC_PIECE;
		sure = at < least ? least - at : 0;
		if (sure > piece)
			sure = piece;
		br_hmac_update(&m->hmac, window + 256, sure);
		memcpy(m->tail + m->n, window + 256 + sure, piece - sure);
		m->n += piece - sure;
	}
	m->len = 2 * extra;
}

/* Pads a block at the end of a hash's input: `left` bytes from its begin on are
 * data (may be negative, or more than a block), the next one is 0x80. */
static void
cbc_end_block(uint8_t block[CBC_BLOCK], uint32_t left)
{
	uint8_t data[CBC_BLOCK], end[CBC_BLOCK];
	size_t i;

	cbc_span(data, 0, left);
	cbc_span(end, left, left + 1);
	for (i = 0; i < CBC_BLOCK; i++)
		block[i] = (uint8_t)((block[i] & data[i]) | (0x80 & end[i]));
}

/* Finishes the MAC: the HMAC's data, then `len` bytes of the tail. */
static void
cbc_out(struct cbc_mac *m, uint8_t mac[CBC_MAC])
{
	const br_hash_class *const *hash = &m->hmac.dig.vtable;
	br_hash_compat_context h = m->hmac.dig;
	uint8_t text[CBC_BLOCK + CBC_TAIL + 9 + CBC_BLOCK] = { 0 };
	uint8_t block[CBC_BLOCK], state[CBC_MAC], bits[8];
	uint64_t count = (*hash)->state(hash, state);
	size_t begun = (size_t)(count % CBC_BLOCK);
	size_t blocks = (begun + m->n + 9 + CBC_BLOCK - 1) / CBC_BLOCK;
	uint32_t left = (uint32_t)begun + m->len, last = (left + 8) / CBC_BLOCK;
	uint32_t mask;
	size_t i, j;

	/* The hash has buffered a partial block: that is hashed again here,
	 * together with the tail. */
	memcpy(text, h.sha256.buf, begun);
	memcpy(text + begun, m->tail, m->n);
	(*hash)->set_state(&h.vtable, state, count - begun);
	put_be64(bits, (count + m->len) << 3);
	memset(mac, 0, CBC_MAC);
	for (i = 0; i < blocks; i++) {
		mask = cbc_zero((uint32_t)i ^ last);
		memcpy(block, text + i * CBC_BLOCK, CBC_BLOCK);
		cbc_end_block(block, left - (uint32_t)i * CBC_BLOCK);
		for (j = 0; j < 8; j++)
			block[CBC_BLOCK - 8 + j] |= (uint8_t)(bits[j] & mask);
		(*hash)->update(&h.vtable, block, CBC_BLOCK);
		(*hash)->state(&h.vtable, state);
		for (j = 0; j < CBC_MAC; j++)
			mac[j] |= (uint8_t)(state[j] & mask);
	}
	/* HMAC's outer hash; kso is its state after the key. */
	(*hash)->set_state(&h.vtable, m->hmac.kso, CBC_BLOCK);
	(*hash)->update(&h.vtable, mac, CBC_MAC);
	(*hash)->out(&h.vtable, mac);
	explicit_bzero(&h, sizeof(h));
}

long
dtls_cbc_check(const br_hmac_key_context *key, uint8_t *header,
    size_t header_len, uint8_t *data, size_t len, bool twice)
{
	size_t most = len - CBC_MAC - 1;
	size_t least = most > CBC_PAD ? most - CBC_PAD : 0, i;
	uint8_t came[CBC_MAC], mac[CBC_MAC];
	uint32_t extra, good, wrong = 0;
	struct cbc_mac m;

	good = cbc_padding(data, len, &extra);
	cbc_take_mac(data + least, len - least, extra, came);
	put_be16(header + header_len - 2, (uint16_t)(least + extra));
	br_hmac_init(&m.hmac, key, 0);
	br_hmac_update(&m.hmac, header, header_len);
	br_hmac_update(&m.hmac, data, least);
	m.n = 0;
	if (twice)
		cbc_feed_second(&m, data, most, least, extra);
	else {
		m.n = most - least;
		m.len = extra;
		memcpy(m.tail, data + least, m.n);
	}
	cbc_out(&m, mac);
	explicit_bzero(&m.hmac, sizeof(m.hmac));
	for (i = 0; i < CBC_MAC; i++)
		wrong |= (uint32_t)(came[i] ^ mac[i]);
	good &= cbc_zero(wrong);
	return (long)((uint32_t)(least + extra) & good) - (long)(~good & 1);
}
