/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Takes the elements of DER off the front of a slice.
 */

#include "compat.h"

#include "wire/der.h"

#include "base/bytes.h"

bool
slice_is(struct slice s, const void *bytes, size_t n)
{
	return s.len == n && memcmp(s.data, bytes, n) == 0;
}

bool
slice_equal(struct slice a, struct slice b)
{
	return slice_is(a, b.data, b.len);
}

bool
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

bool
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
der_days(int64_t year, int64_t month, int64_t day)
{
	int64_t era_year, y;

	y = month <= 2 ? year - 1 : year;
	era_year = y % 400;
	return y / 400 * 146097 + era_year * 365 + era_year / 4 -
	    era_year / 100 + (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1 - 719468;
}

/* Reads n digits; false when there are fewer. */
static bool
der_digits(struct bytes *b, unsigned n, int64_t *v)
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

bool
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
	if (!der_digits(&b, tag == DER_TIME ? 4 : 2, &year) ||
	    !der_digits(&b, 2, &month) || !der_digits(&b, 2, &day) ||
	    !der_digits(&b, 2, &hour) || !der_digits(&b, 2, &minute) ||
	    !der_digits(&b, 2, &second) || bytes_u8(&b) != 'Z' || b.len != 0)
		return false;
	if (tag == DER_UTC_TIME)
		year += year < 50 ? 2000 : 1900;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	*wall_s = der_days(year, month, day) * 86400 + hour * 3600 +
	    minute * 60 + second;
	return true;
}

bool
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
