/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS with an attacker on the path who has no key: replayed, changed,
 * truncated and spliced datagrams, plain alerts and the like.  None of them
 * ends or blocks a flow, or is delivered.
 *
 * NOTES.  Several tests are of faults that dtlspipe v1.8.3 has.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tape.h"
#include "base/bytes.h"
#include "wire/dtls.h"

#include "../unit/tap.h"

#define GCM ",ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256"
#define CCM ",ciphers=TLS_PSK_WITH_AES_128_CCM_8"
#define CHACHA ",ciphers=TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"
#define CBC ",ciphers=TLS_PSK_WITH_AES_128_CBC_SHA256"

enum { CID_HEADER = DTLS_HEADER + DTLS_CID };

static struct app app;
static struct tape tape;
static struct world w;
static char name[80];		/* of what is tested */

/* One flow that is up. */
static void
begin(const char *what, const char *keys)
{
	strlcpy(name, what, sizeof(name));
	world_begin(&w, 1);
	world_dtls(&w, keys, "");
	tape_begin(&tape, &w);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	if (!app_wait(&app, 1, 1000))
		printf("Bail out! %s: the flow does not come up\n", what);
}

/* Is the flow alive and still the same, and has nothing come that should
 * not? */
static void
is_alive(const char *what)
{
	unsigned n = app.received;

	app_send(&app, 100);
	ok(app_wait(&app, n + 1, 50) && app.received == app.sent &&
	    w.echo.received == app.sent && w.echo.twice + app.twice == 0 &&
	    w.echo.bad + app.bad == 0 && w.echo.ports == 1 &&
	    w.left.tunnel->last_number == 1 &&
	    w.right.tunnel->last_number == 1, "%s: %s", name, what);
}

static void
finish(void)
{
	app_close(&app);
	tape_end(&tape);
	is_int(world_end(&w), 0, "%s: nothing stays open", name);
}

/* The next datagram with data that way is recorded, but lost. */
static unsigned
lose(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	(void)p;
	(void)number;
	return way != *(enum way *)arg;
}

/* A datagram that was sent that way and did not arrive. */
static struct taped *
catch(enum way way, size_t len)
{
	unsigned at;

	tape.fate = lose;
	tape.arg = &way;
	at = tape.sent[way];
	app_send(&app, len);
	sim_run_ms(50);
	tape.fate = NULL;
	return tape_find(&tape, way, 0, at);
}

/* Both ends' addresses, of the way that a forged datagram goes. */
static struct taped
forged(enum way way)
{
	struct taped d = *tape_find(&tape, way, 0, 0);

	d.len = 0;
	return d;
}

/* Adds a record to it. */
static void
add_record(struct taped *d, unsigned type, unsigned epoch, uint64_t seq,
    const uint8_t *body, size_t len)
{
	uint8_t *p = d->data + d->len;

	dtls_header_write(p, (uint8_t)type, seq, len);
	put_be16(p + 3, (uint16_t)epoch);
	if (len > 0)
		memcpy(p + DTLS_HEADER, body, len);
	d->len += DTLS_HEADER + len;
}

/* Everything that was sent comes again, from where it came and from
 * elsewhere. */
static void
test_replay(const char *what, const char *keys)
{
	unsigned i, n, sent;
	struct taped d;

	begin(what, keys);
	for (i = 0; i < 100; i++) {
		app_send(&app, 50 + i);
		sim_run_ms(2);
	}
	sim_run_ms(1000);
	n = tape.n;
	sent = tape.sent[UP] + tape.sent[DOWN];
	for (i = 0; i < 2 * n; i++) {
		tape_replay(&tape.d[i % n]);
		sim_run_us(500);
	}
	is_int(w.echo.received, app.sent, "%s: no replay of %u comes to the "
	    "target", name, 2 * n);
	is_int(app.received, app.sent, "%s: nor to the application", name);
	/* The client's last flight may ask for the server's. */
	ok(tape.sent[UP] + tape.sent[DOWN] - sent <= 2, "%s: and %u are "
	    "answered", name, tape.sent[UP] + tape.sent[DOWN] - sent);
	is_alive("the flow does not mind");
	for (i = 0; i < n; i++) {
		d = tape.d[i];
		d.from.port ^= 0x4000;
		tape_replay(&d);
		sim_run_us(500);
	}
	is_alive("nor replays from another port");
	is_int(tape.d[tape.n - 1].to.port, tape.d[0].from.port, "%s: which "
	    "its answers do not go to", name);
	finish();
}

/* A record that is changed in any one bit is none; and does not use up the
 * number of the true one. */
static void
test_changed(const char *what, const char *keys, enum way way)
{
	struct taped *d, c;
	size_t i;

	begin(what, keys);
	d = catch(way, 40);
	for (i = 0; i < 8 * d->len; i++) {
		c = *d;
		c.data[i / 8] ^= (uint8_t)(1 << i % 8);
		tape_replay(&c);
		sim_run_us(100);
	}
	is_int(way == UP ? w.echo.received : app.received, 1,
	    "%s: a record with a wrong bit (%u) is dropped", name,
	    (unsigned)(8 * d->len));
	for (i = 0; i < d->len; i++) {
		c = *d;
		c.len = i;
		tape_replay(&c);
		/* And with a length that is as short. */
		if (i >= CID_HEADER)
			put_be16(c.data + (c.data[0] == DTLS_CID_RECORD ?
			    CID_HEADER : DTLS_HEADER) - 2, (uint16_t)(i -
			    (c.data[0] == DTLS_CID_RECORD ? CID_HEADER :
			    DTLS_HEADER)));
		tape_replay(&c);
		sim_run_us(200);
	}
	is_int(way == UP ? w.echo.received : app.received, 1,
	    "%s: so is one that is cut", name);
	tape_replay(d);
	sim_run_ms(50);
	is_int(way == UP ? w.echo.received : app.received, 2,
	    "%s: the true one is taken after that", name);
	tape_replay(d);
	is_alive("once");
	finish();
}

/* Records that are made of two. */
static void
test_spliced(const char *what, const char *keys, enum way way)
{
	struct taped *a, *b, c;
	unsigned got, round;
	size_t i, head;

	begin(what, keys);
	a = catch(way, 64);
	b = catch(way, 64);
	got = way == UP ? w.echo.received : app.received;
	head = a->data[0] == DTLS_CID_RECORD ? CID_HEADER : DTLS_HEADER;
	for (round = 0; round < 2; round++) {
		for (i = 3; i < a->len; i++) {
			c = *(round == 0 ? a : b);
			if (memcmp(c.data, a->data, i) == 0 &&
			    memcmp(c.data, b->data, i) == 0)
				continue;
			memcpy(c.data + i, (round == 0 ? b : a)->data + i,
			    a->len - i);
			tape_replay(&c);
			sim_run_us(100);
		}
	}
	is_int(way == UP ? w.echo.received : app.received, got,
	    "%s: no record out of two is taken", name);
	/* A datagram of both, with a forged one between them. */
	c = *a;
	memcpy(c.data + a->len, a->data, a->len);
	c.data[a->len + head + 20] ^= 1;
	memcpy(c.data + 2 * a->len, b->data, b->len);
	c.len = 2 * a->len + b->len;
	tape_replay(&c);
	sim_run_ms(50);
	is_int((way == UP ? w.echo.received : app.received) - got, 2,
	    "%s: a forged record leaves the others of its datagram", name);
	is_alive("the flow lives");
	finish();
}

/* dtlspipe crashes: CBC under a connection ID, decrypting to padding and what
 * could be a MAC, with nothing before (wire page 7.6 ii, iii). */
static void
test_full_padding(void)
{
	struct taped *d, c;
	unsigned blocks, i;
	size_t n;

	begin("CBC with a connection ID", CBC);
	/* Content, type, MAC: a whole number of blocks, and one of padding. */
	d = catch(UP, 47);
	n = d->len - CID_HEADER;
	is_int(n % 16, 0, "%s: a record is blocks", name);
	is_int(n, 16 + 48 + 32 + 16, "%s: one ends in a whole block of padding",
	    name);
	for (blocks = 0; blocks < 6; blocks++) {
		c = *d;
		/* IV, random blocks, then the last two. */
		c.data[10] = (uint8_t)(200 + blocks);
		for (i = 0; i < 16 * (1 + blocks); i++)
			c.data[CID_HEADER + i] = (uint8_t)sim_random(256);
		memcpy(c.data + CID_HEADER + 16 * (1 + blocks),
		    d->data + d->len - 32, 32);
		c.len = CID_HEADER + 16 * (1 + blocks) + 32;
		put_be16(c.data + CID_HEADER - 2,
		    (uint16_t)(c.len - CID_HEADER));
		tape_replay(&c);
		sim_run_ms(1);
	}
	/* Padding that is longer than the record, most likely. */
	for (blocks = 0; blocks < 300; blocks++) {
		c.data[10] = (uint8_t)(100 + blocks % 64);
		for (i = CID_HEADER; i < c.len; i++)
			c.data[i] = (uint8_t)sim_random(256);
		tape_replay(&c);
		sim_run_us(100);
	}
	is_int(w.echo.received, 1, "%s: a forged record of padding alone is "
	    "dropped", name);
	tape_replay(d);
	sim_run_ms(50);
	is_alive("and ends nothing");
	finish();
}

/* Plain alerts (dtlspipe dies of them, wire page section 8). */
static void
test_plain_alerts(enum way way, const char *what, const char *keys)
{
	static const uint8_t alerts[][4] = {
		{ 2, DTLS_HANDSHAKE_FAILURE }, { 1, DTLS_CLOSE_NOTIFY },
		{ 2, DTLS_CLOSE_NOTIFY }, { 1, 90 }, { 2, 20 }, { 0, 0 },
		{ 255, 255 },
	};
	static const uint64_t seqs[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 100,
	    (UINT64_C(1) << 48) - 1 };
	unsigned i, j, epoch, sent;
	struct taped d;

	begin(what, keys);
	sent = tape.sent[UP] + tape.sent[DOWN];
	for (epoch = 0; epoch < 3; epoch++) {
		for (i = 0; i < 7 * 11; i++) {
			for (j = 0; j < 4; j++) {
				d = forged(way);
				add_record(&d, DTLS_ALERT, epoch, seqs[i % 11],
				    alerts[i / 11], j);
				tape_replay(&d);
				sim_run_us(100);
			}
		}
	}
	is_int(tape.sent[UP] + tape.sent[DOWN], sent,
	    "%s: plain alerts are not answered", name);
	is_alive("a plain alert does not end an association");
	finish();
}

/* An alert in the clothes of epoch 1: dtlspipe sends such (wire page 7.5). */
static void
test_wrapped_alert(void)
{
	struct taped *data, d;
	unsigned sent;

	begin("an alert with a connection ID", "");
	sent = tape.sent[UP] + tape.sent[DOWN];
	data = tape_find(&tape, UP, DTLS_CID_RECORD, 0);
	d = *data;
	d.data[10] = 99;
	put_be16(d.data + CID_HEADER - 2, 3);
	memcpy(d.data + CID_HEADER, "\2\50\25", 3);
	d.len = CID_HEADER + 3;
	tape_replay(&d);
	sim_run_ms(50);
	is_int(tape.sent[UP] + tape.sent[DOWN], sent, "%s: but not sealed is "
	    "not answered", name);
	is_alive("nor heeded");
	finish();
}

/* ChangeCipherSpec in any epoch, with the highest number: dtlspipe is mute from
 * then on (wire page 7.6 iv). */
static void
test_mute(enum way way, const char *what, const char *keys)
{
	static const uint8_t one[2] = { 1, 1 };
	static const uint64_t seqs[] = { 0, 3, 77, (UINT64_C(1) << 48) - 1 };
	unsigned i, epoch, sent;
	struct taped d;

	begin(what, keys);
	sent = tape.sent[UP] + tape.sent[DOWN];
	for (epoch = 0; epoch < 3; epoch++) {
		for (i = 0; i < 12; i++) {
			d = forged(way);
			add_record(&d, DTLS_CCS, epoch, seqs[i % 4], one,
			    i / 4);
			tape_replay(&d);
			/* From anyone. */
			d.from.port ^= 0x1000;
			tape_replay(&d);
			sim_run_us(100);
		}
	}
	is_int(tape.sent[UP] + tape.sent[DOWN], sent,
	    "%s: ChangeCipherSpec is not answered", name);
	is_alive("a plain ChangeCipherSpec with the highest number does not "
	    "mute");
	finish();
}

/* All kinds of plain records after the handshake, by wire page section 8. */
static void
test_plain_records(enum way way, const char *what)
{
	uint8_t body[DTLS_MESSAGE + 80];
	unsigned type, message, sent;
	struct taped d;
	size_t len;

	begin(what, "");
	sent = tape.sent[UP] + tape.sent[DOWN];
	memset(body, 0, sizeof(body));
	for (type = 0; type < 256; type++) {
		for (len = 0; len <= 24; len += 8) {
			d = forged(way);
			add_record(&d, type, 0, 50 + type, body, len);
			tape_replay(&d);
			sim_run_us(200);
		}
	}
	is_int(tape.sent[UP] + tape.sent[DOWN], sent, "%s: no plain record is "
	    "answered, of any type", name);
	is_alive("plain records of any type end nothing");
	sent = tape.sent[UP] + tape.sent[DOWN];
	for (message = 0; message < 256; message++) {
		if (message == DTLS_CLIENT_HELLO)
			continue;
		for (len = 0; len <= 64; len += 32) {
			d = forged(way);
			dtls_fragment_write(body, (uint8_t)message, len,
			    (uint16_t)(len / 16), 0, len);
			add_record(&d, DTLS_HANDSHAKE, 0, 400 + message, body,
			    DTLS_MESSAGE + len);
			tape_replay(&d);
			sim_run_us(200);
		}
	}
	/* A repeated ClientKeyExchange may ask for the last flight. */
	ok(tape.sent[UP] + tape.sent[DOWN] - sent <= 1, "%s: no plain "
	    "handshake message is answered, but by one last flight", name);
	is_alive("plain handshake messages end nothing");
	for (type = 2; type < 65536; type = 2 * type + 1) {
		d = forged(way);
		add_record(&d, DTLS_APPLICATION, type, type, body, 60);
		add_record(&d, DTLS_HANDSHAKE, type, type, body, 60);
		tape_replay(&d);
		sim_run_us(200);
	}
	is_alive("nor do later epochs");
	finish();
}

/* dtlspipe re-sends its last flight for each handshake record that it gets
 * after the handshake, without end (wire page 3.5, 8). */
static void
test_last_flight_asked(void)
{
	struct taped *kx;
	unsigned sent, i;

	begin("a finished server", "");
	kx = tape_find(&tape, UP, DTLS_HANDSHAKE, 2);
	sent = tape.sent[DOWN];
	for (i = 0; i < 1000; i++) {
		tape_replay(kx);
		sim_run_ms(2);
	}
	ok(tape.sent[DOWN] - sent >= 1 && tape.sent[DOWN] - sent <= 11,
	    "%s: a last flight that is asked for 1000 times in 2 s goes out "
	    "%u times", name, tape.sent[DOWN] - sent);
	is_alive("the flow lives");
	sim_run_s(61);
	sent = tape.sent[DOWN];
	tape_replay(kx);
	sim_run_ms(100);
	is_int(tape.sent[DOWN], sent, "%s: after a minute it does not any "
	    "more", name);
	finish();
}

/* The client's socket takes what its server sends, from nowhere else. */
static void
test_other_server(void)
{
	struct taped *d, c;

	begin("a client", "");
	d = catch(DOWN, 100);
	c = *d;
	c.from.port++;
	tape_replay(&c);
	c.from.ip[0] = 99;
	tape_replay(&c);
	sim_run_ms(10);
	is_int(app.received, 1, "%s: even an authentic record from another "
	    "address is not taken", name);
	tape_replay(d);
	sim_run_ms(10);
	is_int(app.received, 2, "%s: from its server's it is", name);
	is_alive("the flow lives");
	finish();
}

/* Strangers' datagrams that are no ClientHello: dtlspipe begins an association
 * for any record of type 22 (wire page 9.1).  A ClientKeyExchange may be that
 * of a client whose NAT has changed its port. */
static void
test_no_hello(void)
{
	struct taped *kx, *data, *hello, d;
	unsigned i;

	begin("a stranger", "");
	hello = tape_find(&tape, UP, DTLS_HANDSHAKE, 1);
	kx = tape_find(&tape, UP, DTLS_HANDSHAKE, 2);
	data = tape_find(&tape, UP, DTLS_CID_RECORD, 0);
	sim_rules.nobody = true;
	for (i = 0; i < 500; i++) {
		d = *(i % 3 == 0 ? kx : i % 3 == 1 ? data : hello);
		d.from.ip[0] = 99;
		d.from.port = (uint16_t)(1000 + i);
		if (i % 3 == 1)		/* no connection ID that is known */
			d.data[11] ^= 1;
		if (i % 3 == 0)		/* the part without one */
			d.len = DTLS_HEADER + get_be16(d.data + 11);
		if (i % 3 == 2 && i % 2 == 0)	/* not from its beginning */
			d.data[DTLS_HEADER + 8] = 1;
		else if (i % 3 == 2)	/* in a sealed epoch */
			d.data[4] = 1;
		tape_replay(&d);
		sim_run_us(500);
	}
	is_int(tape.nobody, 167, "%s: gets no answer unless it begins a "
	    "handshake, or goes on with one", name);
	is_int(tape.nobody_bytes, 167 * (DTLS_HEADER + DTLS_MESSAGE),
	    "%s: which is then to begin again", name);
	is_int(w.right.tunnel->lost[LOST_FORGED], 500, "%s: each is counted",
	    name);
	/* A hello with somebody else's cookie. */
	d = *hello;
	d.from.port ^= 0x0100;
	i = tape.sent[DOWN];
	tape_replay(&d);
	sim_run_ms(50);
	is_int(tape.sent[DOWN] - i, 1, "%s: a cookie of somebody else is asked "
	    "for anew", name);
	is_int(tape.d[tape.n - 1].data[DTLS_HEADER],
	    DTLS_HELLO_VERIFY_REQUEST, "%s: and begins nothing", name);
	is_alive("the flow lives");
	finish();
}

int
main(void)
{
	test_replay("GCM", GCM);
	test_replay("CBC", CBC);
	test_replay("CCM without connection ID", CCM ",no-cid");
	test_changed("up, GCM", GCM, UP);
	test_changed("up, CCM", CCM, UP);
	test_changed("up, ChaCha20", CHACHA, UP);
	test_changed("up, CBC", CBC, UP);
	test_changed("up, no CID", CBC ",no-cid", UP);
	test_changed("down, GCM", GCM, DOWN);
	test_changed("down, CBC", CBC, DOWN);
	test_spliced("up, GCM", GCM, UP);
	test_spliced("up, CCM", CCM, UP);
	test_spliced("up, ChaCha20", CHACHA, UP);
	test_spliced("up, CBC", CBC, UP);
	test_spliced("down, CBC", CBC, DOWN);
	test_full_padding();
	test_plain_alerts(UP, "to the server", "");
	test_plain_alerts(UP, "to a server without CID", ",no-cid");
	test_plain_alerts(DOWN, "to the client", "");
	test_wrapped_alert();
	test_mute(UP, "to the server", "");
	test_mute(UP, "to a server without CID", ",no-cid");
	test_mute(DOWN, "to the client", "");
	test_plain_records(UP, "to the server");
	test_plain_records(DOWN, "to the client");
	test_last_flight_asked();
	test_other_server();
	test_no_hello();
	return done_testing();
}
