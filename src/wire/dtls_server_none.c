/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The server's role in a DTLS handshake, in builds without servers: it refuses.
 */

#include "compat.h"

#include "wire/dtls_server.h"

#include "wire/dtls_handshake.h"
#include "wire/dtls_hello.h"

void
dtls_server_take(struct dtls *d, uint8_t type, const uint8_t *body, size_t len,
    uint64_t now_ms)
{
	(void)type;
	(void)body;
	(void)len;
	(void)now_ms;
	dtls_fail(d, DTLS_INTERNAL_ERROR, "this build has no servers");
}

void
dtls_server_finish(struct dtls *d, uint64_t now_ms)
{
	(void)d;
	(void)now_ms;
}
