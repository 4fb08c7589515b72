/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The bodies of DTLS handshake messages: reading and writing them.
 *
 * NOTES.  Bodies are without the 12 bytes of the message header.  Readers take
 * untrusted bytes: they return 0, or the alert for what is wrong, and keep
 * pointers into the body.  Writers return the number of bytes written; buffers
 * have DTLS_BODY_MAX bytes, which is always enough.
 */

#ifndef WIRE_DTLS_HELLO_H
#define WIRE_DTLS_HELLO_H

#include "compat.h"

struct dtls_group;
struct dtls_suite;

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
	DTLS_BODY_MAX = 700,	/* bytes of a body that we write */
};

/* A fragment of a message (RFC 6347 4.2.2). */
struct dtls_fragment {
	uint8_t type;
	uint32_t len;		/* of the whole body */
	uint16_t seq;		/* message_seq */
	uint32_t offset, n;	/* of this fragment in the body; its length */
	const uint8_t *data;	/* its bytes */
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
	bool renegotiation;	/* renegotiation_info, empty */
	bool master;		/* extended_master_secret (RFC 7627) */
	uint8_t heartbeat;	/* mode in heartbeat (dtls_heartbeat.h) */
	bool has_groups;	/* supported_groups, with: */
	const uint8_t *groups;	/* two bytes each */
	size_t n_groups;
	bool has_cid;		/* connection_id, with: */
	const uint8_t *cid;	/* for records to this client; may be empty */
	size_t cid_len;		/* up to 255; the caller must reject more than
				 * DTLS_CID_MAX */
};

/* A ServerHello. */
struct dtls_server_hello {
	uint16_t version;
	const uint8_t *random;	/* DTLS_RANDOM bytes */
	size_t session_len;	/* of the session id, which is not resumed */
	uint16_t suite;
	bool renegotiation, master;	/* it has these extensions */
	uint8_t heartbeat;	/* mode in heartbeat (dtls_heartbeat.h) */
	bool has_cid;		/* connection_id, with: */
	const uint8_t *cid;	/* for records to this server; may be empty */
	size_t cid_len;		/* as above */
};

/* Reads the fragment that the content of a handshake record begins with.
 * Returns its length, header included; 0: malformed, drop the rest. */
size_t dtls_fragment_parse(struct dtls_fragment *, const uint8_t *p, size_t n);

/* Writes the message header of a fragment: n bytes from offset on of a body of
 * len bytes. */
void dtls_fragment_write(uint8_t p[DTLS_MESSAGE], uint8_t type, size_t len,
    uint16_t seq, size_t offset, size_t n);

/* Reads a ClientHello up to its cookie from the first n bytes of its body: sets
 * version, random, session, cookie, and *used, the number of bytes read.
 * False: the cookie ends beyond them, or the message is malformed. */
bool dtls_client_hello_begin(struct dtls_client_hello *, const uint8_t *p,
    size_t n, size_t *used);

/* Read a whole body of n bytes.  Return 0, or an alert. */
int dtls_client_hello_parse(struct dtls_client_hello *, const uint8_t *p,
    size_t n);
int dtls_server_hello_parse(struct dtls_server_hello *, const uint8_t *p,
    size_t n);
/* HelloVerifyRequest.  Either version of DTLS is accepted; the cookie may be
 * empty. */
int dtls_verify_parse(const uint8_t **cookie, size_t *cookie_len,
    const uint8_t *p, size_t n);
/* ServerKeyExchange.  ecdhe false: it has only a hint; *group and *share become
 * NULL.  *bare: it is in pion's form, without the field for a hint.  *share has
 * (*group)->share bytes; the caller must check that the group was offered. */
int dtls_server_kx_parse(bool ecdhe, const struct dtls_group **group,
    const uint8_t **share, bool *bare, const uint8_t *p, size_t n);
/* ClientKeyExchange.  An identity of more than DTLS_IDENTITY_MAX bytes is an
 * alert.  ecdhe false: *share becomes NULL, *share_len 0.  Else
 * dtls_kx_shared() must check the share's length. */
int dtls_client_kx_parse(bool ecdhe, const uint8_t **identity,
    size_t *identity_len, const uint8_t **share, size_t *share_len,
    const uint8_t *p, size_t n);

/* What a client offers. */
struct dtls_offer {
	const uint8_t *random;	/* DTLS_RANDOM bytes */
	const uint8_t *cookie;	/* NULL: none */
	size_t cookie_len;
	const struct dtls_suite *const *suites;
	size_t n_suites;
	const struct dtls_group *const *groups;	/* sent if one of the suites
						 * needs them */
	size_t n_groups;
	bool cid;		/* offer connection IDs for records to the
				 * server; ours is empty */
	bool heartbeat;		/* offer heartbeats */
};

size_t dtls_client_hello_write(uint8_t *p, const struct dtls_offer *);
/* cid NULL: no connection_id extension; heartbeat: agree to heartbeats. */
size_t dtls_server_hello_write(uint8_t *p, const uint8_t *random,
    uint16_t suite, bool renegotiation, bool master, const uint8_t *cid,
    size_t cid_len, bool heartbeat);
size_t dtls_verify_write(uint8_t *p, const uint8_t *cookie, size_t len);
/* The hint is empty (RFC 5489 2). */
size_t dtls_server_kx_write(uint8_t *p, const struct dtls_group *,
    const uint8_t *share);
/* group and share are NULL for plain PSK. */
size_t dtls_client_kx_write(uint8_t *p, const uint8_t *identity,
    size_t identity_len, const struct dtls_group *, const uint8_t *share);

#endif
