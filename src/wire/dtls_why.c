/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Text for logs about a DTLS association: why it is over, who the peer is.
 */

#include "compat.h"

#include "wire/dtls.h"

#include "wire/dtls_handshake.h"

/* Names of the alerts that a peer may send (RFC 5246 7.2, RFC 4279 2), with
 * the likely reason. */
static const struct why_alert {
	uint8_t number;
	const char *name;
} why_alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac: probably a different key" },
	{ 22, "record_overflow" },
	{ 40, "handshake_failure: probably no cipher suite in common" },
	{ 47, "illegal_parameter" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error: probably a different key" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security: probably no cipher suite in common" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 110, "unsupported_extension" },
	{ 115, "unknown_psk_identity" },
};

/* Prints a peer's alert after `what`. */
static void
why_print_alert(char *text, size_t size, const char *what, uint8_t alert)
{
	size_t i;

	for (i = 0; i < sizeof(why_alerts) / sizeof(why_alerts[0]); i++)
		if (why_alerts[i].number == alert) {
			snprintf(text, size, "%s: alert %s", what,
			    why_alerts[i].name);
			return;
		}
	snprintf(text, size, "%s: alert %u", what, (unsigned)alert);
}

/* Prints the client's offer, when none of its suites is allowed, after `what`:
 * the suites that are known by name, others by number. */
static void
why_print_offer(char *text, size_t size, const char *what,
    const struct dtls_handshake *h)
{
	const struct dtls_suite *suite;
	size_t i, at;
	int n;

	snprintf(text, size, "%s; the client offers", what);
	for (i = 0; i < h->n_offered; i++) {
		at = strlen(text);
		suite = dtls_suite_by_id(h->offered[i]);
		n = suite != NULL ?
		    snprintf(text + at, size - at, " %s", suite->name) :
		    snprintf(text + at, size - at, " %04X",
		    (unsigned)h->offered[i]);
		if (n >= 0 && (size_t)n + sizeof(" ...") <= size - at)
			continue;
		snprintf(text + at, size - at, " ...");
		return;
	}
}

/* What a handshake waits for, as text; after its end, why it is over. */
static const char *
why_waiting(const struct dtls *d)
{
	const struct dtls_handshake *h = d->handshake;

	switch (d->state) {
	case DTLS_C_HELLO:
		return h->cookies > 0 ?
		    "no answer to the ClientHello with the server's cookie" :
		    "no answer from the server";
	case DTLS_C_KX:
		return "the server's answer is not complete";
	case DTLS_C_FINISHED:
		return h->bad ? "the server's Finished is wrong: "
		    "it has a different key" :
		    "no Finished from the server: it may have a different "
		    "key, or none for the identity";
	case DTLS_S_HELLO:
		return "the ClientHello is not complete";
	case DTLS_S_KX:
		return "no reply from the client to the ServerHello";
	case DTLS_S_FINISHED:
		return h->unknown ? "no key for the client's identity" :
		    h->bad ? "the client's Finished is wrong: "
		    "it has a different key" : "no Finished from the client";
	case DTLS_DONE:
		return d->write.seq > DTLS_SEQ_MAX ? "all sequence numbers of "
		    "its association are used up" : "up";
	case DTLS_OVER:
		break;
	}
	return d->why == NULL ? "over" : d->why;
}

const char *
dtls_why(const struct dtls *d, char text[DTLS_WHY_TEXT])
{
	const struct dtls_handshake *h = d->handshake;
	const char *what = d->setup == NULL ? "over" : why_waiting(d);

	if (d->state == DTLS_OVER && d->why_alert != DTLS_NO_ALERT)
		why_print_alert(text, DTLS_WHY_TEXT, what, d->why_alert);
	else if (h != NULL && d->state != DTLS_DONE && h->refused != 0)
		why_print_alert(text, DTLS_WHY_TEXT, "the client refused",
		    h->refused);
	else if (h != NULL && d->state == DTLS_OVER && h->n_offered > 0)
		why_print_offer(text, DTLS_WHY_TEXT, what, h);
	else
		snprintf(text, DTLS_WHY_TEXT, "%s", what);
	return text;
}

const char *
dtls_key_fault(const struct dtls *d)
{
	const struct dtls_handshake *h = d->handshake;

	if (h == NULL || d->state != DTLS_S_FINISHED)
		return NULL;
	return h->unknown ? "unknown identity" :
	    h->bad ? "wrong key of identity" : NULL;
}

const char *
dtls_peer(const struct dtls *d, char text[DTLS_PEER_TEXT])
{
	const struct dtls_handshake *h = d->handshake;
	size_t i, at = 0;
	uint8_t c;

	text[0] = '\0';
	for (i = 0; h != NULL && i < h->identity_len; i++) {
		c = h->identity[i];
		if (c > ' ' && c <= '~' && c != '\\')
			at += (size_t)snprintf(text + at, DTLS_PEER_TEXT - at,
			    "%c", c);
		else
			at += (size_t)snprintf(text + at, DTLS_PEER_TEXT - at,
			    "\\x%02x", c);
	}
	return text;
}
