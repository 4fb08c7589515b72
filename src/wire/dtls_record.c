/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS 1.2 records: headers, protection in place, replay window.
 *
 * NOTES.  Receiving: dtls_record_parse() splits a datagram into records.  If
 * dtls_window_fresh() accepts a record's number, dtls_open() decrypts it.  Only
 * if it was authentic, dtls_window_mark() marks the number.  Sending:
 * dtls_seal() numbers and encrypts.  Sealing and opening fill a struct
 * record_job, the argument of each cipher's function.  No cipher copies the
 * text.  The key of a MAC, which BearSSL takes as a copy, is wiped with the
 * hash's state after each record: 170 of 191,000 instructions there and back.
 */

#include "compat.h"

#include "wire/dtls_record.h"
#include "base/bytes.h"
#include "wire/dtls_cbc.h"

enum {
	RECORD_EPOCH = 1,	/* of all protected records */
	RECORD_FRAGMENT_MAX = DTLS_DATA_MAX + 2048,	/* RFC 5246 6.2.3 */
	RECORD_BLOCK = 16,	/* of AES, GHASH, and their padding */
	RECORD_AAD_MAX = 64,	/* 23 plus the longest cid, in whole blocks */
};

/* A record to seal or to open. */
struct record_job {
	uint8_t *text;		/* sealed or opened in place */
	size_t len;		/* its bytes, without tag or MAC; opening CBC:
				 * with MAC and padding */
	uint64_t number;	/* epoch and sequence number */
	const uint8_t *explicit_iv;	/* the nonce or IV in the record */
	uint8_t aad[RECORD_AAD_MAX];	/* additional authenticated data,
				 * padded with zeroes */
	size_t aad_len;		/* without the padding */
};

/* --- Parsing ------------------------------------------------------------ */

size_t
dtls_record_parse(struct dtls_record *r, uint8_t *p, size_t n, size_t cid_len)
{
	struct bytes in = { p, n, false };
	size_t at = DTLS_HEADER - 2;
	uint64_t number;

	r->header = p;
	r->type = bytes_u8(&in);
	r->version = bytes_be16(&in);
	number = bytes_be64(&in);
	r->epoch = (uint16_t)(number >> 48);
	r->seq = number & DTLS_SEQ_MAX;
	r->cid = NULL;
	if (r->type == DTLS_CID_RECORD) {
		if (cid_len == 0 || bytes_take(&in, cid_len) == NULL)
			return 0;
		r->cid = p + at;
		at += cid_len;
	}
	r->len = bytes_be16(&in);
	r->body = p + at + 2;
	if (bytes_take(&in, r->len) == NULL || r->len > RECORD_FRAGMENT_MAX ||
	    (r->version != DTLS_1_2 && r->version != DTLS_1_0))
		return 0;
	return at + 2 + r->len;
}

/* Writes a header; returns its length. */
static size_t
record_header(uint8_t *p, uint8_t type, uint64_t number, const uint8_t *cid,
    size_t cid_len, size_t len)
{
	p[0] = type;
	put_be16(p + 1, DTLS_1_2);
	put_be64(p + 3, number);
	if (cid_len > 0)
		memcpy(p + 11, cid, cid_len);
	put_be16(p + 11 + cid_len, (uint16_t)len);
	return DTLS_HEADER + cid_len;
}

size_t
dtls_header_write(uint8_t *p, uint8_t type, uint64_t seq, size_t len)
{
	return record_header(p, type, seq & DTLS_SEQ_MAX, NULL, 0, len);
}

/* --- The window --------------------------------------------------------- */

bool
dtls_window_fresh(const struct dtls_window *w, uint64_t seq)
{
	uint64_t age;

	if (seq >= w->next)
		return true;
	age = w->next - 1 - seq;
	return age < 64 && (w->seen >> age & 1) == 0;
}

bool
dtls_window_mark(struct dtls_window *w, uint64_t seq)
{
	uint64_t age, step;

	if (seq >= w->next) {
		step = seq + 1 - w->next;
		w->seen = step < 64 ? w->seen << step | 1 : 1;
		w->next = seq + 1;
		return true;
	}
	age = w->next - 1 - seq;
	if (age < 64)
		w->seen |= UINT64_C(1) << age;
	return false;
}

/* --- Keys --------------------------------------------------------------- */

/* GHASH's key is an encrypted block of zeroes.  CTR makes it: nonce and counter
 * are zero, so the block that it encrypts is zero. */
static void
record_init_gcm(struct dtls_half *h, const struct cpu *cpu,
    const uint8_t *key, size_t n)
{
	static const uint8_t iv[12];

	cpu->ctr->init(&h->key.ctr.vtable, key, n);
	h->mac.ghash.run = cpu->ghash;
	memset(h->mac.ghash.h, 0, RECORD_BLOCK);
	cpu->ctr->run(&h->key.ctr.vtable, iv, 0, h->mac.ghash.h,
	    RECORD_BLOCK);
}

/* Sets the key of the MAC. */
static void
record_set_mac(struct dtls_half *h, const br_hash_class *hash,
    const uint8_t *mac, size_t n)
{
	br_hmac_key_context key;

	br_hmac_key_init(&key, hash, mac, n);
	h->mac.hmac.hash = hash;
	memcpy(h->mac.hmac.inner, key.ksi, sizeof(h->mac.hmac.inner));
	memcpy(h->mac.hmac.outer, key.kso, sizeof(h->mac.hmac.outer));
	explicit_bzero(&key, sizeof(key));
}

/* Makes of that what BearSSL takes. */
static void
record_mac(const struct dtls_half *h, br_hmac_key_context *key)
{
	const struct dtls_hmac *hmac = &h->mac.hmac;

	key->dig_vtable = hmac->hash;
	memcpy(key->ksi, hmac->inner, sizeof(hmac->inner));
	memcpy(key->kso, hmac->outer, sizeof(hmac->outer));
}

/* A writer's h->iv is the secret from which record_cbc_iv() makes IVs. */
static void
record_init_cbc(struct dtls_half *h, const struct cpu *cpu,
    bool writing, const uint8_t *key, size_t n, struct random *random)
{
	if (!writing) {
		cpu->cbcdec->init(&h->key.dec.vtable, key, n);
		return;
	}
	cpu->cbcenc->init(&h->key.enc.vtable, key, n);
	random_bytes(random, h->iv, sizeof(h->iv));
}

void
dtls_half_init(struct dtls_half *h, const struct cpu *cpu,
    const struct dtls_suite *suite, bool writing, const uint8_t *key,
    const uint8_t *mac, const uint8_t *iv, struct random *random)
{
	struct cpu detected;

	if (cpu == NULL) {
		cpu_detect(&detected);
		cpu = &detected;
	}
	h->suite = suite;
	h->seq = 0;
	memset(&h->window, 0, sizeof(h->window));
	switch (suite->cipher) {
	case DTLS_GCM:
		record_init_gcm(h, cpu, key, suite->key);
		break;
	case DTLS_CCM:
		cpu->ctrcbc->init(&h->key.ctrcbc.vtable, key, suite->key);
		break;
	case DTLS_CHACHA:
		h->key.chacha.cipher = cpu->chacha;
		h->key.chacha.aead = cpu->poly;
		memcpy(h->key.chacha.key, key, suite->key);
		break;
	case DTLS_CBC:
		record_init_cbc(h, cpu, writing, key, suite->key, random);
		record_set_mac(h, cpu->sha256, mac, suite->mac);
		return;
	}
	memcpy(h->iv, iv, suite->iv);
}

/* --- Additional data and nonces ----------------------------------------- */

/* Fills in the additional data (RFC 5246 6.2.3.3; with a cid RFC 9146 5).  The
 * MAC of CBC covers the same bytes. */
static void
record_aad(const struct dtls_half *h, struct record_job *job, uint8_t type,
    uint16_t version)
{
	uint8_t *p = job->aad;

	memset(p, 0, RECORD_AAD_MAX);
	if (h->cid_len == 0) {
		put_be64(p, job->number);
		p[8] = type;
		put_be16(p + 9, version);
		put_be16(p + 11, (uint16_t)job->len);
		job->aad_len = 13;
		return;
	}
	memset(p, 0xff, 8);
	p[8] = DTLS_CID_RECORD;
	p[9] = h->cid_len;
	p[10] = DTLS_CID_RECORD;
	put_be16(p + 11, version);
	put_be64(p + 13, job->number);
	memcpy(p + 21, h->cid, h->cid_len);
	put_be16(p + 21 + h->cid_len, (uint16_t)job->len);
	job->aad_len = 23u + h->cid_len;
}

/* Makes the nonce of GCM and CCM (RFC 5288 3). */
static void
record_nonce(const struct dtls_half *h, const struct record_job *job,
    uint8_t nonce[12])
{
	memcpy(nonce, h->iv, 4);
	memcpy(nonce + 4, job->explicit_iv, 8);
}

/* --- GCM ---------------------------------------------------------------- */

/* Rounds n up to whole blocks. */
static size_t
record_blocks(size_t n)
{
	return (n + RECORD_BLOCK - 1) & ~(size_t)(RECORD_BLOCK - 1);
}

/* Writes the last block of GHASH's input: both lengths in bits. */
static void
record_lengths(uint8_t p[RECORD_BLOCK], const struct record_job *job)
{
	put_be64(p, (uint64_t)job->aad_len << 3);
	put_be64(p + 8, (uint64_t)job->len << 3);
}

/*
 * Seals with one run of CTR and one of GHASH, each over contiguous whole
 * blocks.  To get these, bytes before and after the text are overwritten; the
 * header is written later.
 *
 *	            text - 16  text           end         text + whole
 *	before CTR      | zeroes  | plaintext    | any bytes | any bytes |
 *	after CTR       | mask    | ciphertext   | keystream | any bytes |
 *	for GHASH  | aad, zeroes  | ciphertext   | zeroes    | lengths   |
 *	returned   |    any bytes | ciphertext   | tag 16    | any bytes |
 *
 * CTR's first block, counter 1, encrypts zeroes: it is the mask that, XORed
 * with GHASH's result, gives the tag.  Up to 31 bytes after the text are
 * overwritten.
 */
static void
record_seal_gcm(const struct dtls_half *h, struct record_job *job)
{
	const br_block_ctr_class *const *ctr = &h->key.ctr.vtable;
	size_t aad = record_blocks(job->aad_len);
	size_t whole = record_blocks(job->len), i;
	uint8_t *text = job->text, *end = text + job->len;
	uint8_t nonce[12], mask[RECORD_BLOCK], y[RECORD_BLOCK] = { 0 };

	record_nonce(h, job, nonce);
	memset(text - RECORD_BLOCK, 0, RECORD_BLOCK);
	(*ctr)->run(ctr, nonce, 1, text - RECORD_BLOCK, RECORD_BLOCK + whole);
	memcpy(mask, text - RECORD_BLOCK, RECORD_BLOCK);
	memset(end, 0, whole - job->len);
	record_lengths(text + whole, job);
	memcpy(text - aad, job->aad, aad);
	h->mac.ghash.run(y, h->mac.ghash.h, text - aad,
	    aad + whole + RECORD_BLOCK);
	for (i = 0; i < RECORD_BLOCK; i++)
		end[i] = y[i] ^ mask[i];
}

/*
 * Opens: GHASH over the ciphertext, then CTR.
 *
 *	            text - 16  text           text + len
 *	before CTR      | GHASH   | ciphertext   | received tag |
 *	after CTR       | our tag | plaintext    | any bytes    |
 *
 * CTR's first block encrypts GHASH's result, which gives our tag.  CTR runs
 * over whole blocks and overwrites the received tag, so that is copied first.
 */
static bool
record_open_gcm(const struct dtls_half *h, struct record_job *job)
{
	const br_block_ctr_class *const *ctr = &h->key.ctr.vtable;
	const struct dtls_ghash *g = &h->mac.ghash;
	uint8_t nonce[12], tag[RECORD_BLOCK], lengths[RECORD_BLOCK];
	uint8_t y[RECORD_BLOCK] = { 0 };

	record_nonce(h, job, nonce);
	memcpy(tag, job->text + job->len, RECORD_BLOCK);
	record_lengths(lengths, job);
	g->run(y, g->h, job->aad, record_blocks(job->aad_len));
	g->run(y, g->h, job->text, job->len);
	g->run(y, g->h, lengths, RECORD_BLOCK);
	memcpy(job->text - RECORD_BLOCK, y, RECORD_BLOCK);
	(*ctr)->run(ctr, nonce, 1, job->text - RECORD_BLOCK,
	    RECORD_BLOCK + record_blocks(job->len));
	return secret_equal(job->text - RECORD_BLOCK, tag, RECORD_BLOCK);
}

/* --- CCM and ChaCha20 --------------------------------------------------- */

/* En- or decrypts the text with CCM, and computes its tag. */
static void
record_run_ccm(struct dtls_half *h, struct record_job *job, bool encrypt,
    uint8_t *tag)
{
	br_ccm_context ccm;
	uint8_t nonce[12];

	record_nonce(h, job, nonce);
	br_ccm_init(&ccm, &h->key.ctrcbc.vtable);
	br_ccm_reset(&ccm, nonce, sizeof(nonce), job->aad_len, job->len,
	    h->suite->tag);
	br_ccm_aad_inject(&ccm, job->aad, job->aad_len);
	br_ccm_flip(&ccm);
	br_ccm_run(&ccm, encrypt, job->text, job->len);
	br_ccm_get_tag(&ccm, tag);
}

/* En- or decrypts the text with ChaCha20, and computes its Poly1305 tag.  The
 * nonce is the IV XOR the record's number (RFC 7905 2). */
static void
record_run_chacha(const struct dtls_half *h, struct record_job *job,
    bool encrypt, uint8_t *tag)
{
	const struct dtls_chacha *c = &h->key.chacha;
	uint8_t nonce[12], number[8];
	size_t i;

	memcpy(nonce, h->iv, sizeof(nonce));
	put_be64(number, job->number);
	for (i = 0; i < 8; i++)
		nonce[4 + i] ^= number[i];
	c->aead(c->key, nonce, job->text, job->len, job->aad, job->aad_len,
	    tag, c->cipher, encrypt);
}

/* --- CBC ---------------------------------------------------------------- */

/* Makes an IV: the record's number XOR a secret, encrypted with the record key
 * (NIST SP 800-38A, appendix C).  So it is unpredictable and never repeats. */
static void
record_cbc_iv(const struct dtls_half *h, const struct record_job *job,
    uint8_t iv[RECORD_BLOCK])
{
	const br_block_cbcenc_class *const *enc = &h->key.enc.vtable;
	uint8_t zeroes[RECORD_BLOCK] = { 0 }, number[8];
	size_t i;

	put_be64(number, job->number);
	memcpy(iv, h->iv, RECORD_BLOCK);
	for (i = 0; i < sizeof(number); i++)
		iv[i] ^= number[i];
	(*enc)->run(enc, zeroes, iv, RECORD_BLOCK);
}

/* Returns the length of the ciphertext, MAC and padding included. */
static size_t
record_seal_cbc(const struct dtls_half *h, struct record_job *job)
{
	const br_block_cbcenc_class *const *enc = &h->key.enc.vtable;
	br_hmac_key_context key;
	br_hmac_context hmac;
	uint8_t iv[RECORD_BLOCK];
	size_t n = job->len, pad;

	record_mac(h, &key);
	br_hmac_init(&hmac, &key, 0);
	br_hmac_update(&hmac, job->aad, job->aad_len);
	br_hmac_update(&hmac, job->text, n);
	/* A second time, on purpose: with a connection ID pion computes and
	 * checks the MAC over the inner plaintext twice. */
	if (h->cid_len > 0 && h->cbc_mac == DTLS_MAC_PION)
		br_hmac_update(&hmac, job->text, n);
	n += br_hmac_out(&hmac, job->text + n);
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(&hmac, sizeof(hmac));
	pad = RECORD_BLOCK - n % RECORD_BLOCK;
	memset(job->text + n, (int)pad - 1, pad);
	memcpy(iv, job->explicit_iv, sizeof(iv));
	(*enc)->run(enc, iv, job->text, n + pad);
	return n + pad;
}

/* Checks the MAC, of decrypted text.  Returns the length of the content; -1:
 * not authentic.  With a cid and a MAC not yet known, tries RFC 9146's, then
 * pion's, and remembers the right one. */
static long
record_check_cbc(struct dtls_half *h, struct record_job *job,
    const br_hmac_key_context *mac)
{
	long n = -1;

	if (h->cid_len == 0 || h->cbc_mac != DTLS_MAC_PION)
		n = dtls_cbc_check(mac, job->aad, job->aad_len, job->text,
		    job->len, false);
	if (n >= 0 || h->cid_len == 0 || h->cbc_mac == DTLS_MAC_RFC) {
		if (n >= 0 && h->cid_len > 0)
			h->cbc_mac = DTLS_MAC_RFC;
		return n;
	}
	n = dtls_cbc_check(mac, job->aad, job->aad_len, job->text, job->len,
	    true);
	if (n >= 0)
		h->cbc_mac = DTLS_MAC_PION;
	return n;
}

/* Returns the length of the content; -1: not authentic. */
static long
record_open_cbc(struct dtls_half *h, struct record_job *job)
{
	const br_block_cbcdec_class *const *dec = &h->key.dec.vtable;
	br_hmac_key_context mac;
	uint8_t iv[RECORD_BLOCK];
	long n;

	memcpy(iv, job->explicit_iv, sizeof(iv));
	(*dec)->run(dec, iv, job->text, job->len);
	record_mac(h, &mac);
	n = record_check_cbc(h, job, &mac);
	explicit_bzero(&mac, sizeof(mac));
	return n;
}

/* --- Sealing and opening ------------------------------------------------ */

int
dtls_seal_as(struct dtls_half *h, uint8_t type, const uint8_t *explicit_iv,
    uint64_t seq, uint8_t **data, size_t *len)
{
	const struct dtls_suite *suite = h->suite;
	struct record_job job;
	uint8_t iv[RECORD_BLOCK], *head;
	size_t n;

	if (suite == NULL || *len > DTLS_DATA_MAX || seq > DTLS_SEQ_MAX)
		return -1;
	job.text = *data;
	job.len = *len;
	if (h->cid_len > 0) {
		job.text[job.len++] = type;
		type = DTLS_CID_RECORD;
	}
	job.number = (uint64_t)RECORD_EPOCH << 48 | seq;
	job.explicit_iv = explicit_iv != NULL ? explicit_iv : iv;
	record_aad(h, &job, type, DTLS_1_2);
	if (suite->cipher == DTLS_CBC && explicit_iv == NULL)
		record_cbc_iv(h, &job, iv);
	else if (explicit_iv == NULL)
		put_be64(iv, job.number);
	n = job.len + suite->tag;
	switch (suite->cipher) {
	case DTLS_GCM:
		record_seal_gcm(h, &job);
		break;
	case DTLS_CCM:
		record_run_ccm(h, &job, true, job.text + job.len);
		break;
	case DTLS_CHACHA:
		record_run_chacha(h, &job, true, job.text + job.len);
		break;
	case DTLS_CBC:
		n = record_seal_cbc(h, &job);
		break;
	}
	n += suite->explicit_iv;
	head = job.text - suite->explicit_iv - DTLS_HEADER - h->cid_len;
	memcpy(job.text - suite->explicit_iv, job.explicit_iv,
	    suite->explicit_iv);
	*data = head;
	*len = n + record_header(head, type, job.number, h->cid, h->cid_len,
	    n);
	return 0;
}

int
dtls_seal(struct dtls_half *h, uint8_t type, uint8_t **data, size_t *len)
{
	if (dtls_seal_as(h, type, NULL, h->seq, data, len) != 0)
		return -1;
	h->seq++;
	return 0;
}

/* Is n a length that the suite's records can have? */
static bool
record_is_long_enough(const struct dtls_suite *suite, size_t n)
{
	size_t least = (size_t)suite->explicit_iv + suite->tag;

	if (suite->cipher != DTLS_CBC)
		return n >= least;
	return n >= record_blocks(least + 1) && n % RECORD_BLOCK == 0;
}

/* Authenticates and decrypts.  Returns the length of the text; -1: not
 * authentic. */
static long
record_open(struct dtls_half *h, const struct dtls_record *r,
    struct record_job *job)
{
	uint8_t tag[RECORD_BLOCK];
	bool good = false;

	job->explicit_iv = r->body;
	job->text = r->body + h->suite->explicit_iv;
	job->len = r->len - h->suite->explicit_iv;
	if (h->suite->cipher != DTLS_CBC)
		job->len -= h->suite->tag;
	job->number = (uint64_t)r->epoch << 48 | r->seq;
	record_aad(h, job, r->type, r->version);
	switch (h->suite->cipher) {
	case DTLS_GCM:
		good = record_open_gcm(h, job);
		break;
	case DTLS_CCM:
		record_run_ccm(h, job, false, tag);
		good = secret_equal(tag, job->text + job->len, h->suite->tag);
		break;
	case DTLS_CHACHA:
		record_run_chacha(h, job, false, tag);
		good = secret_equal(tag, job->text + job->len, h->suite->tag);
		break;
	case DTLS_CBC:
		return record_open_cbc(h, job);
	}
	return good ? (long)job->len : -1;
}

int
dtls_open(struct dtls_half *h, const struct dtls_record *r, uint8_t *type,
    uint8_t **data, size_t *len)
{
	struct record_job job;
	long n;

	if (h->suite == NULL || r->epoch != RECORD_EPOCH ||
	    (r->cid != NULL) != (h->cid_len > 0) ||
	    (r->cid != NULL && memcmp(r->cid, h->cid, h->cid_len) != 0) ||
	    !record_is_long_enough(h->suite, r->len))
		return -1;
	n = record_open(h, r, &job);
	if (n < 0)
		return -1;
	*type = r->type;
	if (h->cid_len > 0) {
		/* Zeroes are padding; the byte before them is the type. */
		while (n > 0 && job.text[n - 1] == 0)
			n--;
		if (n == 0)
			return -1;
		*type = job.text[--n];
	}
	if (n > DTLS_DATA_MAX)
		return -1;
	*data = job.text;
	*len = (size_t)n;
	return 0;
}

size_t
dtls_seal_room(const struct dtls_half *h, size_t datagram)
{
	const struct dtls_suite *suite = h->suite;
	size_t n = datagram, around;

	if (suite == NULL)
		return 0;
	around = (size_t)DTLS_HEADER + h->cid_len + suite->explicit_iv;
	if (n < around)
		return 0;
	n -= around;
	around = (size_t)suite->tag + (h->cid_len > 0 ? 1 : 0);
	if (suite->cipher == DTLS_CBC) {
		/* At least one byte of padding. */
		n -= n % RECORD_BLOCK;
		around++;
	}
	if (n < around)
		return 0;
	n -= around;
	return n < DTLS_DATA_MAX ? n : DTLS_DATA_MAX;
}
