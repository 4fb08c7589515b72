/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: one certificate, read by cert and given to tls_verify.  Its
 * parts lie inside of it, and a stranger's is never valid.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "wire/cert.h"
#include "wire/tls_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(struct slice part, const uint8_t *data, size_t size)
{
	if (part.data == NULL)
		return;
	must(part.data >= data && part.len <= size);
	must(part.data + part.len <= data + size);
}

static void
check_names(const struct cert *c)
{
	static const char *const hosts[] = {
		"vpn.example.com", "a.b", "10.0.0.1", "::1", "", "."
	};
	char text[CERT_NAME_TEXT], small[8], day[16];
	size_t i;

	must(strlen(cert_name_text(c->subject, text, sizeof(text))) <
	    sizeof(text));
	must(strlen(cert_name_text(c->issuer, small, sizeof(small))) <
	    sizeof(small));
	must(strlen(cert_names_text(c, text, sizeof(text))) < sizeof(text));
	must(strlen(cert_identity(c, small, sizeof(small))) < sizeof(small));
	cert_day_text(c->not_before_s, day);
	cert_day_text(c->not_after_s, day);
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		must(!cert_is_for(c, hosts[i]) || hosts[i][0] != '\0');
}

/* The only anchor has the certificate's name, and a key that signed nothing. */
static void
verify(const struct cert *c, const uint8_t *data, size_t size, bool client)
{
	static struct tls_verify v;
	const br_x509_class **x = &v.vtable;
	br_x500_name name = { (unsigned char *)c->issuer.data, c->issuer.len };
	uint8_t *copy = malloc(size + 1);
	struct slice der = { copy, size };
	struct pem_anchors anchors = { &name, &der, 1, 0, NULL };
	struct verify_want want = { .client = client };
	char why[200];
	size_t at, n;

	if (copy == NULL)
		return;
	if (size > 0)
		memcpy(copy, data, size);
	if (c->key_bits.len > 0)
		copy[c->key_bits.data + c->key_bits.len - 1 - data] ^= 1;
	want.anchors = &anchors;
	want.name = client ? NULL : "vpn.example.com";
	want.now_s = 1798761600;
	tls_verify_init(&v, &want);
	(*x)->start_chain(x, NULL);
	(*x)->start_cert(x, (uint32_t)size);
	for (at = 0; at < size; at += n) {
		n = size - at < 200 ? size - at : 200;
		(*x)->append(x, data + at, n);
	}
	(*x)->end_cert(x);
	must((*x)->end_chain(x) != 0);
	must((*x)->get_pkey(x, NULL) == NULL);
	tls_verify_why(&v, why, sizeof(why));
	must(why[0] != '\0');
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert c;

	if (cert_read(&c, data, size) == 0) {
		check_inside(c.all, data, size);
		check_inside(c.issuer, data, size);
		check_inside(c.subject, data, size);
		check_inside(c.key_bits, data, size);
		check_inside(c.alt_names, data, size);
		check_inside(c.key_id, data, size);
		check_inside(c.permitted, data, size);
		check_inside(c.excluded, data, size);
		check_inside(c.unknown, data, size);
		check_inside(c.tbs, data, size);
		check_inside(c.signature, data, size);
		check_inside(cert_common_name(&c), data, size);
	}
	check_names(&c);
	verify(&c, data, size, false);
	verify(&c, data, size, true);
	return 0;
}
