/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS clients whose address changes: NATs that forget, networks that are
 * left, and those who would like to be taken for such a client.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "dtls_peer.h"
#include "sim_sock.h"
#include "tape_world.h"

static struct app other;
static uint64_t last_us, gap_us;	/* longest time without an answer */

/* One flow that is up. */
static void
begin(const char *client_keys, const char *server_keys)
{
	world_begin(&w, 1);
	/* The client's address towards the server. */
	sim_host_address(w.client, "10.0.4.2");
	world_dtls(&w, client_keys, server_keys);
	begin_flow();
}

/* Sends each 20 ms for so long, and looks how long answers stay away. */
static void
talk(unsigned ms)
{
	unsigned i;

	last_us = sim_now_us();
	gap_us = 0;
	for (i = 0; i < ms / 20; i++) {
		app_send(&app, 100 + i % 50);
		sim_run_ms(20);
		if (app.last_us > last_us)
			last_us = app.last_us;
		if (sim_now_us() - last_us > gap_us)
			gap_us = sim_now_us() - last_us;
	}
}

/* A NAT that forgets, several times. */
static void
test_rebind(const char *what, const char *client_keys,
    const char *server_keys)
{
	unsigned i;

	begin(client_keys, server_keys);
	for (i = 0; i < 5; i++) {
		talk(500);
		is_int(sim_udp_rebind_all(w.client), 1, "%s: the NAT forgets",
		    what);
		talk(500);
		ok(gap_us <= 60 * SIM_MS, "%s: the flow goes on without a "
		    "stall (%u ms)", what, (unsigned)(gap_us / SIM_MS));
	}
	sim_run_ms(100);
	is_int(w.echo.received, app.sent, "%s: all that was sent arrives",
	    what);
	ok(app.sent - app.received <= 5 * 2, "%s: answers are lost only that "
	    "were under way (%u)", what, app.sent - app.received);
	is_int(w.echo.ports, 1, "%s: the target sees the same port", what);
	is_int(w.right.tunnel->last_number, 1, "%s: it is one flow", what);
	is_int(tape_count(&tape, UP, DTLS_CCS) +
	    tape_count(&tape, DOWN, DTLS_CCS), 1, "%s: after one handshake",
	    what);
	ok(logged_text("flow 1: moved from 10.0.4.2") >= 1, "%s: that is told",
	    what);
	finish(what);
}

/* Without connection IDs. */
static void
test_rebind_no_cid(const char *client_keys, const char *server_keys)
{
	uint64_t from_us;
	uint32_t n;

	world_begin(&w, 2);
	world_dtls_set(&w, client_keys, server_keys);
	proc_option(&w.right, "idle", "30");
	proc_start(&w.right);
	proc_start(&w.left);
	begin_tape();
	talk(2000);
	sim_udp_rebind_all(w.client);
	from_us = sim_now_us();
	n = app.received + 1;
	while (app.received < n + 3 && sim_now_us() < from_us + 60 * SIM_S)
		talk(100);
	ok(sim_now_us() - from_us < 4500 * SIM_MS, "no CID%s: a flow whose "
	    "NAT forgot goes on within 4.5 s (%u ms)", client_keys,
	    (unsigned)((sim_now_us() - from_us) / SIM_MS));
	is_int(w.left.tunnel->last_number, 1, "no CID: for the application it "
	    "is the same flow");
	is_int(w.right.tunnel->last_number, 2, "no CID: for the server it is "
	    "another");
	talk(31000);
	is_int(proc_flows(&w.right), 1, "no CID: the old one is gone when it "
	    "was idle for its time");
	is_int(app.twice + app.bad + w.echo.bad, 0, "no CID: nothing comes "
	    "twice");
	finish("no CID");
}

/* A record that was overtaken comes from elsewhere (wire page 7.4). */
static void
test_overtaken(void)
{
	struct taped *late, d;
	unsigned n;

	begin("", "");
	sim_cut(w.client, w.server, true);
	app_send(&app, 100);
	sim_run_ms(50);
	sim_cut(w.client, w.server, false);
	/* What was cut off was not recorded: so it is recorded, and lost. */
	sim_link(w.client, w.server)->latency_us = 5 * SIM_S;
	app_send(&app, 100);
	sim_run_ms(1);
	late = tape_find(&tape, UP, DTLS_CID_RECORD, 1);
	sim_link(w.client, w.server)->latency_us = 10 * SIM_MS;
	app_send(&app, 100);
	sim_run_ms(100);
	is_int(w.echo.received, 2, "a record is overtaken");
	d = *late;
	d.from.port ^= 0x2000;
	n = tape.n;
	tape_replay(&d);
	sim_run_ms(50);
	is_int(w.echo.received, 3, "and comes from another address: it is "
	    "taken");
	is_int(tape.d[n].to.port, late->from.port, "but moves nothing");
	sim_run_s(6);
	is_int(w.echo.received, 3, "and the true one is then a replay");
	is_int(logged_text("moved from"), 0, "no move is told");
	finish("overtaken");
}

/* Somebody on the way holds a record back and sends it from elsewhere. */
static unsigned
hold_newest(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	(void)arg;
	(void)number;
	(void)p;
	return way == DOWN;
}

static void
test_stolen(void)
{
	struct taped d;
	unsigned n;

	begin("", "");
	sim_rules.nobody = true;
	tape.fate = hold_newest;
	app_send(&app, 100);
	sim_run_ms(50);
	tape.fate = NULL;
	d = *tape_find(&tape, UP, DTLS_CID_RECORD, 1);
	d.from.ip[0] = 99;
	tape_replay(&d);
	sim_run_ms(50);
	is_int(tape.nobody, 1, "whoever holds the newest record back has the "
	    "answer to it");
	n = app.received;
	app_send(&app, 100);
	ok(app_wait(&app, n + 1, 50), "but the client's next one gets its own");
	tape_replay(&d);
	app_send(&app, 100);
	ok(app_wait(&app, n + 2, 50), "and a replay nothing");
	is_int(tape.nobody, 1, "not even an answer");
	is_int(w.right.tunnel->last_number, 1, "it is one flow all the time");
	finish("stolen");
}

/* The client's n-th connected socket. */
static struct sim_sock *
client_socket(unsigned n)
{
	struct list *link;
	struct sim_sock *s;

	for (link = w.client->socks.next; link != &w.client->socks;
	    link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type == SOCK_DGRAM && s->peer.family != 0 && n-- == 0)
			return s;
	}
	printf("Bail out! no such socket\n");
	exit(1);
	return NULL;	/* not every compiler knows that it ends */
}

/* A NAT gives each of two clients the other's port. */
static void
test_swapped(void)
{
	uint16_t port, port_other;
	unsigned round, n;

	begin("", "");
	app_open(&other, &w, 2);
	app_send(&other, 50);
	app_wait(&other, 1, 1000);
	for (round = 0; round < 4; round++) {
		port = client_socket(0)->outside;
		port_other = client_socket(1)->outside;
		client_socket(0)->outside = port_other;
		client_socket(1)->outside = port;
		n = app.received + other.received;
		app_send(round % 2 == 0 ? &app : &other, 100);
		sim_run_ms(50);
		app_send(round % 2 == 0 ? &other : &app, 100);
		sim_run_ms(50);
		is_int(app.received + other.received - n, 2, "two clients "
		    "whose ports were swapped get their answers");
	}
	is_int(app.bad + other.bad, 0, "each its own");
	is_int(w.right.tunnel->last_number, 2, "in two flows");
	app_send(&app, 100);
	app_send(&other, 100);
	sim_run_ms(50);
	is_int(app.received + other.received - n, 4, "all the time");
	app_close(&other);
	finish("swapped");
}

/* The former address of a client that has moved is given to another one. */
static void
test_address_again(bool told)
{
	const char *what = told ? "moved and told" : "moved silently";
	uint16_t port;
	unsigned n;

	begin("", ",skip-verify");
	port = client_socket(0)->outside;
	sim_udp_rebind_all(w.client);
	if (told) {
		app_send(&app, 100);
		sim_run_ms(50);
	}
	app_open(&other, &w, 2);
	app_send(&other, 100);
	sim_run_us(200);
	client_socket(1)->outside = port;
	/* Its first hello went from another port; the repetition does not, for
	 * it has no socket for a port of its own. */
	w.client->max_fds = w.client->n_fds;
	sim_run_ms(900);
	w.client->max_fds = 100000;
	ok(app_wait(&other, 1, 2000), "%s: another client gets in from the "
	    "former address", what);
	is_int(proc_flows(&w.right), told ? 2 : 1, "%s: %s", what,
	    told ? "both have a flow" : "it is taken for the client that has "
	    "begun anew");
	n = app.received;
	app_send(&app, 100);
	if (told)
		ok(app_wait(&app, n + 1, 50), "%s: the first goes on", what);
	/* A single datagram without an answer may be a keep-alive. */
	sim_run_s(1);
	app_send(&app, 100);
	sim_run_s(11);
	app_send(&app, 100);
	sim_run_ms(100);
	ok(app.received > n, "%s: the first is there again after 12 s at "
	    "most", what);
	app_close(&other);
	finish(what);
}

/* The NAT forgets between the two flights of the client: with a connection ID
 * the server answers where the Finished came from, without one it says that it
 * does not know the handshake. */
static void
test_mid_handshake(const char *keys, unsigned most_ms)
{
	uint64_t from_us;
	unsigned i;

	world_begin(&w, 4);
	world_dtls(&w, keys, "");
	begin_tape();
	from_us = sim_now_us();
	app_send(&app, 100);
	sim_run_ms(45);
	is_int(tape_count(&tape, UP, DTLS_CCS) +
	    tape_count(&tape, UP, DTLS_HANDSHAKE), 3, "the client's last "
	    "flight is out%s", keys);
	w.client->down = true;	/* and lost */
	sim_run_ms(10);
	w.client->down = false;
	sim_udp_rebind_all(w.client);
	for (i = 0; i < 300 && app.received == 0; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	printf("# up after %u ms, flow %u\n",
	    (unsigned)((sim_now_us() - from_us) / SIM_MS),
	    (unsigned)w.left.tunnel->last_number);
	ok(sim_now_us() - from_us < most_ms * SIM_MS, "a NAT that forgets in "
	    "the middle of a handshake costs %u ms at most%s", most_ms, keys);
	is_int(app.bad + app.twice + w.echo.bad + w.echo.twice, 0, "and "
	    "nothing comes twice");
	finish("middle of a handshake");
}

/* A client takes leave from an address that it has not sent from before: that
 * is honoured, and the other one is not looked for. */
static void
test_leave(void)
{
	begin("", "");
	sim_udp_rebind_all(w.client);
	proc_stop(&w.left);
	sim_run_ms(100);
	is_int(proc_flows(&w.right), 0, "close_notify from a new address ends "
	    "the flow");
	is_int(logged_text("closed by the peer"), 1, "by the peer's will");
	is_int(w.echo.ports, 1, "the target has seen one port");
	proc_start(&w.left);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 200), "and the client comes again");
	finish("leave");
}

/* The system does not send from our address any more. */
static void
test_own_address(const char *keys, bool cid)
{
	const char *what = cid ? "with CID" : "without CID";
	unsigned sent;

	begin(keys, "");
	talk(1000);
	addr_parse_ip(&w.client->addr[1], "10.0.4.99");
	talk(3000);
	ok(gap_us < (cid ? 200 : 1200) * SIM_MS, "%s: a client with another "
	    "address goes on (%u ms)", what, (unsigned)(gap_us / SIM_MS));
	sent = app.sent;
	is_int(w.left.tunnel->last_number, 1, "%s: as the same flow", what);
	is_int(w.echo.ports, cid ? 1 : 2, "%s: for the target, too%s", what,
	    cid ? "" : ", but from another port");
	ok(sent - app.received < (cid ? 12 : 60), "%s: with few losses (%u)",
	    what, sent - app.received);
	is_int(tape.d[tape.n - 1].to.ip[3], 99, "%s: from the new address",
	    what);
	finish(what);
}

int
main(void)
{
	test_rebind("CID", "", "");
	test_rebind("CID and CBC",
	    ",ciphers=TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256", ",skip-verify");
	test_rebind("CID and a ServerHello in fragments", "", ",mtu=60");
	test_rebind_no_cid(",no-cid", "");
	test_rebind_no_cid("", ",no-cid");
	test_overtaken();
	test_stolen();
	test_swapped();
	test_address_again(true);
	test_address_again(false);
	test_mid_handshake("", 1300);
	test_mid_handshake(",no-cid", 1300);
	test_leave();
	test_own_address("", true);
	test_own_address(",no-cid", false);
	return done_testing();
}
