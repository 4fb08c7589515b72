/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/dtls_record.h: records of DTLS, sealed and opened.
 */

#include "compat.h"

#include "dtls_reference.h"
#include "dtls_vectors.h"
#include "tap.h"

enum { SPACE = DTLS_HEAD + 20000 };

static struct random generator;
static struct cpu cpu;
static struct dtls_half reader, writer;
static struct reference ref;
static uint8_t content[DTLS_DATA_MAX + 1], out[SPACE], buffer[SPACE];

static const uint8_t nonce[] = "an explicit one.";

/* Both halves, and the reference, with the same keys, by chance. */
static void
set_keys(const struct dtls_suite *suite, size_t cid_len, enum dtls_cbc_mac mac)
{
	memset(&reader, 0, sizeof(reader));
	memset(&writer, 0, sizeof(writer));
	memset(&ref, 0, sizeof(ref));
	random_bytes(&generator, ref.key, sizeof(ref.key));
	random_bytes(&generator, ref.mac, sizeof(ref.mac));
	random_bytes(&generator, ref.iv, sizeof(ref.iv));
	random_bytes(&generator, ref.cid, cid_len);
	ref.suite = suite;
	ref.cid_len = cid_len;
	ref.twice = mac == DTLS_MAC_PION && cid_len > 0;
	ref.pad = REFERENCE_LEAST;
	dtls_half_init(&reader, &cpu, suite, false, ref.key, ref.mac, ref.iv,
	    NULL);
	dtls_half_init(&writer, &cpu, suite, true, ref.key, ref.mac, ref.iv,
	    &generator);
	reader.cid_len = writer.cid_len = (uint8_t)cid_len;
	memcpy(reader.cid, ref.cid, cid_len);
	memcpy(writer.cid, ref.cid, cid_len);
	writer.cbc_mac = mac;
}

/* Opens the record of n bytes at p; the length of its content, or -1. */
static long
open_at(uint8_t *p, size_t n, uint8_t *type, uint8_t **data)
{
	struct dtls_record r;
	size_t len;

	if (dtls_record_parse(&r, p, n, reader.cid_len) != n ||
	    dtls_open(&reader, &r, type, data, &len) != 0)
		return -1;
	return (long)len;
}

/* --- Recorded sessions -------------------------------------------------- */

static void
set_vector_half(struct dtls_half *h, const struct vector *v, bool client,
    bool writing)
{
	const struct dtls_suite *s = dtls_suite_by_id(v->suite);
	const uint8_t *mac = v->key_block.b + (client ? 0 : s->mac);
	const uint8_t *key = v->key_block.b + 2 * s->mac +
	    (client ? 0 : s->key);
	const uint8_t *iv = v->key_block.b + 2 * (s->mac + s->key) +
	    (client ? 0 : s->iv);

	memset(h, 0, sizeof(*h));
	dtls_half_init(h, NULL, s, writing, key, mac, iv, &generator);
	if (client) {
		h->cid_len = (uint8_t)v->cid.n;
		memcpy(h->cid, v->cid.b, v->cid.n);
		if (writing)
			h->cbc_mac = DTLS_MAC_PION;
	}
}

/* Opens a record and seals its content again. */
static bool
vector_record(const struct vector_record *want, struct dtls_half *read,
    struct dtls_half *write, struct dtls_record *r, size_t n)
{
	uint8_t before[VECTOR_BYTES], iv[16], type = 0, *data, *p;
	size_t len, i;

	memcpy(before, r->header, n);
	memcpy(iv, r->body, sizeof(iv));
	if (r->seq != want->seq || r->type != want->outer ||
	    dtls_open(read, r, &type, &data, &len) != 0 ||
	    type != want->inner || len != want->len ||
	    memcmp(data, want->content, len) != 0)
		return false;
	p = buffer + DTLS_HEAD;
	memcpy(p, want->content, len);
	i = write->suite->explicit_iv;
	return dtls_seal_as(write, type, i > 0 ? iv : NULL, want->seq, &p,
	    &len) == 0 && len == n && memcmp(p, before, n) == 0;
}

static void
test_vector(struct vector *v)
{
	struct dtls_half read[2], write[2];	/* server's, client's */
	struct dtls_record r;
	struct vector_datagram *d;
	size_t i, k = 0, at, n;
	bool right = true, client;

	for (i = 0; i < 2; i++) {
		set_vector_half(&read[i], v, i == 1, false);
		set_vector_half(&write[i], v, i == 1, true);
	}
	for (i = 0; i < v->n_datagrams; i++) {
		d = &v->datagrams[i];
		client = d->to_server;
		for (at = 0; at < d->bytes.n; at += n) {
			n = dtls_record_parse(&r, d->bytes.b + at,
			    d->bytes.n - at, client ? v->cid.n : 0);
			if (n == 0)
				break;
			if (r.epoch == 1)
				right = vector_record(&v->records[k++],
				    &read[client], &write[client], &r, n) &&
				    right;
		}
		right = right && at == d->bytes.n;
	}
	ok(right && k == v->n_records,
	    "%s: %zu records are opened, and sealed again", v->name, k);
	if (v->cid.n > 0 && read[1].suite->cipher == DTLS_CBC)
		is_int(read[1].cbc_mac, DTLS_MAC_PION,
		    "%s: pion's MAC is seen", v->name);
}

/* --- What the reference makes and takes --------------------------------- */

static const size_t lengths[] = { 0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 47, 48,
	63, 64, 65, 79, 80, 127, 128, 500, 1399, 1400, 4000, DTLS_DATA_MAX };
enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

/* Seals so many bytes, in a buffer of just the size that is asked for. */
static bool
seals(size_t n, uint64_t seq)
{
	uint8_t *space = malloc(DTLS_HEAD + n + DTLS_TAIL);
	uint8_t *p, plain[DTLS_DATA_MAX + 1];
	uint8_t type = ref.cid_len > 0 ? DTLS_CID_RECORD : DTLS_APPLICATION;
	size_t len = n, want, plain_len = n;
	bool right;

	if (space == NULL)
		exit(1);
	p = space + DTLS_HEAD;
	memcpy(plain, content, n);
	if (ref.cid_len > 0)
		plain[plain_len++] = DTLS_APPLICATION;
	want = reference_seal(&ref, out, type, seq, nonce, plain, plain_len);
	memcpy(p, content, n);
	right = dtls_seal_as(&writer, DTLS_APPLICATION, nonce, seq, &p,
	    &len) == 0 && p >= space && len == want &&
	    memcmp(p, out, len) == 0;
	free(space);
	return right;
}

/* Opens what the reference sealed, at the end of its memory. */
static bool
opens(size_t n, uint64_t seq)
{
	uint8_t type = ref.cid_len > 0 ? DTLS_CID_RECORD : DTLS_APPLICATION;
	uint8_t plain[DTLS_DATA_MAX + 100] = { 0 }, *space, *data;
	size_t plain_len = n, len;
	bool right;

	memcpy(plain, content, n);
	if (ref.cid_len > 0) {
		plain[n] = DTLS_APPLICATION;
		plain_len += 1 + n % 16;
	}
	len = reference_seal(&ref, out, type, seq, nonce, plain, plain_len);
	space = malloc(len);
	if (space == NULL)
		exit(1);
	memcpy(space, out, len);
	right = open_at(space, len, &type, &data) == (long)n &&
	    type == DTLS_APPLICATION && memcmp(data, content, n) == 0;
	free(space);
	return right;
}

static void
test_suite(const struct dtls_suite *suite, size_t cid_len,
    enum dtls_cbc_mac mac)
{
	const uint64_t seqs[] = { 0, 1, UINT64_C(0x123456789abc) };
	size_t i, j, sealed = 0, opened = 0;

	for (i = 0; i < LENGTHS; i++)
		for (j = 0; j < 3; j++) {
			set_keys(suite, cid_len, mac);
			sealed += seals(lengths[i], seqs[j]);
			opened += opens(lengths[i], seqs[j]);
		}
	is_int(sealed, LENGTHS * 3, "%s, cid of %zu bytes: seals%s",
	    suite->name, cid_len, mac == DTLS_MAC_PION ? " as pion" : "");
	is_int(opened, LENGTHS * 3, "%s, cid of %zu bytes: opens",
	    suite->name, cid_len);
}

/* --- What must be dropped ----------------------------------------------- */

/* Every bit of a record counts, and its length. */
static void
test_changed(const struct dtls_suite *suite, size_t cid_len)
{
	uint8_t type, *data, *p;
	size_t len, at, bit, good, opened = 0;
	struct dtls_record r;

	set_keys(suite, cid_len, DTLS_MAC_AUTO);
	p = buffer + DTLS_HEAD;
	len = 60;
	memcpy(p, content, len);
	dtls_seal_as(&writer, DTLS_APPLICATION, nonce, 5, &p, &len);
	memcpy(content + 200, p, len);
	for (at = 0; at < len; at++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(out, content + 200, len);
			out[at] ^= (uint8_t)(1 << bit);
			good = dtls_record_parse(&r, out, len, cid_len);
			opened += good > 0 && dtls_open(&reader, &r, &type,
			    &data, &good) == 0;
		}
	is_int(opened, 0, "%s, cid of %zu bytes: no changed record opens",
	    suite->name, cid_len);
	for (at = good = 0; at < len; at++) {
		/* Cut short, with a header that agrees. */
		memcpy(out, content + 200, len);
		if (dtls_record_parse(&r, out, len, cid_len) != len)
			break;
		if (r.len < at)
			break;
		r.len -= at;
		opened += at > 0 && dtls_open(&reader, &r, &type, &data,
		    &good) == 0;
	}
	ok(opened == 0 && at > 50, "%s, cid of %zu bytes: no cut one",
	    suite->name, cid_len);
	memcpy(out, content + 200, len);
	is_int(open_at(out, len, &type, &data), 60,
	    "%s, cid of %zu bytes: the record itself does", suite->name,
	    cid_len);
}

/* Authentic, but without a type; 7.6 (i) of dtlspipe's facts. */
static void
test_no_type(const struct dtls_suite *suite)
{
	static const uint8_t zeroes[100];
	uint8_t type = 99, *data;
	size_t len;

	set_keys(suite, 8, DTLS_MAC_RFC);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce, zeroes, 0);
	is_int(open_at(out, len, &type, &data), -1,
	    "%s: an empty inner plaintext is dropped", suite->name);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 2, nonce, zeroes,
	    100);
	is_int(open_at(out, len, &type, &data), -1,
	    "%s: so is one of zeroes only", suite->name);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 3, nonce,
	    (const uint8_t *)"\x17", 1);
	is_int(open_at(out, len, &type, &data), 0,
	    "%s: but a type alone is empty content", suite->name);
	is_int(type, DTLS_APPLICATION, "%s: of that type", suite->name);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 4, nonce,
	    (const uint8_t *)"\0\0\x15\0\0\0", 6);
	is_int(open_at(out, len, &type, &data), 2,
	    "%s: zeroes before the type are content", suite->name);
	is_int(type, DTLS_ALERT, "%s: of the type after them", suite->name);
}

/* The cid must be there, and be the right one, when there is one; and only
 * then. */
static void
test_cid(const struct dtls_suite *suite)
{
	uint8_t type, *data;
	struct dtls_record r;
	size_t len;

	set_keys(suite, 8, DTLS_MAC_RFC);
	len = reference_seal(&ref, out, DTLS_APPLICATION, 1, nonce, content,
	    20);
	is_int(open_at(out, len, &type, &data), -1,
	    "%s: a record without the cid is dropped", suite->name);
	ref.cid[7] ^= 1;
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce,
	    (const uint8_t *)"a\x17", 2);
	is_int(open_at(out, len, &type, &data), -1,
	    "%s: so is one with another cid", suite->name);
	set_keys(suite, 8, DTLS_MAC_RFC);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce,
	    (const uint8_t *)"a\x17", 2);
	dtls_record_parse(&r, out, len, 8);
	reader.cid_len = 0;
	is_int(dtls_open(&reader, &r, &type, &data, &len), -1,
	    "%s: and one with a cid where none is", suite->name);
}

/* Padding of CBC: any, up to 256 bytes. */
static void
test_cbc_padding(const struct dtls_suite *suite)
{
	static const uint8_t long_pad[48] = { [47] = 255 };
	uint8_t type, *data, iv[16] = { 0 };
	br_aes_small_cbcenc_keys enc;
	size_t len, n, pad, good = 0, opened = 0;

	for (n = 0; n < 40; n++)
		for (pad = 15 - n % 16; pad < 256; pad += 16) {
			set_keys(suite, 0, DTLS_MAC_AUTO);
			ref.pad = pad;
			len = reference_seal(&ref, out, DTLS_APPLICATION, n,
			    nonce, content, n);
			good += open_at(out, len, &type, &data) == (long)n;
			opened++;
		}
	is_int(good, opened, "padding of any length is right");
	ok(opened == 640, "up to 256 bytes");
	/* 7.6 (iii): more padding than there is. */
	set_keys(suite, 8, DTLS_MAC_AUTO);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, iv, content, 15);
	memcpy(out + len - 48, long_pad, 48);
	br_aes_small_cbcenc_init(&enc, ref.key, 16);
	memcpy(iv, out + len - 64, 16);
	br_aes_small_cbcenc_run(&enc, iv, out + len - 48, 48);
	is_int(open_at(out, len, &type, &data), -1,
	    "padding that is longer than the record is wrong");
	/* 7.6 (ii): the last two blocks of a record that ends in a block of
	 * padding, behind two by chance. */
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce, content,
	    16);
	memmove(out + 23 + 32, out + len - 32, 32);
	random_bytes(&generator, out + 23, 32);
	out[21] = 0;
	out[22] = 64;
	is_int(open_at(out, 23 + 64, &type, &data), -1,
	    "a block of padding without a MAC is wrong");
}

/* A reader knows both MACs of CBC with a cid, and stays with what it saw. */
static void
test_cbc_mac(const struct dtls_suite *suite)
{
	uint8_t type, *data;
	size_t len, i;
	const uint8_t *inner = (const uint8_t *)"text\x17";

	for (i = 0; i < 2; i++) {
		set_keys(suite, 8, i == 0 ? DTLS_MAC_RFC : DTLS_MAC_PION);
		is_int(reader.cbc_mac, DTLS_MAC_AUTO, "nothing is known");
		len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce,
		    inner, 5);
		out[len - 1] ^= 1;
		ok(open_at(out, len, &type, &data) == -1 &&
		    reader.cbc_mac == DTLS_MAC_AUTO, "a bad one tells nothing");
		len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce,
		    inner, 5);
		is_int(open_at(out, len, &type, &data), 4, "a good one opens");
		is_int(reader.cbc_mac, i == 0 ? DTLS_MAC_RFC : DTLS_MAC_PION,
		    "and its MAC is remembered");
		ref.twice = i == 0;
		len = reference_seal(&ref, out, DTLS_CID_RECORD, 2, nonce,
		    inner, 5);
		is_int(open_at(out, len, &type, &data), -1,
		    "the other is wrong from then on");
	}
}

/* --- Numbers, nonces, room ---------------------------------------------- */

/* Seals some content as the next record; its explicit nonce or IV. */
static const uint8_t *
next_iv(size_t *len)
{
	uint8_t *p = buffer + DTLS_HEAD;

	*len = 100;
	memset(p, 1, *len);
	if (dtls_seal(&writer, DTLS_APPLICATION, &p, len) != 0)
		return NULL;
	return p + DTLS_HEADER + writer.cid_len;
}

static void
test_numbers(const struct dtls_suite *suite)
{
	uint8_t seen[20][16], number[8];
	const uint8_t *iv;
	struct dtls_record r;
	size_t i, j, len, same = 0, told = 0, counted = 0;

	set_keys(suite, 0, DTLS_MAC_AUTO);
	for (i = 0; i < 20; i++) {
		iv = next_iv(&len);
		memcpy(seen[i], iv, 16);
		reference_put(number, UINT64_C(1) << 48 | i, 8);
		told += memcmp(iv, number, 8) == 0;
		for (j = 0; j < i; j++)
			same += memcmp(seen[i], seen[j], 16) == 0;
		memcpy(out, iv - DTLS_HEADER, len);
		counted += dtls_record_parse(&r, out, len, 0) == len &&
		    r.epoch == 1 && r.seq == i;
	}
	is_int(counted, 20, "%s: records are numbered from 0", suite->name);
	is_int(same, 0, "%s: no nonce comes twice", suite->name);
	if (suite->explicit_iv == 8)
		is_int(told, 20, "%s: they are the numbers", suite->name);
	else
		is_int(told, 0, "%s: they do not show", suite->name);
	writer.seq = (UINT64_C(1) << 48) - 1;
	ok(next_iv(&len) != NULL, "%s: there is a last number", suite->name);
	ok(next_iv(&len) == NULL && next_iv(&len) == NULL,
	    "%s: and none after it", suite->name);
}

static void
test_iv_key(const struct dtls_suite *suite)
{
	uint8_t first[16];
	size_t len;

	set_keys(suite, 0, DTLS_MAC_AUTO);
	memcpy(first, next_iv(&len), 16);
	dtls_half_init(&writer, &cpu, suite, true, ref.key, ref.mac, ref.iv,
	    &generator);
	ok(memcmp(first, next_iv(&len), 16) != 0,
	    "an IV cannot be told from key and number");
}

/* What fits into a datagram does, and no byte more. */
static void
test_room(const struct dtls_suite *suite, size_t cid_len)
{
	size_t datagram, room, len, wrong = 0;
	uint8_t *p;

	set_keys(suite, cid_len, DTLS_MAC_AUTO);
	for (datagram = 0; datagram < 1500; datagram++) {
		room = dtls_seal_room(&writer, datagram);
		p = buffer + DTLS_HEAD;
		len = room;
		dtls_seal(&writer, DTLS_APPLICATION, &p, &len);
		wrong += len > datagram && room > 0;
		p = buffer + DTLS_HEAD;
		len = room + 1;
		dtls_seal(&writer, DTLS_APPLICATION, &p, &len);
		wrong += len <= datagram;
	}
	is_int(wrong, 0, "%s, cid of %zu bytes: the room is what fits",
	    suite->name, cid_len);
	is_int(dtls_seal_room(&writer, 65507), DTLS_DATA_MAX,
	    "%s, cid of %zu bytes: at most a record's", suite->name, cid_len);
	p = buffer + DTLS_HEAD;
	len = DTLS_DATA_MAX + 1;
	is_int(dtls_seal(&writer, DTLS_APPLICATION, &p, &len), -1,
	    "%s, cid of %zu bytes: more is not sealed", suite->name, cid_len);
}

/* More content than a record may have, authentic. */
static void
test_too_much(const struct dtls_suite *suite)
{
	static uint8_t large[DTLS_DATA_MAX + 3];
	uint8_t type, *data;
	size_t len;

	set_keys(suite, 8, DTLS_MAC_RFC);
	memset(large, 1, sizeof(large));
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce, large,
	    DTLS_DATA_MAX + 2);
	is_int(open_at(out, len, &type, &data), -1,
	    "%s: more content than allowed is dropped", suite->name);
	len = reference_seal(&ref, out, DTLS_CID_RECORD, 1, nonce, large,
	    DTLS_DATA_MAX + 1);
	is_int(open_at(out, len, &type, &data), DTLS_DATA_MAX,
	    "%s: but not one byte less", suite->name);
}

/* --- Parsing and the window --------------------------------------------- */

static void
test_parse(void)
{
	uint8_t datagram[] = { 0x16, 0xfe, 0xff, 0x00, 0x00, 0x01, 0x02, 0x03,
	    0x04, 0x05, 0x06, 0x00, 0x03, 'a', 'b', 'c',
	    0x19, 0xfe, 0xfd, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    'c', 'i', 'd', 0x00, 0x00 };
	struct dtls_record r;
	uint8_t head[DTLS_HEADER];
	size_t i, n = sizeof(datagram), wrong = 0;

	is_int(dtls_record_parse(&r, datagram, n, 3), 16, "a record is eaten");
	ok(r.type == 22 && r.version == DTLS_1_0 && r.epoch == 0 &&
	    r.seq == UINT64_C(0x010203040506) && r.cid == NULL &&
	    r.header == datagram && r.body == datagram + 13 && r.len == 3,
	    "its parts are found");
	is_int(dtls_record_parse(&r, datagram + 16, n - 16, 3), 16,
	    "so is one with a cid");
	ok(r.type == 25 && r.version == DTLS_1_2 && r.epoch == 1 &&
	    r.seq == UINT64_C(0xffffffffffff) && r.cid == datagram + 27 &&
	    r.body == datagram + 32 && r.len == 0, "its parts, too");
	is_int(dtls_record_parse(&r, datagram + 16, n - 16, 0), 0,
	    "where no cids are given out, it is none");
	for (i = 0; i < 16; i++)
		wrong += dtls_record_parse(&r, datagram, i, 0) != 0;
	for (i = 0; i < 16; i++)
		wrong += dtls_record_parse(&r, datagram + 16, i, 3) != 0;
	is_int(wrong, 0, "a part of a record is none");
	datagram[1] = 3;
	is_int(dtls_record_parse(&r, datagram, n, 3), 0, "TLS is none");
	datagram[1] = 0xfe;
	datagram[2] = 0xfc;
	is_int(dtls_record_parse(&r, datagram, n, 3), 0, "nor is DTLS 1.3");
	memset(out, 0, sizeof(out));
	memcpy(out, datagram, 13);
	out[2] = 0xfd;
	out[11] = 0x48;
	out[12] = 0x00;
	is_int(dtls_record_parse(&r, out, sizeof(out), 0), 13 + 0x4800,
	    "the longest fragment is 18432 bytes");
	out[12] = 0x01;
	is_int(dtls_record_parse(&r, out, sizeof(out), 0), 0,
	    "a longer one is none");
	is_int(dtls_header_write(head, DTLS_ALERT, 0x10203, 2), DTLS_HEADER,
	    "a header is written");
	is_mem(head, "\x15\xfe\xfd\0\0\0\0\0\x01\x02\x03\0\x02", DTLS_HEADER,
	    "as it has to be");
}

static void
test_window(void)
{
	struct dtls_window w = { 0, 0 };
	uint64_t top = (UINT64_C(1) << 48) - 1, i;
	size_t wrong = 0;

	ok(dtls_window_fresh(&w, 0) && dtls_window_fresh(&w, top),
	    "at first all are fresh");
	ok(w.next == 0 && w.seen == 0, "looking changes nothing");
	ok(dtls_window_mark(&w, 0), "0 is the newest");
	ok(!dtls_window_fresh(&w, 0) && dtls_window_fresh(&w, 1),
	    "0 comes once");
	ok(dtls_window_mark(&w, 300), "a later one is the newest");
	for (i = 0; i <= 400; i++)
		wrong += dtls_window_fresh(&w, i) != (i > 236 && i != 300);
	is_int(wrong, 0, "as dtlspipe does, 237 is taken after 300, not 236");
	ok(!dtls_window_mark(&w, 237), "an older one is not the newest");
	ok(!dtls_window_mark(&w, 299), "nor is the one just before");
	ok(!dtls_window_fresh(&w, 237) && !dtls_window_fresh(&w, 299) &&
	    dtls_window_fresh(&w, 298) && dtls_window_fresh(&w, 238),
	    "but both are seen");
	ok(dtls_window_mark(&w, 301) && !dtls_window_fresh(&w, 237) &&
	    !dtls_window_fresh(&w, 300) && !dtls_window_fresh(&w, 299) &&
	    dtls_window_fresh(&w, 238), "the window moves by one");
	ok(dtls_window_mark(&w, 364) && dtls_window_fresh(&w, 302) &&
	    !dtls_window_fresh(&w, 301), "by 63");
	ok(dtls_window_mark(&w, 428) && dtls_window_fresh(&w, 365) &&
	    !dtls_window_fresh(&w, 364) && dtls_window_fresh(&w, 427),
	    "by 64");
	ok(!dtls_window_mark(&w, 5) && w.next == 429, "too old is too old");
	ok(dtls_window_mark(&w, top) && !dtls_window_fresh(&w, top) &&
	    dtls_window_fresh(&w, top - 1) && !dtls_window_fresh(&w, top - 64),
	    "the last number");
}

int
main(void)
{
	const struct dtls_suite *cbc = dtls_suite_by_id(0xc037), *s;
	size_t i;

	vectors_read();
	random_init_fixed(&generator, "records", 7);
	cpu_detect(&cpu);
	random_bytes(&generator, content, sizeof(content));
	for (i = 0; i < VECTORS; i++)
		test_vector(&vectors[i]);
	for (i = 0; i < DTLS_SUITES; i++) {
		s = &dtls_suites[i];
		test_suite(s, 0, DTLS_MAC_AUTO);
		test_suite(s, 8, DTLS_MAC_RFC);
		test_suite(s, DTLS_CID_MAX, DTLS_MAC_PION);
		test_changed(s, 0);
		test_changed(s, 8);
		test_no_type(s);
		test_cid(s);
		test_numbers(s);
		test_room(s, 0);
		test_room(s, 8);
		test_too_much(s);
	}
	test_cbc_padding(cbc);
	test_cbc_mac(cbc);
	test_iv_key(cbc);
	test_parse();
	test_window();
	return done_testing();
}
