/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without DTLS leaves this out.
 * A build without SERVERS leaves this out. */

#include "compat.h"

#include "dtls_pair.h"
#include "tap.h"

/* --- Losses --------------------------------------------------------------- */

/* The datagrams that are lost, by number. */
static unsigned lost[2];

enum { LOSSY = 2000 };		/* handshakes over each lossy path */

static unsigned
fate_lose(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	(void)arg;
	(void)to;
	(void)bytes;
	(void)len;
	(void)delay_ms;
	return number != lost[0] && number != lost[1];
}

/* When the later of both came up, after the beginning; 0: it did not. */
static uint64_t
time_with_losses(bool verify, unsigned first, unsigned second)
{
	uint64_t began_ms, up_ms;

	pair_init();
	pair.verify = verify;
	pair.fate = fate_lose;
	lost[0] = first;
	lost[1] = second;
	began_ms = pair.now_ms;
	pair_begin();
	pair_run(20000);
	if (!pair_is_up() || !pair_talks())
		return 0;
	up_ms = pair.end[CLIENT].up_ms;
	if (pair.end[SERVER].up_ms > up_ms)
		up_ms = pair.end[SERVER].up_ms;
	return up_ms - began_ms;
}

/* The delay of a flight's first retransmission, before the round trip is known
 * or after, and the few milliseconds that the channel takes. */
static bool
is_one_delay(uint64_t ms)
{
	return ms >= DTLS_FIRST_LEAST_MS && ms <= DTLS_FIRST_MS +
	    12 * PAIR_DELAY_MS;
}

static void
test_losses(void)
{
	unsigned i, j, wrong = 0, flights;
	int verify;
	uint64_t ms;

	for (verify = 0; verify < 2; verify++) {
		flights = verify ? 6 : 4;
		ms = time_with_losses(verify, 99, 99);
		is_int(ms, (flights) * PAIR_DELAY_MS, "no loss, no wait%s",
		    verify ? " (cookie)" : "");
		is_int(pair.sent, flights, "and nothing is repeated");
		for (i = 0; i < flights; i++) {
			ms = time_with_losses(verify, i, 99);
			ok(is_one_delay(ms), "the loss of datagram %u%s costs "
			    "one delay (%u ms)", i, verify ?
			    " (cookie)" : "", (unsigned)ms);
			ok(pair.sent <= flights + 5, "and few datagrams (%u)",
			    pair.sent);
		}
		for (i = 0; i < 12; i++)
			for (j = i + 1; j < 12; j++) {
				ms = time_with_losses(verify, i, j);
				if (ms == 0 || ms > 3 * DTLS_FIRST_MS +
				    12 * PAIR_DELAY_MS) {
					printf("# %u, %u: %u ms\n", i, j,
					    (unsigned)ms);
					wrong++;
				}
				wrong += pair.sent > flights + 8;
			}
	}
	is_int(wrong, 0, "any two losses cost 1.2 s at most");
}

/* Numbers of a test's own, so that a failure can be seen again. */
static uint32_t dice;

static unsigned
roll(unsigned n)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 16) % n;
}

/* Loses 30 in 100, repeats 20 in 100, delays all up to *arg ms. */
static unsigned
fate_rough(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	const unsigned *delay = arg;

	(void)number;
	(void)to;
	(void)bytes;
	(void)len;
	if (roll(100) < 30)
		return 0;
	*delay_ms = PAIR_DELAY_MS + roll(*delay);
	return roll(100) < 20 ? 2 : 1;
}

static void
test_rough(void)
{
	static unsigned delays[3] = { 1, 40, 700 };
	static const size_t mtus[3] = { 60, 100, 1400 };
	unsigned i, down = 0, mute = 0;

	for (i = 0; i < 270; i++) {
		pair_init();
		dice = i;
		pair.fate = fate_rough;
		pair.arg = &delays[i % 3];
		pair.verify = i % 2;
		pair.end[CLIENT].setup.mtu = pair.end[SERVER].setup.mtu =
		    mtus[i / 3 % 3];
		pair_one_suite(&dtls_suites[i / 9 % DTLS_SUITES]);
		pair_begin();
		pair_run(300000);
		if (!pair_is_up()) {
			printf("# run %u is not up\n", i);
			down++;
		} else if (!pair_talks())
			mute++;
	}
	is_int(down, 0, "handshakes get through 30 in 100 losses, "
	    "repetitions and disorder");
	is_int(mute, 0, "and data passes after each");
}

/* Loses 30 in 100 and delays them as *arg says. */
static unsigned
fate_lossy(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	const unsigned *delay = arg;

	(void)number;
	(void)to;
	(void)bytes;
	(void)len;
	*delay_ms = *delay + roll(3);
	return roll(100) >= 30;
}

/* With 30 in 100 lost each way a handshake is done within the time-out of 10 s
 * by 95 in 100, and nobody sends without measure. */
static void
test_lossy(unsigned delay_ms, bool verify, size_t mtu, unsigned least)
{
	unsigned i, up = 0, sent = 0, most = 0;

	for (i = 0; i < LOSSY; i++) {
		pair_init();
		dice = i * 7919;
		pair.fate = fate_lossy;
		pair.arg = &delay_ms;
		pair.verify = verify;
		pair.end[CLIENT].setup.mtu = pair.end[SERVER].setup.mtu = mtu;
		/* The arithmetic of ECDHE would take all the time, and matters
		 * only where it makes fragments. */
		pair_one_suite(mtu < 256 && i % 4 == 0 ?
		    dtls_suite_by_id(0xccac) : dtls_suite_by_id(0xc0a8));
		pair_one_group(dtls_group_by_id(0x1d));
		pair_begin();
		pair_run(10000);
		up += pair_is_up();
		sent += pair.sent;
		if (pair.sent > most)
			most = pair.sent;
	}
	ok(up * 1000 >= least * LOSSY, "%u ms each way, %scookie, mtu %u: "
	    "30 in 100 lost, %u.%u in 100 are up in 10 s", delay_ms,
	    verify ? "" : "no ", (unsigned)mtu, up * 100 / LOSSY,
	    up * 1000 / LOSSY % 10);
	ok(most <= 120, "by %u datagrams, %u at most", sent / LOSSY, most);
}

/* --- Order ---------------------------------------------------------------- */

static unsigned
fate_backwards(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	static uint64_t at_ms;
	static unsigned behind;

	(void)arg;
	(void)number;
	(void)to;
	(void)bytes;
	(void)len;
	behind = at_ms == pair.now_ms ? behind + 1 : 0;
	at_ms = pair.now_ms;
	*delay_ms = 100 - behind;
	return 1;
}

static unsigned
fate_twice(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	(void)arg;
	(void)number;
	(void)to;
	(void)bytes;
	(void)len;
	(void)delay_ms;
	return 2;
}

/* What the longest datagram may be: a ClientHello's first fragment has the
 * cookie, and a Finished is not cut. */
static size_t
longest(const uint8_t *bytes, size_t mtu)
{
	size_t exception = 0;

	if (get_be16(bytes + 3) == 1)
		exception = 128;
	else if (bytes[0] == DTLS_HANDSHAKE &&
	    bytes[DTLS_HEADER] == DTLS_CLIENT_HELLO &&
	    get_be16(bytes + DTLS_HEADER + 7) == 0)
		exception = DTLS_HEADER + DTLS_MESSAGE + 36 + DTLS_COOKIE;
	return exception > mtu ? exception : mtu;
}

/* Does each record of the log have one fragment, which begins where the one
 * before ended? */
static bool
tiles(size_t mtu)
{
	uint32_t end[2] = { 0, 0 };
	struct dtls_fragment f;
	struct bytes in;
	const uint8_t *head, *body;
	unsigned i;
	size_t len;

	for (i = 0; i < pair.sent; i++) {
		in.data = pair.log[i].bytes;
		in.len = pair.log[i].len;
		in.bad = false;
		if (in.len > longest(in.data, mtu))
			return false;
		while (in.len > 0 && in.data[0] != DTLS_CID_RECORD) {
			head = bytes_take(&in, DTLS_HEADER);
			len = head == NULL ? 0 : get_be16(head + 11);
			body = bytes_take(&in, len);
			if (in.bad)
				return false;
			if (head[0] != DTLS_HANDSHAKE || head[4] != 0)
				continue;
			if (dtls_fragment_parse(&f, body, len) != len ||
			    f.offset != end[pair.log[i].to])
				return false;
			end[pair.log[i].to] = f.offset + f.n == f.len ? 0 :
			    f.offset + f.n;
		}
	}
	return true;
}

static void
test_order(void)
{
	size_t mtu;
	unsigned wrong = 0, untidy = 0, late = 0;
	int suite;

	for (mtu = DTLS_MTU_MIN; mtu < 320; mtu += 7)
		for (suite = 0; suite < DTLS_SUITES; suite++) {
			pair_init();
			pair.verify = mtu % 2;
			pair.end[CLIENT].setup.mtu = mtu;
			pair.end[SERVER].setup.mtu = mtu;
			pair_one_suite(&dtls_suites[suite]);
			wrong += !pair_handshake();
			untidy += !tiles(mtu);
		}
	is_int(wrong, 0, "handshakes in fragments of any length");
	is_int(untidy, 0, "fragments tile their messages, one in a record, "
	    "in datagrams that fit");
	for (mtu = 80; mtu < 320; mtu += 7) {
		pair_init();
		pair.end[CLIENT].setup.mtu = pair.end[SERVER].setup.mtu = mtu;
		pair.fate = fate_backwards;
		/* The server begins with what is the front of a hello. */
		pair.end[CLIENT].setup.mtu = 320;
		pair_begin();
		pair_step(UINT64_MAX);
		pair.end[CLIENT].setup.mtu = mtu;
		pair_run(900);
		late += !pair_is_up();
	}
	is_int(late, 0, "a flight that comes backwards is not repeated");
	pair_init();
	pair.fate = fate_twice;
	ok(pair_handshake() && pair_talks(), "each datagram comes twice: up");
	is_int(pair.sent, 4, "and no answer is given to the second");
}

/* Splits a datagram into its records, which come in the given order. */
static void
records_to(int to, const uint8_t *bytes, size_t len, const char *order)
{
	const uint8_t *at[8];
	size_t n[8], i = 0;
	uint8_t copy[PAIR_ROOM];

	while (len > 0 && i < 8) {
		at[i] = bytes;
		/* The last may have a cid. */
		n[i] = bytes[0] == DTLS_CID_RECORD ? len :
		    DTLS_HEADER + (size_t)get_be16(bytes + 11);
		bytes += n[i];
		len -= n[i];
		i++;
	}
	for (; *order != '\0'; order++) {
		i = (size_t)(*order - '0');
		memcpy(copy, at[i], n[i]);
		pair_feed(to, copy, n[i]);
	}
}

/* Stops before the client's last flight (or the server's) arrives, and gives
 * it in another order. */
static void
order_last(int to, const char *order, const char *promise)
{
	const struct pair_log *l;

	pair_init();
	pair_begin();
	while (!(pair.sent == (to == SERVER ? 3 : 4)))
		pair_step(UINT64_MAX);
	l = &pair.log[pair.sent - 1];
	memset(pair.way, 0, sizeof(pair.way));
	records_to(to, l->bytes, l->len, order);
	pair_run(100);
	ok(pair_is_up() && pair_talks(), "%s", promise);
}

static void
test_last_order(void)
{
	order_last(SERVER, "012", "ClientKeyExchange, CCS, Finished alone");
	order_last(SERVER, "210", "Finished, CCS, ClientKeyExchange");
	order_last(SERVER, "201", "Finished first costs no second");
	order_last(SERVER, "120", "CCS before the keys is remembered");
	order_last(SERVER, "021", "Finished before CCS");
	order_last(SERVER, "222222222222110", "many early copies");
	order_last(CLIENT, "10", "the server's Finished before its CCS");
	order_last(CLIENT, "1111111111110", "and many copies of it");
}

static void
test_early_data(void)
{
	uint8_t *record, copy[PAIR_ROOM], fin[PAIR_ROOM];
	size_t n, fin_len;
	int ccs;

	for (ccs = 0; ccs < 2; ccs++) {
		pair_init();
		pair_begin();
		while (pair.sent < 4)
			pair_step(UINT64_MAX);
		memset(pair.way, 0, sizeof(pair.way));
		n = pair_seal(SERVER, "early", 5, &record);
		memcpy(copy, record, n);
		fin_len = pair.log[3].len;
		memcpy(fin, pair.log[3].bytes, fin_len);
		if (ccs == 0)
			pair_feed(CLIENT, copy, n);
		pair_feed(CLIENT, fin, DTLS_HEADER + 1);
		if (ccs == 1)
			pair_feed(CLIENT, copy, n);
		is_int(pair.end[CLIENT].got_n, 0, "data before the Finished "
		    "is not handed on");
		pair_feed(CLIENT, fin + DTLS_HEADER + 1,
		    fin_len - DTLS_HEADER - 1);
		ok(pair.end[CLIENT].up == 1 && pair.end[CLIENT].got_n == 1 &&
		    memcmp(pair.end[CLIENT].got, "early", 5) == 0,
		    "but after it (%s the CCS)", ccs ? "after" : "before");
	}
}

/* Finished, data and only then ChangeCipherSpec. */
static void
test_early_burst(void)
{
	uint8_t *record, fin[PAIR_ROOM];
	struct half *c = &pair.end[CLIENT];
	size_t n, fin_len;

	pair_init();
	pair_begin();
	while (pair.sent < 4)
		pair_step(UINT64_MAX);
	memset(pair.way, 0, sizeof(pair.way));
	fin_len = pair.log[3].len;
	memcpy(fin, pair.log[3].bytes, fin_len);
	pair_feed(CLIENT, fin + DTLS_HEADER + 1, fin_len - DTLS_HEADER - 1);
	n = pair_seal(SERVER, "early", 5, &record);
	pair_feed(CLIENT, record, n);
	n = pair_seal(SERVER, "too", 3, &record);
	pair_feed(CLIENT, record, n);
	ok(c->up == 0 && c->got_n == 0, "what comes before the CCS waits");
	pair_feed(CLIENT, fin, DTLS_HEADER + 1);
	ok(c->up == 1 && c->got_n == 2 && memcmp(c->got, "too", 3) == 0,
	    "for it");
	ok(!c->newest, "its address may have been another");

	/* A client that does not wait for our Finished. */
	pair_init();
	pair_begin();
	while (pair.sent < 3)
		pair_step(UINT64_MAX);
	memset(pair.way, 0, sizeof(pair.way));
	fin_len = pair.log[2].len;
	memcpy(fin, pair.log[2].bytes, fin_len);
	n = DTLS_HEADER + (size_t)get_be16(fin + 11) + DTLS_HEADER + 1;
	pair_feed(SERVER, fin, n);
	record = fin + 1000;
	fin_len = 4;
	dtls_seal(&c->dtls.write, DTLS_APPLICATION, &record, &fin_len);
	pair_feed(SERVER, record, fin_len);
	is_int(pair.end[SERVER].got_n, 0, "data before the client's Finished "
	    "is dropped");
}

/* --- Repetitions ---------------------------------------------------------- */

/* Is there an alert among what was sent? */
static bool
log_has_alert(void)
{
	unsigned i;

	for (i = 0; i < pair.sent; i++)
		if (pair.log[i].bytes[0] == DTLS_ALERT)
			return true;
	return false;
}

static void
test_wrong_key(void)
{
	char text[DTLS_WHY_TEXT];
	int verify, unknown;

	for (unknown = 0; unknown < 2; unknown++)
		for (verify = 0; verify < 2; verify++) {
			pair_init();
			pair.verify = verify;
			strlcpy(pair.end[CLIENT].psk, "battery staple",
			    sizeof(pair.end[CLIENT].psk));
			if (unknown) {
				strlcpy(pair.end[CLIENT].psk, "correct horse",
				    sizeof(pair.end[CLIENT].psk));
				pair.end[SERVER].knows = "alice";
			}
			pair_begin();
			pair_run(10000);
			ok(!pair.end[CLIENT].up && !pair.end[SERVER].up,
			    "%s: not up", unknown ? "an unknown identity" :
			    "a wrong key");
			ok(pair.sent <= 16, "no storm: %u datagrams in 10 s",
			    pair.sent);
			ok(!log_has_alert() && !pair.end[CLIENT].closed &&
			    !pair.end[SERVER].closed, "silence");
			is_str(dtls_why(&pair.end[SERVER].dtls, text),
			    unknown ? "no key for the client's identity" :
			    "the client's Finished is wrong: it has a "
			    "different key", "the server can say why");
			is_str(dtls_key_fault(&pair.end[SERVER].dtls),
			    unknown ? "unknown identity" :
			    "wrong key of identity", "and in short");
			ok(dtls_key_fault(&pair.end[CLIENT].dtls) == NULL,
			    "the client cannot");
			is_str(dtls_why(&pair.end[CLIENT].dtls, text),
			    "no Finished from the server: it may have a "
			    "different key, or none for the identity",
			    "the client says what it may be");
		}
}

/* Datagrams that went to one end since number first. */
static unsigned
sent_to(int to, unsigned first)
{
	unsigned n = 0;

	for (; first < pair.sent; first++)
		n += pair.log[first % PAIR_LOG].to == to;
	return n;
}

static void
test_measure(void)
{
	uint8_t copy[PAIR_ROOM];
	unsigned i;

	/* The client is deaf; somebody repeats its hello. */
	pair_init();
	pair_begin();
	pair_step(UINT64_MAX);
	memset(pair.way, 0, sizeof(pair.way));
	pair.end[CLIENT].begun = false;
	for (i = 0; i < 900; i++) {
		memcpy(copy, pair.log[0].bytes, pair.log[0].len);
		pair_feed(SERVER, copy, pair.log[0].len);
		pair.now_ms++;
	}
	is_int(sent_to(CLIENT, 0), 1 + 900 / DTLS_ANSWER_MS,
	    "a hello repeated 900 times in 900 ms is answered in measure");

	/* The server is deaf; somebody repeats its hello. */
	pair_init();
	pair_begin();
	while (pair.sent < 3)
		pair_step(UINT64_MAX);
	memset(pair.way, 0, sizeof(pair.way));
	pair.end[SERVER].begun = false;
	for (i = 0; i < 900; i++) {
		memcpy(copy, pair.log[1].bytes, pair.log[1].len);
		pair_feed(CLIENT, copy, pair.log[1].len);
		pair.now_ms++;
	}
	is_int(sent_to(SERVER, 0), 2 + 900 / DTLS_ANSWER_MS,
	    "and so is a server's flight");
}

static void
test_backoff(void)
{
	static const unsigned expected_ms[] = { 0, 400, 1200, 2800, 5800,
	    8800, 11800, 14800 };
	char text[DTLS_WHY_TEXT];
	uint64_t began_ms;
	unsigned i, wrong = 0;

	pair_init();
	pair.no_server = true;
	began_ms = pair.now_ms;
	pair_begin();
	pair_run(15000);
	is_int(pair.sent, 8, "nobody answers: eight datagrams in 15 s");
	for (i = 0; i < pair.sent && i < 8; i++) {
		wrong += pair.log[i].ms != began_ms + expected_ms[i];
		wrong += get_be16(pair.log[i].bytes + 9) != i;
	}
	is_int(wrong, 0, "after 0.4, 0.8, 1.6, 3, 3 s, with fresh record "
	    "numbers");
	is_str(dtls_why(&pair.end[CLIENT].dtls, text),
	    "no answer from the server", "the reason");
}

/* The client repeats its last flight to a server that is up; how many answers
 * come? */
static unsigned
linger(uint64_t after_ms, bool same_number, bool key_exchange)
{
	struct half *c = &pair.end[CLIENT];
	uint8_t out[PAIR_ROOM];
	unsigned before;
	size_t n, skip;

	pair_init();
	lost[0] = 3;
	lost[1] = 99;
	pair.fate = fate_lose;
	pair_begin();
	pair_run(200);
	pair.fate = NULL;
	dtls_release_handshake(&pair.end[SERVER].dtls);
	pair.now_ms += after_ms;
	if (same_number)
		c->dtls.write.seq = 0;
	before = pair.sent;
	dtls_tick(&c->dtls, pair.now_ms);
	n = dtls_output(&c->dtls, out, sizeof(out), pair.now_ms);
	skip = DTLS_HEADER + (size_t)get_be16(out + 11) + DTLS_HEADER + 1;
	if (key_exchange)
		pair_feed(SERVER, out, n);
	else
		pair_feed(SERVER, out + skip, n - skip);
	before = sent_to(CLIENT, before);
	/* Once more at once. */
	if (before > 0) {
		pair_feed(SERVER, out, n);
		pair_run(20);
	}
	return before;
}

static void
test_linger(void)
{
	struct half *c = &pair.end[CLIENT];

	is_int(linger(200, false, true), 1, "the lost last flight is asked "
	    "for and comes");
	ok(c->up == 1 && pair_talks(), "after which both are up");
	is_int(sent_to(CLIENT, 0), 3, "a second question at once gets "
	    "nothing");
	is_int(linger(200, true, true), 1, "dtlspipe's Finished with record "
	    "number 0 again: the ClientKeyExchange asks");
	ok(c->up == 1 && pair_talks(), "after which both are up");
	is_int(linger(200, false, false), 1, "a Finished alone asks, too");
	ok(c->up == 1, "and is answered");
	is_int(linger(200, true, false), 0, "but not when it is a replay");
	is_int(linger(50000, false, true), 1, "it is there for a minute");
	is_int(linger(DTLS_LINGER_MS, false, true), 0, "and not longer");
}

/* --- Pieces of messages --------------------------------------------------- */

static struct dtls_pieces pieces;
static uint8_t message[DTLS_MESSAGE_MAX + 1];

/* Adds bytes offset .. offset + n of a message whose bytes are message[]. */
static int
add(uint16_t seq, uint8_t type, uint32_t len, uint32_t offset, uint32_t n,
    const uint8_t **body)
{
	struct dtls_fragment f;

	f.type = type;
	f.len = len;
	f.seq = seq;
	f.offset = offset;
	f.n = n;
	f.data = message + offset;
	return dtls_pieces_add(&pieces, &f, body);
}

/* Is the message whose turn it is complete, of that type and length, and what
 * it should be? */
static bool
have(uint8_t type, size_t len)
{
	uint8_t got_type;
	size_t got_len;
	const uint8_t *body = dtls_pieces_get(&pieces, &got_type, &got_len);

	return body != NULL && got_type == type && got_len == len &&
	    memcmp(body, message, len) == 0;
}

static bool
have_none(void)
{
	uint8_t type;
	size_t len;

	return dtls_pieces_get(&pieces, &type, &len) == NULL;
}

static void
test_pieces(void)
{
	const uint8_t *body;
	unsigned i, early = 0;

	for (i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 7 + i / 256);
	dtls_pieces_restart(&pieces, 7);
	is_int(add(7, 1, 100, 0, 100, &body), 0, "a whole message");
	ok(body == message && have_none(), "is used where it lies");
	add(7, 1, 100, 40, 30, &body);
	add(7, 1, 100, 60, 40, &body);
	add(7, 1, 100, 40, 30, &body);
	ok(body == NULL && have_none(), "a gap keeps a message waiting");
	add(7, 1, 100, 0, 41, &body);
	ok(have(1, 100), "fragments may overlap and come twice");
	dtls_pieces_pass(&pieces);
	for (i = 0; i < 700; i++) {
		early += !have_none();
		add(8, 2, 700, 699 - i, 1, &body);
	}
	ok(early == 0 && have(2, 700), "one byte at a time, backwards");
	dtls_pieces_pass(&pieces);
	add(10, 3, 333, 0, 333, &body);
	add(12, 5, 90, 0, 90, &body);
	add(11, 4, 0, 0, 0, &body);
	add(9, 2, 50, 10, 40, &body);
	ok(body == NULL && have_none(), "messages wait for their turn");
	add(9, 2, 50, 0, 10, &body);
	ok(have(2, 50), "which comes");
	dtls_pieces_pass(&pieces);
	ok(have(3, 333), "for one");
	dtls_pieces_pass(&pieces);
	ok(have(4, 0), "after the other");
	dtls_pieces_pass(&pieces);
	ok(have(5, 90), "in their order");
	dtls_pieces_pass(&pieces);
	add(17, 6, 10, 0, 10, &body);
	add(12, 6, 10, 0, 10, &body);
	ok(pieces.top == 0, "neither what is far ahead is kept nor the past");
	dtls_pieces_restart(&pieces, 65535);
	add(0, 8, 5, 0, 5, &body);
	add(65535, 7, 5, 0, 4, &body);
	add(65535, 7, 5, 4, 1, &body);
	ok(have(7, 5), "numbers wrap around:");
	dtls_pieces_pass(&pieces);
	ok(have(8, 5), "0 comes after 65535");
}

static void
test_pieces_limits(void)
{
	const uint8_t *body;
	uint32_t max = DTLS_MESSAGE_MAX;

	dtls_pieces_restart(&pieces, 0);
	is_int(add(0, 1, max + 1, 0, 1, &body), -1, "a message too long");
	is_int(add(1, 1, max + 1, 0, 1, &body), 0, "does not matter before "
	    "its turn");
	add(1, 2, max, 0, max, &body);
	add(2, 3, 600, 0, 600, &body);
	add(2, 3, 500, 0, 500, &body);
	add(0, 1, 400, 0, 399, &body);
	add(0, 1, 400, 399, 1, &body);
	ok(have(1, 400), "a message whose turn it is drives out the others");
	dtls_pieces_pass(&pieces);
	add(1, 2, max, 1, max - 1, &body);
	add(1, 2, max, 0, 1, &body);
	ok(have(2, max), "the longest message");
	add(1, 3, 20, 0, 10, &body);
	add(1, 3, 20, 10, 10, &body);
	ok(have(3, 20), "the latest is right where two contradict");
	dtls_pieces_restart(&pieces, 5);
	add(5, 1, 20, 0, 10, &body);
	add(5, 1, 21, 10, 11, &body);
	ok(have_none(), "and they are not mixed");
}

int
main(void)
{
	test_losses();
	test_rough();
	test_lossy(10, true, 1400, 950);
	test_lossy(10, false, 1400, 950);
	test_lossy(150, true, 1400, 950);
	test_lossy(10, true, 256, 950);
	test_lossy(10, true, 100, 950);
	test_lossy(10, true, 60, 950);
	test_order();
	test_last_order();
	test_early_data();
	test_early_burst();
	test_wrong_key();
	test_measure();
	test_backoff();
	test_linger();
	test_pieces();
	test_pieces_limits();
	return done_testing();
}
