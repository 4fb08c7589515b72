/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS over networks that lose, move and forget: handshakes, roaming, servers
 * that come and go, and silence.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "sim_sock.h"
#include "world.h"

#include "../unit/tap.h"

enum { PORT = 4433 };

static const char *const key_file = "sim_dtls.psk";
static struct app app;

/* Writes the file of keys. */
static void
write_keys(void)
{
	FILE *f = fopen_private(key_file);

	if (f == NULL) {
		printf("Bail out! %s cannot be written\n", key_file);
		exit(1);
	}
	fputs("alice:00112233445566778899aabbccddeeff\n", f);
	fclose(f);
}

/* The two processes, with more keys for both, and for the client to that
 * host. */
static void
begin_at(struct world *w, uint64_t seed, const char *host, const char *keys)
{
	char client[200], server[200];

	world_begin(w, seed);
	snprintf(client, sizeof(client), "dtls:%s:%d,psk-file=%s%s", host,
	    PORT, key_file, keys);
	snprintf(server, sizeof(server), "dtls-listen:0.0.0.0:%d,psk-file=%s%s",
	    PORT, key_file, keys);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", client);
	proc_set(&w->right, w->server, server, "udp:10.0.2.1:7");
	app_open(&app, w, 1);
}

/* Starts both. */
static void
begin(struct world *w, uint64_t seed, const char *keys)
{
	begin_at(w, seed, "10.0.0.1", keys);
	if (proc_start(&w->right) != 0 || proc_start(&w->left) != 0) {
		printf("Bail out! the tunnels do not start\n");
		exit(1);
	}
}

static void
end(struct world *w, const char *what)
{
	is_int(app.bad + w->echo.bad, 0, "%s: no byte was changed", what);
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* The client's socket to the server, or NULL. */
static struct sim_sock *
carrier(struct world *w)
{
	struct list *at, *all = &w->client->socks;
	struct sim_sock *s;

	for (at = all->next; at != all; at = at->next) {
		s = LIST_ITEM(at, struct sim_sock, link);
		if (s->type == SOCK_DGRAM && s->peer.port == PORT)
			return s;
	}
	return NULL;
}

/* A datagram each second for so long. */
static void
talk(unsigned seconds)
{
	while (seconds-- > 0) {
		app_send(&app, 100);
		sim_run_s(1);
	}
}

/* Sets what goes wrong between client and server. */
static void
make_bad(struct world *w, unsigned loss, uint64_t jitter_us)
{
	struct sim_link *l[2];
	int i;

	l[0] = sim_link(w->client, w->server);
	l[1] = sim_link(w->server, w->client);
	for (i = 0; i < 2; i++) {
		l[i]->loss = loss;
		l[i]->duplicate = loss / 2;
		l[i]->jitter_us = jitter_us;
	}
}

static void
test_loss(void)
{
	unsigned up = 0, got = 0, seed;
	struct world w;

	for (seed = 1; seed <= 40; seed++) {
		begin(&w, seed, seed % 2 != 0 ? ",mtu=100" : "");
		make_bad(&w, seed % 2 != 0 ? 500 : 2000, 30 * SIM_MS);
		app_send(&app, 100);
		sim_run_s(9);
		up += proc_flow(&w.left) != NULL &&
		    proc_flow(&w.left)->up[RIGHT];
		make_bad(&w, 0, 0);
		app_send(&app, 1000);
		sim_run_s(1);
		got += app.received > 0;
		if (app.bad + w.echo.bad > 0)
			ok(false, "seed %u: bytes were changed", seed);
		app_close(&app);
		if (world_end(&w) != 0)
			ok(false, "seed %u: something stays open", seed);
	}
	ok(up >= 34, "loss, copies, disorder: %u of 40 handshakes are done in "
	    "9 s", up);
	ok(got >= up, "and %u flows carry data", got);
}

static void
test_roaming(void)
{
	struct world w;
	uint16_t port;
	int i;

	begin(&w, 1, "");
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "a flow is there");
	port = w.echo.port;
	for (i = 0; i < 5; i++) {
		sim_udp_rebind(carrier(&w)->fd);
		app_send(&app, 100);
		sim_run_ms(50);
	}
	is_int(app.received, 6, "each NAT binding that is lost is found "
	    "again");
	is_int(logged_text("moved from"), 5, "the server followed five times");
	is_int(w.echo.port, port, "the target saw one client");
	is_int(w.right.tunnel->last_number, 1, "and the server one flow");
	end(&w, "roaming");

	begin(&w, 1, ",no-cid");
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "without connection IDs");
	sim_udp_rebind(carrier(&w)->fd);
	talk(3);
	is_int(app.received, 1, "another NAT binding is not known");
	talk(3);
	ok(app.received > 1, "but another association is made after 4 s");
	is_int(w.left.tunnel->last_number, 1, "for the same flow");
	end(&w, "no connection IDs");
}

static void
test_server_restarts(void)
{
	struct world w;
	uint64_t began_us;

	begin(&w, 1, "");
	talk(30);
	is_int(app.received, 30, "a flow is there");
	w.server->down = true;		/* so that it cannot say good-bye */
	proc_stop(&w.right);
	proc_start(&w.right);
	w.server->down = false;
	began_us = sim_now_us();
	app.received = 0;
	talk(20);
	ok(app.received > 14 && app.received < 18, "a server that forgot us "
	    "is found again after 4 s (%u of 20)", app.received);
	is_int(logged_text("nothing came back; it has a new association"), 1,
	    "which is told");
	is_int(w.left.tunnel->last_number, 1, "the flow is the same");
	app.received = 0;
	talk(300);
	is_int(app.received, 300, "and goes on for %llu s",
	    (unsigned long long)((sim_now_us() - began_us) / SIM_S));
	is_int(logged_text("new association"), 1, "with this association");
	end(&w, "server restarts");

	begin(&w, 1, "");
	talk(30);
	proc_stop(&w.right);		/* this time it does */
	sim_run_ms(20);
	is_int(logged_text("closed by the peer"), 1, "a server takes leave");
	proc_start(&w.right);
	app.received = 0;
	talk(2);
	is_int(app.received, 2, "the next datagram begins another flow at "
	    "once");
	is_int(w.left.tunnel->last_number, 2, "a second one");
	end(&w, "server takes leave");
}

static void
test_server_away(void)
{
	struct world w;

	begin(&w, 1, "");
	talk(30);
	sim_cut(w.client, w.server, true);
	talk(1800);
	app.received = 0;
	sim_cut(w.client, w.server, false);
	talk(30);
	ok(app.received >= 10, "a way that was cut for half an hour is used "
	    "again (%u of 30)", app.received);
	is_int(w.left.tunnel->last_number, 1, "by the same flow");
	end(&w, "cut");
}

static void
test_one_way(void)
{
	struct world w;

	begin(&w, 1, "");
	w.echo.silent = true;
	talk(3600);
	is_int(w.echo.received, app.sent, "traffic of one direction is not "
	    "disturbed");
	ok(w.right.tunnel->last_number <= 9, "by the few associations that it "
	    "makes in an hour (%u)", (unsigned)w.right.tunnel->last_number);
	is_int(proc_flows(&w.right), 1, "of which one stays");
	end(&w, "one way");
}

static void
test_no_server(void)
{
	struct world w;

	begin(&w, 1, "");
	proc_stop(&w.right);
	w.server->down = true;
	app_send(&app, 100);
	sim_run_ms(9990);
	is_int(proc_flows(&w.left), 1, "a flow waits for 10 s");
	sim_run_ms(20);
	is_int(proc_flows(&w.left), 0, "and ends");
	is_int(logged_text("no answer from 10.0.0.1:4433: is UDP blocked"), 2,
	    "which is told twice: once as an error, once as its end");
	is_int(w.left.tunnel->lost[LOST_FLOW_ENDED], 1,
	    "its datagram is counted");
	w.server->down = false;
	proc_start(&w.right);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "the next one gets through");
	end(&w, "no server");
}

static void
test_name_moves(void)
{
	struct sim_host *other;
	struct world w;

	begin_at(&w, 1, "server.example", "");
	sim_name_set("server.example", "10.0.0.1");
	proc_start(&w.right);
	proc_start(&w.left);
	talk(5);
	is_int(app.received, 5, "a server is found by its name");
	proc_stop(&w.right);
	w.right.host->down = true;
	other = sim_host_add("other", "10.0.0.2");
	sim_link_both(w.client, other, 10 * SIM_MS, 0);
	sim_link_both(other, w.target, 100, 0);
	sim_name_clear("server.example");
	sim_name_set("server.example", "10.0.0.2");
	w.right.host = other;
	proc_start(&w.right);
	talk(3);
	app.received = 0;
	talk(20);
	ok(app.received >= 9, "and at its new address when that changes");
	end(&w, "name");
}

static void
test_two_addresses(void)
{
	struct sim_host *dead;
	struct world w;

	begin_at(&w, 1, "server.example", "");
	dead = sim_host_add("dead", "10.0.0.9");
	dead->down = true;
	sim_name_set("server.example", "10.0.0.9");
	sim_name_set("server.example", "10.0.0.1");
	proc_start(&w.right);
	proc_start(&w.left);
	app_send(&app, 100);
	ok(!app_wait(&app, 1, 1400), "the first of two addresses is dead");
	ok(app_wait(&app, 1, 400), "and the second is used soon");
	talk(5);
	is_int(app.received, 6, "and stays in use");
	is_int(w.right.tunnel->last_number, 1, "with one association");
	end(&w, "dead address");

	begin_at(&w, 1, "server.example", "");
	sim_name_set("server.example", "10.0.2.1");	/* the target's */
	sim_name_set("server.example", "10.0.0.1");
	sim_link_both(w.client, w.target, 10 * SIM_MS, 0);
	proc_start(&w.right);
	proc_start(&w.left);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "ICMP from the first makes it at once");
	end(&w, "refusing address");

	begin_at(&w, 1, "server.example", "");
	dead = sim_host_add("dead", "10.0.0.9");
	dead->down = true;
	sim_name_set("server.example", "10.0.0.9");
	sim_name_set("server.example", "10.0.0.8");
	proc_start(&w.left);
	app_send(&app, 100);
	sim_run_ms(10050);
	is_int(proc_flows(&w.left), 0, "two dead ones take no longer than one");
	end(&w, "dead addresses");
}

static void
test_forged(void)
{
	struct world w;
	struct sim_sock *s;
	struct addr server;
	uint8_t record[60] = { 23, 0xfe, 0xfd, 0, 1 };

	begin(&w, 1, "");
	talk(2);
	s = carrier(&w);
	server = w.server->addr[0];
	server.port = PORT;
	record[12] = sizeof(record) - 13;
	(void)sim_udp_out(s, record, sizeof(record), &server, NULL);
	sim_run_ms(50);
	is_int(w.right.tunnel->lost[LOST_FORGED], 1,
	    "a forged record is counted");
	is_int(proc_flow(&w.right)->lost, 1, "for its flow");
	talk(1);
	is_int(app.received, 3, "and does no harm");
	end(&w, "forged");
}

static void
test_sleep(void)
{
	unsigned long before[2];
	struct world w;

	begin(&w, 1, "");
	proc_stop(&w.left);
	proc_stop(&w.right);
	proc_option(&w.left, "idle", "0");
	proc_option(&w.right, "idle", "0");
	proc_start(&w.right);
	proc_start(&w.left);
	talk(3);
	sim_run_s(120);
	before[0] = w.left.sim->wakeups;
	before[1] = w.right.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups - before[0], 0,
	    "an idle client with an association sleeps");
	is_int(w.right.sim->wakeups - before[1], 0, "and so does the server");
	app.received = 0;
	talk(1);
	is_int(app.received, 1, "an hour later the association is there");
	is_int(w.right.tunnel->last_number, 1, "the same");
	end(&w, "idle");
}

static void
test_many(void)
{
	enum { MANY = 500 };
	static struct app apps[MANY];
	unsigned i, answered = 0;
	struct world w;

	begin(&w, 1, "");	/* which allows for 256 at the same time */
	for (i = 0; i < MANY; i++) {
		app_open(&apps[i], &w, i + 2);
		app_send(&apps[i], 500);
	}
	sim_run_s(5);
	for (i = 0; i < MANY; i++) {
		answered += apps[i].received == 1 && apps[i].bad == 0;
		app_close(&apps[i]);
	}
	is_int(answered, MANY, "%d flows that begin at once are answered",
	    MANY);
	is_int(proc_flows(&w.right), MANY, "and each has one association");
	end(&w, "many");
}

int
main(void)
{
	write_keys();
	test_loss();
	test_roaming();
	test_server_restarts();
	test_server_away();
	test_one_way();
	test_no_server();
	test_name_moves();
	test_two_addresses();
	test_forged();
	test_sleep();
	test_many();
	remove(key_file);
	return done_testing();
}
