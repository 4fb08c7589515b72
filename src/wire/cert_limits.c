/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Compares the names of a certificate with the name constraints of a CA.
 */

#include "compat.h"

#include "wire/cert_limits.h"

#include "base/text.h"

enum { RDN_MOST = 8 };		/* attributes of an RDN that are compared */

/* How a name fits a list of subtrees of its form. */
enum subtree_fit {
	FIT_NONE,		/* the list has none of that form */
	FIT_OUTSIDE,		/* it is inside of none of them */
	FIT_INSIDE,
	FIT_UNKNOWN,		/* this cannot be compared */
};

/* A name that is compared. */
struct limit_name {
	uint8_t tag;		/* CERT_DNS_NAME or a similar one */
	struct slice body;	/* a directory name: the contents of Name */
};

/* Is the DNS name the base or below it?  A base that begins with a dot, as is
 * widely used, is for what is below only. */
static bool
dns_is_within(struct slice name, struct slice base)
{
	const uint8_t *tail;

	if (name.len < base.len)
		return false;
	tail = name.data + (name.len - base.len);
	if (base.len == 0)
		return true;
	if (name.len > base.len && base.data[0] != '.' && tail[-1] != '.')
		return false;
	return text_same_nocase_n(tail, base.data, base.len);
}

/* Does the name `*.x` stand for names that are within the base `y.x`? */
static bool
wildcard_reaches(struct slice name, struct slice base)
{
	struct slice rest;

	if (name.len < 2 || name.data[0] != '*' || name.data[1] != '.' ||
	    base.len < name.len)
		return false;
	rest.data = base.data + (base.len - name.len) + 1;
	rest.len = name.len - 1;
	return text_same_nocase_n(rest.data, name.data + 1, rest.len) &&
	    memchr(base.data + 1, '.', base.len - rest.len - 1) == NULL;
}

/* An address and a mask of the same length. */
static enum subtree_fit
address_fit(struct slice name, struct slice base)
{
	size_t i, n = name.len;

	if (base.len != 8 && base.len != 32)
		return FIT_UNKNOWN;
	if (base.len != 2 * n)
		return FIT_OUTSIDE;
	for (i = 0; i < n; i++)
		if ((name.data[i] & base.data[n + i]) !=
		    (base.data[i] & base.data[n + i]))
			return FIT_OUTSIDE;
	return FIT_INSIDE;
}

static bool
byte_is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
skip_spaces(struct slice *s)
{
	while (s->len > 0 && byte_is_space(*s->data)) {
		s->data++;
		s->len--;
	}
}

/* Takes the next character of an attribute's value: lower case, runs of spaces
 * as one, none at the end; -1 at the end. */
static int
next_folded(struct slice *s)
{
	uint8_t c;

	if (s->len == 0)
		return -1;
	c = *s->data++;
	s->len--;
	if (!byte_is_space(c))
		return text_lower(c);
	skip_spaces(s);
	return s->len == 0 ? -1 : ' ';
}

/* Have two texts the same characters, but for case and spaces (RFC 5280
 * 7.1)? */
static bool
text_same(struct slice a, struct slice b)
{
	int c;

	skip_spaces(&a);
	skip_spaces(&b);
	do {
		c = next_folded(&a);
		if (c != next_folded(&b))
			return false;
	} while (c >= 0);
	return true;
}

/* Is it a type of text whose bytes are UTF-8? */
static bool
type_is_utf8(uint8_t tag)
{
	return tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_IA5;
}

/* Does an attribute have the type and, in effect, the value of the base?
 * Unknown if only the type is the same, and a value is not UTF-8. */
static enum subtree_fit
attribute_fit(struct slice a, struct slice base)
{
	struct slice type_a, type_b, x, y;
	uint8_t tag_x, tag_y;

	if (!der_want(&a, DER_OID, &type_a, NULL) ||
	    !der_want(&base, DER_OID, &type_b, NULL) ||
	    !der_take(&a, &tag_x, &x, NULL) ||
	    !der_take(&base, &tag_y, &y, NULL) || a.len > 0 || base.len > 0)
		return FIT_UNKNOWN;
	if (!slice_equal(type_a, type_b))
		return FIT_OUTSIDE;
	if (tag_x == tag_y && slice_equal(x, y))
		return FIT_INSIDE;
	if (!type_is_utf8(tag_x) || !type_is_utf8(tag_y))
		return FIT_UNKNOWN;
	return text_same(x, y) ? FIT_INSIDE : FIT_OUTSIDE;
}

/* Is one of the attributes of an RDN that of the base? */
static enum subtree_fit
rdn_has_fit(struct slice set, struct slice base)
{
	enum subtree_fit fit = FIT_OUTSIDE, one;
	struct slice a;

	while (set.len > 0) {
		if (!der_want(&set, DER_SEQUENCE, &a, NULL))
			return FIT_UNKNOWN;
		one = attribute_fit(a, base);
		if (one == FIT_INSIDE)
			return one;
		if (one == FIT_UNKNOWN)
			fit = one;
	}
	return fit;
}

/* Have two RDNs the same attributes, in any order?  They have few. */
static enum subtree_fit
rdn_fit(struct slice set, struct slice base)
{
	enum subtree_fit fit = FIT_INSIDE, one;
	struct slice rest = set, a, b;
	unsigned n;

	for (n = 0; base.len > 0; n++) {
		if (n == RDN_MOST || !der_want(&base, DER_SEQUENCE, &b, NULL))
			return FIT_UNKNOWN;
		one = rdn_has_fit(set, b);
		if (one == FIT_OUTSIDE)
			return one;
		if (one == FIT_UNKNOWN)
			fit = one;
		if (rest.len == 0)
			return FIT_OUTSIDE;
		if (!der_want(&rest, DER_SEQUENCE, &a, NULL))
			return FIT_UNKNOWN;
	}
	return rest.len > 0 ? FIT_OUTSIDE : fit;
}

/* Does the directory name begin with all RDNs of the base? */
static enum subtree_fit
directory_fit(struct slice name, struct slice base)
{
	enum subtree_fit fit = FIT_INSIDE, one;
	struct slice set_a, set_b;

	while (base.len > 0) {
		if (name.len == 0)
			return FIT_OUTSIDE;
		if (!der_want(&name, DER_SET, &set_a, NULL) ||
		    !der_want(&base, DER_SET, &set_b, NULL))
			return FIT_UNKNOWN;
		one = rdn_fit(set_a, set_b);
		if (one == FIT_OUTSIDE)
			return one;
		if (one == FIT_UNKNOWN)
			fit = one;
	}
	return fit;
}

static enum subtree_fit
subtree_fit(const struct limit_name *name, struct slice base, bool excluded)
{
	enum subtree_fit fit;
	struct slice rdns;

	switch (name->tag) {
	case CERT_DNS_NAME:
		return dns_is_within(name->body, base) || (excluded &&
		    wildcard_reaches(name->body, base)) ? FIT_INSIDE :
		    FIT_OUTSIDE;
	case CERT_ADDRESS_NAME:
		return address_fit(name->body, base);
	case CERT_DIRECTORY_NAME:
		if (!der_want(&base, DER_SEQUENCE, &rdns, NULL))
			return FIT_UNKNOWN;
		fit = directory_fit(name->body, rdns);
		/* What is not known to be permitted is not. */
		return fit == FIT_UNKNOWN && !excluded ? FIT_OUTSIDE : fit;
	}
	return FIT_UNKNOWN;
}

/* How the name fits a list of subtrees.  minimum and maximum are never used
 * (RFC 5280 4.2.1.10): a subtree that has one cannot be compared. */
static enum subtree_fit
list_fit(const struct limit_name *name, struct slice list, bool excluded,
    unsigned *work)
{
	enum subtree_fit fit = FIT_NONE, one;
	struct slice tree, base;
	uint8_t tag;

	while (list.len > 0) {
		if (!der_want(&list, DER_SEQUENCE, &tree, NULL) ||
		    !der_take(&tree, &tag, &base, NULL) || *work == 0)
			return FIT_UNKNOWN;
		--*work;
		if (tag != name->tag)
			continue;
		one = tree.len > 0 ? FIT_UNKNOWN :
		    subtree_fit(name, base, excluded);
		if (one == FIT_UNKNOWN || one == FIT_INSIDE)
			return one;
		fit = FIT_OUTSIDE;
	}
	return fit;
}

static enum cert_limit
limit_one(const struct cert *ca, const struct limit_name *name, unsigned *work)
{
	enum subtree_fit in = list_fit(name, ca->excluded, true, work);
	enum subtree_fit out = list_fit(name, ca->permitted, false, work);

	if (in == FIT_UNKNOWN || out == FIT_UNKNOWN)
		return CERT_LIMIT_UNKNOWN;
	return in == FIT_INSIDE || out == FIT_OUTSIDE ? CERT_NAME_FORBIDDEN :
	    CERT_ALLOWED;
}

/* The subject as a directory name, and a mail address in it. */
static enum cert_limit
limit_subject(const struct cert *ca, const struct cert *c, unsigned *work)
{
	static const uint8_t mail[] =	/* emailAddress, PKCS#9 */
	    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01 };
	struct limit_name name = { CERT_DIRECTORY_NAME, { NULL, 0 } };
	struct slice subject = c->subject;
	enum cert_limit limit;
	size_t i;

	if (!der_want(&subject, DER_SEQUENCE, &name.body, NULL))
		return CERT_LIMIT_UNKNOWN;
	if (name.body.len == 0)
		return CERT_ALLOWED;
	limit = limit_one(ca, &name, work);
	if (limit != CERT_ALLOWED)
		return limit;
	name.tag = CERT_MAIL_NAME;
	for (i = 0; i + sizeof(mail) <= name.body.len; i++)
		if (memcmp(name.body.data + i, mail, sizeof(mail)) == 0)
			return limit_one(ca, &name, work);
	return CERT_ALLOWED;
}

enum cert_limit
cert_limit_names(const struct cert *ca, const struct cert *c, bool cn_is_host,
    unsigned *work)
{
	struct slice at = c->alt_names, rdns;
	enum cert_limit limit;
	struct limit_name name;

	if (ca->permitted.data == NULL && ca->excluded.data == NULL)
		return CERT_ALLOWED;
	limit = limit_subject(ca, c, work);
	while (limit == CERT_ALLOWED && at.len > 0) {
		if (!der_take(&at, &name.tag, &name.body, NULL))
			return CERT_LIMIT_UNKNOWN;
		if (name.tag == CERT_ADDRESS_NAME && name.body.len != 4 &&
		    name.body.len != 16)
			return CERT_LIMIT_UNKNOWN;
		if (name.tag == CERT_DIRECTORY_NAME) {
			if (!der_want(&name.body, DER_SEQUENCE, &rdns, NULL))
				return CERT_LIMIT_UNKNOWN;
			name.body = rdns;
		}
		limit = limit_one(ca, &name, work);
	}
	if (limit != CERT_ALLOWED || cert_has_host_name(c))
		return limit;
	name.tag = CERT_DNS_NAME;
	name.body = cert_common_name(c);
	if (name.body.data == NULL || (!(cn_is_host &&
	    c->alt_names.data == NULL) &&
	    memchr(name.body.data, '.', name.body.len) == NULL))
		return CERT_ALLOWED;
	return limit_one(ca, &name, work);
}
