/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: a private key in DER.  BearSSL's decoder and ours read the same
 * keys, but for lengths of more than three bytes, which only BearSSL takes.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "wire/key_der.h"

#include "../unit/old_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Has an element of these a length of more than three bytes?  What is in a
 * SEQUENCE and the like, or in a string that begins as one, is looked at. */
static bool
has_long_length(const uint8_t *p, size_t size)
{
	size_t len, n;
	uint8_t tag;

	while (size >= 2) {
		tag = p[0];
		len = p[1];
		p += 2;
		size -= 2;
		if (len & 0x80) {
			n = len & 0x7f;
			if (n > 3)
				return true;
			for (len = 0; n > 0 && size > 0; n--, size--)
				len = len << 8 | *p++;
		}
		if ((tag & 0x20) != 0 ||
		    (tag == DER_OCTETS && size > 0 && *p == DER_SEQUENCE))
			continue;
		if (len > size)
			break;
		p += len;
		size -= len;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;
	struct pem_key key;
	struct old_key old;
	bool old_has;

	in.data = data;
	in.len = size;
	memset(&key, 0, sizeof(key));
	old_has = old_key_read(&old, data, size);
	if (key_der_read(&key, in) != PEM_OK) {
		must(!old_has || has_long_length(data, size));
		return 0;
	}
	must(old_has);
	must(old_key_is(&old, &key));
	return 0;
}
