/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The file that says which inner addresses a client may use.
 */

#include "compat.h"

#include "tunnel/tun_inner.h"

#include "base/alloc.h"
#include "base/file.h"

const char *
tun_inner_strerror(enum tun_inner_error error)
{
	switch (error) {
	case INNER_OK:
		break;
	case INNER_NO_PREFIX:
		return "no address behind the name; a line is NAME PREFIX...";
	case INNER_BAD_PREFIX:
		return "that is no address and no prefix, like 10.8.0.2 or "
		    "fd00:8::/64";
	case INNER_BAD_BITS:
		return "the number of bits behind the slash is none from 0 to "
		    "32, or 128 for IPv6";
	case INNER_HOST_BITS:
		return "the address has bits behind its prefix: leave the "
		    "slash out for one address, else write its network, like "
		    "10.8.0.0/24";
	case INNER_BAD_NAME:
		return "the name is empty, has more than 512 bytes, or a "
		    "quote that does not end";
	case INNER_TWICE:
		return "this prefix belongs to a different name further up";
	case INNER_EMPTY:
		return "no line in it; one is NAME PREFIX...";
	}
	return "no error";
}

void
tun_inner_init(struct tun_inner *in, const uint8_t *seed)
{
	memset(in, 0, sizeof(*in));
	table_init(&in->prefixes,
	    TABLE_KEY_AT(struct tun_inner_entry, node, key),
	    INNER_KEY, seed);
}

/* Writes the key of a prefix: the bits behind it are left out. */
static void
inner_key(uint8_t key[INNER_KEY], const struct addr *a, unsigned bits)
{
	memset(key, 0, INNER_KEY);
	key[0] = a->family;
	key[1] = (uint8_t)bits;
	memcpy(key + 2, a->ip, (bits + 7) / 8);
	if (bits % 8 != 0)
		key[2 + bits / 8] &= (uint8_t)(0xff << (8 - bits % 8));
}

/* The entry of a prefix, or NULL. */
static struct tun_inner_entry *
inner_find(const struct tun_inner *in, const uint8_t key[INNER_KEY])
{
	struct table_node *node = table_find(&in->prefixes, key);

	return node == NULL ? NULL : TABLE_ITEM(node, struct tun_inner_entry,
	    node);
}

/* Gives a prefix to a name of n bytes. */
static enum tun_inner_error
inner_add(struct tun_inner *in, const char *name, size_t n,
    const uint8_t key[INNER_KEY])
{
	struct tun_inner_entry *e = inner_find(in, key);

	if (e != NULL)
		return strncmp(e->name, name, n) == 0 && e->name[n] == '\0' ?
		    INNER_OK : INNER_TWICE;
	e = xcalloc(1, sizeof(*e) + n + 1);
	memcpy(e->key, key, INNER_KEY);
	memcpy(e->name, name, n);
	e->next = in->last;
	in->last = e;
	in->has[key[0] == 6][key[1]] = true;
	table_add(&in->prefixes, &e->node);
	return INNER_OK;
}

/* Reads a prefix of n bytes into its key. */
static enum tun_inner_error
inner_parse_prefix(const char *text, size_t n, uint8_t key[INNER_KEY])
{
	unsigned bits;
	struct addr a;

	switch (addr_parse_prefix(&a, &bits, text, n)) {
	case ADDR_PREFIX_GOOD:
		break;
	case ADDR_PREFIX_NO_ADDRESS:
		return INNER_BAD_PREFIX;
	case ADDR_PREFIX_NO_BITS:
		return INNER_BAD_BITS;
	}
	inner_key(key, &a, bits);
	if (memcmp(key + 2, a.ip, sizeof(a.ip)) != 0)
		return INNER_HOST_BITS;
	return INNER_OK;
}

static bool
inner_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next word off a line; false at its end. */
static bool
inner_word(const char **line, size_t *left, const char **word, size_t *n)
{
	while (*left > 0 && inner_is_blank(**line)) {
		++*line;
		--*left;
	}
	*word = *line;
	while (*left > 0 && !inner_is_blank(**line)) {
		++*line;
		--*left;
	}
	*n = (size_t)(*line - *word);
	return *n > 0;
}

/* Takes the name off a line, which may be in quotes; false when it is
 * wrong. */
static bool
inner_name(const char **line, size_t *left, const char **name, size_t *n)
{
	const char *end;

	if (**name == '"') {
		*left += (size_t)(*line - *name) - 1;
		++*name;
		end = memchr(*name, '"', *left);
		if (end == NULL)
			return false;
		*n = (size_t)(end - *name);
		*line = end + 1;
		*left -= *n + 1;
		if (*left > 0 && !inner_is_blank(**line))
			return false;
	}
	return *n > 0 && *n <= INNER_NAME_MAX &&
	    memchr(*name, '\0', *n) == NULL;
}

/* Reads one line. */
static enum tun_inner_error
inner_parse_line(struct tun_inner *in, const char *line, size_t left)
{
	enum tun_inner_error error = INNER_NO_PREFIX;
	const char *name, *word;
	uint8_t key[INNER_KEY];
	size_t name_len, n;

	if (!inner_word(&line, &left, &name, &name_len) || *name == '#')
		return INNER_OK;
	if (!inner_name(&line, &left, &name, &name_len))
		return INNER_BAD_NAME;
	while (inner_word(&line, &left, &word, &n)) {
		error = inner_parse_prefix(word, n, key);
		if (error == INNER_OK)
			error = inner_add(in, name, name_len, key);
		if (error != INNER_OK)
			break;
	}
	return error;
}

enum tun_inner_error
tun_inner_parse(struct tun_inner *in, const char *text, size_t len,
    unsigned *line)
{
	enum tun_inner_error error;
	const char *end;
	size_t n;

	for (*line = 1; len > 0; ++*line) {
		end = memchr(text, '\n', len);
		n = end == NULL ? len : (size_t)(end - text);
		error = inner_parse_line(in, text, n);
		if (error != INNER_OK)
			return error;
		if (end != NULL)
			n++;
		text += n;
		len -= n;
	}
	*line = 0;
	return in->last == NULL ? INNER_EMPTY : INNER_OK;
}

struct tun_inner *
tun_inner_load(const struct end *end, const char *path, struct fault *f)
{
	struct tun_inner *in;
	uint8_t seed[TABLE_SEED];
	enum tun_inner_error error;
	const char *why;
	unsigned line;
	size_t len;
	char *text;

	text = file_read(path, INNER_FILE_MAX, &len, &why);
	if (text == NULL) {
		(void)fault_open(f, "inner-file", path, errno, "cannot read "
		    "the inner-file of %s: %s", end->name, why);
		return NULL;
	}
	in = xcalloc(1, sizeof(*in));
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	tun_inner_init(in, seed);
	error = tun_inner_parse(in, text, len, &line);
	free(text);
	if (error == INNER_OK)
		return in;
	(void)fault_file(f, "inner-file", path, line, "%s",
	    tun_inner_strerror(error));
	tun_inner_free(in);
	return NULL;
}

const struct tun_inner_entry *
tun_inner_find(const struct tun_inner *in, const struct addr *a)
{
	unsigned bits = a->family == 4 ? 32 : 128;
	const struct tun_inner_entry *e;
	uint8_t key[INNER_KEY];

	for (;; bits--) {
		if (in->has[a->family == 6][bits]) {
			inner_key(key, a, bits);
			e = inner_find(in, key);
			if (e != NULL)
				return e;
		}
		if (bits == 0)
			return NULL;
	}
}

bool
tun_inner_allows(const struct tun_inner *in, const char *name,
    const struct addr *a)
{
	const struct tun_inner_entry *e = tun_inner_find(in, a);

	return e != NULL && strcmp(e->name, name) == 0;
}

void
tun_inner_clear(struct tun_inner *in)
{
	struct tun_inner_entry *e;

	while ((e = in->last) != NULL) {
		in->last = e->next;
		free(e);
	}
	table_free(&in->prefixes);
	memset(in, 0, sizeof(*in));
}

void
tun_inner_free(struct tun_inner *in)
{
	if (in == NULL)
		return;
	tun_inner_clear(in);
	free(in);
}
