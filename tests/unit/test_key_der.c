/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "old_key.h"
#include "wire/key_der.h"

static const char *const files[] = {
	"p256.key", "p256-sec1.key", "p256-params.key", "p384.key",
	"p521.key", "rsa2048.key", "rsa2048-pkcs1.key", "rsa4096.key",
	"ed25519.key",
};

/* The bytes of the first key of a file, with room for one more. */
static struct slice
key_bytes(const char *name)
{
	struct pem_space space;
	struct pem_trouble trouble;
	struct pem_block block;
	struct pem_scan s = { NULL, 0, 0, 0 };
	struct slice der;
	char *text = data_read(name, &s.len);

	s.text = text;
	space = data_space(s.len);
	if (pem_next_block(&s, &space, PEM_BLOCK_KEY, &block, &trouble) != 1)
		exit(1);
	free(text);
	der.data = block.der;
	der.len = block.len;
	return der;
}

/* Is it the same key to both, or none to both? */
static bool
both_agree(const uint8_t *der, size_t len)
{
	struct slice in;
	struct pem_key key;
	struct old_key old;
	bool is_read;

	in.data = der;
	in.len = len;
	memset(&key, 0, sizeof(key));
	is_read = key_der_read(&key, in) == PEM_OK;
	if (is_read != old_key_read(&old, der, len))
		return false;
	return !is_read || old_key_is(&old, &key);
}

/* Each byte of the head of numbers and of these, changed; each length. */
static void
test_like_before(void)
{
	static const uint8_t turns[] =
	    { 0x01, 0x02, 0x03, 0x04, 0x20, 0x80, 0xa1, 0xff };
	size_t i, j, at, bad_bytes, bad_lengths, bad_values;
	uint8_t *der, kept;
	struct slice in;
	unsigned v;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		in = key_bytes(files[i]);
		der = (uint8_t *)(uintptr_t)in.data;
		bad_bytes = bad_lengths = bad_values = 0;
		ok(both_agree(der, in.len), "%s: as before", files[i]);
		for (at = 0; at <= in.len; at++) {
			bad_lengths += !both_agree(der, at);
			for (j = 0; j < sizeof(turns) && at < in.len; j++) {
				der[at] ^= turns[j];
				bad_bytes += !both_agree(der, in.len);
				der[at] ^= turns[j];
			}
		}
		der[in.len] = 0;
		bad_lengths += !both_agree(der, in.len + 1);
		for (at = 0; at < 48 && at < in.len; at++) {
			kept = der[at];
			for (v = 0; v < 256; v++) {
				der[at] = (uint8_t)v;
				bad_values += !both_agree(der, in.len);
			}
			der[at] = kept;
		}
		is_int(bad_lengths, 0, "cut or with a byte more, too");
		is_int(bad_bytes, 0, "with any byte damaged, too");
		is_int(bad_values, 0, "with any byte at its start, too");
	}
}

/* What files of keys do not have today. */
static void
test_forms(void)
{
	static const struct {
		const char *what;
		enum pem_error error;
		uint8_t len, der[40];
	} forms[] = {
		{ "nothing", PEM_BAD_KEY, 0, { 0 } },
		{ "an empty SEQUENCE", PEM_BAD_KEY, 2, { 0x30, 0 } },
		{ "a version alone", PEM_BAD_KEY, 5,
		    { 0x30, 3, 2, 1, 0 } },
		{ "a version above 1", PEM_KEY_TYPE, 8,
		    { 0x30, 6, 2, 1, 2, 4, 1, 5 } },
		{ "a long version", PEM_BAD_KEY, 9,
		    { 0x30, 7, 2, 2, 1, 1, 4, 1, 5 } },
		{ "EC without a curve", PEM_KEY_TYPE, 8,
		    { 0x30, 6, 2, 1, 1, 4, 1, 5 } },
		{ "EC with a curve", PEM_OK, 20, { 0x30, 18, 2, 1, 1, 4, 1, 5,
		    0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 } },
		{ "EC with an unknown curve", PEM_KEY_TYPE, 20, { 0x30, 18, 2,
		    1, 1, 4, 1, 5, 0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce,
		    0x3d, 3, 1, 9 } },
		{ "EC, something behind the curve's name", PEM_BAD_KEY, 22,
		    { 0x30, 20, 2, 1, 1, 4, 1, 5, 0xa0, 12, 6, 8, 0x2a, 0x86,
		    0x48, 0xce, 0x3d, 3, 1, 7, 5, 0 } },
		{ "EC without a secret", PEM_BAD_KEY, 19, { 0x30, 17, 2, 1, 1,
		    4, 0, 0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
		    7 } },
		{ "RSA with a negative number", PEM_BAD_KEY, 8,
		    { 0x30, 6, 2, 1, 0, 2, 1, 0x80 } },
	};
	struct pem_key key;
	struct slice in;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		in.data = forms[i].der;
		in.len = forms[i].len;
		memset(&key, 0, sizeof(key));
		is_int(key_der_read(&key, in), forms[i].error, "%s",
		    forms[i].what);
		ok(both_agree(in.data, in.len), "as before");
	}
}

/* Parts of PKCS#8 that do not fit each other. */
static void
test_pkcs8(void)
{
	struct slice in = key_bytes("p256.key");
	uint8_t *der = (uint8_t *)(uintptr_t)in.data;
	struct pem_key key;
	size_t i;

	/* The last byte of the curve becomes that of an unknown one. */
	for (i = 0; i + 4 < in.len; i++)
		if (memcmp(der + i, "\x3d\x03\x01\x07", 4) == 0)
			break;
	ok(i + 4 < in.len, "there is a curve");
	der[i + 3] = 9;
	is_int(key_der_read(&key, in), PEM_KEY_TYPE, "an unknown curve");
	ok(both_agree(der, in.len), "as before");
	der[i + 3] = 7;
	is_int(key_der_read(&key, in), PEM_OK, "the curve again");
	is_int(key.ec.curve, BR_EC_secp256r1, "P-256");
}

int
main(void)
{
	test_like_before();
	test_forms();
	test_pkcs8();
	return done_testing();
}
