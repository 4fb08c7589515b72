/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: files of inner addresses.  What is read gives each of its
 * prefixes to one name, or to a longer prefix's; what is refused names a line
 * that is there.
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "tunnel/tun_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t seed[TABLE_SEED];

/* Looks at the first and the last address of a prefix. */
static void
check_prefix(const struct tun_inner *in, const struct tun_inner_entry *e)
{
	unsigned bits = e->key[1], most = e->key[0] == 4 ? 32 : 128, i;
	struct addr first = { 0 }, last;

	must(e->key[0] == 4 || e->key[0] == 6);
	must(bits <= most && *e->name != '\0');
	must(strlen(e->name) <= INNER_NAME_MAX);
	first.family = e->key[0];
	memcpy(first.ip, e->key + 2, sizeof(first.ip));
	last = first;
	for (i = bits; i < most; i++) {
		must((first.ip[i / 8] & 0x80 >> i % 8) == 0);
		last.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	must(!tun_inner_allows(in, "", &first));
	if (bits == most)
		must(tun_inner_allows(in, e->name, &first));
	(void)tun_inner_allows(in, e->name, &last);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tun_inner_entry *e;
	unsigned line, lines = 1;
	enum tun_inner_error error;
	struct tun_inner in;
	size_t i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	tun_inner_init(&in, seed);
	error = tun_inner_parse(&in, (const char *)data, size, &line);
	must(line <= lines);
	must((line == 0) == (error == INNER_OK || error == INNER_EMPTY));
	must(*tun_inner_strerror(error) != '\0');
	for (e = in.last; e != NULL; e = e->next)
		check_prefix(&in, e);
	tun_inner_clear(&in);
	return 0;
}
