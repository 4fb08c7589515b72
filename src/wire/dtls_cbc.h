/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The receiving side of MAC-then-encrypt (RFC 5246 6.2.3.2) in constant time.
 */

#ifndef WIRE_DTLS_CBC_H
#define WIRE_DTLS_CBC_H

#include "compat.h"

#include <bearssl.h>

/*
 * Checks and strips MAC (HMAC-SHA256, 32 bytes) and padding of a decrypted
 * fragment of len bytes (len >= 33, public).  header (header_len bytes) is what
 * the MAC covers before the content; its last two bytes are the content's
 * length, which is filled in here.  twice: the MAC covers the content a second
 * time (pion, with a cid).  Returns the content's length; -1: MAC or padding is
 * wrong.  Time and memory accesses depend on the public arguments only (len,
 * header_len, twice), never on the decrypted bytes.
 */
long dtls_cbc_check(const br_hmac_key_context *, uint8_t *header,
    size_t header_len, uint8_t *data, size_t len, bool twice);

#endif
