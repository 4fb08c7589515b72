/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: the certificates that a peer shows.  A signature here is good if
 * its last bit says so, so that the search gets as far as it can.  It ends,
 * within its limits.
 *
 * The first byte of the input has flags, the second is the number of the trust
 * anchors.  Certificates follow, each after two bytes with its length; the
 * first of them are the anchors.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/cert_sign.h"
#include "wire/tls_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANCHORS = 12 };

static unsigned checked;

bool
cert_sign_is_known(const struct cert *c)
{
	return c->signer_type != 0;
}

unsigned
cert_sign_work(const br_x509_pkey *key)
{
	return key->key_type == BR_KEYTYPE_EC ? 3 : 1;
}

bool
cert_is_signed_by(const struct cert *c, const br_x509_pkey *key)
{
	must(c->signature.len > 0 && key->key_type != 0);
	checked++;
	return (c->signature.data[c->signature.len - 1] & 1) != 0;
}

/* Reads one certificate of the input. */
static struct slice
next_cert(struct bytes *in)
{
	struct slice s;
	size_t len = bytes_be16(in);

	if (len > in->len)
		len = in->len;
	s.data = bytes_take(in, len);
	s.len = in->bad ? 0 : len;
	return s;
}

/* Shows a certificate, in two pieces. */
static void
show(const br_x509_class **x, struct slice s)
{
	size_t half = s.len / 2;

	(*x)->start_cert(x, (uint32_t)s.len);
	if (half > 0)
		(*x)->append(x, s.data, half);
	if (s.len > half)
		(*x)->append(x, s.data + half, s.len - half);
	(*x)->end_cert(x);
}

static void
check_verdict(struct tls_verify *v, unsigned error)
{
	const br_x509_class *const *x =
	    (const br_x509_class *const *)(const void *)&v->vtable;
	char why[VERIFY_WHY_TEXT], small[9];

	must(checked <= VERIFY_WORK_MAX - v->work);
	must(v->work <= VERIFY_WORK_MAX && v->tried <= VERIFY_TRIED_MAX);
	must(v->num <= VERIFY_SHOWN_MAX);
	must(v->used <= VERIFY_BYTES_MAX && v->depth <= VERIFY_PATH_MAX);
	must((error == 0) == (v->fault == VERIFY_OK));
	must(((*x)->get_pkey(x, NULL) != NULL) == (v->fault == VERIFY_OK));
	must(v->fault != VERIFY_NOT_DONE && v->fault != VERIFY_STORE_FAILED);
	must(v->fault != VERIFY_OK || v->until_s >= v->want.now_s);
	tls_verify_why(v, why, sizeof(why));
	must(strlen(why) > 10);
	tls_verify_why(v, small, sizeof(small));
	must(strlen(small) == sizeof(small) - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_verify v;
	const br_x509_class **x = &v.vtable;
	struct bytes in = { data, size, false };
	br_x500_name names[ANCHORS];
	struct slice ders[ANCHORS];
	struct pem_anchors anchors = { names, ders, 0, 0, NULL };
	struct verify_want want = { &anchors, NULL, false, 1798761600,
	    false };
	unsigned flags = bytes_u8(&in), n = bytes_u8(&in) % ANCHORS;
	struct cert c;

	while (n-- > 0) {
		ders[anchors.num] = next_cert(&in);
		if (cert_read(&c, ders[anchors.num].data,
		    ders[anchors.num].len) != 0 || c.key.key_type == 0)
			continue;
		names[anchors.num].data = (unsigned char *)c.subject.data;
		names[anchors.num].len = c.subject.len;
		anchors.num++;
	}
	want.client = (flags & 1) != 0;
	want.name = (flags & 2) != 0 ? "10.1.2.3" : (flags & 4) != 0 ?
	    "vpn.example.com" : NULL;
	checked = 0;
	tls_verify_init(&v, &want);
	(*x)->start_chain(x, NULL);
	while (in.len > 0 && !in.bad)
		show(x, next_cert(&in));
	check_verdict(&v, (*x)->end_chain(x));
	return 0;
}
