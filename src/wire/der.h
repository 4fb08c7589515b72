/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Elements of DER (X.690), of which certificates consist.
 *
 * NOTES.  Elements are taken off the front of a slice.  The length of each is
 * checked against the rest of the element around it (X.690 8.1, 10.1).  Tags
 * of more than one byte and lengths of more than three bytes are refused.
 */

#ifndef WIRE_DER_H
#define WIRE_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tags of X.690. */
enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTF8 = 0x0c,
	DER_PRINTABLE = 0x13,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

/* A part of the bytes that are read; borrowed. */
struct slice {
	const uint8_t *data;	/* NULL: not there */
	size_t len;
};

/* Does the slice consist of these n bytes? */
bool slice_is(struct slice s, const void *bytes, size_t n);

/* Do both have the same bytes? */
bool slice_equal(struct slice a, struct slice b);

/* Takes one element off the front: *body is its contents, *all (unless NULL)
 * the element with its header.  False when there is no complete element; then
 * no slice is changed. */
bool der_take(struct slice *in, uint8_t *tag, struct slice *body,
    struct slice *all);

/* Takes the next element if it has the tag want; false, with nothing taken, if
 * it has a different one or is not complete. */
bool der_want(struct slice *in, uint8_t want, struct slice *body,
    struct slice *all);

/* Takes a UTCTime or GeneralizedTime (RFC 5280 4.1.2.5), as Unix time in
 * seconds; false when the next element is not a valid time. */
bool der_time(struct slice *in, int64_t *wall_s);

/* Takes a non-negative INTEGER, without its leading zeros (so 0 has length 0);
 * false when the next element is not one. */
bool der_unsigned(struct slice *in, struct slice *n);

#endif
