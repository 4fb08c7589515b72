/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS and addresses: servers that answer from another one than was asked, and
 * whose an address is when several say that it is theirs.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "dtls_peer.h"
#include "sim_sock.h"
#include "world.h"

#include "../unit/tap.h"

static struct app app;
static struct world w;
static struct addr server;	/* ours */

/*
 * A server with two addresses
 */

static bool translated;		/* it answers from the other one */

/* The server's host answers from 10.0.0.9, whatever was asked. */
static unsigned
translate(void *arg, struct sim_passing *p)
{
	(void)arg;
	if (p->source.port == WORLD_DTLS_PORT && translated)
		p->source.ip[3] = 9;
	if (p->target.port == WORLD_DTLS_PORT && translated)
		p->target.ip[3] = 1;
	return 1;
}

/* The client's socket that the server sends to. */
static struct sim_sock *
carrier(void)
{
	struct list *link;
	struct sim_sock *s;

	for (link = w.client->socks.next; link != &w.client->socks;
	    link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->type == SOCK_DGRAM && s->local.port != 8911 &&
		    s->outside != 0)
			return s;
	}
	printf("Bail out! no such socket\n");
	exit(1);
	return NULL;	/* not every compiler knows that it ends */
}

static void
begin(const char *keys)
{
	world_begin(&w, 1);
	sim_host_address(w.server, "10.0.0.9");
	sim_rules.fate = translate;
	translated = true;
	world_dtls(&w, keys, keys);
	app_open(&app, &w, 1);
}

static void
finish(const char *what)
{
	is_int(app.bad + w.echo.bad, 0, "%s: no byte was changed", what);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

static void
test_other_address(const char *what, const char *keys)
{
	uint16_t port;
	unsigned i;

	begin(keys);
	app_send(&app, 100);
	ok(!app_wait(&app, 1, 390), "%s: an answer from another address is "
	    "not heard at first", what);
	port = carrier()->local.port;
	ok(app_wait(&app, 1, 300), "%s: but once the hello is repeated", what);
	ok(carrier()->local.port != port, "%s: from a second port", what);
	is_int(carrier()->peer.ip[3], 9, "%s: the socket is connected to where "
	    "the answers come from", what);
	for (i = 0; i < 5; i++) {
		app_send(&app, 1000);
		sim_run_ms(100);
	}
	is_int(app.received, 6, "%s: the flow goes on", what);
	is_int(w.right.tunnel->last_number, 1, "%s: with one association",
	    what);
	/* A connected socket hears of ICMP. */
	w.right.host->down = true;
	proc_stop(&w.right);
	w.right.host->down = translated = false;
	app_send(&app, 100);
	sim_run_ms(100);
	is_int(w.left.tunnel->lost[LOST_REFUSED], 1, "%s: ICMP is heard", what);
	finish(what);
}

/* Packets to the other address would not go around the tunnel. */
static void
test_other_address_without_way(void)
{
	unsigned i;

	world_begin(&w, 1);
	sim_host_address(w.server, "10.0.0.9");
	sim_rules.fate = translate;
	translated = w.client->may_mark = true;
	world_dtls(&w, ",mark=7", "");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(100);
	for (i = 0; i < 1000 && carrier()->peer.family != 0; i++)
		sim_run_ms(1);
	w.client->may_mark = false;
	ok(app_wait(&app, 1, 300), "an answer from an address without a way");
	is_int(carrier()->peer.family, 0, "is no reason to send there");
	app_send(&app, 100);
	sim_run_ms(100);
	is_int(app.received, 2, "the flow goes on by the first address");
	w.client->may_mark = true;
	sim_run_s(1);
	app_send(&app, 100);
	sim_run_ms(100);
	is_int(app.received, 3, "later, too");
	is_int(carrier()->peer.ip[3], 9, "and by the other one when it has");
	finish("no way");
}

/* A server that is there from the start hears one hello, and is connected. */
static void
test_same_address(void)
{
	begin("");
	translated = false;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "a server that answers from where it was "
	    "asked is heard at once");
	is_int(carrier()->peer.ip[3], 1, "on a socket that is connected");
	finish("same address");

	begin("");
	translated = false;
	sim_cut(w.client, w.server, true);
	app_send(&app, 100);
	sim_run_ms(2700);
	is_int(carrier()->peer.family, 0, "without an answer the socket is "
	    "open to all");
	sim_cut(w.client, w.server, false);
	ok(app_wait(&app, 1, 300), "the next repetition gets through");
	is_int(carrier()->peer.ip[3], 1, "and the socket is connected then");
	finish("late answer");
}

/* Others may send to a socket that is open to all. */
static void
test_strangers(void)
{
	struct addr stranger, client;
	uint8_t junk[80] = { DTLS_HANDSHAKE, 0xfe, 0xfd };
	unsigned i;

	begin("");
	translated = false;
	sim_cut(w.client, w.server, true);
	app_send(&app, 100);
	sim_run_ms(1500);
	addr_parse(&stranger, "10.0.3.1:2815");
	client = carrier()->local;
	junk[12] = sizeof(junk) - DTLS_HEADER;
	for (i = 0; i < 4; i++) {
		junk[0] = (uint8_t)(DTLS_CCS + i);
		sim_udp_forge(&stranger, &client, junk, sizeof(junk));
		sim_run_ms(10);
	}
	is_int(carrier()->peer.family, 0, "who is not authentic is not "
	    "connected to");
	sim_cut(w.client, w.server, false);
	ok(app_wait(&app, 1, 2000), "and does no harm");
	is_int(carrier()->peer.ip[3], 1, "the server is whom the client goes "
	    "on with");
	finish("strangers");
}

/* The port is gone by the time that the socket is opened anew. */
static void
test_no_socket(void)
{
	begin("");
	translated = false;
	sim_cut(w.client, w.server, true);
	app_send(&app, 100);
	sim_run_ms(300);
	w.client->max_fds = w.client->n_fds - 1;
	sim_run_ms(800);
	w.client->max_fds = 1000;
	sim_cut(w.client, w.server, false);
	ok(!app_wait(&app, 1, 3000), "a flow that finds no socket ends");
	is_int(proc_flows(&w.left), 0, "at once");
	is_int(logged_text("no socket: "), 2, "with the reason, as an error and "
	    "as its end");
	app_send(&app, 100);
	ok(app_wait(&app, 1, 500), "and the next one gets through");
	finish("no socket");
}

/*
 * Whose is an address?
 */

static struct dtls_peer victim, other;

static void
begin_server(const char *keys)
{
	server = world_dtls_server(&w, keys);
	dtls_peer_init(&victim, w.client, 0, false);
	dtls_peer_init(&other, w.client, 0, false);
}

static void
finish_server(const char *what)
{
	dtls_peer_end(&victim);
	dtls_peer_end(&other);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* Is there an answer to what it says? */
static bool
talks(struct dtls_peer *p)
{
	dtls_peer_send(p, DTLS_APPLICATION, "ping", 4);
	return dtls_peer_wait_data(p, p->got_n + 1, 500);
}

/* Sends the hello with its cookie, and behind it a record with the connection
 * ID of the victim. */
static void
hello_with_cid(void)
{
	uint8_t out[DTLS_PEER_ROOM];
	size_t n;

	other.mute = true;
	sim_run_ms(100);	/* the demand for the cookie comes */
	n = dtls_output(&other.dtls, out, sizeof(out), sim_now_us() / 1000);
	dtls_header_write(out + n, DTLS_CID_RECORD, 7, 0);
	out[n + 4] = 1;		/* the epoch */
	memcpy(out + n + DTLS_HEADER - 2, victim.dtls.write.cid, DTLS_CID);
	n += DTLS_HEADER - 2 + DTLS_CID;
	out[n++] = 0;
	out[n++] = 20;
	memset(out + n, 0x55, 20);
	n += 20;
	other.mute = false;
	dtls_peer_raw(&other, out, n);
}

/* Somebody puts the connection ID of another's association behind a hello of
 * his own. */
static void
test_cid_behind_hello(void)
{
	begin_server("");
	dtls_peer_call(&victim, &server);
	sim_run_ms(30);
	victim.mute = true;	/* after the hello with its cookie */
	sim_run_ms(100);
	is_int(victim.dtls.state, DTLS_C_FINISHED, "a handshake is under way");
	dtls_peer_call(&other, &server);
	hello_with_cid();
	sim_run_ms(100);
	victim.mute = false;
	dtls_peer_output(&victim);
	ok(dtls_peer_wait(&victim, 500) && talks(&victim), "its connection ID "
	    "behind another's hello does not end it");
	ok(dtls_peer_wait(&other, 500), "the other's own handshake goes on");
	finish_server("half-open");

	begin_server("");
	dtls_peer_call(&victim, &server);
	dtls_peer_wait(&victim, 500);
	dtls_peer_call(&other, &server);
	hello_with_cid();
	ok(dtls_peer_wait(&other, 500), "another client comes up");
	ok(talks(&victim), "nor does it end one that is up");
	is_int(proc_flows(&w.right), 2, "so there are two flows");
	finish_server("up");
}

/* A client begins anew, and again before that handshake is done. */
static void
test_anew_twice(void)
{
	begin_server("");
	dtls_peer_call(&victim, &server);
	dtls_peer_wait(&victim, 500);
	is_int(proc_flows(&w.right), 1, "a client is there");
	dtls_peer_call(&victim, &server);
	sim_run_ms(30);
	victim.mute = true;
	sim_run_ms(100);
	victim.mute = false;
	victim.up = 0;
	dtls_peer_call(&victim, &server);
	ok(dtls_peer_wait(&victim, 500), "it begins anew twice");
	is_int(w.right.tunnel->last_number, 2, "and has a new flow");
	is_int(proc_flows(&w.right), 1, "its first one is over");
	ok(talks(&victim), "the last one lives");
	finish_server("anew twice");
}

/* A client begins anew, while there is no room for another handshake. */
static void
test_anew_refused(void)
{
	begin_server("");
	dtls_peer_call(&victim, &server);
	dtls_peer_wait(&victim, 500);
	w.right.tunnel->settings.max_flows = 1;
	memcpy(&other.dtls, &victim.dtls, sizeof(other.dtls));
	dtls_peer_call(&victim, &server);
	sim_run_ms(200);
	is_int(logged_text("flow refused"), 1, "a client that begins anew is "
	    "refused");
	is_int(proc_flows(&w.right), 1, "its flow is there");
	memcpy(&victim.dtls, &other.dtls, sizeof(victim.dtls));
	ok(talks(&victim), "and lives");
	finish_server("anew refused");
}

/* A NAT gives the address of a client that is silent to another one. */
static void
test_heir(const char *identity, unsigned flows)
{
	uint16_t port;

	begin_server("");
	victim.setup.identity = (const uint8_t *)"alice";
	victim.setup.identity_len = 5;
	other.setup.identity = (const uint8_t *)identity;
	other.setup.identity_len = strlen(identity);
	dtls_peer_call(&victim, &server);
	dtls_peer_wait(&victim, 500);
	port = sim_udp_port(victim.fd);
	sim_udp_rebind(victim.fd);
	sim_sock_of(other.fd)->outside = port;
	dtls_peer_call(&other, &server);
	ok(dtls_peer_wait(&other, 500), "%s gets alice's former address",
	    identity);
	is_int(proc_flows(&w.right), flows, flows == 2 ? "which leaves alice "
	    "alone" : "and is alice, who has begun anew");
	is_int(talks(&victim), flows == 2, flows == 2 ? "whose flow goes on" :
	    "whose old flow is over");
	ok(talks(&other), "%s has a flow", identity);
	finish_server(identity);
}

/*
 * Whose are the handshakes under way?
 */

enum { CROWD = 8 };

static struct dtls_peer crowd[CROWD];

/* One that shows that it gets what is sent to it, and does not go on. */
static void
half_open(struct dtls_peer *p)
{
	dtls_peer_init(p, w.client, 0, false);
	dtls_peer_call(p, &server);
	sim_run_ms(30);
	p->mute = true;
	sim_run_ms(5);
}

static void
test_crowd(void)
{
	unsigned i;

	begin_server(",half-open=8");
	for (i = 0; i < CROWD; i++)
		half_open(&crowd[i]);
	dtls_peer_end(&other);
	dtls_peer_init(&other, w.target, 0, false);
	dtls_peer_call(&victim, &server);
	dtls_peer_call(&other, &server);
	ok(dtls_peer_wait(&other, 100), "handshakes of one address that take "
	    "all places do not keep another one out");
	is_int(victim.up, 0, "though one of that address must wait");
	ok(dtls_peer_wait(&victim, 1500), "until they are old");
	for (i = 0; i < CROWD; i++)
		dtls_peer_end(&crowd[i]);
	finish_server("crowd");
}

/* An IPv4 address that is written as IPv6. */
static void
test_mapped(void)
{
	world_begin(&w, 1);
	world_dtls_set(&w, "", "");
	proc_forget(&w.left);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "dtls:[::ffff:10.0.0.1]:2815");
	w.left.psk[RIGHT] = WORLD_PSK;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "a mapped literal is an IPv4 address");
	finish("mapped");
}

int
main(void)
{
	test_crowd();
	test_mapped();
	test_other_address("with connection IDs", "");
	test_other_address("without", ",no-cid");
	test_other_address_without_way();
	test_same_address();
	test_strangers();
	test_no_socket();
	test_cid_behind_hello();
	test_anew_twice();
	test_anew_refused();
	test_heir("bob", 2);
	test_heir("alice", 1);
	return done_testing();
}
