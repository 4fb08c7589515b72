/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the tests of DTLS: a client and a server that talk in memory, on a clock
 * of their own, over a channel that loses, repeats, delays and changes
 * datagrams as a test says.
 */

#ifndef DTLS_PAIR_H
#define DTLS_PAIR_H

#include "compat.h"

#include "wire/dtls.h"
#include "wire/dtls_cookie.h"
#include "base/bytes.h"

enum {
	CLIENT, SERVER,		/* who */
	PAIR_DELAY_MS = 5,	/* of the channel, one way */
	PAIR_WAY = 256,		/* datagrams on their way, at most */
	PAIR_ROOM = 2048,	/* bytes of one */
	PAIR_LOG = 400,		/* datagrams that are remembered */
};

/* One of both. */
struct half {
	struct dtls dtls;
	struct dtls_handshake handshake;
	struct dtls_setup setup;
	bool begun;
	unsigned up, closed;	/* events that came */
	uint64_t up_ms;		/* when it came up */
	uint8_t got[PAIR_ROOM];	/* the last data */
	size_t got_len;
	unsigned got_n;		/* how often data came */
	bool newest;		/* of the last data */
	char psk[64];		/* as text; "": nobody is known */
	const char *knows;	/* server: identity; NULL: any */
	void (*edit)(struct half *);	/* changes a flight before it goes out
				 * for the first time */
	enum dtls_state edited;	/* its state then */
};

/* A datagram on its way. */
struct passage {
	bool used;
	int to;
	uint64_t at_ms;		/* when it comes */
	unsigned order;
	size_t len;
	uint8_t bytes[PAIR_ROOM];
};

/* What was sent. */
struct pair_log {
	int to;
	uint64_t ms;
	size_t len;
	uint8_t bytes[PAIR_ROOM];
};

/* What becomes of the datagram of that number: how many copies come, and
 * after how long (in *delay_ms); the bytes may be changed. */
typedef unsigned pair_fate(void *arg, unsigned number, int to, uint8_t *bytes,
    size_t *len, uint64_t *delay_ms);

/* Both, and what is between them. */
struct pair {
	struct half end[2];
	struct passage way[PAIR_WAY];
	uint64_t now_ms;
	unsigned sent, order;
	bool verify;		/* the server demands a cookie */
	struct dtls_cookies cookies;
	pair_fate *fate;
	void *arg;
	struct pair_log log[PAIR_LOG];
	uint8_t cid[DTLS_CID];
	bool no_server;		/* nobody answers */
};

static struct random pair_random;
static struct pair pair;

static size_t
pair_psk(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX])
{
	const struct half *h = arg;

	if (h->knows != NULL && (n != strlen(h->knows) ||
	    memcmp(identity, h->knows, n) != 0))
		return 0;
	memcpy(psk, h->psk, strlen(h->psk));
	return strlen(h->psk);
}

static inline void
pair_setup(struct half *h, bool server)
{
	struct dtls_setup *s = &h->setup;
	size_t i;

	memset(h, 0, sizeof(*h));
	s->server = server;
	for (i = 0; i < DTLS_SUITES; i++)
		s->suites[i] = &dtls_suites[i];
	for (i = 0; i < DTLS_GROUPS; i++)
		s->groups[i] = &dtls_groups[i];
	s->n_suites = DTLS_SUITES;
	s->n_groups = DTLS_GROUPS;
	s->cid = true;
	s->mtu = 1400;
	s->psk = pair_psk;
	s->psk_arg = h;
	s->random = &pair_random;
	strlcpy(h->psk, "correct horse", sizeof(h->psk));
}

/* A new pair, which the test may change before pair_begin(). */
static inline void
pair_init(void)
{
	static bool seeded;

	if (!seeded)
		random_init_fixed(&pair_random, "pair", 4);
	seeded = true;
	memset(&pair, 0, sizeof(pair));
	pair.now_ms = 1000000;
	pair_setup(&pair.end[CLIENT], false);
	pair_setup(&pair.end[SERVER], true);
	dtls_cookies_init(&pair.cookies, &pair_random, pair.now_ms);
	random_bytes(&pair_random, pair.cid, sizeof(pair.cid));
}

static inline void
pair_one_suite(const struct dtls_suite *suite)
{
	pair.end[CLIENT].setup.suites[0] = suite;
	pair.end[CLIENT].setup.n_suites = 1;
}

static inline void
pair_one_group(const struct dtls_group *group)
{
	pair.end[CLIENT].setup.groups[0] = group;
	pair.end[CLIENT].setup.n_groups = 1;
}

/* Puts a datagram on its way, past the fate. */
static inline void
pair_put(int to, const uint8_t *bytes, size_t len, uint64_t delay_ms)
{
	struct passage *p = pair.way;

	while (p < pair.way + PAIR_WAY && p->used)
		p++;
	if (p == pair.way + PAIR_WAY || len > PAIR_ROOM) {
		printf("Bail out! too many datagrams, or too long\n");
		exit(1);
	}
	p->used = true;
	p->to = to;
	p->at_ms = pair.now_ms + delay_ms;
	p->order = pair.order++;
	p->len = len;
	memcpy(p->bytes, bytes, len);
}

static inline void
pair_send(int to, const uint8_t *bytes, size_t len)
{
	struct pair_log *l = &pair.log[pair.sent % PAIR_LOG];
	uint8_t copy[PAIR_ROOM];
	uint64_t delay_ms = PAIR_DELAY_MS;
	unsigned copies = 1;

	memcpy(copy, bytes, len);
	l->to = to;
	l->ms = pair.now_ms;
	l->len = len;
	memcpy(l->bytes, bytes, len);
	if (pair.fate != NULL)
		copies = pair.fate(pair.arg, pair.sent, to, copy, &len,
		    &delay_ms);
	pair.sent++;
	while (copies-- > 0)
		pair_put(to, copy, len, delay_ms);
}

static inline void
pair_output(int who)
{
	struct half *h = &pair.end[who];
	uint8_t out[PAIR_ROOM];
	size_t n;

	if (h->edit != NULL && h->dtls.out_due && h->dtls.state != h->edited) {
		h->edited = h->dtls.state;
		h->edit(h);
	}
	while ((n = dtls_output(&pair.end[who].dtls, out, sizeof(out),
	    pair.now_ms)) > 0)
		pair_send(!who, out, n);
}

/* Gives one end a datagram. */
static inline void
pair_feed(int who, uint8_t *bytes, size_t len)
{
	struct half *h = &pair.end[who];
	struct dtls_input in;
	enum dtls_event event;

	dtls_input_begin(&in, bytes, len);
	while ((event = dtls_next(&h->dtls, &in, pair.now_ms)) != DTLS_END) {
		if (event == DTLS_UP) {
			h->up++;
			h->up_ms = pair.now_ms;
		} else if (event == DTLS_CLOSED)
			h->closed++;
		else {
			h->got_n++;
			h->got_len = in.len;
			h->newest = in.newest;
			if (in.len > 0)
				memcpy(h->got, in.data, in.len);
		}
	}
	pair_output(who);
}

/* For edit: the body of the message of that type in the flight becomes another;
 * false: there is none. */
static inline bool
pair_replace(struct half *h, uint8_t type, const uint8_t *body, size_t len)
{
	struct dtls_flight *f = &h->handshake.flight;
	uint8_t *p = f->bytes, *end = f->bytes + f->len;
	size_t old;

	while (p < end && p[0] != type)
		p += DTLS_MESSAGE + get_be16(p + 2);
	if (p == end)
		return false;
	old = get_be16(p + 2);
	end -= DTLS_MESSAGE + old;
	memmove(p + DTLS_MESSAGE + len, p + DTLS_MESSAGE + old,
	    (size_t)(end - p));
	if (len > 0)
		memcpy(p + DTLS_MESSAGE, body, len);
	dtls_fragment_write(p, type, len, get_be16(p + 4), 0, len);
	f->len = f->len + len - old;
	return true;
}

/* For edit: hashes the flight that was changed, and the last ClientHello before
 * it when it is the server's. */
static inline void
pair_rehash(struct half *h)
{
	struct dtls_handshake *s = &h->handshake;
	const struct pair_log *l = &pair.log[pair.sent];

	br_sha256_init(&s->transcript);
	if (h->setup.server) {
		do
			l--;
		while (l->to != SERVER);
		br_sha256_update(&s->transcript, l->bytes + DTLS_HEADER,
		    l->len - DTLS_HEADER);
	}
	br_sha256_update(&s->transcript, s->flight.bytes, s->flight.len);
}

/* A datagram comes to the server before there is an association. */
static inline void
pair_greet(uint8_t *bytes, size_t len)
{
	struct half *h = &pair.end[SERVER];
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	enum dtls_greeting greeting;

	greeting = dtls_cookies_check(&pair.cookies, bytes, len, "peer", 4,
	    pair.now_ms);
	if (greeting == DTLS_HELLO && pair.verify) {
		pair_send(CLIENT, out, dtls_cookies_demand(&pair.cookies,
		    bytes, len, "peer", 4, pair.now_ms, out));
		return;
	}
	if (greeting == DTLS_NO_HELLO)
		return;
	dtls_start(&h->dtls, &h->handshake, &h->setup,
	    h->setup.cid ? pair.cid : NULL, pair.now_ms);
	h->begun = true;
	pair_feed(SERVER, bytes, len);
}

static inline void
pair_begin(void)
{
	struct half *c = &pair.end[CLIENT];

	dtls_start(&c->dtls, &c->handshake, &c->setup, NULL, pair.now_ms);
	c->begun = true;
	pair_output(CLIENT);
}

/* The next thing that happens, not after until_ms; false: nothing does. */
static inline bool
pair_step(uint64_t until_ms)
{
	struct passage *p, *first = NULL;
	uint64_t due_ms = UINT64_MAX, other_ms;
	int who, late = CLIENT;

	for (p = pair.way; p < pair.way + PAIR_WAY; p++)
		if (p->used && (first == NULL || p->at_ms < first->at_ms ||
		    (p->at_ms == first->at_ms && p->order < first->order)))
			first = p;
	for (who = CLIENT; who <= SERVER; who++) {
		other_ms = pair.end[who].begun ?
		    dtls_deadline(&pair.end[who].dtls) : UINT64_MAX;
		if (other_ms < due_ms) {
			due_ms = other_ms;
			late = who;
		}
	}
	if (first != NULL && first->at_ms <= due_ms) {
		if (first->at_ms > until_ms)
			return false;
		pair.now_ms = first->at_ms;
		first->used = false;
		if (first->to == SERVER && pair.no_server)
			return true;
		if (pair.end[first->to].begun)
			pair_feed(first->to, first->bytes, first->len);
		else
			pair_greet(first->bytes, first->len);
		return true;
	}
	if (due_ms > until_ms)
		return false;
	pair.now_ms = due_ms;
	dtls_tick(&pair.end[late].dtls, pair.now_ms);
	pair_output(late);
	return true;
}

/* Lets so many milliseconds pass. */
static inline void
pair_run(uint64_t ms)
{
	uint64_t until_ms = pair.now_ms + ms;

	while (pair_step(until_ms))
		;
	pair.now_ms = until_ms;
}

/* Are both up, each once? */
static inline bool
pair_is_up(void)
{
	return pair.end[CLIENT].up == 1 && pair.end[SERVER].up == 1 &&
	    dtls_is_up(&pair.end[CLIENT].dtls) &&
	    dtls_is_up(&pair.end[SERVER].dtls);
}

/* A whole handshake without trouble. */
static inline bool
pair_handshake(void)
{
	pair_begin();
	pair_run(100);
	return pair_is_up();
}

/* Seals data at one end; the record is at *record, which is in buffer. */
static inline size_t
pair_seal(int who, const void *data, size_t len, uint8_t **record)
{
	static uint8_t buffer[DTLS_HEAD + PAIR_ROOM + DTLS_TAIL];

	*record = buffer + DTLS_HEAD;
	memcpy(*record, data, len);
	return dtls_send(&pair.end[who].dtls, record, &len) == 0 ? len : 0;
}

/* Does data go from one end to the other? */
static inline bool
pair_passes(int from, const void *data, size_t len)
{
	struct half *to = &pair.end[!from];
	unsigned before = to->got_n;
	uint8_t *record;
	size_t n = pair_seal(from, data, len, &record);

	if (n == 0)
		return false;
	pair_feed(!from, record, n);
	return to->got_n == before + 1 && to->got_len == len &&
	    memcmp(to->got, data, len) == 0;
}

/* Does data go both ways? */
static inline bool
pair_talks(void)
{
	return pair_passes(CLIENT, "ping", 4) && pair_passes(SERVER, "pong", 4);
}

#endif
