/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Heartbeat messages of DTLS: reading, writing and answering them.
 */

#include "compat.h"

#include "wire/dtls_heartbeat.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/dtls.h"

int
dtls_heartbeat_parse(struct dtls_heartbeat *h, const uint8_t *p, size_t n)
{
	struct bytes in = { p, n, false };

	h->type = bytes_u8(&in);
	h->len = bytes_be16(&in);
	h->payload = bytes_take(&in, h->len);
	if (in.bad || in.len < DTLS_HEARTBEAT_PADDING)
		return -1;
	return h->type == DTLS_HEARTBEAT_REQUEST ||
	    h->type == DTLS_HEARTBEAT_RESPONSE ? 0 : -1;
}

size_t
dtls_heartbeat_write(uint8_t p[DTLS_HEARTBEAT_MAX], uint8_t type,
    const uint8_t *payload, size_t len, struct random *random)
{
	must(len <= DTLS_HEARTBEAT_ECHO);
	p[0] = type;
	put_be16(p + 1, (uint16_t)len);
	if (len > 0)
		memcpy(p + DTLS_HEARTBEAT_HEAD, payload, len);
	random_bytes(random, p + DTLS_HEARTBEAT_HEAD + len,
	    DTLS_HEARTBEAT_PADDING);
	return DTLS_HEARTBEAT_HEAD + len + DTLS_HEARTBEAT_PADDING;
}

int
dtls_heartbeat_mode(const uint8_t *p, size_t n)
{
	return n == 1 && (p[0] == DTLS_HEARTBEAT_MAY ||
	    p[0] == DTLS_HEARTBEAT_MAY_NOT) ? p[0] : -1;
}

void
dtls_heartbeat_ask(uint8_t *p, size_t n, uint32_t number, uint16_t size,
    struct random *random)
{
	must(n >= DTLS_HEARTBEAT_LEAST);
	p[0] = DTLS_HEARTBEAT_REQUEST;
	put_be16(p + 1, DTLS_HEARTBEAT_SIZED);
	put_be32(p + DTLS_HEARTBEAT_HEAD, number);
	put_be16(p + DTLS_HEARTBEAT_HEAD + 4, size);
	p += DTLS_HEARTBEAT_HEAD + DTLS_HEARTBEAT_SIZED;
	random_bytes(random, p, n - DTLS_HEARTBEAT_HEAD -
	    DTLS_HEARTBEAT_SIZED);
}

void
dtls_heartbeat_take(struct dtls *d, const uint8_t *p, size_t n)
{
	struct dtls_heartbeat h;

	/* We agreed to answer. */
	if (d->heartbeat == DTLS_HEARTBEAT_NONE ||
	    dtls_heartbeat_parse(&h, p, n) != 0)
		return;
	if (h.type == DTLS_HEARTBEAT_RESPONSE &&
	    h.len == DTLS_HEARTBEAT_SIZED) {
		d->beat_number = get_be32(h.payload);
		d->beat_size = get_be16(h.payload + 4);
	}
	if (h.type != DTLS_HEARTBEAT_REQUEST || h.len > DTLS_HEARTBEAT_ECHO)
		return;
	d->echo_due = true;
	d->echo_len = (uint8_t)h.len;
	if (h.len > 0)
		memcpy(d->echo, h.payload, h.len);
}

size_t
dtls_heartbeat_output(struct dtls *d, uint8_t p[DTLS_HEARTBEAT_MAX])
{
	uint8_t number[4];

	if (d->echo_due) {
		d->echo_due = false;
		return dtls_heartbeat_write(p, DTLS_HEARTBEAT_RESPONSE,
		    d->echo, d->echo_len, d->setup->random);
	}
	if (!d->beat_due)
		return 0;
	d->beat_due = false;
	put_be32(number, ++d->beats);
	return dtls_heartbeat_write(p, DTLS_HEARTBEAT_REQUEST, number,
	    sizeof(number), d->setup->random);
}
