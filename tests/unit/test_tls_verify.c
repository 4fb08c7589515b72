/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "base/log.h"
#include "wire/tls_verify.h"

static struct tls_verify verify;

/* Gives a chain to the engine in steps of so many bytes, as TLS does. */
static unsigned
run_chain(const struct pem_chain *chain, const struct verify_want *want,
    size_t step)
{
	const br_x509_class **x = &verify.vtable;
	const br_x509_certificate *c;
	size_t i, at, n;

	tls_verify_init(&verify, want);
	(*x)->start_chain(x, "ignored");
	for (i = 0; i < chain->num; i++) {
		c = &chain->certs[i];
		(*x)->start_cert(x, (uint32_t)c->data_len);
		for (at = 0; at < c->data_len; at += n) {
			n = c->data_len - at < step ? c->data_len - at : step;
			(*x)->append(x, c->data + at, n);
		}
		(*x)->end_cert(x);
	}
	return (*x)->end_chain(x);
}

struct check {
	const char *chain, *anchors;
	const char *name;
	bool client;
	enum verify_fault fault;
	const char *why;		/* a part of it */
};

static const struct check checks[] = {
	{ "p256.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK,
	    "certificate \"CN=p256\" (2020-01-01 to 2199-12-31, issued by "
	    "\"CN=Test CA, O=Adit tests, keys known to all\") is valid" },
	{ "p256.pem", "ca.pem", "10.0.0.1", false, VERIFY_OK, "valid" },
	{ "p256.pem", "ca.pem", "2001:db8::1", false, VERIFY_OK, "valid" },
	{ "p256.pem", "ca.pem", NULL, false, VERIFY_OK, "valid" },
	{ "p384.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK, "valid" },
	{ "p521.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK, "valid" },
	{ "rsa2048.pem", "rsaca.pem", "vpn.example.com", false, VERIFY_OK,
	    "valid" },
	{ "rsa4096.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK,
	    "valid" },
	{ "deep-chain.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK,
	    "valid" },
	{ "self.pem", "self.pem", "self.example.com", false, VERIFY_OK,
	    "valid" },
	{ "selfca.pem", "selfca.pem", "self.example.com", false, VERIFY_OK,
	    "valid" },
	{ "self.pem", "self.pem", "vpn.example.com", false, VERIFY_WRONG_NAME,
	    "self.example.com" },
	{ "cn.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK, "valid" },
	{ "plain.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK,
	    "valid" },
	{ "plain.pem", "ca.pem", NULL, true, VERIFY_OK, "valid" },
	{ "critical.pem", "ca.pem", "vpn.example.com", false, VERIFY_OK,
	    "valid" },
	{ "critical.pem", "ca.pem", NULL, true, VERIFY_WRONG_USAGE,
	    "clientAuth" },
	{ "client.pem", "ca.pem", NULL, true, VERIFY_OK, "valid" },
	{ "client.pem", "ca.pem", NULL, false, VERIFY_WRONG_USAGE,
	    "may not be used by a TLS server" },
	{ "p256.pem", "ca.pem", NULL, true, VERIFY_WRONG_USAGE,
	    "may not be used by a TLS client" },
	{ "nosign.pem", "ca.pem", "vpn.example.com", false,
	    VERIFY_WRONG_USAGE, "digitalSignature" },
	{ "p256.pem", "ca.pem", "10.0.0.2", false, VERIFY_WRONG_NAME,
	    "is for vpn.example.com, *.wild.example.com, 10.0.0.1, "
	    "2001:db8::1, not for 10.0.0.2; set tls-servername" },
	{ "p256.pem", "ca.pem", "p256", false, VERIFY_WRONG_NAME,
	    "2001:db8::1, not for p256; set tls-servername" },
	{ "cn.pem", "ca.pem", "10.0.0.1", false, VERIFY_WRONG_NAME,
	    "is for vpn.example.com, not for 10.0.0.1" },
	{ "expired.pem", "ca.pem", "vpn.example.com", false, VERIFY_EXPIRED,
	    "expired on 2020-01-01 and our clock says 2027-01-01" },
	{ "later.pem", "ca.pem", "vpn.example.com", false, VERIFY_NOT_YET,
	    "is not valid before 2150-01-01 and our clock says 2027-01-01" },
	{ "p256.pem", "other.pem", "vpn.example.com", false,
	    VERIFY_UNKNOWN_CA, "comes from a CA that we do not trust, "
	    "\"CN=Test CA, O=Adit tests, keys known to all\"" },
	{ "p256.pem", "ca2.pem", "vpn.example.com", false,
	    VERIFY_OTHER_CA_KEY, "was that CA renewed?" },
	{ "self.pem", "ca.pem", "self.example.com", false,
	    VERIFY_SELF_SIGNED, "signed itself" },
	{ "deep.pem", "ca.pem", "vpn.example.com", false, VERIFY_UNKNOWN_CA,
	    "\"CN=Intermediate\"" },
	{ "deep-broken.pem", "ca.pem", "vpn.example.com", false,
	    VERIFY_UNKNOWN_CA, "the server does not send its intermediate "
	    "certificate; its operator should use fullchain.pem" },
	{ "notca-chain.pem", "ca.pem", "vpn.example.com", false,
	    VERIFY_NOT_CA, "is not a CA's" },
	{ "unknown.pem", "ca.pem", "vpn.example.com", false,
	    VERIFY_UNSUPPORTED, "has the critical extension (1.2.3.4), which" },
	{ "sha1.pem", "ca.pem", "vpn.example.com", false,
	    VERIFY_UNSUPPORTED, "the signature algorithm ECDSA with SHA-1 "
	    "(1.2.840.10045.4.1)" },
	{ "huge.pem", "ca.pem", "vpn.example.com", false, VERIFY_TOO_LARGE,
	    "too large" },
};

static void
run_check(const struct check *k)
{
	static const size_t steps[] = { 1, 7, 256, 100000 };
	char why[VERIFY_WHY_TEXT];
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct verify_want want = { 0 };
	struct pem_chain chain;
	unsigned usages = 0, r;
	size_t i;

	data_chain(k->chain, &chain, &trouble);
	data_anchors(k->anchors, &anchors, &trouble);
	want.anchors = &anchors;
	want.name = k->name;
	want.client = k->client;
	want.now_s = DATA_NOW_S;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		r = run_chain(&chain, &want, steps[i]);
		is_int(verify.fault, k->fault, "%s against %s for %s, %s role",
		    k->chain, k->anchors, k->name == NULL ? "any" : k->name,
		    k->client ? "client" : "server");
		ok((r == 0) == (k->fault == VERIFY_OK), "BearSSL hears it");
	}
	tls_verify_why(&verify, why, sizeof(why));
	if (!ok(strstr(why, k->why) != NULL, "in words: %s", why))
		printf("# expected: %s\n", k->why);
	ok((verify.vtable->get_pkey(&verify.vtable, &usages) != NULL) ==
	    (k->fault == VERIFY_OK), "a key is given after success only");
	tls_verify_why(&verify, why, 20);
	is_int(strlen(why), 19, "a short buffer cuts it");
}

static void
test_bad_signature(void)
{
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct verify_want want = { 0 };
	struct pem_chain chain;

	data_chain("deep-chain.pem", &chain, &trouble);
	data_anchors("ca.pem", &anchors, &trouble);
	want.anchors = &anchors;
	want.name = NULL;
	want.client = false;
	want.now_s = DATA_NOW_S;
	chain.certs[0].data[chain.certs[0].data_len - 1] ^= 1;
	run_chain(&chain, &want, 100);
	is_int(verify.fault, VERIFY_BAD_SIGNATURE, "a changed bit is noticed");
	data_chain("critical.pem", &chain, &trouble);
	chain.certs[0].data[chain.certs[0].data_len - 1] ^= 1;
	run_chain(&chain, &want, 100);
	is_int(verify.fault, VERIFY_OTHER_CA_KEY,
	    "with critical usage, too (the anchor's key does not fit)");
	data_chain("p256.pem", &chain, &trouble);
	chain.certs[0].data_len--;
	run_chain(&chain, &want, 100);
	is_int(verify.fault, VERIFY_MALFORMED, "a cut one is malformed");
	chain.num = 0;
	run_chain(&chain, &want, 100);
	is_int(verify.fault, VERIFY_NO_CERT, "an empty chain is none");
}

static void
test_leaf_info(void)
{
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct verify_want want = { 0 };
	struct pem_chain chain;

	data_chain("p256.pem", &chain, &trouble);
	data_anchors("other.pem", &anchors, &trouble);
	want.anchors = &anchors;
	want.name = "vpn.example.com";
	want.client = false;
	want.now_s = DATA_NOW_S;
	run_chain(&chain, &want, 100);
	ok(verify.leaf.known, "the leaf is known even if it is refused");
	is_str(verify.leaf.subject, "CN=p256", "its subject");
	is_str(verify.leaf.identity, "vpn.example.com", "its identity");
	is_int(verify.leaf.not_before_s, 1577836800, "its dates");
	data_chain("client.pem", &chain, &trouble);
	run_chain(&chain, &want, 100);
	is_str(verify.leaf.identity, "client one",
	    "the common name is the identity where there is no other");
}

/* When the first of a chain expires. */
static int64_t
until(const char *name)
{
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct verify_want want = { 0 };
	struct pem_chain chain;

	data_chain(name, &chain, &trouble);
	data_anchors("ca.pem", &anchors, &trouble);
	want.anchors = &anchors;
	want.name = "vpn.example.com";
	want.client = false;
	want.now_s = DATA_NOW_S;
	run_chain(&chain, &want, 100);
	must(verify.fault == VERIFY_OK);
	return verify.until_s;
}

static void
test_until(void)
{
	is_int(until("p256.pem"), INT64_C(7258118399), "a certificate is good "
	    "until it expires");
	is_int(until("brief-chain.pem"), INT64_C(4102444800), "but no longer "
	    "than the one that issued it");
}

static void
test_many_anchors(void)
{
	struct pem_anchors anchors, both;
	br_x500_name names[12];
	struct slice ders[12];
	struct pem_trouble trouble;
	struct verify_want want = { 0 };
	struct pem_chain chain;
	size_t i;

	data_chain("p256.pem", &chain, &trouble);
	data_anchors("ca2.pem", &anchors, &trouble);
	for (i = 0; i < 6; i++) {
		names[i] = anchors.names[0];
		ders[i] = anchors.ders[0];
	}
	data_anchors("other.pem", &anchors, &trouble);
	for (; i < 10; i++) {
		names[i] = anchors.names[0];
		ders[i] = anchors.ders[0];
	}
	data_anchors("ca.pem", &anchors, &trouble);
	names[i] = anchors.names[0];
	ders[i++] = anchors.ders[0];
	both.names = names;
	both.ders = ders;
	both.num = i;
	both.skipped = 0;
	both.find = NULL;
	want.anchors = &both;
	want.name = NULL;
	want.client = false;
	want.now_s = DATA_NOW_S;
	run_chain(&chain, &want, 100);
	is_int(verify.fault, VERIFY_OK,
	    "among anchors of one name the right key is found");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		run_check(&checks[i]);
	test_bad_signature();
	test_leaf_info();
	test_until();
	test_many_anchors();
	return done_testing();
}
