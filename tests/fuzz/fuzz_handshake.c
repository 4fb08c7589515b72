/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: DTLS associations.  The first byte of the input says how the
 * others are used, the second what the ends may do:
 *
 *	0	datagrams for a client
 *	1	datagrams for a server
 *	2	what happens to each datagram between two ends
 *	3	authentic records, and others, for two ends that are up
 *
 * Who is up talks with somebody who is up and has the same keys; nothing grows;
 * few datagrams are sent for one that came.
 *
 * A build without SERVERS leaves this out.
 */

/* A build without DTLS leaves this out. */

#include "compat.h"

#include "../unit/dtls_pair.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEPS = 200,		/* commands that are taken of one input */
	ANSWERS = 24,		/* datagrams at once: a flight in small ones */
};

/* What is left of the input. */
static struct bytes input;

/* Looks at what must hold at any time. */
static void
check_end(const struct half *h)
{
	const struct dtls_handshake *s = &h->handshake;
	size_t i, used = 0;

	if (!h->begun)
		return;
	must(h->up <= 1 && h->closed <= 1);
	must(h->dtls.read.cid_len <= DTLS_CID_MAX);
	must(h->dtls.write.cid_len <= DTLS_CID_MAX);
	must(h->dtls.handshake == NULL || h->dtls.handshake == s);
	must(s->flight.len <= sizeof(s->flight.bytes));
	must(s->pieces.top <= sizeof(s->pieces.store));
	must(s->early_len <= sizeof(s->early));
	must(s->early_at <= s->early_len);
	must(s->gone_at + s->gone <= s->early_len);
	must(s->identity_len <= DTLS_IDENTITY_MAX);
	must(s->n_offered <= DTLS_OFFERED);
	for (i = 0; i < DTLS_AHEAD; i++) {
		if (!s->pieces.slot[i].used)
			continue;
		used += (s->pieces.slot[i].len + 7u) / 8 * 8;
		must(s->pieces.slot[i].have <= s->pieces.slot[i].len);
		must(s->pieces.slot[i].at + s->pieces.slot[i].len <=
		    s->pieces.top);
	}
	must(used == s->pieces.top);
}

static void
check(void)
{
	char text[DTLS_PEER_TEXT + DTLS_WHY_TEXT];
	int who;

	for (who = CLIENT; who <= SERVER; who++) {
		check_end(&pair.end[who]);
		if (pair.end[who].begun) {
			must(strlen(dtls_why(&pair.end[who].dtls, text)) <
			    DTLS_WHY_TEXT);
			must(strlen(dtls_peer(&pair.end[who].dtls, text)) <
			    DTLS_PEER_TEXT);
		}
	}
}

/* Who is up has a partner with the same keys. */
static void
check_partners(void)
{
	const struct half *c = &pair.end[CLIENT], *s = &pair.end[SERVER];

	must(c->up == 0 || s->up == 1);
	if (c->up == 0 || c->dtls.state != DTLS_DONE ||
	    s->dtls.state != DTLS_DONE)
		return;
	must(memcmp(c->handshake.master, s->handshake.master,
	    DTLS_MASTER) == 0);
	must(dtls_suite(&c->dtls) == dtls_suite(&s->dtls));
	must(dtls_group(&c->dtls) == dtls_group(&s->dtls));
	must(pair_talks());
}

/* Both ends, as the second byte says. */
static void
begin(unsigned options)
{
	static const uint16_t ids[] = { 0x00a8, 0x00ae, 0xc0a8, 0xccab, 0xccac,
	    0x00a8, 0x00ae, 0xc037 };
	static const size_t mtus[] = { 1400, 60, 100, 200 };
	struct half *c = &pair.end[CLIENT], *s = &pair.end[SERVER];

	random_init_fixed(&pair_random, "fuzz", 4);
	pair_init();
	random_init_fixed(&pair_random, "fuzz", 4);
	if (options & 1)
		pair_one_suite(dtls_suite_by_id(ids[options >> 1 & 7]));
	c->setup.cid = !(options & 16);
	s->setup.old_master = c->setup.old_master = options >> 5 & 1;
	c->setup.mtu = s->setup.mtu = mtus[options >> 6 & 3];
	pair.verify = options & 8;
}

/* A datagram of the input; its length. */
static size_t
take(uint8_t datagram[PAIR_ROOM])
{
	size_t n = bytes_be16(&input) % PAIR_ROOM;
	const uint8_t *p;

	if (n > input.len)
		n = input.len;
	p = bytes_take(&input, n);
	if (p == NULL)
		return 0;
	memcpy(datagram, p, n);
	return n;
}

/* One end alone. */
static void
run_end(int who)
{
	uint8_t datagram[PAIR_ROOM];
	unsigned step, sent;
	size_t n;

	if (who == CLIENT)
		pair_begin();
	for (step = 0; step < STEPS && input.len > 0; step++) {
		pair.now_ms += bytes_u8(&input) * UINT64_C(16);
		if (pair.end[who].begun)
			dtls_tick(&pair.end[who].dtls, pair.now_ms);
		sent = pair.sent;
		n = take(datagram);
		memset(pair.way, 0, sizeof(pair.way));
		if (pair.end[who].begun)
			pair_feed(who, datagram, n);
		else
			pair_greet(datagram, n);
		must(pair.sent - sent <= ANSWERS);
		check();
	}
	must(pair.end[who].up == 0);
}

/* Does to a datagram what the input says. */
static unsigned
fate_input(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	uint8_t other[PAIR_ROOM];
	unsigned what = bytes_u8(&input);
	const struct pair_log *old;
	size_t at, n;

	(void)arg;
	must(*len > 0 && *len <= 256 + pair.end[to].setup.mtu);
	check();
	switch (number < STEPS ? what % 16 : 0) {
	case 1:
		return 0;
	case 2:
		return 2;
	case 3:
		at = bytes_be16(&input) % *len;
		bytes[at] ^= bytes_u8(&input);
		return 1;
	case 4:
		*len -= bytes_be16(&input) % *len;
		return 1;
	case 5:
		*delay_ms = 3 * PAIR_DELAY_MS + bytes_u8(&input) * UINT64_C(8);
		return 1;
	case 6:
		n = take(other);
		if (n > 0)
			pair_put(to, other, n, PAIR_DELAY_MS);
		return what & 16 ? 1 : 0;
	case 7:
		old = &pair.log[bytes_u8(&input) % (number + 1) % PAIR_LOG];
		pair_put(old->to, old->bytes, old->len, PAIR_DELAY_MS);
		return 1;
	default:
		return 1;
	}
}

/* Both, and a channel of the input's. */
static void
run_channel(void)
{
	pair.fate = fate_input;
	pair_begin();
	pair_run(20000);
	must(pair.sent <= STEPS);
	check();
	pair.fate = NULL;
	check_partners();
}

/* Both are up. */
static void
run_up(void)
{
	uint8_t buffer[DTLS_HEAD + PAIR_ROOM + DTLS_TAIL], *data, type;
	unsigned step, what, sent;
	size_t n;
	int to;

	must(pair_handshake());
	for (step = 0; step < STEPS && input.len > 0; step++) {
		what = bytes_u8(&input);
		to = what & 1;
		type = what & 2 ? (uint8_t)(20 + what / 16) : DTLS_ALERT;
		data = buffer + DTLS_HEAD;
		n = take(data);
		sent = pair.sent;
		pair.now_ms += 100;
		if (what & 4)
			dtls_release_handshake(&pair.end[!to].dtls);
		if (what & 8)
			pair_feed(to, data, n);
		else if (dtls_seal(&pair.end[!to].dtls.write, type, &data,
		    &n) == 0)
			pair_feed(to, data, n);
		must(pair.sent - sent <= 2);
		check();
	}
	if (dtls_is_up(&pair.end[0].dtls) && dtls_is_up(&pair.end[1].dtls))
		must(pair_talks());
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how;

	input.data = data;
	input.len = size;
	input.bad = false;
	how = bytes_u8(&input) % 4;
	begin(bytes_u8(&input));
	switch (how) {
	case 2:
		run_channel();
		break;
	case 3:
		run_up();
		break;
	default:
		run_end((int)how);
		break;
	}
	return 0;
}
