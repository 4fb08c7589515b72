/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS 1.2 records (RFC 6347 4.1) with connection IDs (RFC 9146): their
 * headers, their protection in place, and the window against replays.
 *
 * NOTES.  On the wire:
 *
 *	type 1 | version 2 | epoch 2 | sequence 6 | [cid] | length 2 | fragment
 *
 * with the cid only where type is DTLS_CID_RECORD.  The fragment is, by
 * cipher,
 *
 *	GCM, CCM:   explicit nonce 8 | ciphertext | tag
 *	ChaCha20:   ciphertext | tag
 *	CBC:        IV 16 | CBC(plaintext | MAC 32 | padding)
 *
 * and the plaintext of a record with a cid is content | type 1 | zeroes.
 *
 * Under CBC with a cid there are two MACs: that of RFC 9146 5.3, and that of
 * pion (dtlspipe), which has the inner plaintext twice.  A reader takes either
 * and remembers which in cbc_mac; a writer must know.
 *
 * Opening CBC takes the same time whatever the padding is (Lucky 13): no
 * branch and no index depends on bytes that are not yet authentic.
 *
 * GCM is put together here out of BearSSL's CTR and GHASH, in one run of each
 * over the record, which takes a sixth less time than br_gcm: the additional
 * data, and the block of the tag, stand for a while right before the text,
 * where the header belongs.
 */

#ifndef WIRE_DTLS_RECORD_H
#define WIRE_DTLS_RECORD_H

#include "compat.h"

#include <bearssl.h>

#include "wire/dtls_suite.h"
#include "wire/random.h"

/* Content types. */
enum {
	DTLS_CCS = 20,		/* ChangeCipherSpec */
	DTLS_ALERT = 21,
	DTLS_HANDSHAKE = 22,
	DTLS_APPLICATION = 23,
	DTLS_CID_RECORD = 25,	/* tls12_cid */
};

enum {
	DTLS_1_0 = 0xfeff,
	DTLS_1_2 = 0xfefd,
	DTLS_HEADER = 13,	/* bytes of a header, without the cid */
	DTLS_CID_MAX = 32,	/* bytes of a cid that we send or take */
	DTLS_HEAD = 64,		/* bytes that sealing puts before the content:
				 * header, longest cid, IV */
	DTLS_TAIL = 64,		/* and after it: type, MAC, padding */
	DTLS_DATA_MAX = 16384,	/* bytes of content in a record */
};

#define DTLS_SEQ_MAX ((UINT64_C(1) << 48) - 1)	/* the last sequence number */

/* Which MAC a CBC record with a cid has; a writer takes DTLS_MAC_AUTO for that
 * of RFC 9146. */
enum dtls_cbc_mac { DTLS_MAC_AUTO, DTLS_MAC_RFC, DTLS_MAC_PION };

/* Sequence numbers that came (RFC 6347 4.1.2.6); zeroed: none. */
struct dtls_window {
	uint64_t next;		/* the highest seen plus 1 */
	uint64_t seen;		/* bit i: next - 1 - i was seen */
};

/* A record as it stands in a datagram; pointers into that. */
struct dtls_record {
	uint8_t type;		/* the outer one */
	uint16_t version, epoch;
	uint64_t seq;		/* 48 bits */
	uint8_t *cid;		/* NULL without one */
	uint8_t *header;	/* where the record begins */
	uint8_t *body;		/* the fragment */
	size_t len;		/* its bytes */
};

/* How this CPU does the ciphers best. */
struct dtls_cpu {
	const br_block_ctr_class *ctr;
	const br_block_ctrcbc_class *ctrcbc;
	const br_block_cbcenc_class *cbcenc;
	const br_block_cbcdec_class *cbcdec;
	br_ghash ghash;
	br_chacha20_run chacha;
	br_poly1305_run poly;
	const br_hash_class *sha256;
};

/* GHASH and its key. */
struct dtls_ghash {
	br_ghash run;
	uint8_t h[16];
};

/* ChaCha20 and Poly1305 as this CPU does them best. */
struct dtls_chacha {
	br_chacha20_run cipher;
	br_poly1305_run aead;
	uint8_t key[32];
};

/* One direction of epoch 1: its keys, expanded. */
struct dtls_half {
	const struct dtls_suite *suite;	/* NULL: no keys yet */
	uint64_t seq;		/* writing: of the next record */
	struct dtls_window window;	/* reading */
	enum dtls_cbc_mac cbc_mac;	/* with a cid; reading: what it saw */
	uint8_t cid_len;	/* 0: none */
	uint8_t cid[DTLS_CID_MAX];	/* that the records carry */
	uint8_t iv[16];		/* the fixed part of the nonce; writing CBC:
				 * a secret that IVs are made of */
	union {
		br_aes_gen_ctr_keys ctr;
		br_aes_gen_ctrcbc_keys ctrcbc;
		br_aes_gen_cbcenc_keys enc;
		br_aes_gen_cbcdec_keys dec;
		struct dtls_chacha chacha;
	} key;
	union {
		struct dtls_ghash ghash;
		br_hmac_key_context hmac;
	} mac;
};

/* Reads the record at p, n bytes of a datagram are left; cid_len is the length
 * of the cids that we gave out (0: a record with a cid is none of ours).
 * Returns bytes eaten, header included; 0: these are not records, drop the
 * rest. */
size_t dtls_record_parse(struct dtls_record *, uint8_t *p, size_t n,
    size_t cid_len);

/* Was it never seen, and is it not too old? */
bool dtls_window_fresh(const struct dtls_window *, uint64_t seq);

/* Marks an authentic one as seen; true when it is the newest so far. */
bool dtls_window_mark(struct dtls_window *, uint64_t seq);

/* Asks the CPU what it can, which takes long in a virtual one. */
void dtls_cpu_init(struct dtls_cpu *);

/* Expands the keys of one direction from its parts of the key block (mac and
 * iv may be NULL where the suite uses none), from number 0 on; cid and cbc_mac
 * are the caller's to set, before or after.  cpu NULL: the CPU is asked. random
 * is for the IVs of CBC, and may be NULL when reading. */
void dtls_half_init(struct dtls_half *, const struct dtls_cpu *cpu,
    const struct dtls_suite *, bool writing, const uint8_t *key,
    const uint8_t *mac, const uint8_t *iv, struct random *);

/* Seals *len <= DTLS_DATA_MAX bytes at *data in place as the next record of
 * epoch 1, with DTLS_HEAD writable bytes before and DTLS_TAIL after them; *data
 * and *len become the record.  0; -1: too long, or no sequence numbers are
 * left. */
int dtls_seal(struct dtls_half *, uint8_t type, uint8_t **data, size_t *len);

/* Opens a record of epoch 1 in place: *type is the inner one, *data and *len
 * the content.  0; -1: not authentic, or not with the cid that it must have:
 * drop it.  The window is not looked at.  The bytes of the record are of no use
 * any more, but for the content on success. */
int dtls_open(struct dtls_half *, const struct dtls_record *, uint8_t *type,
    uint8_t **data, size_t *len);

/* Seals with a given explicit nonce or IV (NULL: as above) and sequence number,
 * for recorded sessions. */
int dtls_seal_as(struct dtls_half *, uint8_t type, const uint8_t *explicit_iv,
    uint64_t seq, uint8_t **data, size_t *len);

/* Writes a record header of epoch 0 without a cid; returns DTLS_HEADER. */
size_t dtls_header_write(uint8_t *p, uint8_t type, uint64_t seq, size_t len);

/* The most content that fits into a datagram of `datagram` bytes when sealed
 * by this half; 0: none. */
size_t dtls_seal_room(const struct dtls_half *, size_t datagram);

#endif
