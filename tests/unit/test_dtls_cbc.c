/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/dtls_cbc.h: MAC and padding of CBC, in constant time.
 */

#include "compat.h"

#include "wire/dtls_cbc.h"
#include "wire/sha256_fast.h"
#include "tap.h"

enum { MAC = 32, MOST = 16384 + 40 + 256 };

static br_hmac_key_context key;
static uint8_t header[31], data[MOST], copy[MOST];

/* The MAC of n bytes of content, as RFC 5246 6.2.3.1 or as pion has it. */
static void
make_mac(uint8_t mac[MAC], const uint8_t *content, size_t n, bool twice)
{
	br_hmac_context c;
	uint8_t text[sizeof(header)];

	memcpy(text, header, sizeof(text));
	text[sizeof(text) - 2] = (uint8_t)(n >> 8);
	text[sizeof(text) - 1] = (uint8_t)n;
	br_hmac_init(&c, &key, 0);
	br_hmac_update(&c, text, sizeof(text));
	br_hmac_update(&c, content, n);
	if (twice)
		br_hmac_update(&c, content, n);
	br_hmac_out(&c, mac);
}

/* Makes a fragment of n bytes of content; returns its length. */
static size_t
make(size_t n, size_t pad, bool twice)
{
	size_t i;

	for (i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 7 + n + (i >> 8));
	make_mac(data + n, data, n, twice);
	memset(data + n + MAC, (int)pad, pad + 1);
	return n + MAC + pad + 1;
}

static long
check(size_t len, bool twice)
{
	long n;

	memcpy(copy, data, len);
	n = dtls_cbc_check(&key, header, sizeof(header), copy, len, twice);
	/* It must not be written to. */
	return memcmp(copy, data, len) == 0 ? n : LONG_MIN;
}

/* The same answer without any care. */
static long
plain_check(size_t len, bool twice)
{
	size_t pad = data[len - 1], n, i;
	uint8_t mac[MAC];

	if (pad + 1 + MAC > len)
		return -1;
	for (i = 0; i <= pad; i++)
		if (data[len - 1 - i] != pad)
			return -1;
	n = len - MAC - 1 - pad;
	make_mac(mac, data, n, twice);
	return memcmp(data + n, mac, MAC) == 0 ? (long)n : -1;
}

static void
test_good(bool twice)
{
	static const size_t large[] = { 1200, 1400, 1423, 4096, 16384, 16385 };
	size_t n, pad, i, wrong = 0;

	for (n = 0; n < 420; n += n < 140 ? 1 : 13)
		for (pad = 0; pad < 256; pad += n % 8 == 0 ? 1 : 17)
			wrong += check(make(n, pad, twice), twice) != (long)n;
	is_int(wrong, 0, "good ones of any length and padding pass%s",
	    twice ? " twice" : "");
	for (i = wrong = 0; i < sizeof(large) / sizeof(large[0]); i++)
		for (pad = 0; pad < 256; pad += 15)
			wrong += check(make(large[i], pad, twice), twice) !=
			    (long)large[i];
	is_int(wrong, 0, "and large ones");
}

/* Each bit of what is not content counts, and each byte of it. */
static void
test_broken(bool twice)
{
	static const size_t contents[] = { 0, 1, 40, 300, 700 };
	static const size_t pads[] = { 0, 1, 15, 64, 255 };
	size_t i, j, len, at, passed = 0, tried = 0;

	for (i = 0; i < 5; i++)
		for (j = 0; j < 5; j++) {
			len = make(contents[i], pads[j], twice);
			for (at = 0; at < len; at++) {
				data[at] ^= (uint8_t)(1 << at % 8);
				passed += check(len, twice) >= 0;
				data[at] ^= (uint8_t)(1 << at % 8);
				tried++;
			}
			passed += check(len, !twice) >= 0 && contents[i] > 0;
			header[3] ^= 1;
			passed += check(len, twice) >= 0;
			header[3] ^= 1;
		}
	is_int(passed, 0, "none of %zu broken ones passes", tried);
}

/* Padding that is longer than what there is. */
static void
test_long_padding(void)
{
	size_t len, pad, passed = 0;

	for (len = 33; len < 400; len++)
		for (pad = len - 32; pad < 256; pad++) {
			memset(data, (int)pad, len);
			passed += check(len, false) >= 0;
			passed += check(len, true) >= 0;
		}
	is_int(passed, 0, "padding that leaves no room for a MAC is wrong");
	/* dtlspipe.md 7.6 (ii): a MAC that is wrong, and no content. */
	memset(data, 0xa5, 32);
	memset(data + 32, 15, 16);
	is_int(check(48, false), -1, "a wrong MAC before a block of padding");
	is_int(check(48, true), -1, "also twice");
}

/* Bytes by chance, out of few values, so that padding is often right. */
static void
test_any(void)
{
	uint32_t x = 1;
	size_t i, k, n, pad, len, differ = 0, good = 0;
	long want;

	for (k = 0; k < 20000; k++) {
		x = x * 1103515245 + 12345;
		n = x >> 16 & 127;
		pad = x >> 24 & 31;
		len = make(n, pad, k % 2 != 0);
		for (i = 0; i < 3; i++) {
			x = x * 1103515245 + 12345;
			data[(x >> 16) % len] = (uint8_t)(k % 3 == 0 ?
			    data[(x >> 16) % len] : x >> 30);
		}
		want = plain_check(len, k % 4 > 1);
		good += want >= 0;
		differ += want != check(len, k % 4 > 1);
	}
	is_int(differ, 0, "the answers are those of a plain check");
	ok(good > 1000 && good < 19000, "which were yes %zu times", good);
}

int
main(void)
{
	memset(header, 9, sizeof(header));
	br_hmac_key_init(&key, sha256_fast(), "0123456789abcdef", 16);
	test_good(false);
	test_good(true);
	test_broken(false);
	test_broken(true);
	test_long_padding();
	test_any();
	return done_testing();
}
