/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/text.h: strings in fixed buffers.
 */

#include "compat.h"

#include "base/text.h"
#include "tap.h"

/* Text that fits and text that does not. */
static void
test_add(void)
{
	char buf[10];
	struct text t;

	memset(buf, 'x', sizeof(buf));
	text_init(&t, buf, sizeof(buf) - 1);
	is_str(buf, "", "a new text is empty");
	text_add(&t, "%d-%s", 12, "ab");
	text_add(&t, "%s", "");
	is_str(buf, "12-ab", "pieces are joined");
	is_int(t.room, 4, "and the room shrinks");
	text_add(&t, "cde");
	is_str(buf, "12-abcde", "the last byte can be used");
	text_add(&t, "f");
	is_str(buf, "12-abcde", "what does not fit is cut");
	is_int(t.room, 1, "the room stays");
	is_int(buf[9], 'x', "nothing is written behind the buffer");
	text_init(&t, buf, 6);
	text_add(&t, "%s", "abcdefghijklmnopqrstuvwxyz");
	is_str(buf, "abcde", "a long piece is cut");
	text_init(&t, buf, 1);
	text_add(&t, "a");
	text_add_quoted(&t, "a", 1);
	is_str(buf, "", "a buffer of one byte holds the empty text");
}

/* What strangers send. */
static void
test_quoted(void)
{
	char buf[64];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_add_quoted(&t, "a b\n\0\x1b\x7f\xff\"\\~'%s", 14);
	is_str(buf, "a b\\x0a\\x00\\x1b\\x7f\\xff\\x22\\x5c~'%s",
	    "control codes, quotes and backslashes are escaped");
	text_init(&t, buf, 6);
	text_add_quoted(&t, "\n\n\n", 3);
	is_str(buf, "\\x0a\\", "escapes are cut at the end of the buffer");
	text_init(&t, buf, sizeof(buf));
	text_add_quoted(&t, "", 0);
	is_str(buf, "", "nothing adds nothing");
}

/* Comparing. */
static void
test_compare(void)
{
	ok(text_same_nocase("", ""), "the same: both empty");
	ok(text_same_nocase("Host-1.EXAMPLE", "hOST-1.example"),
	    "the same but for case");
	ok(!text_same_nocase("abc", "abcd"), "not the same: shorter");
	ok(!text_same_nocase("abcd", "abc"), "not the same: longer");
	ok(!text_same_nocase("@[`{", "`{@["), "only letters have a case");
	ok(!text_same_nocase("\xc4", "\xe4"), "and only those of ASCII");
	ok(text_same_nocase_n("aB\0c", "Ab\0C", 4), "n bytes, a NUL among them");
	ok(!text_same_nocase_n("aB\0c", "Ab\0d", 4), "are compared to the end");
	ok(text_same_nocase_n("abc", "abd", 2), "and no further");
	is_str(text_after("tls:host", "tls:"), "host", "after a prefix");
	is_str(text_after("tls:", "tls:"), "", "nothing is after the whole");
	is_str(text_after("tls", ""), "tls", "all is after nothing");
	ok(text_after("tl", "tls") == NULL, "a prefix that is longer");
	ok(text_after("TLS", "tls") == NULL, "case counts in a prefix");
}

int
main(void)
{
	test_add();
	test_quoted();
	test_compare();
	return done_testing();
}
