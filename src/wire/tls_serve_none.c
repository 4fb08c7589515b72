/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The server's role in TLS, in builds without servers.
 */

#include "compat.h"

#include "wire/tls_serve.h"

bool
tls_serve(struct tls *t, const struct tls_args *args)
{
	(void)t;
	(void)args;
	return false;
}
