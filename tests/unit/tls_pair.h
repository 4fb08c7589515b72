/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the tests of TLS: a client and a server that talk in memory.
 */

#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include "compat.h"

#include "tls_data.h"

#include "wire/tls.h"
#include "wire/tls_verify.h"

/* One side of a connection in memory. */
struct side {
	struct tls tls;
	struct tls_setup setup;
	struct tls_verify verify;
	struct pem_chain chain;
	struct pem_key key;
	struct pem_anchors anchors;
	uint8_t in[TLS_IN_SIZE], out[TLS_OUT_SIZE];
	uint8_t got[70000];		/* data that came */
	size_t got_len;
	int started;
	struct tls_resume *resume;	/* client: the session that it keeps */
	struct addr peer;		/* client: the server's address */
};

static struct side client, server;
static struct random rnd;
static int64_t now_s = DATA_NOW_S;
static char why[TLS_WHY_TEXT];

static inline void
side_init(struct side *s, bool is_server, const char *stem, const char *anchors)
{
	struct pem_trouble trouble;
	char name[64];

	memset(s, 0, sizeof(*s));
	s->setup.server = is_server;
	if (stem != NULL) {
		snprintf(name, sizeof(name), "%s.pem", stem);
		data_chain(name, &s->chain, &trouble);
		snprintf(name, sizeof(name), "%s.key", stem);
		data_key(name, &s->key, &trouble);
		s->setup.chain = &s->chain;
		s->setup.key = &s->key;
	}
	if (anchors != NULL) {
		data_anchors(anchors, &s->anchors, &trouble);
		s->setup.anchors = &s->anchors;
	}
}

static inline void
side_start(struct side *s, const char *name)
{
	struct tls_args args;

	memset(&args, 0, sizeof(args));
	args.setup = &s->setup;
	args.name = name;
	args.resume = s->resume;
	args.peer = &s->peer;
	args.now_s = now_s;
	args.random = &rnd;
	args.verify = &s->verify;
	args.in = s->in;
	args.out = s->out;
	s->got_len = 0;
	s->started = tls_start(&s->tls, &args);
}

/* Carries at most step bytes from one to the other; was there any? */
static inline bool
carry(struct side *from, struct side *to, size_t step)
{
	const uint8_t *out;
	size_t len, room;
	uint8_t *in;

	out = tls_record_out(&from->tls, &len);
	if (out == NULL)
		return false;
	in = tls_record_in(&to->tls, &room);
	if (in == NULL) {
		if ((tls_state(&to->tls) & TLS_CLOSED) == 0)
			return false;
		room = len;
	}
	if (len > room)
		len = room;
	if (len > step)
		len = step;
	if (in != NULL) {
		memcpy(in, out, len);
		tls_record_in_done(&to->tls, len);
	}
	tls_record_out_done(&from->tls, len);
	return true;
}

static inline bool
take(struct side *s)
{
	size_t len;
	uint8_t *data = tls_data(&s->tls, &len);

	if (data == NULL)
		return false;
	if (s->got_len + len <= sizeof(s->got))
		memcpy(s->got + s->got_len, data, len);
	s->got_len += len;
	tls_data_done(&s->tls, len);
	return true;
}

/* Lets both talk until nobody has anything to say. */
static inline void
talk(size_t step)
{
	bool busy;

	do {
		busy = carry(&client, &server, step);
		busy |= carry(&server, &client, step);
		busy |= take(&client);
		busy |= take(&server);
	} while (busy);
}

/* Puts bytes into the connection, talking in between. */
static inline void
say(struct side *s, const uint8_t *bytes, size_t len, size_t step)
{
	uint8_t *to;
	size_t room;

	while (len > 0) {
		to = tls_put(&s->tls, &room);
		if (to == NULL) {
			talk(step);
			to = tls_put(&s->tls, &room);
		}
		if (to == NULL)
			return;
		if (room > len)
			room = len;
		memcpy(to, bytes, room);
		tls_put_done(&s->tls, room);
		bytes += room;
		len -= room;
	}
	tls_push(&s->tls);
	talk(step);
}

static inline bool
both_up(void)
{
	return (tls_state(&client.tls) & TLS_UP) != 0 &&
	    (tls_state(&server.tls) & TLS_UP) != 0;
}

static inline void
connect_both(const char *name, size_t step)
{
	side_start(&server, NULL);
	side_start(&client, name);
	talk(step);
}

#endif
