/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Checks of the peer's key share in ECDHE that BearSSL leaves out.
 */

#include "compat.h"

#include "wire/tls_ecdhe.h"

#include "wire/curves.h"
#include "wire/tls_bearssl.h"

/* Multiplies the point g by x; 0 when that is not a point of the curve, or the
 * secret is zero. */
static uint32_t
checked_mul(unsigned char *g, size_t g_len, const unsigned char *x,
    size_t x_len, int curve)
{
	const br_ec_impl *ec = curves_get();
	uint8_t any = 0;
	size_t i, at, len;

	if (ec->mul(g, g_len, x, x_len, curve) == 0)
		return 0;
	at = ec->xoff(curve, &len);
	for (i = at; i < at + len && i < g_len; i++)
		any |= g[i];
	return any != 0;
}

/* The same on a server, which multiplies by its ECDHE key only: notes a failure
 * in its struct tls.  The cast is valid because the server context is in struct
 * tls's first member, at its beginning. */
static uint32_t
server_mul(unsigned char *g, size_t g_len, const unsigned char *x,
    size_t x_len, int curve)
{
	struct tls *t = (struct tls *)(void *)bearssl_server_of_key(x);
	uint32_t good = checked_mul(g, g_len, x, x_len, curve);

	if (good == 0)
		t->own_error = TLS_ERR_BAD_SHARE;
	return good;
}

void
tls_ecdhe_set(struct tls *t, bool server)
{
	t->ec = *curves_get();
	t->ec.mul = server ? server_mul : checked_mul;
	br_ssl_engine_set_ec(&t->br.eng, &t->ec);
}
