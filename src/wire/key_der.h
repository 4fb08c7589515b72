/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Private keys in DER: PKCS#8 (RFC 5208, RFC 5958), PKCS#1 (RFC 8017 A.1.2) and
 * SEC1 (RFC 5915).
 */

#ifndef WIRE_KEY_DER_H
#define WIRE_KEY_DER_H

#include "wire/tls_pem.h"

/* Reads a key, whose numbers stay where they are: key borrows der.  Returns
 * PEM_OK, PEM_BAD_KEY, PEM_KEY_TYPE or PEM_KEY_SIZE. */
enum pem_error key_der_read(struct pem_key *key, struct slice der);

#endif
