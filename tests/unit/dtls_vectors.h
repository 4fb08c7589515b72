/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the tests of DTLS: the recorded sessions of tests/data/dtls_vectors.txt,
 * which tells what its lines are.
 */

#ifndef DTLS_VECTORS_H
#define DTLS_VECTORS_H

#include "compat.h"

enum {
	VECTORS = 14,		/* sessions in the file */
	VECTOR_BYTES = 256,	/* the longest value */
	VECTOR_DATAGRAMS = 10,	/* of one session, at most */
	VECTOR_RECORDS = 6,
};

/* A value; n 0: the session does not have it. */
struct vector_bytes {
	uint8_t b[VECTOR_BYTES];
	size_t n;
};

/* A datagram. */
struct vector_datagram {
	bool to_server;
	struct vector_bytes bytes;
};

/* A protected record of epoch 1. */
struct vector_record {
	bool of_client;
	uint64_t seq;
	uint8_t outer, inner;	/* types of the record and of the content */
	const uint8_t *content;
	size_t len;
	struct vector_bytes line;	/* as it is in the file */
};

/* A recorded session. */
struct vector {
	char name[80];
	uint16_t suite;
	struct vector_bytes psk, identity, cid, premaster, client_private,
	    server_private, shared, session_hash, master, key_block,
	    client_verify, server_verify;
	struct vector_datagram datagrams[VECTOR_DATAGRAMS];
	size_t n_datagrams;
	struct vector_record records[VECTOR_RECORDS];
	size_t n_records;
};

static struct vector vectors[VECTORS];

/* Ends the test: the file is not what it must be. */
static inline void
vectors_bail(const char *what)
{
	printf("Bail out! dtls_vectors.txt: %s\n", what);
	exit(1);
}

static inline void
vectors_hex(struct vector_bytes *to, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	size_t n = 0;

	for (; *text != '\n' && *text != '\0'; text++, n++) {
		digit = strchr(digits, *text);
		if (digit == NULL || n / 2 >= VECTOR_BYTES)
			vectors_bail("no bytes in hex");
		to->b[n / 2] = (uint8_t)(to->b[n / 2] << 4 |
		    (digit - digits));
	}
	if (n == 0 || n % 2 != 0)
		vectors_bail("half a byte");
	to->n = n / 2;
}

/* Takes a record's line apart. */
static inline void
vectors_record(struct vector_record *r)
{
	size_t i;

	if (r->line.n < 8)
		vectors_bail("a short record");
	for (i = 0; i < 6; i++)
		r->seq = r->seq << 8 | r->line.b[i];
	r->outer = r->line.b[6];
	r->inner = r->line.b[7];
	r->content = r->line.b + 8;
	r->len = r->line.n - 8;
}

/* Takes a line of a session. */
static inline void
vectors_line(struct vector *v, const char *key, const char *value)
{
	struct {
		const char *key;
		struct vector_bytes *to;
	} single[] = {
		{ "psk", &v->psk }, { "identity", &v->identity },
		{ "cid", &v->cid }, { "premaster", &v->premaster },
		{ "client_private", &v->client_private },
		{ "server_private", &v->server_private },
		{ "shared", &v->shared }, { "session_hash", &v->session_hash },
		{ "master", &v->master }, { "key_block", &v->key_block },
		{ "client_verify", &v->client_verify },
		{ "server_verify", &v->server_verify },
	};
	struct vector_bytes suite = { { 0 }, 0 };
	struct vector_datagram *d = &v->datagrams[v->n_datagrams];
	struct vector_record *r = &v->records[v->n_records];
	size_t i;

	for (i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (strcmp(key, single[i].key) == 0) {
			vectors_hex(single[i].to, value);
			return;
		}
	if (strcmp(key, "suite") == 0) {
		vectors_hex(&suite, value);
		v->suite = (uint16_t)(suite.b[0] << 8 | suite.b[1]);
	} else if ((strcmp(key, "c2s") == 0 || strcmp(key, "s2c") == 0) &&
	    v->n_datagrams < VECTOR_DATAGRAMS) {
		d->to_server = key[0] == 'c';
		vectors_hex(&d->bytes, value);
		v->n_datagrams++;
	} else if ((strcmp(key, "client_record") == 0 ||
	    strcmp(key, "server_record") == 0) &&
	    v->n_records < VECTOR_RECORDS) {
		r->of_client = key[0] == 'c';
		vectors_hex(&r->line, value);
		vectors_record(r);
		v->n_records++;
	} else
		vectors_bail(key);
}

/* Reads the file into vectors[], or ends the test. */
static inline void
vectors_read(void)
{
	const char *folder = getenv("ADIT_TEST_DATA");
	char path[600], line[2 * VECTOR_BYTES + 40], *value;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/dtls_vectors.txt",
	    folder == NULL ? "tests/data" : folder);
	f = fopen(path, "r");
	if (f == NULL)
		vectors_bail("cannot be read");
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		value = strstr(line, " = ");
		if (value == NULL)
			vectors_bail("no value");
		*value = '\0';
		value += 3;
		if (strcmp(line, "session") == 0) {
			if (n == VECTORS)
				vectors_bail("too many sessions");
			value[strcspn(value, "\n")] = '\0';
			strlcpy(vectors[n++].name, value,
			    sizeof(vectors[0].name));
		} else if (n == 0)
			vectors_bail("no session");
		else
			vectors_line(&vectors[n - 1], line, value);
	}
	fclose(f);
	if (n != VECTORS)
		vectors_bail("too few sessions");
}

/* The first session whose name begins so. */
static inline const struct vector *
vectors_find(const char *beginning)
{
	size_t i;

	for (i = 0; i < VECTORS; i++)
		if (strncmp(vectors[i].name, beginning,
		    strlen(beginning)) == 0)
			return &vectors[i];
	vectors_bail(beginning);
	return NULL;
}

#endif
