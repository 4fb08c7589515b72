/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * daemon/web_reply.h: the page, metrics and health of a status that this test
 * makes up, with hostile names, in pieces of any size.
 *
 * NOTES.  The functions of daemon/status.h are defined here, in place of those
 * of the library.
 */

#include "compat.h"

#include "daemon/web_reply.h"
#include "tap.h"

enum { ANSWER_MAX = 8 << 20 };

/* The status. */
static struct {
	size_t tunnels;
	size_t first;		/* in the name of the first tunnel */
	unsigned wrong;		/* asked for what is not there */
	uint64_t peers;		/* of each */
	const char *name;	/* of each peer; NULL: they have none */
	const char *error;	/* of the last tunnel, which has failed; NULL */
	int64_t rtt_us;
	int64_t cert_s;		/* that certificates have left; 0: there are
				 * none */
	uint64_t bytes;		/* that each direction has passed */
	unsigned taken;		/* pages of peers */
} world;

void
status_process(const struct process *p, struct status_process *s)
{
	(void)p;
	memset(s, 0, sizeof(*s));
	strlcpy(s->version, "1<2", sizeof(s->version));
	s->now_s = 1000000;
	s->start_s = s->now_s - 90000;
	s->tunnels = world.tunnels;
	s->running = world.tunnels - (world.error != NULL);
}

size_t
status_tunnels(const struct process *p)
{
	(void)p;
	return world.tunnels;
}

void
status_tunnel(const struct process *p, size_t i, struct status_tunnel *s)
{
	unsigned n;

	(void)p;
	memset(s, 0, sizeof(*s));
	world.wrong += i >= world.tunnels;
	snprintf(s->name, sizeof(s->name), "t%u",
	    (unsigned)(world.first + i));
	s->since_s = 1000000 - 200;
	s->retry_s = -1;
	for (n = LEFT; n <= RIGHT; n++) {
		facts_clear(&s->end[n].facts);
		strlcpy(s->end[n].kind, n == LEFT ? "tls-listen" : "udp",
		    sizeof(s->end[n].kind));
		strlcpy(s->end[n].address, "h:1",
		    sizeof(s->end[n].address));
		s->totals.bytes[n] = world.bytes;
		s->totals.datagrams[n] = 1234567;
	}
	s->end[RIGHT].facts.rtt_us = world.rtt_us;
	if (world.cert_s != 0)
		s->end[LEFT].facts.cert_end_s = 1000000 + world.cert_s;
	s->peers = world.peers;
	s->flows = 1;
	s->totals.lost[LOST_QUEUE_FULL] = 3;
	s->totals.lost[LOST_FORGED] = 1;
	if (world.error != NULL && i + 1 == world.tunnels) {
		s->state = STATUS_FAILED;
		s->retry_s = 5;
		s->error_s = 1000000 - 3700;
		strlcpy(s->error, world.error, sizeof(s->error));
	}
}

size_t
status_peers(const struct process *p, size_t i, uint64_t *cursor,
    struct status_peer *s, size_t max)
{
	size_t n = 0;

	(void)p;
	world.wrong += i >= world.tunnels;
	world.taken++;
	for (; n < max && *cursor < world.peers; n++, s++) {
		memset(s, 0, sizeof(*s));
		facts_clear(&s->facts);
		if (world.name != NULL)
			strlcpy(s->name, world.name, sizeof(s->name));
		s->address.family = 4;
		s->address.ip[0] = 10;
		s->address.ip[2] = (uint8_t)(*cursor >> 8);
		s->address.ip[3] = (uint8_t)*cursor;
		s->address.port = 4000;
		s->heard_s = -1;
		++*cursor;
	}
	return n;
}

const char *
status_name(const struct process *p, size_t i)
{
	static char name[STATUS_NAME];

	(void)p;
	snprintf(name, sizeof(name), "t%u", (unsigned)(world.first + i));
	return name;
}

size_t
status_find(const struct process *p, const char *name)
{
	size_t i;

	for (i = 0; i < world.tunnels; i++)
		if (strcmp(status_name(p, i), name) == 0)
			return i;
	return SIZE_MAX;
}

bool
status_peers_more(const struct process *p, size_t i, uint64_t cursor)
{
	(void)p;
	(void)i;
	return cursor < world.peers;
}

const char *
status_state_text(enum status_state state)
{
	return state == STATUS_RUNNING ? "running" : "failed";
}

int64_t
status_cert_days(int64_t cert_end_s, int64_t now_s)
{
	return (cert_end_s - now_s) / 86400;
}

/* The world is an ordinary one again. */
static void
begin_world(void)
{
	memset(&world, 0, sizeof(world));
	world.tunnels = 1;
	world.peers = 1;
	world.rtt_us = -1;
}

static char whole[ANSWER_MAX];		/* what was written */
static struct web_reply r;

/* Asks for a path in a way that the settings allow, and writes all of the body
 * in pieces that have so much room; returns how many pieces there were. */
static unsigned
ask(const char *path, size_t room)
{
	static struct http_request q;
	struct web_access access = { .token = NULL };
	char piece[WEB_PIECE], text[100];
	struct addr local = { 0 };
	struct text t;
	unsigned pieces = 0;
	size_t n = 0;
	bool more = true;

	snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path);
	http_request_begin(&q);
	(void)http_request_feed(&q, (const uint8_t *)text, strlen(text));
	web_reply_begin(&r, NULL, &access, &q, &local, "policy");
	while (more) {
		text_init(&t, piece, room);
		more = r.more(&r, &t);
		if (t.at == piece && more) {
			ok(false, "a piece of %s has something", path);
			break;
		}
		if (n + (size_t)(t.at - piece) >= sizeof(whole)) {
			ok(false, "%s comes to an end", path);
			break;
		}
		memcpy(whole + n, piece, (size_t)(t.at - piece));
		n += (size_t)(t.at - piece);
		pieces++;
	}
	whole[n] = '\0';
	web_reply_end(&r);
	return pieces;
}

static unsigned
count_text(const char *what)
{
	unsigned n = 0;
	const char *p = whole;

	while ((p = strstr(p, what)) != NULL) {
		p += strlen(what);
		n++;
	}
	return n;
}

#define HAS(what) ok(strstr(whole, what) != NULL, "has %s", what)
#define LACKS(what) ok(strstr(whole, what) == NULL, "has no %s", what)

/* Whatever the pieces are, the whole is the same. */
static void
test_pieces(const char *path)
{
	static char first[ANSWER_MAX];
	size_t room;
	bool same = true;

	begin_world();
	world.tunnels = 3;
	world.peers = 7;
	world.error = "refused: \"<try> this\"";
	world.name = "O'Neill";
	(void)ask(path, WEB_PIECE);
	strlcpy(first, whole, sizeof(first));
	for (room = 2500; room < 2700; room++) {
		(void)ask(path, room);
		same = same && strcmp(whole, first) == 0;
	}
	ok(same && first[0] != '\0', "%s is the same in any pieces", path);
}

/* The JSON is that of the query. */
static void
test_json(void)
{
	begin_world();
	world.tunnels = 3;
	world.peers = 1500;
	(void)ask("/status.json", WEB_PIECE);
	is_int(count_text("\"peers_total\""), 3, "the JSON has all tunnels");
	is_int(count_text("\"heard_s\""), 1000, "and a thousand peers");
	(void)ask("/status.json?tunnel=t1", WEB_PIECE);
	is_int(count_text("\"peers_total\""), 1, "or one tunnel");
	HAS("\"name\":\"t1\"");
	(void)ask("/status.json?tunnel=t1&after=1000", WEB_PIECE);
	is_int(count_text("\"peers_total\""), 0, "or more of its peers");
	is_int(count_text("\"heard_s\""), 500, "all of those that are left");
	(void)ask("/status.json?tunnel=t9", WEB_PIECE);
	is_int(r.status, 404, "or nothing");
}

/* Names of strangers stay text. */
static void
test_hostile(void)
{
	begin_world();
	world.name = "<script>alert(1)</script>\"' onload=x\n\xe2\x80\xae&amp;"
	    "{name}\xff";
	world.error = "</p><img src=x onerror=alert(1)>";
	(void)ask("/", WEB_PIECE);
	is_int(count_text("<script>"), 1, "the page has one script, its own");
	is_int(count_text("<img"), 0, "and no image");
	HAS("data-k=\"&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; "
	    "onload=x\\u000a\\u202e&amp;amp;{name}\xef\xbf\xbd\"");
	HAS("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;");
	HAS("1 h 1 min ago: &lt;/p&gt;&lt;img src=x onerror=alert(1)&gt;");
	HAS("<footer>Adit 1&lt;2 ");
}

/* The longest of all texts, of bytes that become longest. */
static void
test_longest(void)
{
	static char name[FACTS_NAME], error[STATUS_ERROR];

	begin_world();
	memset(name, 1, sizeof(name) - 1);
	memset(error, 1, sizeof(error) - 1);
	world.name = name;
	world.error = error;
	world.peers = 300;
	(void)ask("/", WEB_PIECE);
	is_int(count_text("\\u0001"), (unsigned)(2 * WEB_PAGE_PEERS *
	    (sizeof(name) - 1) + sizeof(error) - 1), "all of it is there");
	HAS("</script>");
	(void)ask("/healthz", WEB_PIECE);
	is_int(count_text("\\x01"), sizeof(error) - 1, "in the health, too");
}

static void
test_many(void)
{
	unsigned pieces;

	begin_world();
	world.peers = 10000;
	(void)ask("/", WEB_PIECE);
	is_int(count_text("<tr data-k="), WEB_PAGE_PEERS, "of 10,000 peers the "
	    "page has a hundred");
	HAS("<dd class=big>10,000<dd>");
	HAS("and 9,900 more");
	ok(world.taken < WEB_PAGE_PEERS, "and asks for few pages of them (%u)",
	    world.taken);
	world.peers = 100;
	(void)ask("/", WEB_PIECE);
	is_int(count_text("<tr data-k="), 100, "of a hundred all");
	LACKS(" more, which");
	world.peers = 0;
	(void)ask("/", WEB_PIECE);
	is_int(count_text("<tr data-k="), 0, "of none none");
	HAS("data-n=\"0\"");
	world.tunnels = 500;
	world.peers = 10000;
	world.taken = 0;
	pieces = ask("/metrics", WEB_PIECE);
	is_int(count_text("\nadit_tunnel_up{"), 500, "500 tunnels are 500 "
	    "samples");
	ok(pieces > 50, "in many pieces (%u)", pieces);
	is_int(world.taken, 0, "peers are not gone through");
	world.tunnels = 0;
	(void)ask("/metrics", WEB_PIECE);
	is_int(count_text("# TYPE"), 19, "without tunnels there are the types");
	(void)ask("/", WEB_PIECE);
	HAS("All 0 tunnels run");
	(void)ask("/healthz", WEB_PIECE);
	is_str(whole, "ok\n", "and all is well");
}

/* A number of bytes, and the words for it. */
static void
bytes_are(uint64_t bytes, const char *words)
{
	char part[64];

	begin_world();
	world.bytes = bytes;
	(void)ask("/", WEB_PIECE);
	snprintf(part, sizeof(part), "<dd>%s<dd>1,234,567 datagrams</div>",
	    words);
	ok(strstr(whole, part) != NULL, "%llu are %s",
	    (unsigned long long)bytes, words);
	snprintf(part, sizeof(part), "data-up=\"%llu\"",
	    (unsigned long long)bytes);
	ok(strstr(whole, part) != NULL, "the script gets them exactly");
}

static void
rtt_is(int64_t us, const char *words)
{
	char part[64];

	begin_world();
	world.rtt_us = us;
	(void)ask("/", WEB_PIECE);
	snprintf(part, sizeof(part), "<dt>Round trip<dd class=big>%s</dd>",
	    words);
	ok(strstr(whole, part) != NULL, "a round trip of %lld us is %s",
	    (long long)us, words);
}

static void
test_numbers(void)
{
	bytes_are(0, "0 B");
	bytes_are(999, "999 B");
	bytes_are(1024, "1.0 KiB");
	bytes_are(UINT64_MAX, "15.9 EiB");
	rtt_is(-1, "&ndash;");
	rtt_is(0, "0.0 ms");
	rtt_is(12345, "12.3 ms");
	rtt_is(2000000, "2000 ms");
	begin_world();
	world.cert_s = 3 * 86400;
	(void)ask("/", WEB_PIECE);
	HAS("The certificate of the left end ends in 3 days: renew it.");
	world.cert_s = 86400;
	(void)ask("/", WEB_PIECE);
	HAS("The certificate of the left end ends in 1 day: renew it.");
	world.cert_s = -3 * 86400;
	(void)ask("/", WEB_PIECE);
	HAS("The certificate of the left end has ended: renew it.");
	world.cert_s = 22 * 86400;
	(void)ask("/", WEB_PIECE);
	LACKS("The certificate");
	HAS("<p id=live>up 1 d 1 h</p>");
	HAS("for 3 min 20 s");
	HAS("<dd class=big>4<dd>3 queue full, 1 not authentic</div>");
}

static void
test_metrics(void)
{
	begin_world();
	world.tunnels = 2;
	world.bytes = UINT64_MAX;
	world.rtt_us = 12345;
	world.cert_s = 5;
	world.error = "x";
	(void)ask("/metrics", WEB_PIECE);
	HAS("# TYPE adit_tunnel_payload_bytes_total counter\n"
	    "adit_tunnel_payload_bytes_total{tunnel=\"t0\",direction=\"up\"} "
	    "18446744073709551615\n");
	HAS("adit_tunnel_rtt_seconds{tunnel=\"t1\",end=\"right\"} 0.012345\n");
	HAS("adit_tunnel_certificate_end_time_seconds{tunnel=\"t0\","
	    "end=\"left\"} 1000005\n");
	HAS("adit_tunnel_up{tunnel=\"t0\"} 1\nadit_tunnel_up{tunnel=\"t1\"} "
	    "0\n");
	HAS("adit_tunnel_lost_datagrams_total{tunnel=\"t0\","
	    "cause=\"queue full\"} 3\n");
	HAS("adit_start_time_seconds 910000\n");
	LACKS("adit_tunnel_last_error_time_seconds{tunnel=\"t0\"}");
	HAS("adit_tunnel_last_error_time_seconds{tunnel=\"t1\"} 996300\n");
	LACKS("-1");
}

static void
test_health(void)
{
	begin_world();
	world.tunnels = 2;
	world.error = "cannot \"listen\"";
	(void)ask("/healthz", WEB_PIECE);
	is_int(r.status, 503, "a tunnel that does not run is no health");
	is_str(whole, "tunnel t1: failed: cannot \\x22listen\\x22\n",
	    "and is named");
	(void)ask("/", WEB_PIECE);
	HAS("<title>! Adit</title>");
	HAS("<p class=state data-s=\"failed\">1 of 2 tunnels does not run</p>");
	HAS("<span class=state>failed</span> <small>for 3 min 20 s, next "
	    "attempt in 5 s</small>");
}

/* Tunnels come and go in front while an answer is written: what is there all
 * the time is there once. */
static void
test_changes(const char *path, const char *last)
{
	char piece[WEB_PIECE];
	struct text t;
	unsigned n = 0;
	bool more = true;

	begin_world();
	world.tunnels = 60;
	world.peers = 9;
	(void)ask(path, WEB_PIECE);
	r.step = r.index = 0;
	r.at = r.inside = NULL;
	r.tunnel = 0;
	whole[0] = '\0';
	while (more) {
		text_init(&t, piece, sizeof(piece));
		more = r.more(&r, &t);
		strlcpy(whole + strlen(whole), piece, sizeof(piece));
		/* The names of the others begin by a different number. */
		n++;
		world.first = n % 3 == 1 ? 20 : n % 3 == 2 ? 0 : 10;
		world.tunnels = 60 - world.first;
	}
	is_int(count_text(last), 1, "%s, while tunnels come and go: the last "
	    "tunnel is there once", path);
	ok(world.wrong == 0, "and none was asked for that is not there");
}

/* All tunnels go. */
static void
test_gone(const char *path)
{
	char piece[WEB_PIECE];
	struct text t;
	bool more = true;

	begin_world();
	world.tunnels = 100;
	world.peers = 50;
	(void)ask(path, WEB_PIECE);
	r.step = r.index = 0;
	r.at = r.inside = NULL;
	r.tunnel = 0;
	while (more) {
		text_init(&t, piece, sizeof(piece));
		more = r.more(&r, &t);
		world.tunnels = 0;
	}
	ok(world.wrong == 0, "%s comes to its end when all tunnels go", path);
}

int
main(void)
{
	test_pieces("/");
	test_pieces("/metrics");
	test_pieces("/status.json");
	test_json();
	test_hostile();
	test_longest();
	test_many();
	test_numbers();
	test_metrics();
	test_health();
	test_changes("/", "<section data-k=\"t59\"");
	test_changes("/metrics", "adit_tunnel_up{tunnel=\"t59\"}");
	test_gone("/");
	test_gone("/metrics");
	return done_testing();
}
