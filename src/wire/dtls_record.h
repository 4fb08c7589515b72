/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS 1.2 records (RFC 6347 4.1) with connection IDs (RFC 9146): headers,
 * protection in place, and the replay window.
 *
 * NOTES.  On the wire:
 *
 *	type 1 | version 2 | epoch 2 | sequence 6 | [cid] | length 2 | fragment
 *
 * with the cid only if type is DTLS_CID_RECORD.  The fragment depends on the
 * cipher:
 *
 *	GCM, CCM:   explicit nonce 8 | ciphertext | tag
 *	ChaCha20:   ciphertext | tag
 *	CBC:        IV 16 | CBC(plaintext | MAC 32 | padding)
 *
 * and the plaintext of a record with a cid is content | type 1 | zeroes.
 *
 * Under CBC with a cid there are two MACs: that of RFC 9146 5.3, and that of
 * pion (dtlspipe), which covers the inner plaintext twice.  A reader accepts
 * either and remembers which in cbc_mac; a writer must be told.
 *
 * Opening CBC takes constant time (Lucky 13): no branch and no index depends on
 * bytes that are not yet authentic.
 *
 * GCM is built here from BearSSL's CTR and GHASH, with one run of CTR over each
 * record, which takes a sixth less time than br_gcm.  While that runs, the
 * additional data and the block of the tag are right before the text, where the
 * header will be.
 */

#ifndef WIRE_DTLS_RECORD_H
#define WIRE_DTLS_RECORD_H

#include "compat.h"

#include <bearssl.h>

#include "wire/cpu.h"
#include "wire/dtls_suite.h"
#include "wire/random.h"

/* Content types. */
enum {
	DTLS_CCS = 20,		/* ChangeCipherSpec */
	DTLS_ALERT = 21,
	DTLS_HANDSHAKE = 22,
	DTLS_APPLICATION = 23,
	DTLS_HEARTBEAT = 24,	/* RFC 6520 */
	DTLS_CID_RECORD = 25,	/* tls12_cid */
};

enum {
	DTLS_1_0 = 0xfeff,
	DTLS_1_2 = 0xfefd,
	DTLS_HEADER = 13,	/* bytes of a header, without the cid */
	DTLS_CID_MAX = 32,	/* longest cid that we send or accept, bytes */
	DTLS_HEAD = 64,		/* bytes before the content that sealing needs:
				 * header, longest cid, IV */
	DTLS_TAIL = 64,		/* and after it: type, MAC, padding */
	DTLS_DATA_MAX = 16384,	/* bytes of content in a record */
};

#define DTLS_SEQ_MAX ((UINT64_C(1) << 48) - 1)	/* the last sequence number */

/* The replay window (RFC 6347 4.1.2.6); zeroed: no number was seen. */
struct dtls_window {
	uint64_t next;		/* the highest number seen, plus 1 */
	uint64_t seen;		/* bit i: next - 1 - i was seen */
};

/* A record in a datagram; the pointers are into that. */
struct dtls_record {
	uint8_t type;		/* the outer one */
	uint16_t version, epoch;
	uint64_t seq;		/* 48 bits */
	uint8_t *cid;		/* NULL: it has none */
	uint8_t *header;	/* begin of the record */
	uint8_t *body;		/* the fragment */
	size_t len;		/* its length */
};

/* A key of HMAC-SHA256, which takes half of the memory of BearSSL's: the states
 * of the hash after its inner and its outer block. */
struct dtls_hmac {
	const br_hash_class *hash;
	uint8_t inner[br_sha256_SIZE], outer[br_sha256_SIZE];
};

/* GHASH and its key. */
struct dtls_ghash {
	br_ghash run;
	uint8_t h[16];
};

/* ChaCha20 and Poly1305 as struct cpu has them, and the key. */
struct dtls_chacha {
	br_chacha20_run cipher;
	br_poly1305_run aead;
	uint8_t key[32];
};

/* One direction of epoch 1: its keys, expanded. */
struct dtls_half {
	const struct dtls_suite *suite;	/* NULL: no keys yet */
	uint64_t seq;		/* writing: number of the next record */
	struct dtls_window window;	/* reading: numbers seen */
	enum dtls_cbc_mac cbc_mac;	/* with a cid; reading: set to the MAC
				 * that was right */
	uint8_t cid_len;	/* 0: records have no cid */
	uint8_t cid[DTLS_CID_MAX];	/* that of the records */
	uint8_t iv[16];		/* the fixed part of the nonce; writing CBC:
				 * the secret from which IVs are made */
	union {
		br_aes_gen_ctr_keys ctr;
		br_aes_gen_ctrcbc_keys ctrcbc;
		br_aes_gen_cbcenc_keys enc;
		br_aes_gen_cbcdec_keys dec;
		struct dtls_chacha chacha;
	} key;
	union {
		struct dtls_ghash ghash;
		struct dtls_hmac hmac;
	} mac;
};

/* Parses the record at p, where n bytes of the datagram are left.  cid_len is
 * the length of our own cids (0: a record with a cid is malformed).  Returns
 * the record's length, header included; 0: malformed, drop the rest. */
size_t dtls_record_parse(struct dtls_record *, uint8_t *p, size_t n,
    size_t cid_len);

/* Is the number new: not seen, and not too old for the window? */
bool dtls_window_fresh(const struct dtls_window *, uint64_t seq);

/* Marks an authentic record's number as seen.  Returns true if it is the
 * highest so far. */
bool dtls_window_mark(struct dtls_window *, uint64_t seq);

/* Expands the keys of one direction from its parts of the key block (mac and
 * iv may be NULL if the suite uses none); record numbers begin at 0.  cid and
 * cbc_mac are set by the caller, before or after.  cpu NULL: it is detected.
 * random is for the IVs of CBC, and may be NULL when reading. */
void dtls_half_init(struct dtls_half *, const struct cpu *cpu,
    const struct dtls_suite *, bool writing, const uint8_t *key,
    const uint8_t *mac, const uint8_t *iv, struct random *);

/* Seals *len <= DTLS_DATA_MAX bytes at *data in place as the next record of
 * epoch 1.  DTLS_HEAD bytes before and DTLS_TAIL bytes after them must be
 * writable.  *data and *len become the record.  Returns 0; -1: no keys, too
 * long, or all sequence numbers are used up. */
int dtls_seal(struct dtls_half *, uint8_t type, uint8_t **data, size_t *len);

/* Opens a record of epoch 1 in place: *type is the inner one, *data and *len
 * are the content.  Returns 0; -1: not authentic, or without the right cid:
 * drop it.  Does not check the window.  Overwrites the record, also on
 * failure. */
int dtls_open(struct dtls_half *, const struct dtls_record *, uint8_t *type,
    uint8_t **data, size_t *len);

/* Seals as above, with a given sequence number and explicit nonce or IV (NULL:
 * as above).  dtls_seal() is made of it; tests reproduce recorded sessions. */
int dtls_seal_as(struct dtls_half *, uint8_t type, const uint8_t *explicit_iv,
    uint64_t seq, uint8_t **data, size_t *len);

/* Writes a record header of epoch 0 without a cid; returns DTLS_HEADER. */
size_t dtls_header_write(uint8_t *p, uint8_t type, uint64_t seq, size_t len);

/* The most content that fits into a datagram of `datagram` bytes once sealed;
 * 0: none, or no keys yet. */
size_t dtls_seal_room(const struct dtls_half *, size_t datagram);

#endif
