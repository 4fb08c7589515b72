/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Trust anchors that stay in their file: only an index of it is in memory.
 *
 * NOTES.  A system's bundle has some 150 certificates, of which a client needs
 * one.  The index has 16 bytes for each: a hash of its subject, which is the
 * search key, the place of its block, and a hash of the block's text.  The file
 * stays open, so that the index stays valid after chroot() and after the file
 * is replaced by a new one.  If the file is changed in place, the second hash
 * does not match, and the certificate is not trusted any more.  Both hashes are
 * SipHash under a secret seed.
 */

#ifndef NET_ANCHORS_H
#define NET_ANCHORS_H

#include "compat.h"

#include "base/table.h"
#include "wire/tls_pem.h"

enum {
	ANCHORS_BLOCK_MAX = 16384,	/* bytes of a certificate's block */
	ANCHORS_FILE_MAX = 8 * 1024 * 1024,	/* bytes of the file */
};

/* Where a certificate is. */
struct anchor_place {
	uint32_t subject;	/* hash of its subject */
	uint32_t text;		/* hash of its block */
	uint32_t at;		/* offset of the block in the file */
	uint16_t len;		/* bytes of the block */
};

/* The anchors of a file. */
struct anchors {
	struct pem_anchors pem;	/* for tls_setup; must be the first member */
	FILE *file;		/* stays open */
	struct anchor_place *places;	/* pem.num of them */
	uint8_t seed[TABLE_SEED];
};

/* Indexes a file, which must be unbuffered, from its beginning to its end.
 * Takes the file over, also on failure.  Ends the program when there is no
 * memory.  0, or -1: *why is the reason in words when the file cannot be read;
 * else *why is NULL, and trouble has the reason. */
int anchors_open(struct anchors *, FILE *file, const uint8_t seed[TABLE_SEED],
    struct pem_trouble *trouble, const char **why);

/* Closes the file; harmless when zeroed. */
void anchors_close(struct anchors *);

#endif
