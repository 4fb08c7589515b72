/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The heartbeat of DTLS (RFC 6520): a request, which the peer answers with its
 * payload, keeps an idle association alive.
 *
 * NOTES.  A message is in a record of its own:
 *
 *	type			1 byte, 1 request or 2 response
 *	payload_length		2 bytes
 *	payload			payload_length bytes
 *	padding			the rest, at least 16 random bytes, ignored
 *
 * A message whose payload_length is greater than what it has behind it, less
 * the padding, is discarded silently (RFC 6520 4; CVE-2014-0160), and so is one
 * of an unknown type.  A response carries no more than the payload that was
 * received and new padding, and never more than DTLS_HEARTBEAT_ECHO bytes of
 * payload: a longer request is discarded, too.
 *
 * Both sides agree by the extension heartbeat in their hellos.  A client offers
 * it only where it means to send requests, so that its hello is that of the
 * originals otherwise.  A side that has not agreed discards these records.
 */

#ifndef WIRE_DTLS_HEARTBEAT_H
#define WIRE_DTLS_HEARTBEAT_H

#include "compat.h"

struct dtls;
struct random;

/* Types of messages. */
enum {
	DTLS_HEARTBEAT_REQUEST = 1,
	DTLS_HEARTBEAT_RESPONSE = 2,
};

/* Modes in the extension: may the peer send requests? */
enum {
	DTLS_HEARTBEAT_NONE = 0,	/* there was no extension */
	DTLS_HEARTBEAT_MAY = 1,		/* it may */
	DTLS_HEARTBEAT_MAY_NOT = 2,	/* it may not, but has to answer ours */
};

enum {
	DTLS_HEARTBEAT_HEAD = 3,	/* bytes before the payload */
	DTLS_HEARTBEAT_PADDING = 16,	/* bytes after it, at least */
	DTLS_HEARTBEAT_ECHO = 32,	/* bytes of payload that are answered */
	DTLS_HEARTBEAT_MAX = DTLS_HEARTBEAT_HEAD + DTLS_HEARTBEAT_ECHO +
	    DTLS_HEARTBEAT_PADDING,	/* bytes of a message that we write */
	DTLS_HEARTBEAT_SIZED = 6,	/* bytes of payload of a request that
				 * asks about its size, which no other request
				 * of ours has */
	DTLS_HEARTBEAT_LEAST = DTLS_HEARTBEAT_HEAD + DTLS_HEARTBEAT_SIZED +
	    DTLS_HEARTBEAT_PADDING,	/* bytes of the shortest of them */
};

/* A message. */
struct dtls_heartbeat {
	uint8_t type;		/* request or response */
	const uint8_t *payload;	/* borrowed from the record */
	size_t len;		/* its bytes */
};

/* Reads the content of a record, n bytes.  0, or -1: it is discarded. */
int dtls_heartbeat_parse(struct dtls_heartbeat *, const uint8_t *p, size_t n);

/* Writes a message with a payload of len bytes (at most DTLS_HEARTBEAT_ECHO)
 * and the least padding; returns its bytes. */
size_t dtls_heartbeat_write(uint8_t p[DTLS_HEARTBEAT_MAX], uint8_t type,
    const uint8_t *payload, size_t len, struct random *);

/* The mode that an extension of n bytes gives; -1: it is malformed. */
int dtls_heartbeat_mode(const uint8_t *p, size_t n);

/* Writes a request of n >= DTLS_HEARTBEAT_LEAST bytes, padded, that asks
 * whether a record of that length arrives: its payload is number and size,
 * which the response has. */
void dtls_heartbeat_ask(uint8_t *p, size_t n, uint32_t number, uint16_t size,
    struct random *);

/* Takes the content of an authentic record; a request makes a response due, and
 * the response to dtls_heartbeat_ask() is kept for dtls_take_size(). */
void dtls_heartbeat_take(struct dtls *, const uint8_t *p, size_t n);

/* Writes the message that is due, a response first; 0: none is. */
size_t dtls_heartbeat_output(struct dtls *, uint8_t p[DTLS_HEARTBEAT_MAX]);

#endif
