/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Verifies a peer's certificate chain.
 *
 * NOTES.  An X.509 engine in BearSSL's sense that gathers each certificate,
 * reads it with cert_read() and then feeds it to the minimal engine.  The
 * order of judgement: form and size, then the chain by the minimal engine
 * (dates, signatures, CA flags, anchors), then usage, then the name.  So an
 * impostor with the right name is refused for its CA, not for its name.
 *
 * Members of the minimal engine that its header calls internal are used by
 * tls_bearssl.h: to know the certificate at which it stopped, to give it the
 * candidates of each certificate, and for feed().
 *
 * Usage: a certificate with extended key usage must list ours or anyUsage,
 * those of intermediate CAs too, as browsers and OpenSSL require; one without
 * it may do anything.  SHA-1 signatures are not accepted.
 */

#include "compat.h"

#include "wire/tls_verify.h"

#include "base/text.h"
#include "wire/tls_bearssl.h"

enum {
	DAYS_TO_1970 = 719528,		/* from the year 0, as BearSSL counts */
	RSA_MIN_BYTES = 256,		/* 2048 bits */
};

static struct tls_verify *
verify_of(const br_x509_class **ctx)
{
	return (struct tls_verify *)(void *)ctx;
}

static bool
slice_same(struct slice a, const br_x500_name *b)
{
	return a.len == b->len && memcmp(a.data, b->data, a.len) == 0;
}

int
anchors_find(const struct pem_anchors *anchors, struct slice issuer,
    struct slice subject, struct pem_space *room, br_x509_trust_anchor *out,
    size_t max)
{
	const br_x509_trust_anchor *a;
	struct slice want;
	size_t i, n = 0;

	if (anchors->find != NULL)
		return anchors->find(anchors, issuer, subject, room, out, max);
	for (i = 0; i < anchors->num && n < max; i++) {
		a = &anchors->list[i];
		want = (a->flags & BR_X509_TA_CA) != 0 ? issuer : subject;
		if (want.len > 0 && slice_same(want, &a->dn))
			out[n++] = *a;
	}
	return (int)n;
}

static void
start_chain(const br_x509_class **ctx, const char *server_name)
{
	struct tls_verify *v = verify_of(ctx);

	(void)server_name;		/* want.name says it */
	v->fault = VERIFY_NOT_DONE;
	v->engine_error = 0;
	v->depth = 0;
	v->done = false;
	v->until_s = INT64_MAX;
	v->leaf.known = v->at.known = false;
	v->minimal.vtable->start_chain(&v->minimal.vtable, NULL);
}

static void
verify_refuse(struct tls_verify *v, enum verify_fault fault)
{
	v->fault = fault;
	v->done = true;
}

static void
start_cert(const br_x509_class **ctx, uint32_t length)
{
	struct tls_verify *v = verify_of(ctx);

	v->len = 0;
	if (!v->done && (length > sizeof(v->der) ||
	    v->depth >= VERIFY_CHAIN_MAX))
		verify_refuse(v, VERIFY_TOO_LARGE);
}

static void
append(const br_x509_class **ctx, const unsigned char *buf, size_t len)
{
	struct tls_verify *v = verify_of(ctx);

	if (v->done)
		return;
	if (len > sizeof(v->der) - v->len) {
		verify_refuse(v, VERIFY_TOO_LARGE);
		return;
	}
	memcpy(v->der + v->len, buf, len);
	v->len += len;
}

static void
fill_info(struct verify_info *info, const struct cert *c)
{
	info->known = true;
	cert_name_text(c->subject, info->subject, sizeof(info->subject));
	cert_name_text(c->issuer, info->issuer, sizeof(info->issuer));
	cert_names_text(c, info->names, sizeof(info->names));
	cert_identity(c, info->identity, sizeof(info->identity));
	info->not_before_s = c->not_before_s;
	info->not_after_s = c->not_after_s;
}

static bool
may_be_used(const struct tls_verify *v, const struct cert *c)
{
	unsigned want = v->want.client ? CERT_CLIENT_AUTH : CERT_SERVER_AUTH;

	if (c->has_ext_usage && (c->ext_usage & (want | CERT_ANY_USAGE)) == 0)
		return false;
	/* Of a leaf, ECDHE wants signatures: digitalSignature or, as BearSSL
	 * sees it, nonRepudiation. */
	return v->depth > 0 || !c->has_key_usage ||
	    (c->key_usage & (CERT_SIGN | CERT_SIGN << 1)) != 0;
}

static enum verify_fault
fault_of_engine(const struct tls_verify *v, unsigned error)
{
	switch (error) {
	case BR_ERR_X509_EXPIRED:
		return v->want.now_s < v->at.not_before_s ? VERIFY_NOT_YET :
		    VERIFY_EXPIRED;
	case BR_ERR_X509_BAD_SIGNATURE:
	case BR_ERR_X509_WRONG_KEY_TYPE:
		return VERIFY_BAD_SIGNATURE;
	case BR_ERR_X509_DN_MISMATCH:
		return VERIFY_BROKEN_CHAIN;
	case BR_ERR_X509_NOT_CA:
		return VERIFY_NOT_CA;
	case BR_ERR_X509_FORBIDDEN_KEY_USAGE:
		return v->depth == 0 ? VERIFY_WRONG_USAGE : VERIFY_NOT_CA;
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		return VERIFY_WEAK_KEY;
	case BR_ERR_X509_UNSUPPORTED:
	case BR_ERR_X509_CRITICAL_EXTENSION:
	case BR_ERR_X509_LIMIT_EXCEEDED:
	case BR_ERR_X509_OVERFLOW:
		return VERIFY_UNSUPPORTED;
	case BR_ERR_X509_NOT_TRUSTED:
		if (v->same_name)
			return VERIFY_OTHER_CA_KEY;
		return v->self_signed && v->depth == 1 ? VERIFY_SELF_SIGNED :
		    VERIFY_UNKNOWN_CA;
	case BR_ERR_X509_EMPTY_CHAIN:
		return VERIFY_NO_CERT;
	}
	return VERIFY_MALFORMED;
}

/* Gives the engine a run of the certificate. */
static void
feed_run(struct tls_verify *v, size_t from, size_t to)
{
	if (to > from)
		v->minimal.vtable->append(&v->minimal.vtable, v->der + from,
		    to - from);
}

/* Gives the engine the certificate.  It refuses a critical extended key usage
 * as unknown, which may_be_used() judges.  So the engine parses that one flag
 * as false, while the hash under the signature gets the real byte. */
static void
feed(struct tls_verify *v, const struct cert *c)
{
	const br_x509_class **m = &v->minimal.vtable;
	size_t at;

	(*m)->start_cert(m, (uint32_t)v->len);
	if (c->usage_critical.data == NULL) {
		feed_run(v, 0, v->len);
	} else {
		at = (size_t)(c->usage_critical.data - v->der);
		feed_run(v, 0, at);
		bearssl_x509_append_as(&v->minimal, v->der + at, 0);
		feed_run(v, at + 1, v->len);
	}
	(*m)->end_cert(m);
}

/* Remembers what the leaf says, for the judgement at the end. */
static void
note_leaf(struct tls_verify *v, const struct cert *c)
{
	v->leaf = v->at;
	v->usage_fits = true;
	v->name_fits = v->want.name == NULL || cert_is_for(c, v->want.name);
	v->self_signed = c->issuer.len == c->subject.len &&
	    memcmp(c->issuer.data, c->subject.data, c->issuer.len) == 0;
}

/* Gives the engine the anchors that may have signed the certificate, or be it;
 * false when they cannot be read. */
static bool
choose_anchors(struct tls_verify *v, const struct cert *c)
{
	static const struct slice none = { NULL, 0 };
	struct pem_space room = { v->room.bytes, sizeof(v->room.bytes), 0 };
	int i, n;

	n = anchors_find(v->want.anchors, c->issuer,
	    v->depth == 0 ? c->subject : none, &room, v->found,
	    VERIFY_ANCHORS_MAX);
	bearssl_x509_set_anchors(&v->minimal, n < 0 ? 0 : (size_t)n);
	v->same_name = false;
	for (i = 0; i < n; i++)
		if (v->found[i].flags & BR_X509_TA_CA)
			v->same_name = true;
	return n >= 0;
}

static void
end_cert(const br_x509_class **ctx)
{
	struct tls_verify *v = verify_of(ctx);
	struct cert c;
	int error;

	if (v->done)
		return;
	if (cert_read(&c, v->der, v->len) != 0 || c.all.len != v->len) {
		v->at.known = false;
		verify_refuse(v, VERIFY_MALFORMED);
		return;
	}
	fill_info(&v->at, &c);
	if (v->depth == 0)
		note_leaf(v, &c);
	v->usage_fits = v->usage_fits && may_be_used(v, &c);
	if (c.not_after_s < v->until_s)
		v->until_s = c.not_after_s;
	if (!choose_anchors(v, &c)) {
		verify_refuse(v, VERIFY_STORE_FAILED);
		return;
	}
	feed(v, &c);
	error = bearssl_x509_error(&v->minimal);
	v->engine_error = (unsigned)error;
	if (error == BR_ERR_X509_OK) {
		v->fault = VERIFY_OK;
		v->done = true;
	} else if (error != 0) {
		verify_refuse(v, fault_of_engine(v, (unsigned)error));
	}
	v->depth++;
}

/* The result for BearSSL; any value but 0 ends the handshake. */
static unsigned
error_of_fault(enum verify_fault fault)
{
	switch (fault) {
	case VERIFY_OK:
		return 0;
	case VERIFY_NOT_DONE:
	case VERIFY_NO_CERT:
		return BR_ERR_X509_EMPTY_CHAIN;
	case VERIFY_EXPIRED:
	case VERIFY_NOT_YET:
		return BR_ERR_X509_EXPIRED;
	case VERIFY_UNKNOWN_CA:
	case VERIFY_SELF_SIGNED:
	case VERIFY_OTHER_CA_KEY:
	case VERIFY_STORE_FAILED:
		return BR_ERR_X509_NOT_TRUSTED;
	case VERIFY_WRONG_NAME:
		return BR_ERR_X509_BAD_SERVER_NAME;
	case VERIFY_WRONG_USAGE:
		return BR_ERR_X509_FORBIDDEN_KEY_USAGE;
	case VERIFY_NOT_CA:
		return BR_ERR_X509_NOT_CA;
	case VERIFY_BAD_SIGNATURE:
		return BR_ERR_X509_BAD_SIGNATURE;
	case VERIFY_BROKEN_CHAIN:
		return BR_ERR_X509_DN_MISMATCH;
	case VERIFY_WEAK_KEY:
		return BR_ERR_X509_WEAK_PUBLIC_KEY;
	case VERIFY_UNSUPPORTED:
		return BR_ERR_X509_UNSUPPORTED;
	case VERIFY_MALFORMED:
		return BR_ERR_X509_INVALID_VALUE;
	case VERIFY_TOO_LARGE:
		return BR_ERR_X509_LIMIT_EXCEEDED;
	}
	return BR_ERR_X509_INVALID_VALUE;
}

static unsigned
end_chain(const br_x509_class **ctx)
{
	struct tls_verify *v = verify_of(ctx);

	if (!v->done) {
		v->engine_error = v->minimal.vtable->end_chain(
		    &v->minimal.vtable);
		verify_refuse(v, fault_of_engine(v, v->engine_error));
	}
	if (v->fault == VERIFY_OK && !v->usage_fits)
		v->fault = VERIFY_WRONG_USAGE;
	if (v->fault == VERIFY_OK && !v->name_fits)
		v->fault = VERIFY_WRONG_NAME;
	return error_of_fault(v->fault);
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	const struct tls_verify *v =
	    (const struct tls_verify *)(const void *)ctx;

	if (v->fault != VERIFY_OK)
		return NULL;
	return v->minimal.vtable->get_pkey(&v->minimal.vtable, usages);
}

static const br_x509_class verify_class = {
	sizeof(struct tls_verify),
	start_chain,
	start_cert,
	append,
	end_cert,
	end_chain,
	get_pkey
};

void
tls_verify_init(struct tls_verify *v, const struct verify_want *want)
{
	br_x509_minimal_context *m = &v->minimal;
	int64_t days = want->now_s / 86400, seconds = want->now_s % 86400;

	memset(v, 0, offsetof(struct tls_verify, der));
	v->vtable = &verify_class;
	v->want = *want;
	v->fault = VERIFY_NOT_DONE;
	br_x509_minimal_init(m, &br_sha256_vtable, v->found, 0);
	br_x509_minimal_set_rsa(m, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(m, br_ec_get_default(),
	    br_ecdsa_vrfy_asn1_get_default());
	br_x509_minimal_set_hash(m, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(m, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(m, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_minrsa(m, RSA_MIN_BYTES);
	if (want->now_s < 0)
		days = seconds = 0;
	br_x509_minimal_set_time(m, (uint32_t)(days + DAYS_TO_1970),
	    (uint32_t)seconds);
}

uint8_t
tls_verify_alert(enum verify_fault fault)
{
	switch (fault) {
	case VERIFY_OK:
	case VERIFY_NOT_DONE:
	case VERIFY_STORE_FAILED:
		return BR_ALERT_INTERNAL_ERROR;
	case VERIFY_NO_CERT:
		return BR_ALERT_HANDSHAKE_FAILURE;
	case VERIFY_EXPIRED:
	case VERIFY_NOT_YET:
		return BR_ALERT_CERTIFICATE_EXPIRED;
	case VERIFY_UNKNOWN_CA:
	case VERIFY_SELF_SIGNED:
	case VERIFY_OTHER_CA_KEY:
	case VERIFY_BROKEN_CHAIN:
		return BR_ALERT_UNKNOWN_CA;
	case VERIFY_WRONG_USAGE:
	case VERIFY_WEAK_KEY:
	case VERIFY_UNSUPPORTED:
		return BR_ALERT_UNSUPPORTED_CERTIFICATE;
	case VERIFY_WRONG_NAME:
	case VERIFY_TOO_LARGE:
		return BR_ALERT_CERTIFICATE_UNKNOWN;
	case VERIFY_NOT_CA:
	case VERIFY_BAD_SIGNATURE:
	case VERIFY_MALFORMED:
		return BR_ALERT_BAD_CERTIFICATE;
	}
	return BR_ALERT_INTERNAL_ERROR;
}
