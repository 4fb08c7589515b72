/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The pre-shared keys of an end, by the identity that a client gives.
 *
 * NOTES.  A key is written in hexadecimal.  A file of keys has lines
 *
 *	IDENTITY:HEXKEY
 *	HEXKEY
 *	# a comment
 *
 * with blanks around each part as one likes; an identity may have colons of
 * its own, as the last one counts.  A line of a key alone is for all
 * identities that have none, and so is the key of the setting `psk`.
 * Identities are found by a keyed hash, so that the time tells nothing of the
 * keys.
 */

#ifndef TUNNEL_DTLS_PSK_H
#define TUNNEL_DTLS_PSK_H

#include "compat.h"

#include "base/table.h"
#include "tunnel/tunnel.h"
#include "wire/dtls_hello.h"
#include "wire/dtls_kx.h"

enum {
	PSK_FILE_MAX = 4 * 1024 * 1024,	/* bytes of a file of keys */
	PSK_SHORT = 16,		/* keys of fewer bytes can be guessed */
};

/* What may be wrong with a file of keys. */
enum dtls_psk_error {
	PSK_OK,
	PSK_NO_KEY,		/* nothing where the key should be */
	PSK_NOT_HEX,		/* other characters than hexadecimal digits */
	PSK_ODD,		/* an odd number of digits */
	PSK_LONG_KEY,		/* more than DTLS_PSK_MAX bytes */
	PSK_LONG_NAME,		/* more than DTLS_IDENTITY_MAX bytes */
	PSK_TWICE,		/* that identity had a line before */
	PSK_EMPTY,		/* no line with a key */
};

/* A key. */
struct dtls_psk_entry {
	struct dtls_psk_entry *next;	/* the one read before it */
	struct table_node node;
	uint8_t name[1 + DTLS_IDENTITY_MAX];	/* length of the identity,
				 * identity, zeroes */
	bool any;		/* for all identities without one */
	size_t len;		/* bytes of the key */
	uint8_t key[];
};

/* Keys. */
struct dtls_psk {
	struct table names;	/* entries by name, but not `any` */
	struct dtls_psk_entry *any;	/* NULL: there is none */
	struct dtls_psk_entry *last;	/* all of them, the last line first */
	size_t n;
};

/* Begins without keys; seed is TABLE_SEED random bytes. Ends the program when
 * there is no memory, as the next one does. */
void dtls_psk_init(struct dtls_psk *, const uint8_t *seed);

/* Reads the text of a file of keys; *line is that of the error, 0 for the
 * whole. The caller wipes the text. */
enum dtls_psk_error dtls_psk_parse(struct dtls_psk *, const char *text,
    size_t len, unsigned *line);

/* Reads n hexadecimal digits into key[DTLS_PSK_MAX]. */
enum dtls_psk_error dtls_psk_parse_hex(const char *text, size_t n, uint8_t *key,
    size_t *len);

/* Has that identity (n bytes) a key of its own, so that a peer that
 * knows the key has proved the name? */
bool dtls_psk_proves(const struct dtls_psk *, const uint8_t *identity,
    size_t n);

/* The words for an error, with what would be right. */
const char *dtls_psk_strerror(enum dtls_psk_error);

/* Finds the key of an identity, as dtls_psk_fn; arg is the struct dtls_psk. */
size_t dtls_psk_find(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX]);

/* The keys that the settings of an end give or name.  NULL and the fault, with
 * the remedy, when they are wrong.  The caller frees with dtls_psk_free(). */
struct dtls_psk *dtls_psk_load(const struct end *, const struct settings *,
    struct fault *);

/* The identity that a client gives by its settings, *len bytes, good as long
 * as settings and keys; NULL and the fault when there is no one choice. */
const uint8_t *dtls_psk_identity(const struct dtls_psk *, const struct end *,
    const struct settings *, size_t *len, struct fault *);

/* Wipes all keys; dtls_psk_init() may follow. */
void dtls_psk_clear(struct dtls_psk *);

/* Wipes and frees; NULL is harmless. */
void dtls_psk_free(struct dtls_psk *);

#endif
