/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The fatal alert that a failed TLS engine sends.
 *
 * NOTES.  BearSSL sends an alert where client and server have nothing in
 * common, and none for any other failure.
 */

#include "compat.h"

#include "wire/tls_alert.h"

#include "wire/tls_bearssl.h"
#include "wire/tls_verify.h"

enum {
	ALERT_FATAL = 2,
	ALERT_BYTES = 2,	/* level and description */
};

/* The description of the alert for an error of ours. */
static uint8_t
alert_for(const struct tls *t, int error)
{
	if (error >= BR_ERR_X509_OK && error < 64 && t->verify != NULL)
		return tls_verify_alert(t->verify->fault);
	switch (error) {
	case BR_ERR_UNSUPPORTED_VERSION:
	case BR_ERR_BAD_VERSION:
		return BR_ALERT_PROTOCOL_VERSION;
	case BR_ERR_BAD_LENGTH:
		/* Or too short to have a MAC. */
		return bearssl_record_len(&t->br.eng) > TLS_DATA_MAX ?
		    BR_ALERT_RECORD_OVERFLOW : BR_ALERT_BAD_RECORD_MAC;
	case BR_ERR_TOO_LARGE:
		return BR_ALERT_RECORD_OVERFLOW;
	case BR_ERR_BAD_MAC:
		return BR_ALERT_BAD_RECORD_MAC;
	case BR_ERR_UNKNOWN_TYPE:
	case BR_ERR_UNEXPECTED:
	case BR_ERR_BAD_CCS:
		return BR_ALERT_UNEXPECTED_MESSAGE;
	case BR_ERR_BAD_ALERT:
	case BR_ERR_BAD_HANDSHAKE:
	case BR_ERR_OVERSIZED_ID:
	case BR_ERR_BAD_HELLO_DONE:
	case BR_ERR_BAD_SNI:
	case BR_ERR_BAD_PARAM:
		return BR_ALERT_DECODE_ERROR;
	case BR_ERR_BAD_CIPHER_SUITE:
	case BR_ERR_BAD_COMPRESSION:
	case BR_ERR_BAD_FRAGLEN:
	case BR_ERR_RESUME_MISMATCH:
	case BR_ERR_INVALID_ALGORITHM:
	case TLS_ERR_BAD_SHARE:
		return BR_ALERT_ILLEGAL_PARAMETER;
	case BR_ERR_BAD_SECRENEG:
	case BR_ERR_LIMIT_EXCEEDED:
	case BR_ERR_NO_CLIENT_AUTH:
		return BR_ALERT_HANDSHAKE_FAILURE;
	case BR_ERR_EXTRA_EXTENSION:
		return BR_ALERT_UNSUPPORTED_EXTENSION;
	case BR_ERR_BAD_FINISHED:
	case BR_ERR_BAD_SIGNATURE:
		return BR_ALERT_DECRYPT_ERROR;
	case BR_ERR_WRONG_KEY_USAGE:
		return BR_ALERT_UNSUPPORTED_CERTIFICATE;
	}
	return BR_ALERT_INTERNAL_ERROR;
}

void
tls_alert_make(struct tls *t, int error)
{
	uint8_t alert[ALERT_BYTES];
	size_t n = sizeof(alert), at;

	alert[0] = ALERT_FATAL;
	alert[1] = alert_for(t, error);
	at = bearssl_seal_alert(&t->br.eng, t->alert, sizeof(t->alert), alert,
	    &n);
	t->alert_at = (uint8_t)at;
	t->alert_end = (uint8_t)(at + n);
}
