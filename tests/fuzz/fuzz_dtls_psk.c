/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: files of pre-shared keys.  What is read and written as a file
 * again is the same keys; what is refused names a line that is there.
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "tunnel/dtls_psk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t seed[TABLE_SEED];

/* Writes a key as a line; returns its length. */
static size_t
write_line(char *to, const struct dtls_psk_entry *e)
{
	size_t n = 0, i;

	if (!e->any) {
		memcpy(to, e->name + 1, e->name[0]);
		n = e->name[0];
		to[n++] = ':';
	}
	for (i = 0; i < e->len; i++)
		n += (size_t)snprintf(to + n, 3, "%02x", e->key[i]);
	to[n++] = '\n';
	return n;
}

/* Are the keys of a those of b? */
static void
check_same(const struct dtls_psk *a, struct dtls_psk *b)
{
	uint8_t key[DTLS_PSK_MAX];
	const struct dtls_psk_entry *e;
	size_t len;

	must(a->n == b->n && (a->any == NULL) == (b->any == NULL));
	for (e = a->last; e != NULL; e = e->next) {
		must(e->len > 0 && e->len <= DTLS_PSK_MAX);
		must(e->name[0] <= DTLS_IDENTITY_MAX);
		if (e->any)
			continue;
		len = dtls_psk_find(b, e->name + 1, e->name[0], key);
		must(len == e->len && memcmp(key, e->key, len) == 0);
	}
	if (a->any != NULL)
		must(a->any->len == b->any->len && memcmp(a->any->key,
		    b->any->key, a->any->len) == 0);
}

/* Writes the keys and reads them again. */
static void
check_again(const struct dtls_psk *k)
{
	const struct dtls_psk_entry *e;
	struct dtls_psk again;
	unsigned line;
	size_t n = 0;
	char *text;

	text = malloc(k->n * (DTLS_IDENTITY_MAX + 2 * DTLS_PSK_MAX + 3));
	must(text != NULL);
	for (e = k->last; e != NULL; e = e->next)
		n += write_line(text + n, e);
	dtls_psk_init(&again, seed);
	must(dtls_psk_parse(&again, text, n, &line) == PSK_OK);
	check_same(k, &again);
	check_same(&again, (struct dtls_psk *)(uintptr_t)k);
	dtls_psk_clear(&again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned line, lines = 1;
	enum dtls_psk_error error;
	struct dtls_psk k;
	size_t i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	dtls_psk_init(&k, seed);
	error = dtls_psk_parse(&k, (const char *)data, size, &line);
	must(line <= lines);
	must((line == 0) == (error == PSK_OK || error == PSK_EMPTY));
	must(*dtls_psk_strerror(error) != '\0');
	if (error == PSK_OK)
		check_again(&k);
	dtls_psk_clear(&k);
	return 0;
}
