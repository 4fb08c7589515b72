/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The pre-shared keys of an end, by identity of the client.
 *
 * NOTES.  A key is written in hexadecimal.  A file of keys has lines
 *
 *	IDENTITY:HEXKEY
 *	HEXKEY
 *	# a comment
 *
 * Blanks around each part are ignored.  The last colon separates, so an
 * identity may contain colons.  A line without identity is for all identities
 * that have no line, and so is the key of the setting `psk`.  Identities are
 * found by a keyed hash, so that timing reveals nothing about them.
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

/* Errors in a file of keys. */
enum dtls_psk_error {
	PSK_OK,
	PSK_NO_KEY,		/* the key is missing */
	PSK_NOT_HEX,		/* other characters than hexadecimal digits */
	PSK_ODD,		/* an odd number of digits */
	PSK_LONG_KEY,		/* more than DTLS_PSK_MAX bytes */
	PSK_LONG_NAME,		/* more than DTLS_IDENTITY_MAX bytes */
	PSK_TWICE,		/* a second line for that identity */
	PSK_UTF16,		/* text in UTF-16 */
	PSK_EMPTY,		/* no line with a key */
};

/* A key. */
struct dtls_psk_entry {
	struct dtls_psk_entry *next;	/* the one read before, or NULL */
	struct table_node node;
	uint8_t name[1 + DTLS_IDENTITY_MAX];	/* length of the identity, the
				 * identity, zeroes */
	bool any;		/* for all identities without a key */
	size_t len;		/* bytes of the key */
	uint8_t key[];
};

/* Keys. */
struct dtls_psk {
	struct table names;	/* entries by name, but not `any` */
	struct dtls_psk_entry *any;	/* the entry with `any`, or NULL */
	struct dtls_psk_entry *last;	/* all entries, the last line first */
	size_t n;		/* how many entries there are */
};

/* Begins without keys; seed is TABLE_SEED random bytes.  This function and
 * dtls_psk_parse() end the program when there is no memory. */
void dtls_psk_init(struct dtls_psk *, const uint8_t *seed);

/* Adds the keys in the text of a file.  Returns PSK_OK or an error; *line is
 * that of the error, 0 for PSK_OK, PSK_UTF16 and PSK_EMPTY.  The caller wipes
 * the text. */
enum dtls_psk_error dtls_psk_parse(struct dtls_psk *, const char *text,
    size_t len, unsigned *line);

/* Reads n hexadecimal digits into key[DTLS_PSK_MAX]; *len becomes its length in
 * bytes.  Returns PSK_OK or an error. */
enum dtls_psk_error dtls_psk_parse_hex(const char *text, size_t n, uint8_t *key,
    size_t *len);

/* Has that identity (n bytes) a line of its own?  Only then a peer that knows
 * the key has proved its identity. */
bool dtls_psk_proves(const struct dtls_psk *, const uint8_t *identity,
    size_t n);

/* Has that identity a key: of its own, or that of all which have none? */
bool dtls_psk_knows(const struct dtls_psk *, const uint8_t *identity,
    size_t n);

/* The text for an error, with what would be right. */
const char *dtls_psk_strerror(enum dtls_psk_error);

/* Finds the key of an identity, as dtls_psk_fn; arg is the struct dtls_psk. */
size_t dtls_psk_find(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX]);

/* Do the settings of an end of that name say where its key is, and once?  0, or
 * -1 and the fault. */
int dtls_psk_check(const char *name, const struct settings *, struct fault *);

/* Loads the keys from the settings of an end, or the file that they name.  The
 * caller frees them by dtls_psk_free().  NULL: the fault is set, with the
 * remedy. */
struct dtls_psk *dtls_psk_load(const struct end *, const struct settings *,
    struct fault *);

/* The identity of a client by its settings, *len bytes; valid as long as
 * settings and keys.  NULL: the fault is set; the choice is ambiguous, or has
 * no key. */
const uint8_t *dtls_psk_identity(const struct dtls_psk *, const struct end *,
    const struct settings *, size_t *len, struct fault *);

/* Wipes all keys; dtls_psk_init() may follow. */
void dtls_psk_clear(struct dtls_psk *);

/* Wipes and frees; NULL is harmless. */
void dtls_psk_free(struct dtls_psk *);

#endif
