/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/* A build without SERVERS leaves this out. */

#include "compat.h"

#include "tap.h"
#include "tls_pair.h"

static void
test_exchange(const char *what, size_t step)
{
	static uint8_t large[40000];
	size_t i;

	for (i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 7);
	say(&client, (const uint8_t *)"hello", 5, step);
	ok(server.got_len == 5 && memcmp(server.got, "hello", 5) == 0,
	    "%s: data to the server", what);
	server.got_len = 0;
	say(&server, large, sizeof(large), step);
	ok(client.got_len == sizeof(large) &&
	    memcmp(client.got, large, sizeof(large)) == 0,
	    "%s: records to the client", what);
	say(&client, large, sizeof(large), step);
	ok(server.got_len == sizeof(large) &&
	    memcmp(server.got, large, sizeof(large)) == 0,
	    "%s: records to the server", what);
	tls_close(&client.tls);
	talk(step);
	ok(tls_state(&client.tls) == (TLS_CLOSED | TLS_UP) &&
	    tls_state(&server.tls) == (TLS_CLOSED | TLS_UP),
	    "%s: both close", what);
	ok(tls_error(&client.tls) == 0 && tls_error(&server.tls) == 0,
	    "%s: without an error", what);
}

static void
test_keys(void)
{
	static const struct {
		const char *stem, *anchors, *cipher;
	} keys[] = {
		{ "p256", "ca.pem", "ECDHE-ECDSA" },
		{ "p384", "ca.pem", "ECDHE-ECDSA" },
		{ "p521", "ca.pem", "ECDHE-ECDSA" },
		{ "rsa2048", "rsaca.pem", "ECDHE-RSA" },
		{ "rsa4096", "ca.pem", "ECDHE-RSA" },
		{ "critical", "ca.pem", "ECDHE-ECDSA" },
		{ "self", "self.pem", "ECDHE-ECDSA" },
	};
	const char *name;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		name = strcmp(keys[i].stem, "self") == 0 ?
		    "self.example.com" : "vpn.example.com";
		side_init(&server, true, keys[i].stem, NULL);
		side_init(&client, false, NULL, keys[i].anchors);
		connect_both(name, 100000);
		if (!ok(both_up(), "%s: the handshake ends", keys[i].stem)) {
			tls_why(&client.tls, why, sizeof(why));
			printf("# %s\n", why);
		}
		ok(strncmp(tls_cipher_name(&client.tls), keys[i].cipher,
		    strlen(keys[i].cipher)) == 0, "%s: by %s", keys[i].stem,
		    tls_cipher_name(&client.tls));
		is_str(tls_peer_identity(&client.tls), name,
		    "%s: the client knows the server", keys[i].stem);
		is_str(tls_peer_identity(&server.tls), "",
		    "%s: the server knows nobody", keys[i].stem);
		tls_forget_verify(&client.tls);
		memset(&client.verify, 0xdd, sizeof(client.verify));
		test_exchange(keys[i].stem, 100000);
	}
}

static void
test_client_keys(void)
{
	struct pem_anchors other;
	struct pem_trouble trouble;
	static const struct {
		const char *stem, *anchors, *identity;
	} keys[] = {
		/* What vouched for it is looked for in others. */
		{ "client", "ca.pem", "client one" },
		{ "client-rsa", "rsaca.pem", "client two" },
		{ "plain", "ca.pem", "vpn.example.com" },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		side_init(&server, true, "p256", keys[i].anchors);
		side_init(&client, false, keys[i].stem, "ca.pem");
		connect_both("10.0.0.1", 1000);
		ok(both_up(), "%s: client certificate is accepted",
		    keys[i].stem);
		is_str(tls_peer_identity(&server.tls), keys[i].identity,
		    "%s: the server knows the client", keys[i].stem);
		ok(tls_peer_is_trusted(&server.tls, &server.anchors),
		    "%s: it is trusted by the anchors", keys[i].stem);
		data_anchors(i == 0 ? "rsaca.pem" : "ca.pem", &other,
		    &trouble);
		is_int(tls_peer_is_trusted(&server.tls, &other), i == 2,
		    "%s: and not by those of others", keys[i].stem);
		test_exchange(keys[i].stem, 1000);
	}
	side_init(&server, true, "p256", NULL);
	side_init(&client, false, "client", "ca.pem");
	connect_both("vpn.example.com", 1000);
	ok(both_up(), "a certificate that nobody asks for does no harm");
	is_str(tls_peer_identity(&server.tls), "", "and is not looked at");
	data_anchors("ca.pem", &other, &trouble);
	ok(!tls_peer_is_trusted(&server.tls, &other), "nor trusted");
}

static void
test_bytes(void)
{
	side_init(&server, true, "p256", "ca.pem");
	side_init(&client, false, "client", "ca.pem");
	connect_both("vpn.example.com", 1);
	ok(both_up(), "byte by byte the handshake ends, too");
	test_exchange("byte by byte", 1);
}

/* Expects a failed handshake and both sides' words. */
static void
check_failure(const char *what, const char *client_says,
    const char *server_says)
{
	ok(tls_state(&client.tls) == TLS_CLOSED &&
	    tls_state(&server.tls) == TLS_CLOSED, "%s: both end", what);
	tls_why(&client.tls, why, sizeof(why));
	if (!ok(strstr(why, client_says) != NULL, "%s: client: %s", what, why))
		printf("# expected: %s\n", client_says);
	tls_why(&server.tls, why, sizeof(why));
	if (!ok(strstr(why, server_says) != NULL, "%s: server: %s", what, why))
		printf("# expected: %s\n", server_says);
	ok(tls_error(&client.tls) != 0 && tls_error(&server.tls) != 0 &&
	    tls_strerror(tls_error(&client.tls)) != NULL, "%s: errors", what);
}

static void
test_failures(void)
{
	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	connect_both("10.9.9.9", 500);
	check_failure("wrong name", "not for 10.9.9.9; set tls-servername",
	    "the peer says: certificate unknown");

	client.setup.any_name = true;
	connect_both(NULL, 500);
	ok(both_up(), "without a check of the name it goes on");

	side_init(&client, false, NULL, "other.pem");
	connect_both("vpn.example.com", 500);
	check_failure("unknown CA", "comes from a CA that we do not trust",
	    "the peer says: unknown CA (the client does not trust our "
	    "certificate's CA: give it that CA's certificate)");

	side_init(&client, false, NULL, "ca.pem");
	now_s = INT64_C(7258118400);	/* 2200 */
	connect_both("vpn.example.com", 500);
	check_failure("expired", "expired on 2199-12-31 and our clock says "
	    "2200-01-01", "our certificate has expired");
	now_s = 0;
	connect_both("vpn.example.com", 500);
	check_failure("not yet", "is not valid before 2020-01-01 and our clock "
	    "says 1970-01-01", "the client's clock is wrong");
	now_s = DATA_NOW_S;

	side_init(&server, true, "client", NULL);
	connect_both("vpn.example.com", 500);
	check_failure("wrong usage", "may not be used by a TLS server",
	    "the peer says: unsupported certificate");

	/* Its key belongs to another certificate. */
	side_init(&server, true, "p256", NULL);
	server.setup.key = &client.key;
	side_init(&client, false, "plain", "ca.pem");
	connect_both("vpn.example.com", 500);
	check_failure("stolen certificate",
	    "does not have the key of its certificate",
	    "the peer says: decrypt error");
}

static void
test_client_failures(void)
{
	side_init(&server, true, "p256", "ca.pem");
	side_init(&client, false, NULL, "ca.pem");
	connect_both("vpn.example.com", 500);
	check_failure("no client certificate", "it wants a client certificate",
	    "the client showed no certificate, and this server requires one");

	side_init(&client, false, "client-rsa", "ca.pem");
	connect_both("vpn.example.com", 500);
	check_failure("client of an unknown CA",
	    "does not trust the CA of our client certificate",
	    "certificate \"CN=client two\" (2020-01-01 to 2199-12-31, issued "
	    "by \"CN=Test RSA CA\") comes from a CA that we do not trust");

	side_init(&client, false, "p384", "ca.pem");
	connect_both("vpn.example.com", 500);
	check_failure("server's certificate on a client",
	    "our client certificate was refused: not for that use",
	    "may not be used by a TLS client");

	side_init(&server, true, "p256", "ca2.pem");
	side_init(&client, false, "client", "ca.pem");
	connect_both("vpn.example.com", 500);
	check_failure("CA made anew", "the server does not trust the CA",
	    "was that CA renewed?");
}

/* Gives text to a side as if it were records. */
static void
feed(struct side *s, const char *text)
{
	size_t room, n, len = strlen(text);
	uint8_t *in;

	while (len > 0 && (in = tls_record_in(&s->tls, &room)) != NULL) {
		n = len < room ? len : room;
		memcpy(in, text, n);
		tls_record_in_done(&s->tls, n);
		text += n;
		len -= n;
	}
}

static void
test_garbage(void)
{
	const uint8_t *out;
	size_t len;

	side_init(&server, true, "p256", NULL);
	side_start(&server, NULL);
	is_int(tls_state(&server.tls), TLS_WANT_RECORD,
	    "a server waits for the client");
	feed(&server, "GET / HTTP/1.1\r\n\r\n");
	is_int(tls_state(&server.tls), TLS_HAVE_RECORD,
	    "garbage is answered once");
	out = tls_record_out(&server.tls, &len);
	is_int(len, 7, "by an alert");
	is_mem(out, "\x15\x03\x03\x00\x02\x02\x46", 7, "protocol version");
	tls_record_out_done(&server.tls, 3);
	is_int(tls_state(&server.tls), TLS_HAVE_RECORD, "that may leave in two");
	tls_record_out_done(&server.tls, 4);
	is_int(tls_state(&server.tls), TLS_CLOSED, "and then it is over");
	tls_why(&server.tls, why, sizeof(why));
	ok(strstr(why, "does not speak TLS") != NULL, "in words: %s", why);

	side_init(&client, false, NULL, "ca.pem");
	side_start(&client, "vpn.example.com");
	feed(&client, "SSH-2.0-OpenSSH_9.2\r\n");
	tls_record_out(&client.tls, &len);
	tls_record_out_done(&client.tls, len);
	tls_why(&client.tls, why, sizeof(why));
	ok(strstr(why, "does not speak TLS") != NULL, "a client, too: %s", why);

	side_start(&client, "vpn.example.com");
	out = tls_record_out(&client.tls, &len);
	tls_record_out_done(&client.tls, 1);
	feed(&client, "SSH-2.0-OpenSSH_9.2\r\n");
	is_int(tls_state(&client.tls), TLS_CLOSED,
	    "no alert into the middle of a record");
}

static void
test_beats(void)
{
	const uint8_t *out;
	unsigned i, wrong = 0;
	size_t len;

	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	connect_both("vpn.example.com", 100000);
	for (i = 0; i < TLS_BEATS_MAX; i++) {
		tls_beat(&client.tls);
		out = tls_record_out(&client.tls, &len);
		wrong += out == NULL || out[0] != 23;
		talk(100000);
	}
	is_int(wrong, 0, "a record without data is one of data");
	ok(both_up() && tls_error(&server.tls) == 0, "which is taken");
	is_int(server.got_len, 0, "and gives none");
	say(&client, (const uint8_t *)"hello", 5, 1);
	is_int(server.got_len, 5, "what follows arrives");
	tls_beat(&server.tls);
	say(&server, (const uint8_t *)"hello", 5, 1);
	is_int(client.got_len, 5, "the other way, too");
	memcpy(tls_put(&client.tls, &len), "x", 1);
	tls_put_done(&client.tls, 1);
	tls_beat(&client.tls);
	is_int(tls_state(&client.tls) & TLS_HAVE_RECORD, 0,
	    "with data in the buffer there is none");
	tls_push(&client.tls);
	talk(100000);
	is_int(server.got_len, 6, "they leave as before");
	tls_wipe(&client.tls);
	tls_beat(&client.tls);
	is_int(tls_state(&client.tls), TLS_CLOSED, "nor after the end");
}

static void
test_tampering(void)
{
	const uint8_t *out;
	size_t len, room;
	uint8_t *in;

	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	connect_both("vpn.example.com", 100000);
	in = tls_put(&client.tls, &room);
	memcpy(in, "secret", 6);
	tls_put_done(&client.tls, 6);
	is_int(tls_state(&client.tls) & TLS_HAVE_RECORD, 0,
	    "nothing leaves before it is pushed");
	tls_push(&client.tls);
	out = tls_record_out(&client.tls, &len);
	in = tls_record_in(&server.tls, &room);
	memcpy(in, out, 5);
	tls_record_in_done(&server.tls, 5);
	in = tls_record_in(&server.tls, &room);
	is_int(room, len - 5, "the rest of the record is asked for");
	memcpy(in, out + 5, room);
	in[room / 2] ^= 1;
	tls_record_in_done(&server.tls, room);
	ok((tls_state(&server.tls) & TLS_HAVE_RECORD) != 0,
	    "a changed record makes an alert");
	tls_record_out(&server.tls, &len);
	tls_record_out_done(&server.tls, len);
	ok((tls_state(&server.tls) & TLS_CLOSED) != 0, "and ends it");
	is_int(tls_error(&server.tls), BR_ERR_BAD_MAC, "as what it is");
	ok(tls_data(&server.tls, &len) == NULL, "and gives no data");
	tls_wipe(&server.tls);
	is_int(tls_state(&server.tls), TLS_CLOSED, "a wiped one is closed");
}

static void
test_setups(void)
{
	side_init(&server, true, NULL, "ca.pem");
	side_start(&server, NULL);
	is_int(server.started, -1, "a server without certificate");
	tls_why(&server.tls, why, sizeof(why));
	is_str(why, "a server needs a certificate and its key", "says so");
	side_init(&client, false, NULL, NULL);
	side_start(&client, "vpn.example.com");
	is_int(client.started, -1, "a client without trust anchors");
	tls_why(&client.tls, why, sizeof(why));
	is_str(why, "a client needs trust anchors (cafile)", "says so");
	side_init(&client, false, NULL, "ca.pem");
	side_start(&client, NULL);
	is_int(client.started, -1, "a client without a name");
	is_int(tls_state(&client.tls), TLS_CLOSED, "is closed");
	ok(tls_strerror(12345) != NULL, "unknown errors have words");
}

/* Data that was put and not pushed, with more of it on its way. */
static void
test_close(void)
{
	size_t room;
	uint8_t *to;

	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	connect_both("vpn.example.com", 1000);
	to = tls_put(&client.tls, &room);
	is_int(room, TLS_DATA_MAX, "a whole record can be put");
	memset(to, 'x', 1000);
	tls_put_done(&client.tls, 1000);
	tls_push(&client.tls);
	ok(tls_put(&client.tls, &room) == NULL,
	    "none, while one waits to be sent");
	carry(&client, &server, 10);
	tls_close(&client.tls);
	talk(100);
	is_int(server.got_len, 1000, "what was pushed arrives before the end");
	ok((tls_state(&server.tls) & TLS_CLOSED) != 0 &&
	    (tls_state(&client.tls) & TLS_CLOSED) != 0, "which comes");

	connect_both("vpn.example.com", 1000);
	to = tls_put(&client.tls, &room);
	memset(to, 'x', 1000);
	tls_put_done(&client.tls, 1000);
	tls_close(&client.tls);
	talk(100);
	is_int(server.got_len, 1000, "what was only put arrives, too");
	is_int(tls_error(&server.tls), 0, "without an error");

	connect_both("vpn.example.com", 1000);
	to = tls_put(&server.tls, &room);
	memset(to, 'y', 1000);
	tls_put_done(&server.tls, 1000);
	tls_push(&server.tls);
	while (carry(&server, &client, 1000))
		;
	tls_close(&client.tls);
	talk(100);
	is_int(client.got_len, 0, "who closes gets no more data");
	ok((tls_state(&server.tls) & TLS_CLOSED) != 0 &&
	    (tls_state(&client.tls) & TLS_CLOSED) != 0, "both end");
}

/* Moves a side's output to another buffer; the one before is then used by
 * others. */
static void
move_out(struct side *s, uint8_t *from, uint8_t *to)
{
	tls_move_out(&s->tls, to);
	memset(from, 0xee, TLS_OUT_SIZE);
}

/* Idle engines share an output buffer, and what one has to send moves. */
static void
test_moving(void)
{
	static uint8_t shared[TLS_OUT_SIZE], own[TLS_OUT_SIZE];
	unsigned wrong = 0;
	size_t room, i;
	uint8_t *to;

	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	connect_both("vpn.example.com", 1000);
	ok(!tls_out_used(&client.tls) && !tls_out_used(&server.tls),
	    "after the handshake nothing is in the output buffers");
	move_out(&client, client.out, shared);
	move_out(&server, server.out, shared);
	memset(shared, 0xee, sizeof(shared));
	tls_put(&client.tls, &room);
	is_int(room, TLS_DATA_MAX, "a whole record can be put");
	move_out(&client, shared, own);
	to = tls_put(&client.tls, &room);
	memset(to, 'x', 1000);
	tls_put_done(&client.tls, 1000);
	ok(tls_out_used(&client.tls), "what was put is in the buffer");
	move_out(&client, own, client.out);
	to = tls_put(&client.tls, &room);
	is_int(room, TLS_DATA_MAX - 1000, "moved on, there is as much room");
	memset(to, 'x', 1000);
	tls_put_done(&client.tls, 1000);
	tls_push(&client.tls);
	carry(&client, &server, 10);
	move_out(&client, client.out, own);
	talk(100);
	for (i = 0; i < server.got_len; i++)
		wrong += server.got[i] != 'x';
	ok(server.got_len == 2000 && wrong == 0,
	    "a record moved while it is made and while it is sent is whole");
	ok(!tls_out_used(&client.tls), "then the buffer is free again");

	tls_close(&client.tls);
	while (carry(&client, &server, 1000))
		;
	ok(tls_out_used(&server.tls),
	    "an answer to a control record is in the shared buffer");
	move_out(&server, shared, server.out);
	talk(1000);
	ok(tls_error(&client.tls) == 0 && tls_error(&server.tls) == 0 &&
	    tls_state(&client.tls) & TLS_CLOSED,
	    "and arrives from the one that it was moved to");
}

/* Where in a client's first record its SNI would stand. */
static bool
hello_has(const char *name, const char *word)
{
	const uint8_t *out;
	size_t len, i, n = strlen(word);

	side_start(&client, name);
	out = tls_record_out(&client.tls, &len);
	for (i = 0; i + n <= len; i++)
		if (memcmp(out + i, word, n) == 0)
			return true;
	return false;
}

static void
test_sni(void)
{
	side_init(&client, false, NULL, "ca.pem");
	ok(hello_has("vpn.example.com", "vpn.example.com"),
	    "a DNS name is sent");
	ok(!hello_has("10.0.0.1", "10.0.0.1"), "an IPv4 address is not");
	ok(!hello_has("2001:db8::1", "2001:db8::1"), "an IPv6 address neither");
	client.setup.any_name = true;
	ok(!hello_has("vpn.example.com", "vpn.example.com"),
	    "nothing is sent when no name is checked");
}

/* What a connection draws comes from the program's generator, and costs little
 * before the first draw. */
static void
test_seeds(void)
{
	const br_hmac_drbg_context *own = &server.tls.br.eng.rng;
	struct random same;
	uint8_t seed[64], number[32], drawn[32];
	struct cpu cpu;

	cpu_detect(&cpu);
	side_init(&server, true, "p256", NULL);
	random_init_fixed(&rnd, "seeds", 5);
	random_init_fixed(&same, "seeds", 5);
	side_start(&server, NULL);
	random_bytes(&same, seed, sizeof(seed));
	is_mem(own->K, seed, 32, "the key of its generator is drawn");
	is_mem(own->V, seed + 32, 32, "so is its value");
	ok(own->digest_class == cpu.sha256, "it hashes as the CPU can");
	br_hmac_drbg_generate(&server.tls.br.eng.rng, number, sizeof(number));
	side_start(&server, NULL);
	br_hmac_drbg_generate(&server.tls.br.eng.rng, drawn, sizeof(drawn));
	ok(memcmp(number, drawn, sizeof(drawn)) != 0,
	    "two connections draw different numbers");
}

int
main(void)
{
	random_init_fixed(&rnd, "test", 4);
	test_keys();
	test_client_keys();
	test_bytes();
	test_failures();
	test_client_failures();
	test_garbage();
	test_beats();
	test_tampering();
	test_close();
	test_moving();
	test_setups();
	test_sni();
	test_seeds();
	return done_testing();
}
