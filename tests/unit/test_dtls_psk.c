/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Files of pre-shared keys: what is read, what is refused and where, and who
 * gets which key.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tunnel/dtls_psk.h"

#include "tap.h"

static const uint8_t seed[TABLE_SEED];

/* The key of an identity as hexadecimal digits; "-" for none. */
static const char *
key_of(struct dtls_psk *k, const char *identity)
{
	static char text[2 * DTLS_PSK_MAX + 1];
	uint8_t key[DTLS_PSK_MAX];
	size_t n, i;

	n = dtls_psk_find(k, (const uint8_t *)identity, strlen(identity), key);
	if (n == 0)
		return "-";
	for (i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	return text;
}

/* Reads a text into new keys; the error and its line. */
static enum dtls_psk_error
parse(struct dtls_psk *k, const char *text, unsigned *line)
{
	dtls_psk_init(k, seed);
	return dtls_psk_parse(k, text, strlen(text), line);
}

static void
test_lines(void)
{
	struct dtls_psk k;
	unsigned line = 77;

	is_int(parse(&k, "# keys\n\n"
	    "alice:00112233\r\n"
	    "  bob : AABBccdd \n"
	    "\t\r\n"
	    "urn:x:carol:0102\n"
	    "two words:0304\n"
	    ":0506\n"
	    "  # more\n"
	    "dave:07", &line), PSK_OK, "a file of all kinds of lines is read");
	is_int(line, 0, "no line is to blame");
	is_int(k.n, 6, "six keys");
	is_str(key_of(&k, "alice"), "00112233", "a line that ends in CR LF");
	is_str(key_of(&k, "bob"), "aabbccdd", "blanks around both parts");
	is_str(key_of(&k, "urn:x:carol"), "0102", "an identity with colons");
	is_str(key_of(&k, "two words"), "0304", "an identity with a blank");
	is_str(key_of(&k, ""), "0506", "the empty identity");
	is_str(key_of(&k, "dave"), "07", "a last line without newline");
	is_str(key_of(&k, "eve"), "-", "nobody else has a key");
	is_str(key_of(&k, "alic"), "-", "not the beginning of a name");
	is_str(key_of(&k, "alice2"), "-", "nor a longer one");
	dtls_psk_clear(&k);
}

static void
test_any(void)
{
	struct dtls_psk k;
	unsigned line;

	is_int(parse(&k, "0011223344\nalice:55\n", &line), PSK_OK,
	    "a key alone and a key with a name");
	is_str(key_of(&k, "alice"), "55", "a name has its own key");
	is_str(key_of(&k, "bob"), "0011223344", "others have the key alone");
	is_str(key_of(&k, ""), "0011223344", "and so has the empty identity");
	ok(dtls_psk_proves(&k, (const uint8_t *)"alice", 5), "a key of one's own "
	    "proves the name");
	ok(!dtls_psk_proves(&k, (const uint8_t *)"bob", 3), "one that all share "
	    "proves none");
	ok(dtls_psk_knows(&k, (const uint8_t *)"bob", 3), "it is known all "
	    "the same");
	dtls_psk_clear(&k);
	is_int(parse(&k, "alice:55\n", &line), PSK_OK, "one with a name");
	ok(dtls_psk_knows(&k, (const uint8_t *)"alice", 5) &&
	    !dtls_psk_knows(&k, (const uint8_t *)"bob", 3), "others are not "
	    "known then");
	dtls_psk_clear(&k);
	is_int(parse(&k, "aa\nbb\n", &line), PSK_TWICE,
	    "there is one such key");
	is_int(line, 2, "the second is in line 2");
	dtls_psk_clear(&k);
}

/* Checks that a text is refused with that error in that line. */
static void
refused(const char *text, enum dtls_psk_error error, unsigned where)
{
	struct dtls_psk k;
	unsigned line;

	is_int(parse(&k, text, &line), error, "refused: %s",
	    dtls_psk_strerror(error));
	is_int(line, where, "in line %u", where);
	dtls_psk_clear(&k);
}

static void
test_refusals(void)
{
	refused("", PSK_EMPTY, 0);
	refused("# nothing\n\n\r\n", PSK_EMPTY, 0);
	refused("\xef\xbb\xbf", PSK_EMPTY, 0);
	refused("\xef\xbb\xbf" "0011\nx:1", PSK_ODD, 2);
	refused("\xff\xfe" "abcd", PSK_UTF16, 0);
	refused("alice:00\nbob:\n", PSK_NO_KEY, 2);
	refused("\n\nalice:123\n", PSK_ODD, 3);
	refused("alice:12 34\n", PSK_NOT_HEX, 1);
	refused("alice:0x12\n", PSK_NOT_HEX, 1);
	refused("alice\n", PSK_NOT_HEX, 1);
	refused("alice 0011\n", PSK_NOT_HEX, 1);
	refused("alice:00\nbob:11\nalice:22\n", PSK_TWICE, 3);
	refused("a:00\n#a:00\n:11\n : 22\n", PSK_TWICE, 4);
}

static void
test_lengths(void)
{
	char text[DTLS_IDENTITY_MAX + 2 * DTLS_PSK_MAX + 16];
	uint8_t name[DTLS_IDENTITY_MAX + 2], key[DTLS_PSK_MAX];
	struct dtls_psk k;
	unsigned line;
	size_t n;

	memset(text, '7', sizeof(text));
	memset(name, '7', sizeof(name));
	text[DTLS_IDENTITY_MAX] = ':';
	n = DTLS_IDENTITY_MAX + 1 + 2 * DTLS_PSK_MAX;
	dtls_psk_init(&k, seed);
	is_int(dtls_psk_parse(&k, text, n, &line), PSK_OK,
	    "the longest identity and the longest key");
	is_int(dtls_psk_find(&k, name, DTLS_IDENTITY_MAX, key), DTLS_PSK_MAX,
	    "are found");
	is_int(dtls_psk_find(&k, name, DTLS_IDENTITY_MAX - 1, key), 0,
	    "but not by a shorter one");
	is_int(dtls_psk_find(&k, name, DTLS_IDENTITY_MAX + 1, key), 0,
	    "nor by one that is too long");
	dtls_psk_clear(&k);
	dtls_psk_init(&k, seed);
	is_int(dtls_psk_parse(&k, text, n + 2, &line), PSK_LONG_KEY,
	    "a longer key is refused");
	dtls_psk_clear(&k);
	text[DTLS_IDENTITY_MAX] = '7';
	text[DTLS_IDENTITY_MAX + 1] = ':';
	dtls_psk_init(&k, seed);
	is_int(dtls_psk_parse(&k, text, n, &line), PSK_LONG_NAME,
	    "and a longer identity");
	dtls_psk_clear(&k);
}

static void
test_many(void)
{
	enum { MANY = 3000 };
	char *text = malloc(MANY * 32), name[16], want[16];
	unsigned line, good = 0;
	struct dtls_psk k;
	size_t at = 0;
	int i;

	for (i = 0; i < MANY; i++)
		at += (size_t)snprintf(text + at, 32, "user%d:%08x\n", i,
		    (unsigned)i * 7919u);
	dtls_psk_init(&k, seed);
	is_int(dtls_psk_parse(&k, text, at, &line), PSK_OK, "%d identities", MANY);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		snprintf(want, sizeof(want), "%08x", (unsigned)i * 7919u);
		good += strcmp(key_of(&k, name), want) == 0;
	}
	is_int(good, MANY, "each has its key");
	dtls_psk_clear(&k);
	free(text);
}

int
main(void)
{
	test_lines();
	test_any();
	test_refusals();
	test_lengths();
	test_many();
	return done_testing();
}
