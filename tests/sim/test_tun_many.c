/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A TUN device of a server and its clients as they come and go: who has which
 * address, how long those that are gone hold a place, and the MTU for all.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tunnel/tun_table.h"
#include "tun_world.h"

#define KEY WORLD_PSK
#define PSK "psk=" KEY
#define KEY_FILE "keys.tmp"

/* A client that is gone before it said anything holds no place. */
static void
test_never_spoke(void)
{
	begin("dtls-listen:0.0.0.0:2815," PSK, "tun:tuns,addr=10.8.0.1/24");
	w.right.tunnel->settings.max_flows = 1;
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,keepalive=0",
	    "dtls:10.0.0.1:2815," PSK);
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.3/24",
	    "dtls:10.0.0.1:2815," PSK);
	client_start(&a);
	is_int(proc_flows(&w.right), 1, "a client is there");
	sim_cut(w.client, w.server, true);
	client_start(&b);
	sim_run_s(30);
	say(b.dev, "10.8.0.3", "10.8.0.1");
	is_int(server_got.n, 0, "and the only one that may be,");
	sim_run_s(27);
	is_int(logged_text("it was never used"), 0, "though it is silent");
	sim_run_s(60);
	is_int(logged_text("it was never used"), 1, "for a minute");
	say(b.dev, "10.8.0.3", "10.8.0.1");
	is_int(server_got.n, 1, "then another one comes in");
	say(server_dev, "10.8.0.1", "10.8.0.3");
	sim_run_s(36000);
	is_int(logged_text("it was never used"), 1, "which may be silent for "
	    "ten hours, as it has said something");
	say(server_dev, "10.8.0.1", "10.8.0.3");
	is_int(b.got.n, 2, "and is reached there");
	end("never spoke");
}

/* Two devices of one machine: there is nobody to come in their place. */
static void
test_never_spoke_here(void)
{
	begin_empty();
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "tun:tund,addr=10.8.0.1/24");
	client_start(&a);
	sim_run_s(3600);
	is_int(a.proc.tunnel->last_number, 1, "the flow of a device on the "
	    "left never ends by silence");
	end("never spoke here");
}

/* A client that sends from so many addresses that the table is full of them: as
 * many flows as that takes.  nth: of such clients, each with addresses of its
 * own. */
static void
fill_table(unsigned nth)
{
	char text[ADDR_TEXT];
	unsigned i, n;

	for (n = 0; n < TUN_TABLE_MAX / TUN_TABLE_OWNER_MAX; n++) {
		client_start(&b);
		for (i = 0; i < TUN_TABLE_OWNER_MAX; i++) {
			snprintf(text, sizeof(text), "10.%u.%u.%u",
			    100 + 20 * nth + n, i / 250, 1 + i % 250);
			sim_tun_send(b.dev, packet, make(text, "10.0.0.1",
			    100));
			if (i % 16 == 0)
				sim_run_ms(1);
		}
		sim_run_ms(100);
		proc_stop(&b.proc);
		b.dev->waiting = 0;
	}
}

/* Addresses that are more than there may be make way. */
static void
test_evicted(void)
{
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.0.0.1/8");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "udp:10.0.0.1:9000");
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.9/24",
	    "udp:10.0.0.1:9000");
	client_start(&a);
	say(a.dev, "10.8.0.2", "10.0.0.1");
	say(a.dev, "10.8.0.3", "10.0.0.1");
	sim_run_s(100);
	is_int(proc_flows(&w.right), 1, "a client is there");
	fill_table(0);
	say(server_dev, "10.0.0.1", "10.8.0.2");
	is_int(a.got.n, 1, "and is found beside a flood of addresses");
	sim_cut(w.client, w.server, true);
	sim_run_s(100);
	fill_table(1);
	fill_table(2);
	say(server_dev, "10.0.0.1", "10.8.0.2");
	is_int(w.right.tunnel->lost[LOST_NO_ROUTE], 1, "once it answers no "
	    "more its addresses make way");
	is_int(logged_text("no inner address"), 1, "and it ends, silent for "
	    "more than a minute");
	end("evicted");
}

/* A client with that device's address, cipher suite and identity. */
static void
client_set_named(struct client *c, struct sim_host *h, const char *tun,
    const char *identity, const char *suite)
{
	char dial[200];

	snprintf(dial, sizeof(dial), "dtls:10.0.0.1:2815,identity=%s,"
	    "ciphers=%s", identity, suite);
	client_set(c, h, tun, dial);
	c->proc.psk[RIGHT] = KEY;
}

#define CCM_8 "TLS_PSK_WITH_AES_128_CCM_8"
#define GCM "TLS_PSK_WITH_AES_128_GCM_SHA256"
#define CBC "TLS_PSK_WITH_AES_128_CBC_SHA256"

/* The MTU fits those that are there, not those that were. */
static void
test_mtu_of_many(void)
{
	static struct client c;
	int mtu, small, others;

	begin("dtls-listen:0.0.0.0:2815," PSK, "tun:tuns,addr=10.8.0.1/24");
	client_set_named(&a, w.client, "tun:tunc,addr=10.8.0.2/24", "a",
	    CCM_8);
	client_set_named(&b, other_host(), "tun:tunc,addr=10.8.0.3/24", "b",
	    CBC);
	client_set_named(&c, w.app, "tun:tunc,addr=10.8.0.4/24", "c", GCM);
	client_start(&a);
	mtu = server_dev->mtu;
	ok(mtu > 1380 && mtu < 1472, "the MTU fits the only client: %d", mtu);
	client_start(&b);
	small = server_dev->mtu;
	ok(small > 1380 && small < mtu, "then another one, which takes less: "
	    "%d", small);
	client_start(&c);
	is_int(server_dev->mtu, small, "not one that takes more");
	others = c.dev->mtu - a.dev->mtu;
	ok(others < 0, "though not as much as the first: %d", others);
	proc_stop(&b.proc);
	sim_run_s(1);
	is_int(proc_flows(&w.right), 2, "when the one with the least has gone");
	is_int(server_dev->mtu, mtu + others, "it fits those two");
	proc_stop(&c.proc);
	sim_run_s(1);
	is_int(server_dev->mtu, mtu, "and then the first again");
	client_start(&b);
	is_int(server_dev->mtu, small, "and the other when that is back");
	proc_stop(&a.proc);
	sim_run_s(1);
	is_int(server_dev->mtu, small, "and still when the first one has "
	    "gone");
	client_start(&a);
	is_int(server_dev->mtu, small, "or come back");
	proc_stop(&a.proc);
	proc_stop(&b.proc);
	sim_run_s(1);
	is_int(proc_flows(&w.right), 0, "when nobody is there");
	is_int(server_dev->mtu, small, "it stays");
	client_start(&a);
	is_int(server_dev->mtu, mtu, "until somebody comes");
	client_end(&c);
	end("mtu of many");
}

/* Writes a file of keys. */
static void
write_keys(void)
{
	FILE *f = fopen_private(KEY_FILE);

	if (f == NULL || fputs("alice:" KEY "\nbob:" KEY "\n", f) < 0 ||
	    fclose(f) != 0)
		abort();
}

/* Whoever has a name keeps his address, for long. */
static void
test_names_alone(void)
{
	unsigned i;

	write_keys();
	begin("dtls-listen:0.0.0.0:2815,psk-file=" KEY_FILE,
	    "tun:tuns,addr=10.8.0.1/24");
	(void)remove(KEY_FILE);
	client_set_named(&a, w.client, "tun:tunc,addr=10.8.0.2/24,keepalive=0",
	    "alice", CBC);
	client_set_named(&b, other_host(), "tun:tunc,addr=10.8.0.3/24", "bob",
	    CBC);
	client_start(&a);
	client_start(&b);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	for (i = 0; i < 11; i++) {
		say(b.dev, "10.8.0.3", "10.8.0.1");
		say(server_dev, "10.8.0.1", "10.8.0.3");
		sim_run_s(50);
		say(b.dev, "10.8.0.2", "10.8.0.1");
	}
	is_int(w.right.tunnel->lost[LOST_TAKEN], 11, "nobody of another name "
	    "gets an address that was silent for minutes");
	is_int(logged_text("is that of flow 1, alice"), 11, "and it is told "
	    "whose it is");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(a.got.n, 2, "who has it");
	say(b.dev, "10.8.0.3", "10.8.0.1");
	say(server_dev, "10.8.0.1", "10.8.0.3");
	sim_run_s(60);
	say(b.dev, "10.8.0.2", "10.8.0.1");
	is_int(w.right.tunnel->lost[LOST_TAKEN], 11, "after ten minutes it "
	    "moves");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(b.got.n, 13, "to who sends from it");
	end("names alone");
}

int
main(void)
{
	if (end_find("dtls") != NULL) {
		test_never_spoke();
		test_mtu_of_many();
		test_names_alone();
	}
	test_never_spoke_here();
	test_evicted();
	return done_testing();
}
