/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Verifies what a peer shows, as an X.509 engine of BearSSL's: keeps the
 * certificates, has a path searched, and judges the peer's own.
 *
 * NOTES.  The order of judgement: form, dates and kind of the leaf, then the
 * path, then the leaf's usage, then its name.  So an impostor with the right
 * name is refused for its CA, not for its name.
 */

#include "compat.h"

#include "wire/tls_verify.h"

static struct tls_verify *
verify_of(const br_x509_class **ctx)
{
	return (struct tls_verify *)(void *)ctx;
}

int
anchors_find(const struct pem_anchors *anchors, struct slice issuer,
    struct slice subject, struct pem_space *room, struct slice *out, size_t max)
{
	const br_x500_name *a;
	size_t i, n = 0;

	if (anchors->find != NULL)
		return anchors->find(anchors, issuer, subject, room, out, max);
	for (i = 0; i < anchors->num && n < max; i++) {
		a = &anchors->names[i];
		if (a->len > 0 && (slice_is(issuer, a->data, a->len) ||
		    slice_is(subject, a->data, a->len)))
			out[n++] = anchors->ders[i];
	}
	return (int)n;
}

static void
start_chain(const br_x509_class **ctx, const char *server_name)
{
	struct tls_verify *v = verify_of(ctx);

	(void)server_name;		/* want.name says it */
	v->fault = VERIFY_NOT_DONE;
	v->rank = -1;
	v->depth = 0;
	v->done = false;
	v->work = VERIFY_WORK_MAX;
	v->tried = 0;
	v->names = VERIFY_NAMES_MAX;
	v->num = 0;
	v->used = 0;
	v->until_s = INT64_MAX;
	v->leaf.known = v->at.known = false;
	v->what[0] = '\0';
	v->lacks_issuer = v->name_as_dns = false;
}

static void
verify_refuse(struct tls_verify *v, enum verify_fault fault)
{
	v->fault = fault;
	v->done = true;
}

/* A certificate that is too large, or has no room, is ignored; the first one
 * is refused. */
static void
start_cert(const br_x509_class **ctx, uint32_t length)
{
	struct tls_verify *v = verify_of(ctx);

	v->len = 0;
	v->skip = v->done || length > VERIFY_CERT_MAX ||
	    v->num >= VERIFY_SHOWN_MAX || length > sizeof(v->der) - v->used;
	if (v->skip && !v->done && v->num == 0)
		verify_refuse(v, VERIFY_TOO_LARGE);
}

static void
append(const br_x509_class **ctx, const unsigned char *buf, size_t len)
{
	struct tls_verify *v = verify_of(ctx);

	if (v->skip)
		return;
	if (len > VERIFY_CERT_MAX - v->len ||
	    len > sizeof(v->der) - v->used - v->len) {
		v->skip = true;
		if (v->num == 0)
			verify_refuse(v, VERIFY_TOO_LARGE);
		return;
	}
	memcpy(v->der + v->used + v->len, buf, len);
	v->len += len;
}

/* Keeps the certificate, unless it is there already, or is malformed and not
 * the first. */
static void
end_cert(const br_x509_class **ctx)
{
	struct tls_verify *v = verify_of(ctx);
	struct slice *new = &v->kept[v->num];
	struct cert c;
	unsigned i;

	if (v->skip)
		return;
	new->data = v->der + v->used;
	new->len = v->len;
	for (i = 0; i < v->num; i++)
		if (slice_is(v->kept[i], new->data, new->len))
			return;
	if (v->num > 0 && (cert_read(&c, new->data, new->len) != 0 ||
	    c.all.len != new->len))
		return;
	v->num++;
	v->used += v->len;
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
	case VERIFY_FORBIDDEN_NAME:
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

	if (!v->done && v->num == 0)
		verify_refuse(v, VERIFY_NO_CERT);
	if (!v->done)
		tls_verify_search(v);
	v->done = true;
	return error_of_fault(v->fault);
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	const struct tls_verify *v =
	    (const struct tls_verify *)(const void *)ctx;

	if (v->fault != VERIFY_OK)
		return NULL;
	if (usages != NULL)
		*usages = BR_KEYTYPE_SIGN;
	return &v->leaf_key;
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
	memset(v, 0, offsetof(struct tls_verify, der));
	v->vtable = &verify_class;
	v->want = *want;
	v->fault = VERIFY_NOT_DONE;
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
		return BR_ALERT_UNKNOWN_CA;
	case VERIFY_WRONG_USAGE:
	case VERIFY_WEAK_KEY:
	case VERIFY_UNSUPPORTED:
		return BR_ALERT_UNSUPPORTED_CERTIFICATE;
	case VERIFY_WRONG_NAME:
	case VERIFY_TOO_LARGE:
		return BR_ALERT_CERTIFICATE_UNKNOWN;
	case VERIFY_NOT_CA:
	case VERIFY_FORBIDDEN_NAME:
	case VERIFY_BAD_SIGNATURE:
	case VERIFY_MALFORMED:
		return BR_ALERT_BAD_CERTIFICATE;
	}
	return BR_ALERT_INTERNAL_ERROR;
}
