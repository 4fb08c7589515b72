/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Certificates that are shown to cause work: the search for a path is bounded.
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "base/log.h"
#include "wire/cert_sign.h"
#include "wire/certwrite.h"
#include "wire/tls_verify.h"

enum {
	KEYS = 16,
	SHOWN = 300,
	DAY_S = 86400,
};

static struct tls_verify verify;
static struct random rnd;
static struct certwrite_key keys[KEYS];

/* A certificate that is shown. */
static struct shown {
	uint8_t der[CERTWRITE_MAX];
	size_t len;
} shown[SHOWN];
static size_t num;

/* The anchor: its name is "anchor", its key is the first. */
static uint8_t root_der[CERTWRITE_MAX];
static size_t root_len;

/* Writes a certificate of a key, issued by the CA of a name with a key; returns
 * its length. */
static size_t
make(uint8_t *der, const char *name, int key, const char *by, int by_key,
    enum certwrite_kind kind)
{
	static const char *const names[] = { "vpn.example.com" };
	static uint8_t ca_der[CERTWRITE_MAX];
	struct certwrite_issuer issuer;
	struct certwrite_wish wish;
	struct cert ca;
	size_t n;

	memset(&wish, 0, sizeof(wish));
	wish.not_before_s = DATA_NOW_S - DAY_S;
	wish.not_after_s = DATA_NOW_S + DAY_S;
	/* Only its name is taken of the issuer's certificate, and its key's
	 * identifier. */
	wish.kind = CERTWRITE_CA;
	wish.common_name = by;
	wish.subject = &keys[by_key];
	n = certwrite_cert(ca_der, sizeof(ca_der), &rnd, &wish);
	must(n > 0 && cert_read(&ca, ca_der, n) == 0);
	issuer.key = &keys[by_key].key;
	issuer.cert = &ca;
	wish.kind = kind;
	wish.common_name = name;
	wish.names = names;
	wish.num_names = kind == CERTWRITE_SERVER ? 1 : 0;
	wish.subject = &keys[key];
	wish.issuer = &issuer;
	n = certwrite_cert(der, CERTWRITE_MAX, &rnd, &wish);
	must(n > 0);
	return n;
}

static void
add(const char *name, int key, const char *by, int by_key,
    enum certwrite_kind kind)
{
	must(num < SHOWN);
	shown[num].len = make(shown[num].der, name, key, by, by_key, kind);
	num++;
}

static void
show(const void *der, size_t len)
{
	const br_x509_class **x = &verify.vtable;

	(*x)->start_cert(x, (uint32_t)len);
	(*x)->append(x, der, len);
	(*x)->end_cert(x);
}

/* Has what was added judged; the fault. */
static enum verify_fault
judge(void)
{
	const br_x509_class **x = &verify.vtable;
	struct slice der = { root_der, root_len };
	br_x500_name name;
	struct pem_anchors anchors = { &name, &der, 1, 0, NULL };
	struct verify_want want = { &anchors, "vpn.example.com", false,
	    DATA_NOW_S, false };
	struct cert c;
	size_t i;

	must(cert_read(&c, root_der, root_len) == 0);
	name.data = (unsigned char *)c.subject.data;
	name.len = c.subject.len;
	tls_verify_init(&verify, &want);
	(*x)->start_chain(x, NULL);
	for (i = 0; i < num; i++)
		show(shown[i].der, shown[i].len);
	(*x)->end_chain(x);
	return verify.fault;
}

/* Has the files of tests/data/chains judged; the units of work that the
 * signatures cost. */
static unsigned
work_for(const char *name)
{
	const br_x509_class **x = &verify.vtable;
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct verify_want want = { &anchors, NULL, false, DATA_NOW_S,
	    false };
	struct pem_chain chain;
	char file[80];
	size_t i;

	snprintf(file, sizeof(file), "../chains/%s.chain.pem", name);
	must(data_chain(file, &chain, &trouble) == 0);
	snprintf(file, sizeof(file), "../chains/%s.anchors.pem", name);
	must(data_anchors(file, &anchors, &trouble) == 0);
	tls_verify_init(&verify, &want);
	(*x)->start_chain(x, NULL);
	for (i = 0; i < chain.num; i++)
		show(chain.certs[i].data, chain.certs[i].data_len);
	(*x)->end_chain(x);
	return VERIFY_WORK_MAX - verify.work;
}

/* Units of work of the signatures that were checked; each is of P-256. */
static unsigned
worked(void)
{
	return VERIFY_WORK_MAX - verify.work;
}

/* Four CAs, each of which has issued certificates for all four. */
static void
test_mutual(void)
{
	static const char *const names[] = { "A", "B", "C", "D" };
	int i, j;

	num = 0;
	add("leaf", 9, "A", 1, CERTWRITE_SERVER);
	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			add(names[i], i + 1, names[j], j + 1, CERTWRITE_CA);
	is_int(judge(), VERIFY_TOO_LARGE, "16 that issue each other are "
	    "refused");
	is_int(worked(), 0, "at no cost");
	is_int(verify.tried, VERIFY_TRIED_MAX, "when so many were tried");
	num = 1;
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++)
			add(names[i], i + 1, names[j], j + 1, CERTWRITE_CA);
	add("A", 1, "anchor", 0, CERTWRITE_CA);
	is_int(judge(), VERIFY_OK, "9 of them hide no path to an anchor");
	is_int(worked(), 2, "which costs its own signatures");
	is_int(verify.tried, 1, "and is the first that is tried");
}

/* A chain without end, and one that is just short enough. */
static void
test_long(void)
{
	char name[24], by[24];
	int i;

	for (num = 0, i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "CA %d", i);
		snprintf(by, sizeof(by), "CA %d", i + 1);
		add(name, i % KEYS, by, (i + 1) % KEYS, i == 0 ?
		    CERTWRITE_SERVER : CERTWRITE_CA);
	}
	is_int(judge(), VERIFY_TOO_LARGE, "a chain of 200 is refused");
	ok(verify.num <= VERIFY_SHOWN_MAX && worked() == 0, "%u of them were "
	    "kept, no signature checked", verify.num);
	num = VERIFY_PATH_MAX;
	shown[num - 1].len = make(shown[num - 1].der, "CA 9", 9, "anchor", 0,
	    CERTWRITE_CA);
	is_int(judge(), VERIFY_OK, "one of 10 is not");
	num--;
	add("CA 9", 9, "CA 10", 10, CERTWRITE_CA);
	add("CA 10", 10, "anchor", 0, CERTWRITE_CA);
	is_int(judge(), VERIFY_TOO_LARGE, "one of 11 is");
	num = 0;
	add("leaf", 9, "A", 1, CERTWRITE_SERVER);
	add("A", 1, "anchor", 0, CERTWRITE_CA);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "Stranger %d", i);
		add(name, 3, "Nobody", 4, CERTWRITE_CA);
	}
	is_int(judge(), VERIFY_OK, "200 strangers behind it do no harm");
	is_int(worked(), 2, "and cost no signature");
}

/* Equal names with different keys. */
static void
test_equal_names(void)
{
	int i;

	num = 0;
	add("leaf", 9, "A", 1, CERTWRITE_SERVER);
	for (i = 0; i < 15; i++)
		add("A", i == 14 ? 1 : 2 + i % 8, "anchor", 0, CERTWRITE_CA);
	is_int(judge(), VERIFY_OK, "15 of one name: the key is found");
	is_int(worked(), 2, "by its identifier, at once");
	num = 0;
	add("leaf", 9, "A", 1, CERTWRITE_SERVER);
	for (i = 0; i < 200; i++)
		add("A", 2 + i % 8, "A", 2 + (i + 1) % 8, CERTWRITE_CA);
	is_int(judge(), VERIFY_TOO_LARGE, "200 of one name that signed "
	    "nothing are refused");
	is_int(worked(), 0, "at no cost");
	num = 0;
	add("A", 9, "A", 9, CERTWRITE_SERVER);
	for (i = 0; i < 100; i++)
		add("A", 9, "A", 9, CERTWRITE_CA);
	is_int(judge(), VERIFY_TOO_LARGE, "100 of one name and key");
	is_int(worked(), 0, "at no cost");
}

/* What signatures cost: that of P-521 is dear, and only keys for which an
 * anchor vouches are used. */
static void
test_work(void)
{
	int i;

	is_int(work_for("p521-mutual"), 0, "15 of P-521 that issue each other "
	    "cost nothing");
	is_int(work_for("p521-forged"), 15, "15 with the name of an anchor as "
	    "issuer cost one check of its key each");
	is_int(work_for("p521-forged-hard"), 32, "if its key is of P-521, no "
	    "more than 4");
	is_int(verify.fault, VERIFY_TOO_LARGE, "and are refused then");
	is_int(work_for("p521-four"), 32, "so many are good for a real chain");
	is_int(verify.fault, VERIFY_OK, "which is accepted");
	num = 0;
	add("leaf", 9, "A", 1, CERTWRITE_SERVER);
	add("A", 2, "B", 3, CERTWRITE_CA);
	for (i = 0; i < 6; i++)
		add("B", 3, "anchor", 0, CERTWRITE_CA);
	is_int(judge(), VERIFY_BAD_SIGNATURE, "a CA that did not sign the "
	    "leaf, on six paths");
	is_int(worked(), 13, "costs one check for the leaf, and two for each "
	    "path above");
}

/* The work of one signature by its key. */
static void
test_units(void)
{
	static const struct {
		int curve;		/* 0: RSA */
		size_t modulus, exponent;
		unsigned work;
	} units[] = {
		{ BR_EC_secp256r1, 0, 0, 1 }, { BR_EC_secp384r1, 0, 0, 4 },
		{ BR_EC_secp521r1, 0, 0, 8 }, { 0, 256, 3, 1 },
		{ 0, 512, 3, 2 }, { 0, 512, 8, 8 },
	};
	br_x509_pkey key;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		memset(&key, 0, sizeof(key));
		key.key_type = units[i].curve != 0 ? BR_KEYTYPE_EC :
		    BR_KEYTYPE_RSA;
		if (units[i].curve != 0) {
			key.key.ec.curve = units[i].curve;
		} else {
			key.key.rsa.nlen = units[i].modulus;
			key.key.rsa.elen = units[i].exponent;
		}
		is_int(cert_sign_work(&key), units[i].work,
		    "curve %d, modulus %u, exponent %u", units[i].curve,
		    (unsigned)units[i].modulus, (unsigned)units[i].exponent);
	}
}

/* What is large, or is nothing at all. */
static void
test_bytes(void)
{
	size_t i;

	num = 0;
	add("leaf", 9, "A", 1, CERTWRITE_SERVER);
	for (i = 0; i < 10; i++) {
		memset(shown[num].der, (int)i, sizeof(shown[num].der));
		shown[num++].len = sizeof(shown[num].der);
	}
	add("A", 1, "anchor", 0, CERTWRITE_CA);
	is_int(judge(), VERIFY_OK, "40 KiB of rubbish before the issuer");
	is_int(verify.num, 2, "none of it is kept");
	shown[0].len--;
	is_int(judge(), VERIFY_MALFORMED, "the first must be one");
	ok(sizeof(struct tls_verify) < 29 * 1024, "%lu bytes of memory in all",
	    (unsigned long)sizeof(struct tls_verify));
}

int
main(void)
{
	int i;

	if (random_init(&rnd) != 0)
		return 1;
	for (i = 0; i < KEYS; i++)
		certwrite_new_key(&rnd, &keys[i]);
	root_len = make(root_der, "anchor", 0, "anchor", 0, CERTWRITE_CA);
	test_mutual();
	test_long();
	test_equal_names();
	test_bytes();
	test_work();
	test_units();
	return done_testing();
}
