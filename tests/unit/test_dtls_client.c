/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without DTLS leaves this out.
 * A build without SERVERS leaves this out. */

#include "compat.h"

#include "dtls_messages.h"
#include "dtls_pair.h"
#include "tap.h"

static struct half *const client = &pair.end[CLIENT];
static struct half *const server = &pair.end[SERVER];

/* --- Recorded servers ----------------------------------------------------- */

static size_t
recorded_psk(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX])
{
	const struct vector *v = arg;

	(void)identity;
	(void)n;
	memcpy(psk, v->psk.b, v->psk.n);
	return v->psk.n;
}

/* Our client has sent another hello than the recorded one: puts that one in
 * its place. */
static void
become_recorded(const struct messages *all)
{
	const struct message *m = messages_find(all, DTLS_CLIENT_HELLO);
	struct dtls_client_hello hello;

	dtls_client_hello_parse(&hello, m->f.data, m->f.len);
	memcpy(client->dtls.client_random, hello.random, DTLS_RANDOM);
	br_sha256_init(&client->handshake.transcript);
	br_sha256_update(&client->handshake.transcript, m->whole,
	    DTLS_MESSAGE + m->f.len);
}

/* Plays the client of a recorded session; with ECDHE only until its last
 * flight, for our share cannot be the recorded one. */
static void
play(const struct vector *v)
{
	const struct dtls_suite *suite = dtls_suite_by_id(v->suite);
	const struct vector_record *r;
	struct messages all;
	uint8_t copy[VECTOR_BYTES];
	size_t i, datas = 0;

	messages_read(&all, v);
	if (messages_find(&all, DTLS_NEW_SESSION_TICKET) != NULL)
		return;
	pair_init();
	pair_one_suite(suite);
	client->setup.cid = v->cid.n > 0;
	client->setup.psk = recorded_psk;
	client->setup.psk_arg = (void *)(uintptr_t)v;
	client->setup.identity = v->identity.b;
	client->setup.identity_len = v->identity.n;
	pair_begin();
	for (i = 0; i < v->n_datagrams; i++) {
		if (v->datagrams[i].to_server)
			continue;
		if (v->datagrams[i].bytes.b[DTLS_HEADER] == DTLS_SERVER_HELLO)
			become_recorded(&all);
		memcpy(copy, v->datagrams[i].bytes.b,
		    v->datagrams[i].bytes.n);
		pair_feed(CLIENT, copy, v->datagrams[i].bytes.n);
	}
	if (suite->ecdhe) {
		ok(client->dtls.state == DTLS_C_FINISHED && client->closed ==
		    0, "%s: as far as it goes", v->name);
		is_int(client->handshake.bare, strstr(v->name, "SSL") == NULL,
		    "dtlspipe's ServerKeyExchange is known from others'");
		return;
	}
	is_int(client->up, 1, "%s: up", v->name);
	is_mem(client->handshake.flight.bytes + client->handshake.flight.len -
	    DTLS_VERIFY, v->client_verify.b, DTLS_VERIFY,
	    "its Finished is ours");
	for (r = v->records; r < v->records + v->n_records; r++)
		datas += !r->of_client && r->inner == DTLS_APPLICATION;
	is_int(client->got_n, datas, "its data is read");
	is_int(client->dtls.write.cid_len, v->cid.n, "its connection ID is "
	    "used");
	if (v->cid.n > 0 && suite->cipher == DTLS_CBC)
		is_int(client->dtls.write.cbc_mac, DTLS_MAC_PION,
		    "with the MAC of pion");
}

static void
test_recorded(void)
{
	size_t i;

	vectors_read();
	for (i = 0; i < VECTORS; i++)
		play(&vectors[i]);
}

/* --- Cookies -------------------------------------------------------------- */

/* Gives the client a message, in that number. */
static void
give(uint8_t type, uint16_t seq, const uint8_t *body, size_t len)
{
	static uint64_t record_seq;
	uint8_t datagram[PAIR_ROOM];

	dtls_header_write(datagram, DTLS_HANDSHAKE, record_seq++ % 32,
	    DTLS_MESSAGE + len);
	dtls_fragment_write(datagram + DTLS_HEADER, type, len, seq, 0, len);
	if (len > 0)
		memcpy(datagram + DTLS_HEADER + DTLS_MESSAGE, body, len);
	pair_feed(CLIENT, datagram, DTLS_HEADER + DTLS_MESSAGE + len);
}

/* A demand for n bytes of a cookie that are all alike. */
static void
demand(uint16_t version, uint16_t seq, uint8_t byte, size_t n)
{
	uint8_t body[3 + DTLS_COOKIE_MAX];

	put_be16(body, version);
	body[2] = (uint8_t)n;
	memset(body + 3, byte, n);
	give(DTLS_HELLO_VERIFY_REQUEST, seq, body, 3 + n);
}

/* Is the last datagram a hello of that number with such a cookie? */
static bool
is_met(uint16_t seq, uint8_t byte, size_t n)
{
	const struct pair_log *l = &pair.log[pair.sent - 1];
	struct dtls_client_hello hello;
	struct dtls_fragment f;
	size_t i;

	if (dtls_fragment_parse(&f, l->bytes + DTLS_HEADER, l->len -
	    DTLS_HEADER) == 0 || f.n != f.len || f.seq != seq ||
	    dtls_client_hello_parse(&hello, f.data, f.n) != 0 ||
	    hello.cookie_len != n)
		return false;
	for (i = 0; i < n; i++)
		if (hello.cookie[i] != byte)
			return false;
	return memcmp(hello.random, client->dtls.client_random,
	    DTLS_RANDOM) == 0;
}

static void
test_cookies(void)
{
	static const size_t lengths[] = { 1, 20, 32, 254, 255 };
	char text[DTLS_WHY_TEXT];
	size_t i;

	for (i = 0; i < 5; i++) {
		pair_init();
		pair_begin();
		demand(i % 2 ? DTLS_1_0 : DTLS_1_2, 0, 'c', lengths[i]);
		ok(is_met(1, 'c', lengths[i]), "a cookie of %u bytes",
		    (unsigned)lengths[i]);
	}
	pair_init();
	pair_begin();
	demand(DTLS_1_0, 0, 'a', 20);
	demand(DTLS_1_0, 0, 'a', 20);
	demand(DTLS_1_0, 1, 'a', 20);
	is_int(pair.sent, 2, "a demand that is repeated is not met again");
	demand(DTLS_1_0, 0, 'b', 20);
	ok(is_met(2, 'b', 20), "a new demand of a server without state is");
	demand(DTLS_1_0, 2, 'c', 20);
	ok(is_met(3, 'c', 20), "and one of a server with state");
	for (i = 0; i < 100; i++)
		demand(DTLS_1_0, 0, (uint8_t)i, 20);
	is_int(pair.sent, 5, "but no more than four");
	is_str(dtls_why(&client->dtls, text), "no answer to the ClientHello "
	    "with the server's cookie", "the reason");
	pair_init();
	pair_begin();
	demand(0x0303, 0, 'a', 20);
	give(DTLS_HELLO_VERIFY_REQUEST, 0, (const uint8_t *)"\xfe\xff\5", 3);
	ok(pair.sent == 1 && client->closed == 0, "nonsense is no demand");
	for (i = DTLS_MTU_MIN; i < 120; i += 4) {
		pair_init();
		pair.verify = true;
		client->setup.mtu = i;
		if (!pair_handshake())
			break;
	}
	ok(i >= 120, "a hello in fragments has its cookie in the first");
}

/* --- Refusals ------------------------------------------------------------- */

static uint8_t server_random[DTLS_RANDOM];

/* A ServerHello. */
static void
give_hello(uint16_t suite, bool master, const uint8_t *cid, size_t cid_len)
{
	uint8_t body[DTLS_BODY_MAX];

	give(DTLS_SERVER_HELLO, 0, body, dtls_server_hello_write(body,
	    server_random, suite, true, master, cid, cid_len, false));
}

/* What the client ended with; 0: it did not end. */
static int
ended(void)
{
	const struct pair_log *l = &pair.log[pair.sent - 1];

	if (client->closed == 0)
		return 0;
	return l->bytes[0] == DTLS_ALERT && l->bytes[DTLS_HEADER] == 2 ?
	    l->bytes[DTLS_HEADER + 1] : -1;
}

static void
fresh(void)
{
	pair_init();
	pair_begin();
}

static void
test_hellos(void)
{
	uint8_t cid[DTLS_CID_MAX + 1] = { 0 };
	uint8_t body[DTLS_BODY_MAX];
	size_t n;

	fresh();
	n = dtls_server_hello_write(body, server_random, 0x00a8, true, true,
	    NULL, 0, false);
	body[1] = 0xff;
	give(DTLS_SERVER_HELLO, 0, body, n);
	is_int(ended(), 70, "a server of DTLS 1.0: protocol_version");
	fresh();
	give(DTLS_SERVER_HELLO, 0, body, n - 1);
	is_int(ended(), 50, "a malformed ServerHello: decode_error");
	fresh();
	give_hello(0x1301, true, NULL, 0);
	is_int(ended(), 47, "a suite that nobody knows: illegal_parameter");
	pair_init();
	pair_one_suite(&dtls_suites[0]);
	pair_begin();
	give_hello(0x00a8, true, NULL, 0);
	is_int(ended(), 47, "so is a suite that was not offered");
	fresh();
	give_hello(0x00a8, false, NULL, 0);
	is_int(ended(), 71, "no extended_master_secret: "
	    "insufficient_security");
	pair_init();
	client->setup.old_master = true;
	pair_begin();
	give_hello(0x00a8, false, NULL, 0);
	ok(ended() == 0 && client->dtls.state == DTLS_C_KX, "unless old peers "
	    "are taken");
	pair_init();
	client->setup.cid = false;
	pair_begin();
	give_hello(0x00a8, true, cid, 8);
	is_int(ended(), 110, "a connection ID without an offer");
	fresh();
	memcpy(body + n, "\0\66\0\42\41", 5);
	memset(body + n + 5, 7, 33);
	body[1] = 0xfd;
	put_be16(body + 38, (uint16_t)(get_be16(body + 38) + 38));
	give(DTLS_SERVER_HELLO, 0, body, n + 38);
	is_int(ended(), 47, "and one that is too long for us");
	fresh();
	give_hello(0x00a8, true, cid, DTLS_CID_MAX);
	is_int(client->dtls.write.cid_len, DTLS_CID_MAX, "the longest is "
	    "taken");
	fresh();
	give_hello(0x00a8, true, cid, 0);
	ok(ended() == 0 && client->dtls.write.cid_len == 0, "an empty one is "
	    "none");
}

/* Gives ServerHello and ServerKeyExchange of ECDHE. */
static void
give_kx(const char *body, size_t n)
{
	fresh();
	client->setup.n_groups = 2;
	give_hello(0xccac, true, NULL, 0);
	give(DTLS_SERVER_KEY_EXCHANGE, 1, (const uint8_t *)body, n);
}

static void
test_kx(void)
{
	char share[6 + 97] = { 0, 0, 3, 0, 0x1d, 32 };

	give_kx("\0", 2);
	is_int(ended(), 50, "dtlspipe's client dies of an empty "
	    "ServerKeyExchange; ours says decode_error");
	give_kx(share, 6 + 32);
	give(DTLS_SERVER_HELLO_DONE, 2, NULL, 0);
	is_int(ended(), 47, "a share of zeroes: illegal_parameter");
	share[4] = 0x18;
	share[5] = 97;
	give_kx(share, 6 + 97);
	is_int(ended(), 47, "a group that was not offered");
	fresh();
	give_hello(0xccac, true, NULL, 0);
	give(DTLS_SERVER_HELLO_DONE, 1, NULL, 0);
	is_int(ended(), 10, "ECDHE without a ServerKeyExchange");
	fresh();
	give_hello(0x00a8, true, NULL, 0);
	give(DTLS_SERVER_HELLO, 1, NULL, 0);
	is_int(ended(), 10, "two ServerHellos: unexpected_message");
	fresh();
	give_hello(0x00a8, true, NULL, 0);
	give(11, 1, (const uint8_t *)"\0\0\0", 3);
	is_int(ended(), 10, "a certificate: the same");
	fresh();
	strlcpy(client->psk, "", sizeof(client->psk));
	give_hello(0x00a8, true, NULL, 0);
	give(DTLS_SERVER_HELLO_DONE, 1, NULL, 0);
	is_int(ended(), 80, "no key for our identity");
	fresh();
	give(DTLS_HELLO_REQUEST, 0, NULL, 0);
	give_hello(0x00a8, true, NULL, 0);
	is_int(client->dtls.state, DTLS_C_KX, "HelloRequest is ignored");
	ok(!dtls_is_forgotten(&client->dtls), "before the ServerHello");
	give(DTLS_HELLO_REQUEST, 0, NULL, 0);
	ok(dtls_is_forgotten(&client->dtls), "after it the server does not "
	    "know the handshake");
	give(DTLS_SERVER_HELLO_DONE, 1, NULL, 0);
	is_int(client->dtls.state, DTLS_C_FINISHED, "which goes on, though");
	fresh();
	give_hello(0x00a8, true, NULL, 0);
	give(DTLS_HELLO_VERIFY_REQUEST, 0, (const uint8_t *)"\xfe\xfd\0", 3);
	give(DTLS_HELLO_VERIFY_REQUEST, 0, (const uint8_t *)"\xfe\xfd\4abc",
	    6);
	ok(!dtls_is_forgotten(&client->dtls), "a repeated or damaged cookie "
	    "after the ServerHello says nothing");
	give(DTLS_HELLO_VERIFY_REQUEST, 0, (const uint8_t *)"\xfe\xfd\3abc",
	    6);
	ok(dtls_is_forgotten(&client->dtls), "a new one says that, too");
	is_int(client->dtls.state, DTLS_C_KX, "and changes nothing else");
	give(DTLS_SERVER_HELLO_DONE, 1, NULL, 0);
	is_int(client->dtls.state, DTLS_C_FINISHED, "so that it goes on");
	fresh();
	give(DTLS_SERVER_HELLO_DONE, 1, NULL, 0);
	give_hello(0x00a8, true, NULL, 0);
	is_int(client->dtls.state, DTLS_C_FINISHED, "messages may come in any "
	    "order");
	give(DTLS_NEW_SESSION_TICKET, 2, NULL, 0);
	is_int(ended(), 0, "a ticket that nobody wanted ends nothing");
}

/* --- MACs ----------------------------------------------------------------- */

static void
edit_bare(struct half *h)
{
	struct dtls_flight *f = &h->handshake.flight;
	uint8_t *p = f->bytes, body[101];
	size_t n;

	if (h->dtls.state != DTLS_S_KX)
		return;
	while (p < f->bytes + f->len && p[0] != DTLS_SERVER_KEY_EXCHANGE)
		p += DTLS_MESSAGE + get_be16(p + 2);
	n = get_be16(p + 2) - 2u;
	memcpy(body, p + DTLS_MESSAGE + 2, n);
	pair_replace(h, DTLS_SERVER_KEY_EXCHANGE, body, n);
	pair_rehash(h);
}

/* A ServerHello of AES-CBC with a session id, as mbedTLS's. */
static void
give_hello_with_session(void)
{
	enum { AT = 2 + DTLS_RANDOM, SESSION = 32 };
	uint8_t body[DTLS_BODY_MAX + SESSION];
	size_t n = dtls_server_hello_write(body, server_random, 0x00ae, true,
	    true, server_random, 8, false);

	memmove(body + AT + 1 + SESSION, body + AT + 1, n - AT - 1);
	body[AT] = SESSION;
	memset(body + AT + 1, 's', SESSION);
	give(DTLS_SERVER_HELLO, 0, body, n + SESSION);
}

static void
test_macs(void)
{
	int i;

	for (i = 0; i < DTLS_GROUPS; i++) {
		pair_init();
		pair_one_group(&dtls_groups[i]);
		server->edit = edit_bare;
		ok(pair_handshake() && pair_talks(), "%s: dtlspipe's "
		    "ServerKeyExchange is understood", dtls_groups[i].name);
		is_int(client->dtls.write.cbc_mac, DTLS_MAC_PION, "and tells "
		    "that this is pion");
	}
	pair_init();
	ok(pair_handshake(), "RFC 5489's");
	is_int(client->dtls.write.cbc_mac, DTLS_MAC_RFC, "tells that it is "
	    "not");
	pair_init();
	pair_one_suite(dtls_suite_by_id(0x00ae));
	ok(pair_handshake(), "no ServerKeyExchange");
	is_int(client->dtls.write.cbc_mac, DTLS_MAC_PION, "tells nothing: "
	    "pion");
	fresh();
	give_hello_with_session();
	give(DTLS_SERVER_HELLO_DONE, 1, NULL, 0);
	is_int(client->dtls.write.cbc_mac, DTLS_MAC_RFC, "dtlspipe gives no "
	    "session ids");
	fresh();
	give_hello(0x00ae, true, server_random, 8);
	give(DTLS_SERVER_KEY_EXCHANGE, 1, (const uint8_t *)"\0\4hint", 6);
	give(DTLS_SERVER_HELLO_DONE, 2, NULL, 0);
	is_int(client->dtls.write.cbc_mac, DTLS_MAC_RFC, "dtlspipe gives no "
	    "hints");
	pair_init();
	client->setup.cbc_mac = DTLS_MAC_RFC;
	server->edit = edit_bare;
	ok(pair_handshake() && client->dtls.write.cbc_mac == DTLS_MAC_RFC,
	    "it can be told");
}

/* --- Alerts --------------------------------------------------------------- */

/* Gives the client a plain alert. */
static void
give_alert(uint64_t number, uint8_t level, uint8_t alert)
{
	uint8_t datagram[DTLS_HEADER + 2];

	dtls_header_write(datagram, DTLS_ALERT, 0, 2);
	put_be64(datagram + 3, number);
	datagram[DTLS_HEADER] = level;
	datagram[DTLS_HEADER + 1] = alert;
	pair_feed(CLIENT, datagram, sizeof(datagram));
}

static void
test_alerts(void)
{
	char text[DTLS_WHY_TEXT];

	fresh();
	give_alert(0, 1, 90);
	give_alert(1, 1, 0);
	give_alert(500, 2, 40);
	give_alert(UINT64_C(1) << 48, 2, 40);
	is_int(client->closed, 0, "warnings, and alerts that cannot be the "
	    "server's, end nothing");
	give_alert(1, 2, 40);
	ok(client->closed == 1 && pair.sent == 1, "a fatal one that can be "
	    "ends the handshake");
	is_str(dtls_why(&client->dtls, text), "the server refused: alert "
	    "handshake_failure: probably no cipher suite in common",
	    "the reason");
	give_alert(2, 2, 40);
	is_int(client->closed, 1, "once");
	fresh();
	demand(DTLS_1_0, 0, 'c', 20);
	give_alert(40, 2, 115);
	is_str(dtls_why(&client->dtls, text), "the server refused: alert "
	    "unknown_psk_identity", "also after a cookie");
	pair_init();
	pair_one_suite(dtls_suite_by_id(0x00a8));
	server->setup.n_suites = 1;
	pair_begin();
	pair_run(100);
	ok(client->closed == 1 && server->closed == 1, "two of ours without a "
	    "common suite both end");
	is_str(dtls_why(&client->dtls, text), "the server refused: alert "
	    "insufficient_security: probably no cipher suite in common",
	    "and the client knows why");
}

/* A server that has the key, but not this transcript. */
static void
edit_last(struct half *h)
{
	if (h->dtls.state == DTLS_DONE)
		h->dtls.last[DTLS_LAST - 1] ^= 1;
}

static void
test_finished(void)
{
	char text[DTLS_WHY_TEXT];

	pair_init();
	server->edit = edit_last;
	pair_begin();
	pair_run(5000);
	ok(client->up == 0 && client->closed == 0, "a wrong Finished of the "
	    "server is not believed");
	is_str(dtls_why(&client->dtls, text), "the server's Finished is "
	    "wrong: it has a different key", "the reason");
	ok(pair.sent <= 16, "without a storm (%u datagrams)", pair.sent);
}

int
main(void)
{
	test_recorded();
	test_cookies();
	test_hellos();
	test_kx();
	test_macs();
	test_alerts();
	test_finished();
	return done_testing();
}
