/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Name constraints: which names a CA may vouch for (RFC 5280 4.2.1.10).
 *
 * NOTES.  DNS names, IP addresses and directory names are compared.  A
 * constraint on a different form of name, as mail addresses, refuses each
 * certificate that has a name of that form.  It does not matter whether the
 * extension is critical.
 *
 * Text of directory names is compared without case and runs of spaces.  If it
 * is not UTF-8, as BMPString and T61String, it is permitted only where it is
 * the same bytes, and refused where a name of its type is excluded.
 */

#ifndef WIRE_CERT_LIMITS_H
#define WIRE_CERT_LIMITS_H

#include "compat.h"

#include "wire/cert.h"

enum cert_limit {
	CERT_ALLOWED,
	CERT_NAME_FORBIDDEN,	/* a name is outside of what is permitted, or
				 * inside of what is excluded */
	CERT_LIMIT_UNKNOWN,	/* a constraint or name that is malformed, or of
				 * a form that we do not compare, or too much
				 * work */
};

/* May ca vouch for the names of c?  Compared are all names of the subject and
 * of subjectAltName; the common name as well, as a DNS name, where it is used
 * as one: cert_has_host_name() is false, and either it has a dot, or cn_is_host
 * is set and there is no subjectAltName.  *work is the number of
 * comparisons that are left, and is decreased. */
enum cert_limit cert_limit_names(const struct cert *ca, const struct cert *c,
    bool cn_is_host, unsigned *work);

#endif
