/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Trust anchors that stay in their file: in memory is only an index of it.
 *
 * NOTES.  A system's bundle has some 150 certificates, of which a client wants
 * one.  For each of them the index has 16 bytes: a hash of its subject, by
 * which it is looked for, where its block stands, and a hash of that block's
 * text.  The file stays open, so that the index is good after chroot() and
 * after a new file took its place; if it is changed where it stands, the
 * second hash tells, and nothing is trusted any more.  Both are SipHash under a
 * secret seed.
 */

#ifndef NET_ANCHORS_H
#define NET_ANCHORS_H

#include "compat.h"

#include "base/table.h"
#include "wire/tls_verify.h"

enum {
	ANCHORS_BLOCK_MAX = 16384,	/* bytes of a certificate's block */
	ANCHORS_FILE_MAX = 8 * 1024 * 1024,	/* bytes of the file */
};

/* Where one of them is. */
struct anchor_place {
	uint32_t subject;	/* hash of its subject */
	uint32_t text;		/* hash of its block */
	uint32_t at;		/* bytes before the block */
	uint16_t len;		/* bytes of the block */
};

/* The anchors of a file. */
struct anchors {
	struct pem_anchors pem;	/* first; for tls_setup */
	FILE *file;		/* stays open */
	struct anchor_place *places;	/* pem.num of them */
	uint8_t seed[TABLE_SEED];
};

/* Indexes a file from its beginning to its end, taking it over in any case; it
 * is to have no buffer.  Ends the program when there is no memory.  0; -1 and
 * *why in words when it cannot be read, or NULL there and trouble. */
int anchors_open(struct anchors *, FILE *file, const uint8_t seed[TABLE_SEED],
    struct pem_trouble *trouble, const char **why);

/* Closes the file; harmless when zeroed. */
void anchors_close(struct anchors *);

#endif
