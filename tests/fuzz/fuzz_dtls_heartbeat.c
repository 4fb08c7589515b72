/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: heartbeats of DTLS.  What is taken lies within what was
 * received, before the padding; an answer has the payload of a request and no
 * byte more of it.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "wire/dtls.h"
#include "base/bytes.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What an association that has agreed answers. */
static void
check_answer(const struct dtls_heartbeat *h, const uint8_t *p, size_t n)
{
	static struct random random;
	static bool seeded;
	struct dtls_setup setup = { .random = &random };
	uint8_t out[DTLS_HEARTBEAT_MAX];
	struct dtls_heartbeat answer;
	struct dtls d;
	size_t len;

	if (!seeded)
		random_init_fixed(&random, "fuzz", 4);
	seeded = true;
	memset(&d, 0, sizeof(d));
	d.setup = &setup;
	dtls_heartbeat_take(&d, p, n);
	must(!d.echo_due);
	d.heartbeat = DTLS_HEARTBEAT_MAY_NOT;
	dtls_heartbeat_take(&d, p, n);
	must(d.echo_due == (h != NULL && h->type == DTLS_HEARTBEAT_REQUEST &&
	    h->len <= DTLS_HEARTBEAT_ECHO));
	len = dtls_heartbeat_output(&d, out);
	if (len == 0) {
		must(h == NULL || h->type != DTLS_HEARTBEAT_REQUEST ||
		    h->len > DTLS_HEARTBEAT_ECHO);
		return;
	}
	must(len <= sizeof(out) && len <= n);
	must(dtls_heartbeat_parse(&answer, out, len) == 0);
	must(answer.type == DTLS_HEARTBEAT_RESPONSE && answer.len == h->len);
	must(len == answer.len + DTLS_HEARTBEAT_HEAD + DTLS_HEARTBEAT_PADDING);
	must(memcmp(answer.payload, h->payload, h->len) == 0);
	must(dtls_heartbeat_output(&d, out) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dtls_heartbeat h;

	must(dtls_heartbeat_mode(data, size) == -1 || size == 1);
	if (dtls_heartbeat_parse(&h, data, size) != 0) {
		check_answer(NULL, data, size);
		return 0;
	}
	must(h.payload == data + DTLS_HEARTBEAT_HEAD);
	must(h.len == get_be16(data + 1));
	must(DTLS_HEARTBEAT_HEAD + h.len + DTLS_HEARTBEAT_PADDING <= size);
	check_answer(&h, data, size);
	return 0;
}
