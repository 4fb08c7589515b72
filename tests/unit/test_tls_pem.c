/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "base/log.h"
#include "wire/cert.h"
#include "wire/tls_pem.h"

static void
test_pairs(void)
{
	static const struct {
		const char *cert, *key;
		unsigned type;
	} pairs[] = {
		{ "p256.pem", "p256.key", BR_KEYTYPE_EC },
		{ "p256.pem", "p256-sec1.key", BR_KEYTYPE_EC },
		{ "p256.pem", "p256-params.key", BR_KEYTYPE_EC },
		{ "p384.pem", "p384.key", BR_KEYTYPE_EC },
		{ "p521.pem", "p521.key", BR_KEYTYPE_EC },
		{ "rsa2048.pem", "rsa2048.key", BR_KEYTYPE_RSA },
		{ "rsa2048.pem", "rsa2048-pkcs1.key", BR_KEYTYPE_RSA },
		{ "rsa4096.pem", "rsa4096.key", BR_KEYTYPE_RSA },
		{ "p256-key-first.pem", "p256-key-first.pem", BR_KEYTYPE_EC },
		{ "p256-crlf.pem", "p256-crlf.pem", BR_KEYTYPE_EC },
	};
	struct pem_trouble trouble;
	struct pem_chain chain;
	struct pem_key key;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		is_int(data_chain(pairs[i].cert, &chain, &trouble), 0,
		    "%s is read", pairs[i].cert);
		is_int(data_key(pairs[i].key, &key, &trouble), 0,
		    "%s is read", pairs[i].key);
		is_int(key.type, pairs[i].type, "its type is known");
		ok(pem_key_fits(&key, &chain), "%s belongs to %s",
		    pairs[i].key, pairs[i].cert);
	}
	data_chain("p256.pem", &chain, &trouble);
	data_key("client.key", &key, &trouble);
	ok(!pem_key_fits(&key, &chain), "another key does not fit (EC)");
	data_key("p384.key", &key, &trouble);
	ok(!pem_key_fits(&key, &chain), "a key of another curve does not fit");
	data_key("rsa2048.key", &key, &trouble);
	ok(!pem_key_fits(&key, &chain), "RSA does not fit EC");
	data_chain("client-rsa.pem", &chain, &trouble);
	ok(!pem_key_fits(&key, &chain), "another key does not fit (RSA)");
}

static void
test_chain(void)
{
	struct pem_trouble trouble;
	struct pem_chain chain;

	is_int(data_chain("deep-chain.pem", &chain, &trouble), 0,
	    "a chain is read");
	is_int(chain.num, 2, "it has two certificates");
	is_str(chain.subject, "CN=deep", "the first is the leaf");
	is_int(chain.issuer_type, BR_KEYTYPE_EC, "an EC key signed it");
	is_int(chain.not_before_s, 1577836800, "its dates are known");
	ok(chain.certs[1].data_len > 300 && chain.certs[1].data[0] == 0x30,
	    "the second is there");
	data_chain("rsa4096.pem", &chain, &trouble);
	is_int(chain.issuer_type, BR_KEYTYPE_EC, "EC signed an RSA key");
	data_chain("rsa2048.pem", &chain, &trouble);
	is_int(chain.issuer_type, BR_KEYTYPE_RSA, "RSA signed an RSA key");
}

static void
test_refused(void)
{
	static const struct {
		const char *file;
		bool key;
		enum pem_error error;
		unsigned line;
	} bad[] = {
		{ "p256-encrypted.key", true, PEM_ENCRYPTED, 1 },
		{ "p256-encrypted-old.key", true, PEM_ENCRYPTED, 1 },
		{ "p256-der.key", true, PEM_NOT_PEM, 0 },
		{ "openssh.key", true, PEM_OPENSSH, 1 },
		{ "ed25519.key", true, PEM_KEY_TYPE, 1 },
		{ "p256.pem", true, PEM_NO_KEY, 0 },
		{ "p256.key", false, PEM_NO_CERT, 0 },
		{ "p256.der", false, PEM_NOT_PEM, 0 },
		{ "ed25519.pem", false, PEM_CERT_TYPE, 1 },
		{ "weak.pem", false, PEM_KEY_SIZE, 1 },
		{ "make.sh", false, PEM_NO_CERT, 0 },
	};
	struct pem_trouble trouble;
	struct pem_chain chain;
	struct pem_key key;
	size_t i;
	int r;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = bad[i].key ? data_key(bad[i].file, &key, &trouble) :
		    data_chain(bad[i].file, &chain, &trouble);
		is_int(r, -1, "%s is refused", bad[i].file);
		is_str(pem_strerror(trouble.error),
		    pem_strerror(bad[i].error), "for that reason");
		is_int(trouble.line, bad[i].line, "in that line");
	}
}

/* Reads a chain from text; the error, or PEM_OK. */
static enum pem_error
chain_error(const char *text, size_t len, unsigned *line)
{
	struct pem_space space = data_space(len);
	struct pem_trouble trouble;
	struct pem_chain chain;

	pem_read_chain(&space, text, len, &chain, &trouble);
	*line = trouble.line;
	return trouble.error;
}

static void
test_damage(void)
{
	static const char foreign[] =
	    "-----BEGIN PGP MESSAGE-----\n!!\n-----END PGP MESSAGE-----\n";
	size_t len, n;
	char *text = data_read("p256.pem", &len), *copy;
	unsigned line;

	is_int(chain_error(text, len - 1, &line), PEM_OK,
	    "the last newline may be missing");
	is_int(chain_error(text, len - 10, &line), PEM_UNFINISHED,
	    "a cut block is refused");
	is_int(line, 1, "where it begins");
	is_int(chain_error("", 0, &line), PEM_NO_CERT, "nothing has nothing");
	copy = malloc(2 * len + sizeof(foreign) + 16);
	if (copy == NULL)
		return;
	n = sizeof(foreign) - 1;
	memcpy(copy, foreign, n);
	memcpy(copy + n, text, len);
	is_int(chain_error(copy, n + len, &line), PEM_OK,
	    "blocks of other kinds are not looked into");
	copy[n + 100] = '!';
	is_int(chain_error(copy, n + len, &line), PEM_BAD_BASE64,
	    "what is not base64 is refused");
	is_int(line, 6, "with its line");
	memcpy(copy, "\xef\xbb\xbf", 3);
	memcpy(copy + 3, text, len);
	is_int(chain_error(copy, 3 + len, &line), PEM_OK,
	    "a byte order mark is tolerated");
	memcpy(copy, text, len);
	copy[60] = copy[60] == 'A' ? 'B' : 'A';
	copy[29] = 'Z';
	is_int(chain_error(copy, len, &line), PEM_BAD_CERT,
	    "what is no certificate is refused");
	free(copy);
	free(text);
}

/* Removes the first occurrence of word; returns the new length. */
static size_t
drop(char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	char *at;

	for (at = text; memcmp(at, word, n) != 0; at++)
		;
	memmove(at, at + n, len - (size_t)(at - text) - n);
	return len - n;
}

/* Texts that were joined or saved in a bad way. */
static void
test_joined(void)
{
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct pem_chain chain;
	struct pem_space space;
	size_t len, n, i;
	char *text, *wide;
	unsigned line;

	is_int(data_chain("../chains/glued-chain.pem", &chain, &trouble), 0,
	    "END and BEGIN on one line are read");
	is_int(chain.num, 2, "as two certificates");
	is_int(data_anchors("../chains/glued-anchors.anchors.pem", &anchors,
	    &trouble), 0, "as trust anchors, too");
	is_int(anchors.num, 2, "none is lost");
	text = data_read("../chains/glued-chain.pem", &n);
	for (i = 0; memcmp(text + i, "-----E", 6) != 0; i++)
		;
	text[i - 10] = '!';
	for (line = 1, i = 0; text[i] != '!'; i++)
		line += text[i] == '\n';
	is_int(chain_error(text, n, &line), PEM_BAD_BASE64, "a fault before "
	    "the joint");
	n = i;
	for (i = 0, len = 1; i < n; i++)
		len += text[i] == '\n';
	is_int(line, len, "is in its line");
	free(text);

	text = data_read("p256.pem", &len);
	len = drop(text, len, "\n");
	is_int(chain_error(text, len, &line), PEM_OK, "BEGIN and base64 on one "
	    "line are read");
	for (i = len; memcmp(text + i, "\n-----E", 7) != 0; i--)
		;
	memmove(text + i, text + i + 1, len - i - 1);
	is_int(chain_error(text, len - 1, &line), PEM_OK,
	    "and base64 and END");
	free(text);

	text = data_read("deep-chain.pem", &len);
	for (i = 1; memcmp(text + i, "-----B", 6) != 0; i++)
		;
	memmove(text + i + 26, text + i + 27, len - i - 27);
	is_int(chain_error(text, len - 1, &line), PEM_BAD_BEGIN,
	    "a BEGIN with four dashes at its end is no text between blocks");
	for (n = 1; i > 0; i--)
		n += text[i] == '\n';
	is_int(line, n, "in that line");
	free(text);

	text = data_read("p256.pem", &len);
	wide = calloc(2, len + 1);
	must(wide != NULL);
	memcpy(wide, "\xff\xfe", 2);
	for (i = 0; i < len; i++)
		wide[2 + 2 * i] = text[i];
	is_int(chain_error(wide, 2 * len + 2, &line), PEM_UTF16,
	    "UTF-16 is named");
	is_int(chain_error(wide + 2, 2 * len, &line), PEM_UTF16,
	    "without its mark, too");
	is_int(chain_error(wide + 3, 2 * len - 1, &line), PEM_UTF16,
	    "and in the other order");
	space = data_space(len);
	is_int(pem_read_anchors(&space, wide, 2 * len + 2, &anchors, &trouble),
	    -1, "as trust anchors, too");
	is_int(trouble.error, PEM_UTF16, "by name");
	free(wide);
	free(text);
}

static void
test_anchors(void)
{
	size_t len, more, i;
	char *text = data_read("ca.pem", &len), *two;
	char *odd = data_read("ed25519.pem", &more);
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct pem_space space;
	struct cert c;
	bool odd_left;

	is_int(data_anchors("ca.pem", &anchors, &trouble), 0, "a CA is read");
	is_int(anchors.num, 1, "it is one");
	cert_read(&c, anchors.ders[0].data, anchors.ders[0].len);
	ok(cert_is_ca(&c), "it has the CA flag");
	is_int(data_anchors("self.pem", &anchors, &trouble), 0,
	    "a self-signed certificate is read");
	cert_read(&c, anchors.ders[0].data, anchors.ders[0].len);
	ok(!cert_is_ca(&c), "it has no CA flag");
	is_int(data_anchors("rsaca.pem", &anchors, &trouble), 0,
	    "an RSA CA is read");
	cert_read(&c, anchors.ders[0].data, anchors.ders[0].len);
	is_int(c.key.key.rsa.nlen, 256, "with its modulus");
	is_int(c.key.key.rsa.elen, 3, "and its exponent");
	is_int(data_anchors("ed25519.pem", &anchors, &trouble), -1,
	    "one with an unusable key only is refused");
	is_int(trouble.error, PEM_CERT_TYPE, "for its kind of key");

	two = malloc(len + more);
	if (two == NULL)
		return;
	memcpy(two, odd, more);
	memcpy(two + more, text, len);
	space = data_space(len + more);
	is_int(pem_read_anchors(&space, two, len + more, &anchors, &trouble),
	    0, "among others it is skipped");
	is_int(anchors.skipped, 1, "and counted");
	is_int(anchors.num, 1, "the other one is there");
	pem_space_wipe(&space);
	for (i = 0, odd_left = false; i < space.size; i++)
		odd_left = odd_left || space.base[i] != 0;
	ok(!odd_left, "wiping leaves nothing");

	space.size = 100;
	is_int(pem_read_anchors(&space, two, len + more, &anchors, &trouble),
	    -1, "too small a space is refused");
	is_int(trouble.error, PEM_NO_SPACE, "and said so");
	free(two);
	free(text);
	free(odd);
}

static void
test_certificate(void)
{
	char text[CERT_NAMES_TEXT], day[16];
	struct pem_trouble trouble;
	struct pem_chain chain;
	struct cert c;

	data_chain("p256.pem", &chain, &trouble);
	is_int(cert_read(&c, chain.certs[0].data, chain.certs[0].data_len), 0,
	    "a certificate is read");
	is_str(cert_name_text(c.issuer, text, sizeof(text)),
	    "CN=Test CA, O=Adit tests, keys known to all", "its issuer");
	is_str(cert_names_text(&c, text, sizeof(text)),
	    "vpn.example.com, *.wild.example.com, 10.0.0.1, 2001:db8::1",
	    "its names");
	is_str(cert_identity(&c, text, sizeof(text)), "vpn.example.com",
	    "its identity");
	ok(cert_is_for(&c, "VPN.example.com"), "it is for its name");
	ok(cert_is_for(&c, "vpn.example.com."), "with a dot at the end");
	ok(cert_is_for(&c, "a.wild.example.com"), "for one label for a *");
	ok(!cert_is_for(&c, "a.b.wild.example.com"), "not for two");
	ok(!cert_is_for(&c, "wild.example.com"), "not for none");
	ok(!cert_is_for(&c, ".wild.example.com"), "not for an empty one");
	ok(!cert_is_for(&c, "vpn.example.co"), "not for another name");
	ok(cert_is_for(&c, "10.0.0.1"), "it is for its IPv4 address");
	ok(cert_is_for(&c, "2001:db8:0:0::1"), "and for its IPv6 address");
	ok(!cert_is_for(&c, "10.0.0.2"), "not for another address");
	ok(!cert_is_for(&c, ""), "not for an empty name");
	data_chain("cn.pem", &chain, &trouble);
	cert_read(&c, chain.certs[0].data, chain.certs[0].data_len);
	ok(cert_is_for(&c, "vpn.example.com"),
	    "without alternative names the common name counts");
	is_str(cert_identity(&c, text, sizeof(text)), "vpn.example.com",
	    "as identity, too");
	cert_day_text(0, day);
	is_str(day, "1970-01-01", "the first day");
	cert_day_text(-1, day);
	is_str(day, "1969-12-31", "the day before");
	cert_day_text(INT64_C(951782400), day);
	is_str(day, "2000-02-29", "a leap day");
	cert_day_text(INT64_C(253402300799), day);
	is_str(day, "9999-12-31", "the last day");
	cert_day_text(INT64_C(253402300800), day);
	is_str(day, "never", "and not after it");
	cert_day_text(-INT64_C(62167219200), day);
	is_str(day, "0000-01-01", "from the year 0 on");
	cert_day_text(-INT64_C(62167219201), day);
	is_str(day, "never", "and not before it");
	cert_day_text(INT64_MAX / 2, day);
	is_str(day, "never", "beyond");
}

int
main(void)
{
	test_pairs();
	test_chain();
	test_refused();
	test_damage();
	test_joined();
	test_anchors();
	test_certificate();
	return done_testing();
}
