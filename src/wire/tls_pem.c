/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Certificates, private keys and trust anchors from PEM text.
 *
 * NOTES.  A block (pem_text.h) is decoded into the free part of the pem_space.
 * What is kept of a certificate is then moved to the start of the free part; a
 * key (key_der.h) is kept where it is.
 */

#include "compat.h"

#include "wire/tls_pem.h"

#include "wire/cert.h"
#include "wire/curves.h"
#include "wire/key_der.h"

const char *
pem_strerror(enum pem_error error)
{
	switch (error) {
	case PEM_OK:
		return "no error";
	case PEM_NO_CERT:
		return "there is no certificate in it (no BEGIN CERTIFICATE)";
	case PEM_NO_KEY:
		return "there is no private key in it (no BEGIN PRIVATE KEY)";
	case PEM_NOT_PEM:
		return "it is binary (DER or PKCS#12), not PEM; convert it "
		    "with openssl x509, pkey or pkcs12";
	case PEM_UTF16:
		return "it is UTF-16 text; save it as UTF-8 or ASCII";
	case PEM_BAD_BEGIN:
		return "this BEGIN line is damaged: it must end in five "
		    "dashes";
	case PEM_UNFINISHED:
		return "the block that begins here has no END line";
	case PEM_BAD_BASE64:
		return "this is not base64";
	case PEM_BAD_CERT:
		return "this is not an X.509 certificate";
	case PEM_BAD_KEY:
		return "this is not a private key, or a damaged one";
	case PEM_ENCRYPTED:
		return "the key is encrypted, and a daemon cannot ask for its "
		    "passphrase; decrypt it with openssl pkey";
	case PEM_OPENSSH:
		return "this is a key in OpenSSH's format; convert it with "
		    "ssh-keygen -p -m PEM";
	case PEM_KEY_TYPE:
		return "this kind of key is not supported; use RSA or EC "
		    "P-256, P-384 or P-521";
	case PEM_CERT_TYPE:
		return "the certificate's kind of key is not supported; use "
		    "RSA or EC P-256, P-384 or P-521";
	case PEM_KEY_SIZE:
		return "an RSA key must have 2048 to 4096 bits";
	case PEM_NO_SPACE:
		return "it is too large";
	case PEM_NO_TLS:
		return "this program was built without TLS";
	}
	return "unknown error";
}

size_t
pem_space_for(size_t len)
{
	/* An empty block is 52 bytes of text, and needs an array entry of up
	 * to 72 bytes.  Decoding makes base64 a quarter shorter. */
	return 2 * len + 2048;
}

void
pem_space_wipe(struct pem_space *space)
{
	if (space->base != NULL)
		explicit_bzero(space->base, space->size);
	space->used = 0;
}

/* Allocates n bytes of the space, aligned for any struct here; NULL when they
 * do not fit. */
static void *
space_take(struct pem_space *space, size_t n)
{
	size_t at = (space->used + 15) & ~(size_t)15;

	if (at > space->size || n > space->size - at)
		return NULL;
	space->used = at + n;
	return space->base + at;
}

/* Copies n bytes into the space; NULL when they do not fit. */
static uint8_t *
space_copy(struct pem_space *space, const uint8_t *from, size_t n)
{
	uint8_t *p = space_take(space, n);

	/* The two may overlap: a block is decoded where its copy goes. */
	if (p != NULL && n > 0)
		memmove(p, from, n);
	return p;
}

/* Is this an RSA key that is too weak, or too long for BearSSL? */
static bool
is_odd_size(const br_x509_pkey *key)
{
	return key->key_type == BR_KEYTYPE_RSA &&
	    (key->key.rsa.nlen < RSA_MIN_BITS / 8 ||
	    key->key.rsa.nlen > RSA_MAX_BITS / 8);
}

int
pem_read_chain(struct pem_space *space, const char *text, size_t len,
    struct pem_chain *chain, struct pem_trouble *trouble)
{
	struct pem_scan s = { text, len, 0, 0 };
	br_x509_certificate *out;
	struct pem_block block;
	struct cert cert;
	size_t max;
	int got;

	memset(chain, 0, sizeof(*chain));
	memset(trouble, 0, sizeof(*trouble));
	max = pem_count_blocks(text, len, PEM_BLOCK_CERT);
	chain->certs = space_take(space, max * sizeof(*out));
	if (chain->certs == NULL)
		return pem_fail(trouble, PEM_NO_SPACE, 0);
	while ((got = pem_next_block(&s, space, PEM_BLOCK_CERT, &block,
	    trouble)) > 0) {
		if (cert_read(&cert, block.der, block.len) != 0)
			return pem_fail(trouble, PEM_BAD_CERT, block.line);
		out = &chain->certs[chain->num];
		out->data_len = cert.all.len;
		out->data = space_copy(space, block.der, cert.all.len);
		if (out->data == NULL)
			return pem_fail(trouble, PEM_NO_SPACE, block.line);
		if (chain->num++ > 0)
			continue;
		if (cert_read(&cert, out->data, out->data_len) != 0)
			return pem_fail(trouble, PEM_BAD_CERT, block.line);
		if (cert.key.key_type == 0)
			return pem_fail(trouble, PEM_CERT_TYPE, block.line);
		if (is_odd_size(&cert.key))
			return pem_fail(trouble, PEM_KEY_SIZE, block.line);
		chain->leaf_key = cert.key;
		chain->issuer_type = cert.signer_type;
		chain->not_before_s = cert.not_before_s;
		chain->not_after_s = cert.not_after_s;
		cert_name_text(cert.subject, chain->subject,
		    sizeof(chain->subject));
	}
	if (got < 0)
		return -1;
	if (chain->num == 0)
		return pem_none_found(text, len, PEM_NO_CERT, trouble);
	return 0;
}

/* Why a block cannot be read as a key; PEM_OK when it can. */
static enum pem_error
key_block_error(const struct pem_block *block)
{
	if (block->encrypted ||
	    pem_label_is(block->label, "ENCRYPTED PRIVATE KEY"))
		return PEM_ENCRYPTED;
	if (pem_label_is(block->label, "OPENSSH PRIVATE KEY"))
		return PEM_OPENSSH;
	if (!pem_label_is(block->label, "PRIVATE KEY") &&
	    !pem_label_is(block->label, "RSA PRIVATE KEY") &&
	    !pem_label_is(block->label, "EC PRIVATE KEY"))
		return PEM_KEY_TYPE;
	return PEM_OK;
}

int
pem_read_key(struct pem_space *space, const char *text, size_t len,
    struct pem_key *key, struct pem_trouble *trouble)
{
	struct pem_scan s = { text, len, 0, 0 };
	enum pem_error error;
	struct pem_block block;
	struct slice der;
	int got;

	memset(key, 0, sizeof(*key));
	memset(trouble, 0, sizeof(*trouble));
	got = pem_next_block(&s, space, PEM_BLOCK_KEY, &block, trouble);
	if (got < 0)
		return -1;
	if (got == 0)
		return pem_none_found(text, len, PEM_NO_KEY, trouble);
	der.data = block.der;
	der.len = block.len;
	error = key_block_error(&block);
	if (error == PEM_OK)
		error = key_der_read(key, der);
	/* It is where it was decoded: up to 15 bytes before what is taken. */
	if (error == PEM_OK && space_take(space, block.len) == NULL)
		error = PEM_NO_SPACE;
	if (error == PEM_OK)
		return 0;
	explicit_bzero(block.der, block.len);
	return pem_fail(trouble, error, block.line);
}

/* Copies a block, a certificate and perhaps its trust part, to the end of the
 * list; false: no room. */
static bool
keep_anchor(struct pem_space *space, struct pem_anchors *anchors,
    const struct pem_block *block, const struct cert *cert)
{
	br_x500_name *name = &anchors->names[anchors->num];
	struct slice *der = &anchors->ders[anchors->num];
	size_t at = (size_t)(cert->subject.data - block->der);
	uint8_t *copy;

	name->len = cert->subject.len;
	der->len = block->len;
	copy = space_copy(space, block->der, block->len);
	if (copy == NULL)
		return false;
	name->data = copy + at;
	der->data = copy;
	anchors->num++;
	return true;
}

int
pem_read_anchors(struct pem_space *space, const char *text, size_t len,
    struct pem_anchors *anchors, struct pem_trouble *trouble)
{
	struct pem_scan s = { text, len, 0, 0 };
	unsigned skipped_line = 0;
	struct pem_block block;
	struct slice aux;
	struct cert cert;
	size_t max;
	int got;

	memset(anchors, 0, sizeof(*anchors));
	memset(trouble, 0, sizeof(*trouble));
	max = pem_count_blocks(text, len, PEM_BLOCK_CERT);
	anchors->names = space_take(space, max * sizeof(*anchors->names));
	anchors->ders = space_take(space, max * sizeof(*anchors->ders));
	if (anchors->names == NULL || anchors->ders == NULL)
		return pem_fail(trouble, PEM_NO_SPACE, 0);
	while ((got = pem_next_block(&s, space, PEM_BLOCK_CERT, &block,
	    trouble)) > 0) {
		if (cert_read(&cert, block.der, block.len) != 0)
			return pem_fail(trouble, PEM_BAD_CERT, block.line);
		if (!pem_label_is(block.label, "TRUSTED CERTIFICATE"))
			block.len = cert.all.len;
		aux.data = block.der + cert.all.len;
		aux.len = block.len - cert.all.len;
		if (cert_trusted_uses(aux) < 0)
			return pem_fail(trouble, PEM_BAD_CERT, block.line);
		if (cert.key.key_type == 0 ||
		    (cert.key.key_type == BR_KEYTYPE_RSA &&
		    cert.key.key.rsa.nlen > RSA_MAX_BITS / 8)) {
			anchors->skipped++;
			skipped_line = block.line;
			continue;
		}
		if (!keep_anchor(space, anchors, &block, &cert))
			return pem_fail(trouble, PEM_NO_SPACE, block.line);
	}
	if (got < 0)
		return -1;
	if (anchors->num == 0 && anchors->skipped > 0)
		return pem_fail(trouble, PEM_CERT_TYPE, skipped_line);
	if (anchors->num == 0)
		return pem_none_found(text, len, PEM_NO_CERT, trouble);
	return 0;
}

/* Computes the modulus as the product of the primes, which BearSSL 0.6 cannot
 * do for 4096 bits.  Writes its low n bytes, with leading zeros. */
static void
rsa_modulus(const br_rsa_private_key *key, uint8_t *out, size_t n)
{
	size_t i, j, at;
	uint32_t carry;

	memset(out, 0, n);
	for (i = 0; i < key->plen; i++) {
		carry = 0;
		for (j = 0; j < key->qlen || carry > 0; j++) {
			at = i + j;
			if (at >= n)
				break;
			carry += out[n - 1 - at];
			if (j < key->qlen)
				carry += (uint32_t)key->p[key->plen - 1 - i] *
				    key->q[key->qlen - 1 - j];
			out[n - 1 - at] = (uint8_t)carry;
			carry >>= 8;
		}
	}
}

bool
pem_key_fits(const struct pem_key *key, const struct pem_chain *chain)
{
	static const uint8_t zeros[16];
	uint8_t rsa[RSA_MAX_BITS / 8 + sizeof(zeros)];
	uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE];
	const br_x509_pkey *leaf = &chain->leaf_key;
	br_ec_public_key pub;
	size_t n;

	if (key->type != leaf->key_type)
		return false;
	if (key->type == BR_KEYTYPE_RSA) {
		n = leaf->key.rsa.nlen;
		if (n > RSA_MAX_BITS / 8)
			return false;
		/* The bytes in front are 0 unless the product is longer. */
		rsa_modulus(&key->rsa, rsa, sizeof(zeros) + n);
		return memcmp(rsa, zeros, sizeof(zeros)) == 0 &&
		    memcmp(rsa + sizeof(zeros), leaf->key.rsa.n, n) == 0;
	}
	if (key->type == BR_KEYTYPE_EC && key->ec.curve == leaf->key.ec.curve) {
		n = br_ec_compute_pub(curves_get(), &pub, point,
		    &key->ec);
		return n != 0 && n == leaf->key.ec.qlen &&
		    memcmp(point, leaf->key.ec.q, n) == 0;
	}
	return false;
}
