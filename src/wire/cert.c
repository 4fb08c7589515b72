/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads one X.509 certificate.
 *
 * NOTES.  Elements are taken off the front of a slice, each with its length
 * checked against what is left of the one around it (X.690 8.1, 10.1).  An
 * extension that we use may stand there once only: with two of them the engine
 * that verifies and this reader could differ in which one counts.
 */

#include "compat.h"

#include "wire/cert.h"

#include "base/addr.h"
#include "base/text.h"

/* Tags of X.690 and of RFC 5280's fields. */
enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTF8 = 0x0c,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_VERSION = 0xa0,
	DER_ISSUER_ID = 0x81,
	DER_SUBJECT_ID = 0x82,
	DER_EXTENSIONS = 0xa3,
	DER_DNS_NAME = 0x82,
	DER_IP_ADDRESS = 0x87,
};

static bool
slice_is(struct slice s, const void *bytes, size_t n)
{
	return s.len == n && memcmp(s.data, bytes, n) == 0;
}

/* Takes one element off the front: its tag, its contents and, unless NULL, all
 * of it; false, and no slice is written, when there is none that is whole. */
static bool
der_take(struct slice *in, uint8_t *tag, struct slice *body, struct slice *all)
{
	struct bytes b = { in->data, in->len, false };
	const uint8_t *contents;
	size_t len, n;

	*tag = bytes_u8(&b);
	len = bytes_u8(&b);
	if (b.bad || (*tag & 0x1f) == 0x1f)
		return false;
	if (len & 0x80) {
		n = len & 0x7f;
		if (n == 0 || n > 3)
			return false;
		for (len = 0; n > 0; n--)
			len = len << 8 | bytes_u8(&b);
	}
	contents = bytes_take(&b, len);
	if (b.bad)
		return false;
	body->data = contents;
	body->len = len;
	if (all != NULL) {
		all->data = in->data;
		all->len = in->len - b.len;
	}
	in->data = b.data;
	in->len = b.len;
	return true;
}

/* Takes the next element if it has this tag; false, and nothing is taken, if
 * it has not. */
static bool
der_want(struct slice *in, uint8_t want, struct slice *body, struct slice *all)
{
	struct slice rest = *in, found, whole;
	uint8_t tag;

	if (!der_take(&rest, &tag, &found, &whole) || tag != want)
		return false;
	*in = rest;
	*body = found;
	if (all != NULL)
		*all = whole;
	return true;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t era_year, y;

	y = month <= 2 ? year - 1 : year;
	era_year = y % 400;
	return y / 400 * 146097 + era_year * 365 + era_year / 4 -
	    era_year / 100 + (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1 - 719468;
}

void
cert_day_text(int64_t wall_s, char text[16])
{
	struct text t;
	int64_t days, era, doe, yoe, doy, mp, year, month;

	text_init(&t, text, 16);
	days = wall_s / 86400 - (wall_s % 86400 < 0) + 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = yoe + era * 400 + (month <= 2);
	if (year < 0 || year > 9999)
		text_add(&t, "never");
	else
		text_add(&t, "%04d-%02d-%02d", (int)year, (int)month,
		    (int)(doy - (153 * mp + 2) / 5 + 1));
}

/* Reads n digits; false when there are fewer. */
static bool
time_digits(struct bytes *b, unsigned n, int64_t *v)
{
	uint8_t c;

	for (*v = 0; n > 0; n--) {
		c = bytes_u8(b);
		if (c < '0' || c > '9')
			return false;
		*v = *v * 10 + (c - '0');
	}
	return true;
}

/* Reads UTCTime or GeneralizedTime (RFC 5280 4.1.2.5). */
static bool
der_time(struct slice *in, int64_t *wall_s)
{
	int64_t year, month, day, hour, minute, second;
	struct slice body;
	struct bytes b;
	uint8_t tag;

	if (!der_take(in, &tag, &body, NULL) ||
	    (tag != DER_UTC_TIME && tag != DER_TIME))
		return false;
	b.data = body.data;
	b.len = body.len;
	b.bad = false;
	if (!time_digits(&b, tag == DER_TIME ? 4 : 2, &year) ||
	    !time_digits(&b, 2, &month) || !time_digits(&b, 2, &day) ||
	    !time_digits(&b, 2, &hour) || !time_digits(&b, 2, &minute) ||
	    !time_digits(&b, 2, &second) || bytes_u8(&b) != 'Z' || b.len != 0)
		return false;
	if (tag == DER_UTC_TIME)
		year += year < 50 ? 2000 : 1900;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	*wall_s = days_of(year, month, day) * 86400 + hour * 3600 +
	    minute * 60 + second;
	return true;
}

/* Reads a non-negative INTEGER without its leading zeros. */
static bool
der_unsigned(struct slice *in, struct slice *n)
{
	if (!der_want(in, DER_INTEGER, n, NULL) || n->len == 0 ||
	    (n->data[0] & 0x80) != 0)
		return false;
	while (n->len > 0 && n->data[0] == 0) {
		n->data++;
		n->len--;
	}
	return true;
}

static const uint8_t oid_rsa[] =
    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_rsa_signed[] =
    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 };
static const uint8_t oid_ec_signed[] =
    { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04 };

static const struct {
	uint8_t oid[8];
	uint8_t len;
	int curve;
	size_t point;			/* bytes of a public key */
} curves[] = {
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 8,
	    BR_EC_secp256r1, 65 },
	{ { 0x2b, 0x81, 0x04, 0x00, 0x22 }, 5, BR_EC_secp384r1, 97 },
	{ { 0x2b, 0x81, 0x04, 0x00, 0x23 }, 5, BR_EC_secp521r1, 133 },
};

/* Finds out what kind of key it is; leaves key_type 0 for an unknown one.
 * BearSSL's structs want pointers to bytes that may be written; it does not
 * write them. */
static void
read_key(struct cert *c, struct slice oid, struct slice params)
{
	struct slice in = c->key_bits, seq, n, e, curve;
	size_t i;

	if (slice_is(oid, oid_rsa, sizeof(oid_rsa))) {
		if (!der_want(&in, DER_SEQUENCE, &seq, NULL) ||
		    !der_unsigned(&seq, &n) || !der_unsigned(&seq, &e) ||
		    n.len == 0 || e.len == 0)
			return;
		c->key.key.rsa.n = (unsigned char *)n.data;
		c->key.key.rsa.nlen = n.len;
		c->key.key.rsa.e = (unsigned char *)e.data;
		c->key.key.rsa.elen = e.len;
		c->key.key_type = BR_KEYTYPE_RSA;
		return;
	}
	if (!slice_is(oid, oid_ec, sizeof(oid_ec)) ||
	    !der_want(&params, DER_OID, &curve, NULL))
		return;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (!slice_is(curve, curves[i].oid, curves[i].len))
			continue;
		if (in.len != curves[i].point || in.data[0] != 0x04)
			return;
		c->key.key.ec.curve = curves[i].curve;
		c->key.key.ec.q = (unsigned char *)in.data;
		c->key.key.ec.qlen = in.len;
		c->key.key_type = BR_KEYTYPE_EC;
	}
}

/* SubjectPublicKeyInfo, RFC 5280 4.1.2.7. */
static bool
read_spki(struct cert *c, struct slice *tbs)
{
	struct slice seq, algorithm, oid;

	if (!der_want(tbs, DER_SEQUENCE, &seq, &c->spki) ||
	    !der_want(&seq, DER_SEQUENCE, &algorithm, NULL) ||
	    !der_want(&algorithm, DER_OID, &oid, NULL) ||
	    !der_want(&seq, DER_BITS, &c->key_bits, NULL) ||
	    c->key_bits.len < 2 || c->key_bits.data[0] != 0)
		return false;
	c->key_bits.data++;
	c->key_bits.len--;
	read_key(c, oid, algorithm);
	return true;
}

static bool
read_key_usage(struct cert *c, struct slice value)
{
	struct slice bits;
	unsigned i;

	if (c->has_key_usage || !der_want(&value, DER_BITS, &bits, NULL) ||
	    bits.len < 1 || value.len != 0)
		return false;
	c->has_key_usage = true;
	for (i = 0; bits.len > 1 && i < 8; i++)
		if (bits.data[1] & 0x80 >> i)
			c->key_usage |= 1U << i;
	return true;
}

static bool
read_ext_usage(struct cert *c, const struct slice *critical, struct slice value)
{
	static const uint8_t key_purpose[] =
	    { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03 };
	static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0x00 };
	struct slice seq, oid;
	uint8_t last;

	if (c->has_ext_usage || !der_want(&value, DER_SEQUENCE, &seq, NULL) ||
	    value.len != 0)
		return false;
	c->has_ext_usage = true;
	if (critical->len == 1 && critical->data[0] != 0)
		c->usage_critical = *critical;
	while (seq.len > 0) {
		if (!der_want(&seq, DER_OID, &oid, NULL))
			return false;
		last = 0;
		if (oid.len == sizeof(key_purpose) + 1 &&
		    memcmp(oid.data, key_purpose, sizeof(key_purpose)) == 0)
			last = oid.data[sizeof(key_purpose)];
		if (slice_is(oid, any, sizeof(any)))
			c->ext_usage |= CERT_ANY_USAGE;
		else if (last == 1)
			c->ext_usage |= CERT_SERVER_AUTH;
		else if (last == 2)
			c->ext_usage |= CERT_CLIENT_AUTH;
		else
			c->ext_usage |= CERT_OTHER_USAGE;
	}
	return true;
}

static bool
read_constraints(struct cert *c, struct slice value)
{
	struct slice seq, flag;

	if (!der_want(&value, DER_SEQUENCE, &seq, NULL) || value.len != 0)
		return false;
	if (der_want(&seq, DER_BOOLEAN, &flag, NULL))
		c->ca = flag.len == 1 && flag.data[0] != 0;
	return true;
}

/* One extension, RFC 5280 4.2; those that we do not use are passed over. */
static bool
read_extension(struct cert *c, struct slice ext)
{
	struct slice oid, critical = { NULL, 0 }, value;

	if (!der_want(&ext, DER_OID, &oid, NULL))
		return false;
	der_want(&ext, DER_BOOLEAN, &critical, NULL);
	if (!der_want(&ext, DER_OCTETS, &value, NULL) || ext.len != 0)
		return false;
	if (oid.len != 3 || memcmp(oid.data, "\x55\x1d", 2) != 0)
		return true;
	switch (oid.data[2]) {
	case 14:
		return der_want(&value, DER_OCTETS, &c->key_id, NULL);
	case 15:
		return read_key_usage(c, value);
	case 17:
		return c->alt_names.data == NULL &&
		    der_want(&value, DER_SEQUENCE, &c->alt_names, NULL) &&
		    value.len == 0;
	case 19:
		return read_constraints(c, value);
	case 37:
		return read_ext_usage(c, &critical, value);
	}
	return true;
}

static bool
read_extensions(struct cert *c, struct slice *tbs)
{
	struct slice body, list, ext;

	der_want(tbs, DER_ISSUER_ID, &body, NULL);
	der_want(tbs, DER_SUBJECT_ID, &body, NULL);
	if (tbs->len == 0)
		return true;
	if (!der_want(tbs, DER_EXTENSIONS, &body, NULL) || tbs->len != 0 ||
	    !der_want(&body, DER_SEQUENCE, &list, NULL) || body.len != 0)
		return false;
	while (list.len > 0)
		if (!der_want(&list, DER_SEQUENCE, &ext, NULL) ||
		    !read_extension(c, ext))
			return false;
	return true;
}

/* The signature's algorithm tells what kind of key the issuer has. */
static bool
read_signer(struct cert *c, struct slice *outer)
{
	struct slice algorithm, oid;

	if (!der_want(outer, DER_SEQUENCE, &algorithm, NULL) ||
	    !der_want(&algorithm, DER_OID, &oid, NULL))
		return false;
	if (oid.len > sizeof(oid_rsa_signed) &&
	    memcmp(oid.data, oid_rsa_signed, sizeof(oid_rsa_signed)) == 0)
		c->signer_type = BR_KEYTYPE_RSA;
	else if (oid.len > sizeof(oid_ec_signed) &&
	    memcmp(oid.data, oid_ec_signed, sizeof(oid_ec_signed)) == 0)
		c->signer_type = BR_KEYTYPE_EC;
	return true;
}

int
cert_read(struct cert *c, const uint8_t *der, size_t len)
{
	struct slice in = { der, len }, outer, tbs, body, seq;

	memset(c, 0, sizeof(*c));
	c->version = 1;
	if (!der_want(&in, DER_SEQUENCE, &outer, &c->all) ||
	    !der_want(&outer, DER_SEQUENCE, &tbs, NULL))
		return -1;
	if (der_want(&tbs, DER_VERSION, &body, NULL)) {
		if (!der_want(&body, DER_INTEGER, &seq, NULL) ||
		    seq.len != 1 || seq.data[0] > 2)
			return -1;
		c->version = seq.data[0] + 1U;
	}
	if (!der_want(&tbs, DER_INTEGER, &body, NULL) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, NULL) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, &c->issuer) ||
	    !der_want(&tbs, DER_SEQUENCE, &seq, NULL) ||
	    !der_time(&seq, &c->not_before_s) ||
	    !der_time(&seq, &c->not_after_s) ||
	    !der_want(&tbs, DER_SEQUENCE, &body, &c->subject) ||
	    !read_spki(c, &tbs) || !read_extensions(c, &tbs) ||
	    !read_signer(c, &outer) ||
	    !der_want(&outer, DER_BITS, &body, NULL) || outer.len != 0)
		return -1;
	return 0;
}

int
cert_next_name(struct slice *at, struct cert_name *name)
{
	struct slice body;
	uint8_t tag;

	while (at->len > 0) {
		if (!der_take(at, &tag, &body, NULL))
			return -1;
		if (tag == DER_IP_ADDRESS && body.len != 4 && body.len != 16)
			return -1;
		if (tag != DER_IP_ADDRESS && tag != DER_DNS_NAME)
			continue;
		name->is_ip = tag == DER_IP_ADDRESS;
		name->data = body.data;
		name->len = body.len;
		return 1;
	}
	return 0;
}

/* Takes the next attribute of a Name: its type and its value.  set holds what
 * is left of the current RDN and starts empty. */
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

/* Writes an object identifier in dots (X.690 8.19). */
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

	/* A name that is cut could be that of another: such a one does not
	 * count. */
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
	cn = cert_common_name(c);
	text_init(&t, text, size);
	text_add_quoted(&t, cn.data, cn.len);
	if (t.room <= 1)
		text_init(&t, text, size);
	return text;
}

static bool
same_nocase(const uint8_t *a, const char *b, size_t n)
{
	uint8_t x, y;

	for (; n > 0; n--, a++, b++) {
		x = *a;
		y = (uint8_t)*b;
		if (x >= 'A' && x <= 'Z')
			x = (uint8_t)(x + 32);
		if (y >= 'A' && y <= 'Z')
			y = (uint8_t)(y + 32);
		if (x != y)
			return false;
	}
	return true;
}

/* RFC 6125 6.4: `*` for the whole leftmost label only, and never for a name
 * right below a top-level one. */
static bool
dns_match(const uint8_t *pattern, size_t len, const char *host, size_t host_len)
{
	const char *dot;
	size_t rest;

	if (len == host_len)
		if (same_nocase(pattern, host, len))
			return true;
	if (len < 4 || pattern[0] != '*' || pattern[1] != '.' ||
	    memchr(pattern + 2, '.', len - 2) == NULL)
		return false;
	dot = memchr(host, '.', host_len);
	if (dot == NULL || dot == host)
		return false;
	rest = host_len - (size_t)(dot - host);
	return rest == len - 1 && same_nocase(pattern + 1, dot, rest);
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
