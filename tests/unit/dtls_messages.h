/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the tests of DTLS: the plain handshake messages of the recorded sessions,
 * and bytes written as text.
 */

#ifndef DTLS_MESSAGES_H
#define DTLS_MESSAGES_H

#include "compat.h"

#include "dtls_vectors.h"

#include "base/bytes.h"
#include "wire/dtls_hello.h"
#include "wire/dtls_record.h"

enum { MESSAGES = 12 };

/* A message; it lies in the session's datagram. */
struct message {
	bool to_server;
	struct dtls_fragment f;
	const uint8_t *whole;	/* header and body, DTLS_MESSAGE + f.len */
};

/* The plain messages of a session, in order. */
struct messages {
	struct message m[MESSAGES];
	size_t n;
};

/* Takes the messages out of a datagram, or ends the test. */
static inline void
messages_add(struct messages *to, const struct vector_datagram *d)
{
	struct bytes in = { d->bytes.b, d->bytes.n, false };
	const uint8_t *head, *body;
	struct message *m;
	size_t len;

	/* No plain record has a cid, and the others come after them. */
	while (in.len > 0 && in.data[0] != DTLS_CID_RECORD) {
		head = bytes_take(&in, DTLS_HEADER);
		len = in.bad ? 0 : get_be16(head + DTLS_HEADER - 2);
		body = bytes_take(&in, len);
		if (in.bad)
			vectors_bail("a record that is cut");
		if (head[0] != DTLS_HANDSHAKE || get_be16(head + 3) != 0)
			continue;
		if (to->n == MESSAGES)
			vectors_bail("too many messages");
		m = &to->m[to->n++];
		m->to_server = d->to_server;
		m->whole = body;
		if (dtls_fragment_parse(&m->f, body, len) != len ||
		    m->f.n != m->f.len)
			vectors_bail("not one message in a record");
	}
}

static inline void
messages_read(struct messages *to, const struct vector *v)
{
	size_t i;

	to->n = 0;
	for (i = 0; i < v->n_datagrams; i++)
		messages_add(to, &v->datagrams[i]);
}

/* The last message of that type; NULL: there is none. */
static inline const struct message *
messages_find(const struct messages *in, uint8_t type)
{
	const struct message *found = NULL;
	size_t i;

	for (i = 0; i < in->n; i++)
		if (in->m[i].f.type == type)
			found = &in->m[i];
	return found;
}

/* Bytes out of text in hex, in which spaces count for nothing. */
static inline size_t
unhex(uint8_t *to, size_t size, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ')
			continue;
		digit = strchr(digits, *text);
		if (digit == NULL || n / 2 == size) {
			printf("Bail out! no bytes in hex: %s\n", text);
			exit(1);
		}
		to[n / 2] = (uint8_t)(to[n / 2] << 4 | (digit - digits));
		n++;
	}
	return n / 2;
}

#endif
