/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The signature of a certificate.
 *
 * NOTES.  RSA PKCS#1 v1.5 and ECDSA, with SHA-256, SHA-384 or SHA-512.
 */

#ifndef WIRE_CERT_SIGN_H
#define WIRE_CERT_SIGN_H

#include "compat.h"

#include "wire/cert.h"

/* Can the signature be checked: is its algorithm one of ours? */
bool cert_sign_is_known(const struct cert *c);

/* Has the owner of the key signed the certificate?  False, too, when the
 * algorithm is unknown or the key is of a different kind. */
bool cert_is_signed_by(const struct cert *c, const br_x509_pkey *key);

/* What it costs to check a signature with the key, in units: that of P-256 is
 * one, that of P-521 eight.  At least 1. */
unsigned cert_sign_work(const br_x509_pkey *key);

#endif
