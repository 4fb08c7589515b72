/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without DTLS leaves this out.
 * A build without SERVERS leaves this out. */

#include "compat.h"

#include "dtls_pair.h"
#include "tap.h"

/* A pair that is up, with that suite. */
static bool
up_with(const struct dtls_suite *suite, bool cid)
{
	pair_init();
	pair_one_suite(suite);
	pair.end[CLIENT].setup.cid = cid;
	return pair_handshake();
}

static const struct dtls_suite *
suite_cbc(void)
{
	return dtls_suite_by_id(0x00ae);
}

static const struct dtls_suite *
suite_gcm(void)
{
	return dtls_suite_by_id(0x00a8);
}

/* --- Handshakes ----------------------------------------------------------- */

/* With a connection ID or none, a cookie or none, and that suite. */
static unsigned
handshakes(const struct dtls_suite *suite, const struct dtls_group *group)
{
	const struct half *c = &pair.end[CLIENT], *s = &pair.end[SERVER];
	unsigned good = 0;
	int way;

	for (way = 0; way < 8; way++) {
		pair_init();
		pair_one_suite(suite);
		pair_one_group(group);
		pair.verify = way & 1;
		pair.end[CLIENT].setup.cid = way & 2;
		pair.end[SERVER].setup.cid = way & 4;
		good += pair_handshake() && pair_talks() &&
		    dtls_suite(&c->dtls) == suite &&
		    dtls_suite(&s->dtls) == suite &&
		    dtls_group(&c->dtls) == (suite->ecdhe ? group : NULL) &&
		    dtls_group(&s->dtls) == (suite->ecdhe ? group : NULL) &&
		    dtls_has_cid(&c->dtls) == ((way & 6) == 6) &&
		    dtls_has_cid(&s->dtls) == ((way & 6) == 6) &&
		    pair.sent == (pair.verify ? 6 : 4) &&
		    dtls_deadline(&c->dtls) == UINT64_MAX &&
		    dtls_deadline(&s->dtls) == UINT64_MAX;
	}
	return good;
}

static void
test_handshakes(void)
{
	const struct dtls_suite *suite;
	int i, j;

	for (i = 0; i < DTLS_SUITES; i++) {
		suite = &dtls_suites[i];
		for (j = 0; j < (suite->ecdhe ? DTLS_GROUPS : 1); j++)
			is_int(handshakes(suite, &dtls_groups[j]), 8,
			    "%s%s%s: with and without cookie and connection "
			    "ID", suite->name, suite->ecdhe ? ", " : "",
			    suite->ecdhe ? dtls_groups[j].name : "");
	}
}

/* What changes in each byte of each datagram do. */
static unsigned hit, hit_at;

static unsigned
fate_flip(void *arg, unsigned number, int to, uint8_t *bytes, size_t *len,
    uint64_t *delay_ms)
{
	(void)arg;
	(void)to;
	(void)delay_ms;
	if (number == hit && hit_at < *len)
		bytes[hit_at] ^= 0x11;
	return 1;
}

static void
test_flips(void)
{
	unsigned bad = 0, half = 0, up = 0;
	struct half *c = &pair.end[CLIENT], *s = &pair.end[SERVER];

	for (hit = 0; hit < 4; hit++)
		for (hit_at = 0; hit_at < 190; hit_at++) {
			pair_init();
			pair_one_suite(dtls_suite_by_id(0xd001));
			pair.fate = fate_flip;
			pair_begin();
			pair_run(9000);
			if (c->up && s->up) {
				up++;
				bad += !pair_talks() || c->up + s->up != 2;
			} else
				half += c->up != s->up;
		}
	is_int(bad, 0, "whatever is changed on the way, who is up talks");
	is_int(half, 0, "and nobody is up alone");
	ok(up > 300, "a changed repetition does little harm (%u of 760 up)",
	    up);
}

/* --- Data ----------------------------------------------------------------- */

static void
test_data(void)
{
	static uint8_t buffer[DTLS_HEAD + DTLS_DATA_MAX + 1 + DTLS_TAIL];
	struct dtls_input in;
	uint8_t *p;
	size_t n, room, len;
	unsigned wrong = 0, tight = 0, i, cid;

	for (i = 0; i < DTLS_SUITES; i++)
		for (cid = 0; cid < 2; cid++) {
			wrong += !up_with(&dtls_suites[i], cid);
			for (n = 0; n < 1300; n += n < 40 ? 1 : 97)
				wrong += !pair_passes(CLIENT, buffer, n) ||
				    !pair_passes(SERVER, buffer, n);
			for (n = 100; n < 140; n++) {
				room = dtls_room(&pair.end[0].dtls, n);
				tight += pair_seal(CLIENT, buffer, room,
				    &p) > n;
				tight += pair_seal(CLIENT, buffer, room + 1,
				    &p) <= n;
			}
		}
	is_int(wrong, 0, "data of all lengths passes, empty too");
	is_int(tight, 0, "dtls_room() is what fits, and no byte less");
	up_with(suite_gcm(), true);
	p = buffer + DTLS_HEAD;
	len = DTLS_DATA_MAX + 1;
	is_int(dtls_send(&pair.end[0].dtls, &p, &len), -1, "too much data");
	len = DTLS_DATA_MAX;
	is_int(dtls_send(&pair.end[0].dtls, &p, &len), 0, "and the most");
	dtls_input_begin(&in, p, len);
	ok(dtls_next(&pair.end[1].dtls, &in, pair.now_ms) == DTLS_DATA &&
	    in.len == DTLS_DATA_MAX && dtls_next(&pair.end[1].dtls, &in,
	    pair.now_ms) == DTLS_END, "come through");
	pair.end[0].dtls.write.seq = (UINT64_C(1) << 48) - 1;
	is_int(pair_passes(CLIENT, "x", 1), 1, "the last record number");
	is_int(pair_passes(CLIENT, "x", 1), 0, "is not followed by another");
}

static void
test_datagrams(void)
{
	uint8_t datagram[PAIR_ROOM], *record;
	struct half *s = &pair.end[SERVER];
	size_t n, at = 0, second = 0;
	unsigned i;

	up_with(suite_gcm(), true);
	for (i = 0; i < 3; i++) {
		second = i == 1 ? at : second;
		n = pair_seal(CLIENT, "data", 4, &record);
		memcpy(datagram + at, record, n);
		at += n;
	}
	datagram[second + 30] ^= 1;
	memset(datagram + at, 0xee, 5);
	pair_feed(SERVER, datagram, at + 5);
	is_int(s->got_n, 2, "a forged record and junk leave the others of a "
	    "datagram alone");
}

static void
test_replay(void)
{
	static uint8_t kept[100][100];
	uint8_t copy[100], *record;
	struct half *s = &pair.end[SERVER];
	size_t n = 0;
	unsigned i;

	up_with(suite_gcm(), true);
	for (i = 0; i < 100; i++) {
		n = pair_seal(CLIENT, "data", 4, &record);
		memcpy(kept[i], record, n);
	}
	memcpy(copy, kept[99], n);
	pair_feed(SERVER, copy, n);
	ok(s->got_n == 1 && s->newest, "gaps do not matter");
	memcpy(copy, kept[99], n);
	pair_feed(SERVER, copy, n);
	is_int(s->got_n, 1, "a replay is dropped");
	memcpy(copy, kept[36], n);
	pair_feed(SERVER, copy, n);
	ok(s->got_n == 2 && !s->newest, "one that was overtaken is taken, but "
	    "it does not tell where the peer is");
	memcpy(copy, kept[35], n);
	pair_feed(SERVER, copy, n);
	is_int(s->got_n, 2, "one that is 64 behind is not taken");
	memcpy(copy, kept[98], n);
	copy[n - 1] ^= 1;
	pair_feed(SERVER, copy, n);
	memcpy(copy, kept[98], n);
	pair_feed(SERVER, copy, n);
	is_int(s->got_n, 3, "a forged one does not use up its number");
}

/* --- Forgeries, when up --------------------------------------------------- */

/* Gives one end a plain record, in that epoch; true when it takes no notice:
 * no event, no answer, and data goes on. */
static bool
unmoved(int who, uint8_t type, uint64_t number, const char *bytes, size_t n)
{
	uint8_t datagram[PAIR_ROOM];
	struct half *h = &pair.end[who];
	unsigned events = h->up + h->closed + h->got_n, sent = pair.sent;
	struct dtls_window window = h->dtls.read.window;

	dtls_header_write(datagram, type, 0, n);
	put_be64(datagram + 3, number);
	memcpy(datagram + DTLS_HEADER, bytes, n);
	pair_feed(who, datagram, DTLS_HEADER + n);
	return h->up + h->closed + h->got_n == events && pair.sent == sent &&
	    memcmp(&window, &h->dtls.read.window, sizeof(window)) == 0 &&
	    pair_talks();
}

static void
test_plain(void)
{
	static const struct {
		uint8_t type;
		uint64_t number;
		const char *bytes;
		size_t n;
		const char *what;
	} forged[] = {
		{ 21, 99, "\2\50", 2, "a fatal alert" },
		{ 21, 99, "\1\0", 2, "close_notify" },
		{ 21, 99, "\1", 1, "half an alert" },
		{ 23, 99, "data", 4, "data" },
		{ 20, 99, "\1", 1, "ChangeCipherSpec" },
		{ 20, UINT64_C(0x0001ffffffffffff), "\1", 1,
		    "ChangeCipherSpec of epoch 1 with the last number" },
		{ 20, UINT64_C(0x0001000000000070), "\1", 1,
		    "ChangeCipherSpec of epoch 1" },
		{ 99, 99, "data", 4, "a record of no known type" },
		{ 22, 99, "\0\0\0\0\0\0\0\0\0\0\0\0", 12, "HelloRequest" },
		{ 22, 99, "\24\0\0\14\0\2\0\0\0\0\0\14verify_data.", 24,
		    "a plain Finished" },
		{ 22, 99, "garbage", 7, "garbage" },
		{ 21, UINT64_C(0x0001000000000050), "\2\50", 2,
		    "a plain alert in epoch 1" },
		{ 23, UINT64_C(0x0002000000000000), "data", 4,
		    "a record of epoch 2" },
	};
	char all[64];
	size_t i;
	int who;
	bool good;

	for (i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		good = true;
		for (who = CLIENT; who <= SERVER; who++) {
			good = up_with(suite_gcm(), i % 2) && good;
			pair.now_ms += 1000;
			good = unmoved(who, forged[i].type, forged[i].number,
			    forged[i].bytes, forged[i].n) && good;
			memset(all, 0, sizeof(all));
			good = unmoved(who, forged[i].type, forged[i].number,
			    all, i) && good;
		}
		ok(good, "when up, who forges %s moves nothing",
		    forged[i].what);
	}
}

/* Sends an authentic record of any type and content. */
static void
authentic(int to, uint8_t type, const void *bytes, size_t n)
{
	uint8_t buffer[DTLS_HEAD + 200 + DTLS_TAIL];
	uint8_t *data = buffer + DTLS_HEAD;

	memcpy(data, bytes, n);
	if (dtls_seal(&pair.end[!to].dtls.write, type, &data, &n) == 0)
		pair_feed(to, data, n);
}

static void
test_authentic(void)
{
	static const uint8_t hello[DTLS_MESSAGE + 2] = { 1, 0, 0, 2, 0, 9,
	    0, 0, 0, 0, 0, 2, 0xfe, 0xfd };
	char text[DTLS_WHY_TEXT];
	unsigned sent;
	int who;
	struct half *h;

	for (who = CLIENT; who <= SERVER; who++) {
		h = &pair.end[who];
		up_with(suite_gcm(), true);
		pair.now_ms += 1000;
		sent = pair.sent;
		authentic(who, 99, "data", 4);
		authentic(who, DTLS_CCS, "\1", 1);
		authentic(who, DTLS_ALERT, "\1\132", 2);
		authentic(who, DTLS_ALERT, "\2", 1);
		authentic(who, DTLS_ALERT, "", 0);
		authentic(who, DTLS_HANDSHAKE, hello, sizeof(hello));
		authentic(who, DTLS_HANDSHAKE, "\0\0\0\0\0\0\0\0\0\0\0", 12);
		ok(h->closed == 0 && h->got_n == 0 && pair.sent == sent &&
		    pair_talks(), "what an honest peer does not send is "
		    "ignored: unknown types, warnings, renegotiation");
		authentic(who, DTLS_ALERT, "\2\24", 2);
		ok(h->closed == 1 && pair.sent == sent && !dtls_is_up(
		    &h->dtls), "a fatal alert ends it, without an answer");
		is_str(dtls_why(&h->dtls, text), "the peer gave up: alert "
		    "bad_record_mac: probably a different key", "the reason");
	}
}

static void
test_cid(void)
{
	uint8_t zeroes[20] = { 0 }, *record, plain[200];
	struct half *s = &pair.end[SERVER];
	struct dtls_half stolen;
	size_t n;

	/* An inner plaintext of zeroes, or of nothing. */
	up_with(suite_gcm(), true);
	authentic(SERVER, 0, zeroes, sizeof(zeroes));
	authentic(SERVER, 0, zeroes, 0);
	ok(s->got_n == 0 && s->closed == 0 && pair_talks(),
	    "an inner plaintext of zeroes is dropped");

	/* The same keys without the cid. */
	s->got_n = 0;
	stolen = pair.end[CLIENT].dtls.write;
	stolen.cid_len = 0;
	record = plain + DTLS_HEAD;
	memcpy(record, "data", 4);
	n = 4;
	dtls_seal(&stolen, DTLS_APPLICATION, &record, &n);
	pair_feed(SERVER, record, n);
	is_int(s->got_n, 0, "a record without the connection ID that we gave "
	    "out is dropped");
	n = pair_seal(CLIENT, "data", 4, &record);
	record[12] ^= 1;
	pair_feed(SERVER, record, n);
	is_int(s->got_n, 0, "so is one with another");
	up_with(suite_gcm(), false);
	n = pair_seal(CLIENT, "data", 4, &record);
	memmove(plain + 11 + DTLS_CID, record + 11, n - 11);
	memcpy(plain, record, 11);
	memcpy(plain + 11, pair.cid, DTLS_CID);
	plain[0] = DTLS_CID_RECORD;
	pair_feed(SERVER, plain, n + DTLS_CID);
	is_int(s->got_n, 0, "and one with any, where none was given");
}

/* dtlspipe's server dies of it (section 7.6 of its description). */
static void
test_splice(void)
{
	uint8_t *record, forged[200];
	struct half *s = &pair.end[SERVER];
	size_t n, len, before;
	unsigned wrong = 0;

	up_with(suite_cbc(), true);
	for (len = 0; len < 64; len++) {
		n = pair_seal(CLIENT, forged, len, &record);
		before = 11 + DTLS_CID;
		memcpy(forged, record, before);
		put_be64(forged + 3, UINT64_C(0x0001000000000000) + 500 +
		    len);
		put_be16(forged + before, 64);
		random_bytes(&pair_random, forged + before + 2, 32);
		memcpy(forged + before + 2 + 32, record + n - 32, 32);
		pair_feed(SERVER, forged, before + 2 + 64);
		wrong += s->got_n != len || s->closed > 0;
		pair_feed(SERVER, record, n);
		wrong += s->got_n != len + 1;
	}
	is_int(wrong, 0, "the end of a record under another head is no "
	    "record");
}

/* --- The end -------------------------------------------------------------- */

static void
test_close(void)
{
	char text[DTLS_WHY_TEXT];
	struct half *c = &pair.end[CLIENT], *s = &pair.end[SERVER];
	uint8_t *record;
	int who;

	for (who = CLIENT; who <= SERVER; who++) {
		c = &pair.end[who];
		s = &pair.end[!who];
		up_with(suite_gcm(), true);
		dtls_release_handshake(&c->dtls);
		dtls_release_handshake(&s->dtls);
		dtls_close(&c->dtls);
		dtls_close(&c->dtls);
		ok(!dtls_is_up(&c->dtls) && pair_seal(who, "x", 1, &record) ==
		    0 && dtls_room(&c->dtls, 1000) == 0,
		    "nothing is sent after dtls_close()");
		pair_output(who);
		pair_output(who);
		is_int(pair.sent, 5, "but close_notify, once");
		pair_run(100);
		is_int(s->closed, 1, "which ends the other side");
		is_int(pair.sent, 6, "and is answered once");
		pair_run(100);
		ok(c->closed == 0 && pair.sent == 6, "that is all");
		is_str(dtls_why(&s->dtls, text), "closed by the peer",
		    "one side knows");
		is_str(dtls_why(&c->dtls, text), "closed by this side",
		    "the other did it");
	}
	pair_init();
	pair_begin();
	dtls_close(&c->dtls);
	pair_output(CLIENT);
	is_int(pair.sent, 1, "a handshake is left without a word");
}

/* Are there n zeroes? */
static bool
is_wiped(const void *p, size_t n)
{
	const uint8_t *bytes = p;

	while (n > 0 && *bytes == 0) {
		bytes++;
		n--;
	}
	return n == 0;
}

/* Data that cannot be sent: the reason is the true one. */
static void
test_send_fails(void)
{
	uint8_t buffer[DTLS_HEAD + 4 + DTLS_TAIL] = { 0 };
	struct dtls *d = &pair.end[CLIENT].dtls;
	uint8_t *data = buffer + DTLS_HEAD;
	char text[DTLS_WHY_TEXT];
	size_t len = 4;

	up_with(suite_gcm(), true);
	d->write.seq = DTLS_SEQ_MAX;
	is_int(dtls_send(d, &data, &len), 0, "the last sequence number is "
	    "used");
	data = buffer + DTLS_HEAD;
	len = 4;
	is_int(dtls_send(d, &data, &len), -1, "none comes after it");
	is_str(dtls_why(d, text), "all sequence numbers of its association "
	    "are used up", "that is the reason");
	up_with(suite_gcm(), true);
	dtls_close(d);
	is_int(dtls_send(d, &data, &len), -1, "nothing is sent after the end");
	is_str(dtls_why(d, text), "closed by this side", "and the reason is "
	    "that of the end");
}

static void
test_wiping(void)
{
	struct half *c = &pair.end[CLIENT];

	up_with(suite_gcm(), true);
	dtls_release_handshake(&c->dtls);
	ok(is_wiped(&c->handshake, sizeof(c->handshake)),
	    "dtls_release_handshake() wipes the handshake");
	dtls_release_handshake(&pair.end[SERVER].dtls);
	ok(pair_talks(), "which is not needed any more");
	dtls_end(&c->dtls);
	ok(is_wiped(&c->dtls, sizeof(c->dtls)), "dtls_end() wipes the rest");
	pair_init();
	pair_begin();
	pair_run(7);
	dtls_end(&c->dtls);
	ok(is_wiped(&c->dtls, sizeof(c->dtls)) && is_wiped(&c->handshake,
	    sizeof(c->handshake)), "also in the middle of a handshake");
	ok(sizeof(struct dtls_handshake) <= 6144, "a handshake takes %u bytes",
	    (unsigned)sizeof(struct dtls_handshake));
	ok(sizeof(struct dtls) < 1200, "an association takes %u bytes",
	    (unsigned)sizeof(struct dtls));
}

/* --- Questions ------------------------------------------------------------ */

static void
test_peek(void)
{
	uint8_t type, *record, both[400];
	const uint8_t *cid;
	size_t n, first;

	up_with(suite_gcm(), true);
	ok(dtls_peek(pair.log[0].bytes, pair.log[0].len, &type, &cid) &&
	    type == DTLS_HANDSHAKE && cid == NULL, "a hello has no cid");
	ok(dtls_peek(pair.log[2].bytes, pair.log[2].len, &type, &cid) &&
	    type == DTLS_HANDSHAKE && cid != NULL && memcmp(cid, pair.cid,
	    DTLS_CID) == 0, "a cid is found behind plain records");
	n = pair_seal(CLIENT, "data", 4, &record);
	ok(dtls_peek(record, n, &type, &cid) && type == DTLS_CID_RECORD &&
	    cid == record + 11, "the cid of a record");
	ok(!dtls_peek(record, n - 1, &type, &cid) && !dtls_peek(record, 15,
	    &type, &cid) && !dtls_peek(record, 0, &type, &cid),
	    "part of a record is none");
	first = DTLS_HEADER + 1;
	dtls_header_write(both, DTLS_CCS, 0, 1);
	both[DTLS_HEADER] = 1;
	memcpy(both + first, record, n);
	ok(dtls_peek(both, first + n, &type, &cid) && type == DTLS_CCS &&
	    cid == both + first + 11, "the type is that of the first record");
	ok(dtls_peek(both, first + n - 1, &type, &cid) && cid == NULL,
	    "a record that is cut has no cid");
}

static void
test_own_hello(void)
{
	struct dtls *server = &pair.end[SERVER].dtls;
	uint8_t own[PAIR_ROOM], other[PAIR_ROOM];
	size_t n;

	up_with(suite_gcm(), true);
	n = pair.log[0].len;
	memcpy(other, pair.log[0].bytes, n);
	up_with(suite_gcm(), true);
	n = pair.log[0].len;
	memcpy(own, pair.log[0].bytes, n);
	ok(dtls_is_own_hello(server, own, n), "a hello is known again");
	ok(!dtls_is_own_hello(server, other, n), "another is not");
	dtls_release_handshake(server);
	ok(dtls_is_own_hello(server, own, n), "also after the handshake");
	ok(!dtls_is_own_hello(server, own + 1, n - 1) && !dtls_is_own_hello(
	    server, pair.log[3].bytes, pair.log[3].len),
	    "something else is no hello");
}

int
main(void)
{
	test_handshakes();
	test_flips();
	test_data();
	test_datagrams();
	test_replay();
	test_plain();
	test_authentic();
	test_cid();
	test_splice();
	test_close();
	test_send_fails();
	test_wiping();
	test_peek();
	test_own_hello();
	return done_testing();
}
