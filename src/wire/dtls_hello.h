/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The bodies of DTLS handshake messages: reading and writing them.
 *
 * NOTES.  Bodies are without the 12 bytes of the message header.  Readers take
 * strangers' bytes: they return 0, or the alert that says what is wrong, and
 * keep pointers into the body.  Writers return bytes written, into buffers of
 * DTLS_BODY_MAX bytes, which are always enough.
 */

#ifndef WIRE_DTLS_HELLO_H
#define WIRE_DTLS_HELLO_H

#include "compat.h"

#include "wire/dtls_record.h"

/* Message types. */
enum {
	DTLS_HELLO_REQUEST = 0,
	DTLS_CLIENT_HELLO = 1,
	DTLS_SERVER_HELLO = 2,
	DTLS_HELLO_VERIFY_REQUEST = 3,
	DTLS_NEW_SESSION_TICKET = 4,
	DTLS_SERVER_KEY_EXCHANGE = 12,
	DTLS_SERVER_HELLO_DONE = 14,
	DTLS_CLIENT_KEY_EXCHANGE = 16,
	DTLS_FINISHED = 20,
};

/* Alerts (RFC 5246 7.2). */
enum {
	DTLS_CLOSE_NOTIFY = 0,
	DTLS_UNEXPECTED_MESSAGE = 10,
	DTLS_HANDSHAKE_FAILURE = 40,
	DTLS_ILLEGAL_PARAMETER = 47,
	DTLS_ACCESS_DENIED = 49,
	DTLS_DECODE_ERROR = 50,
	DTLS_DECRYPT_ERROR = 51,
	DTLS_PROTOCOL_VERSION = 70,
	DTLS_INSUFFICIENT_SECURITY = 71,
	DTLS_INTERNAL_ERROR = 80,
	DTLS_UNSUPPORTED_EXTENSION = 110,
};

enum {
	DTLS_MESSAGE = 12,	/* bytes of a message header */
	DTLS_RANDOM = 32,
	DTLS_SHARE_MAX = 97,	/* public value of the largest group */
	DTLS_IDENTITY_MAX = 128,	/* bytes of a PSK identity (RFC 4279
					 * 5.3: at least that many) */
	DTLS_COOKIE_MAX = 255,
	DTLS_BODY_MAX = 700,	/* of a message that we write */
};

/* A message header (RFC 6347 4.2.2). */
struct dtls_fragment {
	uint8_t type;
	uint32_t len;		/* of the whole body */
	uint16_t seq;
	uint32_t offset, n;	/* this fragment */
	const uint8_t *data;
};

/* A ClientHello. */
struct dtls_client_hello {
	uint16_t version;
	const uint8_t *random;	/* DTLS_RANDOM bytes */
	const uint8_t *session, *cookie;
	size_t session_len, cookie_len;
	const uint8_t *suites;	/* two bytes each */
	size_t n_suites;
	bool scsv;		/* TLS_EMPTY_RENEGOTIATION_INFO_SCSV */
	bool renegotiation;	/* the extension, with its one right value */
	bool master;		/* extended_master_secret (RFC 7627) */
	bool has_groups;	/* supported_groups is there: */
	const uint8_t *groups;	/* two bytes each */
	size_t n_groups;
	bool has_cid;		/* connection_id is there: */
	const uint8_t *cid;	/* what to send to this client; may be empty */
	size_t cid_len;		/* up to 255: more than DTLS_CID_MAX is the
				 * caller's to refuse */
};

/* A ServerHello. */
struct dtls_server_hello {
	uint16_t version;
	const uint8_t *random;	/* DTLS_RANDOM bytes */
	size_t session_len;	/* of its session id, which is no use to us */
	uint16_t suite;
	bool renegotiation, master;	/* the extensions are there */
	bool has_cid;		/* connection_id is there: */
	const uint8_t *cid;	/* what to send to this server; may be empty */
	size_t cid_len;		/* as above */
};

/* Reads a fragment off the content of a handshake record: bytes eaten; 0: this
 * is none, drop the rest. */
size_t dtls_fragment_parse(struct dtls_fragment *, const uint8_t *p, size_t n);

/* Writes a message header for bytes offset .. offset + n of a body. */
void dtls_fragment_write(uint8_t p[DTLS_MESSAGE], uint8_t type, size_t len,
    uint16_t seq, size_t offset, size_t n);

/* Reads a ClientHello up to its cookie, when n bytes of its body are there:
 * sets version, random, session, cookie, and *used, the bytes that were read;
 * false: it does not reach so far, or is malformed. */
bool dtls_client_hello_begin(struct dtls_client_hello *, const uint8_t *p,
    size_t n, size_t *used);

/* Readers: 0 or an alert. n is the whole body. */
int dtls_client_hello_parse(struct dtls_client_hello *, const uint8_t *p,
    size_t n);
int dtls_server_hello_parse(struct dtls_server_hello *, const uint8_t *p,
    size_t n);
/* Either version of DTLS is taken; the cookie may be empty. */
int dtls_verify_parse(const uint8_t **cookie, size_t *cookie_len,
    const uint8_t *p, size_t n);
/* ecdhe false: only a hint, and *group and *share become NULL.  *bare: pion's
 * form, which lacks the hint's field.  *share has (*group)->share bytes;
 * whether the group was offered is the caller's to check. */
int dtls_server_kx_parse(bool ecdhe, const struct dtls_group **group,
    const uint8_t **share, bool *bare, const uint8_t *p, size_t n);
/* An identity of more than DTLS_IDENTITY_MAX bytes is an alert.  ecdhe false:
 * *share becomes NULL, *share_len 0; else the length is dtls_kx_shared()'s to
 * check. */
int dtls_client_kx_parse(bool ecdhe, const uint8_t **identity,
    size_t *identity_len, const uint8_t **share, size_t *share_len,
    const uint8_t *p, size_t n);

/* What a client offers; random is in place already. */
struct dtls_offer {
	const uint8_t *random;
	const uint8_t *cookie;	/* NULL: none */
	size_t cookie_len;
	const struct dtls_suite *const *suites;
	size_t n_suites;
	const struct dtls_group *const *groups;	/* sent when a suite needs
						 * them */
	size_t n_groups;
	bool cid;		/* offers an empty one: "I will send yours" */
};

size_t dtls_client_hello_write(uint8_t *p, const struct dtls_offer *);
/* cid NULL: no connection_id extension. */
size_t dtls_server_hello_write(uint8_t *p, const uint8_t *random,
    uint16_t suite, bool renegotiation, bool master, const uint8_t *cid,
    size_t cid_len);
size_t dtls_verify_write(uint8_t *p, const uint8_t *cookie, size_t len);
/* With an empty hint (RFC 5489 2). */
size_t dtls_server_kx_write(uint8_t *p, const struct dtls_group *,
    const uint8_t *share);
/* group NULL and share NULL where not ECDHE. */
size_t dtls_client_kx_write(uint8_t *p, const uint8_t *identity,
    size_t identity_len, const struct dtls_group *, const uint8_t *share);

#endif
