/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor's step DTLS in a build without DTLS.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

void
doctor_dtls(struct doctor *d)
{
	doctor_skip(d, "this build has no DTLS");
}

int
doctor_dtls_keys(struct doctor *d, enum side side, char *text, size_t size,
    struct fault *f)
{
	(void)d;
	(void)side;
	(void)text;
	(void)size;
	return fault_user(f, NULL, "this build has no DTLS");
}

bool
doctor_dtls_ask(struct doctor *d)
{
	(void)d;
	return false;
}

void
doctor_dtls_close(struct doctor *d)
{
	(void)d;
}
