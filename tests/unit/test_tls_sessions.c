/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without TLS leaves this out.
 * A build without SERVERS leaves this out. */

#include "compat.h"

#include "tap.h"
#include "tls_pair.h"

#include "base/addr.h"
#include "wire/tls_sessions.h"

enum { PLACES = 4 * TLS_SESSION_WAYS };

static struct tls_place places[PLACES];
static struct tls_sessions sessions;
static struct tls_resume kept;
static const uint8_t seed[TABLE_SEED] = { 1, 2, 3 };
static const uint8_t no_anchor[TLS_PRINT];

/*
 * The store
 */

/* The session with that number. */
static struct tls_session
numbered(unsigned n, int64_t made_s)
{
	br_ssl_session_parameters params;
	struct tls_session s;
	char name[16];

	memset(&params, 0, sizeof(params));
	params.session_id_len = TLS_SESSION_ID;
	params.session_id[0] = (uint8_t)n;
	params.session_id[31] = (uint8_t)(n >> 8);
	params.master_secret[0] = (uint8_t)n;
	snprintf(name, sizeof(name), "client %u", n);
	tls_session_make(&s, &params, name, no_anchor, made_s, INT64_MAX);
	return s;
}

static bool
has(unsigned n, int64_t at_s)
{
	struct tls_session s = numbered(n, 0);
	const struct tls_session *got;

	got = tls_sessions_get(&sessions, s.params.session_id, at_s);
	return got != NULL && strcmp(got->identity, s.identity) == 0 &&
	    got->params.master_secret[0] == (uint8_t)n;
}

static void
put(unsigned n, int64_t made_s)
{
	struct tls_session s = numbered(n, made_s);

	tls_sessions_put(&sessions, &s, made_s);
}

/* Is there anything in a place that is free? */
static bool
leftovers(void)
{
	const uint8_t *p;
	size_t i, j;

	for (i = 0; i < PLACES; i++) {
		p = (const uint8_t *)&places[i];
		for (j = 0; places[i].used == 0 && j < sizeof(places[i]); j++)
			if (p[j] != 0)
				return true;
	}
	return false;
}

static unsigned
held(void)
{
	unsigned i, n = 0;

	for (i = 0; i < PLACES; i++)
		n += places[i].used != 0;
	return n;
}

static void
store_init(void)
{
	memset(places, 0, sizeof(places));
	tls_sessions_init(&sessions, places, PLACES, seed);
}

static void
test_store(void)
{
	struct tls_session s;
	unsigned i, n = 0;

	store_init();
	ok(!has(1, 1000), "an empty store has nothing");
	put(1, 1000);
	ok(has(1, 1000), "what was put is there");
	ok(!has(2, 1000), "another is not");
	ok(has(1, 1000 + TLS_SESSION_S - 1), "until its time is over");
	ok(!has(1, 1000 + TLS_SESSION_S), "not longer");
	ok(held() == 0 && !leftovers(), "then it is wiped");
	put(1, 1000);
	ok(!has(1, 999), "a clock that was set back ends it, too");
	s = numbered(7, 1000);
	s.params.session_id_len = 0;
	tls_sessions_put(&sessions, &s, 1000);
	is_int(held(), 0, "one without an identifier is not kept");

	put(0, 1000);
	for (i = 1; i < 1000; i++) {
		put(i, 1000);
		n += !has(0, 1000);
	}
	is_int(held(), PLACES, "the store is bounded");
	is_int(n, 0, "one that is used stays");
	ok(has(999, 1000), "and so does the newest");
	for (i = 0, n = 0; i < 1000; i++)
		n += has(i, 1000);
	is_int(n, PLACES, "all of them can be found");
	tls_sessions_wipe(&sessions);
	ok(held() == 0 && !leftovers(), "wiping leaves nothing");
	ok(!has(999, 1000), "and there is nothing to be found");

	tls_session_make(&s, &s.params, "x", no_anchor, 1000, 1060);
	is_int(s.until_s, 1060, "a session ends with its certificates");
	s.params.session_id_len = 32;
	ok(tls_session_good(&s, 1059) && !tls_session_good(&s, 1060),
	    "with the second");
}

/*
 * Handshakes
 */

static void
server_init(const char *stem, const char *anchors)
{
	side_init(&server, true, stem, anchors);
	server.setup.sessions = &sessions;
}

static void
client_init(const char *stem, const char *anchors)
{
	side_init(&client, false, stem, anchors);
	client.resume = &kept;
	client.peer.family = 4;
	client.peer.port = 8443;
}

/* Server and client that know nothing of each other. */
static void
both_init(void)
{
	store_init();
	tls_resume_forget(&kept);
	server_init("p256", "ca.pem");
	client_init("client", "ca.pem");
}

/* Connects, and says what came of it. */
static bool
shaken(const char *name, bool resumed)
{
	connect_both(name, 1000);
	if (!both_up())
		tls_why(&client.tls, why, sizeof(why));
	return both_up() && tls_is_resumed(&client.tls) == resumed &&
	    tls_is_resumed(&server.tls) == resumed;
}

/* Both know each other, and can talk. */
static void
check_pair(const char *what)
{
	uint8_t *to;
	size_t room;

	is_str(tls_peer_identity(&client.tls), "vpn.example.com",
	    "%s: the client knows the server", what);
	is_str(tls_peer_identity(&server.tls), "client one",
	    "%s: the server knows the client", what);
	ok(tls_peer_is_trusted(&server.tls, &server.anchors),
	    "%s: and that its anchors vouch for it", what);
	ok(strcmp(tls_cipher_name(&client.tls),
	    tls_cipher_name(&server.tls)) == 0 &&
	    strcmp(tls_cipher_name(&client.tls), "none") != 0,
	    "%s: by %s", what, tls_cipher_name(&client.tls));
	to = tls_put(&client.tls, &room);
	memcpy(to, "hello", 5);
	tls_put_done(&client.tls, 5);
	tls_push(&client.tls);
	to = tls_put(&server.tls, &room);
	memcpy(to, "there", 5);
	tls_put_done(&server.tls, 5);
	tls_push(&server.tls);
	talk(1000);
	ok(server.got_len == 5 && memcmp(server.got, "hello", 5) == 0 &&
	    client.got_len == 5 && memcmp(client.got, "there", 5) == 0,
	    "%s: data both ways", what);
}

static void
test_resumed(void)
{
	int i;

	both_init();
	ok(shaken("vpn.example.com", false), "the first handshake is full");
	check_pair("full");
	is_int(held(), 1, "the server keeps the session");
	is_str(kept.session.identity, "vpn.example.com",
	    "the client keeps it, with the identity");
	for (i = 0; i < 3; i++)
		ok(shaken("vpn.example.com", true), "then it is resumed");
	check_pair("resumed");
	is_int(held(), 1, "it is still one session");
	connect_both("vpn.example.com", 1);
	ok(both_up() && tls_is_resumed(&server.tls), "byte by byte, too");
	check_pair("byte by byte");
	client.resume = NULL;
	ok(shaken("vpn.example.com", false),
	    "a client that keeps none shakes hands in full");
	client.resume = &kept;
	server.setup.sessions = NULL;
	ok(shaken("vpn.example.com", false),
	    "with a server that keeps none it is a full handshake");
	server.setup.sessions = &sessions;
	ok(shaken("vpn.example.com", false), "and with one that did not then");
	ok(shaken("vpn.example.com", true), "which does next time");

	/* One without client certificates. */
	both_init();
	server_init("p256", NULL);
	ok(shaken("10.0.0.1", false) && shaken("10.0.0.1", true),
	    "without client certificates it is the same");
	is_str(tls_peer_identity(&server.tls), "", "the client has no name");
}

/* What keeps a session from being resumed. */
static void
test_full_again(void)
{
	struct tls_session old;

	both_init();
	shaken("vpn.example.com", false);
	store_init();
	old = kept.session;
	ok(shaken("vpn.example.com", false),
	    "a server that lost it shakes hands in full");
	check_pair("lost");
	ok(memcmp(&old, &kept.session, sizeof(old)) != 0 && held() == 1,
	    "and both keep the new one");
	now_s += TLS_SESSION_S - 1;
	ok(shaken("vpn.example.com", true), "it is good for two hours");
	now_s++;
	ok(shaken("vpn.example.com", false), "not longer");
	now_s = DATA_NOW_S;
	ok(shaken("vpn.example.com", false), "nor before it was made");

	ok(shaken("10.0.0.1", false), "it is not offered under another name");
	ok(shaken("10.0.0.1", true), "but under its own");
	client.peer.port = 8444;
	ok(shaken("10.0.0.1", false), "nor to another address");
	is_str(tls_peer_identity(&server.tls), "client one",
	    "where the client shows its certificate");
	client.setup.any_name = true;
	ok(shaken("10.0.0.1", false), "nor where any name will do");
	ok(shaken(NULL, true), "until it was made so");
	client.setup.any_name = false;
	ok(shaken("10.0.0.1", false),
	    "and no name that was not checked passes later");
	kept.setup = NULL;
	ok(shaken("10.0.0.1", false), "nor with other credentials");

	/* The server has another CA now, and an empty store with it. */
	shaken("vpn.example.com", true);
	store_init();
	server_init("p256", "ca2.pem");
	connect_both("vpn.example.com", 1000);
	ok(!both_up(), "a client of a CA that is trusted no more is refused");
}

/* A session that the client should not have. */
static void
test_failed(void)
{
	both_init();
	shaken("vpn.example.com", false);
	kept.session.params.master_secret[0] ^= 1;
	connect_both("vpn.example.com", 1000);
	ok(!both_up(), "who does not know the secret does not resume");
	is_str(tls_peer_identity(&server.tls), "",
	    "and gets nobody's identity");
	is_int(kept.session.params.session_id_len, 0,
	    "the client drops a session that failed");
	is_int(held(), 1, "the server does not: strangers can make it fail");
	ok(shaken("vpn.example.com", false), "the next handshake is full");
	ok(shaken("vpn.example.com", true), "and can be resumed");

	side_start(&client, "vpn.example.com");
	ok(kept.session.params.session_id_len != 0, "it was offered again");
	tls_wipe(&client.tls);
	is_int(kept.session.params.session_id_len, 0,
	    "a connection that does not come up drops it, too");
	ok(shaken("vpn.example.com", false), "and then it goes in full");
	tls_wipe(&client.tls);
	ok(kept.session.params.session_id_len != 0,
	    "the end of one that was up does not");

	/* One that was made since by another connection. */
	side_start(&client, "vpn.example.com");
	kept.session.params.session_id[0] ^= 1;
	tls_wipe(&client.tls);
	ok(kept.session.params.session_id_len != 0,
	    "nor does it drop one that is newer");
	tls_resume_forget(&kept);
	is_int(kept.session.params.master_secret[1] | kept.name[0], 0,
	    "forgetting wipes it");
}

/* The bytes of the suites in the ClientHello of a client that begins. */
static unsigned
suites_len(void)
{
	const uint8_t *hello;
	size_t len, at = 5 + 4 + 2 + 32;	/* of the session's length */

	side_start(&client, "vpn.example.com");
	hello = tls_record_out(&client.tls, &len);
	at += 1 + (size_t)hello[at];
	return (unsigned)hello[at] << 8 | hello[at + 1];
}

/* A client that resumes offers one suite, for both types of keys. */
static void
test_suites(void)
{
	const uint16_t other = BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384;
	struct pem_trouble trouble;

	both_init();
	is_int(suites_len(), 20, "a full handshake offers ten suites");
	shaken("vpn.example.com", false);
	is_int(suites_len(), 4, "one that resumes offers two");
	/* It was only begun, and so the session is dropped. */
	tls_wipe(&client.tls);
	shaken("vpn.example.com", false);
	store_init();
	server_init("rsa2048", "ca.pem");
	data_anchors("rsaca.pem", &client.anchors, &trouble);
	ok(shaken("vpn.example.com", false),
	    "a server with a key of the other type goes on in full");
	ok(shaken("vpn.example.com", true), "and resumes then");

	both_init();
	shaken("vpn.example.com", false);
	store_init();
	side_start(&server, NULL);
	br_ssl_engine_set_suites(&server.tls.br.eng, &other, 1);
	side_start(&client, "vpn.example.com");
	talk(1000);
	ok(!both_up() && kept.session.params.session_id_len == 0,
	    "one that has neither session nor suite is left");
	side_start(&server, NULL);
	br_ssl_engine_set_suites(&server.tls.br.eng, &other, 1);
	side_start(&client, "vpn.example.com");
	talk(1000);
	ok(both_up(), "and gets the other suites next time");
}

/* A server that keeps losing its sessions gets the suite that it prefers. */
static void
test_suite_again(void)
{
	const uint16_t other = BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384;
	char best[64];

	both_init();
	shaken("vpn.example.com", false);
	strlcpy(best, tls_cipher_name(&client.tls), sizeof(best));

	both_init();
	side_start(&server, NULL);
	br_ssl_engine_set_suites(&server.tls.br.eng, &other, 1);
	side_start(&client, "vpn.example.com");
	talk(1000);
	ok(both_up() && strcmp(tls_cipher_name(&client.tls), best) != 0,
	    "a server has but one suite");
	store_init();
	ok(shaken("vpn.example.com", false) &&
	    strcmp(tls_cipher_name(&client.tls), best) != 0,
	    "when it loses the session it is offered that again");
	is_int(suites_len(), 20, "then all are");
	ok(shaken("vpn.example.com", true), "it resumes with them, too");
	store_init();
	ok(shaken("vpn.example.com", false), "the next loss");
	is_str(tls_cipher_name(&client.tls), best, "has it select anew");
	is_int(suites_len(), 4, "after which one is offered again");
}

/* A server that cannot do what it promised. */
static void
test_hopeless(void)
{
	int i, j;

	both_init();
	for (i = 0; i < 2; i++) {
		for (j = 0; j < TLS_RESUME_FAILS - 1; j++) {
			shaken("vpn.example.com", false);
			kept.session.params.master_secret[0] ^= 1;
			connect_both("vpn.example.com", 1000);
		}
		ok(shaken("vpn.example.com", false) &&
		    shaken("vpn.example.com", true),
		    "two sessions that fail do not matter");
		tls_resume_forget(&kept);
	}
	for (j = 0; j < TLS_RESUME_FAILS; j++) {
		shaken("vpn.example.com", false);
		kept.session.params.master_secret[0] ^= 1;
		connect_both("vpn.example.com", 1000);
	}
	ok(shaken("vpn.example.com", false) &&
	    shaken("vpn.example.com", false),
	    "after the third nothing is resumed any more");
	is_int(kept.session.params.session_id_len, 0, "nor kept");
}

/* The certificates of both end before the session would. */
static void
test_expiry(void)
{
	both_init();
	now_s = INT64_C(7258118400) - 60;	/* 2200, a minute before */
	ok(shaken("vpn.example.com", false), "shortly before they expire");
	ok(shaken("vpn.example.com", true), "it is resumed");
	now_s += 61;
	connect_both("vpn.example.com", 1000);
	ok(!both_up(), "and no longer than the certificates are valid");
	is_int(kept.session.until_s - kept.session.made_s, 60 - 1,
	    "which the session knows");
	now_s = DATA_NOW_S;
}

int
main(void)
{
	random_init_fixed(&rnd, "test", 4);
	test_store();
	test_resumed();
	test_full_again();
	test_failed();
	test_suites();
	test_suite_again();
	test_hopeless();
	test_expiry();
	return done_testing();
}
