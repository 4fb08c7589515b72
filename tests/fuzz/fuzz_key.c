/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: a private key in DER.  BearSSL's decoder reads the same key from
 * what is read; it takes lengths of more than three bytes in addition.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "wire/key_der.h"

#include "../unit/old_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;
	struct pem_key key;
	struct old_key old;

	in.data = data;
	in.len = size;
	memset(&key, 0, sizeof(key));
	if (key_der_read(&key, in) != PEM_OK)
		return 0;
	must(old_key_read(&old, data, size));
	must(old_key_is(&old, &key));
	return 0;
}
