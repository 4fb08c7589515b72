/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "wire/cert.h"
#include "wire/certwrite.h"
#include "wire/tls_verify.h"

enum { DAY_S = 86400 };

static struct random rnd;
static struct certwrite_key ca_key, leaf_key;
static uint8_t ca_der[CERTWRITE_MAX], leaf_der[CERTWRITE_MAX];
static size_t ca_len, leaf_len;
static struct cert ca, leaf;

static const char *const names[] = {
	"vpn.example.com", "*.example.org", "10.0.0.1", "2001:db8::1"
};

static void
make(enum certwrite_kind kind, const struct certwrite_issuer *issuer,
    int64_t not_after_s)
{
	struct certwrite_wish wish;

	memset(&wish, 0, sizeof(wish));
	wish.kind = kind;
	wish.common_name = kind == CERTWRITE_CA ? "A CA" : "A leaf";
	wish.not_before_s = DATA_NOW_S - DAY_S;
	wish.not_after_s = not_after_s;
	wish.issuer = issuer;
	if (kind == CERTWRITE_CA) {
		wish.subject = &ca_key;
		ca_len = certwrite_cert(ca_der, sizeof(ca_der), &rnd, &wish);
		return;
	}
	if (kind == CERTWRITE_SERVER) {
		wish.names = names;
		wish.num_names = 4;
	}
	wish.subject = &leaf_key;
	leaf_len = certwrite_cert(leaf_der, sizeof(leaf_der), &rnd, &wish);
}

static void
test_ca(void)
{
	char text[CERT_NAME_TEXT];

	certwrite_new_key(&rnd, &ca_key);
	make(CERTWRITE_CA, NULL, DATA_NOW_S + (int64_t)36500 * DAY_S);
	ok(ca_len > 300, "a CA is made");
	is_int(cert_read(&ca, ca_der, ca_len), 0, "it is a certificate");
	is_int(ca.version, 3, "of version 3");
	is_int(ca.ca, true, "a CA's");
	is_int(ca.key_usage, CERT_CERT_SIGN | CERT_CRL_SIGN, "with its usage");
	is_int(ca.key_id.len, 20, "with a key identifier");
	is_str(cert_name_text(ca.issuer, text, sizeof(text)), "CN=A CA",
	    "signed by itself");
	ok(ca.key.key_type == BR_KEYTYPE_EC && ca_key.pub.key_type ==
	    BR_KEYTYPE_EC && ca.key.key.ec.curve == ca_key.pub.key.ec.curve &&
	    ca.key.key.ec.qlen == ca_key.pub.key.ec.qlen &&
	    memcmp(ca.key.key.ec.q, ca_key.pub.key.ec.q,
	    ca.key.key.ec.qlen) == 0, "it has its key");
}

/* Verifies the leaf under the CA. */
static enum verify_fault
check_leaf(const char *name, bool client, int64_t now_s)
{
	static struct tls_verify v;
	const br_x509_class **x = &v.vtable;
	br_x500_name subject;
	struct pem_anchors anchors;
	struct verify_want want = { 0 };

	subject.data = (unsigned char *)ca.subject.data;
	subject.len = ca.subject.len;
	anchors.names = &subject;
	anchors.ders = &ca.all;
	anchors.num = 1;
	anchors.skipped = 0;
	anchors.find = NULL;
	want.anchors = &anchors;
	want.name = name;
	want.client = client;
	want.now_s = now_s;
	tls_verify_init(&v, &want);
	(*x)->start_chain(x, NULL);
	(*x)->start_cert(x, (uint32_t)leaf_len);
	(*x)->append(x, leaf_der, leaf_len);
	(*x)->end_cert(x);
	(*x)->end_chain(x);
	return v.fault;
}

static void
test_leaves(void)
{
	struct certwrite_issuer issuer;
	char text[CERT_NAMES_TEXT];

	issuer.key = &ca_key.key;
	issuer.cert = &ca;
	certwrite_new_key(&rnd, &leaf_key);
	make(CERTWRITE_SERVER, &issuer, DATA_NOW_S + (int64_t)825 * DAY_S);
	is_int(cert_read(&leaf, leaf_der, leaf_len), 0, "a server's is made");
	is_int(leaf.ca, false, "it is no CA's");
	is_int(leaf.key_usage, CERT_SIGN, "it signs");
	is_int(leaf.ext_usage, CERT_SERVER_AUTH, "for servers");
	is_str(cert_names_text(&leaf, text, sizeof(text)),
	    "vpn.example.com, *.example.org, 10.0.0.1, 2001:db8::1",
	    "it has the names");
	is_int(check_leaf("vpn.example.com", false, DATA_NOW_S), VERIFY_OK,
	    "it verifies for a name");
	is_int(check_leaf("10.0.0.1", false, DATA_NOW_S), VERIFY_OK,
	    "for an address");
	is_int(check_leaf("a.example.org", false, DATA_NOW_S), VERIFY_OK,
	    "for a wildcard");
	is_int(check_leaf("10.0.0.1", true, DATA_NOW_S), VERIFY_WRONG_USAGE,
	    "not for a client");
	make(CERTWRITE_CLIENT, &issuer, DATA_NOW_S + (int64_t)825 * DAY_S);
	is_int(check_leaf(NULL, true, DATA_NOW_S), VERIFY_OK,
	    "a client's verifies");
	is_int(check_leaf(NULL, false, DATA_NOW_S), VERIFY_WRONG_USAGE,
	    "not for a server");
	make(CERTWRITE_CLIENT, &issuer, INT64_C(2524607999));
	cert_read(&leaf, leaf_der, leaf_len);
	is_int(leaf.not_after_s, INT64_C(2524607999), "the end of 2049");
	make(CERTWRITE_CLIENT, &issuer, INT64_C(2524608000));
	cert_read(&leaf, leaf_der, leaf_len);
	is_int(leaf.not_after_s, INT64_C(2524608000), "the start of 2050");
	is_int(check_leaf(NULL, true, INT64_C(2524608000)), VERIFY_OK,
	    "verifies in its last second");
	is_int(check_leaf(NULL, true, INT64_C(2524608001)), VERIFY_EXPIRED,
	    "not in the next");
}

static void
test_rsa_issuer(void)
{
	struct certwrite_issuer issuer;
	struct pem_trouble trouble;
	struct pem_chain chain;
	struct pem_key key;

	data_chain("rsaca.pem", &chain, &trouble);
	data_key("rsaca.key", &key, &trouble);
	cert_read(&ca, chain.certs[0].data, chain.certs[0].data_len);
	ca_key.pub = ca.key;
	issuer.key = &key;
	issuer.cert = &ca;
	make(CERTWRITE_SERVER, &issuer, DATA_NOW_S + (int64_t)825 * DAY_S);
	is_int(check_leaf("vpn.example.com", false, DATA_NOW_S), VERIFY_OK,
	    "an RSA CA signs as well");
}

static void
test_pem(void)
{
	static char text[CERTWRITE_PEM];
	struct pem_trouble trouble;
	struct pem_space space;
	struct pem_chain chain;
	uint8_t der[CERTWRITE_MAX];
	struct pem_key key;
	size_t n, len;

	n = certwrite_key_der(der, sizeof(der), &leaf_key);
	is_int(n, 138, "a key is written");
	len = certwrite_pem(text, sizeof(text), "PRIVATE KEY", der, n);
	is_int(len, strlen(text), "as PEM");
	space = data_space(len);
	is_int(pem_read_key(&space, text, len, &key, &trouble), 0,
	    "that can be read");
	cert_read(&leaf, leaf_der, leaf_len);
	n = certwrite_pem(text, sizeof(text), "CERTIFICATE", leaf_der,
	    leaf_len);
	space = data_space(n);
	is_int(pem_read_chain(&space, text, n, &chain, &trouble), 0,
	    "and so can the certificate");
	ok(pem_key_fits(&key, &chain), "both belong together");
	for (n = 0; n < 200; n++) {
		len = certwrite_pem(text, sizeof(text), "X", leaf_der, n);
		if (len != strlen(text) || text[len - 1] != '\n' ||
		    strstr(text, "\n\n") != NULL)
			break;
	}
	is_int(n, 200, "PEM of any length has no odd line");
	is_int(certwrite_pem(text, 10, "X", leaf_der, 10), 0,
	    "a short buffer is refused");
	is_int(certwrite_key_der(der, 10, &leaf_key), 0, "for a key, too");
}

static void
test_names(void)
{
	static const char *const good[] = {
		"a", "localhost", "vpn.example.com", "*.example.com",
		"1and1.com", "xn--bcher-kva.example", "_x.example",
		"10.0.0.1", "::1", "fe80::1",
	};
	static const char long_label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char *const bad[] = {
		"", ".", "a..b", "*", "a.*.b", "10.0.0", "10.0.0.256",
		"vpn.example.com:8443", "[::1]", "a b", "a/b", "fe80::1%2",
		"https://x", ".example.com",
		long_label,
	};
	const char *many[300];
	struct certwrite_wish wish;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(certwrite_name_ok(good[i]), "\"%s\" is a name", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!certwrite_name_ok(bad[i]), "\"%s\" is none", bad[i]);
	memset(&wish, 0, sizeof(wish));
	wish.kind = CERTWRITE_SERVER;
	wish.common_name = "many";
	wish.subject = &leaf_key;
	wish.names = many;
	wish.num_names = 300;
	for (i = 0; i < 300; i++)
		many[i] = "a-rather-long-name.example.com";
	is_int(certwrite_cert(leaf_der, sizeof(leaf_der), &rnd, &wish), 0,
	    "too many names are refused");
	wish.num_names = 1;
	many[0] = "not a name";
	is_int(certwrite_cert(leaf_der, sizeof(leaf_der), &rnd, &wish), 0,
	    "so is what is no name");
	many[0] = "a.b";
	is_int(certwrite_cert(leaf_der, 100, &rnd, &wish), 0,
	    "so is too small a buffer");
}

int
main(void)
{
	random_init_fixed(&rnd, "test", 4);
	test_ca();
	test_leaves();
	test_rsa_issuer();
	test_pem();
	test_names();
	return done_testing();
}
