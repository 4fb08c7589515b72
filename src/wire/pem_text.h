/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The text layer of PEM (RFC 7468): lines, blocks and base64.
 *
 * NOTES.  Text outside of blocks, CRLF, spaces at the ends of lines, a byte
 * order mark and missing line breaks around BEGIN and END are tolerated.
 */

#ifndef WIRE_PEM_TEXT_H
#define WIRE_PEM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of the caller's for what is decoded, aligned as by malloc().  used
 * starts at 0; several calls may share one. */
struct pem_space {
	uint8_t *base;		/* its start */
	size_t size, used;	/* bytes */
};

enum pem_error {
	PEM_OK,
	PEM_NO_CERT,		/* no CERTIFICATE block */
	PEM_NO_KEY,		/* no PRIVATE KEY block */
	PEM_NOT_PEM,		/* binary: DER or PKCS#12 */
	PEM_UTF16,		/* text in UTF-16 */
	PEM_BAD_BEGIN,		/* a BEGIN line without its last dashes */
	PEM_UNFINISHED,		/* BEGIN without its END */
	PEM_BAD_BASE64,
	PEM_BAD_CERT,		/* not an X.509 certificate */
	PEM_BAD_KEY,		/* not a private key */
	PEM_ENCRYPTED,		/* the key needs a passphrase */
	PEM_OPENSSH,		/* OpenSSH's own key format */
	PEM_KEY_TYPE,		/* neither RSA nor EC P-256/384/521 */
	PEM_CERT_TYPE,		/* the same of a certificate's key */
	PEM_KEY_SIZE,		/* an RSA key under 2048 or over
				 * 4096 bits */
	PEM_NO_SPACE,		/* pem_space is full */
	PEM_NO_TLS,		/* built without TLS */
};

/* What was wrong, and where. */
struct pem_trouble {
	enum pem_error error;
	unsigned line;		/* from 1; 0: of no one line */
};

enum pem_block_kind {
	PEM_BLOCK_CERT,		/* a certificate, by any of its three labels */
	PEM_BLOCK_KEY,		/* any label that ends in "PRIVATE KEY" */
};

/* A text that is read by lines; starts as { text, len, 0, 0 }. */
struct pem_scan {
	const char *text;	/* borrowed */
	size_t len, at;		/* bytes; those before at were read */
	unsigned line;		/* number of the last line read */
};

/* A line or a part of one. */
struct pem_line {
	const char *text;	/* not ended by a NUL; borrowed */
	size_t len;		/* bytes */
};

/* A decoded block. */
struct pem_block {
	struct pem_line label;	/* "RSA PRIVATE KEY" */
	unsigned line;		/* where it begins */
	bool encrypted;		/* its headers say so */
	uint8_t *der;		/* the free part of the space */
	size_t len;		/* bytes of der */
};

/* Stores an error and its line; returns -1. */
int pem_fail(struct pem_trouble *, enum pem_error, unsigned line);

/* Decodes the next block of the kind to the free part of the space, which stays
 * free: the caller adds to used what it keeps.  1; 0 when there is no such
 * block; -1 and trouble. */
int pem_next_block(struct pem_scan *, struct pem_space *, enum pem_block_kind,
    struct pem_block *, struct pem_trouble *);

/* Does the label equal word? */
bool pem_label_is(struct pem_line label, const char *word);

/* Counts the blocks of a kind, also damaged ones. */
size_t pem_count_blocks(const char *text, size_t len, enum pem_block_kind);

/* Stores the error for a text without a block, or PEM_NOT_PEM if the text is
 * binary; returns -1. */
int pem_none_found(const char *text, size_t len, enum pem_error,
    struct pem_trouble *);

/* Finds the first certificate block in a part of a text that begins at a line
 * start.  Returns the offset of its end, after its END line or before the line
 * that is there instead, or after a damaged BEGIN line, and in *from that of
 * its beginning.  0 when the part has no complete block: a longer part, from
 * *from on, may have one. */
size_t pem_cut_cert(const char *text, size_t len, size_t *from);

#endif
