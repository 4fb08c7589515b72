/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes X.509 v3 certificates and EC keys.
 *
 * NOTES.  DER is written from its end to its front: the contents of an element
 * are written before its header, so their length is known by then.  Calls are
 * thus in the reverse order of the fields.
 *
 * Strict verifiers (OpenSSL's -x509_strict, Python 3.13) require key
 * identifiers of subject and issuer, a critical basicConstraints on a CA, a
 * critical keyUsage, and subjectAltName on a server.  Key identifiers are the
 * first 160 bits of SHA-256 over the public key (RFC 7093 2).
 */

#include "compat.h"

#include "wire/certwrite.h"

#include "base/addr.h"
#include "wire/curves.h"

enum {
	SERIAL_LEN = 16,
	KEY_ID_LEN = 20,
	COMMON_NAME_MAX = 64,		/* RFC 5280, ub-common-name */
	SIGNATURE_MAX = 512,		/* RSA of 4096 bits */
	DNS_NAME_MAX = 253,
	DNS_LABEL_MAX = 63,
};

/* A buffer that is filled from its end. */
struct back {
	uint8_t *buf;
	size_t size;			/* bytes of buf */
	size_t at;			/* offset of the first byte written */
	bool bad;			/* it did not fit, or a name or date
					 * is not valid */
};

/* Constant parts, as DER. */
static const uint8_t alg_ecdsa_sha256[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02
};
static const uint8_t alg_rsa_sha256[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x0b, 0x05, 0x00
};
static const uint8_t alg_p256[] = {
	0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07
};
static const uint8_t oid_common_name[] = { 0x06, 0x03, 0x55, 0x04, 0x03 };
/* keyUsage: of a CA keyCertSign and cRLSign; of a leaf digitalSignature */
static const uint8_t usage_ca[] = { 0x03, 0x02, 0x01, 0x06 };
static const uint8_t usage_leaf[] = { 0x03, 0x02, 0x07, 0x80 };
/* basicConstraints: a CA; not a CA */
static const uint8_t constraints_ca[] = { 0x30, 0x03, 0x01, 0x01, 0xff };
static const uint8_t constraints_leaf[] = { 0x30, 0x00 };
/* extKeyUsage: serverAuth; clientAuth */
static const uint8_t purpose_server[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01
};
static const uint8_t purpose_client[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02
};

static void
back_put(struct back *b, const void *bytes, size_t n)
{
	if (b->bad || n > b->at) {
		b->bad = true;
		return;
	}
	b->at -= n;
	memcpy(b->buf + b->at, bytes, n);
}

static void
put_byte(struct back *b, uint8_t v)
{
	back_put(b, &v, 1);
}

/* Writes the header of an element whose contents end at end. */
static void
put_head(struct back *b, uint8_t tag, size_t end)
{
	size_t len = end - b->at;

	put_byte(b, (uint8_t)len);
	if (len > 0xff)
		put_byte(b, (uint8_t)(len >> 8));
	if (len > 0x7f)
		put_byte(b, len > 0xff ? 0x82 : 0x81);
	put_byte(b, tag);
}

/* Writes an element. */
static void
put_element(struct back *b, uint8_t tag, const void *bytes, size_t n)
{
	size_t end = b->at;

	back_put(b, bytes, n);
	put_head(b, tag, end);
}

/* Writes an extension 2.5.29.arc whose value ends at end. */
static void
put_extension(struct back *b, uint8_t arc, bool critical, size_t end)
{
	static const uint8_t yes[] = { 0x01, 0x01, 0xff };
	uint8_t oid[] = { 0x55, 0x1d, 0 };

	put_head(b, 0x04, end);
	if (critical)
		back_put(b, yes, sizeof(yes));
	oid[2] = arc;
	put_element(b, 0x06, oid, sizeof(oid));
	put_head(b, 0x30, end);
}

/* Writes an extension with a constant value. */
static void
put_ready_extension(struct back *b, uint8_t arc, bool critical,
    const uint8_t *value, size_t n)
{
	size_t end = b->at;

	back_put(b, value, n);
	put_extension(b, arc, critical, end);
}

static void
key_id(const uint8_t *key, size_t len, uint8_t id[KEY_ID_LEN])
{
	uint8_t hash[br_sha256_SIZE];
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, key, len);
	br_sha256_out(&sha, hash);
	memcpy(id, hash, KEY_ID_LEN);
}

static bool
is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool
certwrite_name_ok(const char *name)
{
	size_t label = 0, len = strlen(name);
	struct addr a;
	bool letters = false;

	if (addr_parse_ip(&a, name) == 0)
		return a.scope == 0;
	if (len == 0 || len > DNS_NAME_MAX)
		return false;
	if (name[0] == '*' && name[1] == '.')
		name += 2;
	for (; *name != '\0'; name++) {
		if (*name == '.' && label > 0) {
			label = 0;
			continue;
		}
		if (!is_label_char(*name) || ++label > DNS_LABEL_MAX ||
		    (label == 1 && *name == '-'))
			return false;
		letters |= *name < '0' || *name > '9';
	}
	/* Only digits and dots: probably a mistyped address. */
	return label > 0 && letters;
}

/* subjectAltName, if there are names. */
static void
put_names(struct back *b, const struct certwrite_wish *wish)
{
	size_t end = b->at, i;
	const char *name;
	struct addr a;

	if (wish->num_names == 0)
		return;
	for (i = wish->num_names; i > 0; i--) {
		name = wish->names[i - 1];
		if (!certwrite_name_ok(name))
			b->bad = true;
		else if (addr_parse_ip(&a, name) == 0)
			put_element(b, CERT_ADDRESS_NAME, a.ip,
			    a.family == 4 ? 4 : 16);
		else
			put_element(b, CERT_DNS_NAME, name, strlen(name));
	}
	put_head(b, 0x30, end);
	put_extension(b, 17, false, end);
}

/* authorityKeyIdentifier and subjectKeyIdentifier. */
static void
put_key_ids(struct back *b, const struct certwrite_wish *wish)
{
	const br_ec_public_key *pub = &wish->subject->pub.key.ec;
	uint8_t own[KEY_ID_LEN], made[KEY_ID_LEN];
	struct slice above = { own, sizeof(own) };
	const struct cert *ca;
	size_t end = b->at;

	key_id(pub->q, pub->qlen, own);
	if (wish->issuer != NULL) {
		ca = wish->issuer->cert;
		above = ca->key_id;
		if (above.data == NULL) {
			key_id(ca->key_bits.data, ca->key_bits.len, made);
			above.data = made;
			above.len = sizeof(made);
		}
	}
	put_element(b, 0x80, above.data, above.len);
	put_head(b, 0x30, end);
	put_extension(b, 35, false, end);
	end = b->at;
	put_element(b, 0x04, own, sizeof(own));
	put_extension(b, 14, false, end);
}

static void
put_extensions(struct back *b, const struct certwrite_wish *wish)
{
	size_t end = b->at;

	put_names(b, wish);
	put_key_ids(b, wish);
	switch (wish->kind) {
	case CERTWRITE_CA:
		put_ready_extension(b, 15, true, usage_ca, sizeof(usage_ca));
		put_ready_extension(b, 19, true, constraints_ca,
		    sizeof(constraints_ca));
		break;
	case CERTWRITE_SERVER:
		put_ready_extension(b, 37, false, purpose_server,
		    sizeof(purpose_server));
		break;
	case CERTWRITE_CLIENT:
		put_ready_extension(b, 37, false, purpose_client,
		    sizeof(purpose_client));
		break;
	}
	if (wish->kind != CERTWRITE_CA) {
		put_ready_extension(b, 15, true, usage_leaf,
		    sizeof(usage_leaf));
		put_ready_extension(b, 19, true, constraints_leaf,
		    sizeof(constraints_leaf));
	}
	put_head(b, 0x30, end);
	put_head(b, 0xa3, end);
}

/* UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
static void
put_time(struct back *b, int64_t wall_s)
{
	char day[16], text[32];
	int64_t in_day = wall_s % 86400 + (wall_s % 86400 < 0 ? 86400 : 0);
	bool utc;
	int n;

	cert_day_text(wall_s, day);		/* 2026-01-31 */
	if (day[4] != '-') {
		b->bad = true;
		return;
	}
	utc = strcmp(day, "1950") >= 0 && strcmp(day, "2050") < 0;
	n = snprintf(text, sizeof(text), "%.4s%.2s%.2s%02d%02d%02dZ", day,
	    day + 5, day + 8, (int)(in_day / 3600), (int)(in_day / 60 % 60),
	    (int)(in_day % 60));
	if (utc)
		put_element(b, 0x17, text + 2, (size_t)n - 2);
	else
		put_element(b, 0x18, text, (size_t)n);
}

/* A Name of one common name. */
static void
put_subject(struct back *b, const char *common_name)
{
	size_t end = b->at, len = strlen(common_name);

	if (len > COMMON_NAME_MAX)
		len = COMMON_NAME_MAX;
	put_element(b, 0x0c, common_name, len);
	back_put(b, oid_common_name, sizeof(oid_common_name));
	put_head(b, 0x30, end);
	put_head(b, 0x31, end);
	put_head(b, 0x30, end);
}

static void
put_public_key(struct back *b, const br_ec_public_key *pub)
{
	size_t end = b->at;

	back_put(b, pub->q, pub->qlen);
	put_byte(b, 0);
	put_head(b, 0x03, end);
	back_put(b, alg_p256, sizeof(alg_p256));
	put_head(b, 0x30, end);
}

static void
put_algorithm(struct back *b, const struct pem_key *signer)
{
	if (signer->type == BR_KEYTYPE_RSA)
		back_put(b, alg_rsa_sha256, sizeof(alg_rsa_sha256));
	else
		back_put(b, alg_ecdsa_sha256, sizeof(alg_ecdsa_sha256));
}

/* TBSCertificate, RFC 5280 4.1. */
static void
put_tbs(struct back *b, struct random *r, const struct certwrite_wish *wish,
    const struct pem_key *signer)
{
	static const uint8_t version[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
	uint8_t serial[SERIAL_LEN];
	size_t end = b->at, dates_end;

	put_extensions(b, wish);
	put_public_key(b, &wish->subject->pub.key.ec);
	put_subject(b, wish->common_name);
	dates_end = b->at;
	put_time(b, wish->not_after_s);
	put_time(b, wish->not_before_s);
	put_head(b, 0x30, dates_end);
	if (wish->issuer != NULL)
		back_put(b, wish->issuer->cert->subject.data,
		    wish->issuer->cert->subject.len);
	else
		put_subject(b, wish->common_name);
	put_algorithm(b, signer);
	/* The top bits 01 make it positive and always SERIAL_LEN bytes long. */
	random_bytes(r, serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	put_element(b, 0x02, serial, sizeof(serial));
	back_put(b, version, sizeof(version));
	put_head(b, 0x30, end);
}

/* Signs with SHA-256; returns the signature's length, 0 on failure. */
static size_t
sign(const struct pem_key *key, const uint8_t *bytes, size_t len,
    uint8_t signature[SIGNATURE_MAX])
{
	uint8_t hash[br_sha256_SIZE];
	br_sha256_context sha;
	size_t n;

	br_sha256_init(&sha);
	br_sha256_update(&sha, bytes, len);
	br_sha256_out(&sha, hash);
	if (key->type == BR_KEYTYPE_EC)
		return br_ecdsa_sign_asn1_get_default()(curves_get(),
		    &br_sha256_vtable, hash, &key->ec, signature);
	n = (key->rsa.n_bitlen + 7) / 8;
	if (n > SIGNATURE_MAX || !br_rsa_pkcs1_sign_get_default()(
	    BR_HASH_OID_SHA256, hash, sizeof(hash), &key->rsa, signature))
		return 0;
	return n;
}

size_t
certwrite_cert(uint8_t *der, size_t size, struct random *r,
    const struct certwrite_wish *wish)
{
	const struct pem_key *signer = wish->issuer != NULL ?
	    wish->issuer->key : &wish->subject->key;
	uint8_t buf[CERTWRITE_MAX], signature[SIGNATURE_MAX];
	struct back tbs = { buf, sizeof(buf), sizeof(buf), false };
	struct back out = { der, size, size, false };
	size_t n;

	put_tbs(&tbs, r, wish, signer);
	if (tbs.bad)
		return 0;
	n = sign(signer, buf + tbs.at, tbs.size - tbs.at, signature);
	if (n == 0)
		return 0;
	back_put(&out, signature, n);
	put_byte(&out, 0);
	put_head(&out, 0x03, size);
	put_algorithm(&out, signer);
	back_put(&out, buf + tbs.at, tbs.size - tbs.at);
	put_head(&out, 0x30, size);
	if (out.bad)
		return 0;
	memmove(der, der + out.at, size - out.at);
	return size - out.at;
}

void
certwrite_new_key(struct random *r, struct certwrite_key *key)
{
	const br_ec_impl *ec = curves_get();

	memset(key, 0, sizeof(*key));
	br_ec_keygen(random_prng(r), ec, &key->key.ec, key->secret,
	    BR_EC_secp256r1);
	br_ec_compute_pub(ec, &key->pub.key.ec, key->point, &key->key.ec);
	key->key.type = BR_KEYTYPE_EC;
	key->pub.key_type = BR_KEYTYPE_EC;
}

size_t
certwrite_key_der(uint8_t *der, size_t size, const struct certwrite_key *key)
{
	size_t n = br_encode_ec_pkcs8_der(NULL, &key->key.ec,
	    &key->pub.key.ec);

	if (n == 0 || n > size)
		return 0;
	return br_encode_ec_pkcs8_der(der, &key->key.ec, &key->pub.key.ec);
}

size_t
certwrite_pem(char *text, size_t size, const char *label, const uint8_t *der,
    size_t len)
{
	size_t n = br_pem_encode(NULL, der, len, label, BR_PEM_LINE64);

	if (n >= size)
		return 0;
	br_pem_encode(text, der, len, label, BR_PEM_LINE64);
	text[n] = '\0';
	return n;
}
