/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without TLS leaves this out. */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "base/log.h"
#include "net/anchors.h"
#include "wire/tls_verify.h"

static const uint8_t seed[TABLE_SEED] = { 3, 2, 1 };
static struct pem_trouble trouble;
static const char *why;

/* A file that holds the text; the test ends without. */
static FILE *
file_of(const char *text, size_t len)
{
	FILE *f = tmpfile();

	if (f == NULL || fwrite(text, 1, len, f) != len || fflush(f) != 0) {
		printf("Bail out! no temporary file: %s\n", strerror(errno));
		exit(1);
	}
	rewind(f);
	return f;
}

/* Text that grows. */
struct pile {
	char text[1 << 20];
	size_t len;
};

static struct pile pile;

static void
pile_add(const void *text, size_t len)
{
	if (len > sizeof(pile.text) - pile.len)
		exit(1);
	memcpy(pile.text + pile.len, text, len);
	pile.len += len;
}

static void
pile_add_file(const char *name)
{
	size_t len;
	char *text = data_read(name, &len);

	pile_add(text, len);
	free(text);
}

static int
pile_open(struct anchors *a)
{
	return anchors_open(a, file_of(pile.text, pile.len), seed, &trouble,
	    &why);
}

/* A bundle of many, the interesting ones among others. */
static void
pile_many(void)
{
	int i;

	pile.len = 0;
	pile_add("\xef\xbb\xbf", 3);
	pile_add("# a comment\r\n\r\n", 15);
	for (i = 0; i < 30; i++) {
		pile_add_file("other.pem");
		pile_add_file(i == 20 ? "ca2.pem" : "rsa4096.pem");
		pile_add_file("p256.key");
		if (i == 10)
			pile_add_file("self.pem");
		if (i == 12)
			pile_add_file("ed25519.pem");
	}
	pile_add_file("p256-crlf.pem");
	pile_add_file("ca.pem");
	pile.len--;			/* the last newline */
}

/* Verifies a chain. */
static enum verify_fault
judge(const struct anchors *a, const char *name)
{
	static struct tls_verify v;
	const br_x509_class **x = &v.vtable;
	struct verify_want want = { &a->pem, NULL, false, DATA_NOW_S,
	    false };
	struct pem_chain chain;
	size_t i;

	data_chain(name, &chain, &trouble);
	tls_verify_init(&v, &want);
	(*x)->start_chain(x, NULL);
	for (i = 0; i < chain.num; i++) {
		(*x)->start_cert(x, (uint32_t)chain.certs[i].data_len);
		(*x)->append(x, chain.certs[i].data, chain.certs[i].data_len);
		(*x)->end_cert(x);
	}
	must((*x)->end_chain(x) == 0 || v.fault != VERIFY_OK);
	return v.fault;
}

static void
test_found(void)
{
	struct pem_anchors list;
	struct pem_space space;
	struct anchors a;

	pile_many();
	ok(pile.len > 2 * ANCHORS_BLOCK_MAX, "a file of %lu bytes",
	    (unsigned long)pile.len);
	is_int(pile_open(&a), 0, "is indexed");
	space = data_space(pile.len);
	pem_read_anchors(&space, pile.text, pile.len, &list, &trouble);
	is_int(a.pem.num, list.num, "with as many as the list has");
	is_int(a.pem.skipped, 1, "and one that is of no use");
	/* 14 where integers of 32 bits are aligned to 16 (m68k). */
	ok(sizeof(*a.places) <= 16, "of 16 bytes each at most");
	is_int(judge(&a, "p256.pem"), VERIFY_OK, "its CA is found");
	is_int(judge(&a, "deep-chain.pem"), VERIFY_OK, "for a chain, too");
	is_int(judge(&a, "self.pem"), VERIFY_OK,
	    "and one that is trusted for itself");
	is_int(judge(&a, "rsa2048.pem"), VERIFY_UNKNOWN_CA,
	    "one that is not there is not");
	is_int(judge(&a, "selfca.pem"), VERIFY_SELF_SIGNED,
	    "nor does one trust in itself");
	anchors_close(&a);
	anchors_close(&a);
	pile.len = 0;
	pile_add_file("ca2.pem");
	is_int(pile_open(&a), 0, "one is enough");
	is_int(judge(&a, "p256.pem"), VERIFY_OTHER_CA_KEY,
	    "another CA of that name has another key");
	anchors_close(&a);
}

/* More of one name than can be looked at: no fault, and none too few. */
static void
test_crowd(void)
{
	struct anchors a;
	int i;

	pile.len = 0;
	pile_add_file("ca.pem");
	for (i = 0; i < 20; i++)
		pile_add_file("ca2.pem");
	pile_open(&a);
	is_int(judge(&a, "p256.pem"), VERIFY_OK,
	    "among many of one name the first are tried");
	anchors_close(&a);
	pile.len = 0;
	for (i = 0; i < 20; i++)
		pile_add_file("rsa4096.pem");
	pile_open(&a);
	is_int(judge(&a, "rsa4096.pem"), VERIFY_OK, "large ones, too");
	anchors_close(&a);
}

/* Line breaks between blocks are missing, and those around the text. */
static void
test_joined(void)
{
	struct anchors a;
	int i;

	pile.len = 0;
	for (i = 0; i < 40; i++) {
		pile_add_file(i == 39 ? "ca.pem" : "other.pem");
		if (i % 3 != 0)
			pile.len--;
	}
	ok(pile.len > ANCHORS_BLOCK_MAX, "a file of several windows");
	is_int(pile_open(&a), 0, "with END and BEGIN on one line");
	is_int(a.pem.num, 40, "has all of them");
	is_int(judge(&a, "p256.pem"), VERIFY_OK, "and finds the last");
	anchors_close(&a);
}

/* Changes a byte of the file. */
static void
scribble(struct anchors *a, long at, char c)
{
	fseek(a->file, at, SEEK_SET);
	fputc(c, a->file);
	fflush(a->file);
}

static void
test_changed(void)
{
	struct anchors a;
	long at;

	pile_many();
	pile_open(&a);
	at = (long)a.places[a.pem.num - 1].at + 500;
	scribble(&a, at, '!');
	is_int(judge(&a, "p256.pem"), VERIFY_STORE_FAILED,
	    "a file that was changed is not trusted");
	is_int(judge(&a, "self.pem"), VERIFY_OK, "where it was");
	scribble(&a, at, pile.text[at]);
	is_int(judge(&a, "p256.pem"), VERIFY_OK, "and is when it is mended");
	/* Within the signature, which nobody looks at. */
	at = (long)a.places[a.pem.num - 1].at + a.places[a.pem.num - 1].len -
	    60;
	scribble(&a, at, pile.text[at] == 'A' ? 'B' : 'A');
	is_int(judge(&a, "p256.pem"), VERIFY_STORE_FAILED, "nor is what is a "
	    "certificate still");
	scribble(&a, at, pile.text[at]);
	fclose(a.file);
	a.file = file_of(pile.text, pile.len - 100);
	is_int(judge(&a, "p256.pem"), VERIFY_STORE_FAILED,
	    "one that was cut is not");
	fclose(a.file);
	pile.text[a.places[0].at - 5] = '#';
	memmove(pile.text + 1, pile.text, pile.len);
	a.file = file_of(pile.text, pile.len);
	is_int(judge(&a, "p256.pem"), VERIFY_STORE_FAILED,
	    "nor one in which all has moved");
	anchors_close(&a);
}

/* Expects that the pile is refused. */
static void
check_refused(const char *what, enum pem_error error, unsigned line)
{
	struct anchors a;

	is_int(pile_open(&a), -1, "%s is refused", what);
	is_int(trouble.error, error, "for that reason");
	is_int(trouble.line, line, "in that line");
	ok(why == NULL && a.file == NULL, "and closed");
}

static void
test_refused(void)
{
	static const char fence[] = "-----BEGIN CERTIFICATE-----\n";
	unsigned i, lines = 0;
	char *end, was;

	pile.len = 0;
	check_refused("an empty file", PEM_NO_CERT, 0);
	pile_add_file("p256.key");
	check_refused("one with a key only", PEM_NO_CERT, 0);
	pile.len = 0;
	pile_add_file("ed25519.pem");
	check_refused("one of other keys only", PEM_CERT_TYPE, 0);
	pile_many();
	for (i = 3; i < pile.len; i++)
		lines += pile.text[i] == '\n';
	pile.len -= 5;
	end = pile.text + pile.len;
	while (memcmp(end, fence, sizeof(fence) - 1) != 0)
		end--;
	for (i = 0; end + i < pile.text + pile.len; i++)
		lines -= end[i] == '\n';
	check_refused("half an END", PEM_UNFINISHED, lines + 1);
	was = end[40];
	end[40] = '!';
	pile_add("-----\n", 6);
	check_refused("a damaged block", PEM_BAD_BASE64, lines + 2);
	end[40] = was;
	pile.len = (size_t)(end - pile.text) + 200;
	pile.text[pile.len - 1] = '\n';
	pile_add_file("ca.pem");
	check_refused("a block within another", PEM_UNFINISHED, lines + 1);
	pile.len = (size_t)(end - pile.text);
	pile_add(fence, sizeof(fence) - 1);
	for (i = 0; i < 1000; i++)
		pile_add("MIIBIjANBgkqhkiG9w0BAQEF\n", 25);
	check_refused("an endless block", PEM_UNFINISHED, lines + 1);
	pile.len = 0;
	pile_add("# comment\n-----BEGIN CERTIFICATE----\n", 38);
	pile_add_file("ca.pem");
	check_refused("a damaged BEGIN", PEM_BAD_BEGIN, 2);
	pile.len = 0;
	pile_add("\xff\xfe-\0-\0\n\0", 8);
	check_refused("UTF-16", PEM_UTF16, 0);
	pile.len = 0;
	for (i = 0; i < 20000; i++)
		pile_add("\x30\x82\x01", 3);
	check_refused("a binary file", PEM_NOT_PEM, 0);
}

int
main(void)
{
	test_found();
	test_crowd();
	test_joined();
	test_changed();
	test_refused();
	return done_testing();
}
