/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without DTLS leaves this out. */

#include "compat.h"

#include "dtls_messages.h"
#include "dtls_pair.h"
#include "tap.h"

static struct half *const client = &pair.end[CLIENT];
static struct half *const server = &pair.end[SERVER];

/* --- Recorded clients ----------------------------------------------------- */

static const struct vector *recorded;

static size_t
recorded_psk(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX])
{
	const struct vector *v = arg;

	if (n != v->identity.n || memcmp(identity, v->identity.b, n) != 0)
		return 0;
	memcpy(psk, v->psk.b, v->psk.n);
	return v->psk.n;
}

/* After the recorded hello our server has made other random bytes than the
 * recorded one: puts that one's in their place. */
static void
become_recorded(const struct messages *all)
{
	struct dtls_handshake *h = &server->handshake;
	struct dtls_server_hello hello;
	const struct message *m, *first;
	uint8_t type;

	m = messages_find(all, DTLS_SERVER_HELLO);
	dtls_server_hello_parse(&hello, m->f.data, m->f.len);
	memcpy(h->server_random, hello.random, DTLS_RANDOM);
	memcpy(h->scalar, recorded->server_private.b,
	    recorded->server_private.n);
	if (hello.has_cid && server->dtls.read.cid_len > 0)
		memcpy(server->dtls.read.cid, hello.cid, DTLS_CID);
	first = messages_find(all, DTLS_CLIENT_HELLO);
	br_sha256_init(&h->transcript);
	for (m = first; m < all->m + all->n; m++) {
		type = m->f.type;
		if (m == first || !m->to_server)
			br_sha256_update(&h->transcript, m->whole,
			    DTLS_MESSAGE + m->f.len);
		if (type == DTLS_SERVER_HELLO_DONE)
			break;
	}
}

/* Plays the server of a recorded session: its client must believe to talk with
 * the one that it talked with. */
static void
play(const struct vector *v)
{
	const struct vector_record *r;
	struct messages all;
	uint8_t copy[VECTOR_BYTES], verify[DTLS_LAST];
	size_t i, datas = 0, first = 0;

	recorded = v;
	messages_read(&all, v);
	pair_init();
	server->setup.cid = v->cid.n == DTLS_CID;
	server->setup.psk = recorded_psk;
	server->setup.psk_arg = (void *)(uintptr_t)v;
	/* From the last hello on. */
	for (i = 0; i < v->n_datagrams; i++)
		if (v->datagrams[i].to_server && v->datagrams[i].bytes.b[0] ==
		    DTLS_HANDSHAKE && v->datagrams[i].bytes.b[13] ==
		    DTLS_CLIENT_HELLO)
			first = i;
	for (i = first; i < v->n_datagrams; i++) {
		if (!v->datagrams[i].to_server)
			continue;
		memcpy(copy, v->datagrams[i].bytes.b,
		    v->datagrams[i].bytes.n);
		if (i > first)
			pair_feed(SERVER, copy, v->datagrams[i].bytes.n);
		else
			pair_greet(copy, v->datagrams[i].bytes.n);
		if (i == first && server->begun)
			become_recorded(&all);
	}
	ok(server->up == 1, "%s: up", v->name);
	dtls_fragment_write(verify, DTLS_FINISHED, DTLS_VERIFY,
	    server->handshake.flight.seq, 0, DTLS_VERIFY);
	memcpy(verify + DTLS_MESSAGE, v->server_verify.b, DTLS_VERIFY);
	/* We give no tickets, which the Finished covers. */
	if (messages_find(&all, DTLS_NEW_SESSION_TICKET) == NULL)
		is_mem(server->dtls.last, verify, DTLS_LAST,
		    "its Finished is ours");
	for (r = v->records; r < v->records + v->n_records; r++)
		datas += r->of_client && r->inner == DTLS_APPLICATION;
	is_int(server->got_n, datas, "its data is read");
	if (v->cid.n > 0 && dtls_suite(&server->dtls)->cipher == DTLS_CBC)
		is_int(server->dtls.write.cbc_mac, DTLS_MAC_PION,
		    "its MAC is that of pion");
}

static void
test_recorded(void)
{
	size_t i;

	vectors_read();
	/* Of some, the server's private value is not known. */
	for (i = 0; i < VECTORS; i++)
		if (vectors[i].server_private.n > 0 ||
		    !dtls_suite_by_id(vectors[i].suite)->ecdhe)
			play(&vectors[i]);
}

/* --- Hellos --------------------------------------------------------------- */

static struct dtls_offer offer;
static uint8_t hello[DTLS_BODY_MAX];
static size_t hello_len;

/* Begins a hello that offers all. */
static void
hello_begin(void)
{
	static uint8_t random[DTLS_RANDOM];

	pair_init();
	random_bytes(&pair_random, random, sizeof(random));
	memset(&offer, 0, sizeof(offer));
	offer.random = random;
	offer.suites = client->setup.suites;
	offer.n_suites = DTLS_SUITES;
	offer.groups = client->setup.groups;
	offer.n_groups = DTLS_GROUPS;
	hello_len = dtls_client_hello_write(hello, &offer);
}

/* Gives the server the hello, with these numbers; the alert that it ends with,
 * or 0. */
static int
hello_give(uint16_t seq, uint64_t record_seq)
{
	uint8_t datagram[PAIR_ROOM];
	size_t n = DTLS_MESSAGE + hello_len;

	dtls_header_write(datagram, DTLS_HANDSHAKE, record_seq, n);
	dtls_fragment_write(datagram + DTLS_HEADER, DTLS_CLIENT_HELLO,
	    hello_len, seq, 0, hello_len);
	memcpy(datagram + DTLS_HEADER + DTLS_MESSAGE, hello, hello_len);
	pair_greet(datagram, DTLS_HEADER + n);
	if (pair.sent != 1 || pair.log[0].bytes[0] != DTLS_ALERT)
		return 0;
	return server->closed == 1 && pair.log[0].len == DTLS_HEADER + 2 &&
	    pair.log[0].bytes[DTLS_HEADER] == 2 ?
	    pair.log[0].bytes[DTLS_HEADER + 1] : -1;
}

/* The ServerHello that came. */
static struct dtls_server_hello
answer(void)
{
	struct dtls_server_hello got;
	struct dtls_fragment f;

	memset(&got, 0, sizeof(got));
	if (pair.sent > 0 && dtls_fragment_parse(&f, pair.log[0].bytes +
	    DTLS_HEADER, pair.log[0].len - DTLS_HEADER) > 0 &&
	    f.type == DTLS_SERVER_HELLO)
		dtls_server_hello_parse(&got, f.data, f.n);
	return got;
}

/* Removes what is there, n bytes, from the hello; lengths are in place. */
static void
hello_cut(const void *what, size_t n)
{
	size_t at, block = 2 + DTLS_RANDOM + 1 + 1 + 2 + 2 * offer.n_suites +
	    2;

	for (at = block + 2; at + n <= hello_len; at++)
		if (memcmp(hello + at, what, n) == 0)
			break;
	memmove(hello + at, hello + at + n, hello_len - at - n);
	hello_len -= n;
	put_be16(hello + block, (uint16_t)(get_be16(hello + block) - n));
}

static void
test_choice(void)
{
	const struct dtls_suite *mixed[3];
	const struct dtls_group *groups[2];
	char text[DTLS_WHY_TEXT];

	hello_begin();
	mixed[0] = dtls_suite_by_id(0xc0a9);
	mixed[1] = dtls_suite_by_id(0xc037);
	mixed[2] = dtls_suite_by_id(0x00a8);
	offer.suites = mixed;
	offer.n_suites = 3;
	hello_len = dtls_client_hello_write(hello, &offer);
	server->setup.suites[0] = mixed[1];
	server->setup.suites[1] = mixed[0];
	hello_give(0, 0);
	is_int(answer().suite, 0xc0a9, "the client's first suite is taken");

	hello_begin();
	groups[0] = &dtls_groups[2];
	groups[1] = &dtls_groups[0];
	offer.groups = groups;
	offer.n_groups = 2;
	hello_len = dtls_client_hello_write(hello, &offer);
	hello_give(0, 0);
	ok(server->dtls.group == &dtls_groups[2], "the client's first group "
	    "is taken");

	hello_begin();
	hello_cut("\0\12\0\10\0\6\0\35\0\27\0\30", 12);
	hello_give(0, 0);
	ok(answer().suite == 0xc037 && server->dtls.group == &dtls_groups[0],
	    "no groups: X25519");

	hello_begin();
	server->setup.groups[0] = &dtls_groups[1];
	server->setup.n_groups = 1;
	hello_cut("\0\12\0\10\0\6\0\35\0\27\0\30", 12);
	hello_give(0, 0);
	ok(server->dtls.group == &dtls_groups[1], "or what there is");

	hello_begin();
	server->setup.groups[0] = &dtls_groups[1];
	server->setup.n_groups = 1;
	groups[0] = &dtls_groups[0];
	offer.groups = groups;
	offer.n_groups = 1;
	hello_len = dtls_client_hello_write(hello, &offer);
	hello_give(0, 0);
	ok(answer().suite == 0xc0a4 && server->dtls.group == NULL,
	    "no group in common: a suite that does without");

	hello_begin();
	server->setup.groups[0] = &dtls_groups[1];
	server->setup.n_groups = 1;
	offer.groups = groups;
	offer.n_groups = 1;
	offer.suites = &mixed[1];
	offer.n_suites = 1;
	hello_len = dtls_client_hello_write(hello, &offer);
	is_int(hello_give(0, 0), 71, "and if there is none,"
	    " insufficient_security");
	is_str(dtls_why(&server->dtls, text), "no cipher suite in common that "
	    "does without a group in common; the client offers "
	    "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256", "the reason");

	hello_begin();
	server->setup.n_suites = 1;
	server->setup.suites[0] = dtls_suite_by_id(0xccab);
	offer.n_suites = 2;
	hello_len = dtls_client_hello_write(hello, &offer);
	put_be16(hello + 2 + DTLS_RANDOM + 4, 0xc02b);
	is_int(hello_give(0, 0), 71, "no suite in common: the same");
	is_str(dtls_why(&server->dtls, text), "no cipher suite in common; the "
	    "client offers C02B TLS_PSK_WITH_AES_128_CCM", "and the reason");
}

static void
test_refusals(void)
{
	char text[DTLS_WHY_TEXT];

	hello_begin();
	hello[1] = 0xff;
	is_int(hello_give(0, 0), 70, "DTLS 1.0: protocol_version");
	is_str(dtls_why(&server->dtls, text),
	    "the client does not speak DTLS 1.2", "the reason");
	hello_begin();
	hello[1] = 0xfc;
	is_int(hello_give(0, 0), 0, "a later DTLS is 1.2 as well");
	is_int(answer().version, DTLS_1_2, "which it gets");
	hello_begin();
	hello_len--;
	is_int(hello_give(0, 0), 50, "malformed: decode_error");
	hello_begin();
	hello_cut("\0\27\0\0", 4);
	is_int(hello_give(0, 0), 71, "no extended_master_secret: "
	    "insufficient_security");
	hello_begin();
	hello_cut("\0\27\0\0", 4);
	server->setup.old_master = true;
	is_int(hello_give(0, 0), 0, "unless old peers are taken");
	ok(!answer().master && answer().suite != 0, "without it then");
}

static void
test_extensions(void)
{
	hello_begin();
	hello_give(0, 0);
	ok(answer().renegotiation && answer().master && !answer().has_cid,
	    "renegotiation_info and extended_master_secret are answered");
	hello_begin();
	hello_cut("\377\1\0\1\0", 5);
	hello_give(0, 0);
	ok(answer().suite != 0 && !answer().renegotiation,
	    "no renegotiation_info without an offer");
	hello_begin();
	hello_cut("\377\1\0\1\0", 5);
	put_be16(hello + 2 + DTLS_RANDOM + 4, 0x00ff);
	hello_give(0, 0);
	ok(answer().renegotiation, "the SCSV is an offer");
	hello_begin();
	hello_give(5, 77);
	ok(get_be64(pair.log[0].bytes + 3) == 77 &&
	    get_be16(pair.log[0].bytes + DTLS_HEADER + 4) == 5,
	    "message and record numbers go on from those of the hello");
}

/* --- Connection IDs ------------------------------------------------------- */

static uint8_t client_cid[40];
static size_t client_cid_len;

/* The client asks for a connection ID of its own. */
static void
edit_cid(struct half *h)
{
	uint8_t body[DTLS_BODY_MAX];
	size_t len = get_be16(h->handshake.flight.bytes + 2), block;

	if (h->dtls.state != DTLS_C_HELLO)
		return;
	memcpy(body, h->handshake.flight.bytes + DTLS_MESSAGE, len);
	/* The empty one is the last extension. */
	put_be16(body + len - 3, (uint16_t)(client_cid_len + 1));
	body[len - 1] = (uint8_t)client_cid_len;
	memcpy(body + len, client_cid, client_cid_len);
	block = 2 + DTLS_RANDOM + 1 + 1 + 2 + 2 * h->setup.n_suites + 2;
	put_be16(body + block, (uint16_t)(get_be16(body + block) +
	    client_cid_len));
	pair_replace(h, DTLS_CLIENT_HELLO, body, len + client_cid_len);
	pair_rehash(h);
	if (client_cid_len > DTLS_CID_MAX)
		return;
	memcpy(h->dtls.read.cid, client_cid, client_cid_len);
	h->dtls.read.cid_len = (uint8_t)client_cid_len;
}

static void
test_cids(void)
{
	static const size_t lengths[] = { 0, 1, 4, 20, DTLS_CID_MAX };
	uint8_t *record;
	unsigned wrong = 0, i, j;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (j = 0; j < 2 * DTLS_SUITES; j++) {
			pair_init();
			client->edit = edit_cid;
			client_cid_len = lengths[i];
			memset(client_cid, 0x77, client_cid_len);
			pair_one_suite(&dtls_suites[j / 2]);
			/* RFC 9146's own MAC. */
			client->setup.cbc_mac = j % 2 ? DTLS_MAC_RFC :
			    DTLS_MAC_AUTO;
			wrong += !pair_handshake() || !pair_talks();
			pair_seal(SERVER, "x", 1, &record);
			wrong += (record[0] == DTLS_CID_RECORD) !=
			    (client_cid_len > 0);
		}
	is_int(wrong, 0, "a client's own connection ID, of 0 to 32 bytes, is "
	    "used towards it");
	pair_init();
	client->edit = edit_cid;
	client_cid_len = DTLS_CID_MAX + 1;
	ok(pair_handshake() && pair_talks() && !dtls_has_cid(&client->dtls),
	    "one that is too long: none is used");
}

static void
test_mac(void)
{
	static const struct {
		enum dtls_cbc_mac client, server, written;
	} ways[] = {
		{ DTLS_MAC_RFC, DTLS_MAC_AUTO, DTLS_MAC_RFC },
		{ DTLS_MAC_PION, DTLS_MAC_AUTO, DTLS_MAC_PION },
		{ DTLS_MAC_PION, DTLS_MAC_RFC, DTLS_MAC_RFC },
		{ DTLS_MAC_RFC, DTLS_MAC_PION, DTLS_MAC_PION },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		pair_init();
		pair_one_suite(dtls_suite_by_id(0x00ae));
		client->setup.cbc_mac = ways[i].client;
		server->setup.cbc_mac = ways[i].server;
		ok(pair_handshake() && pair_talks(), "either MAC is read "
		    "under CBC with a connection ID");
		is_int(server->dtls.write.cbc_mac, ways[i].written,
		    "and what is written is as told, or as the client does");
	}
	pair_init();
	pair_one_suite(dtls_suite_by_id(0x00ae));
	client->setup.cid = false;
	ok(pair_handshake() && pair_talks(), "CBC without connection ID");
	is_int(server->dtls.write.cbc_mac, DTLS_MAC_RFC,
	    "where nothing tells, it is RFC 9146's");
}

/* --- Keys and names ------------------------------------------------------- */

static void
edit_finished(struct half *h)
{
	if (h->dtls.state == DTLS_C_FINISHED)
		h->handshake.flight.bytes[h->handshake.flight.len - 1] ^= 1;
}

/* A ClientKeyExchange with a share that is no point. */
static void
edit_share(struct half *h)
{
	uint8_t body[2 + 1 + 97] = { 0 };

	body[2] = dtls_groups[1].share;
	memset(body + 3, 4, 97);
	if (h->dtls.state == DTLS_C_FINISHED)
		pair_replace(h, DTLS_CLIENT_KEY_EXCHANGE, body, 3 +
		    (size_t)dtls_groups[1].share);
}

static void
edit_old(struct half *h)
{
	if (h->dtls.state != DTLS_C_HELLO)
		return;
	hello_len = get_be16(h->handshake.flight.bytes + 2);
	memcpy(hello, h->handshake.flight.bytes + DTLS_MESSAGE, hello_len);
	offer.n_suites = DTLS_SUITES;
	hello_cut("\0\27\0\0", 4);
	pair_replace(h, DTLS_CLIENT_HELLO, hello, hello_len);
	pair_rehash(h);
}

static void
test_keys(void)
{
	char text[DTLS_WHY_TEXT];

	pair_init();
	client->edit = edit_finished;
	pair_begin();
	pair_run(5000);
	ok(!client->up && !server->up && !server->closed, "a wrong Finished "
	    "of a client that has the key is not believed");
	is_str(dtls_why(&server->dtls, text), "the client's Finished is "
	    "wrong: it has a different key", "the reason");

	pair_init();
	pair_one_group(&dtls_groups[1]);
	client->edit = edit_share;
	pair_begin();
	pair_run(100);
	is_int(server->closed, 1, "a share that is no point ends it");
	is_str(dtls_why(&server->dtls, text), "the client's share is not a "
	    "point of its group", "the reason");

	pair_init();
	client->edit = edit_old;
	client->setup.old_master = server->setup.old_master = true;
	ok(pair_handshake() && pair_talks(), "peers without RFC 7627, where "
	    "they are allowed");
}

static void
test_names(void)
{
	char text[DTLS_PEER_TEXT];
	uint8_t longest[DTLS_IDENTITY_MAX];

	pair_init();
	ok(pair_handshake(), "no identity");
	is_str(dtls_peer(&server->dtls, text), "", "has no text");
	pair_init();
	client->setup.identity = (const uint8_t *)"alice b\\\xc3\xa9\n";
	client->setup.identity_len = 11;
	ok(pair_handshake(), "an identity");
	is_str(dtls_peer(&server->dtls, text),
	    "alice\\x20b\\x5c\\xc3\\xa9\\x0a", "as text");
	is_str(dtls_peer(&client->dtls, text), "", "a server has none");
	dtls_release_handshake(&server->dtls);
	is_str(dtls_peer(&server->dtls, text), "", "nor has who was let go");
	pair_init();
	memset(longest, 0xff, sizeof(longest));
	client->setup.identity = longest;
	client->setup.identity_len = sizeof(longest);
	ok(pair_handshake() && strlen(dtls_peer(&server->dtls, text)) ==
	    4 * DTLS_IDENTITY_MAX, "the longest identity");
}

/* --- Disorder ------------------------------------------------------------- */

/* Gives the server a fragment in a plain record. */
static void
give(uint8_t type, size_t len, uint16_t seq, size_t offset, const void *p,
    size_t n)
{
	uint8_t datagram[PAIR_ROOM];

	dtls_header_write(datagram, DTLS_HANDSHAKE, 7, DTLS_MESSAGE + n);
	dtls_fragment_write(datagram + DTLS_HEADER, type, len, seq, offset,
	    n);
	memcpy(datagram + DTLS_HEADER + DTLS_MESSAGE, p, n);
	if (server->begun)
		pair_feed(SERVER, datagram, DTLS_HEADER + DTLS_MESSAGE + n);
	else
		pair_greet(datagram, DTLS_HEADER + DTLS_MESSAGE + n);
}

static void
test_disorder(void)
{
	uint8_t two[PAIR_ROOM], *p = two;
	size_t half;
	char text[DTLS_WHY_TEXT];

	hello_begin();
	half = hello_len / 2;
	give(DTLS_CLIENT_HELLO, hello_len, 0, 0, hello, half + 9);
	give(DTLS_CLIENT_HELLO, hello_len, 0, half - 9, hello + half - 9,
	    hello_len - half + 9);
	is_int(answer().suite, 0xc037, "a hello in fragments that overlap");

	hello_begin();
	half = hello_len / 2;
	dtls_fragment_write(p + DTLS_HEADER, DTLS_CLIENT_HELLO, hello_len, 0,
	    0, half);
	p += DTLS_HEADER + DTLS_MESSAGE;
	memcpy(p, hello, half);
	p += half;
	dtls_fragment_write(p, DTLS_CLIENT_HELLO, hello_len, 0, half,
	    hello_len - half);
	memcpy(p + DTLS_MESSAGE, hello + half, hello_len - half);
	dtls_header_write(two, DTLS_HANDSHAKE, 0, 2 * DTLS_MESSAGE +
	    hello_len);
	pair_greet(two, DTLS_HEADER + 2 * DTLS_MESSAGE + hello_len);
	is_int(answer().suite, 0xc037, "two fragments in one record");

	hello_begin();
	give(DTLS_CLIENT_HELLO, DTLS_MESSAGE_MAX + 1, 0, 0, hello, hello_len);
	is_int(server->closed, 1, "a hello that is too long");
	is_str(dtls_why(&server->dtls, text), "the peer's message is too "
	    "long", "the reason");

	hello_begin();
	hello_give(0, 0);
	give(DTLS_SERVER_HELLO, 2, 1, 0, "xx", 2);
	is_int(server->closed, 1, "a message of another kind of handshake");
	is_int(pair.log[pair.sent - 1].bytes[DTLS_HEADER + 1], 10,
	    "is unexpected_message");

	hello_begin();
	hello_give(0, 0);
	give(DTLS_HELLO_REQUEST, 0, 1, 0, "", 0);
	give(DTLS_CLIENT_KEY_EXCHANGE, 50, 2, 0, hello, 50);
	give(DTLS_CLIENT_KEY_EXCHANGE, 50, 0, 0, hello, 49);
	give(DTLS_FINISHED, 12, 1, 0, hello, 12);
	ok(server->closed == 0 && pair.sent == 1, "what has another turn, or "
	    "is plain and should be sealed, ends nothing");

	pair_init();
	pair_begin();
	pair_step(UINT64_MAX);
	give(DTLS_FINISHED, 12, 2, 0, hello, 12);
	give(DTLS_FINISHED, 12, 3, 0, hello, 12);
	pair_run(100);
	ok(pair_is_up() && !server->handshake.bad, "a plain Finished is not "
	    "kept for later");
	pair_init();
	pair_begin();
	while (pair.sent < 3)
		pair_step(UINT64_MAX);
	dtls_tick(&server->dtls, pair.now_ms + 1000);
	memcpy(two, pair.log[2].bytes, pair.log[2].len);
	pair_feed(SERVER, two, DTLS_HEADER + (size_t)get_be16(two + 11));
	is_int(pair.sent, 3, "a repetition that is overtaken by its answer "
	    "does not go out");
}

static void
test_alert(void)
{
	uint8_t alert[DTLS_HEADER + 2];
	char text[DTLS_WHY_TEXT];

	hello_begin();
	hello_give(0, 0);
	dtls_header_write(alert, DTLS_ALERT, 1, 2);
	alert[DTLS_HEADER] = 2;
	alert[DTLS_HEADER + 1] = 50;
	pair_feed(SERVER, alert, sizeof(alert));
	is_int(server->closed, 0, "a plain alert does not end a server's "
	    "handshake");
	is_str(dtls_why(&server->dtls, text), "the client refused: alert "
	    "decode_error", "but it is the reason, should no more come");
}

int
main(void)
{
	test_recorded();
	test_choice();
	test_refusals();
	test_extensions();
	test_cids();
	test_mac();
	test_keys();
	test_names();
	test_disorder();
	test_alert();
	return done_testing();
}
