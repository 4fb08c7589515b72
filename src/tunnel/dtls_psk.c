/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The pre-shared keys of an end: reads files of keys, and finds the key of an
 * identity.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_psk.h"

#include "private.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

const char *
dtls_psk_strerror(enum dtls_psk_error error)
{
	switch (error) {
	case PSK_OK:
		break;
	case PSK_NO_KEY:
		return "the key is missing; a line is IDENTITY:HEXKEY or "
		    "HEXKEY";
	case PSK_NOT_HEX:
		return "the key is not hexadecimal: only 0-9 and a-f are "
		    "allowed";
	case PSK_ODD:
		return "the key has an odd number of hexadecimal digits; one "
		    "is missing";
	case PSK_LONG_KEY:
		return "the key is too long; 256 bytes, 512 digits, are the "
		    "most";
	case PSK_LONG_NAME:
		return "the identity is too long; 128 bytes are the most";
	case PSK_TWICE:
		return "this identity has a key already, further up";
	case PSK_UTF16:
		return "it is UTF-16 text; save it as UTF-8 or ASCII";
	case PSK_EMPTY:
		return "no key in it; a line is IDENTITY:HEXKEY or HEXKEY";
	}
	return "no error";
}

void
dtls_psk_init(struct dtls_psk *k, const uint8_t *seed)
{
	memset(k, 0, sizeof(*k));
	table_init(&k->names, TABLE_KEY_AT(struct dtls_psk_entry, node, name),
	    1 + DTLS_IDENTITY_MAX, seed);
}

enum dtls_psk_error
dtls_psk_parse_hex(const char *text, size_t n, uint8_t *key, size_t *len)
{
	size_t i;

	if (n == 0)
		return PSK_NO_KEY;
	for (i = 0; i < n; i++)
		if (text_hex_digit(text[i]) < 0)
			return PSK_NOT_HEX;
	if (n % 2 != 0)
		return PSK_ODD;
	if (n / 2 > DTLS_PSK_MAX)
		return PSK_LONG_KEY;
	for (i = 0; i < n / 2; i++)
		key[i] = (uint8_t)(text_hex_digit(text[2 * i]) << 4 |
		    text_hex_digit(text[2 * i + 1]));
	*len = n / 2;
	return PSK_OK;
}

/* Writes an identity as a key of the table. */
static void
psk_name(uint8_t name[1 + DTLS_IDENTITY_MAX], const void *identity, size_t n)
{
	memset(name, 0, 1 + DTLS_IDENTITY_MAX);
	name[0] = (uint8_t)n;
	if (identity != NULL)
		memcpy(name + 1, identity, n);
}

/* Adds a key in hexadecimal; identity NULL: for all that have none. */
static enum dtls_psk_error
psk_add(struct dtls_psk *k, const char *identity, size_t name_len,
    const char *hex, size_t hex_len)
{
	uint8_t name[1 + DTLS_IDENTITY_MAX], key[DTLS_PSK_MAX];
	struct dtls_psk_entry *e;
	enum dtls_psk_error error;
	size_t len;

	if (name_len > DTLS_IDENTITY_MAX)
		return PSK_LONG_NAME;
	psk_name(name, identity, name_len);
	if (identity == NULL ? k->any != NULL :
	    table_find(&k->names, name) != NULL)
		return PSK_TWICE;
	error = dtls_psk_parse_hex(hex, hex_len, key, &len);
	if (error != PSK_OK)
		return error;
	e = xcalloc(1, sizeof(*e) + len);
	memcpy(e->name, name, sizeof(e->name));
	memcpy(e->key, key, len);
	explicit_bzero(key, sizeof(key));
	e->len = len;
	e->any = identity == NULL;
	if (e->any)
		k->any = e;
	else
		table_add(&k->names, &e->node);
	e->next = k->last;
	k->last = e;
	k->n++;
	return PSK_OK;
}

static bool
psk_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Removes the blanks around a text. */
static void
psk_trim(const char **text, size_t *n)
{
	while (*n > 0 && psk_is_blank((*text)[*n - 1]))
		--*n;
	while (*n > 0 && psk_is_blank(**text)) {
		++*text;
		--*n;
	}
}

/* Reads one line of n bytes. */
static enum dtls_psk_error
psk_parse_line(struct dtls_psk *k, const char *line, size_t n)
{
	const char *key;
	size_t name_len, key_len;

	psk_trim(&line, &n);
	if (n == 0 || *line == '#')
		return PSK_OK;
	for (key = line + n; key > line && key[-1] != ':'; key--)
		;
	key_len = (size_t)(line + n - key);
	if (key == line)
		return psk_add(k, NULL, 0, line, n);
	name_len = (size_t)(key - line) - 1;
	psk_trim(&line, &name_len);
	psk_trim(&key, &key_len);
	return psk_add(k, line, name_len, key, key_len);
}

enum dtls_psk_error
dtls_psk_parse(struct dtls_psk *k, const char *text, size_t len, unsigned *line)
{
	enum dtls_psk_error error;
	const char *end;
	size_t n;

	*line = 0;
	if (text_is_utf16(text, len))
		return PSK_UTF16;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;		/* a byte order mark */
		len -= 3;
	}
	for (*line = 1; len > 0; ++*line) {
		end = memchr(text, '\n', len);
		n = end == NULL ? len : (size_t)(end - text);
		error = psk_parse_line(k, text, n);
		if (error != PSK_OK)
			return error;
		if (end != NULL)
			n++;
		text += n;
		len -= n;
	}
	*line = 0;
	return k->n == 0 ? PSK_EMPTY : PSK_OK;
}

/* The entry for an identity: its own, else the one for all, or NULL. */
static const struct dtls_psk_entry *
psk_entry(const struct dtls_psk *k, const void *identity, size_t n)
{
	uint8_t name[1 + DTLS_IDENTITY_MAX];
	const struct table_node *node = NULL;

	if (n <= DTLS_IDENTITY_MAX) {
		psk_name(name, identity, n);
		node = table_find(&k->names, name);
	}
	return node == NULL ? k->any :
	    TABLE_ITEM(node, struct dtls_psk_entry, node);
}

size_t
dtls_psk_find(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX])
{
	const struct dtls_psk_entry *e = psk_entry(arg, identity, n);

	if (e == NULL)
		return 0;
	memcpy(psk, e->key, e->len);
	return e->len;
}

bool
dtls_psk_proves(const struct dtls_psk *k, const uint8_t *identity, size_t n)
{
	const struct dtls_psk_entry *e = psk_entry(k, identity, n);

	return e != NULL && !e->any;
}

bool
dtls_psk_knows(const struct dtls_psk *k, const uint8_t *identity, size_t n)
{
	return psk_entry(k, identity, n) != NULL;
}

/* Reads the file of keys. */
static int
psk_load_file(struct dtls_psk *k, const char *path, struct fault *f)
{
	enum dtls_psk_error error;
	char command[FILE_WHY], *text;
	const char *why;
	unsigned line;
	size_t len;

	if (file_is_private(path) == 0) {
		private_command(path, command);
		return fault_file(f, "psk-file", path, 0, "users other "
		    "than its owner may read this file of keys; run: %s",
		    command);
	}
	text = file_read(path, PSK_FILE_MAX, &len, &why);
	if (text == NULL)
		return fault_open(f, "psk-file", path, errno, "cannot read "
		    "the file of keys: %s", why);
	error = dtls_psk_parse(k, text, len, &line);
	explicit_bzero(text, len);
	free(text);
	return error == PSK_OK ? 0 : fault_file(f, "psk-file", path, line,
	    "%s", dtls_psk_strerror(error));
}

/* 0 for PSK_OK; else -1 and the fault of the setting `psk`. */
static int
psk_refuse_text(enum dtls_psk_error error, const char *name, struct fault *f)
{
	if (error == PSK_NO_KEY)
		return fault_user(f, "psk", "%s: psk: no key; it is an even "
		    "number of hexadecimal digits", name);
	return error == PSK_OK ? 0 : fault_user(f, "psk", "%s: psk: %s",
	    name, dtls_psk_strerror(error));
}

/* Reads the key of the setting `psk`. */
static int
psk_load_text(struct dtls_psk *k, const struct end *end, const char *text,
    struct fault *f)
{
	return psk_refuse_text(psk_add(k, NULL, 0, text, strlen(text)),
	    end->name, f);
}

/* Warns when a key is so short that an eavesdropper can find it by trying all
 * keys on a handshake. */
static void
psk_check_lengths(const struct dtls_psk *k, const struct end *end)
{
	const struct dtls_psk_entry *e;
	size_t least = PSK_SHORT;

	for (e = k->last; e != NULL; e = e->next)
		if (e->len < least)
			least = e->len;
	if (least < PSK_SHORT)
		log_warn("%s: a key of %u byte%s can be guessed by an "
		    "eavesdropper; `adit genpsk` makes a good one",
		    end->name, (unsigned)least, least == 1 ? "" : "s");
}

int
dtls_psk_check(const char *name, const struct settings *s, struct fault *f)
{
	uint8_t key[DTLS_PSK_MAX];
	enum dtls_psk_error error;
	size_t n;

	if (s->psk != NULL && s->psk_file != NULL)
		return fault_user(f, "psk", "%s: psk and psk-file exclude "
		    "each other; a file is safer", name);
	if (s->psk == NULL && s->psk_file == NULL)
		return fault_user(f, "psk-file", "%s: a key is needed: "
		    "psk-file=FILE, or psk=HEX (`adit genpsk` makes one)",
		    name);
	if (s->psk == NULL)
		return 0;
	error = dtls_psk_parse_hex(s->psk, strlen(s->psk), key, &n);
	explicit_bzero(key, sizeof(key));
	return psk_refuse_text(error, name, f);
}

/* Reads the key of the setting `psk`, or the keys of psk-file. */
static int
psk_load_any(struct dtls_psk *k, const struct end *end,
    const struct settings *s, struct fault *f)
{
	return s->psk != NULL ? psk_load_text(k, end, s->psk, f) :
	    psk_load_file(k, s->psk_file, f);
}

struct dtls_psk *
dtls_psk_load(const struct end *end, const struct settings *s,
    struct fault *f)
{
	struct dtls_psk *k = calloc(1, sizeof(*k));
	uint8_t seed[TABLE_SEED];

	if (k == NULL) {
		(void)fault_system(f, NULL, "no memory for keys");
		return NULL;
	}
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	dtls_psk_init(k, seed);
	if (psk_load_any(k, end, s, f) != 0) {
		dtls_psk_free(k);
		return NULL;
	}
	psk_check_lengths(k, end);
	return k;
}

const uint8_t *
dtls_psk_identity(const struct dtls_psk *k, const struct end *end,
    const struct settings *s, size_t *len, struct fault *f)
{
	*len = 0;
	if (s->identity == NULL && k->n == 1) {
		*len = k->last->name[0];
		return k->last->name + 1;
	}
	if (s->identity == NULL) {
		(void)fault_user(f, "identity", "%s: %s has %u keys; choose "
		    "one with identity=NAME", end->name, s->psk_file,
		    (unsigned)k->n);
		return NULL;
	}
	*len = strlen(s->identity);
	if (*len > DTLS_IDENTITY_MAX)
		(void)fault_user(f, "identity", "%s: identity: %u bytes are "
		    "too many; %d are the most", end->name, (unsigned)*len,
		    DTLS_IDENTITY_MAX);
	else if (psk_entry(k, s->identity, *len) == NULL)
		(void)fault_user(f, "identity", "%s: identity: \"%s\" has no "
		    "line in %s", end->name, s->identity, s->psk_file);
	else
		return (const uint8_t *)s->identity;
	return NULL;
}

void
dtls_psk_clear(struct dtls_psk *k)
{
	struct dtls_psk_entry *e;

	while ((e = k->last) != NULL) {
		k->last = e->next;
		explicit_bzero(e, sizeof(*e) + e->len);
		free(e);
	}
	table_free(&k->names);
	memset(k, 0, sizeof(*k));
}

void
dtls_psk_free(struct dtls_psk *k)
{
	if (k == NULL)
		return;
	dtls_psk_clear(k);
	free(k);
}
