/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the two roles of a DTLS handshake share: the choice among allowed suites
 * and groups, the keys, verify_data, and how the handshake fails.
 */

#include "compat.h"

#include "wire/dtls_handshake.h"

void
dtls_fail(struct dtls *d, int alert, const char *why)
{
	d->state = DTLS_OVER;
	d->out_due = false;
	d->alert_due = true;
	d->alert_sealed = false;
	d->alert = (uint8_t)alert;
	d->why = why;
}

const struct dtls_suite *
dtls_allowed_suite(const struct dtls_setup *setup, uint16_t id)
{
	size_t i;

	for (i = 0; i < setup->n_suites; i++)
		if (setup->suites[i]->id == id)
			return setup->suites[i];
	return NULL;
}

const struct dtls_group *
dtls_allowed_group(const struct dtls_setup *setup, uint16_t id)
{
	size_t i;

	for (i = 0; i < setup->n_groups; i++)
		if (setup->groups[i]->id == id)
			return setup->groups[i];
	return NULL;
}

void
dtls_make_keys(struct dtls *d, const uint8_t *z, size_t z_len,
    const uint8_t *psk, size_t psk_len)
{
	struct dtls_handshake *h = d->handshake;
	uint8_t hash[DTLS_HASH];

	br_sha256_out(&h->transcript, hash);
	dtls_kx_master(h->master, z, z_len, psk, psk_len,
	    h->extended ? hash : NULL, d->client_random, h->server_random);
	dtls_kx_keys(h->suite, h->master, d->client_random, h->server_random,
	    d->setup->server, &d->read, &d->write, d->setup->cpu,
	    d->setup->random);
}

void
dtls_make_verify(const struct dtls_handshake *h, bool of_server,
    uint8_t verify[DTLS_VERIFY])
{
	uint8_t hash[DTLS_HASH];

	br_sha256_out(&h->transcript, hash);
	dtls_kx_finished(verify, h->master, of_server, hash);
}
