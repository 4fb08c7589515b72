/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: records of DTLS.  The first byte is a suite and what is done
 * with the rest, the second how long the cid is.  Either the rest is a datagram
 * to be opened; or, after four bytes, content to be sealed, of whose record the
 * four bytes change one: then it must not open any more.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "wire/dtls_record.h"

enum {
	DATAGRAM_MAX = 65507,
	CHANGE = 16,		/* in the first byte: seal and change */
	PION = 32,		/* in the first byte: the MAC of pion */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t keys[32] = "the keys of all of the suites..";
static const size_t cid_lengths[] = { 0, 1, 8, DTLS_CID_MAX };
static struct random generator;

/* One direction, by the first two bytes. */
static void
begin(struct dtls_half *h, const uint8_t *data, bool writing)
{
	const struct dtls_suite *suite = &dtls_suites[data[0] % DTLS_SUITES];

	memset(h, 0, sizeof(*h));
	dtls_half_init(h, NULL, suite, writing, keys, keys, keys, &generator);
	h->cid_len = (uint8_t)cid_lengths[data[1] % 4];
	memset(h->cid, 'c', h->cid_len);
	if (writing)
		h->cbc_mac = data[0] & PION ? DTLS_MAC_PION : DTLS_MAC_RFC;
}

/* What was opened must be sealed to a record that opens to the same. */
static void
check_opened(const uint8_t *how, const struct dtls_record *r,
    enum dtls_cbc_mac mac, uint8_t type, const uint8_t *text, size_t len)
{
	static uint8_t buffer[DTLS_HEAD + DTLS_DATA_MAX + DTLS_TAIL];
	uint8_t *p = buffer + DTLS_HEAD, *data, again;
	struct dtls_half reader, writer;
	struct dtls_record sealed;
	size_t n = len, most;

	must(len <= DTLS_DATA_MAX && len <= r->len);
	must(text >= r->body && text + len <= r->body + r->len);
	begin(&reader, how, false);
	begin(&writer, how, true);
	writer.cbc_mac = mac;
	memcpy(p, text, len);
	must(dtls_seal_as(&writer, type, NULL, r->seq, &p, &n) == 0);
	most = dtls_seal_room(&writer, n);
	must(most >= len && most < len + 16);
	must(dtls_record_parse(&sealed, p, n, writer.cid_len) == n);
	must(sealed.seq == r->seq);
	must(dtls_open(&reader, &sealed, &again, &data, &n) == 0);
	must(again == type && n == len && memcmp(data, text, len) == 0);
}

/* A stranger's datagram. */
static void
check_datagram(const uint8_t *how, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1), *text, type;
	struct dtls_half reader;
	struct dtls_record r;
	size_t at = 0, n, len;

	must(copy != NULL);
	memcpy(copy, data, size);
	begin(&reader, how, false);
	while ((n = dtls_record_parse(&r, copy + at, size - at,
	    reader.cid_len)) > 0) {
		must(n <= size - at && r.header == copy + at);
		must(r.body + r.len == copy + at + n);
		must(r.seq < UINT64_C(1) << 48);
		if (dtls_open(&reader, &r, &type, &text, &len) == 0)
			check_opened(how, &r, reader.cbc_mac, type, text,
			    len);
		at += n;
	}
	free(copy);
}

/* A record of which a byte is changed on its way; change has four bytes:
 * where, two of them; the change; the type. */
static void
check_changed(const uint8_t *how, const uint8_t *change, const uint8_t *data,
    size_t size)
{
	uint8_t *space = malloc(DTLS_HEAD + size + DTLS_TAIL), *p, *text, type;
	struct dtls_half reader, writer;
	struct dtls_record r;
	size_t n = size, len;

	must(space != NULL);
	p = space + DTLS_HEAD;
	memcpy(p, data, size);
	begin(&reader, how, false);
	begin(&writer, how, true);
	writer.seq = change[3];
	if (size > DTLS_DATA_MAX)
		must(dtls_seal(&writer, change[3], &p, &n) != 0);
	else {
		must(dtls_seal(&writer, change[3], &p, &n) == 0);
		p[((size_t)change[0] << 8 | change[1]) % n] ^= change[2];
		len = dtls_record_parse(&r, p, n, reader.cid_len);
		if (len == 0 || dtls_open(&reader, &r, &type, &text,
		    &len) != 0)
			/* A type of 0 is padding where there is a cid. */
			must(change[2] != 0 || (change[3] == 0 &&
			    reader.cid_len > 0) || (reader.cid_len == 0 &&
			    change[3] == DTLS_CID_RECORD));
		else if (change[3] != 0 || reader.cid_len == 0) {
			must(change[2] == 0 && type == change[3]);
			must(len == size && memcmp(text, data, len) == 0);
		}
	}
	free(space);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	random_init_fixed(&generator, keys, sizeof(keys));
	if (size < 2 || size > DATAGRAM_MAX)
		return 0;
	if ((data[0] & CHANGE) == 0)
		check_datagram(data, data + 2, size - 2);
	else if (size >= 6)
		check_changed(data, data + 2, data + 6, size - 6);
	return 0;
}
