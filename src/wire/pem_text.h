/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The text layer of PEM (RFC 7468): lines, blocks and base64.
 *
 * NOTES.  Text outside of blocks, CRLF, spaces at the ends of lines, a byte
 * order mark and a missing last newline are tolerated.
 */

#ifndef WIRE_PEM_TEXT_H
#define WIRE_PEM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of the caller's from which the parts are taken, aligned as malloc()
 * aligns.  used starts at 0; several calls may share one. */
struct pem_space {
	uint8_t *base;
	size_t size, used;	/* bytes */
};

enum pem_error {
	PEM_OK,
	PEM_NO_CERT,		/* no CERTIFICATE block */
	PEM_NO_KEY,		/* no PRIVATE KEY block */
	PEM_NOT_PEM,		/* binary: DER or PKCS#12 */
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
	unsigned line;		/* 1 is the first; 0 where none is meant */
};

enum pem_block_kind {
	PEM_BLOCK_CERT,		/* a certificate, by any of its three labels */
	PEM_BLOCK_KEY,		/* whatever ends in "PRIVATE KEY" */
};

/* A walk through text; all of it is borrowed.  Begins as { text, len, 0, 0 }.
 */
struct pem_scan {
	const char *text;
	size_t len, at;		/* bytes; those before at were taken */
	unsigned line;		/* of the line that was taken last */
};

struct pem_line {
	const char *text;
	size_t len;
};

/* A decoded block. */
struct pem_block {
	struct pem_line label;	/* "RSA PRIVATE KEY" */
	unsigned line;		/* where it begins */
	bool encrypted;		/* its headers say so */
	uint8_t *der;		/* the free part of the space */
	size_t len;		/* bytes of der */
};

/* Notes an error and its line; returns -1. */
int pem_fail(struct pem_trouble *, enum pem_error, unsigned line);

/* Decodes the next block of the kind to the free part of the space, where it
 * stays until the space is used: 1, 0 when there is none, -1 and trouble. */
int pem_next_block(struct pem_scan *, struct pem_space *, enum pem_block_kind,
    struct pem_block *, struct pem_trouble *);

/* Is the label that word? */
bool pem_label_is(struct pem_line label, const char *word);

/* Counts the blocks of a kind, broken ones as well; may return one too many. */
size_t pem_count_blocks(const char *text, size_t len, enum pem_block_kind);

/* No block was found: makes that the error, or that the text is binary.
 * Returns -1. */
int pem_none_found(const char *text, size_t len, enum pem_error,
    struct pem_trouble *);

/* Finds the first certificate's block in a piece of a text that begins with a
 * line: returns the bytes up to its end (its END line, or what stands in place
 * of one) and in *from where it begins.  0 when the piece has no whole one:
 * then the bytes before *from are of no use, and a longer piece may have it. */
size_t pem_cut_cert(const char *text, size_t len, size_t *from);

#endif
