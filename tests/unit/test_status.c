/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status of a process, between two ends of this file: totals that never go
 * back, pages of peers that come and go, names of any bytes in JSON and in the
 * table, and JSON that is read back.
 *
 * NOTES.  A build without CONTROL leaves this out.
 */

#include "compat.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/process.h"
#include "daemon/status_json.h"
#include "daemon/status_log.h"
#include "daemon/status_read.h"
#include "daemon/status_table.h"

#include "fake_plan.h"
#include "still.h"
#include "tap.h"

/*
 * Two ends that know what no stranger should be able to say
 */

/* A name with what terminals, JSON and logs take for their own. */
#define HOSTILE "al\033[31m\"\\\n\xc2\x9b\xff\xed\xa0\x80</b>"

static int64_t cert_end_s;

static void
fake_tell(const struct end *end, struct facts *f)
{
	(void)end;
	f->connections = 3;
	f->retry_ms = 1500;
	f->cert_end_s = cert_end_s;
}

static void
fake_tell_leg(const struct leg *leg, struct facts *f)
{
	struct addr inner;
	unsigned i;

	(void)leg;
	strlcpy(f->protocol, "TLS 1.2", sizeof(f->protocol));
	strlcpy(f->suite, "SUITE", sizeof(f->suite));
	strlcpy(f->name, HOSTILE, sizeof(f->name));
	f->resumed = FACTS_RESUMED;
	f->rtt_us = 12345;
	f->loss_ppm = 2500;
	addr_parse(&f->address, "192.0.2.9:443");
	addr_parse_ip(&inner, "fd00::1");
	for (i = 0; i < FACTS_INNER + 2; i++)
		facts_add_inner(f, &inner);
}

static unsigned reconnected;

static void
fake_reconnect(struct end *end)
{
	(void)end;
	reconnected++;
}

/*
 * A process of two tunnels
 */

static struct end_ops left_ops, right_ops;
static struct plan plan;
static struct member *members[2];
static struct process process = { .path = "/etc/" HOSTILE };

static void
start(struct member *m)
{
	struct fault fault;

	m->tunnel = tunnel_new(process.loop, NULL, &process.random, &plan);
	must(tunnel_start(m->tunnel, &fault) == 0);
	status_begin(&m->kept, true, now_ms);
}

static void
begin(void)
{
	struct fault fault;

	left_ops = fake_end(LEFT);
	right_ops = fake_end(RIGHT);
	right_ops.tell = fake_tell;
	right_ops.tell_leg = fake_tell_leg;
	right_ops.reconnect = fake_reconnect;
	fake_plan(&plan, &left_ops, &right_ops);
	must(plan_set_tunnel(&plan, "max-flows", "1000000", &fault) == 0);
	must(plan_set_tunnel(&plan, "source-share", "100", &fault) == 0);
	must(plan_finish(&plan, &fault) == 0);
	random_init_fixed(&process.random, "seed", 4);
	process.loop = loop_new(NULL);
	members[0] = members_add(&process.members, "home", &plan, true);
	members[1] = members_add(&process.members, "work", &plan, true);
	members[0]->subject = members[0]->name;
	members[1]->subject = members[1]->name;
	process.members.loop = process.loop;
	status_start(&process);
	start(members[0]);
	start(members[1]);
}

static void
end(void)
{
	status_stop();
	members_free(&process.members);
	loop_free(process.loop);
	plan_free(&plan);
}

/* A new flow of the first tunnel. */
static struct leg *
new_flow(const char *addr, const char *name)
{
	struct peer peer;
	struct leg *leg;

	memset(&peer, 0, sizeof(peer));
	addr_parse(&peer.addr, addr);
	peer.identity = name;
	leg = flow_open(members[0]->tunnel->end[LEFT], &peer);
	must(leg != NULL);
	return leg;
}

/*
 * Totals
 */

static void
test_totals(void)
{
	struct status_tunnel t;
	struct leg *leg;

	begin();
	leg = new_flow("10.0.0.1:5", "");
	fake_pass(leg, 3, 100);
	fake_pass(leg_other(leg), 2, 100);
	flow_drop(leg, LOST_TOO_BIG, 4);
	status_tunnel(&process, 0, &t);
	is_str(t.name, "home", "a tunnel has its name");
	is_int(t.state, STATUS_RUNNING, "and runs");
	is_int(t.flows, 1, "it has a flow");
	is_int(t.peers, 1, "of a peer");
	is_int(t.totals.datagrams[LEFT], 3, "that sent three datagrams");
	is_int(t.totals.bytes[RIGHT], 200, "and received 200 bytes");
	is_int(t.totals.lost[LOST_TOO_BIG], 4, "four were lost");
	is_int(t.retry_s, 2, "the next attempt is in two seconds");
	/* As a reload does it. */
	status_keep(&members[0]->kept, members[0]->tunnel);
	tunnel_free(members[0]->tunnel);
	start(members[0]);
	fake_pass(new_flow("10.0.0.1:5", ""), 1, 100);
	status_tunnel(&process, 0, &t);
	is_int(t.totals.datagrams[LEFT], 4, "a tunnel that replaces it counts "
	    "on: datagrams");
	is_int(t.totals.bytes[LEFT], 400, "bytes");
	is_int(t.totals.lost[LOST_TOO_BIG], 4, "losses");
	is_int(t.totals.flows, 2, "flows");
	end();
}

static void
test_failed(void)
{
	struct status_process p;
	struct status_tunnel t;

	begin();
	tunnel_free(members[1]->tunnel);
	members[1]->tunnel = NULL;
	now_ms += 7000;
	status_begin(&members[1]->kept, false, now_ms);
	status_error(&members[1]->kept, "no such key", now_ms);
	now_ms += 5000;
	loop_update(process.loop);
	status_tunnel(&process, 1, &t);
	is_int(t.state, STATUS_FAILED, "a tunnel that did not start has "
	    "failed");
	is_str(t.error, "no such key", "and says why");
	is_int(clock_wall_s() - t.error_s, 5, "and when");
	status_begin(&members[1]->kept, false, now_ms);
	status_tunnel(&process, 1, &t);
	is_int(clock_wall_s() - t.since_s, 5, "once more does not change "
	    "since when");
	status_process(&process, &p);
	is_int(p.tunnels, 2, "the process has two tunnels");
	is_int(p.running, 1, "one of them runs");
	(void)loop_set_subject(process.loop, "home");
	log_info("only to be known");
	log_warn("first");
	log_warn("second " HOSTILE);
	(void)loop_set_subject(process.loop, NULL);
	log_warn("about no tunnel");
	status_tunnel(&process, 0, &t);
	is_str(t.error, "second " HOSTILE, "the last warning of a tunnel is "
	    "its error");
	end();
}

/*
 * Pages
 */

static void
test_pages(void)
{
	enum { PEERS = 1000, PAGE = 7 };
	static unsigned seen[PEERS];
	struct status_peer peers[PAGE];
	struct leg *legs[PEERS];
	char addr[ADDR_TEXT];
	uint64_t cursor = 0;
	size_t n, i, twice = 0, missed = 0, pages = 0, wrong = 0;
	unsigned number;

	begin();
	for (i = 0; i < PEERS; i++) {
		snprintf(addr, sizeof(addr), "10.0.%u.%u:1",
		    (unsigned)i / 250, (unsigned)i % 250 + 1);
		legs[i] = new_flow(addr, "");
		(void)new_flow(addr, "");
	}
	while ((n = status_peers(&process, 0, &cursor, peers, PAGE)) > 0) {
		pages++;
		for (i = 0; i < n; i++) {
			number = peers[i].address.ip[2] * 250u +
			    peers[i].address.ip[3] - 1;
			twice += ++seen[number] > 1;
			wrong += peers[i].flows < 1 || peers[i].flows > 2;
		}
		/* The one that the cursor is of goes, and others do. */
		number = peers[n - 1].address.ip[2] * 250u +
		    peers[n - 1].address.ip[3] - 1;
		if (number % 3 == 0)
			tunnel_drop(members[0]->tunnel, peer_set_find(
			    &members[0]->tunnel->peers, addr_ip_text(
			    &peers[n - 1].address, addr)));
		if (pages % 2 == 0 && number + 10 < PEERS &&
		    !legs[number + 10]->flow->dead)
			flow_end(legs[number + 10]->flow, "test");
		loop_turn(process.loop, 0);
		legs[number] = legs[0];
	}
	for (i = 0; i < PEERS; i++)
		missed += seen[i] == 0;
	is_int(twice, 0, "no peer is in two pages, whatever goes");
	is_int(wrong, 0, "each has its flows");
	is_int(missed, 0, "and none is missed that stays");
	ok(!status_peers_more(&process, 0, cursor), "then there are no more");
	ok(status_peers_more(&process, 0, 0), "from the beginning there are");
	end();
}

/* Several readers, in turn; the last one begins late. */
static void
test_readers(void)
{
	enum { PEERS = 1000, PAGE = 7, READERS = 8 };
	struct status_peer peers[PAGE];
	uint64_t cursor[READERS] = { 0 }, walked;
	size_t n[READERS] = { 0 }, i, all = 0, got = 1, turns;
	char addr[ADDR_TEXT];

	begin();
	for (i = 0; i < PEERS; i++) {
		snprintf(addr, sizeof(addr), "10.0.%u.%u:1",
		    (unsigned)i / 250, (unsigned)i % 250 + 1);
		(void)new_flow(addr, "");
	}
	for (turns = 0; got > 0; turns++) {
		for (i = got = 0; i < READERS; i++) {
			if (i == READERS - 1 && turns < PEERS / PAGE / 2)
				continue;
			n[i] = status_peers(&process, 0, &cursor[i], peers,
			    PAGE);
			got += n[i];
			all += n[i];
		}
	}
	walked = members[0]->tunnel->peers.walked;
	is_int(all, PEERS * READERS, "each reader sees each peer");
	ok(walked <= 4 * PEERS, "a reader goes on where it was, "
	    "also beside others (%llu passed)", (unsigned long long)walked);
	end();
}

static void
test_peer(void)
{
	struct status_peer p;
	struct leg *one, *two;
	uint64_t cursor = 0;

	begin();
	one = new_flow("10.0.0.1:5", "alice");
	two = new_flow("10.0.0.2:6", "alice");
	(void)new_flow("10.0.0.1:5", "");
	fake_pass(one, 2, 100);
	fake_pass(leg_other(two), 3, 100);
	now_ms += 9000;
	loop_update(process.loop);
	is_int(status_peers(&process, 0, &cursor, &p, 1), 1, "a name is a "
	    "peer");
	is_str(p.name, "alice", "with its name");
	is_int(p.flows, 2, "and the flows of all its addresses");
	is_int(p.datagrams[LEFT], 2, "their datagrams");
	is_int(p.bytes[RIGHT], 300, "and bytes are added up");
	is_int(p.heard_s, 9, "it was heard 9 s ago");
	is_int(p.facts.n_inner, FACTS_INNER + 2, "all inner addresses count");
	flow_end(one->flow, "test");
	cursor = 0;
	(void)status_peers(&process, 0, &cursor, &p, 1);
	is_int(p.flows, 1, "a flow has ended");
	is_int(p.datagrams[LEFT], 2, "what it has sent stays counted");
	is_int(p.heard_s, 9, "and when it was heard");
	is_int(status_peers(&process, 0, &cursor, &p, 1), 1, "an address "
	    "without a name is a peer of its own");
	is_str(p.name, "", "which has none");
	is_int(p.heard_s, -1, "and was never heard");
	ok(peer_set_find(&members[0]->tunnel->peers, "10.0.0.1") != NULL,
	    "it is found by its address");
	ok(peer_set_find(&members[0]->tunnel->peers, "10.0.0.2") == NULL,
	    "a peer with a name is not");
	is_int(tunnel_drop(members[0]->tunnel, peer_set_find(
	    &members[0]->tunnel->peers, "alice")), 1, "dropping one ends its "
	    "flows");
	is_int(members[0]->tunnel->n_flows, 1, "and no others");
	is_int(tunnel_drop(members[0]->tunnel, NULL), 1, "dropping all ends "
	    "those");
	tunnel_reconnect(members[0]->tunnel);
	is_int(reconnected, 1, "reconnecting asks each end that dials");
	end();
}

/*
 * JSON
 */

/* Writes a whole document; the caller frees it. */
static char *
document(struct status_json *j, size_t *len)
{
	size_t room = 1 << 20, n;
	char *text = malloc(room), part[STATUS_JSON_PART];

	*len = 0;
	while ((n = status_json_next(j, part)) > 0) {
		if (*len + n > room)
			text = realloc(text, room *= 2);
		memcpy(text + *len, part, n);
		*len += n;
	}
	return text;
}

static void
test_json(void)
{
	struct status_read s = { .n = 0 };
	const struct status_tunnel *t;
	const struct status_peer *p;
	struct status_json j;
	size_t len;
	char *text;

	begin();
	cert_end_s = clock_wall_s() + 86400 * 3 + 5;
	fake_pass(new_flow("10.0.0.1:5", HOSTILE), 3, 100);
	(void)loop_set_subject(process.loop, "home");
	log_warn("lost: %s", HOSTILE);
	(void)loop_set_subject(process.loop, NULL);
	status_json_all(&j, &process);
	text = document(&j, &len);
	ok(memchr(text, '\033', len) == NULL, "no escape is in the JSON");
	ok(memchr(text, '\n', len) == text + len - 1, "it is one line");
	is_int(status_read_all(&s, text, len), 0, "it is read back");
	is_str(s.why, "", "without an error");
	is_int(s.n, 2, "two tunnels");
	is_int(s.schema, STATUS_SCHEMA, "of this schema");
	t = &s.tunnels[0].tunnel;
	is_str(t->name, "home", "name");
	is_int(t->totals.datagrams[LEFT], 3, "datagrams");
	is_int(t->end[RIGHT].facts.connections, 3, "connections");
	is_int(t->end[RIGHT].facts.rtt_us, 12345, "round trip");
	is_int(t->end[RIGHT].facts.cert_end_s, cert_end_s, "certificate");
	is_int(status_cert_days(cert_end_s, clock_wall_s()), 3, "its days");
	is_int(t->end[LEFT].facts.rtt_us, -1, "what is not known");
	is_str(t->end[LEFT].address, "a:1", "address of an end");
	is_str(t->error, "lost: al\033[31m\"\\\n\xc2\x9b\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd</b>", "an error of any "
	    "bytes, but those that are no UTF-8");
	is_int(s.tunnels[0].n, 1, "one peer");
	p = &s.tunnels[0].peers[0];
	ok(strncmp(p->name, "al\033[31m\"\\\n\xc2\x9b", 11) == 0, "its name "
	    "of any characters");
	is_int(p->address.port, 5, "its port");
	is_int(p->facts.n_inner, FACTS_INNER + 2, "its inner addresses");
	is_int(p->facts.inner[7].family, 6, "eight of them are there");
	is_int(s.tunnels[1].n, 0, "the other tunnel has none");
	is_int(s.tunnels[0].next, -1, "and there are no more");
	status_read_free(&s);
	free(text);
	end();
}

static void
test_json_pages(void)
{
	enum { PEERS = 2 * STATUS_JSON_PEERS + 50 };
	struct status_read s = { .n = 0 };
	struct status_json j;
	unsigned i, pages = 0;
	char addr[ADDR_TEXT];
	char *text, *rest;
	size_t len, n;

	begin();
	for (i = 0; i < PEERS; i++) {
		snprintf(addr, sizeof(addr), "10.1.%u.%u:1", i / 250,
		    i % 250 + 1);
		(void)new_flow(addr, i % 2 == 0 ? "" : addr);
	}
	status_json_one(&j, &process, 0);
	text = document(&j, &len);
	is_int(status_read_all(&s, text, len), 0, "a document of many peers");
	is_int(s.n, 1, "has the tunnel that was asked for");
	is_int(s.tunnels[0].n, STATUS_JSON_PEERS, "and so many peers");
	free(text);
	while (s.tunnels[0].next >= 0 && pages < 10) {
		status_json_peers(&j, &process, 0,
		    (uint64_t)s.tunnels[0].next);
		text = document(&j, &len);
		must(status_read_peers(&s, &s.tunnels[0], text, len) == 0);
		free(text);
		pages++;
	}
	is_int(pages, 2, "two more have the rest");
	is_int(s.tunnels[0].n, PEERS, "all of them");
	is_str(s.tunnels[0].peers[PEERS - 1].name, addr, "up to the last");
	status_read_free(&s);
	/* The tunnel goes while its peers are written. */
	status_json_all(&j, &process);
	text = malloc(3 * STATUS_JSON_PART + (1 << 20));
	len = status_json_next(&j, text);
	len += status_json_next(&j, text + len);
	len += status_json_next(&j, text + len);
	members[0]->name[0] = 'H';
	rest = document(&j, &n);
	must(n < 1 << 20);
	memcpy(text + len, rest, n);
	len += n;
	free(rest);
	is_int(status_read_all(&s, text, len), 0, "a document is whole JSON "
	    "when a tunnel goes meanwhile");
	status_read_free(&s);
	free(text);
	end();
}

/* What is no status. */
static void
test_read_wrong(void)
{
	static const char *const texts[] = {
		"", "[]", "{", "{\"tunnels\":{}}", "{\"tunnels\":[1]}",
		"{\"tunnels\":[{\"peers\":[[]]}]}",
		"{\"tunnels\":[{\"name\":{}}]}",
		"{\"tunnels\":[{\"left\":{\"rtt_us\":\"x\"}}]}",
		"{\"tunnels\":[{\"peers\":[{\"address\":\"x\"}]}]}",
		"{\"tunnels\":[{\"lost\":[]}]}",
		"{\"process\":[]}", "{\"schema\":1}x",
	};
	static const char unknown[] = "{\"new\":[{\"a\":1}],\"tunnels\":[{"
	    "\"new\":{},\"state\":[\"x\"],\"last_error\":[1],"
	    "\"retry_s\":7}]}";
	struct status_read s;
	unsigned i, read = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memset(&s, 0, sizeof(s));
		read += status_read_all(&s, texts[i], strlen(texts[i])) == 0;
		status_read_free(&s);
	}
	is_int(read, 0, "what is no status is not read");
	memset(&s, 0, sizeof(s));
	is_int(status_read_all(&s, unknown, sizeof(unknown) - 1), 0,
	    "members that are not known are passed over");
	is_int(s.n, 1, "and others are read");
	is_int(s.tunnels[0].tunnel.retry_s, 7, "those behind them, too");
	status_read_free(&s);
}

/*
 * The table
 */

static char table_text[16384];
static struct text table_out;
static unsigned bad_lines;

/* Keeps a line, and looks for what no terminal may see. */
static void
keep_line(void *arg, const char *line)
{
	const char *p;

	(void)arg;
	for (p = line; *p != '\0'; p++)
		bad_lines += (unsigned char)*p < ' ' ||
		    (unsigned char)*p >= 0x7f;
	text_add(&table_out, "%s\n", line);
}

static bool
has(const char *text)
{
	if (strstr(table_text, text) != NULL)
		return true;
	printf("# no \"%s\" in:\n# %s\n", text, table_text);
	return false;
}

static void
test_table(void)
{
	struct status_table table = { keep_line, NULL, false, 0 };
	struct status_rate rate = { 2048, 5 };
	struct status_process p;
	struct status_tunnel t;
	struct status_peer peer;
	uint64_t cursor = 0;

	begin();
	cert_end_s = clock_wall_s() + 86400 * 21;
	fake_pass(new_flow("10.0.0.1:5", HOSTILE), 3, 100);
	(void)loop_set_subject(process.loop, "home");
	log_warn("%s", HOSTILE);
	(void)loop_set_subject(process.loop, NULL);
	now_ms += 3723000;
	loop_update(process.loop);
	status_process(&process, &p);
	status_tunnel(&process, 0, &t);
	(void)status_peers(&process, 0, &cursor, &peer, 1);
	table.now_s = p.now_s;
	text_init(&table_out, table_text, sizeof(table_text));
	bad_lines = 0;
	status_table_process(&table, &p);
	status_table_tunnel(&table, &t, &rate);
	status_table_peer(&table, &peer, NULL);
	status_table_rest(&table, 1, "");
	is_int(bad_lines, 0, "no byte of a stranger reaches the terminal");
	ok(has("2 tunnels, up 1 h 2 min"), "the process");
	ok(has("tunnel: home\n"), "the name of the tunnel");
	ok(has("state: running for 1 h 2 min; 1 flow now, 1 in all"),
	    "its state");
	ok(has("TLS 1.2 SUITE (session resumed), 3 connections, round trip "
	    "12.3 ms, 0.25 % lost"), "its carrier");
	ok(has("server: al\\x1b[31m\"\\\\x0a\\xc2\\x9b\\xff\\xed\\xa0\\x80"
	    "</b> (192.0.2.9:443)"), "its server");
	ok(has("certificate: 20 days left: renew it") ||
	    has("certificate: 21 days left: renew it"), "its certificate");
	ok(has("transfer: 300 B up, 0 B down (3 and 0 datagrams); now 2.0 "
	    "KiB/s up, 5 B/s down"), "what it carries");
	ok(has("next attempt: in 2 s"), "and when it tries again");
	ok(has("peer: al\\x1b[31m"), "a peer has its name");
	ok(has("inner addresses: fd00::1, fd00::1"), "its inner addresses");
	ok(has("and 2 more"), "and how many are not named");
	ok(has("last heard: 1 h 2 min ago"), "when it was heard");
	ok(has("  and 1 more peer\n"), "and how many follow");
	end();
}

static void
drop_line(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

static unsigned logged;

static void
count_line(enum log_level level, const char *line)
{
	(void)line;
	logged += level == LEVEL_INFO;
}

static void
test_log(void)
{
	char addr[ADDR_TEXT];
	unsigned i;

	begin();
	for (i = 0; i < 200; i++) {
		snprintf(addr, sizeof(addr), "10.1.1.%u:1", i + 1);
		(void)new_flow(addr, "");
	}
	logged = 0;
	log_set_sink(count_line);
	status_log_write(&process);
	log_set_sink(drop_line);
	ok(logged > 30, "the log has the table");
	ok(logged < 120, "without most of the peers");
	end();
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	log_set_level(LEVEL_INFO);
	log_set_sink(drop_line);
	test_totals();
	test_failed();
	test_pages();
	test_readers();
	test_peer();
	test_json();
	test_json_pages();
	test_read_wrong();
	test_table();
	test_log();
	return done_testing();
}
