/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS failures in words.
 */

#include "compat.h"

#include "wire/tls.h"

#include "base/text.h"
#include "wire/stream_look.h"
#include "wire/tls_bearssl.h"
#include "wire/tls_verify.h"

/* Names of alerts, RFC 5246 7.2 and RFC 8446 6. */
static const struct {
	uint8_t alert;
	const char *name;
	const char *to_client, *to_server;	/* what it tells us, or NULL */
} alerts[] = {
	{ 10, "unexpected message", NULL, NULL },
	{ 20, "bad record MAC", NULL, NULL },
	{ 22, "record overflow", NULL, NULL },
	{ 40, "handshake failure",
	    "it wants a client certificate, or shares no cipher with us",
	    "it shares no cipher with us" },
	{ 42, "bad certificate",
	    "our client certificate was refused",
	    "it refused our certificate" },
	{ 43, "unsupported certificate",
	    "our client certificate was refused: not for that use, or of a "
	    "kind that the server does not know",
	    "it refused our certificate: not for servers, or of a kind that "
	    "it does not know" },
	{ 44, "certificate revoked",
	    "our client certificate was revoked",
	    "our certificate was revoked" },
	{ 45, "certificate expired",
	    "our client certificate has expired, or the server's clock is "
	    "wrong",
	    "our certificate has expired, or the client's clock is wrong" },
	{ 46, "certificate unknown",
	    "our client certificate was refused",
	    "it refused our certificate, for its name perhaps" },
	{ 47, "illegal parameter", NULL, NULL },
	{ 48, "unknown CA",
	    "the server does not trust the CA of our client certificate",
	    "the client does not trust our certificate's CA: give it that "
	    "CA's certificate" },
	{ 49, "access denied", NULL, NULL },
	{ 50, "decode error", NULL, NULL },
	{ 51, "decrypt error", NULL, NULL },
	{ 70, "protocol version",
	    "it does not speak TLS 1.2, which is what Adit speaks; TLS 1.3 "
	    "alone, perhaps",
	    "it does not speak TLS 1.2, which is what Adit speaks; TLS 1.3 "
	    "alone, perhaps" },
	{ 71, "insufficient security",
	    "it finds our keys or ciphers too weak",
	    "it finds our keys or ciphers too weak" },
	{ 80, "internal error", NULL, NULL },
	{ 86, "inappropriate fallback", NULL, NULL },
	{ 90, "user canceled", NULL, NULL },
	{ 100, "no renegotiation", NULL, NULL },
	{ 109, "missing extension", NULL, NULL },
	{ 110, "unsupported extension", NULL, NULL },
	{ 112, "unrecognized name",
	    "the server does not know the name that we asked for; see "
	    "tls-servername", NULL },
	{ 116, "certificate required",
	    "the server requires a client certificate", NULL },
	{ 120, "no application protocol", NULL, NULL },
};

static const char *
handshake_strerror(int error)
{
	switch (error) {
	case BR_ERR_OK:
		return "no error";
	case BR_ERR_UNSUPPORTED_VERSION:
		return "the peer does not speak TLS (is it plain TCP, or "
		    "another service?)";
	case BR_ERR_BAD_VERSION:
		return "the peer does not speak TLS 1.2, which is what Adit "
		    "speaks";
	case BR_ERR_BAD_LENGTH:
	case BR_ERR_TOO_LARGE:
		return "a record from the peer is too long";
	case BR_ERR_BAD_MAC:
		return "a record was damaged or forged on its way";
	case BR_ERR_NO_RANDOM:
		return "there is no source of random numbers";
	case BR_ERR_UNKNOWN_TYPE:
	case BR_ERR_UNEXPECTED:
		return "the peer sent something that does not belong there";
	case BR_ERR_BAD_CCS:
	case BR_ERR_BAD_ALERT:
	case BR_ERR_BAD_HANDSHAKE:
	case BR_ERR_OVERSIZED_ID:
	case BR_ERR_BAD_SNI:
	case BR_ERR_BAD_HELLO_DONE:
	case BR_ERR_BAD_FRAGLEN:
	case BR_ERR_EXTRA_EXTENSION:
		return "a message of the peer's handshake is malformed";
	case BR_ERR_BAD_CIPHER_SUITE:
	case BR_ERR_BAD_COMPRESSION:
	case BR_ERR_RESUME_MISMATCH:
		return "the peer chose what was not offered";
	case BR_ERR_BAD_SECRENEG:
		return "secure renegotiation failed";
	case BR_ERR_LIMIT_EXCEEDED:
	case BR_ERR_INVALID_ALGORITHM:
		return "the peer's key, curve or signature is of a kind that "
		    "Adit does not know, or is not valid";
	case TLS_ERR_BAD_SHARE:
		return "the peer's key share is not valid";
	case BR_ERR_BAD_FINISHED:
		return "the handshake was tampered with";
	case BR_ERR_BAD_SIGNATURE:
		return "the peer does not have the key of its certificate";
	case BR_ERR_WRONG_KEY_USAGE:
		return "the peer's certificate must not be used for this (key "
		    "usage)";
	case BR_ERR_NO_CLIENT_AUTH:
		return "the client showed no certificate, and this server "
		    "requires one; give the client a certificate and its key";
	case TLS_ERR_NO_TLS:
		return "this program was built without TLS";
	case TLS_ERR_SETUP:
		return "certificate, key, trust anchors and name do not belong "
		    "together";
	}
	return NULL;
}

static const char *
alert_name(int alert)
{
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].alert == alert)
			return alerts[i].name;
	return "unknown alert";
}

const char *
tls_strerror(int error)
{
	const char *words = handshake_strerror(error);

	if (words != NULL)
		return words;
	if (error >= BR_ERR_SEND_FATAL_ALERT &&
	    error < BR_ERR_SEND_FATAL_ALERT + 256)
		return alert_name(error - BR_ERR_SEND_FATAL_ALERT);
	if (error >= BR_ERR_RECV_FATAL_ALERT &&
	    error < BR_ERR_RECV_FATAL_ALERT + 256)
		return alert_name(error - BR_ERR_RECV_FATAL_ALERT);
	if (error >= BR_ERR_X509_OK && error < 64)
		return "the peer's certificate was refused";
	return "the TLS engine failed";
}

/* What the peer said, and what it means to us. */
static void
add_received(struct text *out, const struct tls *t, int alert)
{
	const char *hint = NULL;
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].alert == alert)
			hint = t->setup->server ? alerts[i].to_server :
			    alerts[i].to_client;
	/* A certificate that we did not send cannot have been refused. */
	if (!t->setup->server && t->setup->chain == NULL && alert >= 42 &&
	    alert <= 46)
		hint = "it requires a client certificate";
	text_add(out, "the peer says: %s", alert_name(alert));
	if (hint != NULL)
		text_add(out, " (%s)", hint);
}

/* The alert that BearSSL itself sent, when it could not agree with the peer. */
static void
add_sent(struct text *out, const struct tls *t, int alert)
{
	switch (alert) {
	case BR_ALERT_HANDSHAKE_FAILURE:
		text_add(out, "no cipher suite in common with the %s (Adit "
		    "takes TLS 1.2 with ECDHE and AES or ChaCha20; does it "
		    "insist on TLS 1.3?)",
		    t->setup->server ? "client" : "server");
		break;
	case BR_ALERT_PROTOCOL_VERSION:
		text_add(out, "the %s does not speak TLS 1.2, which is what "
		    "Adit speaks", t->setup->server ? "client" : "server");
		break;
	default:
		text_add(out, "the handshake failed: %s", alert_name(alert));
		break;
	}
}

static void
add_setup_fault(struct text *out, const struct tls *t)
{
	const struct tls_setup *s = t->setup;

	if (s != NULL && s->server && s->chain == NULL)
		text_add(out, "a server needs a certificate and its key");
	else if (s != NULL && !s->server && s->anchors == NULL)
		text_add(out, "a client needs trust anchors (cafile)");
	else
		text_add(out, "%s", tls_strerror(TLS_ERR_SETUP));
}

/* What the peer speaks in place of TLS; NULL: nothing that is known. */
static const char *
why_no_tls(const struct tls *t)
{
	const uint8_t *head = bearssl_in_head(&t->br.eng);

	return head == NULL ? NULL : stream_look(head, BEARSSL_HEAD);
}

void
tls_why(const struct tls *t, char *text, size_t size)
{
	int error = tls_error(t);
	struct text out;

	text_init(&out, text, size);
	if (error == TLS_ERR_SETUP)
		add_setup_fault(&out, t);
	else if (error >= BR_ERR_X509_OK && error < 64 && t->verify != NULL)
		tls_verify_why(t->verify, text, size);
	else if (error >= BR_ERR_SEND_FATAL_ALERT &&
	    error < BR_ERR_SEND_FATAL_ALERT + 256)
		add_sent(&out, t, error - BR_ERR_SEND_FATAL_ALERT);
	else if (error >= BR_ERR_RECV_FATAL_ALERT &&
	    error < BR_ERR_RECV_FATAL_ALERT + 256)
		add_received(&out, t, error - BR_ERR_RECV_FATAL_ALERT);
	else if (error == BR_ERR_UNSUPPORTED_VERSION && why_no_tls(t) != NULL)
		text_add(&out, "the peer does not speak TLS: %s",
		    why_no_tls(t));
	else if (error == 0)
		text_add(&out, "the peer closed the connection");
	else
		text_add(&out, "%s", tls_strerror(error));
}
