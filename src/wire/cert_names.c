/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The names of a certificate, as text and compared with a host's, and its
 * dates as text.
 */

#include "compat.h"

#include "wire/cert.h"

#include "base/addr.h"
#include "base/text.h"

int
cert_next_name(struct slice *at, struct cert_name *name)
{
	struct slice body;
	uint8_t tag;

	while (at->len > 0) {
		if (!der_take(at, &tag, &body, NULL))
			return -1;
		if (tag == CERT_ADDRESS_NAME && body.len != 4 && body.len != 16)
			return -1;
		if (tag != CERT_ADDRESS_NAME && tag != CERT_DNS_NAME)
			continue;
		name->is_ip = tag == CERT_ADDRESS_NAME;
		name->data = body.data;
		name->len = body.len;
		return 1;
	}
	return 0;
}

bool
cert_has_host_name(const struct cert *c)
{
	struct slice at = c->alt_names, body;
	uint8_t tag;

	while (at.len > 0)
		if (!der_take(&at, &tag, &body, NULL) || tag == CERT_DNS_NAME ||
		    tag == CERT_ADDRESS_NAME)
			return true;
	return false;
}

/* Takes the next attribute of a Name: its type and its value.  *set is the
 * unread part of the current RDN, and starts empty. */
static bool
next_attribute(struct slice *rdns, struct slice *set, struct slice *oid,
    uint8_t *tag, struct slice *value)
{
	struct slice pair;

	if (set->len == 0 && !der_want(rdns, DER_SET, set, NULL))
		return false;
	return der_want(set, DER_SEQUENCE, &pair, NULL) &&
	    der_want(&pair, DER_OID, oid, NULL) &&
	    der_take(&pair, tag, value, NULL);
}

struct slice
cert_common_name(const struct cert *c)
{
	struct slice name = c->subject, rdns, set = { NULL, 0 }, oid, value;
	struct slice found = { NULL, 0 };
	uint8_t tag;

	if (!der_want(&name, DER_SEQUENCE, &rdns, NULL))
		return found;
	while (next_attribute(&rdns, &set, &oid, &tag, &value))
		if (slice_is(oid, "\x55\x04\x03", 3) && value.len > 0 &&
		    (tag == DER_UTF8 || (tag >= 0x12 && tag <= 0x16)))
			found = value;
	return found;
}

/* Appends an object identifier as numbers with dots (X.690 8.19). */
static void
add_oid(struct text *t, struct slice oid)
{
	uint32_t arc = 0;
	size_t i;
	bool first = true;

	for (i = 0; i < oid.len; i++) {
		arc = arc << 7 | (oid.data[i] & 0x7f);
		if (oid.data[i] & 0x80)
			continue;
		if (first)
			text_add(t, "%u.%u", arc < 80 ? arc / 40 : 2,
			    arc < 80 ? arc % 40 : arc - 80);
		else
			text_add(t, ".%lu", (unsigned long)arc);
		first = false;
		arc = 0;
	}
}

const char *
cert_oid_text(struct slice oid, char *text, size_t size)
{
	static const struct {
		const char *bytes, *word;
	} words[] = {
		{ "\x55\x1d\x1e", "nameConstraints" },
		{ "\x55\x1d\x24", "policyConstraints" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "RSA" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "MD5 with RSA" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "SHA-1 with RSA" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSA-PSS" },
		{ "\x2a\x86\x48\xce\x3d\x04\x01", "ECDSA with SHA-1" },
		{ "\x2a\x86\x48\xce\x38\x04\x01", "DSA" },
		{ "\x2b\x65\x70", "Ed25519" },
		{ "\x2b\x65\x71", "Ed448" },
	};
	struct text t;
	size_t i;

	text_init(&t, text, size);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (oid.len == strlen(words[i].bytes) &&
		    memcmp(oid.data, words[i].bytes, oid.len) == 0)
			text_add(&t, "%s ", words[i].word);
	text_add(&t, "(");
	add_oid(&t, oid);
	text_add(&t, ")");
	return text;
}

const char *
cert_name_text(struct slice name, char *text, size_t size)
{
	static const struct {
		uint8_t arc;		/* 2.5.4.arc */
		const char *word;
	} words[] = {
		{ 3, "CN" }, { 5, "serialNumber" }, { 6, "C" }, { 7, "L" },
		{ 8, "ST" }, { 10, "O" }, { 11, "OU" },
	};
	struct slice rdns, set = { NULL, 0 }, oid, value;
	const char *comma = "", *word;
	struct text t;
	uint8_t tag;
	size_t i;

	text_init(&t, text, size);
	if (!der_want(&name, DER_SEQUENCE, &rdns, NULL))
		return text;
	while (next_attribute(&rdns, &set, &oid, &tag, &value)) {
		word = NULL;
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (oid.len == 3 && oid.data[0] == 0x55 &&
			    oid.data[1] == 0x04 && oid.data[2] == words[i].arc)
				word = words[i].word;
		text_add(&t, "%s", comma);
		if (word != NULL)
			text_add(&t, "%s", word);
		else
			add_oid(&t, oid);
		text_add(&t, "=");
		text_add_quoted(&t, value.data, value.len);
		comma = ", ";
	}
	return text;
}

static void
add_name(struct text *t, const struct cert_name *name)
{
	char text[ADDR_TEXT];
	struct addr a;

	if (!name->is_ip) {
		text_add_quoted(t, name->data, name->len);
		return;
	}
	memset(&a, 0, sizeof(a));
	a.family = name->len == 4 ? 4 : 6;
	memcpy(a.ip, name->data, name->len);
	text_add(t, "%s", addr_ip_text(&a, text));
}

const char *
cert_names_text(const struct cert *c, char *text, size_t size)
{
	struct slice at = c->alt_names, cn;
	struct cert_name name;
	const char *comma = "";
	struct text t;

	text_init(&t, text, size);
	if (at.data == NULL) {
		cn = cert_common_name(c);
		text_add_quoted(&t, cn.data, cn.len);
		return text;
	}
	while (cert_next_name(&at, &name) == 1) {
		if (t.room < 64 + name.len) {
			text_add(&t, "%s...", comma);
			break;
		}
		text_add(&t, "%s", comma);
		add_name(&t, &name);
		comma = ", ";
	}
	return text;
}

const char *
cert_identity(const struct cert *c, char *text, size_t size)
{
	struct slice at, cn;
	struct cert_name name;
	struct text t;
	int pass;

	/* Pass 0 looks at DNS names, pass 1 at addresses.  A name that fills
	 * the text may be truncated, and so be the name of a different host:
	 * it is skipped. */
	for (pass = 0; pass < 2; pass++) {
		at = c->alt_names;
		while (cert_next_name(&at, &name) == 1) {
			if (name.is_ip != (pass == 1) || name.len == 0)
				continue;
			text_init(&t, text, size);
			add_name(&t, &name);
			if (t.room > 1)
				return text;
		}
	}
	text_init(&t, text, size);
	if (cert_has_host_name(c))
		return text;
	cn = cert_common_name(c);
	text_add_quoted(&t, cn.data, cn.len);
	if (t.room <= 1)
		text_init(&t, text, size);
	return text;
}

/* Does a DNS name match (RFC 6125 6.4)?  `*` must be the whole leftmost label,
 * with at least two labels behind it: `*.com` matches nothing. */
static bool
dns_match(const uint8_t *pattern, size_t len, const char *host, size_t host_len)
{
	const char *dot;
	size_t rest;

	if (len == host_len)
		if (text_same_nocase_n(pattern, host, len))
			return true;
	if (len < 4 || pattern[0] != '*' || pattern[1] != '.' ||
	    memchr(pattern + 2, '.', len - 2) == NULL)
		return false;
	dot = memchr(host, '.', host_len);
	if (dot == NULL || dot == host)
		return false;
	rest = host_len - (size_t)(dot - host);
	return rest == len - 1 && text_same_nocase_n(pattern + 1, dot, rest);
}

bool
cert_is_for(const struct cert *c, const char *host)
{
	struct slice at = c->alt_names, cn;
	size_t len = strlen(host);
	struct cert_name name;
	struct addr a;
	bool ip;

	ip = addr_parse_ip(&a, host) == 0;
	if (!ip && len > 1 && host[len - 1] == '.')
		len--;
	if (len == 0)
		return false;
	while (cert_next_name(&at, &name) == 1) {
		if (ip != name.is_ip)
			continue;
		if (ip && name.len == (a.family == 4 ? 4 : 16) &&
		    memcmp(name.data, a.ip, name.len) == 0)
			return true;
		if (!ip && dns_match(name.data, name.len, host, len))
			return true;
	}
	if (ip || c->alt_names.data != NULL)
		return false;
	cn = cert_common_name(c);
	return cn.data != NULL && dns_match(cn.data, cn.len, host, len);
}

bool
cert_has_address_as_name(const struct cert *c, const char *host)
{
	struct slice at = c->alt_names;
	struct cert_name name;
	struct addr a;

	if (addr_parse_ip(&a, host) != 0)
		return false;
	while (cert_next_name(&at, &name) == 1)
		if (!name.is_ip && name.len == strlen(host) &&
		    text_same_nocase_n(name.data, host, name.len))
			return true;
	return slice_is(cert_common_name(c), host, strlen(host));
}

void
cert_day_text(int64_t wall_s, char text[16])
{
	struct text t;
	int32_t days, era, doe, yoe, doy, mp, year, month;

	text_init(&t, text, 16);
	/* The years 0 to 9999. */
	if (wall_s < -INT64_C(62167219200) ||
	    wall_s >= INT64_C(253402300800)) {
		text_add(&t, "never");
		return;
	}
	days = (int32_t)(wall_s / 86400) - (wall_s % 86400 < 0) + 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = yoe + era * 400 + (month <= 2);
	text_add(&t, "%04d-%02d-%02d", (int)year, (int)month,
	    (int)(doy - (153 * mp + 2) / 5 + 1));
}
